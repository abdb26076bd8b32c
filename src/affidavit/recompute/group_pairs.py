"""Each group's scores against those of the reference group, metric by metric."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from affidavit.evidence import LEVEL, Number
from affidavit.recompute.linearized import Interval, normal
from affidavit.recompute.mean_comparison import (
    Values,
    joint_standard_error,
    mean_difference,
    standardized_difference,
)
from affidavit.recompute.parted import Parts, is_known
from affidavit.recompute.regression import Errors
from affidavit.recompute.sample import Sample
from affidavit.recompute.scored import NO_BOTH, Found, Place, undefined

_FLAT = "undefined: the values of both groups do not vary"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """The rows of one group.

    Attributes:
        scores: of all rows.
        sample: the labelled rows of a binary task.
        errors: the rows of a regression whose target is known.
    """

    name: str
    scores: Values
    sample: Sample | None = None
    errors: Errors | None = None

    @property
    def errors_at_all(self) -> Errors:
        if self.errors is None:
            raise ValueError("a binary task has no errors")
        return self.errors

    @property
    def labelled(self) -> Sample:
        if self.sample is None:
            raise ValueError("a regression has no labels")
        return self.sample

    def of_errors(self, each: Callable[[Errors], np.ndarray]) -> Values:
        """Some function of each error."""
        errors = self.errors_at_all
        return Values(values=each(errors), weight=errors.weight, units=errors.units)


# A pair's number at a level, or why it is undefined.
Compare = Callable[[Side, Side, float], Found]
Size = Callable[[Side], int]


def against(
    parts: Parts,
    sides: Mapping[tuple[str, ...], Side],
    reference: Side,
    metrics: Sequence[tuple[str, Compare, Size]],
    *,
    small: int,
    on: Place,
) -> Iterator[Number]:
    """Each known group against the reference; intervals hold together over the pairs."""
    if parts.reference is None:
        return
    others = [v for v in sides if v != parts.reference and is_known(v)]
    for metric, compare, size in metrics:
        reasons = {v: _no_pair(sides[v], reference, size, small) for v in others}
        first = {
            v: compare(sides[v], reference, LEVEL) if not reasons[v]
            else undefined(metric, size(sides[v]) + size(reference), reasons[v])
            for v in others
        }  # fmt: skip
        family = sum(f.value is not None for f in first.values())
        for values, found in first.items():
            told = found
            if family > 1 and found.value is not None:
                alike = compare(sides[values], reference, 1 - (1 - LEVEL) / family)
                told = replace(alike, interval=_together(alike.interval, family))
            yield parts.pair(values, parts.reference, on).number(told)


def _together(interval: Interval | None, family: int) -> Interval | None:
    if interval is None:
        return None
    return replace(interval, method=f"{interval.method}, simultaneous over {family} pairs")


def _no_pair(ours: Side, theirs: Side, size: Size, small: int) -> str:
    for side in (ours, theirs):
        if size(side) == 0:
            return f"{side.name!r}: undefined, n = 0: no rows that the number needs"
        if size(side) < small:
            few = f"{size(side)} rows, fewer than {small}"
            return f"{side.name!r} has {few}: too small to compare"
    return ""


def _score_difference(ours: Side, theirs: Side, level: float) -> Found:
    return mean_difference("mean_score_difference", ours.scores, theirs.scores, level=level)


def _standardized(ours: Side, theirs: Side, level: float) -> Found:
    metric = "standardized_mean_difference"
    found = standardized_difference(metric, ours.scores, theirs.scores, level=level)
    return found or undefined(metric, ours.scores.n + theirs.scores.n, _FLAT)


def _area_difference(ours: Side, theirs: Side, level: float) -> Found:
    """Areas of different rows are independent: their variances add up, or, by unit, jointly."""
    metric, n = "roc_auc_difference", ours.labelled.n + theirs.labelled.n
    first, second = ours.labelled.area(), theirs.labelled.area()
    for side, area in ((ours, first), (theirs, second)):
        if area is None:
            return undefined(metric, n, f"{side.name!r}: {NO_BOTH}")
    if first is None or second is None:
        raise ValueError("an area without both labels")
    if first.contributions is not None and second.contributions is not None:
        error = joint_standard_error(
            first.contributions, second.contributions, (ours.labelled.units, theirs.labelled.units)
        )
    elif first.standard_error is None or second.standard_error is None:
        error = None
    else:
        error = float(np.hypot(first.standard_error, second.standard_error))
    value = first.value - second.value
    interval = normal(value, error, first.method, floor=-1.0, ceiling=1.0, level=level)
    return Found(metric=metric, n=n, value=value, interval=interval)


def _prediction_difference(ours: Side, theirs: Side, level: float) -> Found:
    return mean_difference("mean_prediction_difference", ours.scores, theirs.scores, level=level)


def _error_difference(metric: str, each: Callable[[Errors], np.ndarray]) -> Compare:
    def compare(ours: Side, theirs: Side, level: float) -> Found:
        name = f"{metric}_difference"
        return mean_difference(name, ours.of_errors(each), theirs.of_errors(each), level=level)

    return compare


def _all_rows(side: Side) -> int:
    return side.scores.n


BINARY: Final[tuple[tuple[str, Compare, Size], ...]] = (
    ("mean_score_difference", _score_difference, _all_rows),
    ("standardized_mean_difference", _standardized, _all_rows),
    ("roc_auc_difference", _area_difference, lambda s: s.labelled.n),
)
REGRESSION: Final[tuple[tuple[str, Compare, Size], ...]] = (
    ("mean_prediction_difference", _prediction_difference, _all_rows),
    ("standardized_mean_difference", _standardized, _all_rows),
    (
        "mae_difference",
        _error_difference("mae", lambda e: np.abs(e.error)),
        lambda s: s.errors_at_all.n,
    ),
    ("bias_difference", _error_difference("bias", lambda e: e.error), lambda s: s.errors_at_all.n),
)
