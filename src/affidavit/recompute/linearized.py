"""Intervals by linearization: of means, and of what is smooth in means; by row or by unit.

An estimate that is smooth in sums over rows moves, to first order, by the sum of one contribution
a row. Its variance is that of the sum; where rows of one unit are not independent, contributions
are summed within units first.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np

from affidavit.evidence import LEVEL, SMALL
from affidavit.intervals import critical
from affidavit.recompute.coded import Coded
from affidavit.recompute.scoring import Floats

_LEAST_FREEDOM: Final = 9
MEAN: Final = "normal, standard error of the mean"
BY_UNIT: Final = ", by unit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Ends of a 95 % interval and how it was made; an end is None where there is no bound."""

    low: float | None
    high: float | None
    method: str


def standard_error(
    contributions: Floats, units: Coded | None = None, *, least: int = SMALL
) -> float | None:
    """sqrt(G / (G - 1) sum of c_g squared), c_g the sum over the rows of a unit.

    Args:
        contributions: (n_rows,), w (value - mean) / sum(w) for a weighted mean.
        units: (n_rows,), the unit of each row; a row without one is its own. None: every row is.
        least: rows or units; the normal form does not hold for a few.

    Returns:
        None below two, or `least`.

    References:
        Cochran (1977), Sampling techniques, sections 6.3 and 9.4; for areas under the ROC curve
        with several rows a unit, Obuchowski (1997), Biometrics 53, 567-578.
    """
    sums = contributions if units is None else by_unit(contributions, units)
    n = len(sums)
    if n < max(2, least):
        return None
    return sqrt(float((sums * sums).sum()) * n / (n - 1))


def by_unit(contributions: Floats, units: Coded) -> Floats:
    """(n_units,): sums within units, in the order of their names; rows without one come last."""
    known = units.is_known
    order = np.argsort(np.argsort(np.array(units.names, dtype=object)))
    places = order[units.codes[known]] if len(order) else np.empty(0, dtype=np.int64)
    sums = np.bincount(places, contributions[known], minlength=len(units.names))
    present = np.bincount(places, minlength=len(units.names)) > 0
    return np.concatenate([sums[present], contributions[~known]])


def n_units(units: Coded) -> int:
    """How many units rows belong to; a row without one is its own."""
    known = units.codes[units.is_known]
    return len(np.unique(known)) + len(units) - len(known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """A (weighted) mean with the contribution of each row, of shape (n_rows,), to it."""

    value: float
    contributions: Floats


def mean_of(values: Floats, weights: Floats | None) -> Mean:
    """The (weighted) mean of at least one value."""
    if weights is None:
        value = float(values.sum()) / len(values)
        return Mean(value=value, contributions=(values - value) / len(values))
    total = float(weights.sum())
    value = float((values * weights).sum()) / total
    return Mean(value=value, contributions=(values - value) * weights / total)


def normal(
    value: float,
    error: float | None,
    method: str,
    *,
    floor: float = -np.inf,
    ceiling: float = np.inf,
    level: float = LEVEL,
) -> Interval | None:
    """Value +- z times its standard error, cut to where the value can lie; None without one.

    A standard error of 0 is not certainty: no interval then.
    """
    if not error:
        return None
    half = critical(level) * error
    return Interval(
        low=max(floor, value - half), high=min(ceiling, value + half), method=method
    )  # fmt: skip


def student(
    value: float, error: float | None, freedom: float, method: str, level: float = LEVEL
) -> Interval | None:
    """Value +- the critical value of t times its standard error.

    None without an error, where it is 0, and below 9 degrees of freedom.
    """
    if not error or freedom < _LEAST_FREEDOM:
        return None
    half = student_critical(freedom, level) * error
    return Interval(low=value - half, high=value + half, method=method)


def student_critical(freedom: float, level: float) -> float:
    """The two-sided quantile of t, by its expansion around the normal one.

    Within 2e-4 of the exact value, relatively, from 9 degrees of freedom on; 1e-6 from 29 on.

    References:
        Abramowitz, Stegun (1964), Handbook of mathematical functions, 26.7.5.
    """
    z = critical(level)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(t / freedom**k for k, t in enumerate(terms, 1))


def named(method: str, *, weighted: bool = False, units: Coded | None = None) -> str:
    """A method's name with what it took into account."""
    return f"{method}{', weighted' if weighted else ''}{BY_UNIT if units is not None else ''}"
