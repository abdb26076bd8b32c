"""Linearization: the standard error of what is smooth in sums over rows, by row or by unit.

Such an estimate moves, to first order, by the sum of one contribution a row. Its variance is that
of the sum; where rows of one unit are not independent, contributions are summed within units first.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from math import fsum, nan, sqrt
from typing import Final

import numpy as np

from affidavit.evidence import SMALL
from affidavit.recompute.coded import Coded
from affidavit.recompute.floats import Floats

_AT_ONCE: Final = 1 << 16


def total(values: Floats) -> float:
    """The sum, rounded once, so that the order of the rows does not show.

    Args:
        values: (n_rows,).

    Returns:
        NaN where a sum of so many values of this size may pass what a double holds.
    """
    n = len(values)
    if n and not max(float(values.max()), -float(values.min())) < sys.float_info.max / n:
        return nan
    parts = (values[start : start + _AT_ONCE].tolist() for start in range(0, n, _AT_ONCE))
    return fsum(chain.from_iterable(parts))


def effective_size(weights: Floats) -> float:
    """Kish's effective number of rows: the squared sum of the weights over that of their squares.

    References:
        Kish (1965), Survey sampling, section 11.7.
    """
    # By pieces: all squares at once would be another copy of the rows.
    pieces = (weights[start : start + _AT_ONCE] for start in range(0, len(weights), _AT_ONCE))
    return total(weights) ** 2 / fsum(chain.from_iterable((w * w).tolist() for w in pieces))


@dataclass(frozen=True, kw_only=True)
class Mean:
    """A (weighted) mean. Arrays are (n_rows,).

    Attributes:
        weight: of all rows together; without weights their number.
    """

    value: float
    values: Floats = field(repr=False)
    weights: Floats | None = field(repr=False)
    weight: float

    @cached_property
    def contributions(self) -> Floats:
        """(n_rows,): what each row contributes to the mean, w (value - mean) / sum(w).

        Exactly 0 where all values are the same: rounding is no variance.
        """
        if (self.values == self.values[0]).all():
            return np.zeros(len(self.values))
        apart = self.values - self.value
        if self.weights is not None:
            apart *= self.weights
        apart /= self.weight
        return apart


def mean_of(values: Floats, weights: Floats | None) -> Mean:
    """The (weighted) mean of at least one value; the same bits in any order of the rows."""
    if weights is None:
        weight, whole = float(len(values)), total(values)
    else:
        weight, whole = total(weights), total(values * weights)
    return Mean(value=whole / weight, values=values, weights=weights, weight=weight)


def standard_error(
    contributions: Floats, units: Coded | None = None, *, least: int = SMALL
) -> float | None:
    """sqrt(G / (G - 1) sum of c_g squared), c_g the sum over the rows of a unit.

    The order of the rows may show in the thirteenth digit.

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
    """(n_units,): sums within units, in the order of their codes; rows without one come last."""
    known = units.is_known
    codes = units.codes[known]
    sums = np.bincount(codes, contributions[known], minlength=len(units.names))
    present = np.bincount(codes, minlength=len(units.names)) > 0
    return np.concatenate([sums[present], contributions[~known]])


def n_units(units: Coded) -> int:
    """How many units rows belong to; a row without one is its own."""
    known = units.codes[units.is_known]
    return int(np.count_nonzero(np.bincount(known))) + len(units) - len(known)
