"""Rows made of two: some features of a row that is explained, the others of a background row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affidavit.explanation_record import FeatureName
from affidavit.recompute.explain.asking import Ask
from affidavit.recompute.explain.attributing.background import Chosen
from affidavit.recompute.explain.explained import Explained, Places
from affidavit.recompute.explain.mixing import Mixed
from affidavit.recompute.floats import Floats

AT_ONCE = 1 << 17  # hybrid rows that are made, and asked about, together


class Counted:
    """A model that counts what it was asked here."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self.calls = self.scored = 0

    def scores(self, rows: Any) -> Floats:
        """As `Ask` says."""
        self.count(rows.num_rows)
        return self._ask.scores(rows)

    def count(self, n: int) -> None:
        """One more question, about n rows."""
        self.calls += 1
        self.scored += n


class Hybrids:
    """Rows and a background, and the outputs of what is made of them.

    Attributes:
        outputs: (n_rows,): of the rows themselves, on the scale.
        scores: (n_rows,): as the model answers.
    """

    def __init__(self, explained: Explained, ask: Ask, rows: Any, background: Chosen) -> None:
        """Ask about the rows themselves.

        Raises:
            AskFailed: the model failed.
        """
        self.explained, self.ask = explained, Counted(ask)
        self.rows, self.background = rows, background
        self.scores = self.ask.scores(rows)
        self.outputs = explained.on_scale(self.scores)
        self.groups = places_of(explained.features, rows.column_names)
        self._mixed = Mixed(explained.features, rows, background.rows)

    @property
    def n(self) -> int:
        """Rows that are explained."""
        return int(self.rows.num_rows)

    @property
    def n_features(self) -> int:
        """How many take part in the game."""
        return len(self.groups)

    @property
    def n_background(self) -> int:
        """Rows that these are compared with."""
        return int(self.background.rows.num_rows)

    def ask_about(self, rows: Places, others: Places, is_own: NDArray[np.bool_]) -> Floats:
        """(n,): outputs of hybrids, on the scale; the arguments are those of `make`.

        Raises:
            AskFailed: the model failed at one.
        """
        return self.explained.on_scale(self.ask.scores(self.make(rows, others, is_own)))

    def make(self, rows: Places, others: Places, is_own: NDArray[np.bool_]) -> Any:
        """A pyarrow Table of hybrids.

        Args:
            rows: (n,): the row of each.
            others: (n,): its background row.
            is_own: (n, n_features): which features it has of the row.
        """
        return self._mixed.rows(rows, others, is_own)


def places_of(features: Sequence[FeatureName], columns: Sequence[str]) -> list[list[int]]:
    """The places of each feature's input columns."""
    at = {name: place for place, name in enumerate(columns)}
    return [[at[c] for c in feature.columns] for feature in features]
