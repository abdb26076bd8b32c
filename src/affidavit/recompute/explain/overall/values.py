"""The values of an input column: as numbers, and which different ones there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from affidavit.recompute.explain.explained import Explained, Kind
from affidavit.recompute.floats import Floats
from affidavit.recompute.rows import floats
from affidavit.recompute.table import as_numbers

MISSING: Final = -1
_OTHER: Final = -2


@dataclass(frozen=True, slots=True, kw_only=True)
class Distinct:
    """The different values of a column, the most frequent first, ties by their text.

    Attributes:
        values: an Arrow array of the column's type, without null.
        counts: rows of each.
        missing: rows without a value.
    """

    values: Any
    counts: tuple[int, ...]
    missing: int


def kinds_of(explained: Explained) -> dict[str, Kind]:
    """The kinds by column."""
    return {kind.column: kind for kind in explained.kinds}


def is_numeric(kind: Kind) -> bool:
    """Whether the column's values lie on a line."""
    return kind.kind in ("number", "integer")


def numbers_of(rows: Any, column: str) -> Floats:
    """(n_rows,): the column as numbers; NaN where missing.

    Args:
        rows: a pyarrow Table.
        column: one of numbers or booleans.
    """
    return floats(as_numbers(rows.column(column), column))


def distinct(rows: Any, column: str) -> Distinct:
    """The different values of the column."""
    pairs = pc.value_counts(plain(rows.column(column)))
    values, counts = pairs.field("values"), pairs.field("counts").to_pylist()
    if pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_nan(values), pa.scalar(None, values.type), values)
    named = values.to_pylist()
    order = sorted(
        (i for i, v in enumerate(named) if v is not None), key=lambda i: (-counts[i], str(named[i]))
    )
    return Distinct(
        values=values.take(pa.array(order, pa.int64())), counts=tuple(counts[i] for i in order),
        missing=sum(counts[i] for i, v in enumerate(named) if v is None),
    )  # fmt: skip


def shown(value: object) -> str:
    """A value in words: text as it is, a number to six digits."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:.6g}"
    return str(value)


def code_columns(rows: Any, columns: tuple[str, ...]) -> NDArray[np.int32]:
    """(n_columns, n_rows): the values as codes, the same for the same value; -1 where missing."""
    return np.stack([_codes(rows.column(c)) for c in columns])


def _codes(column: Any) -> NDArray[np.int32]:
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(column)
    indices = column.unify_dictionaries().combine_chunks().indices
    return np.asarray(pc.fill_null(indices.cast(pa.int32()), MISSING), dtype=np.int32)


def value_codes(rows: Any, column: str, values: Any) -> NDArray[np.int32]:
    """(n_rows,): the place of each row's value in `values`; `MISSING`, or less for another value.

    Args:
        rows: a pyarrow Table.
        column: of it.
        values: an Arrow array of the column's type, as `distinct` gives it.
    """
    found = plain(rows.column(column))
    places = pc.fill_null(pc.index_in(found, value_set=values, skip_nulls=True), _OTHER)
    places = pc.if_else(pc.is_null(found, nan_is_null=True), pa.scalar(MISSING, pa.int32()), places)
    return np.asarray(places.to_numpy(zero_copy_only=False), dtype=np.int32)


def plain(column: Any) -> Any:
    """The column with its values written out, where they are in a dictionary."""
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
