"""Values from scores: within what each metric can be, their ends in order, and in step.

The scores themselves are not read again here. But a Brier score is never negative, the interval of
a mean holds it, and the Gini coefficient is twice the area less one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from math import fsum, inf
from typing import Final

from affidavit.evidence import LEVEL, Number, Report
from affidavit.places import is_known
from affidavit.verify.checks import Fault
from affidavit.verify.score_shapes import QUANTILES

_TOLERANCE: Final = 1e-9
_SHARE: Final = (0.0, 1.0)
_SIGNED: Final = (-1.0, 1.0)
_SIZE: Final = (0.0, inf)
_ANY: Final = (-inf, inf)
_RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "roc_auc": _SHARE, "roc_auc_macro": _SHARE, "gini": _SIGNED, "ks": _SHARE,
    "average_precision": _SHARE, "pr_curve_area": _SHARE, "log_loss": _SIZE,
    "expected_calibration_error": _SHARE, "calibration_gap": _SIGNED,
    "roc_auc_difference": _SIGNED, "brier_score": _SIZE, "mae": _SIZE, "mse": _SIZE,
    "rmse": _SIZE, "r2": (-inf, 1.0), "count": _SIZE, "mean_prediction_spread": _SIZE,
    "mae_spread": _SIZE,
}  # fmt: skip
# Of resampled curves: these intervals are made around the curve, or are percentiles.
_NOT_AROUND: Final = frozenset(
    {"average_precision", "pr_curve_area", "ks", "expected_calibration_error"}
)
_DIFFERENCES: Final[Mapping[str, str]] = {
    f"{metric}_difference": metric
    for metric in ("mean_score", "roc_auc", "mean_prediction", "mae", "bias")
}
_SPREADS: Final = {"mean_prediction_spread": "mean_prediction", "mae_spread": "mae"}


def value_faults(path: str, report: Report) -> Iterator[Fault]:
    """Numbers from scores that cannot be, alone or beside each other."""
    scored = [n for n in report.numbers if n.source == "scores"]
    task = report.counts.task if report.counts is not None else None
    of_classes = task == "multiclass" and report.name == "segments"
    for number in scored:
        for what, expected, found in _alone(number, of_classes=of_classes):
            yield Fault(f"{number.id}: {what}", path, expected, found)
    values = {_key(n.metric, n.label, n.group): n.value for n in scored if n.against is None}
    for number in scored:
        ours = _derived(number, scored, values)
        if ours is not None and number.value is not None and not _near(ours, number.value):
            yield Fault(
                f"{number.id}: does not follow from the numbers beside it", path, repr(ours),
                repr(number.value),
            )  # fmt: skip
    yield from _order_faults(path, scored)


Said = tuple[str, str, str]


def _alone(number: Number, *, of_classes: bool) -> Iterator[Said]:
    if (number.value is None) == (number.reason is None):
        yield "has a value or a reason why not", "one of them", f"{number.value}, {number.reason}"
    ends = [e for e in (number.low, number.high) if e is not None]
    if bool(ends) != (number.method is not None) or (number.level is None) != (not ends):
        yield "has an interval, its method and its level, or none", "all or none", str(ends)
    if number.level not in (None, LEVEL):
        yield "has an interval of another level", str(LEVEL), str(number.level)
    if number.value is None and ends:
        yield "has an interval and no value", "none", str(ends)
    if number.significance is not None:
        yield "has a test, which no number from scores has", "none", "a test"
    if number.expected is not None and number.metric != "expected_calibration_error":
        yield "has a value to expect, which it cannot have", "none", str(number.expected)
    yield from _range_faults(number, of_classes=of_classes)


def _range_faults(number: Number, *, of_classes: bool) -> Iterator[Said]:
    least, most = _range(number, of_classes=of_classes)
    for name in ("value", "low", "high", "expected"):
        found = getattr(number, name)
        if found is not None and not _is_between(least, found, most):
            yield f"{name} is none that it can have", f"{least:g} to {most:g}", repr(found)
    low = -inf if number.low is None else number.low
    high = inf if number.high is None else number.high
    middle = number.value
    if middle is None or number.metric in _NOT_AROUND:
        middle = low
    if not (_is_between(low, middle, high) and _is_between(low, high, inf)):
        yield (
            "its interval does not hold it", "low, value, high in order",
            f"{number.low}, {number.value}, {number.high}",
        )  # fmt: skip


def _range(number: Number, *, of_classes: bool) -> tuple[float, float]:
    if number.metric == "brier_score" and number.group is not None and not of_classes:
        return _SHARE  # of one label; over several classes it reaches 2
    return _RANGES.get(number.metric, _ANY)


Key = tuple[str, str | None, str]


def _key(metric: str, label: str | None, group: dict[str, str] | None) -> Key:
    return metric, label, str(None if group is None else sorted(group.items()))


def _derived(
    number: Number, scored: list[Number], values: Mapping[Key, float | None]
) -> float | None:
    """What it has to be by the other numbers; None where they do not say."""

    def of(metric: str, group: dict[str, str] | None = number.group) -> float | None:
        return values.get(_key(metric, number.label, group))

    if number.metric == "gini":
        area = of("roc_auc")
        return None if area is None else 2 * area - 1
    if number.metric == "count":
        return float(number.n)
    if number.metric in _DIFFERENCES:
        one, other = (of(_DIFFERENCES[number.metric], g) for g in (number.group, number.against))
        return None if one is None or other is None else one - other
    if number.metric == "roc_auc_macro":
        areas = [n.value for n in scored if n.metric == "roc_auc" and n.label is not None]
        known = [a for a in areas if a is not None]
        return fsum(known) / len(known) if known and len(known) == len(areas) else None
    if number.metric in _SPREADS:
        return _spread(_SPREADS[number.metric], number.attributes or (), scored)
    return None


def _spread(metric: str, attributes: tuple[str, ...], scored: list[Number]) -> float | None:
    found = [
        n.value for n in scored
        if n.metric == metric and n.value is not None and n.against is None
        and n.group is not None and set(n.group) == set(attributes)
        and is_known(tuple(n.group.values()))
    ]  # fmt: skip
    return max(found) - min(found) if len(found) > 1 else None


def _order_faults(path: str, scored: list[Number]) -> Iterator[Fault]:
    """Means of errors in step with each other, and quantiles that rise."""
    of_group: dict[str, dict[str, float]] = {}
    for n in scored:
        if n.value is not None and n.against is None and n.attributes is None and n.label is None:
            of_group.setdefault(str(sorted((n.group or {}).items())), {})[n.metric] = n.value
    for found in of_group.values():
        rising = [
            ("abs(bias)", "mae", abs(found.get("bias", 0.0)), found.get("mae", inf)),
            ("mae", "rmse", found.get("mae", 0.0), found.get("rmse", inf)),
        ]
        present = [q for q in QUANTILES if q in found]
        rising += [(a, b, found[a], found[b]) for a, b in pairwise(present)]
        for one, other, less, more in rising:
            if not _is_between(-inf, less, more):
                yield Fault(f"{path}: {one} is above {other}", path, f"at most {more!r}",
                            repr(less))  # fmt: skip
        if "mse" in found and "rmse" in found and not _near(found["rmse"] ** 2, found["mse"]):
            yield Fault(f"{path}: rmse is not the root of mse", path, repr(found["mse"]),
                        repr(found["rmse"] ** 2))  # fmt: skip


def _slack(*values: float) -> float:
    """Numbers are written to twelve digits, and these are sums of such."""
    finite = [abs(v) for v in values if abs(v) != inf]
    return _TOLERANCE * max(1.0, *finite) if finite else 0.0


def _is_between(least: float, value: float, most: float) -> bool:
    slack = _slack(value)
    return least - slack <= value <= most + slack


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= _slack(one, other)
