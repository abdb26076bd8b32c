"""Closed-form intervals for rates, differences and ratios; pure Python, the same on every machine.

The intervals use + - * / and square roots, which IEEE 754 rounds correctly everywhere. The normal
quantile (`critical`) and Clopper and Pearson's interval also take logarithms and exponentials: C
libraries may differ there in the last bit, which the twelve digits that are stated do not show.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp, fsum, inf, sqrt
from statistics import NormalDist

from affidavit.beta_tails import beta_quantile

_STEPS = 200  # some 12 are taken
_CLOSE = 4e-16  # of two neighbours, relative
_FEW_EVENTS = 1 / 256  # below, Clopper and Pearson's lower limit is 0 to a hundred digits
_NO_ROWS = 1e-100  # effective rows below which a share is not bounded at all
_MOST_ROWS = 2.0**53  # beyond, a float holds no whole number of rows
_LARGEST = 600.0  # power of e that a float holds, with room for the odds


@dataclass(frozen=True, slots=True, kw_only=True)
class Proportion:
    """A share p of n; n is the effective number of rows where they carry weights."""

    p: float
    n: float


def kish(weight: float, squares: float) -> float:
    """The independent rows that weighted rows are worth: (sum w)^2 / sum w^2; without weights, n.

    Args:
        weight: the sum of the weights, greater than 0.
        squares: the sum of their squares, in the square of the same unit.

    References:
        Kish (1965), Survey Sampling, 11.7.
    """
    return weight * weight / squares


def critical(level: float) -> float:
    """The two-sided normal quantile, 1.959963984540054 for 0.95."""
    return NormalDist().inv_cdf(0.5 + level / 2)


def wilson(share: Proportion, z: float) -> tuple[float, float]:
    """Wilson's score interval for one share; stays within [0, 1].

    References:
        Wilson (1927), Probable inference, JASA 22; Brown, Cai, DasGupta (2001), eq. 4.
    """
    p, n = share.p, share.n
    if n < _NO_ROWS:
        return 0.0, 1.0
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low = 0.0 if p == 0 else max(0.0, centre - half)
    high = 1.0 if p == 1 else min(1.0, centre + half)
    return low, high


@lru_cache(maxsize=1 << 12)  # segments and final decisions ask for the same counts again
def clopper_pearson(share: Proportion, level: float) -> tuple[float, float]:
    """The exact interval for one share: it covers at least `level`, mostly more.

    Args:
        share: with x = n p events; neither n nor x need be whole, since the limits are quantiles
            of Beta(x, n - x + 1) and Beta(x + 1, n - x).
        level: in (0, 1).

    Raises:
        ValueError: n is above 2^53 or not above 0.
        ArithmeticError: no limit was found within the work allowed.

    References:
        Clopper and Pearson (1934), The use of confidence or fiducial limits, Biometrika 26; with
        effective n Korn and Graubard (1998), Survey Methodology 24.
    """
    if not 0 < share.n <= _MOST_ROWS:
        raise ValueError(f"an exact interval needs from 0 to 2^53 rows, found {share.n:g}")
    x, tail = share.p * share.n, (1 - level) / 2
    rest = share.n - x
    low = 0.0 if x < _FEW_EVENTS else beta_quantile(tail, x, rest + 1)
    # The upper limit is one minus the lower one of the opposite event, whose small tail is exact.
    high = 1.0 if rest < _FEW_EVENTS else 1 - beta_quantile(tail, rest, x + 1)
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


def newcombe_paired(
    both: int, first_only: int, second_only: int, neither: int, z: float
) -> tuple[float, float]:
    """Newcombe's interval for first minus second share, both of the same rows; within [-1, 1].

    Args:
        both: rows that have the event both times.
        first_only: rows that have it the first time alone.
        second_only: rows that have it the second time alone.
        neither: rows that have it neither time; all four add up to at least 1.
        z: critical value.

    References:
        Newcombe (1998), Improved confidence intervals for the difference between binomial
        proportions based on paired data, Statistics in Medicine 17, 2635-2650, method 10.
    """
    n = both + first_only + second_only + neither
    first = Proportion(p=(both + first_only) / n, n=n)
    second = Proportion(p=(both + second_only) / n, n=n)
    low1, high1 = wilson(first, z)
    low2, high2 = wilson(second, z)
    phi = _phi(both, first_only, second_only, neither)
    difference = (first_only - second_only) / n
    below = _joined(first.p - low1, high2 - second.p, phi)
    above = _joined(high1 - first.p, second.p - low2, phi)
    return max(-1.0, difference - below), min(1.0, difference + above)


def _phi(both: int, first_only: int, second_only: int, neither: int) -> float:
    """The correlation of the two events, corrected for continuity where it is positive."""
    n = both + first_only + second_only + neither
    margins = (
        (both + first_only) * (second_only + neither)
        * (both + second_only) * (first_only + neither)
    )  # fmt: skip
    if margins == 0:
        return 0.0
    product = both * neither - first_only * second_only
    return (max(product - n / 2, 0.0) if product > 0 else product) / sqrt(margins)


def _joined(one: float, other: float, phi: float) -> float:
    return sqrt(max(0.0, one * one - 2 * phi * one * other + other * other))


def mover_mean(shares: Sequence[Proportion], z: float) -> tuple[float, float]:
    """The interval for the mean of K independent shares, from the Wilson limits of each.

        mean - sqrt(sum (p - low)^2) / K   to   mean + sqrt(sum (high - p)^2) / K

    Args:
        shares: at least one.
        z: critical value.

    References:
        Zou and Donner (2008), Construction of confidence limits about effect measures: a general
        approach, Statistics in Medicine 27 (MOVER).
    """
    k = len(shares)
    ends = [wilson(s, z) for s in shares]
    mean = fsum(s.p for s in shares) / k
    below = sqrt(fsum((s.p - low) ** 2 for s, (low, _) in zip(shares, ends, strict=True))) / k
    above = sqrt(fsum((high - s.p) ** 2 for s, (_, high) in zip(shares, ends, strict=True))) / k
    return max(0.0, mean - below), min(1.0, mean + above)


def on_logit(value: float, standard_error: float, z: float) -> tuple[float, float]:
    """The normal interval of the log odds, taken back: for an area under a ROC curve.

    Near 1 it covers better than value plus or minus z standard errors, and stays within (0, 1).

        log(A / (1 - A)) -+ z s / (A (1 - A))

    Args:
        value: in (0, 1).
        standard_error: of the value, greater than 0.
        z: critical value.

    References:
        Pepe (2003), The Statistical Evaluation of Medical Tests, 5.2.5; compared in Qin and
        Hotilovac (2008), Statistical Methods in Medical Research 17.
    """
    factor = exp(min(_LARGEST, z * standard_error / (value * (1 - value))))
    odds = value / (1 - value)
    return odds / (odds + factor), odds * factor / (1 + odds * factor)


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
    estimate = group.p / reference.p

    def excess(ratio: float) -> float:
        if ratio == estimate:  # there the statistic is 0, even at a ratio of 0
            return -z
        return sqrt(_ratio_score(group, reference, ratio)) - z

    low = 0.0 if group.p == 0 else crossing(estimate, 0.0, excess)
    high = max(estimate, 1.0)
    for _ in range(64):
        if excess(high) > 0:
            return low, crossing(estimate, high, excess)
        high *= 2
    return low, None


def crossing(inside: float, beyond: float, excess: Callable[[float], float]) -> float:
    """Where a function passes 0, to the last bits that its own rounding leaves.

    The secant, with the weight of an end that stays behind halved, and a plain halving each fourth
    step; + - * / alone, so the same on every machine.

    Args:
        inside: where it is 0 at most, and finite.
        beyond: where it is greater than 0, or infinite; larger or smaller than `inside`.
        excess: the function, continuous, with one root between.

    References:
        Dowell and Jarratt (1971), A modified regula falsi method, BIT 11 (the Illinois method).
    """
    at_inside, at_beyond = excess(inside), excess(beyond)
    moved = 0  # which end moved last: 1 is `beyond`
    for step in range(1, _STEPS):
        middle = (inside + beyond) / 2
        if at_inside == 0:
            return inside
        if abs(beyond - inside) <= _CLOSE * abs(middle):
            break
        if step % 4 and at_beyond < inf:
            secant = inside - at_inside * (beyond - inside) / (at_beyond - at_inside)
            # A neighbour of an end, not the end: once one is the root, the other follows it.
            apart = _CLOSE / 2 * abs(middle)
            least, most = min(inside, beyond) + apart, max(inside, beyond) - apart
            middle = min(max(secant, least), most)
        value = excess(middle)
        side = 1 if value > 0 else -1
        if side > 0:
            at_inside, at_beyond = at_inside / 2 if moved == side else at_inside, value
            beyond = middle
        else:
            at_inside, at_beyond = value, at_beyond / 2 if moved == side else at_beyond
            inside = middle
        moved = side
    return (inside + beyond) / 2


def _ratio_score(group: Proportion, reference: Proportion, ratio: float) -> float:
    """The squared score statistic of H0: group = ratio x reference.

    The likeliest shares under H0 are roots of a quadratic equation. It is solved for the events
    and for the rows without, in terms of ratio - 1, so that nothing cancels where all is near 1.
    """
    if ratio <= 0:
        return float("inf")
    n1, n2 = group.n, reference.n
    x1, x2 = group.p * n1, reference.p * n2
    y1, y2 = (1 - group.p) * n1, (1 - reference.p) * n2
    above = ratio - 1
    root = sqrt((above * (n1 + x2) + y1 - y2) ** 2 + 4 * ratio * y1 * y2)
    p2 = 2 * (x1 + x2) / (n1 * ratio + x1 + n2 + x2 * ratio + root)
    q1 = _larger_root(n1 + n2, y1 + y2 - above * (n1 + x2), root, -above * y1)
    q2 = _larger_root((n1 + n2) * ratio, above * (n1 + n2 + y2) + y1 + y2, root, above * y2)
    variance = ratio * p2 * (q1 / n1 + ratio * q2 / n2)
    distance = group.p - reference.p - above * reference.p
    if variance <= 0:
        return 0.0 if distance == 0 else float("inf")
    return distance * distance / variance


def _larger_root(a: float, b: float, root: float, c: float) -> float:
    """Of a q^2 - b q + c = 0 with the root of its discriminant; 0 where rounding goes below."""
    if b >= 0:
        return (b + root) / (2 * a)
    return max(0.0, 2 * c / (b - root))
