"""Tables beside recomputed ones: counts by cell, thresholds and predictions by row."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from itertools import count, zip_longest
from typing import Final

from affidavit.bundle.recheck import Tally
from affidavit.errors import BundleError
from affidavit.reproduce.closeness import score_status, worst
from affidavit.reproduce.record import Difference, Status, tally

_SUMS: Final = ("n", "sum_w", "sum_w2")
_TOLD: Final = 100  # rows of one table; the tally counts all
Row = dict[str, str]
Sums = tuple[Decimal, ...]


def compare_counts(
    path: str, signed: bytes, ours: bytes, gone: Collection[str] = ()
) -> tuple[Tally, tuple[Difference, ...]]:
    """Two count tables, cell by cell, exactly.

    Args:
        path: of the table.
        signed: as CSV.
        ours: as CSV.
        gone: attributes that could not be recomputed; the signed cells are added up over them.

    Raises:
        BundleError: the signed one is no count table.
    """
    theirs, mine = _cells(path, signed, gone), _cells(path, ours, gone)
    statuses: list[Status] = []
    told: list[Difference] = []
    for key in sorted(theirs.keys() | mine.keys()):
        one, other = theirs.get(key), mine.get(key)
        status: Status = "equal" if one == other else "different"
        if one is None or other is None:
            status = "extra" if one is None else "missing"
        statuses.append(status)
        if status != "equal" and len(told) < _TOLD:
            told.append(Difference(
                path=path, what=_cell_text(key), field=", ".join(_SUMS), status=status,
                signed=_sums_text(one), recomputed=_sums_text(other),
            ))  # fmt: skip
    return tally(statuses), tuple(told)


Key = tuple[tuple[str, str], ...]


def _cells(path: str, content: bytes, gone: Collection[str]) -> dict[Key, Sums]:
    cells: dict[Key, Sums] = {}
    for row in csv_rows(path, content):
        if not set(_SUMS) <= row.keys():
            raise BundleError(f"{path} has no columns {', '.join(_SUMS)}")
        key = tuple((k, v) for k, v in row.items() if k not in _SUMS and k not in gone)
        sums = tuple(_decimal(path, row[name]) for name in _SUMS)
        before = cells.get(key, (Decimal(0),) * len(_SUMS))
        cells[key] = tuple(a + b for a, b in zip(before, sums, strict=True))
    return cells


def _decimal(path: str, text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation as error:
        raise BundleError(f"{path}: {text[:30]!r} is not a number") from error


def _cell_text(key: Key) -> str:
    return ", ".join(f"{name} {value or '(none)'}" for name, value in key)


def _sums_text(sums: Sums | None) -> str | None:
    return None if sums is None else ", ".join(format(s.normalize(), "f") for s in sums)


def csv_rows(path: str, content: bytes) -> Iterator[Row]:
    """The rows of a CSV file in memory, by column.

    Raises:
        BundleError: not UTF-8, or a row of another width.
    """
    try:
        yield from by_column(path, io.StringIO(content.decode(), newline=""))
    except (UnicodeDecodeError, csv.Error) as error:
        raise BundleError(f"{path} is not a CSV file", str(error)) from error


def by_column(path: str, lines: Iterable[str]) -> Iterator[Row]:
    """The rows of CSV lines, by the names of the first.

    Raises:
        BundleError: a row of another width.
    """
    reader = csv.reader(lines, strict=True)
    header = next(reader, [])
    for row in reader:
        if len(row) != len(header):
            raise BundleError(f"{path}, line {reader.line_num}: {len(row)} fields")
        yield dict(zip(header, row, strict=True))


def compare_rows(
    path: str,
    signed: Iterable[Row],
    ours: Iterable[Row],
    scores: Sequence[str],
    numbers: Iterable[int] | None = None,
) -> tuple[Tally, tuple[Difference, ...]]:
    """Two tables row by row, in order; memory does not grow with them.

    A row is told by its number: its id may be personal data.

    Args:
        path: of the table.
        signed: rows by column.
        ours: rows by column.
        scores: the beginnings of the names of columns that hold scores.
        numbers: of the rows, where they are not all that there are.
    """
    counts: dict[Status, int] = defaultdict(int)
    told: list[Difference] = []
    places = count(1) if numbers is None else numbers
    for number, (one, other) in zip(places, zip_longest(signed, ours), strict=False):
        found = list(_row(path, f"row {number}", one, other, scores))
        counts[worst(d.status for d in found)] += 1
        told += found[: max(0, _TOLD - len(told))]
    return Tally(**{k.replace("-", "_"): v for k, v in counts.items()}), tuple(told)


def _row(
    path: str, what: str, one: Row | None, other: Row | None, scores: Sequence[str]
) -> Iterator[Difference]:
    if one is None or other is None:
        there: Status = "missing" if other is None else "extra"
        yield Difference(path=path, what=what, status=there)
        return
    for column in dict.fromkeys((*one, *other)):
        signed, ours = one.get(column), other.get(column)
        status: Status = "equal" if signed == ours else "different"
        is_score = column.startswith(tuple(scores))
        if status == "different" and is_score and signed is not None and ours is not None:
            status = score_status(signed, ours)
        if status != "equal":
            yield Difference(
                path=path, what=what, field=column, status=status, signed=signed, recomputed=ours
            )
