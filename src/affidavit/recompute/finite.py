"""Infinite values among what the model may be given: refused before it is asked."""

from __future__ import annotations

from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from affidavit.config import Config
from affidavit.errors import SourceError
from affidavit.recompute.table import Table

_NAMED: Final = 5


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
        if _may_be_input(name, config) and (rows := _infinite(table.raw(name)))
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


def _infinite(raw: Any) -> int:
    """How many values are infinite; text counts where the whole column reads as numbers."""
    if pa.types.is_string(raw.type) or pa.types.is_large_string(raw.type):
        try:
            raw = raw.cast(pa.float64())
        except pa.ArrowInvalid:
            return 0
    if not pa.types.is_floating(raw.type):
        return 0
    return int(pc.sum(pc.is_inf(raw)).as_py() or 0)
