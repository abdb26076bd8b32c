"""The model's input: its columns, in its order and types, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from affidavit.config import Config
from affidavit.errors import ConfigError, SourceError
from affidavit.evidence import Finding
from affidavit.printable import printable
from affidavit.recompute.table import Table, as_numbers, is_index
from affidavit.recompute.worker.model_files import Column, ModelPlan

_INTEGERS = {"integer": pa.int32(), "long": pa.int64()}
_RETYPE = (
    "use the snapshot that the model was made for, log its signature again, or do in [model] "
    "adapter what serving does"
)
_MOST_SHOWN = 20
_TRUE, _FALSE = ("true", "True", "TRUE", "1"), ("false", "False", "FALSE", "0")


def seen_by_model(plan: ModelPlan, config: Config) -> tuple[Finding, ...]:
    """Columns among the model's inputs that it must not see: label, sensitive ones, ids, an index.

    They are passed on, because the model was trained with them; that it was is the finding. Its id
    says which kind of column it is, for the controls: `recompute.input.sensitive.<column>`.
    """
    forbidden = {config.label.column: ("label", "the label")}
    for name, attribute in config.sensitive.items():
        forbidden[attribute.column] = ("sensitive", f"the sensitive attribute {name}")
    for column, kind, meaning in (
        (config.rows.id, "id", "the row id"),
        (config.rows.weight, "weight", "the row weight"),
        (config.decision.column, "decision", "the final decision"),
        *((c, "excluded", "excluded by [rows]") for c in config.rows.exclude),
    ):
        if column is not None:
            forbidden.setdefault(column, (kind, meaning))
    for column in (c.name for c in plan.columns if is_index(c.name)):
        forbidden.setdefault(column, ("index", "a number that pandas gave to each row"))
    return tuple(
        Finding(
            id=f"recompute.input.{forbidden[column.name][0]}.{column.name}",
            kind="exception",
            stage="recompute",
            what=f"the model sees {printable(column.name)}, {forbidden[column.name][1]}",
            expected=f"not among the inputs ({plan.columns_from})",
            found=f"input {position} of {len(plan.columns)}",
            fix=f"train without {printable(column.name)}, or correct affidavit.toml",
            items=("data/model/MLmodel",),
        )
        for position, column in enumerate(plan.columns, 1)
        if column.name in forbidden
    )


def model_input(table: Table, plan: ModelPlan) -> Any:
    """The rows as the model is given them: a pyarrow Table of its columns, typed.

    Raises:
        SourceError: a column that the model needs is not there, or does not have its type.
    """
    given = [c for c in plan.columns if c.required or table.has(c.name)]
    _require(table, [c.name for c in given if not table.has(c.name)], plan)
    return pa.table([_typed(table, c) for c in given], names=[c.name for c in given])


def _require(table: Table, lacking: list[str], plan: ModelPlan) -> None:
    """Refuse a table without some of the model's inputs, each with the column that may be meant.

    Raises:
        ConfigError: names them, and the columns that there are.
    """
    if not lacking:
        return
    names = {printable(c).casefold(): printable(c) for c in table.columns}
    shown = ", ".join(_with_nearest(printable(c), names) for c in lacking[:_MOST_SHOWN])
    more = f" and {len(lacking) - _MOST_SHOWN} more" if lacking[_MOST_SHOWN:] else ""
    many = f"{len(lacking)} of the model's {len(plan.columns)} inputs are not among its columns"
    what = (
        f"the model's input {shown} is not among its columns"
        if len(lacking) == 1
        else f"{many}: {shown}{more}"
    )
    listed = ", ".join(names.values()) if len(names) <= _MOST_SHOWN else f"{len(names)} columns"
    raise ConfigError(
        f"{table.name}: {what}",
        f"the inputs are from {plan.columns_from}; the table has {listed}",
        "name a snapshot with the model's inputs; where code makes them of other columns, name "
        "that function in [model] adapter",
    )


def _with_nearest(name: str, names: Mapping[str, str]) -> str:
    near = get_close_matches(name.casefold(), list(names), n=1)
    return f"{name!r}" + (f" (nearest: {names[near[0]]!r})" if near else "")


def _typed(table: Table, column: Column) -> Any:
    raw = table.raw(column.name)
    match column.kind:
        case None:
            return _inferred(raw) if table.is_text else _number(_plain(raw))
        case "string":
            return _plain(raw).cast(pa.string())
        case "boolean":
            return _boolean(raw, table.name, column.name)
        case "datetime":
            return _moment(raw, table.name, column.name)
    numbers = as_numbers(_booleans_as_numbers(raw), f"{table.name}: input {column.name!r}")
    if column.kind == "float":
        return numbers.cast(pa.float32(), safe=False)
    if column.kind == "double":
        return numbers
    return _whole(raw, numbers, _INTEGERS[column.kind])


def _whole(raw: Any, numbers: Any, kind: Any) -> Any:
    """Integers; where some are missing, or the data has fractions, floats as pandas has them."""
    if numbers.null_count:
        return numbers
    try:
        direct = _plain(raw)
        return direct.cast(kind) if not pa.types.is_floating(direct.type) else numbers.cast(kind)
    except pa.ArrowInvalid:
        pass
    try:
        return numbers.cast(kind)
    except pa.ArrowInvalid:
        return numbers


def _plain(raw: Any) -> Any:
    return raw.dictionary_decode() if pa.types.is_dictionary(raw.type) else raw


def _number(raw: Any) -> Any:
    """Decimals as floats, which is what `pandas.read_sql` and models make of them."""
    return raw.cast(pa.float64()) if pa.types.is_decimal(raw.type) else raw


def _booleans_as_numbers(raw: Any) -> Any:
    return raw.cast(pa.int8()) if pa.types.is_boolean(raw.type) else raw


def _boolean(raw: Any, name: str, column: str) -> Any:
    raw = _plain(raw)
    if pa.types.is_boolean(raw.type):
        return raw
    texts = raw.cast(pa.string())
    true, false = (pc.is_in(texts, value_set=pa.array(v)) for v in (_TRUE, _FALSE))
    known = pc.or_(pc.or_(true, false), pc.is_null(texts))
    if not pc.all(known).as_py():
        row = pc.index(known, False).as_py() + 1
        raise SourceError(
            f"{name}: input {column!r} holds something else than true and false in row {row}",
            "the model's signature says boolean; words such as yes and no are never guessed",
            _RETYPE,
        )
    return pc.if_else(pc.is_null(texts), pa.scalar(None, pa.bool_()), true)


def _moment(raw: Any, name: str, column: str) -> Any:
    try:
        return _plain(raw).cast(pa.timestamp("ns"))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise SourceError(
            f"{name}: input {column!r} holds something else than dates",
            "the model's signature says datetime; text is read as 2026-03-31 or "
            "2026-03-31T12:00:00, without a zone",
            _RETYPE,
        ) from error


def _inferred(texts: Any) -> Any:
    """What pandas would have made of a CSV column: whole numbers, numbers, booleans, else text."""
    if texts.null_count == len(texts):
        return texts.cast(pa.float64())
    for kind in (pa.int64(), pa.float64()):
        try:
            numbers = texts.cast(kind)
        except pa.ArrowInvalid:
            continue
        return numbers.cast(pa.float64()) if numbers.null_count else numbers
    words = set(texts.unique().to_pylist()) - {None}
    if words <= {"True", "False", "TRUE", "FALSE", "true", "false"} and not texts.null_count:
        return pc.is_in(texts, value_set=pa.array(_TRUE))
    return texts
