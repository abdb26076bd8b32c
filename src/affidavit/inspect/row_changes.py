"""Rows out, in and changed between two CSV files, by the id of a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from affidavit.errors import BundleError

# Both tables are held in memory while they are compared.
MAX_ROWS: Final = 300_000
MAX_BYTES: Final = 64 * 1024 * 1024
Row = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A CSV file as rows by id; without an id column, as a bag of rows."""

    columns: tuple[str, ...]
    by_id: dict[str, tuple[str, ...]] | None
    rows: Counter[tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChanges:
    """What differs. Without row ids a changed row is one out and one in."""

    rows_out: int
    rows_in: int
    rows_changed: int
    columns: tuple[str, ...]
    columns_out: tuple[str, ...]
    columns_in: tuple[str, ...]
    by_id: bool


def read_table(rows: Iterable[Row], id_column: str | None) -> Table:
    """Hold a table in memory.

    Raises:
        BundleError: more rows than are compared; what the rows' own reader raises.
    """
    columns: tuple[str, ...] = ()
    by_id: dict[str, tuple[str, ...]] | None = {}
    bag: Counter[tuple[str, ...]] = Counter()
    for seen, row in enumerate(rows, 1):
        if seen > MAX_ROWS:
            raise BundleError(f"more than {MAX_ROWS:,} rows")
        columns = columns or tuple(row)
        values = tuple(row.values())
        bag[values] += 1
        row_id = row.get(id_column) if id_column else None
        if by_id is None or row_id is None or row_id in by_id:
            by_id = None  # an id that is missing or stands twice is no id
        else:
            by_id[row_id] = values
    return Table(columns=columns, by_id=by_id, rows=bag)


def compare_tables(before: Table, after: Table) -> RowChanges:
    """Rows out, in and changed; the changed ones in columns that both have."""
    shared = [c for c in before.columns if c in after.columns]
    columns_out = tuple(c for c in before.columns if c not in after.columns)
    columns_in = tuple(c for c in after.columns if c not in before.columns)
    if before.by_id is None or after.by_id is None:
        old, new = _only(before, shared), _only(after, shared)
        return RowChanges(
            rows_out=(old - new).total(), rows_in=(new - old).total(), rows_changed=0, columns=(),
            columns_out=columns_out, columns_in=columns_in, by_id=False,
        )  # fmt: skip
    places = [(before.columns.index(c), after.columns.index(c), c) for c in shared]
    changed, columns = 0, set[str]()
    for row_id in before.by_id.keys() & after.by_id.keys():
        old_row, new_row = before.by_id[row_id], after.by_id[row_id]
        differing = {c for i, j, c in places if old_row[i] != new_row[j]}
        changed += bool(differing)
        columns |= differing
    return RowChanges(
        rows_out=len(before.by_id.keys() - after.by_id.keys()),
        rows_in=len(after.by_id.keys() - before.by_id.keys()),
        rows_changed=changed, columns=tuple(c for c in shared if c in columns),
        columns_out=columns_out, columns_in=columns_in, by_id=True,
    )  # fmt: skip


def _only(table: Table, columns: list[str]) -> Counter[tuple[str, ...]]:
    places = [table.columns.index(c) for c in columns]
    result: Counter[tuple[str, ...]] = Counter()
    for values, count in table.rows.items():
        result[tuple(values[p] for p in places)] += count
    return result
