"""The area under the ROC curve with DeLong's variance, from one sort."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import fsum, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affidavit.recompute.floats import Floats
from affidavit.recompute.ranking import Blocks, Ranked, rank

_BITS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Auc:
    """An area in [0, 1], 0.5 is chance, and its standard error (None below two rows a class)."""

    value: float
    standard_error: float | None


def compute_auc(is_positive: NDArray[np.bool_], score: Floats) -> Auc | None:
    """`area` of rows in any order.

    Args:
        is_positive: (n_rows,).
        score: (n_rows,), finite.
    """
    return area(rank(is_positive, score))


def area(ranked: Ranked) -> Auc | None:
    """P(score of a positive > score of a negative), ties counted half.

    With V10 the share of negatives below each positive and V01 the share of positives above each
    negative: variance = var(V10) / n_positive + var(V01) / n_negative. All sums are integers;
    the value is rounded once.

    Returns:
        None where one of the classes has no rows. With weights the value counts pairs by the
        product of their weights, and there is no standard error: the variance does not hold.

    References:
        DeLong, DeLong, Clarke-Pearson (1988), Comparing the areas under two or more correlated
        ROC curves, Biometrics 44, 837-845; by mid-ranks as in Sun and Xu (2014), Fast
        implementation of DeLong's algorithm, IEEE Signal Processing Letters 21, eq. 5 and 8.
    """
    if not ranked.has_both:
        return None
    if ranked.is_weighted:
        return Auc(value=_weighted(ranked), standard_error=None)
    m, n = ranked.n_positive, ranked.n_negative
    wins = _Moments()
    losses = _Moments()
    below_p = below_n = 0
    for b in ranked.parts():
        # Twice the negatives below each positive, and the positives below each negative.
        wins.add(b.positive, 2 * (below_n + np.cumsum(b.negative)) - b.negative)
        losses.add(b.negative, 2 * (below_p + np.cumsum(b.positive)) - b.positive)
        below_p, below_n = below_p + int(b.positive.sum()), below_n + int(b.negative.sum())
    value = wins.first / (2 * m * n)
    if m < 2 or n < 2:
        return Auc(value=value, standard_error=None)
    variance = wins.variance(m) / (4 * n * n * m) + losses.variance(n) / (4 * m * m * n)
    return Auc(value=value, standard_error=sqrt(variance))


class _Moments:
    """Sums of integers and of their squares, exact at any size."""

    def __init__(self) -> None:
        self.first = self.second = 0

    def add(self, count: Any, value: Any) -> None:
        high, low = value >> _BITS, value & ((1 << _BITS) - 1)
        of_high, of_low = int((count * high).sum()), int((count * low).sum())
        self.first += (of_high << _BITS) + of_low
        hh, hl, ll = (
            int((count * x * y).sum()) for x, y in ((high, high), (high, low), (low, low))
        )
        self.second += (hh << 2 * _BITS) + (hl << _BITS + 1) + ll

    def variance(self, n: int) -> Fraction:
        """With n - 1 in the denominator."""
        return Fraction(n * self.second - self.first**2, n * (n - 1))


def _weighted(ranked: Ranked) -> float:
    below, sums = 0.0, []
    for b in ranked.parts():
        up_to = np.cumsum(np.r_[below, b.negative])
        sums.append(fsum((b.positive * (up_to[:-1] + b.negative / 2)).tolist()))
        below = float(up_to[-1])
    positive, negative = ranked.weights
    return fsum(sums) / (positive * negative)


def weighted_error(ranked: Ranked, area: float) -> float:
    """The standard error of a weighted area, linearized, from one pass over its parts.

        sqrt(n / (n - 1) sum of c_i squared),   c_i = w_i (placement_i - area) / weight of its class

    A row contributes its placement less the area; rows of one score and label have one placement,
    so that sums of squared weights are all it takes.

    Args:
        ranked: holds both labels, with weights.
        area: its area.

    References:
        Obuchowski (1997), Nonparametric analysis of clustered ROC curve data, Biometrics 53.
    """
    positive, negative = ranked.weights
    below_p = below_n = 0.0
    squares = []
    for b in ranked.parts():
        up_p, up_n = below_p + np.cumsum(b.positive), below_n + np.cumsum(b.negative)
        won = (up_n - b.negative / 2) / negative - area
        lost = 1.0 - (up_p - b.positive / 2) / positive - area
        squares.append(float((b.positive_squares * won * won).sum()) / positive**2)
        squares.append(float((b.negative_squares * lost * lost).sum()) / negative**2)
        below_p, below_n = float(up_p[-1]), float(up_n[-1])
    return sqrt(fsum(squares) * ranked.n / (ranked.n - 1))


def placements(blocks: Blocks, is_positive: NDArray[np.bool_], score: Floats) -> Floats:
    """(n_rows,): the share of the other class that each row beats, ties counted half.

    The area is their mean over either class; their spread is what its variance is made of.

    Args:
        blocks: of the same rows, both classes among them.
        is_positive: (n_rows,).
        score: (n_rows,).
    """
    place = np.searchsorted(blocks.score, score)
    below_p, below_n = np.cumsum(blocks.positive), np.cumsum(blocks.negative)
    won = (below_n - blocks.negative / 2) / below_n[-1]
    lost = 1.0 - (below_p - blocks.positive / 2) / below_p[-1]
    return np.asarray(np.where(is_positive, won[place], lost[place]))
