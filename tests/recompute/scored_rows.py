"""Predictions made of arrays, for tests of numbers from scores."""

from __future__ import annotations

from typing import Any

import numpy as np

from affidavit.evidence import AttributeSpec, Number
from affidavit.recompute.coded import Coded, chosen, constant
from affidavit.recompute.groups import Grouping
from affidavit.recompute.predictions import Predictions
from affidavit.recompute.rows import Rows
from affidavit.recompute.sample import Sample, labelled_sample

NONE = np.empty(0)


def coded(texts: Any) -> Coded:
    """Texts as codes; None has none."""
    names = tuple(sorted({t for t in texts if t is not None}))
    return Coded(
        np.array([-1 if t is None else names.index(t) for t in texts], dtype=np.int32), names
    )


def _rows(n: int, labels: Coded, targets: Any = NONE, weights: Any = None) -> Rows:
    return Rows(
        table=None, role="evaluation", id_column=None, labels=labels, targets=targets,
        weights=np.ones(n) if weights is None else np.asarray(weights, dtype=float),
        is_weighted=weights is not None,
    )  # fmt: skip


def binary(is_positive: Any, score: Any, weights: Any = None, known: Any = None) -> Predictions:
    """Labels `yes` and `no`; rows that are not known have none."""
    score = np.asarray(score, dtype=float)
    labels = chosen(np.asarray(is_positive, dtype=bool), "yes", "no")
    if known is not None:
        labels = Coded(np.where(known, labels.codes, -1).astype(np.int32), labels.names)
    return Predictions(
        rows=_rows(len(score), labels, weights=weights), score=score, per_class=None,
        class_names=(), decision=chosen(score >= 0.5, "yes", "no"),
    )  # fmt: skip


def sample(is_positive: Any, score: Any, weights: Any = None, units: Any = None) -> Sample:
    """The labelled rows of `binary`; all are."""
    return labelled_sample(binary(is_positive, score, weights), "yes", units)


def multiclass(labels: Any, per_class: Any, names: tuple[str, ...], weights: Any = None):
    per_class = np.asarray(per_class, dtype=float)
    best = per_class.argmax(axis=1).astype(np.int32)
    return Predictions(
        rows=_rows(len(per_class), coded(labels), weights=weights), score=per_class.max(axis=1),
        per_class=per_class, class_names=names, decision=Coded(best, names),
    )  # fmt: skip


def regression(targets: Any, predictions: Any, weights: Any = None) -> Predictions:
    predictions = np.asarray(predictions, dtype=float)
    n = len(predictions)
    targets = np.asarray(targets, dtype=float)
    return Predictions(
        rows=_rows(n, constant("", n), targets, weights), score=predictions, per_class=None,
        class_names=(), decision=constant("", n),
    )  # fmt: skip


def grouping(name: str, texts: Any, reference: str | None = None) -> Grouping:
    return Grouping(spec=AttributeSpec(name=name, reference=reference), column=coded(texts))


def by_metric(numbers: tuple[Number, ...]) -> dict[str, Number]:
    return {n.metric: n for n in numbers if n.group is None and n.label is None}


def by_id(numbers: tuple[Number, ...]) -> dict[str, Number]:
    return {n.id: n for n in numbers}
