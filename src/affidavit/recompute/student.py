"""Quantiles of Student's t with whole degrees of freedom, without scipy."""

from __future__ import annotations

from functools import lru_cache
from math import atan, cos, pi, sin, sqrt

from affidavit.intervals import critical

_SERIES = 200  # degrees of freedom up to which the finite series is summed
_STEPS = 200


@lru_cache(maxsize=4096)
def t_critical(level: float, freedom: int) -> float:
    """The two-sided quantile: 12.706 for 0.95 and one degree of freedom, 1.960 for very many.

    References:
        Abramowitz and Stegun (1964), 26.7.3, 26.7.4 (the finite series) and 26.7.5 (the expansion
        in 1 / freedom, good to ten digits where it is used).
    """
    if freedom > _SERIES:
        return _expansion(critical(level), freedom)
    low, high = 0.0, 1.0
    while _within(high, freedom) < level:
        high *= 2
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if _within(middle, freedom) < level else (low, middle)
    return high


def _within(t: float, freedom: int) -> float:
    """The chance of a value between -t and t."""
    angle = atan(t / sqrt(freedom))
    square = cos(angle) ** 2
    if freedom % 2:
        term, total = cos(angle), 0.0
        for k in range(1, freedom - 1, 2):
            total += term
            term *= square * (k + 1) / (k + 2)
        return 2 / pi * (angle + sin(angle) * total)
    term, total = 1.0, 0.0
    for k in range(0, freedom - 1, 2):
        total += term
        term *= square * (k + 1) / (k + 2)
    return sin(angle) * total


def _expansion(z: float, freedom: int) -> float:
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / float(freedom) ** power for power, term in enumerate(terms, 1))
