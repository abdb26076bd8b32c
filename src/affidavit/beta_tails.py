"""Tails of the beta and binomial distributions; pure Python, accurate from one row to 10^7.

The density is Loader's saddle-point form: the usual one, by log-gammas, would lose half the digits
at ten million rows. The tail is the density times a continued fraction.
"""

from __future__ import annotations

from math import exp, lgamma, log, pi, sqrt

_ROUNDS = 200  # of Newton's method, halving where it would leave the bracket
_TERMS = 100_000
_CLOSE = 1e-15


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
    """The point below which `share` of Beta(a, b) lies; 0 < share < 1, a and b greater than 0."""
    low, high, at = 0.0, 1.0, a / (a + b)
    for _ in range(_ROUNDS):
        excess = beta_tail(at, a, b) - share
        low, high = (low, at) if excess > 0 else (at, high)
        slope = _scaled_density(at, a, b) / (at * (1 - at))
        following = at - excess / slope if slope > 0 else low
        if not low < following < high:
            following = (low + high) / 2
        if abs(following - at) <= _CLOSE * at:
            return following
        at = following
    return at


def _small_tail(at: float, a: float, b: float) -> float:
    return _scaled_density(at, a, b) / a * _continued_fraction(at, a, b)


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
    """Lentz's evaluation of 26.5.8, which settles within some sqrt(a + b) terms."""
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
            break
    return value
