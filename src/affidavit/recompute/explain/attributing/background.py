"""The rows that stand for "the feature is not known"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from affidavit.explanation_record import Background
from affidavit.recompute.explain.explained import Explained, Places, digest_of
from affidavit.recompute.floats import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """A background; what is missing in it stays missing.

    Attributes:
        rows: a pyarrow Table of the model's columns.
        scores: (n_background,): theirs, as the model answers.
        outputs: (n_background,): theirs, on the scale.
        of: rows that it was chosen from.
        note: where it is not the background that was asked for; else empty.
    """

    rows: Any
    scores: Floats
    outputs: Floats
    rule: Literal["all", "near-cut-off"]
    of: int
    note: str = ""

    @property
    def mean_output(self) -> float:
        """Over the background, on the scale: what attributions start from."""
        return float(self.outputs.mean())

    def record(self) -> Background:
        """As the reports state it."""
        return Background(
            rule=self.rule, n=self.rows.num_rows, of=self.of, sha256=digest_of(self.rows),
            mean_output=self.mean_output,
        )  # fmt: skip


def choose_background(explained: Explained) -> Chosen:
    """The background by `[explain]`: drawn from all rows, or the rows nearest to the cut-off."""
    wanted, most = explained.explain.baseline, explained.explain.background
    distances = _to_cut_off(explained) if wanted == "near-cut-off" else None
    if distances is not None:
        nearest = np.argsort(distances, kind="stable")[:most]
        known = int(np.isfinite(distances).sum())
        return _chosen(explained, np.sort(nearest[:known]), "near-cut-off")
    note = ""
    if wanted == "near-cut-off":
        note = "no threshold decides here, so that the baseline is drawn from all rows"
    return _chosen(explained, explained.draw("background", most), "all", note)


def _chosen(
    explained: Explained,
    places: Places,
    rule: Literal["all", "near-cut-off"],
    note: str = "",
) -> Chosen:
    return Chosen(
        rows=explained.take(places), scores=explained.scores[places],
        outputs=explained.outputs[places], rule=rule, of=explained.n, note=note,
    )  # fmt: skip


def _to_cut_off(explained: Explained) -> Floats | None:
    """(n_rows,): how far each output is from its threshold, infinite where there is none."""
    if explained.cut is None or not np.isfinite(explained.cut).any():
        return None
    distances = np.abs(explained.outputs - explained.on_scale(explained.cut))
    return np.where(np.isfinite(distances), distances, np.inf)
