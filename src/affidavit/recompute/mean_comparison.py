"""Means of two groups: their difference, and that over the pooled standard deviation."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from affidavit.intervals import critical
from affidavit.recompute.coded import Coded
from affidavit.recompute.linearized import (
    MEAN,
    Interval,
    mean_of,
    named,
    normal,
    standard_error,
    student,
)
from affidavit.recompute.scored import Found
from affidavit.recompute.scoring import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """Values of a group's rows. Arrays are (n_rows,).

    Attributes:
        weight: None where all rows count alike.
        units: None where every row is independent; two groups of one role share their names.
    """

    values: Floats
    weight: Floats | None = None
    units: Coded | None = None

    @property
    def n(self) -> int:
        return len(self.values)

    @property
    def is_plain(self) -> bool:
        return self.weight is None and self.units is None

    @property
    def effective(self) -> float:
        """Kish's effective number of rows."""
        if self.weight is None:
            return float(self.n)
        return float(self.weight.sum()) ** 2 / float((self.weight**2).sum())

    def method(self, name: str) -> str:
        return named(name, weighted=self.weight is not None, units=self.units)


def mean_found(metric: str, group: Values) -> Found:
    """The mean of at least one row; its interval is t's, with weights or units the normal one."""
    mean = mean_of(group.values, group.weight)
    if group.is_plain:
        error = standard_error(mean.contributions, least=2)
        interval = student(mean.value, error, group.n - 1, "t, standard error of the mean")
    else:
        error = standard_error(mean.contributions, group.units)
        interval = normal(mean.value, error, group.method(MEAN))
    return Found(metric=metric, n=group.n, value=mean.value, interval=interval)


def joint_standard_error(
    ours: Floats, theirs: Floats, units: tuple[Coded | None, Coded | None]
) -> float | None:
    """The standard error of a difference, from what each row contributes to either side.

    Args:
        ours: (n_ours,).
        theirs: (n_theirs,).
        units: of both; a unit may have rows in both groups.
    """
    if units[0] is None or units[1] is None:
        first, second = standard_error(ours, least=2), standard_error(theirs, least=2)
        return None if first is None or second is None else sqrt(first**2 + second**2)
    together = Coded(np.concatenate([units[0].codes, units[1].codes]), units[0].names)
    return standard_error(np.concatenate([ours, -theirs]), together)


def mean_difference(metric: str, ours: Values, theirs: Values, *, level: float) -> Found:
    """Group minus reference, by Welch; with weights or units the normal interval.

    References:
        Welch (1947), The generalization of Student's problem when several different population
        variances are involved, Biometrika 34.
    """
    first, second = mean_of(ours.values, ours.weight), mean_of(theirs.values, theirs.weight)
    value = first.value - second.value
    error = joint_standard_error(
        first.contributions, second.contributions, (ours.units, theirs.units)
    )
    if not ours.is_plain:
        interval = normal(value, error, ours.method("normal"), level=level)
    else:
        freedom = _welch(
            standard_error(first.contributions, least=2),
            standard_error(second.contributions, least=2),
            ours.n,
            theirs.n,
        )
        interval = student(value, error, freedom, "Welch", level)
    return Found(metric=metric, n=ours.n + theirs.n, value=value, interval=interval)


def _welch(first: float | None, second: float | None, n1: int, n2: int) -> float:
    """The degrees of freedom of Welch and Satterthwaite; 0 where nothing varies."""
    if first is None or second is None or (first == 0 and second == 0):
        return 0.0
    a, b = first**2, second**2
    return (a + b) ** 2 / (a**2 / (n1 - 1) + b**2 / (n2 - 1))


def standardized_difference(
    metric: str, ours: Values, theirs: Values, *, level: float
) -> Found | None:
    """Group minus reference over the pooled standard deviation.

    Without weights the pooled variance is ((n1 - 1) s1² + (n2 - 1) s2²) / (n1 + n2 - 2), and that
    of the estimate (n1 + n2) / (n1 n2) + d² / (2 (n1 + n2)); weights use effective numbers, units
    what each row contributes.

    Returns:
        None where the pooled variance is 0.

    References:
        Cohen (1988), Statistical power analysis, section 2.2; Hedges, Olkin (1985), Statistical
        methods for meta-analysis, section 5E, eq. 14.
    """
    first, second = mean_of(ours.values, ours.weight), mean_of(theirs.values, theirs.weight)
    squares = [_squares(ours, first.value), _squares(theirs, second.value)]
    n1, n2 = ours.effective, theirs.effective
    if n1 + n2 <= 2:
        return None
    variance = (squares[0] * n1 + squares[1] * n2) / (n1 + n2 - 2)
    if variance <= 0:
        return None
    value = (first.value - second.value) / sqrt(variance)
    method = ours.method("Hedges and Olkin, pooled SD")
    error: float | None = sqrt((n1 + n2) / (n1 * n2) + value**2 / (2 * (n1 + n2)))
    if ours.units is not None:
        error = _by_unit(ours, theirs, value, variance)
        method = ours.method("linearized, pooled SD")
    half = None if error is None else critical(level) * error
    interval = None
    if half is not None:
        interval = Interval(low=value - half, high=value + half, method=method)
    return Found(metric=metric, n=ours.n + theirs.n, value=value, interval=interval)


def _squares(group: Values, mean: float) -> float:
    """The mean squared distance from the mean; 0 exactly where all values are the same."""
    if (group.values == group.values[0]).all():
        return 0.0
    return mean_of((group.values - mean) ** 2, group.weight).value


def _by_unit(ours: Values, theirs: Values, value: float, variance: float) -> float | None:
    root, whole = sqrt(variance), ours.effective + theirs.effective
    parts = []
    for side, sign in ((ours, 1.0), (theirs, -1.0)):
        mean = mean_of(side.values, side.weight)
        spread = mean_of((side.values - mean.value) ** 2, side.weight)
        # Of the variance a row holds its share of its group, and of the group's share of all.
        share = spread.contributions * (side.effective / whole)
        # The joint error takes the reference's part from the group's, so its sign turns here.
        parts.append(mean.contributions / root - sign * value * share / (2 * variance))
    return joint_standard_error(parts[0], parts[1], (ours.units, theirs.units))
