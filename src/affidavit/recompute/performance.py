"""Performance numbers that need scores; those that follow from counts are `rates.derive`'s."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

import numpy as np
from sklearn import metrics as sk

from affidavit.evidence import LEVEL, Number
from affidavit.intervals import Proportion, critical, wilson
from affidavit.recompute.delong import compute_auc
from affidavit.recompute.metrics import (
    SCORED,
    View,
    binary_view,
    log_losses,
    squared_errors,
)
from affidavit.recompute.predictions import Predictions
from affidavit.recompute.scoring import Floats

_MEAN = "normal, standard error of the mean"
_DELONG = "DeLong"
_NO_BOTH = "undefined: the labelled rows do not hold both labels"
_NO_PROBABILITY = "undefined: scores outside [0, 1] are no probabilities"


def binary_numbers(found: Predictions, positive: str) -> tuple[Number, ...]:
    """Ranking and probability metrics of a binary task, with intervals where there is one."""
    view = binary_view(found, positive)
    return tuple(_binary(found.rows.role, metric, view) for metric in SCORED)


def _binary(role: str, metric: str, view: View) -> Number:
    value = SCORED[metric](view) if view.n else None
    if value is None:
        return _number(role, metric, view.n, None, reason=_reason(metric, view))
    low, high, method = _interval(metric, view, value)
    return _number(role, metric, view.n, value, low=low, high=high, method=method)


def _reason(metric: str, view: View) -> str:
    if view.n == 0:
        return "undefined, n = 0: no labelled rows"
    if metric in ("brier_score", "log_loss"):
        return _NO_PROBABILITY
    return _NO_BOTH


def _interval(
    metric: str, view: View, value: float
) -> tuple[float | None, float | None, str | None]:
    """The 95 % interval; none with weights, where these forms do not hold."""
    if view.weight is not None:
        return None, None, None
    if metric in ("roc_auc", "gini"):
        return _auc_interval(metric, view)
    losses = {"brier_score": squared_errors, "log_loss": log_losses}.get(metric)
    if losses is None:
        return None, None, None
    return _mean_interval(losses(view), value, floor=0.0)


def _auc_interval(metric: str, view: View) -> tuple[float | None, float | None, str | None]:
    area = compute_auc(view.is_positive, view.score)
    # A variance of 0 (complete separation) is not certainty: no interval then.
    if area is None or not area.standard_error:
        return None, None, None
    half = critical(LEVEL) * area.standard_error
    low, high = max(0.0, area.value - half), min(1.0, area.value + half)
    return (low, high, _DELONG) if metric == "roc_auc" else (2 * low - 1, 2 * high - 1, _DELONG)


def _mean_interval(
    values: Floats, mean: float, floor: float | None = None
) -> tuple[float | None, float | None, str | None]:
    n = len(values)
    if n < 2:
        return None, None, None
    centred = values - mean
    half = critical(LEVEL) * sqrt(float((centred * centred).sum()) / (n - 1) / n)
    low = mean - half if floor is None else max(floor, mean - half)
    return low, mean + half, _MEAN


def _number(
    role: str,
    metric: str,
    n: int,
    value: float | None,
    *,
    reason: str | None = None,
    low: float | None = None,
    high: float | None = None,
    method: str | None = None,
) -> Number:
    return Number(
        id=f"performance/{role}/{metric}", metric=metric, role=role, n=n, value=value,
        reason=reason, low=low, high=high, level=None if low is None else LEVEL, method=method,
        source="scores",
    )  # fmt: skip


def multiclass_numbers(found: Predictions) -> tuple[Number, ...]:
    """Accuracy, balanced accuracy and F1 over all classes; log loss where there are scores.

    A class without labelled rows has no recall and is left out of the macro means.
    """
    rows = found.rows
    known = rows.is_labelled
    labels, decided = (
        rows.labels.where(known).texts().astype(str),
        found.decision.where(known).texts().astype(str),
    )
    weight = rows.weights[known] if rows.is_weighted else None
    n, role = len(labels), rows.role
    if n == 0:
        names = ("accuracy", "balanced_accuracy", "f1_macro", "f1_micro", "f1_weighted")
        return tuple(
            _number(role, m, 0, None, reason="undefined, n = 0: no labelled rows") for m in names
        )
    numbers = [_accuracy(role, labels == decided, weight)]
    recall = sk.recall_score(
        labels, decided, average=None, labels=sorted(set(labels)), sample_weight=weight
    )
    numbers.append(_number(role, "balanced_accuracy", n, float(np.mean(recall))))
    for average in ("macro", "micro", "weighted"):
        value = sk.f1_score(
            labels, decided, average=average, sample_weight=weight, zero_division=0.0
        )
        numbers.append(_number(role, f"f1_{average}", n, float(value)))
    return (*numbers, _multiclass_log_loss(found, known, labels))


def _accuracy(role: str, right: np.ndarray, weight: Floats | None) -> Number:
    n = len(right)
    if weight is None:
        share, effective, method = float(right.sum()) / n, float(n), "Wilson"
    else:
        total = float(weight.sum())
        share = float(weight[right].sum()) / total
        effective, method = total**2 / float((weight * weight).sum()), "Wilson, effective n"
    low, high = wilson(Proportion(p=share, n=effective), critical(LEVEL))
    return _number(role, "accuracy", n, share, low=low, high=high, method=method)


def _multiclass_log_loss(found: Predictions, known: np.ndarray, labels: np.ndarray) -> Number:
    role, n = found.rows.role, len(labels)
    places = {name: i for i, name in enumerate(found.class_names)}
    if found.per_class is None:
        return _number(role, "log_loss", n, None, reason="undefined: the model gives no scores")
    given = found.per_class[known]
    if not ((given >= 0) & (given <= 1)).all():
        return _number(role, "log_loss", n, None, reason=_NO_PROBABILITY)
    if not set(labels) <= set(places):
        reason = "undefined: labels that are none of the model's classes"
        return _number(role, "log_loss", n, None, reason=reason)
    epsilon = np.finfo(np.float64).eps
    chosen = given[np.arange(n), [places[label] for label in labels]]
    losses = -np.log(np.clip(chosen / given.sum(axis=1), epsilon, 1 - epsilon))
    if found.rows.is_weighted:
        weight = found.rows.weights[known]
        return _number(role, "log_loss", n, float((losses * weight).sum() / weight.sum()))
    value = float(losses.sum()) / n
    low, high, method = _mean_interval(losses, value, floor=0.0)
    return _number(role, "log_loss", n, value, low=low, high=high, method=method)


def regression_numbers(found: Predictions) -> tuple[Number, ...]:
    """MAE, MSE, RMSE, R² and bias (mean of prediction minus target), in the target's unit."""
    return tuple(_regression(found))


