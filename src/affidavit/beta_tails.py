"""Tails of the beta and binomial distributions; pure Python, accurate from one row to 2^53.

The density is Loader's saddle-point form: the usual one, by log-gammas, would lose half the digits
at ten million rows. The tail is the density times a continued fraction, whose terms grow with the
root of the rows; beyond 10^8 events and as many rows without, it is the density's integral. Either
way the work has a bound, and what does not settle within it raises.
"""

from __future__ import annotations

from math import exp, fsum, lgamma, log, pi, sqrt
from statistics import NormalDist
from sys import float_info

_ROUNDS = 200  # of Newton's method, halving where it would leave the bracket
_TERMS = 10_000  # some 400 are taken at most, up to `_LARGE`
_CLOSE = 1e-15
_BELOW_1 = 1 - 2.0**-53
_SETTLED = 1e-7  # of a deviation, and of the way to 0 and 1: what follows such a step is its square
_LARGE = 1e8  # the smaller of a and b from which the tail is integrated
_REACH, _PANELS = 12.0, 12  # standard deviations beyond which nothing is left, one a panel
# Abscissae and weights of Gauss and Legendre on [-1, 1], ten points (Abramowitz, Stegun, 25.4.30).
_GAUSS = (
    (0.14887433898163122, 0.29552422471475287), (0.4333953941292472, 0.26926671930999636),
    (0.6794095682990244, 0.21908636251598204), (0.8650633666889845, 0.1494513491505806),
    (0.9739065285171717, 0.06667134430868814),
)  # fmt: skip


def upper_binomial(x: float, n: float, p: float) -> float:
    """P(X >= x) of a binomial variable, 0 < x <= n and 0 < p < 1; for any real x by the beta form.

    References:
        Abramowitz and Stegun (1964), 26.5.24: the tail is the beta distribution I_p(x, n - x + 1).
    """
    return beta_tail(p, x, n - x + 1)


def beta_tail(at: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_at(a, b), the share of Beta(a, b) below `at`.

    Args:
        at: in [0, 1].
        a: greater than 0.
        b: greater than 0.

    Raises:
        ArithmeticError: the continued fraction does not settle.

    References:
        Abramowitz and Stegun (1964), 26.5.8 (continued fraction) and 26.5.2 (symmetry).
    """
    if at <= 0:
        return 0.0
    if at >= 1:
        return 1.0
    if at > (a + 1) / (a + b + 2):
        return 1 - _small_tail(1 - at, b, a)
    return _small_tail(at, a, b)


def beta_quantile(share: float, a: float, b: float) -> float:
    """The point below which `share` of Beta(a, b) lies; 0 < share < 1, a and b greater than 0.

    Raises:
        ArithmeticError: neither Newton's method nor halving settles.
    """
    low, high = 0.0, 1.0
    deviation = sqrt(a * b / (a + b + 1)) / (a + b)
    at = a / (a + b) + NormalDist().inv_cdf(share) * deviation
    if not 0 < at < 1:
        at = min(a / (a + b), _BELOW_1)
    if a < 1 <= b:  # the quantile can be as small as share^(1/a): a start of its own size
        begin = exp(min(0.0, (log(share) + log(a) + lgamma(a) + lgamma(b) - lgamma(a + b)) / a))
        at = min(at, begin)
        if at < float_info.min:  # below the least normal number digits are lost: none is sure
            return 0.0
    for _ in range(_ROUNDS):
        excess = beta_tail(at, a, b) - share
        low, high = (low, at) if excess > 0 else (at, high)
        slope = _scaled_density(at, a, b) / (at * (1 - at))
        following = at - excess / slope if slope > 0 else low
        step = abs(following - at)
        # Before the bracket is asked: where only rounding is left, it may be on the wrong side.
        if slope > 0 and step <= max(_CLOSE * at, _SETTLED * min(at, 1 - at, deviation)):
            return min(1.0, max(0.0, following))
        at = following if low < following < high else (low + high) / 2
        if high - low <= _CLOSE * at:
            return at
    raise ArithmeticError(f"no quantile of Beta({a:g}, {b:g}) found in {_ROUNDS} steps")


def _small_tail(at: float, a: float, b: float) -> float:
    if min(a, b) > _LARGE:
        return _integral(at, a, b)
    return _scaled_density(at, a, b) / a * _continued_fraction(at, a, b)


def _integral(at: float, a: float, b: float) -> float:
    """The density below `at`, by Gauss and Legendre's rule in panels of a standard deviation."""
    width = _REACH / _PANELS * sqrt(a * b / (a + b)) / (a + b)
    parts = []
    for panel in range(_PANELS):
        middle, half = at - (panel + 0.5) * width, width / 2
        for x, weight in _GAUSS:
            for point in (middle - x * half, middle + x * half):
                if point > 0:
                    density = _scaled_density(point, a, b) / (point * (1 - point))
                    parts.append(weight * half * density)
    return fsum(parts)


def _scaled_density(at: float, a: float, b: float) -> float:
    """at^a (1 - at)^b / B(a, b), by Loader's form of the binomial probability.

    References:
        Loader (2000), Fast and accurate computation of binomial probabilities.
    """
    n = a + b
    exponent = (
        _stirling_error(n) - _stirling_error(a) - _stirling_error(b)
        - _deviance(a, n * at) - _deviance(b, n * (1 - at))
    )  # fmt: skip
    return sqrt(a * b / (2 * pi * n)) * exp(exponent)


def _stirling_error(n: float) -> float:
    """Log Gamma(n + 1) less Stirling's approximation, log(sqrt(2 pi n) (n/e)^n)."""
    if n < 16:
        return lgamma(n + 1) - (n + 0.5) * log(n) + n - 0.5 * log(2 * pi)
    square = n * n
    series = 1 / 1680 - (1 / 1188 - 691 / 360360 / square) / square
    return (1 / 12 - (1 / 360 - (1 / 1260 - series / square) / square) / square) / n


def _deviance(x: float, mean: float) -> float:
    """Loader's x log(x / mean) + mean - x, without cancellation where both are near."""
    apart, together = x - mean, x + mean
    if abs(apart) >= 0.1 * together:
        return x * log(x / mean) + mean - x
    ratio = apart / together
    total, term, odd = apart * ratio, 2 * x * ratio, 1
    while True:
        term *= ratio * ratio
        odd += 2
        following = total + term / odd
        if following == total:
            return total
        total = following


def _continued_fraction(at: float, a: float, b: float) -> float:
    """Lentz's evaluation of 26.5.8, which settles within some sqrt(min(a, b)) / 40 terms."""
    tiny = 1e-300
    c, d = 1.0, 1 / ((1 - (a + b) * at / (a + 1)) or tiny)
    value = d
    for m in range(1, _TERMS):
        for factor in (
            m * (b - m) * at / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * at / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / ((1 + factor * d) or tiny)
            c = (1 + factor / c) or tiny
            value *= c * d
        if abs(c * d - 1) < _CLOSE:
            return value
    raise ArithmeticError(f"no tail of Beta({a:g}, {b:g}) found in {_TERMS} terms")
