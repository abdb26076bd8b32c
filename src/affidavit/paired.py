"""Two versions on the same rows: differences that know that the rows are the same; pure Python.

Two intervals side by side do not tell whether two versions differ: both were drawn from the same
rows, so their errors move together. Every difference here is `after` minus `before`, row by row.
Ranks, shares and their variances are exact integers and fractions up to the last square root, and
sums of floats are exact before they are rounded, so the order of the rows does not matter.

References:
    DeLong, DeLong, Clarke-Pearson (1988), Comparing the areas under two or more correlated ROC
    curves: a nonparametric approach, Biometrics 44, 837-845.
    McNemar (1947), Note on the sampling error of the difference between correlated proportions or
    percentages, Psychometrika 12, 153-157.
    Newcombe (1998), Improved confidence intervals for the difference between binomial proportions
    based on paired data, Statistics in Medicine 17, 2635-2650; method 10.
    Fagerland, Lydersen, Laake (2013), The McNemar test for binary matched-pairs data: mid-p and
    asymptotic are better than exact conditional, BMC Medical Research Methodology 13:91.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import erfc, fsum, isfinite, isnan, sqrt
from typing import Final, Literal

from affidavit.evidence import LEVEL
from affidavit.intervals import critical, newcombe_paired
from affidavit.significance import mcnemar_exact

# With fewer rows that differ McNemar's statistic is not yet near its limit, and the test is exact.
SCORE_TEST_FROM: Final = 25
Test = Literal["DeLong", "McNemar", "McNemar exact"]
WITH_WEIGHTS: Final = "no interval: rows with weights"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """One measure of two versions on the same rows.

    Attributes:
        n: rows that carry it.
        before, after: its two values; None where undefined, and then `reason` says why.
        difference: after minus before.
        low, high, method: the interval of the difference; None where there is none, and then
            `reason` says why.
        p_value, test: two-sided, of no difference.
    """

    n: int
    before: float | None = None
    after: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    method: str | None = None
    p_value: float | None = None
    test: Test | None = None
    reason: str | None = None

    def without_interval(self, reason: str) -> Paired:
        """The same values without interval and test, which do not hold for these rows."""
        if self.difference is None:
            return self
        return replace(
            self, low=None, high=None, method=None, p_value=None, test=None, reason=reason
        )


# ---- areas under the ROC curve


def compare_areas(
    is_event: Sequence[bool],
    before: Sequence[float],
    after: Sequence[float],
    *,
    level: float = LEVEL,
) -> Paired:
    """The difference of two areas under the ROC curve, by DeLong's paired method.

    With V10 of an event the share of non-events scored below it, and V01 of a non-event the share
    of events scored above it, ties counted half: the variance of the difference is
    var(V10 after - V10 before) / events + var(V01 after - V01 before) / non-events
    (DeLong et al. 1988, eq. 5 to 7, with the contrast (1, -1)).

    Args:
        is_event: (n_rows,).
        before: (n_rows,), the score of the one version; larger speaks for the event.
        after: (n_rows,), the other's.
        level: of the interval.

    Returns:
        Undefined unless both labels occur; without an interval where one of them has a single
        row, or where no row says anything of the variance.

    Raises:
        ValueError: a score is NaN.
    """
    places = [_placements(is_event, scores) for scores in (before, after)]
    m, n = sum(is_event), len(is_event) - sum(is_event)
    if not m or not n:
        return Paired(n=m + n, reason=_one_label(m + n))
    sums = [sum(p for p, event in zip(place, is_event, strict=True) if event) for place in places]
    found = Paired(
        n=m + n,
        before=float(Fraction(sums[0], 2 * m * n)),
        after=float(Fraction(sums[1], 2 * m * n)),
        difference=float(Fraction(sums[1] - sums[0], 2 * m * n)),
    )
    if m < 2 or n < 2:
        return found.without_interval("no interval: one of the two labels has a single row")
    moved = [b - a for a, b in zip(*places, strict=True)]
    of_events = [d for d, event in zip(moved, is_event, strict=True) if event]
    of_others = [d for d, event in zip(moved, is_event, strict=True) if not event]
    variance = _variance(of_events) / (4 * n * n * m) + _variance(of_others) / (4 * m * m * n)
    return by_delong(found, variance, level=level)


def weighted_areas(
    is_event: Sequence[bool],
    before: Sequence[float],
    after: Sequence[float],
    weights: Sequence[float],
) -> Paired:
    """The two areas of weighted rows and their difference: the share of the pairs' weight.

    Args:
        is_event: (n_rows,).
        before: (n_rows,), the score of the one version.
        after: (n_rows,), the other's.
        weights: (n_rows,), positive.

    Returns:
        Never with an interval: DeLong's form does not hold with weights.

    Raises:
        ValueError: a score is NaN.
    """
    n = len(is_event)
    if not any(is_event) or all(is_event):
        return Paired(n=n, reason=_one_label(n))
    first, second = (_weighted_area(is_event, scores, weights) for scores in (before, after))
    return _plain(n, first, second, "no interval: DeLong's form does not hold with weights")


def _one_label(n: int) -> str:
    return f"undefined, n = {n}: the labelled rows do not hold both labels"


def _placements(is_event: Sequence[bool], scores: Sequence[float]) -> list[int]:
    """For each row twice the number of rows of the other label that it is on the right side of.

    From one sort: an event counts the non-events below it, a non-event the events above it, and
    each counts its ties half.
    """
    if any(isnan(s) for s in scores):
        raise ValueError("a score that is not a number has no rank")
    n_events = sum(is_event)
    places = [0] * len(scores)
    order = sorted(range(len(scores)), key=scores.__getitem__)
    start = events_below = others_below = 0
    while start < len(order):
        stop, score = start, scores[order[start]]
        while stop < len(order) and scores[order[stop]] == score:
            stop += 1
        tied = order[start:stop]
        events = sum(is_event[i] for i in tied)
        others = len(tied) - events
        for_event = 2 * others_below + others
        for_other = 2 * (n_events - events_below - events) + events
        for i in tied:
            places[i] = for_event if is_event[i] else for_other
        events_below, others_below, start = events_below + events, others_below + others, stop
    return places


def _variance(values: Sequence[int]) -> Fraction:
    """The sample variance of integers, exact."""
    n, total = len(values), sum(values)
    return Fraction(n * sum(v * v for v in values) - total * total, n * (n - 1))


def by_delong(found: Paired, variance: Fraction | float, *, level: float = LEVEL) -> Paired:
    """A difference of two areas with its interval and test, from DeLong's variance of it.

    Args:
        found: with values and difference.
        variance: of the difference; 0 where no row says anything of it.
        level: of the interval.
    """
    if found.difference is None:
        raise ValueError("no difference, so no interval of it")
    if not variance:
        return found.without_interval(
            "no interval: the two scores rank the rows alike"
            if not found.difference
            else "no interval: the difference is the same at every row, so nothing tells its error"
        )
    difference, error = found.difference, sqrt(variance)
    reach = critical(level) * error
    return replace(
        found,
        low=max(-1.0, difference - reach),
        high=min(1.0, difference + reach),
        method="DeLong paired",
        p_value=erfc(abs(difference) / error / sqrt(2)),
        test="DeLong",
    )


def _weighted_area(
    is_event: Sequence[bool], scores: Sequence[float], weights: Sequence[float]
) -> float:
    if any(isnan(s) for s in scores):
        raise ValueError("a score that is not a number has no rank")
    # By weight within equal scores, so that the order of the rows does not show in the last digit.
    rows = sorted(zip(scores, weights, is_event, strict=True))
    won: list[float] = []
    below = 0.0
    start = 0
    while start < len(rows):
        stop = start
        while stop < len(rows) and rows[stop][0] == rows[start][0]:
            stop += 1
        tied = rows[start:stop]
        events = fsum(w for _, w, event in tied if event)
        others = fsum(w for _, w, event in tied if not event)
        won.append(events * (below + others / 2))
        below, start = below + others, stop
    return fsum(won) / (fsum(w for _, w, event in rows if event) * below)


# ---- shares


@dataclass(frozen=True, slots=True, kw_only=True)
class Fourfold:
    """Rows by whether they count in the share of the one version and of the other."""

    both: int
    before_only: int
    after_only: int
    neither: int

    @property
    def n(self) -> int:
        """All rows."""
        return self.both + self.before_only + self.after_only + self.neither


def fourfold(before: Sequence[bool], after: Sequence[bool]) -> Fourfold:
    """Count the rows of two versions' flags, (n_rows,) each."""
    pairs = list(zip(before, after, strict=True))
    return Fourfold(
        both=sum(a and b for a, b in pairs),
        before_only=sum(a and not b for a, b in pairs),
        after_only=sum(b and not a for a, b in pairs),
        neither=sum(not a and not b for a, b in pairs),
    )


