"""Two models' scores of the same labelled rows: areas and losses, paired row by row.

The values are those of `recompute.delong` and of the losses' definitions; what is done here is
what `affidavit.paired` does for lists, over arrays of any length. A test holds the two against
each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np

from affidavit.agreement import by_unit
from affidavit.evidence import LEVEL, MIN_CLASS, SMALL
from affidavit.intervals import critical
from affidavit.paired import WITH_WEIGHTS, Paired, by_delong
from affidavit.recompute.coded import Bools
from affidavit.recompute.delong import area, placements
from affidavit.recompute.floats import Floats
from affidavit.recompute.linearized import mean_of
from affidavit.recompute.ranking import rank
from affidavit.recompute.scored import NO_BOTH, NO_PROBABILITY, NO_ROWS

_NO_ROWS: Final = Paired(n=0, reason=NO_ROWS)


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedScores:
    """What both models say of the same rows. Arrays are (n_rows,).

    Attributes:
        challenger, subject: scores, or predictions of an amount; finite.
        weight: None where all rows count alike.
        unit: the name of what several rows share; None where each stands for itself.
    """

    challenger: Floats
    subject: Floats
    weight: Floats | None = None
    unit: str | None = None

    @property
    def n(self) -> int:
        return len(self.subject)

    @property
    def no_interval(self) -> str:
        """Why no interval holds for these rows; empty where one does."""
        if self.weight is not None:
            return WITH_WEIGHTS
        return "" if self.unit is None else by_unit(self.unit)


def compare_areas(scores: PairedScores, is_event: Bools) -> Paired:
    """The difference of the areas under the ROC curve, by DeLong's paired method.

    Args:
        scores: of the labelled rows.
        is_event: (n_rows,).

    Returns:
        Without an interval where a label has fewer than 10 rows, as for one model's area.

    References:
        DeLong, DeLong, Clarke-Pearson (1988), Biometrics 44, eq. 5 to 7, with the contrast (1, -1).
    """
    if not scores.n:
        return _NO_ROWS
    events = int(is_event.sum())
    if events in (0, scores.n):
        return Paired(n=scores.n, reason=NO_BOTH)
    ranked = [rank(is_event, s, scores.weight) for s in (scores.challenger, scores.subject)]
    before, after = (a.value for r in ranked if (a := area(r)) is not None)
    found = _values(scores.n, before, after)
    if scores.no_interval:
        return found.without_interval(scores.no_interval)
    if min(events, scores.n - events) < MIN_CLASS:
        return found.without_interval(f"no interval: fewer than {MIN_CLASS} rows of a label")
    theirs, ours = (
        placements(r.blocks(), is_event, s)
        for r, s in zip(ranked, (scores.challenger, scores.subject), strict=True)
    )
    moved = ours - theirs
    variance = sum(_variance(moved[side]) / int(side.sum()) for side in (is_event, ~is_event))
    return by_delong(found, variance)


def compare_squared_errors(scores: PairedScores, is_event: Bools) -> Paired:
    """The difference of the Brier scores: the mean of the rows' own differences."""
    both = (scores.challenger, scores.subject)
    if not scores.n:
        return _NO_ROWS
    if any(((s < 0) | (s > 1)).any() for s in both):
        return Paired(n=scores.n, reason=NO_PROBABILITY)
    theirs, ours = ((s - is_event) ** 2 for s in both)
    return _means(scores, theirs, ours)


def compare_absolute_errors(scores: PairedScores, target: Floats) -> Paired:
    """The difference of the mean absolute errors of an amount; target is (n_rows,)."""
    if not scores.n:
        return _NO_ROWS
    theirs, ours = (np.abs(s - target) for s in (scores.challenger, scores.subject))
    return _means(scores, theirs, ours)


def _means(scores: PairedScores, theirs: Floats, ours: Floats) -> Paired:
    before, after = (mean_of(side, scores.weight).value for side in (theirs, ours))
    moved = ours - theirs
    difference = mean_of(moved, scores.weight).value
    found = Paired(n=scores.n, before=before, after=after, difference=difference)
    if scores.no_interval:
        return found.without_interval(scores.no_interval)
    if scores.n < SMALL:
        return found.without_interval(f"no interval: fewer than {SMALL} rows")
    variance = _variance(moved)
    if not variance:
        return found.without_interval("no interval: the difference is the same at every row")
    reach = critical(LEVEL) * sqrt(variance / scores.n)
    return Paired(
        n=scores.n, before=before, after=after, difference=difference, low=difference - reach,
        high=difference + reach, method="normal, paired",
    )  # fmt: skip


def _values(n: int, before: float, after: float) -> Paired:
    return Paired(n=n, before=before, after=after, difference=after - before)


def _variance(values: Floats) -> float:
    """The sample variance; exactly 0 where all values are the same."""
    return 0.0 if (values == values[0]).all() else float(values.var(ddof=1))
