"""Performance of a multiclass model from its scores; what follows from decisions is `rates`'s."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from affidavit.evidence import Number
from affidavit.recompute.binary_scores import area_numbers
from affidavit.recompute.coded import Bools, Coded
from affidavit.recompute.curves import EPSILON
from affidavit.recompute.floats import Floats
from affidavit.recompute.linearized import mean_of, standard_error
from affidavit.recompute.predictions import Predictions
from affidavit.recompute.sample import Sample
from affidavit.recompute.score_intervals import MEAN, named, normal
from affidavit.recompute.scored import NO_PROBABILITY, NO_ROWS, Found, Place, undefined

_METRICS = ("roc_auc_macro", "log_loss", "brier_score")
_NO_SCORES = "undefined: the model gives no scores"
_FOREIGN = "undefined: labels that are none of the model's classes"


def multiclass_numbers(found: Predictions, *, units: Coded | None = None) -> tuple[Number, ...]:
    """The area of each class against the rest, their mean, log loss and Brier score.

    Args:
        found: labels and, where the model gives them, scores of each class.
        units: (n_rows,), which rows are not independent of each other.

    Returns:
        Ids end in `/class=<label>` for a class. Accuracy, recall, precision and F1 are counted.
    """
    place = Place(kind="performance", role=found.rows.role)
    known = found.rows.is_labelled
    n = int(known.sum())
    if n == 0 or found.per_class is None:
        why = _NO_SCORES if n else NO_ROWS
        return tuple(place.number(undefined(m, n, why)) for m in _METRICS)
    samples = {
        name: _against_rest(found, known, position, units)
        for position, name in enumerate(found.class_names)
    }
    return (*_areas(place, samples, n), *(place.number(f) for f in _losses(found, known, units)))


def against_rest(
    found: Predictions, name: str, units: Coded | None
) -> tuple[Predictions, Sample] | None:
    """The rows with the scores of one class alone, and those that are labelled by it or not.

    Returns:
        None where the model gives no score of this class, and where no label is known.
    """
    known = found.rows.is_labelled
    if found.per_class is None or name not in found.class_names or not known.any():
        return None
    position = found.class_names.index(name)
    alone = replace(found, score=found.per_class[:, position])
    return alone, _against_rest(found, known, position, units)


def segment_losses(
    found: Predictions, segments: Sequence[tuple[str, Coded]], *, units: Coded | None = None
) -> tuple[Number, ...]:
    """The mean area, log loss and Brier score in each value of each segment.

    Args:
        found: a multiclass model's.
        segments: name and (n_rows,) values; rows without a value are in none.
        units: (n_rows,), which rows are not independent of each other.

    Returns:
        None where the model gives no scores; the performance report says so.
    """
    if found.per_class is None or not found.rows.is_labelled.any():
        return ()
    on = Place(kind="segments", role=found.rows.role)
    numbers: list[Number] = []
    for name, column in segments:
        for value in sorted(column.names):
            inside = column.equals(value)
            if inside.any():
                here = on.at(f"{name}={value}", group={name: value})
                numbers += _segment(found, inside & found.rows.is_labelled, here, units)
    return tuple(numbers)


def _segment(
    found: Predictions, known: Bools, here: Place, units: Coded | None
) -> Iterator[Number]:
    n = int(known.sum())
    if n == 0:
        yield from (here.number(undefined(m, 0, NO_ROWS)) for m in _METRICS)
        return
    samples = {
        name: _against_rest(found, known, position, units)
        for position, name in enumerate(found.class_names)
    }
    yield from (a for a in _areas(here, samples, n) if a.label is None)
    yield from (here.number(f) for f in _losses(found, known, units))


def _against_rest(found: Predictions, known: Bools, position: int, units: Coded | None) -> Sample:
    if found.per_class is None:
        raise ValueError("a model without scores has none of a class")
    return Sample(
        is_positive=found.rows.labels.equals(found.class_names[position])[known],
        score=found.per_class[known, position],
        weight=found.rows.weights[known] if found.rows.is_weighted else None,
        units=None if units is None else units.where(known),
    )


def _areas(place: Place, samples: dict[str, Sample], n: int) -> Iterator[Number]:
    total, contributions = 0.0, np.zeros(n)
    lacking: list[str] = []
    are_enough = True
    for name, sample in samples.items():
        here = place.at(f"class={name}", label=name)
        yield here.number(area_numbers(sample)[0])
        area = sample.area
        if area is None:
            lacking.append(name)
            continue
        total += area.value
        are_enough = are_enough and area.standard_error is not None
        part = area.contributions
        contributions += sample.influence() if part is None else part
    if lacking:
        why = f"undefined: class {lacking[0]!r} is the label of none of the rows, or of all"
        yield place.number(undefined("roc_auc_macro", n, why))
        return
    any_sample = next(iter(samples.values()))
    error = standard_error(contributions / len(samples), any_sample.units) if are_enough else None
    method = any_sample.method("linearized")
    value = total / len(samples)
    interval = normal(value, error, method, floor=0.0, ceiling=1.0)
    yield place.number(Found(metric="roc_auc_macro", n=n, value=value, interval=interval))


def _losses(found: Predictions, known: Bools, units: Coded | None) -> tuple[Found, Found]:
    if found.per_class is None:
        raise ValueError("a model without scores has no loss")
    given, n = found.per_class[known], int(known.sum())
    if not ((given >= 0) & (given <= 1)).all():
        return undefined("log_loss", n, NO_PROBABILITY), undefined("brier_score", n, NO_PROBABILITY)
    places = {name: i for i, name in enumerate(found.class_names)}
    labels = found.rows.labels
    column = np.array([*(places.get(name, -1) for name in labels.names), -1])[labels.codes[known]]
    if (column < 0).any():
        return undefined("log_loss", n, _FOREIGN), undefined("brier_score", n, _FOREIGN)
    chosen = given[np.arange(n), column]
    total = given.sum(axis=1)
    logs = -np.log(np.clip(chosen / np.where(total > 0, total, 1.0), EPSILON, 1 - EPSILON))
    squares = (given * given).sum(axis=1) - chosen**2 + (1 - chosen) ** 2
    weight = found.rows.weights[known] if found.rows.is_weighted else None
    kept = None if units is None else units.where(known)
    return _mean("log_loss", logs, weight, kept), _mean("brier_score", squares, weight, kept)


def _mean(metric: str, values: Floats, weight: Floats | None, units: Coded | None) -> Found:
    mean = mean_of(values, weight)
    method = named(MEAN, weighted=weight is not None, units=units)
    interval = normal(mean.value, standard_error(mean.contributions, units), method, floor=0.0)
    return Found(metric=metric, n=len(values), value=mean.value, interval=interval)
