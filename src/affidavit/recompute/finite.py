"""Infinite values among what the model may be given: refused before it is asked."""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from affidavit.config import Config
from affidavit.errors import SourceError
from affidavit.recompute.table import Table

_NAMED: Final = 5
_GLANCE: Final = 1000


def require_finite(table: Table, role: str, config: Config) -> None:
    """Refuse infinite values in any column that the model may read.

    Those are `[features] columns`; without these, all that the configuration has no other use for.
    An infinite value is a division by 0 or an overflow, and what a model makes of it (an error, a
    score of nobody's) says nothing of the rows.

    Args:
        table: the snapshot of one role.
        role: its name.
        config: says which columns are something else than an input.

    Raises:
        SourceError: names the role and, of five columns, how many rows of each.
    """
    found = [
        f"the column {name!r} in {rows} row{'' if rows == 1 else 's'}"
        for name in table.columns
        if _may_be_input(name, config) and (rows := _infinite(table.data.column(name)))
    ]
    if not found:
        return
    more = f", and {len(found) - _NAMED} more columns" if len(found) > _NAMED else ""
    raise SourceError(
        f"{table.name}, role {role}: infinite values in {', '.join(found[:_NAMED])}{more}",
        "an infinite input is a division by 0 or an overflow in the preparation of the data",
        "write a missing value in its place and make the snapshot again; a column that the model "
        "does not read can be named in [rows] exclude",
    )


def _may_be_input(name: str, config: Config) -> bool:
    if config.features is not None:
        return name in config.features.columns
    rows, label = config.rows, config.label.column
    return name not in {label, rows.id, rows.weight, config.decision.column, *rows.exclude}


def _infinite(column: Any) -> int:
    """How many values are infinite; text counts where the whole column reads as numbers."""
    if pa.types.is_dictionary(column.type):  # its few words tell of all rows
        coded = column.unify_dictionaries().combine_chunks()
        words = _numbers(coded.dictionary)
        if words is None or not pc.any(pc.is_inf(words)).as_py():
            return 0
        return int(pc.sum(pc.is_inf(words).take(coded.indices)).as_py() or 0)
    if _numbers(column.slice(0, _GLANCE)) is None:  # one word is enough: not all are numbers
        return 0
    numbers = _numbers(column)
    return 0 if numbers is None else int(pc.sum(pc.is_inf(numbers)).as_py() or 0)


def _numbers(values: Any) -> Any:
    """Floats as they are, text that reads as such; None for whatever cannot be infinite."""
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        try:
            return values.cast(pa.float64())
        except pa.ArrowInvalid:
            return None
    return values if pa.types.is_floating(values.type) else None