def compare_shares(rows: Fourfold, *, level: float = LEVEL, over: int = 1) -> Paired:
    """The difference of two shares of the same rows: Newcombe's method 10 and McNemar's test.

    The test is McNemar's exact one where fewer than 25 rows differ, else his score test without
    continuity correction, (b - c)² / (b + c); the exact one is conservative, never the other way
    (Fagerland et al. 2013). Interval and test are different constructions: near the edge one may
    leave 0 out and the other not.

    Args:
        rows: the fourfold table.
        level: of the interval, and of all of them together where there are several.
        over: how many such intervals stand beside each other. With more than one each is made at
            1 - (1 - level) / over (Bonferroni), and no test is given: it would be one of many.
    """
    n = rows.n
    if not n:
        return Paired(n=0, reason="undefined, n = 0: no rows")
    z = critical(1 - (1 - level) / over)
    low, high = newcombe_paired(rows.both, rows.after_only, rows.before_only, rows.neither, z)
    found = Paired(
        n=n,
        before=(rows.both + rows.before_only) / n,
        after=(rows.both + rows.after_only) / n,
        difference=(rows.after_only - rows.before_only) / n,
        low=low,
        high=high,
        method="Newcombe paired" + (f", simultaneous over {over} groups" if over > 1 else ""),
    )
    if over > 1:
        return found
    p_value, test = mcnemar(rows.before_only, rows.after_only)
    return replace(found, p_value=p_value, test=test)


