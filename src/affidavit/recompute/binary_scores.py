"""What the scores of a binary task are worth: their order, and their distance from the labels."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from math import exp, log, sqrt
from typing import Final

import numpy as np

from affidavit.evidence import LEVEL, MIN_CLASS, SMALL
from affidavit.intervals import critical, on_logit
from affidavit.recompute import curves
from affidavit.recompute.floats import Floats
from affidavit.recompute.linearized import mean_of, standard_error
from affidavit.recompute.resampling import Statistic, band, percentile_intervals
from affidavit.recompute.sample import Measured, Sample
from affidavit.recompute.score_intervals import MEAN, Interval, normal
from affidavit.recompute.scored import NO_BOTH, NO_PROBABILITY, NO_ROWS, Found, undefined

_RANKING: Final = ("roc_auc", "gini", "ks", "average_precision", "pr_curve_area")
LOSSES: Final[Mapping[str, curves.Loss]] = {
    "brier_score": curves.squared_error, "log_loss": curves.log_loss,
}  # fmt: skip


def ranking_numbers(sample: Sample) -> tuple[Found, ...]:
    """What depends on the order of the scores only: AUC, Gini, KS, precision over recall."""
    if not sample.ranked.has_both:
        return tuple(undefined(m, sample.n, NO_BOTH if sample.n else NO_ROWS) for m in _RANKING)
    return (*area_numbers(sample), ks_number(sample), *_precision_numbers(sample))


def area_numbers(sample: Sample) -> tuple[Found, ...]:
    """AUC and Gini; undefined without both labels."""
    area = sample.area
    if area is None:
        why = NO_BOTH if sample.n else NO_ROWS
        return undefined("roc_auc", sample.n, why), undefined("gini", sample.n, why)
    interval = area_interval(area)
    doubled = None
    if interval is not None and interval.low is not None and interval.high is not None:
        doubled = Interval(
            low=2 * interval.low - 1, high=2 * interval.high - 1, method=interval.method
        )
    return (
        Found(metric="roc_auc", n=sample.n, value=area.value, interval=interval),
        Found(metric="gini", n=sample.n, value=2 * area.value - 1, interval=doubled),
    )


def area_interval(area: Measured) -> Interval | None:
    """The interval on the log odds, within (0, 1); none where it would have no width."""
    if not area.standard_error or not 0 < area.value < 1:
        return None
    low, high = on_logit(area.value, area.standard_error, critical(LEVEL))
    return Interval(low=low, high=high, method=f"{area.method}, log odds")


def ks_number(sample: Sample) -> Found:
    """Kolmogorov-Smirnov, with a band around the difference of the two distributions."""
    if not sample.ranked.has_both:
        return undefined("ks", sample.n, NO_BOTH if sample.n else NO_ROWS)
    value, cells = curves.ks(sample.ranked), sample.cells
    interval = None
    if cells is not None:
        interval = band(cells, _gaps, lambda c: float(np.abs(c).max()), value)
    return Found(metric="ks", n=sample.n, value=value, interval=interval)


def _gaps(positive: Floats, negative: Floats) -> Floats:
    return np.asarray(
        np.cumsum(positive) / positive.sum() - np.cumsum(negative) / negative.sum()
    )  # fmt: skip


def _precision_numbers(sample: Sample) -> tuple[Found, Found]:
    values = {
        "average_precision": curves.average_precision(sample.ranked),
        "pr_curve_area": curves.pr_curve_area(sample.ranked),
    }
    statistics: dict[str, Statistic] = {"pr_curve_area": partial(_over_recall, straight=True)}
    if not sample.is_plain:
        statistics["average_precision"] = partial(_over_recall, straight=False)
    intervals: dict[str, Interval | None] = {}
    if sample.cells is not None:
        intervals |= percentile_intervals(sample.cells, statistics, values)
    if sample.is_plain:
        n_positive = sample.ranked.n_positive
        intervals["average_precision"] = _logit(values["average_precision"], n_positive)
    first, second = (
        Found(metric=m, n=sample.n, value=v, interval=intervals.get(m)) for m, v in values.items()
    )
    return first, second


def _logit(value: float, n_positive: int) -> Interval | None:
    """The logit interval; none of few positives, or at 0 and 1, where it has no width.

    References:
        Boyd, Eng, Page (2013), Area under the precision-recall curve: point estimates and
        confidence intervals, ECML PKDD, section 3.2.
    """
    if not 0 < value < 1 or n_positive < MIN_CLASS:
        return None
    middle, half = (
        log(value / (1 - value)),
        critical(LEVEL) / sqrt(n_positive * value * (1 - value)),
    )
    low, high = (1 / (1 + exp(-end)) for end in (middle - half, middle + half))
    return Interval(low=low, high=high, method="logit")


def _over_recall(positive: Floats, negative: Floats, *, straight: bool) -> float:
    """Average precision, or the area under straight lines, of rows in cells."""
    tp, fp = np.cumsum(positive[::-1]), np.cumsum(negative[::-1])
    at = tp / np.maximum(tp + fp, 1e-300)
    if straight:
        at = (at + np.r_[1.0, at[:-1]]) / 2
    return float((positive[::-1] * at).sum()) / float(tp[-1])


def loss_numbers(sample: Sample) -> tuple[Found, ...]:
    """Brier score and log loss."""
    return tuple(loss_number(sample, metric) for metric in LOSSES)


def loss_number(sample: Sample, metric: str) -> Found:
    """One of them; undefined where scores are no probabilities."""
    if sample.n == 0:
        return undefined(metric, 0, NO_ROWS)
    if not sample.ranked.are_probabilities:
        return undefined(metric, sample.n, NO_PROBABILITY)
    value, error = curves.mean_loss(sample.ranked, LOSSES[metric])
    if sample.units is not None:
        up, down = LOSSES[metric](sample.score)
        each = mean_of(np.where(sample.is_positive, up, down), sample.weight)
        error = standard_error(each.contributions, sample.units)
    top = 1.0 if metric == "brier_score" else np.inf
    # A rare label makes the loss so skew that the normal form misses, mostly on the good side.
    if sample.n < SMALL or sample.rarer < MIN_CLASS:
        error = None
    interval = normal(value, error, sample.method(MEAN), floor=0.0, ceiling=top)
    return Found(metric=metric, n=sample.n, value=value, interval=interval)
