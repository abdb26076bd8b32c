"""The prediction table: row id, label, score, decision, weight, role. All numbers come from it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from affidavit.config import Config
from affidavit.errors import ConfigError, SourceError
from affidavit.evidence import Item
from affidavit.printable import printable
from affidavit.recompute.coded import Coded, chosen, constant
from affidavit.recompute.floats import Floats
from affidavit.recompute.lengths import require_short_names
from affidavit.recompute.rows import Classes, Rows
from affidavit.recompute.segments import thresholds
from affidavit.recompute.worker.scoring import Scores
from affidavit.workspace import Workspace

_COLUMNS = ("row_id", "label", "score", "decision", "weight", "role")
_CSV_ROWS = 50_000
_MAX_NAMED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """The rows of a role with what the model said of them.

    Attributes:
        score: (n_rows,): of `positive`; of the decided class; the prediction itself.
        per_class: (n_rows, n_classes) where a multiclass model gives scores, else None.
        class_names: of the columns of `per_class`.
        decision: of every row; the empty text for a regression. Of the model, unless a decision
            column alone is declared.
        final: after rules and overrides, where both a threshold and a decision column are declared.
    """

    rows: Rows
    score: Floats
    per_class: Floats | None
    class_names: tuple[str, ...]
    decision: Coded
    final: Coded | None = None


def predict(rows: Rows, scores: Scores, classes: Classes, config: Config) -> Predictions:
    """Turn scores into decisions, as the configuration says.

    Raises:
        ConfigError: a binary task without threshold or decision column; final decisions that are
            none of the label's values.
        SourceError: rows for which no threshold is declared.
    """
    per_class: Floats | None = None
    final: Coded | None = None
    if config.task == "binary":
        score = scores.matrix[:, 0]
        decision, final = _decide(rows, score, classes, config)
    elif config.task == "regression":
        score = scores.matrix[:, 0]
        decision = constant("", rows.n)
    else:
        if scores.are_codes:
            score, best = np.full(rows.n, np.nan), scores.matrix[:, 0].astype(np.int32)
        else:
            best = np.argmax(scores.matrix, axis=1).astype(np.int32)
            score, per_class = scores.matrix[np.arange(rows.n), best], scores.matrix
        decision = Coded(best, scores.classes)
        _require_common(scores.classes, classes, rows)
    return Predictions(
        rows=rows, score=score, per_class=per_class, class_names=scores.classes,
        decision=decision, final=final,
    )  # fmt: skip


def _require_common(model: tuple[str, ...], classes: Classes, rows: Rows) -> None:
    if classes.values and not set(model) & set(classes.values):
        raise SourceError(
            f"the model's classes and the labels of {rows.table.name} have none in common",
            f"the model has {', '.join(model[:8])}; the data has {', '.join(classes.values[:8])}",
            "keep the labels in the snapshot as the model was trained on them",
        )


def _decide(
    rows: Rows, score: Floats, classes: Classes, config: Config
) -> tuple[Coded, Coded | None]:
    """The decisions that are counted, and the final ones where they stand beside the model's."""
    column = config.decision.column
    final = None if column is None else _final(rows, column, classes)
    if config.decision.threshold is not None or config.decision.segment:
        return _of_model(rows, score, classes, config), final
    if final is None:
        raise ConfigError(
            "affidavit.toml: [decision] needs a threshold, segments or a column",
            "how a score becomes a decision is not on record",
            "set threshold to the value in force; there is no default",
        )
    return final, None


def _of_model(rows: Rows, score: Floats, classes: Classes, config: Config) -> Coded:
    cut = thresholds(rows, config)
    missing = int(np.isnan(cut).sum())
    if missing:
        raise SourceError(
            f"{rows.table.name}: {missing} rows are in no [[decision.segment]]",
            "and there is no threshold for the rest",
            "set [decision] threshold beside the segments",
        )
    return chosen(score >= cut, classes.positive, classes.negative)


