"""Each group's scores against those of the reference group, metric by metric."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from affidavit.evidence import Number
from affidavit.recompute.differences import Difference
from affidavit.recompute.floats import Floats
from affidavit.recompute.mean_comparison import (
    Values,
    joint_standard_error,
    mean_difference,
    standardized_difference,
)
from affidavit.recompute.parted import Parts, is_known
from affidavit.recompute.regression import Errors
from affidavit.recompute.sample import Sample
from affidavit.recompute.scored import NO_BOTH, Place


@dataclass(frozen=True, kw_only=True)
class Side:
    """The rows of one group; what is computed of them stays, as the reference is needed often.

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

    @cached_property
    def targets(self) -> Values:
        return self._each(self.errors_at_all.target)

    @cached_property
    def signed(self) -> Values:
        """The errors."""
        return self._each(self.errors_at_all.error)

    @cached_property
    def absolute(self) -> Values:
        """The errors without their signs."""
        return self._each(np.abs(self.errors_at_all.error))

    def _each(self, values: Floats) -> Values:
        errors = self.errors_at_all
        return Values(values=values, weight=errors.weight, units=errors.units)


Compare = Callable[[Side, Side], Difference]
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
        compared = {v: _pair(sides[v], reference, (metric, compare, size), small) for v in others}
        pairs = sum(c.value is not None for c in compared.values())
        for values, difference in compared.items():
            yield parts.pair(values, parts.reference, on).number(difference.found(pairs))


def _pair(ours: Side, theirs: Side, metric: tuple[str, Compare, Size], small: int) -> Difference:
    name, compare, size = metric
    why = _no_pair(ours, theirs, size, small)
    if why:
        return Difference(metric=name, n=size(ours) + size(theirs), value=None, reason=why)
    return compare(ours, theirs)


def _no_pair(ours: Side, theirs: Side, size: Size, small: int) -> str:
    for side in (ours, theirs):
        if size(side) == 0:
            return f"{side.name!r}: undefined, n = 0: no rows that the number needs"
        if size(side) < small:
            few = f"{size(side)} rows, fewer than {small}"
            return f"{side.name!r} has {few}: too small to compare"
    return ""


def _score_difference(ours: Side, theirs: Side) -> Difference:
    return mean_difference("mean_score_difference", ours.scores, theirs.scores)


def _standardized(ours: Side, theirs: Side) -> Difference:
    return standardized_difference("standardized_mean_difference", ours.scores, theirs.scores)


def _area_difference(ours: Side, theirs: Side) -> Difference:
    """Areas of different rows are independent; by unit they are taken jointly."""
    metric, n = "roc_auc_difference", ours.labelled.n + theirs.labelled.n
    first, second = ours.labelled.area, theirs.labelled.area
    if first is None or second is None:
        lacking = ours if first is None else theirs
        return Difference(metric=metric, n=n, value=None, reason=f"{lacking.name!r}: {NO_BOTH}")
    value = first.value - second.value
    if ours.labelled.units is None:
        errors = first.standard_error, second.standard_error
        if errors[0] is None or errors[1] is None:
            return Difference(metric=metric, n=n, value=value)
        return Difference(
            metric=metric, n=n, value=value, method=f"{first.method}, log odds, MOVER",
            areas=((first.value, errors[0]), (second.value, errors[1])),
        )  # fmt: skip
    error = None
    if first.contributions is not None and second.contributions is not None:
        error = joint_standard_error(
            first.contributions, second.contributions, (ours.labelled.units, theirs.labelled.units)
        )
    return Difference(metric=metric, n=n, value=value, error=error, method=first.method, limit=1.0)


def _prediction_difference(ours: Side, theirs: Side) -> Difference:
    return mean_difference("mean_prediction_difference", ours.scores, theirs.scores)


def _absolute_difference(ours: Side, theirs: Side) -> Difference:
    return mean_difference("mae_difference", ours.absolute, theirs.absolute)


def _bias_difference(ours: Side, theirs: Side) -> Difference:
    return mean_difference("bias_difference", ours.signed, theirs.signed)


def _all_rows(side: Side) -> int:
    return side.scores.n


def _with_target(side: Side) -> int:
    return side.errors_at_all.n


BINARY: Final[tuple[tuple[str, Compare, Size], ...]] = (
    ("mean_score_difference", _score_difference, _all_rows),
    ("standardized_mean_difference", _standardized, _all_rows),
    ("roc_auc_difference", _area_difference, lambda s: s.labelled.n),
)
REGRESSION: Final[tuple[tuple[str, Compare, Size], ...]] = (
    ("mean_prediction_difference", _prediction_difference, _all_rows),
    ("standardized_mean_difference", _standardized, _all_rows),
    ("mae_difference", _absolute_difference, _with_target),
    ("bias_difference", _bias_difference, _with_target),
)
