"""How far scores can be read as probabilities: bins, expected error, slope and intercept."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum, pi, sqrt
from typing import Final

import numpy as np

from affidavit.evidence import LEVEL, MIN_CLASS, SMALL, CalibrationBin
from affidavit.intervals import Proportion, critical, wilson
from affidavit.recompute.floats import Floats
from affidavit.recompute.linearized import effective_size, mean_of, standard_error
from affidavit.recompute.ranking import Blocks, Ranked
from affidavit.recompute.resampling import band
from affidavit.recompute.sample import Sample
from affidavit.recompute.score_intervals import BY_UNIT, MEAN, Interval, normal
from affidavit.recompute.scored import NO_BOTH, NO_PROBABILITY, NO_ROWS, Found, undefined

BINS: Final = 10
_STEPS: Final = 100
_TOLERANCE: Final = 1e-20
_NEAR: Final = 1e-4
METRICS: Final = (
    "expected_calibration_error", "calibration_gap", "calibration_slope", "calibration_intercept",
)  # fmt: skip
_CERTAIN = "undefined: {n} scores are exactly 0 or 1, whose logit is infinite"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bins:
    """Neighbouring scores in at most ten bins. Arrays are (n_bins,).

    Attributes:
        first, last: the lowest and highest score of each.
        weight: with squares the sum of squared weights.
    """

    first: Floats
    last: Floats
    rows: Floats
    weight: Floats
    squares: Floats
    mean_score: Floats
    observed: Floats


def calibration_bins(sample: Sample) -> tuple[CalibrationBin, ...]:
    """Ten bins of equally many rows by score; tied scores stay together, so there may be fewer.

    Returns:
        In the order of the score; none where scores are no probabilities or no label is known.
        Shares have Wilson's interval, with weights at the effective n.
    """
    if sample.n == 0 or not sample.ranked.are_probabilities:
        return ()
    bins = _bins(sample.ranked)
    return tuple(_bin(bins, k) for k in range(len(bins.rows)))


def _bin(bins: _Bins, k: int) -> CalibrationBin:
    share, effective = float(bins.observed[k]), float(bins.weight[k] ** 2 / bins.squares[k])
    low, high = wilson(Proportion(p=share, n=effective), critical(LEVEL))
    return CalibrationBin(
        first=float(bins.first[k]), last=float(bins.last[k]), n=int(bins.rows[k]),
        mean_score=float(bins.mean_score[k]), observed=share, low=low, high=high,
    )  # fmt: skip


def _bins(ranked: Ranked) -> _Bins:
    """A tie goes where its middle row belongs; a bin may reach over several parts."""
    sums: dict[int, list[tuple[float, ...]]] = {}
    below = 0
    for b in ranked.parts():
        middle = 2 * (below + np.cumsum(b.rows)) - b.rows
        place = np.minimum(middle * BINS // (2 * ranked.n), BINS - 1)
        for k in np.unique(place).tolist():
            low, high = (int(np.searchsorted(place, k, side=s)) for s in ("left", "right"))
            sums.setdefault(k, []).append(_sums(b, slice(low, high)))
        below += int(b.rows.sum())
    found = [sums[k] for k in sorted(sums)]
    rows, weight, squares, scores, positive = (
        np.array([fsum(one[i] for one in parts) for parts in found]) for i in range(2, 7)
    )
    return _Bins(
        first=np.array([parts[0][0] for parts in found]),
        last=np.array([parts[-1][1] for parts in found]),
        rows=rows, weight=weight, squares=squares, mean_score=scores / weight,
        observed=positive / weight,
    )  # fmt: skip


def _sums(b: Blocks, at: slice) -> tuple[float, ...]:
    """First and last score; rows, weight, squared weight, weighted scores, positives."""
    score, weight = b.score[at], (b.positive + b.negative)[at]
    squares = b.positive_squares[at] + b.negative_squares[at]
    summed = (b.rows[at], weight, squares, score * weight, b.positive[at])
    return (float(score[0]), float(score[-1]), *(fsum(x.tolist()) for x in summed))


def calibration_numbers(sample: Sample) -> tuple[Found, ...]:
    """Expected calibration error, gap, slope and intercept."""
    if sample.n == 0:
        return tuple(undefined(m, 0, NO_ROWS) for m in METRICS)
    if not sample.ranked.are_probabilities:
        return tuple(undefined(m, sample.n, NO_PROBABILITY) for m in METRICS)
    return (_expected_error(sample), gap(sample), *_recalibration(sample))


def gap(sample: Sample) -> Found:
    """The mean score minus the observed share: above 0, scores are too high.

    The interval is that of the mean of score minus label. With few rows of a label, where that
    form misses, it is Wilson's of the share, turned around: scores are then taken as given, and
    it is wider than need be.
    """
    score = mean_of(sample.score, sample.weight).value
    positive, negative = sample.ranked.weights
    share = positive / (positive + negative)
    interval = None
    if sample.n >= SMALL and sample.rarer >= MIN_CLASS:
        each = mean_of(sample.score - sample.is_positive, sample.weight)
        error = standard_error(each.contributions, sample.units)
        interval = normal(score - share, error, sample.method(MEAN), floor=-1.0, ceiling=1.0)
    elif (effective := _effective(sample)) is not None:
        low, high = wilson(Proportion(p=share, n=effective), critical(LEVEL))
        interval = Interval(low=score - high, high=score - low, method=_wilson(sample))
    return Found(metric="calibration_gap", n=sample.n, value=score - share, interval=interval)


def _wilson(sample: Sample) -> str:
    """As counts name it, where rows do not count alike."""
    name = "Wilson" if sample.is_plain else "Wilson, effective n"
    return name if sample.units is None else f"{name}{BY_UNIT}"


def _effective(sample: Sample) -> float | None:
    """How many independent rows the share is worth; None where units do not tell."""
    if sample.units is not None:
        share = mean_of(sample.is_positive.astype(float), sample.weight)
        error = standard_error(share.contributions, sample.units)
        spread = share.value * (1 - share.value)
        return min(float(sample.n), spread / error**2) if error and spread > 0 else None
    if sample.weight is None:
        return float(sample.n)
    return effective_size(sample.weight)


def _expected_error(sample: Sample) -> Found:
    """The weighted mean over the bins of |mean score - observed share|.

    `expected` is what a perfectly calibrated model shows at these bins: the mean of a half-normal,
    sum over bins of w_k / w sqrt(2 p_k (1 - p_k) / (pi n_k)), p_k the mean score, n_k effective.

    References:
        Naeini, Cooper, Hauskrecht (2015), Obtaining well calibrated probabilities using Bayesian
        binning, AAAI; with bins of equal mass, whose bias Roelofs et al. (2022) compare.
    """
    bins = _bins(sample.ranked)
    share = bins.weight / fsum(bins.weight.tolist())
    value = fsum((share * np.abs(bins.mean_score - bins.observed)).tolist())
    n = bins.weight**2 / bins.squares
    spread = np.sqrt(2 * bins.mean_score * (1 - bins.mean_score) / (pi * n))
    return Found(
        metric="expected_calibration_error", n=sample.n, value=value,
        interval=_error_band(sample, value), expected=fsum((share * spread).tolist()),
    )  # fmt: skip


def _error_band(sample: Sample, value: float) -> Interval | None:
    cells = sample.cells
    if cells is None:
        return None
    rows = np.asarray(cells.positive + cells.negative)
    middle = np.cumsum(rows) - rows / 2
    place = np.minimum((middle * BINS / rows.sum()).astype(np.intp), BINS - 1)

    def curve(positive: Floats, negative: Floats) -> Floats:
        both = positive + negative
        off = np.bincount(place, cells.score * both - positive, minlength=BINS)
        return np.asarray(off / both.sum())

    return band(cells, curve, lambda c: float(np.abs(c).sum()), value)


def _recalibration(sample: Sample) -> tuple[Found, Found]:
    """Cox's slope and intercept: logit P(positive) = a + b logit(score).

    The slope is b with a free, 1 is perfect, below it scores are too extreme; the intercept is a
    with b = 1, 0 is perfect, above it scores are too low.

    References:
        Cox (1958), Two further applications of a model for binary regression, Biometrika 45;
        Steyerberg (2019), Clinical prediction models, section 15.3.
    """
    names, why = ("calibration_slope", "calibration_intercept"), _no_logit(sample)
    if why:
        return undefined(names[0], sample.n, why), undefined(names[1], sample.n, why)
    low, high = sample.ranked.ends
    slope_why = ""
    if low == high:
        slope_why = "undefined: all scores are the same"
    elif sample.ranked.is_separated:
        slope_why = "undefined: a score divides the labels, so that the slope has no bound"
    slope = undefined(names[0], sample.n, slope_why)
    if not slope_why:
        slope = _fitted(sample, names[0], free=True)
    return slope, _fitted(sample, names[1], free=False)


def _no_logit(sample: Sample) -> str:
    if not sample.ranked.has_both:
        return NO_BOTH
    certain = int(((sample.score == 0) | (sample.score == 1)).sum())
    return _CERTAIN.format(n=certain) if certain else ""


def _logit(score: Floats) -> Floats:
    return np.asarray(np.log(score) - np.log1p(-score))


def _fitted(sample: Sample, metric: str, *, free: bool) -> Found:
    fit = fit_logistic(sample.ranked, free=free)
    if fit is None:
        return undefined(metric, sample.n, "undefined: the recalibration does not converge")
    value, method = float(fit.coefficients[1 if free else 0]), "Wald"
    error: float | None = sqrt(float(fit.covariance[-1, -1]))
    if sample.n < SMALL:
        error = None
    elif not sample.is_plain:
        error, method = _sandwich(sample, fit), sample.method("Wald, sandwich variance")
    return Found(metric=metric, n=sample.n, value=value, interval=normal(value, error, method))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Intercept and slope, and the inverse of the information on what was free, shape (k, k)."""

    coefficients: Floats
    covariance: Floats