def _final(rows: Rows, column: str, classes: Classes) -> Coded:
    """The final decisions, which must be written as the label is."""
    found = rows.table.coded(column)
    require_short_names(found, f"{rows.table.name}: the decision column {column!r}")
    unknown = int((~found.is_known).sum())
    if unknown:
        raise SourceError(
            f"{rows.table.name}: the decision column {column!r} is missing in {unknown} rows",
            fix="complete the snapshot, or take column out of [decision] and declare a threshold",
        )
    others = sorted(set(found.names) - {classes.positive})
    # Where the data does not show the other label, one other word can only be that.
    allowed = {classes.negative} if classes.is_negative_known else set(others[:1])
    foreign = [printable(v) for v in others if v not in allowed]
    if foreign:
        shown = ", ".join(foreign[:_MAX_NAMED]) + (", ..." if len(foreign) > _MAX_NAMED else "")
        raise ConfigError(
            f"{rows.table.name}: the decision column {column!r} holds {shown}; expected "
            f"{classes.positive!r} or {classes.negative!r}",
            "a decision is counted beside the label, so it must be one of the label's values",
            "add a column that says each final decision in the label's values, and name that one",
        )
    return found


def write_predictions(found: Predictions, work: Workspace, *, embedded: bool) -> tuple[Item, Item]:
    """predictions/<role>.parquet and .csv, the same rows; deterministic bytes."""
    role = found.rows.role
    stem = f"data/predictions/{role}"
    sink = io.BytesIO()
    pq.write_table(
        _arrow(found), sink, version="2.6", compression="NONE", use_dictionary=False,
        write_statistics=False, store_schema=False, row_group_size=1 << 20,
    )  # fmt: skip
    kinds = (
        (f"{stem}.parquet", iter([sink.getvalue()]), "application/vnd.apache.parquet"),
        (f"{stem}.csv", _csv(found), "text/csv"),
    )
    first, second = (
        work.copy_in(
            path, chunks, kind="predictions", origin="recomputed", media_type=media,
            sensitivity="personal-data", role=role, embedded=embedded,
        )
        for path, chunks, media in kinds
    )  # fmt: skip
    return first, second


def write_rows(found: Predictions, work: Workspace, *, embedded: bool) -> Item:
    """predictions/<role>.challenger.csv: the same columns, of what a challenger said."""
    role = found.rows.role
    return work.copy_in(
        f"data/predictions/{role}.challenger.csv", _csv(found), kind="challenger",
        origin="recomputed", media_type="text/csv", sensitivity="personal-data", role=role,
        embedded=embedded,
    )  # fmt: skip


def prediction_rows(found: Predictions, places: Iterable[int]) -> Iterator[dict[str, str]]:
    """Some rows of the table, by column, as the CSV file has them."""
    names = _names(found)
    for place in places:
        values = [column[0] for column in _columns(found, slice(place, place + 1))]
        texts = ("" if value is None else str(value) for value in values)
        yield dict(zip(names, texts, strict=True))


def _names(found: Predictions) -> tuple[str, ...]:
    final = () if found.final is None else ("final_decision",)
    per_class = () if found.per_class is None else found.class_names
    return (*_COLUMNS, *final, *(f"score_{name}" for name in per_class))


def _columns(found: Predictions, part: slice) -> list[list[Any]]:
    rows = found.rows
    scores = [None if np.isnan(v) else v for v in found.score[part].tolist()]
    more = [] if found.final is None else [found.final.where(part).texts().tolist()]
    more += [] if found.per_class is None else found.per_class[part].T.tolist()
    return [
        rows.ids(part).to_pylist(), rows.labels.where(part).texts().tolist(), scores,
        found.decision.where(part).texts().tolist(), rows.weights[part].tolist(),
        [rows.role] * len(scores), *more,
    ]  # fmt: skip


def _arrow(found: Predictions) -> Any:
    rows = found.rows
    arrays = [
        rows.ids(), rows.labels.arrow(),
        pa.array(found.score, type=pa.float64(), from_pandas=True),
        found.decision.arrow(), pa.array(rows.weights, type=pa.float64()),
        pa.array([rows.role] * rows.n, type=pa.string()),
    ]  # fmt: skip
    if found.final is not None:
        arrays.append(found.final.arrow())
    if found.per_class is not None:
        arrays += [pa.array(c, type=pa.float64()) for c in found.per_class.T]
    return pa.table(arrays, names=list(_names(found)))


def _csv(found: Predictions) -> Iterator[bytes]:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_names(found))
    for start in range(0, found.rows.n, _CSV_ROWS):
        columns = _columns(found, slice(start, start + _CSV_ROWS))
        writer.writerows(zip(*columns, strict=True))
        yield out.getvalue().encode()
        out.seek(0)
        out.truncate()
