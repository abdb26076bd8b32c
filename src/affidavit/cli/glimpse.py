"""A look at a data file for `init`: its columns, and what few values they take."""

from __future__ import annotations

import csv
import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from affidavit.errors import UsageError

ROWS = 10_000
FEW = 10
SUFFIXES = (".csv", ".parquet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One column in the first rows.

    Attributes:
        values: the values it takes, if they are few, most frequent first; else empty.
        is_unique: no value stood twice.
        is_numeric: every value that was there is a number.
    """

    name: str
    values: tuple[str, ...]
    is_unique: bool
    is_numeric: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A data file, by the path that affidavit.toml would name."""

    path: str
    columns: tuple[Seen, ...]
    rows: int

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


def read_table(file: Path, path: str) -> Table:
    """The columns of a CSV or Parquet file, from its first 10,000 rows.

    Args:
        file: where it is now.
        path: what affidavit.toml is to call it.

    Raises:
        UsageError: neither format, no header, or unreadable.
    """
    if file.suffix.lower() == ".parquet":
        return _read_parquet(file, path)
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines, strict=True)
            header = next(reader, None)
            if not header:
                raise UsageError(f"{file}: no header", "the file is empty", "give another --data")
            rows = list(itertools.islice(reader, ROWS))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(
            f"{file} cannot be read as CSV", str(error), "give UTF-8 CSV or Parquet with --data"
        ) from error
    columns = (_seen(n, (r[i] for r in rows if i < len(r))) for i, n in enumerate(header))
    return Table(path=path, columns=tuple(columns), rows=len(rows))


def _read_parquet(file: Path, path: str) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        source = pq.ParquetFile(file)
        batch = next(source.iter_batches(batch_size=ROWS), None)
        names: Sequence[str] = source.schema_arrow.names
    except (OSError, pa.ArrowException) as error:
        raise UsageError(
            f"{file} cannot be read as Parquet", str(error), "give UTF-8 CSV or Parquet with --data"
        ) from error
    columns = []
    for index, name in enumerate(names):
        values = [] if batch is None else batch.column(index).to_pylist()
        columns.append(_seen(name, ("" if v is None else str(v) for v in values)))
    return Table(path=path, columns=tuple(columns), rows=0 if batch is None else batch.num_rows)


def _seen(name: str, values: Iterable[str]) -> Seen:
    counts: dict[str, int] = {}
    total = 0
    for value in values:
        total += 1
        counts[value] = counts.get(value, 0) + 1
    kept = sorted((v for v in counts if v), key=lambda v: (-counts[v], v))
    return Seen(
        name=name,
        values=tuple(kept) if len(kept) <= FEW else (),
        is_unique=total > 1 and len(counts) == total,
        is_numeric=bool(kept) and all(_are_numbers(kept)),
    )


def _are_numbers(values: list[str]) -> Iterator[bool]:
    for value in values:
        try:
            yield math.isfinite(float(value))
        except ValueError:
            yield False
