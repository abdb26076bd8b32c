"""The periods that the rows of a role fall into: months, quarters or years of a date column."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from affidavit.config import Time
from affidavit.errors import SourceError
from affidavit.places import MISSING_GROUP
from affidavit.recompute.coded import Bools, Coded, code
from affidavit.recompute.rows import Rows
from affidavit.recompute.table import as_text

_CLOCK = r"[T ]\d{2}:\d{2}(:\d{2}([.,]\d+)?)?( ?(Z|[+-]\d{2}(:?\d{2})?))?"
# A day, with the time of day or without, or a month; or these as digits alone, or a year.
READABLE = rf"^(\d{{4}}-\d{{2}}(-\d{{2}}({_CLOCK})?)?|\d{{4}}|\d{{6}}|\d{{8}})$"
_DAY = 10
_PARTS = re.compile(r"^(\d{4})(?:-?(\d{2}))?(?:-?(\d{2}))?$")
# Six digits may also be a day, a month and a year of two digits: those are refused.
_FIRST_YEAR, _LAST_YEAR = 1900, 2199


def periods(rows: Rows, time: Time) -> Coded:
    """The period of every row: `2025-01`, `2025-Q1` or `2025`; `(missing)` without a date.

    Read are Arrow dates and timestamps, ISO 8601 dates and datetimes, YYYYMM and YYYYMMDD as text
    or number, and where years are asked for YYYY. A time with an offset counts on the day that is
    written.

    Raises:
        ConfigError: the column is not there.
        SourceError: a value that is no date; says in which row, never which value. Or a column of
            lists or records.
    """
    rows.table.require(time.column, "the time column")
    rows.table.require_plain(time.column)
    days = code(_days(rows.table.raw(time.column)))
    named = [_period(day, time.by) for day in days.names]
    bad = np.array([name is None for name in named] + [False])[days.codes]
    where = f"{rows.table.name}: the time column {time.column!r}"
    _require_dates(bad, where)
    texts = pa.array([*named, MISSING_GROUP], pa.string())
    return code(pa.DictionaryArray.from_arrays(_positions(days), texts).cast(pa.string()))


def _positions(days: Coded) -> Any:
    return pa.array(np.where(days.is_known, days.codes, len(days.names)).astype(np.int32))


def _days(raw: Any) -> Any:
    """Every value cut to its day, as text; what is no date stays as it is, to be refused."""
    if pa.types.is_timestamp(raw.type) or pa.types.is_date(raw.type):
        return _written(raw)
    texts = pc.utf8_trim_whitespace(as_text(raw))
    texts = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
    readable = pc.match_substring_regex(texts, READABLE)
    cut = pc.utf8_slice_codeunits(texts, 0, _DAY)
    return pc.if_else(readable, cut, pc.if_else(pc.is_valid(texts), "", texts))


def _written(raw: Any) -> Any:
    """Dates and timestamps as YYYY-MM-DD; Arrow writes them in the column's own time zone."""
    return pc.utf8_slice_codeunits(raw.cast(pa.string()), 0, _DAY)


def _period(day: str, by: str) -> str | None:
    """The period of a day, month or year; None where the calendar has none such."""
    parts = _PARTS.match(day)
    if parts is None:
        return None
    if parts[2] is None and by != "year":
        return None
    year, month = int(parts[1]), int(parts[2] or 1)
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return None
    try:
        dt.date(year, month, int(parts[3] or 1))
    except ValueError:
        return None
    if by == "year":
        return f"{year:04d}"
    return f"{year:04d}-{month:02d}" if by == "month" else f"{year:04d}-Q{(month + 2) // 3}"


def _require_dates(bad: Bools, where: str) -> None:
    if bad.any():
        raise SourceError(
            f"{where}: row {int(np.argmax(bad)) + 1} holds no date; {int(bad.sum())} in all do not",
            "read are ISO 8601 dates (2025-03-31), YYYYMM and YYYYMMDD",
            "write the dates so in the snapshot, or name another column as [time] column",
        )
