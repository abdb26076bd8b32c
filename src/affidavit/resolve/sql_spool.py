"""Batches of rows on disk, until the last one has told the type of each column."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from affidavit.resolve.sql_columns import Batch, Kind, cast, column_type, common_kind, read_batch

# Of a batch, which is held as Python objects: rows, and values of all columns together.
BATCH_ROWS: Final = 1 << 16
BATCH_CELLS: Final = 1 << 20


class Spool:
    """Rows that are taken in batches, and written as one Parquet file.

    Args:
        folder: an empty one, for this alone.
        names: of the columns.
    """

    def __init__(self, folder: Path, names: tuple[str, ...]) -> None:
        self.rows = 0
        self._folder, self._names = folder, names
        self._files: list[Path] = []
        self._kinds: list[set[Kind]] = [set() for _ in names]
        self._decimals: list[set[Any]] = [set() for _ in names]

    def add(self, rows: Sequence[Sequence[object]]) -> None:
        """Keep one batch; those of one result have the same size but for the last.

        Raises:
            SourceError: values that no table holds, or not in one column with the earlier ones.
        """
        columns = [
            read_batch(values, name)
            for values, name in zip(zip(*rows, strict=True), self._names, strict=True)
        ]
        for place, column in enumerate(columns):
            self._note(place, column)
        file = self._folder / f"{len(self._files)}.arrow"
        batch = pa.record_batch([c.values for c in columns], names=list(self._names))
        with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, batch.schema) as writer:
            writer.write_batch(batch)
        self._files.append(file)
        self.rows += len(rows)

    def _note(self, place: int, column: Batch) -> None:
        if column.kind is not None:
            self._kinds[place].add(column.kind)
            common_kind(self._kinds[place], self._names[place])  # now, not after hours of rows
        if pa.types.is_decimal(column.values.type):
            self._decimals[place].add(column.values.type)

    def write(self, path: Path) -> None:
        """All batches in the types of their columns; fixed settings, so that bytes follow rows.

        Raises:
            SourceError: numbers of one column that no one type holds exactly.
        """
        kinds = [
            column_type(common_kind(kinds, name), decimals)
            for name, kinds, decimals in zip(self._names, self._kinds, self._decimals, strict=True)
        ]
        schema = pa.schema(list(zip(self._names, kinds, strict=True)))
        whole = self._folder / "whole.parquet"
        with pq.ParquetWriter(
            whole, schema, version="2.6", compression="zstd", compression_level=3,
            write_statistics=False, store_schema=False,
        ) as writer:  # fmt: skip
            for file in self._files:
                with pa.memory_map(str(file)) as source:
                    batch = pa.ipc.open_file(source).get_batch(0)
                    arrays = [
                        cast(values, kind, name)
                        for values, kind, name in zip(batch, kinds, self._names, strict=True)
                    ]
                    table = pa.table(arrays, schema=schema)
                    writer.write_table(table, row_group_size=BATCH_ROWS)
                file.unlink()
        whole.replace(path)
