"""Closed-form intervals for rates, differences and ratios; pure Python, the same on every machine.

The intervals use + - * / and square roots, which IEEE 754 rounds correctly everywhere. The normal
quantile (`critical`) also takes one logarithm, in `NormalDist.inv_cdf`: C libraries may differ
there in the last bit, which the twelve digits that are stated do not show.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

_STEPS = 120  # halvings; far below the twelfth digit


@dataclass(frozen=True, slots=True, kw_only=True)
class Proportion:
    """A share p of n; n is the effective number of rows where they carry weights."""

    p: float
    n: float


def critical(level: float) -> float:
    """The two-sided normal quantile, 1.959963984540054 for 0.95."""
    return NormalDist().inv_cdf(0.5 + level / 2)


def wilson(share: Proportion, z: float) -> tuple[float, float]:
    """Wilson's score interval for one share; stays within [0, 1].

    References:
        Wilson (1927), Probable inference, JASA 22; Brown, Cai, DasGupta (2001), eq. 4.
    """
    p, n = share.p, share.n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low = 0.0 if p == 0 else max(0.0, centre - half)
    high = 1.0 if p == 1 else min(1.0, centre + half)
    return low, high


def newcombe(group: Proportion, reference: Proportion, z: float) -> tuple[float, float]:
    """Newcombe's hybrid score interval for group minus reference; within [-1, 1].

    References:
        Newcombe (1998), Interval estimation for the difference between independent proportions,
        Statistics in Medicine 17, method 10.
    """
    low1, high1 = wilson(group, z)
    low2, high2 = wilson(reference, z)
    difference = group.p - reference.p
    return (
        max(-1.0, difference - sqrt((group.p - low1) ** 2 + (high2 - reference.p) ** 2)),
        min(1.0, difference + sqrt((high1 - group.p) ** 2 + (reference.p - low2) ** 2)),
    )


def koopman(group: Proportion, reference: Proportion, z: float) -> tuple[float, float | None]:
    """Koopman's score interval for group over reference.

    Args:
        group: the share above the line.
        reference: the share below it, greater than 0.
        z: critical value.

    Returns:
        Low and high; high is None where it has no bound.

    References:
        Koopman (1984), Confidence intervals for the ratio of two binomial proportions,
        Biometrics 40; in the form of Miettinen and Nurminen (1985) without their (N-1)/N factor.
    """

    def outside(ratio: float) -> bool:
        return _ratio_score(group, reference, ratio) > z * z

    estimate = group.p / reference.p
    low = 0.0 if group.p == 0 else _edge(estimate, 0.0, outside)
    high = max(estimate, 1.0)
    for _ in range(64):
        if outside(high):
            return low, _edge(estimate, high, outside)
        high *= 2
    return low, None


def _edge(inside: float, beyond: float, outside: Callable[[float], bool]) -> float:
    for _ in range(_STEPS):
        middle = (inside + beyond) / 2
        if outside(middle):
            beyond = middle
        else:
            inside = middle
    return (inside + beyond) / 2


def _ratio_score(group: Proportion, reference: Proportion, ratio: float) -> float:
    """The squared score statistic of H0: group = ratio x reference."""
    if ratio <= 0:
        return float("inf")
    n1, n2 = group.n, reference.n
    x1, x2 = group.p * n1, reference.p * n2
    a, b, c = (n1 + n2) * ratio, n1 * ratio + x1 + n2 + x2 * ratio, x1 + x2
    p2 = (b - sqrt(max(0.0, b * b - 4 * a * c))) / (2 * a)
    p1 = min(1.0, p2 * ratio)
    variance = p1 * (1 - p1) / n1 + ratio * ratio * p2 * (1 - p2) / n2
    distance = group.p - ratio * reference.p
    if variance <= 0:
        return 0.0 if distance == 0 else float("inf")
    return distance * distance / variance
