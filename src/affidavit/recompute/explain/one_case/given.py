"""One row that is to be explained: of the data, by its id, or given as a case.

Either way it becomes `Rows` of one row and what the model is given of it, so that everything after
takes both alike. Nothing here asks the model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from affidavit.config import Config
from affidavit.errors import SourceError, UsageError
from affidavit.printable import printable
from affidavit.recompute.coded import NONE, Coded
from affidavit.recompute.explain.one_case.case_file import CaseFile, Value, named
from affidavit.recompute.rows import Rows
from affidavit.recompute.table import Table, as_numbers
from affidavit.recompute.worker.features import model_input
from affidavit.recompute.worker.model_files import ModelPlan

CASE = "case"
_TRUE, _FALSE = frozenset({"true", "True", "TRUE"}), frozenset({"false", "False", "FALSE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One row.

    Attributes:
        id: its row id; of a case, what its file is called.
        rows: of one row; a case has no label, and weight 1.
        inputs: a pyarrow Table of one row: the model's columns, typed as those of the data.
        config: as the row is to be decided by: a case without a final decision has none.
    """

    id: str
    rows: Rows
    inputs: Any
    config: Config


def row_by_id(wanted: str, roles: Sequence[Rows], plan: ModelPlan, config: Config) -> Given:
    """The row of that id, of the first role that has it.

    Raises:
        UsageError: no row has this id.
    """
    for rows in roles:
        place = pc.index(rows.ids(), wanted).as_py() if rows.n else -1
        if place >= 0:
            return Given(
                id=wanted, rows=_one(rows, place, wanted), config=config,
                inputs=model_input(rows.table, plan).slice(place, 1).combine_chunks(),
            )  # fmt: skip
    where = ", ".join(f"{r.n:,} of {r.role}" for r in roles)
    by = f"the column {config.rows.id!r}" if config.rows.id else "its number, from 1"
    raise UsageError(
        f"--row {printable(wanted)}: no row has this id", f"looked at {where}; the id is {by}",
        "name an id of these data; for a case that is not in them use --case FILE",
    )  # fmt: skip


def _one(rows: Rows, place: int, name: str) -> Rows:
    part = slice(place, place + 1)
    table = replace(rows.table, data=rows.table.data.slice(place, 1))
    return replace(
        rows, table=table, id_column=pa.array([name]), labels=rows.labels.where(part),
        targets=rows.targets[part], weights=rows.weights[part],
    )  # fmt: skip


def row_of_case(case: CaseFile, name: str, inputs: Any, config: Config) -> Given:
    """A case as a row.

    Args:
        case: its fields.
        name: to call the row by.
        inputs: what the model was given of the data, a pyarrow Table; the case has to have its
            columns, and gets its types.
        config: says which other columns decide.

    Raises:
        UsageError: a field that is missing, that nothing reads, or of another type; all of a kind
            at once.
    """
    fields, decides = case.fields, _deciding(config)
    final = config.decision.column
    has_final = final is not None and fields.get(final) is not None
    used = {*inputs.column_names, *decides, *([final] if final in fields else [])}
    needed = {*inputs.column_names, *decides}
    if missing := sorted(needed - fields.keys()):
        raise UsageError(
            f"--case {case.name}: {named(missing)} {'is' if len(missing) == 1 else 'are'} missing",
            f"the model reads {named(inputs.column_names)}",
            "add them; where a value is not known, write null (in CSV: nothing)",
        )
    if extra := sorted(fields.keys() - used):
        raise UsageError(
            f"--case {case.name}: {named(extra)}: neither an input of the model nor what decides",
            f"the model reads {named(inputs.column_names)}",
            "take them out: nothing would read them",
        )
    typed = _typed_columns(case, {f.name: f.type for f in inputs.schema})
    others = {c: pa.array([_text(fields[c])], pa.string()) for c in sorted(used - typed.keys())}
    rows = Rows(
        role=CASE, table=Table(case.name, pa.table({**typed, **others}), is_text=False),
        id_column=pa.array([name]), labels=Coded(np.full(1, NONE, dtype=np.int32), ()),
        targets=np.full(1, np.nan), weights=np.ones(1), is_weighted=False,
    )  # fmt: skip
    return Given(
        id=name, rows=rows, inputs=pa.table(typed),
        config=config if has_final else _without_final(config),
    )  # fmt: skip


def _deciding(config: Config) -> set[str]:
    """The columns beside the inputs without which nobody can say what was decided."""
    decision = config.decision
    if decision.segment:
        return {s.column for s in decision.segment}
    has_cut = decision.threshold is not None or config.task != "binary"
    return set() if has_cut or decision.column is None else {decision.column}


def _without_final(config: Config) -> Config:
    decision = config.decision.model_copy(update={"column": None})
    return config.model_copy(update={"decision": decision})


def _typed_columns(case: CaseFile, kinds: Mapping[str, Any]) -> dict[str, Any]:
    typed, faults = {}, []
    for column, kind in kinds.items():
        found = _typed(case.fields[column], kind, is_text=case.is_text)
        if isinstance(found, str):
            faults.append(f"--case {case.name}: {printable(column)}: {found}")
        else:
            typed[column] = found
    if faults:
        raise UsageError(
            "\n".join(faults), fix="correct them; the types are those of the data in the bundle"
        )
    return typed


def _typed(value: Value, kind: Any, *, is_text: bool) -> Any:
    """One value as an Arrow array of the column's type; or what is wrong with it, as text.

    From JSON a number has to be a number and text has to be text: "4500" may be an id.
    """
    if value is None:
        if pa.types.is_integer(kind):
            return "missing, and in the data it never is"
        return pa.nulls(1, kind)
    if pa.types.is_boolean(kind):
        return _boolean(value, is_text=is_text)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return _number(value, kind, is_text=is_text)
    if not isinstance(value, str):
        return f"expected text, found {_kind_of(value)}"
    try:
        return pa.array([value]).cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return "expected a date" if pa.types.is_temporal(kind) else f"expected {kind}"


def _boolean(value: Value, *, is_text: bool) -> Any:
    if is_text and isinstance(value, str) and value in _TRUE | _FALSE:
        return pa.array([value in _TRUE])
    if isinstance(value, bool):
        return pa.array([value])
    return f"expected true or false, found {_kind_of(value)}"


def _number(value: Value, kind: Any, *, is_text: bool) -> Any:
    is_whole = pa.types.is_integer(kind)
    wanted = "a whole number" if is_whole else "a number"
    if isinstance(value, bool) or (isinstance(value, str) and not is_text):
        return f"expected {wanted}, found {_kind_of(value)}"
    try:
        number = as_numbers(pa.array([value]), "")
        if not np.isfinite(number[0].as_py()):
            return f"expected {wanted}, found an infinite one"
        # A whole number straight from what was written: beyond 2**53 no float holds its last digit.
        is_exact = is_whole and isinstance(value, int | str) and "." not in str(value)
        return (pa.array([value]) if is_exact else number).cast(kind, safe=is_whole)
    except (SourceError, pa.ArrowInvalid, OverflowError):
        return f"expected {wanted}" + ("" if is_text else ", found another number")


def _kind_of(value: Value) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true or false"
    return "text" if isinstance(value, str) else "a number"


def _text(value: Value) -> str | None:
    """As the data has it in its text columns."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)
