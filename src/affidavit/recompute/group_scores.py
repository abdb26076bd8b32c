"""Fairness of scores: each group's, and each group against the declared reference group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from affidavit.evidence import Number
from affidavit.recompute.binary_scores import area_interval, ks_number, loss_number
from affidavit.recompute.calibration import gap
from affidavit.recompute.coded import Bools, Coded
from affidavit.recompute.group_pairs import BINARY, REGRESSION, Side, against
from affidavit.recompute.groups import Grouping
from affidavit.recompute.mean_comparison import (
    Values,
    mean_found,
)
from affidavit.recompute.parted import Parts, is_known, parted
from affidavit.recompute.predictions import Predictions
from affidavit.recompute.regression import Errors, errors_of, mean_error, root_mean_square
from affidavit.recompute.sample import Sample, labelled_sample
from affidavit.recompute.scored import NO_BOTH, NO_PROBABILITY, NO_ROWS, Found, Place, undefined


def group_numbers(
    found: Predictions,
    positive: str,
    groupings: Sequence[tuple[Grouping, ...]],
    small: int,
    *,
    units: Coded | None = None,
) -> tuple[Number, ...]:
    """Mean score, area, Brier score and calibration gap of each group, and the differences.

    The event is `positive`, whose probability is the score.

    Args:
        found: a binary task's.
        positive: the label whose probability is the score.
        groupings: attributes alone, and those whose groups are formed together.
        small: groups with fewer rows are not compared.
        units: (n_rows,), which rows are not independent of each other.
    """
    whole, known = labelled_sample(found, positive, units), found.rows.is_labelled
    scores = _scores(found, units)

    def side(parts: Parts, values: tuple[str, ...]) -> Side:
        rows = parts.rows(values)
        return Side(
            name=parts.text(values), scores=_some(scores, rows), sample=whole.where(rows[known])
        )

    on = Place(kind="fairness", role=found.rows.role)
    numbers: list[Number] = []
    for together in groupings:
        parts = parted(together)
        sides = {v: side(parts, v) for v in parts.values}
        for values, one in sides.items():
            numbers += [parts.place(values, on).number(f) for f in _binary_of(one)]
        if parts.reference is not None:
            reference = sides.get(parts.reference) or side(parts, parts.reference)
            numbers += against(parts, sides, reference, BINARY, small=small, on=on)
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
    whole, known = errors_of(found, units)
    scores = _scores(found, units)

    def side(parts: Parts, values: tuple[str, ...]) -> Side:
        rows = parts.rows(values)
        return Side(
            name=parts.text(values), scores=_some(scores, rows), errors=whole.where(rows[known])
        )

    on = Place(kind="fairness", role=found.rows.role)
    numbers: list[Number] = []
    for together in groupings:
        parts = parted(together)
        sides = {v: side(parts, v) for v in parts.values}
        of_groups = {v: _regression_of(one) for v, one in sides.items()}
        for values, ours in of_groups.items():
            numbers += [parts.place(values, on).number(f) for f in ours]
        if parts.reference is not None:
            reference = sides.get(parts.reference) or side(parts, parts.reference)
            numbers += against(parts, sides, reference, REGRESSION, small=small, on=on)
        shown = [f for v, ours in of_groups.items() if is_known(v) for f in ours]
        numbers += [parts.summary(on).number(f) for f in _spreads(shown)]
    return tuple(numbers)


def segment_numbers(
    found: Predictions,
    positive: str,
    segments: Sequence[tuple[str, Coded]],
    *,
    units: Coded | None = None,
) -> tuple[Number, ...]:
    """Performance from scores in each value of each segment.

    Args:
        found: a binary task's, or a regression's where `positive` is empty.
        positive: the label whose probability is the score.
        segments: name and (n_rows,) values; rows without a value are in none.
        units: (n_rows,), which rows are not independent of each other.

    Returns:
        Binary: mean score, area, KS, Brier score; regression: MAE, RMSE, bias.
    """
    on, scores = Place(kind="segments", role=found.rows.role), _scores(found, units)
    numbers: list[Number] = []
    sample = labelled_sample(found, positive, units) if positive else None
    errors, known = (None, found.rows.is_labelled) if positive else errors_of(found, units)
    for name, column in segments:
        for value in sorted(v for v, n in zip(column.names, column.sizes(), strict=True) if n):
            rows = column.equals(value)
            one = Side(
                name=value, scores=_some(scores, rows),
                sample=None if sample is None else sample.where(rows[known]),
                errors=None if errors is None else errors.where(rows[known]),
            )  # fmt: skip
            here = on.at(f"{name}={value}", group={name: value})
            numbers += [here.number(f) for f in _segment_of(one)]
    return tuple(numbers)


def _scores(found: Predictions, units: Coded | None) -> Values:
    weight = found.rows.weights if found.rows.is_weighted else None
    return Values(values=found.score, weight=weight, units=units)


def _some(values: Values, rows: Bools) -> Values:
    return replace(
        values, values=values.values[rows],
        weight=None if values.weight is None else values.weight[rows],
        units=None if values.units is None else values.units.where(rows),
    )  # fmt: skip


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
    area = sample.area()
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
    return [*found, mean_found("mean_target", side.of_errors(lambda e: e.target)), *_errors(errors)]


def _errors(errors: Errors) -> tuple[Found, ...]:
    return mean_error(errors, "mae"), root_mean_square(errors), mean_error(errors, "bias")


def _segment_of(side: Side) -> tuple[Found, ...]:
    if side.errors is not None:
        if side.errors.n == 0:
            return tuple(undefined(m, 0, NO_ROWS) for m in ("mae", "rmse", "bias"))
        return _errors(side.errors)
    sample = side.labelled
    return (
        mean_found("mean_score", side.scores), _area(sample), ks_number(sample),
        loss_number(sample, "brier_score"),
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
