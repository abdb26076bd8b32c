"""Quantiles of a sample, with intervals that end at values of the sample."""

from __future__ import annotations

from math import exp, lgamma, log, sqrt

import numpy as np

from affidavit.evidence import LEVEL
from affidavit.intervals import Proportion, critical, wilson
from affidavit.recompute.coded import Coded
from affidavit.recompute.floats import Floats
from affidavit.recompute.linearized import effective_size, n_units, standard_error
from affidavit.recompute.score_intervals import Interval, named

_WIDTH = 12  # standard deviations; beyond, the binomial distribution holds less than 1e-30


def quantile(values: Floats, weight: Floats | None, q: float) -> float:
    """The smallest value that at least a share q of the rows (their weight) does not exceed.

    Args:
        values: (n_rows,), ascending, at least one.
        weight: (n_rows,) or None.
        q: in (0, 1).

    References:
        Hyndman, Fan (1996), Sample quantiles in statistical packages, definition 1.
    """
    return float(values[_place(_shares(values, weight), q)])


def _shares(values: Floats, weight: Floats | None) -> Floats:
    if weight is None:
        return np.asarray(np.arange(1, len(values) + 1) / len(values))
    up_to = np.cumsum(weight)
    return np.asarray(up_to / up_to[-1])


def _place(shares: Floats, q: float) -> int:
    # The last digits of a share such as 0.05 * 20 / 20 must not move the place.
    return min(int(np.searchsorted(shares, q - 1e-12)), len(shares) - 1)


def quantile_interval(
    values: Floats, weight: Floats | None, units: Coded | None, q: float
) -> Interval | None:
    """Exact, from the binomial number of rows below; with weights or units Woodruff's.

    Args:
        values: (n_rows,), ascending.
        weight: (n_rows,) or None.
        units: (n_rows,) or None.
        q: in (0, 1).

    Returns:
        None where the rows are too few for both ends.

    References:
        David, Nagaraja (2003), Order statistics, section 7.1; Woodruff (1952), Confidence
        intervals for medians and other position measures, JASA 47.
    """
    if weight is None and units is None:
        return _exact(values, q)
    shares = _shares(values, weight)
    effective: float
    if units is None:
        effective = len(values) if weight is None else effective_size(weight)
        low, high = wilson(Proportion(p=q, n=effective), critical(LEVEL))
    else:
        below = (values <= quantile(values, weight, q)) - q
        part = below / len(values) if weight is None else below * weight / float(weight.sum())
        error = standard_error(part, units)
        if error is None:
            return None
        effective = n_units(units)
        low, high = q - critical(LEVEL) * error, q + critical(LEVEL) * error
    if max(q**effective, (1 - q) ** effective) > (1 - LEVEL) / 2:
        return None
    method = named("Woodruff", weighted=weight is not None, units=units)
    return Interval(
        low=float(values[_place(shares, low)]), high=float(values[_place(shares, high)]),
        method=method,
    )  # fmt: skip


def _exact(values: Floats, q: float) -> Interval | None:
    """From the l-th to the u-th value, each missing the quantile with at most 2.5 %."""
    n, tail = len(values), (1 - LEVEL) / 2
    first = max(0, int(n * q - _WIDTH * sqrt(n)) - 1)
    last = min(n, int(n * q + _WIDTH * sqrt(n)) + 1)
    up_to = np.cumsum(_binomial(n, q, first, last))
    # P(fewer than l rows below) is the cumulative probability of l - 1.
    low = first + int(np.searchsorted(up_to, tail, side="right"))
    high = first + int(np.searchsorted(up_to, 1 - tail)) + 1
    if low < 1 or high > n:
        return None
    return Interval(
        low=float(values[low - 1]), high=float(values[high - 1]), method="order statistics, exact"
    )  # fmt: skip


def _binomial(n: int, q: float, first: int, last: int) -> Floats:
    """Probabilities of first to last successes, from that of the most likely number outwards."""
    mode = min(max(int((n + 1) * q), first), last)
    k = np.arange(first, last + 1)
    ratio = np.ones(len(k))
    rising = k[mode - first + 1 :]
    falling = k[: mode - first][::-1]
    ratio[mode - first + 1 :] = np.cumprod((n - rising + 1) / rising * (q / (1 - q)))
    ratio[: mode - first] = np.cumprod((falling + 1) / (n - falling) * ((1 - q) / q))[::-1]
    top = exp(
        lgamma(n + 1) - lgamma(mode + 1) - lgamma(n - mode + 1)
        + mode * log(q) + (n - mode) * log(1 - q)
    )  # fmt: skip
    return np.asarray(ratio * top)