def fit_logistic(ranked: Ranked, *, free: bool) -> Fit | None:
    """Maximum likelihood by Newton's steps, halved where the likelihood would fall.

    The steps end where the next would move no coefficient by more than 10⁻¹⁰ standard errors.

    Args:
        ranked: both labels, scores within (0, 1).
        free: whether the slope is; else it is 1.

    Returns:
        None where it does not converge.
    """
    found, k = np.array([0.0, 1.0]), 2 if free else 1
    for _ in range(_STEPS):
        slope, information = _derivatives(ranked, found)
        try:
            covariance = np.asarray(np.linalg.inv(information[:k, :k]), dtype=np.float64)
        except np.linalg.LinAlgError:
            return None
        step = np.zeros(2)
        step[:k] = (covariance * slope[:k]).sum(axis=1)
        decrement = float((step * slope).sum())
        if decrement < _TOLERANCE:
            return Fit(coefficients=found + step, covariance=covariance)
        # Near the top a whole step is best, and differences of the likelihood are rounding.
        found = found + (_shortened(ranked, found, step) if decrement > _NEAR else step)
    return None


def _derivatives(ranked: Ranked, at: Floats) -> tuple[Floats, Floats]:
    """Of the log likelihood: the first, shape (2,), and minus the second, shape (2, 2)."""
    slope, information = np.zeros(2), np.zeros((2, 2))
    for b in ranked.parts():
        logit = _logit(b.score)
        weight, p = b.positive + b.negative, _expit(at[0] + at[1] * logit)
        rest, curve = b.positive - weight * p, weight * p * (1 - p)
        # No product of matrices, which threads could reorder.
        slope += [rest.sum(), (rest * logit).sum()]
        cross = (curve * logit).sum()
        information += [[curve.sum(), cross], [cross, (curve * logit * logit).sum()]]
    return slope, information