def _regression(found: Predictions) -> Iterator[Number]:
    rows = found.rows
    known = ~np.isnan(rows.targets)
    errors, n = found.score[known] - rows.targets[known], int(known.sum())
    weight = rows.weights[known] if rows.is_weighted else np.ones(n)
    metrics = (("mae", np.abs(errors)), ("mse", errors**2), ("bias", errors))
    if n == 0:
        for metric in ("mae", "mse", "bias", "rmse", "r2"):
            reason = "undefined, n = 0: no labelled rows"
            yield _number(rows.role, metric, 0, None, reason=reason)
        return
    total = float(weight.sum())
    for metric, values in metrics:
        value = float((values * weight).sum()) / total
        interval = (
            (None, None, None)
            if rows.is_weighted
            else _mean_interval(values, value, floor=None if metric == "bias" else 0.0)
        )
        low, high, method = interval
        yield _number(rows.role, metric, n, value, low=low, high=high, method=method)
    squared = float((errors**2 * weight).sum())
    yield _number(rows.role, "rmse", n, sqrt(squared / total))
    target = rows.targets[known]
    centred = target - float((target * weight).sum()) / total
    spread = float((centred**2 * weight).sum())
    if n < 2 or spread == 0:
        reason = "undefined: the target does not vary"
        yield _number(rows.role, "r2", n, None, reason=reason)
    else:
        yield _number(rows.role, "r2", n, 1 - squared / spread)
