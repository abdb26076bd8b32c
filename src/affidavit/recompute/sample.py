"""Rows of a binary task whose label is known, as metrics from scores see them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from affidavit.evidence import MIN_CLASS, SMALL
from affidavit.recompute.coded import Bools, Coded, Places
from affidavit.recompute.delong import Auc, area, placements, weighted_error
from affidavit.recompute.floats import Floats
from affidavit.recompute.linearized import effective_size, standard_error
from affidavit.recompute.predictions import Predictions
from affidavit.recompute.ranking import Ranked, rank
from affidavit.recompute.resampling import ByRow, Cells, cells_of
from affidavit.recompute.score_intervals import named


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A value with its standard error (None where it has none) and how that was found.

    Attributes:
        contributions: (n_rows,), of each row to the value; None where no unit needs them.
    """

    value: float
    standard_error: float | None
    method: str
    contributions: Floats | None = None


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Labelled rows, sorted once for all that needs their order. Arrays are (n_rows,).

    Attributes:
        weight: None where all rows count alike.
        units: None where every row is independent of the others.
    """

    is_positive: Bools
    score: Floats
    weight: Floats | None = field(default=None)
    units: Coded | None = field(default=None)

    @property
    def n(self) -> int:
        return len(self.score)

    @property
    def is_plain(self) -> bool:
        """Whether rows count alike and are taken as independent."""
        return self.weight is None and self.units is None

    @cached_property
    def ranked(self) -> Ranked:
        return rank(self.is_positive, self.score, self.weight)

    @cached_property
    def cells(self) -> Cells | None:
        """What resampling draws from; None where weights leave too little to learn from."""
        if self.rarer < MIN_CLASS:
            return None
        by_row = ByRow(
            is_positive=self.is_positive, score=self.score, weight=self.weight, units=self.units
        )
        return cells_of(self.ranked, None if self.is_plain else by_row)

    @cached_property
    def rarer(self) -> float:
        """The rows of the rarer label, or as many as its weights leave; 0 without both."""
        if self.weight is None:
            return float(min(self.ranked.n_positive, self.ranked.n_negative))
        labels = (self.ranked.positives.imag, self.ranked.negatives.imag)
        return min(effective_size(w) if len(w) else 0.0 for w in labels)

    @cached_property
    def _auc(self) -> Auc | None:
        return area(self.ranked)

    def where(self, keep: Bools | Places) -> Sample:
        """Some of the rows."""
        return Sample(
            is_positive=self.is_positive[keep], score=self.score[keep],
            weight=None if self.weight is None else self.weight[keep],
            units=None if self.units is None else self.units.where(keep),
        )  # fmt: skip

    def method(self, name: str) -> str:
        """The name of a method with what it took into account."""
        return named(name, weighted=self.weight is not None, units=self.units)

    @cached_property
    def area(self) -> Measured | None:
        """The area under the ROC curve; None unless both labels occur.

        Of fewer than 10 rows of a label it has no standard error: the normal form does not hold.

        Without weights and units the standard error is DeLong's; else that of `influence`.
        """
        found = self._auc
        if found is None:
            return None
        if self.rarer < MIN_CLASS:
            return Measured(value=found.value, standard_error=None, method="")
        if self.is_plain:
            return Measured(value=found.value, standard_error=found.standard_error, method="DeLong")
        if self.units is None:
            # As many rows as the normal form needs: `standard_error` asks the same by unit.
            error = weighted_error(self.ranked, found.value) if self.n >= SMALL else None
            return Measured(
                value=found.value, standard_error=error, method=self.method("linearized")
            )
        part = self.influence()
        return Measured(
            value=found.value, standard_error=standard_error(part, self.units),
            method=self.method("linearized"), contributions=part,
        )  # fmt: skip

    def influence(self) -> Floats:
        """(n_rows,): what each row contributes to the area, which holds both labels.

        Its placement less the area, over the weight of its class; without weights the sum of
        squares is DeLong's variance but for n - 1 in its denominators.

        References:
            Obuchowski (1997), Nonparametric analysis of clustered ROC curve data, Biometrics 53.
        """
        found = self._auc
        if found is None:
            raise ValueError("without both labels there is no area")
        apart = placements(self.ranked.blocks(), self.is_positive, self.score) - found.value
        positive, negative = self.ranked.weights
        part = apart / np.where(self.is_positive, positive, negative)
        return part if self.weight is None else part * self.weight


def labelled_sample(found: Predictions, positive: str, units: Coded | None = None) -> Sample:
    """The labelled rows of a role.

    Args:
        found: a binary task's.
        positive: the label that is the event.
        units: (n_rows,) over all rows of the role.
    """
    known = found.rows.is_labelled
    return Sample(
        is_positive=found.rows.labels.equals(positive)[known],
        score=found.score[known],
        weight=found.rows.weights[known] if found.rows.is_weighted else None,
        units=None if units is None else units.where(known),
    )
