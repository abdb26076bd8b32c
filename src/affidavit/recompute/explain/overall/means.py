"""An estimate over rows, with its normal interval where rows are enough for one."""

from __future__ import annotations

import numpy as np

from affidavit.explanation_record import Estimate
from affidavit.recompute.floats import Floats
from affidavit.recompute.linearized import standard_error
from affidavit.recompute.score_intervals import MEAN, normal

_FEWEST = 100


def mean_estimate(values: Floats) -> Estimate:
    """The mean of at least one value, with its interval."""
    mean = float(values.mean())
    return estimate(mean, values - mean, MEAN)


def estimate(
    value: float,
    contributions: Floats,
    method: str,
    *,
    floor: float = -np.inf,
    ceiling: float = np.inf,
) -> Estimate:
    """A value +- the critical value times its standard error, from what each row adds to it.

    There is no interval below 100 rows, and 28 + 25 G², G the skewness of the contributions:
    losses have long tails, and a normal interval of them is too short for few rows.

    Args:
        value: smooth in means over the rows.
        contributions: (n_rows,), centred; their mean's standard error is the value's.
        method: in words.
        floor: least that the value can be.
        ceiling: most.

    References:
        Cochran (1977), Sampling Techniques, 2.15; Sugden, Smith, Jones (2000), Cochran's rule for
        simple random sampling, Journal of the Royal Statistical Society B 62.
    """
    n = len(contributions)
    spread = float((contributions**2).mean()) if n else 0.0
    skew = float((contributions**3).mean()) / spread**1.5 if spread > 0 else 0.0
    if n < max(_FEWEST, 28 + 25 * skew**2):
        return Estimate(value=value)
    error = standard_error(contributions / n)
    interval = normal(value, error, method, floor=floor, ceiling=ceiling)
    if interval is None:
        return Estimate(value=value)
    return Estimate(value=value, low=interval.low, high=interval.high, method=interval.method)
