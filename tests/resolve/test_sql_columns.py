"""Which type a column of a query's result gets."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from affidavit.errors import SourceError
from affidavit.resolve.sql_columns import cast, column_type, common_kind, read_batch

UTC, CET = dt.UTC, dt.timezone(dt.timedelta(hours=1))
ONE = uuid.UUID(int=1)
CASES: dict[str, tuple[list[Any], Any, list[Any]]] = {
    "booleans": ([True, None, False], pa.bool_(), [True, None, False]),
    "whole numbers": ([1, None, 2**63 - 1], pa.int64(), [1, None, 2**63 - 1]),
    "fractions": ([0.1, None], pa.float64(), [0.1, None]),
    "whole numbers and fractions": ([1, 0.5], pa.float64(), [1.0, 0.5]),
    "decimals": (
        [Decimal("1.50"), None, Decimal("1234567.125"), 3], pa.decimal128(38, 3),
        [Decimal("1.500"), None, Decimal("1234567.125"), Decimal("3.000")],
    ),
    "decimals in powers": ([Decimal("1E+3")], pa.decimal128(38, 0), [Decimal(1000)]),
    "decimals, one of them infinite": (
        [Decimal("1.5"), Decimal("Infinity")], pa.float64(), [1.5, float("inf")],
    ),
    "texts": (["a", None, ""], pa.string(), ["a", None, ""]),
    "uuids": ([ONE], pa.string(), [str(ONE)]),
    "JSON and arrays": (
        [{"b": 1, "a": "é"}, [1, None], None], pa.string(), ['{"a": "é", "b": 1}', "[1, null]", None],
    ),
    "dates": ([dt.date(2025, 1, 31), None], pa.date32(), [dt.date(2025, 1, 31), None]),
    "moments": (
        [dt.datetime(2025, 1, 31, 12, 0, 0, 5)], pa.timestamp("us"),
        [dt.datetime(2025, 1, 31, 12, 0, 0, 5)],
    ),
    "moments of two time zones": (
        [dt.datetime(2025, 1, 31, 12, tzinfo=CET), dt.datetime(2025, 1, 31, 12, tzinfo=UTC)],
        pa.timestamp("us", "UTC"),
        [dt.datetime(2025, 1, 31, 11, tzinfo=UTC), dt.datetime(2025, 1, 31, 12, tzinfo=UTC)],
    ),
    "times": ([dt.time(23, 59)], pa.time64("us"), [dt.time(23, 59)]),
    "nothing": ([None, None], pa.string(), [None, None]),
}  # fmt: skip


def _column(values: list[Any], size: int) -> Any:
    """The column, read in batches of a size."""
    batches = [read_batch(values[i : i + size], "c") for i in range(0, len(values), size)]
    kind = common_kind((b.kind for b in batches if b.kind is not None), "c")
    decimals = [b.values.type for b in batches if pa.types.is_decimal(b.values.type)]
    whole = column_type(kind, decimals)
    return pa.chunked_array([cast(b.values, whole, "c") for b in batches])


@pytest.mark.parametrize("size", [1, 9])
@pytest.mark.parametrize("name", CASES)
def test_a_column_has_the_type_that_holds_its_values(name: str, size: int) -> None:
    values, kind, expected = CASES[name]

    found = _column(values, size)

    assert found.type == kind
    assert found.to_pylist() == expected


REFUSED: dict[str, tuple[list[Any], str]] = {
    "text and number": (["a", 1], "texts and whole numbers"),
    "date and moment": ([dt.date(2025, 1, 1), dt.datetime(2025, 1, 1)], "dates and moments"),
    "with and without zone": (
        [dt.datetime(2025, 1, 1), dt.datetime(2025, 1, 1, tzinfo=UTC)],
        "moments and moments with a time zone",
    ),
    "booleans and numbers": ([True, 2], "whole numbers and yes or no"),
    "bytes": ([b"x"], "type bytes"),
    "durations": ([dt.timedelta(1)], "type timedelta"),
    "a number too large": ([2**63], "does not fit"),
    "too many digits": ([Decimal("1" * 30 + "." + "1" * 30)], "does not fit"),
    "half a character": (["\ud800"], "does not fit"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refuses_what_no_column_holds(name: str) -> None:
    values, expected = REFUSED[name]

    for size in (1, 9):
        with pytest.raises(SourceError) as caught:
            _column(values, size)

        assert expected in caught.value.what
        assert caught.value.what.startswith("the column 'c' of the query's result")
        assert caught.value.fix


def test_decimals_of_two_batches_that_do_not_fit_one_type_are_refused() -> None:
    with pytest.raises(SourceError, match="no one type holds exactly"):
        _column([Decimal("9" * 30), Decimal("0." + "1" * 20)], 1)
