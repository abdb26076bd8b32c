"""Fairness of scores: each group's, and each group against the declared reference group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from affidavit.evidence import Number
from affidavit.recompute.binary_scores import (
    area_interval,
    loss_number,
    loss_numbers,
    ranking_numbers,
)
from affidavit.recompute.calibration import calibration_numbers, gap
from affidavit.recompute.coded import Bools, Coded, Places
from affidavit.recompute.group_pairs import BINARY, REGRESSION, Side, against
from affidavit.recompute.groups import Grouping
from affidavit.recompute.mean_comparison import Values, mean_found
from affidavit.recompute.parted import Parts, is_known, parted
from affidavit.recompute.predictions import Predictions
from affidavit.recompute.regression import (
    METRICS,
    Errors,
    errors_of,
    mean_error,
    of_errors,
    root_mean_square,
)
from affidavit.recompute.sample import Sample
from affidavit.recompute.scored import NO_BOTH, NO_PROBABILITY, NO_ROWS, Found, Place, undefined


def group_numbers(
    found: Predictions,
    sample: Sample,
    groupings: Sequence[tuple[Grouping, ...]],
    small: int,
    *,
    units: Coded | None = None,
) -> tuple[Number, ...]:
    """Mean score, area, Brier score and calibration gap of each group, and the differences.

    The event is that of the sample, whose probability is the score.

    Args:
        found: a binary task's.
        sample: its labelled rows.
        groupings: attributes alone, and those whose groups are formed together.
        small: groups with fewer rows are not compared.
        units: (n_rows,), which rows are not independent of each other.
    """
    role = _Role(scores=_scores(found, units), known=found.rows.is_labelled, sample=sample)
    on = Place(kind="fairness", role=found.rows.role)
    numbers: list[Number] = []
    for together in groupings:
        parts = parted(together)
        sides = role.by_group(parts)
        for values in parts.values:
            numbers += [parts.place(values, on).number(f) for f in _binary_of(sides[values])]
        numbers += _against_reference(role, parts, sides, BINARY, small=small, on=on)
    return tuple(numbers)


def regression_group_numbers(
    found: Predictions,
    groupings: Sequence[tuple[Grouping, ...]],
    small: int,
    *,
    units: Coded | None = None,
) -> tuple[Number, ...]:
    """Mean prediction, mean target and errors of each group, the differences, and the spreads.

    Args:
        found: a regression's.
        groupings: attributes alone, and those whose groups are formed together.
        small: groups with fewer rows are not compared.
        units: (n_rows,), which rows are not independent of each other.
    """
    errors, known = errors_of(found, units)
    role = _Role(scores=_scores(found, units), known=known, errors=errors)
    on = Place(kind="fairness", role=found.rows.role)
    numbers: list[Number] = []
    for together in groupings:
        parts = parted(together)
        sides = role.by_group(parts)
        of_groups = {v: _regression_of(one) for v, one in sides.items()}
        for values, ours in of_groups.items():
            numbers += [parts.place(values, on).number(f) for f in ours]
        numbers += _against_reference(role, parts, sides, REGRESSION, small=small, on=on)
        shown = [f for v, ours in of_groups.items() if is_known(v) for f in ours]
        numbers += [parts.summary(on).number(f) for f in _spreads(shown)]
    return tuple(numbers)


def segment_numbers(
    found: Predictions,
    sample: Sample | None,
    segments: Sequence[tuple[str, Coded]],
    *,
    units: Coded | None = None,
) -> tuple[Number, ...]:
    """Performance from scores in each value of each segment.

    Args:
        found: a binary task's, or a regression's.
        sample: the labelled rows of a binary task.
        segments: name and (n_rows,) values; rows without a value are in none.
        units: (n_rows,), which rows are not independent of each other.

    Returns:
        Every number of the whole role; binary: the mean score besides.
    """
    errors, known = (None, found.rows.is_labelled) if sample else errors_of(found, units)
    role = _Role(scores=_scores(found, units), known=known, sample=sample, errors=errors)
    on = Place(kind="segments", role=found.rows.role)
    numbers: list[Number] = []
    for name, column in segments:
        sides = {s.name: s for s in role.apart(column.codes, column.names) if s.scores.n}
        for value in sorted(sides):
            here = on.at(f"{name}={value}", group={name: value})
            numbers += [here.number(f) for f in _segment_of(sides[value])]
    return tuple(numbers)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Role:
    """All rows of a role, to be taken apart.

    Attributes:
        scores: of all rows.
        known: (n_rows,), the rows of `sample` or `errors`.
    """

    scores: Values
    known: Bools
    sample: Sample | None = None
    errors: Errors | None = None

    def by_group(self, parts: Parts) -> dict[tuple[str, ...], Side]:
        sides = self.apart(parts.code, [parts.text(v) for v in parts.values])
        return dict(zip(parts.values, sides, strict=True))

    def apart(self, codes: Any, names: Sequence[str]) -> list[Side]:
        """The rows of each name, from one pass over the codes."""
        of_all = _places(codes, len(names))
        of_known = of_all if self.known.all() else _places(codes[self.known], len(names))
        return [
            self.side(name, *rows) for name, *rows in zip(names, of_all, of_known, strict=True)
        ]  # fmt: skip

    def side(self, name: str, rows: Places, known: Places) -> Side:
        return Side(
            name=name, scores=self.scores.where(rows),
            sample=None if self.sample is None else self.sample.where(known),
            errors=None if self.errors is None else self.errors.where(known),
        )  # fmt: skip


def _places(codes: Any, n: int) -> list[Places]:
    """The rows of each code from 0 to n - 1, in their order; -1 is none of them."""
    # numpy sorts integers of 16 bits in linear time.
    narrow = codes.astype(np.int16) if n < 1 << 15 else codes
    ends = np.cumsum(np.bincount(codes + 1, minlength=n + 1))
    return np.split(np.argsort(narrow, kind="stable"), ends[:-1])[1:]


def _against_reference(
    role: _Role, parts: Parts, sides: dict[tuple[str, ...], Side], metrics: Any, *, small: int,
    on: Place,
) -> Iterator[Number]:  # fmt: skip
    """Nothing without a reference; one that no row has is a group without rows."""
    if parts.reference is None:
        return iter(())
    none = np.empty(0, dtype=np.intp)
    reference = sides.get(parts.reference) or role.side(parts.text(parts.reference), none, none)
    return against(parts, sides, reference, metrics, small=small, on=on)


def _scores(found: Predictions, units: Coded | None) -> Values:
    weight = found.rows.weights if found.rows.is_weighted else None
    return Values(values=found.score, weight=weight, units=units)


def _binary_of(side: Side) -> Iterator[Found]:
    sample = side.labelled
    yield mean_found("mean_score", side.scores)
    yield _area(sample)
    yield loss_number(sample, "brier_score")
    if why := _no_gap(sample):
        yield undefined("calibration_gap", sample.n, why)
    else:
        yield gap(sample)


def _area(sample: Sample) -> Found:
    area = sample.area
    if area is None:
        return undefined("roc_auc", sample.n, NO_BOTH if sample.n else NO_ROWS)
    return Found(metric="roc_auc", n=sample.n, value=area.value, interval=area_interval(area))


def _no_gap(sample: Sample) -> str:
    if sample.n == 0:
        return NO_ROWS
    return "" if sample.ranked.are_probabilities else NO_PROBABILITY


def _regression_of(side: Side) -> list[Found]:
    errors, n = side.errors_at_all, side.scores.n
    found = [
        Found(metric="count", n=n, value=float(n)),
        mean_found("mean_prediction", side.scores),
    ]
    if errors.n == 0:
        return found + [undefined(m, 0, NO_ROWS) for m in ("mean_target", "mae", "rmse", "bias")]
    return [*found, mean_found("mean_target", side.targets), *_errors(errors)]


def _errors(errors: Errors) -> tuple[Found, ...]:
    return mean_error(errors, "mae"), root_mean_square(errors), mean_error(errors, "bias")


def _segment_of(side: Side) -> tuple[Found, ...]:
    if side.errors is not None:
        if side.errors.n == 0:
            return tuple(undefined(m, 0, NO_ROWS) for m in METRICS)
        return tuple(of_errors(side.errors))
    sample = side.labelled
    return (
        mean_found("mean_score", side.scores), *ranking_numbers(sample), *loss_numbers(sample),
        *calibration_numbers(sample),
    )  # fmt: skip


def _spreads(found: Sequence[Found]) -> Iterator[Found]:
    """Largest minus smallest over the groups that have the number, as fairlearn has it."""
    for metric in ("mean_prediction", "mae"):
        ours = [f for f in found if f.metric == metric]
        values = [f.value for f in ours if f.value is not None]
        n = sum(f.n for f in ours)
        if len(values) < 2:
            why = "undefined: fewer than two groups have the number that it compares"
            yield undefined(f"{metric}_spread", n, why)
        else:
            yield Found(metric=f"{metric}_spread", n=n, value=max(values) - min(values))
