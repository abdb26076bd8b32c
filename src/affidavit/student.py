"""Quantiles and tails of Student's t for any real degrees of freedom, without scipy."""

from __future__ import annotations

from functools import lru_cache
from math import erfc, sqrt
from typing import Final

from affidavit.beta_tails import beta_quantile, beta_tail
from affidavit.intervals import critical

_MANY: Final = 1e5


@lru_cache(maxsize=4096)
def t_critical(level: float, freedom: float) -> float:
    """The two-sided quantile: 12.706 for 0.95 and one degree of freedom, 1.960 for very many.

    With t of f degrees of freedom, t² / (f + t²) is distributed as Beta(1/2, f/2), so that the
    quantile of one is that of the other. Beyond 100,000 degrees two terms of the expansion around
    the normal quantile are exact to ten digits, where the beta form begins to lose more.

    Args:
        level: in (0, 1).
        freedom: greater than 0.

    References:
        Abramowitz and Stegun (1964), 26.5.27 (beta form) and 26.7.5 (expansion).
    """
    if freedom > _MANY:
        z = critical(level)
        return z + ((z**3 + z) / 4 + (5 * z**5 + 16 * z**3 + 3 * z) / 96 / freedom) / freedom
    if level < 0.5:
        share = beta_quantile(level, 0.5, freedom / 2)
        return sqrt(freedom * share / (1 - share))
    # Asked for the tail, which may be tiny, and not for a share that is nearly 1.
    rest = beta_quantile(1 - level, freedom / 2, 0.5)
    return sqrt(freedom * (1 - rest) / rest)


def t_tails(at: float, freedom: float) -> float:
    """P(|T| >= at), the two-sided p-value of a statistic; beyond 100,000 degrees to nine digits.

    Args:
        at: 0 or more.
        freedom: greater than 0.

    References:
        Abramowitz and Stegun (1964), 26.5.27 (beta form) and 26.7.8 (normal form).
    """
    if freedom > _MANY:
        return erfc(at * (1 - 1 / (4 * freedom)) / sqrt(2 + at * at / freedom))
    return beta_tail(freedom / (freedom + at * at), freedom / 2, 0.5)
