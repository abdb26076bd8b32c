"""What a database's values become in Parquet: one type a column, chosen by all of its values.

Drivers give Python values and, like SQLite, not always of one type in a column; the first rows of a
column may all be NULL. So each batch is kept with the types that it has, and the column's own type
is what holds them all.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

import pyarrow as pa
import pyarrow.compute as pc

from affidavit.errors import SourceError
from affidavit.printable import printable

MAX_DIGITS: Final = 38
Kind = Literal[
    "yes or no", "whole numbers", "decimal numbers", "fractions", "texts", "dates", "moments",
    "moments with a time zone", "times of day",
]  # fmt: skip
_TYPES: Final[Mapping[Kind, Any]] = {
    "yes or no": pa.bool_(),
    "whole numbers": pa.int64(),
    "fractions": pa.float64(),
    "texts": pa.string(),
    "dates": pa.date32(),
    "moments": pa.timestamp("us"),
    "moments with a time zone": pa.timestamp("us", "UTC"),
    "times of day": pa.time64("us"),
}
# What of several numbers holds them all, the widest first.
_NUMBERS: Final[tuple[Kind, ...]] = ("fractions", "decimal numbers", "whole numbers")
_CAST: Final = "CAST the column in the query to one type, or leave it out"


@dataclass(frozen=True, slots=True)
class Batch:
    """The values of one column in one batch.

    Attributes:
        kind: None where all are NULL.
        values: a pyarrow Array.
    """

    kind: Kind | None
    values: Any


def read_batch(values: Sequence[object], column: str) -> Batch:
    """Values as a driver gives them, as one Arrow array.

    Raises:
        SourceError: values of several types that no type holds, or of a type that no table holds.
    """
    kinds = {_kind(v, column) for v in _one_of_each_type(values)}
    # A number that is none (NaN, infinite) is a fraction whatever its type.
    if "decimal numbers" in kinds and not all(
        v.is_finite() for v in values if isinstance(v, Decimal)
    ):
        kinds.add("fractions")
    kind = common_kind(kinds, column)
    if kind is None:
        return Batch(None, pa.nulls(len(values)))
    turn = _TURNS.get(kind)
    try:
        plain = values if turn is None else [None if v is None else turn(v) for v in values]
        kept = _decimals(plain) if kind == "decimal numbers" else pa.array(plain, _TYPES[kind])
    except (pa.ArrowException, OverflowError, ValueError, TypeError) as error:
        raise SourceError(
            f"the column {printable(column)!r} of the query's result does not fit into its type",
            f"{kind}, of which one is too large, or cannot be written exactly", _CAST,
        ) from error  # fmt: skip
    return Batch(kind, kept)


def common_kind(kinds: Iterable[Kind], column: str) -> Kind | None:
    """The one kind that holds all of these; None for none.

    Raises:
        SourceError: there is none.
    """
    found = set(kinds)
    if len(found) <= 1:
        return next(iter(found), None)
    if found <= set(_NUMBERS):
        return next(k for k in _NUMBERS if k in found)
    kinds_found = " and ".join(sorted(found))
    raise SourceError(
        f"the column {printable(column)!r} of the query's result holds {kinds_found}",
        "one column is read as one type", _CAST,
    )  # fmt: skip


def column_type(kind: Kind | None, decimals: Iterable[Any]) -> Any:
    """The Arrow type of a whole column; text where every value is NULL.

    Args:
        kind: what holds all its batches.
        decimals: the Arrow types of those batches that hold decimals.
    """
    if kind is None:
        return pa.string()
    if kind == "decimal numbers":
        return pa.decimal128(MAX_DIGITS, max((d.scale for d in decimals), default=0))
    return _TYPES[kind]


def cast(values: Any, kind: Any, column: str) -> Any:
    """One batch in the type of its whole column.

    Raises:
        SourceError: a number that the type does not hold exactly.
    """
    if values.type == kind:
        return values
    try:
        if pa.types.is_decimal(values.type) and pa.types.is_floating(kind):
            return pc.cast(values, kind, safe=False)  # as near as a fraction can be
        return pc.cast(values, kind)
    except pa.ArrowException as error:
        raise SourceError(
            f"the column {printable(column)!r} of the query's result holds numbers that no one "
            "type holds exactly",
            f"{values.type} and {kind}", _CAST,
        ) from error  # fmt: skip


def _one_of_each_type(values: Sequence[object]) -> list[object]:
    """One value of each type; moments with and without a time zone are two."""
    found: dict[object, object] = {}
    for value in values:
        key: object = type(value)
        if isinstance(value, dt.datetime):
            key = (key, value.tzinfo is None)
        found.setdefault(key, value)
    return [v for v in found.values() if v is not None]


def _kind(value: object, column: str) -> Kind:
    match value:
        case bool():
            return "yes or no"
        case int():
            return "whole numbers"
        case float():
            return "fractions"
        case Decimal():
            return "decimal numbers"
        case str() | uuid.UUID() | dict() | list():
            return "texts"
        case dt.datetime():
            return "moments" if value.tzinfo is None else "moments with a time zone"
        case dt.date():
            return "dates"
        case dt.time():
            return "times of day"
    raise SourceError(
        f"the column {printable(column)!r} of the query's result holds values of the type "
        f"{type(value).__name__}",
        "a table of rows has numbers, texts, dates and times", _CAST,
    )  # fmt: skip


def _as_text(value: Any) -> str:
    """Texts as they are; JSON and arrays as JSON, which says the same in the same bytes."""
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return str(value)


def _decimals(values: Sequence[Any]) -> Any:
    """Exactly, with the digits of the one that has most after its point."""
    known = [v if isinstance(v, Decimal) else Decimal(v) for v in values if v is not None]
    scale = max((-int(v.as_tuple().exponent) for v in known), default=0)
    kind = pa.decimal128(MAX_DIGITS, max(scale, 0))
    return pa.array([None if v is None else Decimal(v) for v in values], kind)


def _fraction(value: Any) -> float:
    """A whole number only where the fraction is exactly that."""
    found = float(value)
    if isinstance(value, int) and found != value:
        raise ValueError("not exact")
    return found


_TURNS: Final[Mapping[Kind, Callable[[Any], object]]] = {"fractions": _fraction, "texts": _as_text}