def _shortened(ranked: Ranked, start: Floats, step: Floats) -> Floats:
    now = _likelihood(ranked, start)
    for _ in range(30):
        if _likelihood(ranked, start + step) >= now:
            break
        step = step / 2
    return step


def _likelihood(ranked: Ranked, at: Floats) -> float:
    found = 0.0
    for b in ranked.parts():
        eta = at[0] + at[1] * _logit(b.score)
        sums = b.positive * np.logaddexp(0, -eta) + b.negative * np.logaddexp(0, eta)
        found -= float(sums.sum())
    return found


def _expit(eta: Floats) -> Floats:
    return np.asarray(np.exp(-np.logaddexp(0, -eta)))


def _sandwich(sample: Sample, fit: Fit) -> float | None:
    """The standard error of the last coefficient, from each row's part in the likelihood's slope.

    References:
        White (1982), Maximum likelihood estimation of misspecified models, Econometrica 50;
        by unit, Liang and Zeger (1986), Biometrika 73.
    """
    logit = _logit(sample.score)
    rest = sample.is_positive - _expit(fit.coefficients[0] + fit.coefficients[1] * logit)
    rest = rest if sample.weight is None else rest * sample.weight
    last = fit.covariance[-1]
    direction = last[0] + last[1] * logit if len(last) == 2 else last[0]
    return standard_error(direction * rest, sample.units)
