"""How far scores can be read as probabilities: bins, expected error, slope and intercept."""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum, pi, sqrt
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from affidavit.evidence import LEVEL, CalibrationBin
from affidavit.intervals import Proportion, critical, wilson
from affidavit.recompute.linearized import BY_UNIT, Interval, Mean, mean_of, normal, standard_error
from affidavit.recompute.predictions import Predictions
from affidavit.recompute.ranking import Blocks
from affidavit.recompute.resampling import band
from affidavit.recompute.sample import Sample, labelled_sample
from affidavit.recompute.scored import NO_BOTH, NO_PROBABILITY, NO_ROWS, Found, undefined
from affidavit.recompute.scoring import Floats

BINS: Final = 10
_STEPS: Final = 100
_TOLERANCE: Final = 1e-12
METRICS: Final = (
    "expected_calibration_error", "calibration_gap", "calibration_slope", "calibration_intercept",
)  # fmt: skip
_CERTAIN = "undefined: {n} scores are exactly 0 or 1, whose logit is infinite"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bins:
    """Neighbouring scores in at most ten bins. Arrays are (n_bins,), `of_block` (n_distinct,).

    Attributes:
        weight: with squares the sum of squared weights.
    """

    of_block: NDArray[np.intp]
    rows: NDArray[np.int64]
    weight: Floats
    squares: Floats
    mean_score: Floats
    observed: Floats


def calibration_bins(found: Predictions, positive: str) -> tuple[CalibrationBin, ...]:
    """Ten bins of equally many rows by score; tied scores stay together, so there may be fewer.

    Returns:
        In the order of the score; none where scores are no probabilities or no label is known.
        Shares have Wilson's interval, with weights at the effective n.
    """
    sample = labelled_sample(found, positive)
    if sample.n == 0 or not sample.ranked.are_probabilities:
        return ()
    blocks = sample.ranked.blocks()
    bins = _bins(blocks)
    return tuple(_bin(blocks, bins, k) for k in range(len(bins.rows)))


def _bin(blocks: Blocks, bins: _Bins, k: int) -> CalibrationBin:
    scores = blocks.score[bins.of_block == k]
    share, effective = float(bins.observed[k]), float(bins.weight[k] ** 2 / bins.squares[k])
    low, high = wilson(Proportion(p=share, n=effective), critical(LEVEL))
    return CalibrationBin(
        first=float(scores[0]), last=float(scores[-1]), n=int(bins.rows[k]),
        mean_score=float(bins.mean_score[k]), observed=share, low=low, high=high,
    )  # fmt: skip


