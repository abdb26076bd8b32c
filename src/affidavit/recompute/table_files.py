"""Reading one file of a table, and which files of a folder are tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import feather

from affidavit.errors import SourceError
from affidavit.printable import printable
from affidavit.recompute.csv_file import CORRECT, read_csv
from affidavit.recompute.partitions import is_partition

SUFFIXES: Final = (".csv", ".csv.gz", ".tsv", ".parquet", ".pq", ".arrow", ".feather", ".ipc")
MAX_NAME: Final = 1000
_PARQUET, _ARROW = (".parquet", ".pq"), (".arrow", ".feather", ".ipc")
_TEXT_BYTES: Final = 4
_FILE_MARKS: Final = (b"ARROW1", b"FEA1")
# A folder that a log keeps: files that were deleted or replaced still lie in it.
_KEPT_BY_A_LOG: Final = {"_delta_log": "Delta", ".hoodie": "Hudi"}


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file on disk, and what to call it: its path as seen from the folder of the role."""

    name: str
    path: Path

    @property
    def is_table(self) -> bool:
        """Whether the ending is that of a table, in a folder that readers of tables look into.

        Names that begin with `_` or `.` are notes of the program that wrote the folder.
        """
        hidden = any(
            part.startswith(("_", ".")) and not is_partition(part) for part in self.name.split("/")
        )
        return self.name.lower().endswith(SUFFIXES) and not hidden

    @property
    def is_text(self) -> bool:
        """Whether its values are read as text."""
        return not self.name.lower().endswith((*_PARQUET, *_ARROW))


def tables_among(files: Sequence[TableFile], what: str) -> list[TableFile]:
    """Those of a role's files that are its table, in the order of their paths' bytes.

    A file alone is taken for one whatever its name.

    Raises:
        SourceError: none is, or which of them count stands in a log that is not read here.
    """
    given = sorted(files, key=lambda f: f.name.encode("utf-8", "surrogatepass"))
    _require_no_log(given, what)
    chosen = [f for f in given if f.is_table] or (given if len(given) == 1 else [])
    if not chosen:
        raise SourceError(
            f"{what}: no table among its {len(given)} files",
            f"a table ends in {', '.join(SUFFIXES)}",
            "name the file itself as the path of the role in affidavit.toml",
        )
    return chosen


def _require_no_log(files: Sequence[TableFile], what: str) -> None:
    for file in files:
        parts = file.name.split("/")
        kind = next((_KEPT_BY_A_LOG[p] for p in parts[:-1] if p in _KEPT_BY_A_LOG), None)
        if "metadata" in parts[:-1] and parts[-1].endswith(".metadata.json"):
            kind = "Iceberg"
        if kind is not None:
            raise SourceError(
                f"{what} is a table of {kind}: {printable(file.name)}",
                "which of its files hold rows that still count stands in its log, and old ones lie "
                "beside them",
                "export the table's current rows to Parquet, and take that as the snapshot",
            )


def read_file(file: TableFile) -> Any:
    """One file as an Arrow table; one without rows is no fault here.

    Raises:
        SourceError: it cannot be read, a column's name stands twice, is empty or has more than
            1,000 characters.
    """
    shown = printable(file.name)
    try:
        found = _read(file, shown)
    except (pa.ArrowException, OSError, UnicodeError) as error:
        raise SourceError(f"{shown} cannot be read as a table", _reason(error), CORRECT) from error
    for place, name in enumerate(found.column_names, 1):
        if not name or len(name) > MAX_NAME:
            size = f"a name of {len(name):,} characters" if name else "no name"
            raise SourceError(
                f"{shown}: column {place} has {size}", f"expected 1 to {MAX_NAME:,}", CORRECT
            )
    if len(set(found.column_names)) != found.num_columns:
        names = found.column_names
        twice = min(n for n in names if names.count(n) > 1)
        raise SourceError(f"{shown}: the column {printable(twice)!r} stands twice", fix=CORRECT)
    return found


def _read(file: TableFile, shown: str) -> Any:
    name = file.name.lower()
    if name.endswith(_PARQUET):
        # The folders of this machine are no partitions of the table.
        return _without_views(
            pq.read_table(
                file.path, use_threads=False, partitioning=None,
                read_dictionary=_of_few_texts(file.path),
            )
        )  # fmt: skip
    if name.endswith(_ARROW):
        return _without_views(_read_arrow(file.path))
    return read_csv(shown, file.path)


def _read_arrow(path: Path) -> Any:
    """A file of Arrow or Feather, or the stream that some libraries write under the same ending."""
    with path.open("rb") as file:
        start = file.read(6)
    if start.startswith(_FILE_MARKS):
        return feather.read_table(path, use_threads=False)
    with pa.memory_map(str(path)) as source, pa.ipc.open_stream(source) as reader:
        return reader.read_all()


def _without_views(table: Any) -> Any:
    """Strings that are views into others, as some libraries write them, as plain strings."""
    for place, field in enumerate(table.schema):
        if pa.types.is_string_view(field.type):
            plain = table.column(place).cast(pa.string())
            table = table.set_column(place, field.name, plain)
    return table


def _of_few_texts(path: Path) -> list[str]:
    """Text columns that the file itself holds as a dictionary: coded they take the least room.

    A text written out takes at least the four bytes of its length.
    """
    about = pq.read_metadata(path)
    size: dict[str, int] = {}
    for group in range(about.num_row_groups):
        for place in range(about.num_columns):
            part = about.row_group(group).column(place)
            if part.physical_type == "BYTE_ARRAY":
                name = part.path_in_schema
                size[name] = size.get(name, 0) + part.total_uncompressed_size
    flat = {about.schema.column(i).name: about.schema.column(i) for i in range(about.num_columns)}
    return sorted(
        name
        for name, found in size.items()
        if name in flat
        and flat[name].path == name
        and flat[name].logical_type.type == "STRING"
        and found < _TEXT_BYTES * about.num_rows
    )


def _reason(error: BaseException) -> str:
    """The first line of a library's message; what it quotes of the data is cut."""
    said = (str(error).splitlines() or [type(error).__name__])[0]
    return printable(said.partition(": '")[0])[:160]
