"""A look at a data file: its columns, and how often the few values of a column stand there.

No more of the data is shown than that: a value only of a column with few, only where it stands in
several rows, and never of a column that looks personal.
"""

from __future__ import annotations

import csv
import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from affidavit.errors import UsageError
from affidavit.recompute.personal import name_hints, value_hints

ROWS = 10_000
_CELLS = 1_000_000  # of a wide table fewer rows are looked at, but some
_FEWEST = 200
_LOOKED_INTO = 100  # values of a column, for their form
FEW = 10
FREQUENT = 3  # rows that a value stands in, before it is shown
SUFFIXES = (".csv", ".parquet")
_LONGEST = 40  # characters of a value; a longer one is a note, not a category


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One column in the first rows.

    Attributes:
        values: those that stand in several rows, if the column has few, most frequent first.
        counts: of the values, in their order.
        has_others: values are there that are not shown.
        is_known: the column takes no other values: none is hidden, and every row was looked at.
        is_unique: it could name a row: no value stood twice, none is a fraction.
        is_numeric: every value that was there is a number.
        personal: why it may hold personal data; then no value is kept.
    """

    name: str
    values: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    has_others: bool = False
    is_known: bool = False
    is_unique: bool = False
    is_numeric: bool = False
    personal: tuple[str, ...] = ()

    @property
    def example(self) -> str:
        """`no 7,033, yes 1,204`; empty where no value is to be shown."""
        pairs = zip(self.values, self.counts, strict=True)
        rest = ("others",) if self.has_others and self.values else ()
        return ", ".join([*(f"{v} {n:,}" for v, n in pairs), *rest])


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A data file, by the path that affidavit.toml would name.

    Attributes:
        rows: how many were looked at.
        is_cut: there are more.
        role: what the person who gave it by --dataset calls it; None for one that was found.
        uri: where it was said to be, for one that was given; then no commit is asked for it.
    """

    path: str
    columns: tuple[Seen, ...]
    rows: int
    is_cut: bool = False
    role: str | None = None
    uri: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def size(self) -> str:
        """`24,000 rows, 25 columns`, for a person."""
        if not self.columns:
            return "not looked at"
        least = "at least " if self.is_cut else ""
        return f"{least}{self.rows:,} rows, {len(self.columns):,} columns"


def read_table(file: Path, path: str) -> Table:
    """The columns of a CSV or Parquet file, from its first 10,000 rows, of a wide one fewer.

    Args:
        file: where it is now.
        path: what affidavit.toml is to call it.

    Raises:
        UsageError: neither format, no header, or unreadable.
    """
    read = _read_parquet if file.suffix.lower() == ".parquet" else _read_csv
    columns, rows, is_cut = read(file)
    return Table(
        path=path, rows=rows, is_cut=is_cut,
        columns=tuple(_seen(name, values, is_cut=is_cut) for name, values in columns),
    )  # fmt: skip


_Columns = list[tuple[str, list[str]]]


def _read_csv(file: Path) -> tuple[_Columns, int, bool]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines, strict=True)
            header = next(reader, None)
            if not header:
                raise UsageError(f"{file}: no header", "the file is empty", "give a file with rows")
            rows = list(itertools.islice(reader, _most_rows(len(header))))
            is_cut = next(reader, None) is not None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(
            f"{file} cannot be read as CSV", str(error), "give UTF-8 CSV or Parquet"
        ) from error
    columns = [(name, [r[i] for r in rows if i < len(r)]) for i, name in enumerate(header)]
    return columns, len(rows), is_cut


def _read_parquet(file: Path) -> tuple[_Columns, int, bool]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        source = pq.ParquetFile(file)
        names: Sequence[str] = source.schema_arrow.names
        most = _most_rows(len(names))
        batch = next(source.iter_batches(batch_size=most), None)
        is_cut = source.metadata.num_rows > most
    except (OSError, pa.ArrowException) as error:
        raise UsageError(
            f"{file} cannot be read as Parquet", str(error), "give UTF-8 CSV or Parquet"
        ) from error
    columns = []
    for index, name in enumerate(names):
        values = [] if batch is None else batch.column(index).to_pylist()
        columns.append((name, ["" if v is None else str(v) for v in values]))
    return columns, 0 if batch is None else batch.num_rows, is_cut


def _most_rows(columns: int) -> int:
    return min(ROWS, max(_FEWEST, _CELLS // max(columns, 1)))


def _seen(name: str, values: Sequence[str], *, is_cut: bool) -> Seen:
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    kept = sorted((v for v in counts if v), key=lambda v: (-counts[v], v))
    personal = name_hints(name) + value_hints(kept[:_LOOKED_INTO])
    shown = [] if personal or len(kept) > FEW else [v for v in kept if _may_show(v, counts[v])]
    return Seen(
        name=name,
        values=tuple(shown),
        counts=tuple(counts[v] for v in shown),
        has_others=len(shown) < len(kept),
        is_known=bool(shown) and len(shown) == len(kept) and not is_cut,
        is_unique=len(values) > 1
        and len(counts) == len(values)
        and not any(map(_is_fraction, kept)),
        is_numeric=bool(kept) and all(_are_numbers(kept)),
        personal=personal,
    )


def _may_show(value: str, count: int) -> bool:
    return count >= FREQUENT and len(value) <= _LONGEST


def _is_fraction(value: str) -> bool:
    try:
        return not float(value).is_integer()
    except ValueError:
        return False


def _are_numbers(values: Iterable[str]) -> Iterator[bool]:
    for value in values:
        try:
            yield math.isfinite(float(value))
        except ValueError:
            yield False