def _bins(blocks: Blocks) -> _Bins:
    """A tie goes where its middle row belongs."""
    middle = 2 * np.cumsum(blocks.rows) - blocks.rows
    raw = np.minimum(middle * BINS // (2 * int(blocks.rows.sum())), BINS - 1)
    of_block = np.cumsum(np.r_[0, np.diff(raw) > 0])
    n = int(of_block[-1]) + 1
    weight = blocks.positive + blocks.negative

    def total(values: Any) -> Floats:
        return np.array([fsum(values[of_block == k].tolist()) for k in range(n)])

    weights = total(weight)
    return _Bins(
        of_block=of_block, rows=np.bincount(of_block, blocks.rows, minlength=n).astype(np.int64),
        weight=weights, squares=total(blocks.positive_squares + blocks.negative_squares),
        mean_score=total(blocks.score * weight) / weights,
        observed=total(blocks.positive) / weights,
    )  # fmt: skip


def calibration_numbers(sample: Sample) -> tuple[Found, ...]:
    """Expected calibration error, gap, slope and intercept."""
    if sample.n == 0:
        return tuple(undefined(m, 0, NO_ROWS) for m in METRICS)
    if not sample.ranked.are_probabilities:
        return tuple(undefined(m, sample.n, NO_PROBABILITY) for m in METRICS)
    return (_expected_error(sample), gap(sample), *_recalibration(sample))


def gap(sample: Sample) -> Found:
    """The mean score minus the observed share: above 0, scores are too high.

    Scores are taken as given, so that the interval is Wilson's of the share, turned around.
    """
    score = mean_of(sample.score, sample.weight).value
    share = mean_of(sample.is_positive.astype(float), sample.weight)
    effective = _effective(sample, share)
    interval = None
    if effective is not None:
        low, high = wilson(Proportion(p=share.value, n=effective), critical(LEVEL))
        interval = Interval(low=score - high, high=score - low, method=_wilson(sample))
    return Found(metric="calibration_gap", n=sample.n, value=score - share.value, interval=interval)


def _wilson(sample: Sample) -> str:
    """As counts name it, where rows do not count alike."""
    name = "Wilson" if sample.is_plain else "Wilson, effective n"
    return name if sample.units is None else f"{name}{BY_UNIT}"


def _effective(sample: Sample, share: Mean) -> float | None:
    """How many independent rows the share is worth; None where units do not tell."""
    if sample.units is not None:
        error = standard_error(share.contributions, sample.units)
        spread = share.value * (1 - share.value)
        return min(float(sample.n), spread / error**2) if error and spread > 0 else None
    if sample.weight is None:
        return float(sample.n)
    return float(sample.weight.sum()) ** 2 / float((sample.weight**2).sum())


def _expected_error(sample: Sample) -> Found:
    """The weighted mean over the bins of |mean score - observed share|.

    `expected` is what a perfectly calibrated model shows at these bins: the mean of a half-normal,
    sum over bins of w_k / w sqrt(2 p_k (1 - p_k) / (pi n_k)), p_k the mean score, n_k effective.

    References:
        Naeini, Cooper, Hauskrecht (2015), Obtaining well calibrated probabilities using Bayesian
        binning, AAAI; with bins of equal mass, whose bias Roelofs et al. (2022) compare.
    """
    bins = _bins(sample.ranked.blocks())
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
    blocks = sample.ranked.blocks()
    slope_why = ""
    if len(blocks.score) < 2:
        slope_why = "undefined: all scores are the same"
    elif sample.ranked.is_separated:
        slope_why = "undefined: a score divides the labels, so that the slope has no bound"
    slope = undefined(names[0], sample.n, slope_why)
    if not slope_why:
        slope = _fitted(sample, blocks, names[0], free=True)
    return slope, _fitted(sample, blocks, names[1], free=False)


def _no_logit(sample: Sample) -> str:
    if not sample.ranked.has_both:
        return NO_BOTH
    certain = int(((sample.score == 0) | (sample.score == 1)).sum())
    return _CERTAIN.format(n=certain) if certain else ""


def _logit(score: Floats) -> Floats:
    return np.asarray(np.log(score) - np.log1p(-score))


def _fitted(sample: Sample, blocks: Blocks, metric: str, *, free: bool) -> Found:
    logit = _logit(blocks.score)
    fit = fit_logistic(
        np.stack([np.ones_like(logit), logit], axis=1) if free else np.ones((len(logit), 1)),
        np.zeros_like(logit) if free else logit, blocks,
    )  # fmt: skip
    if fit is None:
        return undefined(metric, sample.n, "undefined: the recalibration does not converge")
    value, method = float(fit.coefficients[-1]), "Wald"
    error: float | None = sqrt(float(fit.covariance[-1, -1]))
    if not sample.is_plain:
        error, method = _sandwich(sample, fit, free=free), sample.method("Wald, sandwich variance")
    return Found(metric=metric, n=sample.n, value=value, interval=normal(value, error, method))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Coefficients, shape (k,), and the inverse of the information, shape (k, k)."""

    coefficients: Floats
    covariance: Floats


def fit_logistic(design: Floats, offset: Floats, blocks: Blocks) -> Fit | None:
    """Maximum likelihood by Newton's steps, halved where the likelihood would fall.

    Args:
        design: (n_distinct, k).
        offset: (n_distinct,).
        blocks: the positives and negatives at each.

    Returns:
        None where it does not converge.
    """
    found = np.array([0.0, 1.0])[: design.shape[1]]
    weight = np.asarray(blocks.positive + blocks.negative, dtype=float)
    for _ in range(_STEPS):
        p = _expit(offset + _linear(design, found))
        slope = np.array([float((c * (blocks.positive - weight * p)).sum()) for c in design.T])
        curve = weight * p * (1 - p)
        information = np.array([[float((a * b * curve).sum()) for a in design.T] for b in design.T])
        try:
            covariance = np.linalg.inv(information)
        except np.linalg.LinAlgError:
            return None
        step = (covariance * slope).sum(axis=1)
        if float((step * slope).sum()) < _TOLERANCE:
            return Fit(coefficients=found + step, covariance=covariance)
        found = found + _shortened(design, offset, blocks, found, step)
    return None


def _shortened(
    design: Floats, offset: Floats, blocks: Blocks, start: Floats, step: Floats
) -> Floats:
    now = _likelihood(offset + _linear(design, start), blocks)
    for _ in range(30):
        if _likelihood(offset + _linear(design, start + step), blocks) >= now:
            break
        step = step / 2
    return step


def _linear(design: Floats, coefficients: Floats) -> Floats:
    """Without a product of matrices, which threads could reorder."""
    return np.asarray((design * coefficients).sum(axis=1))


def _likelihood(eta: Floats, blocks: Blocks) -> float:
    sums = blocks.positive * np.logaddexp(0, -eta) + blocks.negative * np.logaddexp(0, eta)
    return -float(sums.sum())


def _expit(eta: Floats) -> Floats:
    return np.asarray(np.exp(-np.logaddexp(0, -eta)))


def _sandwich(sample: Sample, fit: Fit, *, free: bool) -> float | None:
    """The standard error of the last coefficient, from each row's part in the likelihood's slope.

    References:
        White (1982), Maximum likelihood estimation of misspecified models, Econometrica 50;
        by unit, Liang and Zeger (1986), Biometrika 73.
    """
    logit = _logit(sample.score)
    intercept = fit.coefficients[0]
    eta = intercept + (fit.coefficients[1] if free else 1.0) * logit
    rest = sample.is_positive - _expit(eta)
    rest = rest if sample.weight is None else rest * sample.weight
    last = fit.covariance[-1]
    direction = last[0] + last[1] * logit if free else last[0]
    return standard_error(direction * rest, sample.units)
