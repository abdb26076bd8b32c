"""Two-sided tests that two shares do not differ, and what a test could have shown; pure Python."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from math import erfc, fsum, sqrt
from statistics import NormalDist
from typing import Final, Literal

from affidavit.beta_tails import upper_binomial
from affidavit.intervals import Proportion, crossing
from affidavit.student import t_tails

FEW_EXPECTED: Final = 5  # an expected count below this, and no normal form is trusted (Cochran)
_TIE = 1 + 1e-9  # equal probabilities differ by their rounding alone
_NEGLIGIBLE = 1e-20
_VANISHED = 1e-300


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """A two-sided p-value in [0, 1] and the test that gave it."""

    p_value: float
    method: Literal["score", "Fisher exact"]


def difference_test(x1: int, n1: int, x2: int, n2: int) -> Tested:
    """Does the share x1 of n1 differ from x2 of n2? Exact where an expected count is below 5.

    Args:
        x1: rows of the first group that have the event, 0 to n1.
        n1: rows of the first group, at least 1.
        x2: rows of the second group that have the event, 0 to n2.
        n2: rows of the second group, at least 1.

    References:
        Cochran (1954), Some methods for strengthening the common chi-square tests (the rule of 5).
    """
    total, events = n1 + n2, x1 + x2
    if min(n1, n2) * min(events, total - events) < FEW_EXPECTED * total:
        return Tested(p_value=fisher_exact(x1, n1, x2, n2), method="Fisher exact")
    p_value = score_test(Proportion(p=x1 / n1, n=n1), Proportion(p=x2 / n2, n=n2))
    if p_value is None:
        raise ValueError("five expected events and non-events, and yet no variance")
    return Tested(p_value=p_value, method="score")


def score_test(
    group: Proportion, reference: Proportion, freedom: float | None = None
) -> float | None:
    """The p-value of the pooled z test without continuity correction, Pearson's chi-square.

        z = (p1 - p2) / sqrt(p (1 - p) (1/n1 + 1/n2)),   p = (n1 p1 + n2 p2) / (n1 + n2)

    Args:
        group: with (effective) rows.
        reference: as group.
        freedom: of Student's t, which z is held against where the rows' worth was itself estimated;
            None for the normal distribution.

    Returns:
        In [0, 1]; None where all or none of the rows have the event, so nothing varies.

    References:
        Pearson (1900); Agresti (2013), Categorical Data Analysis, 3.2.1.
    """
    pooled = (group.n * group.p + reference.n * reference.p) / (group.n + reference.n)
    variance = pooled * (1 - pooled) * (1 / group.n + 1 / reference.n)
    if (group.p == reference.p and group.p in (0, 1)) or variance <= 0:
        return None
    z = abs(group.p - reference.p) / sqrt(variance)
    return erfc(z / sqrt(2)) if freedom is None else t_tails(z, freedom)


def fisher_exact(x1: int, n1: int, x2: int, n2: int) -> float:
    """Fisher's exact test: the tables with these margins that are no likelier than the one found.

    Probabilities within a relative 1e-9 of each other count as equal (R takes 1e-7).

    Returns:
        In [0, 1]; 1 where all or none of the rows have the event; 0 only below some 1e-300.

    References:
        Fisher (1935), The logic of inductive inference; Agresti (2013), 3.5.1.
    """
    events = x1 + x2
    mode = (n1 + 1) * (events + 1) // (n1 + n2 + 2)
    if x1 == mode:
        return 1.0
    ours = 1 if x1 > mode else -1
    near, found = [], 0.0
    for x, weight in _relative(mode, n1, n2, events, ours):
        found = weight if x == x1 else found
        if found and weight < _NEGLIGIBLE * found:
            break
        near.append(weight)
    far = list(
        takewhile(
            lambda weight: weight >= _NEGLIGIBLE * found,
            (weight for _, weight in _relative(mode, n1, n2, events, -ours)),
        )
    )
    weights = (1.0, *near, *far)
    return min(1.0, fsum(w for w in weights if w <= found * _TIE) / fsum(weights))


def _relative(mode: int, n1: int, n2: int, events: int, step: int) -> Iterator[tuple[int, float]]:
    """Probabilities of the tables to one side of the likeliest, over its own, until they vanish."""
    x, weight = mode, 1.0
    # Stopped before the smallest floats, which a factor near 1 no longer lowers.
    while weight > _VANISHED:
        if step > 0:
            weight *= (n1 - x) * (events - x) / ((x + 1) * (n2 - events + x + 1))
        else:
            weight *= x * (n2 - events + x) / ((n1 - x + 1) * (events - x + 1))
        x += step
        yield x, weight


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Holm's adjusted p-values, in the order given; each in [0, 1].

    References:
        Holm (1979), A simple sequentially rejective multiple test procedure.
    """
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted, least = [0.0] * len(order), 0.0
    for rank, index in enumerate(order):
        least = max(least, min(1.0, (len(order) - rank) * p_values[index]))
        adjusted[index] = least
    return tuple(adjusted)


def detectable_gap(
    reference: Proportion, n_group: float, *, alpha: float, below: bool, power: float = 0.8
) -> float | None:
    """The smallest difference from the reference rate that the score test would likely show.

        d = z(1 - alpha/2) sqrt(p (1 - p) (1/n1 + 1/n2)) + z(power) sqrt(p1 q1 / n1 + p2 q2 / n2)

    with p2 the reference rate, p1 = p2 + d (or p2 - d), q = 1 - p and p the mean of both, weighed
    by rows. The right side is concave in d, so there is one solution above 0 or none.

    Args:
        reference: the rate to differ from, with its rows.
        n_group: (effective) rows of the group, greater than 0.
        alpha: two-sided level; the family's, where several are tested.
        below: whether the group's rate would be lower, else higher.
        power: chance that the test rejects.

    Returns:
        A size, greater than 0; None where even a rate of 0 (or 1) would not be shown.

    References:
        Fleiss, Levin, Paik (2003), Statistical Methods for Rates and Proportions, eq. 4.17.
    """
    normal = NormalDist()
    at_null, at_gap = normal.inv_cdf(1 - alpha / 2), normal.inv_cdf(power)
    p2, n1, n2 = reference.p, n_group, reference.n
    few = min(n1, n2) * min(p2, 1 - p2) < FEW_EXPECTED
    correction = (1 / n1 + 1 / n2) / 2 if few else 0.0

    def excess(gap: float) -> float:
        p1 = p2 - gap if below else p2 + gap
        pooled = (n1 * p1 + n2 * p2) / (n1 + n2)
        null = max(0.0, pooled * (1 - pooled)) * (1 / n1 + 1 / n2)
        own = max(0.0, p1 * (1 - p1)) / n1 + p2 * (1 - p2) / n2
        return gap - correction - (at_null * sqrt(null) + at_gap * sqrt(own))

    widest = p2 if below else 1 - p2
    if widest <= 0 or excess(widest) < 0:
        return None
    return crossing(0.0, widest, excess)


def mcnemar_exact(first_only: int, second_only: int) -> float:
    """McNemar's test, exact: of the rows that only one decided so, are both halves alike?

    Args:
        first_only: rows that only the first decided so.
        second_only: rows that only the second decided so.

    Returns:
        The two-sided p-value; 1 where no row differs.

    References:
        McNemar (1947), Note on the sampling error of the difference between correlated
        proportions; the exact binomial form.
    """
    n, more = first_only + second_only, max(first_only, second_only)
    if 2 * more <= n + 1:
        return 1.0
    return min(1.0, 2 * upper_binomial(more, n, 0.5))