def mcnemar(before_only: int, after_only: int) -> tuple[float, Test]:
    """McNemar's two-sided test that as many rows turn one way as the other, and which form."""
    differing = before_only + after_only
    if differing < SCORE_TEST_FROM:
        return mcnemar_exact(before_only, after_only), "McNemar exact"
    return erfc(abs(after_only - before_only) / sqrt(2 * differing)), "McNemar"


def weighted_shares(
    before: Sequence[bool], after: Sequence[bool], weights: Sequence[float]
) -> Paired:
    """Two weighted shares of the same rows, (n_rows,) each, and their difference.

    Returns:
        Never with an interval: Newcombe's and McNemar's forms count rows.
    """
    if not weights:
        return Paired(n=0, reason="undefined, n = 0: no rows")
    whole = fsum(weights)
    first, second = (
        fsum(w for w, flag in zip(weights, flags, strict=True) if flag) / whole
        for flags in (before, after)
    )
    return _plain(
        len(weights), first, second, "no interval: Newcombe's form does not hold with weights"
    )


# ---- means


def compare_means(
    before: Sequence[float], after: Sequence[float], *, level: float = LEVEL
) -> Paired:
    """The mean of the rows' own differences, with the normal interval of a mean.

    Args:
        before: (n_rows,), the one version's loss at each row: squared or absolute error.
        after: (n_rows,), the other's.
        level: of the interval.

    Raises:
        ValueError: a value that is not finite.
    """
    n = len(before)
    if not all(map(isfinite, before)) or not all(map(isfinite, after)):
        raise ValueError("a loss that is not finite has no mean")
    if not n:
        return Paired(n=0, reason="undefined, n = 0: no labelled rows")
    moved = [b - a for a, b in zip(before, after, strict=True)]
    mean = fsum(moved) / n
    found = Paired(n=n, before=fsum(before) / n, after=fsum(after) / n, difference=mean)
    if n < 2:
        return found.without_interval("no interval: a single row")
    squares = fsum((d - mean) * (d - mean) for d in moved)
    if len(set(moved)) == 1:
        return found.without_interval("no interval: the difference is the same at every row")
    reach = critical(level) * sqrt(squares / (n - 1) / n)
    return replace(found, low=mean - reach, high=mean + reach, method="normal, paired")


def weighted_means(
    before: Sequence[float], after: Sequence[float], weights: Sequence[float]
) -> Paired:
    """Two weighted means of the same rows, (n_rows,) each, and their difference.

    Returns:
        Never with an interval, as for the weighted mean of one version.
    """
    if not weights:
        return Paired(n=0, reason="undefined, n = 0: no labelled rows")
    whole = fsum(weights)
    first, second = (
        fsum(w * v for w, v in zip(weights, values, strict=True)) / whole
        for values in (before, after)
    )
    return _plain(len(weights), first, second, WITH_WEIGHTS)


def _plain(n: int, before: float, after: float, reason: str) -> Paired:
    return Paired(n=n, before=before, after=after, difference=after - before, reason=reason)
