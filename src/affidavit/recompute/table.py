"""Reading tables: CSV, Parquet and Arrow, strictly, with text kept as text.

CSV values are read as text and turned into numbers where a number is asked for; what counts as
missing is pandas' list, since that is how the models were trained.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
from pyarrow import feather

from affidavit.errors import ConfigError, SourceError
from affidavit.printable import printable
from affidavit.reading_rules import MISSING_WORDS, NUMBER, WHOLE_FLOAT
from affidavit.recompute.coded import Coded, code

SUFFIXES = (".csv", ".csv.gz", ".tsv", ".parquet", ".pq", ".arrow", ".feather", ".ipc")
_CORRECT = "correct the snapshot, or name another file as the path of the role"
_MAX_HEADER_BYTES = 1 << 20
_TEXT_BYTES = 4


@dataclass(frozen=True, slots=True)
class TableFile:
    """A file on disk, and what to call it."""

    name: str
    path: Path

    @property
    def is_table(self) -> bool:
        """Whether the ending is that of a table."""
        return self.name.lower().endswith(SUFFIXES)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one dataset role or protected table, and the name of their file."""

    name: str
    data: Any  # pyarrow.Table, which has no types
    is_text: bool

    @property
    def n_rows(self) -> int:
        return int(self.data.num_rows)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.data.column_names)

    def require(self, column: str, meaning: str) -> None:
        """Refuse a table without this column.

        Raises:
            ConfigError: names the file, the column, and those that there are: what affidavit.toml
                says of the table is not so.
        """
        if column not in self.columns:
            shown = ", ".join(self.columns[:40]) + (", ..." if len(self.columns) > 40 else "")
            raise ConfigError(
                f"{self.name}: {meaning} {column!r} is not among its columns",
                f"it has {printable(shown)}",
                "correct affidavit.toml, or the snapshot that it names",
            )

    def raw(self, column: str) -> Any:
        """The column as one Arrow array, as it was read; never a dictionary."""
        found = self.data.column(column)
        if pa.types.is_dictionary(found.type):
            found = found.cast(found.type.value_type)
        chunks = found.combine_chunks()
        return chunks.combine_chunks() if isinstance(chunks, pa.ChunkedArray) else chunks

    def text(self, column: str) -> Any:
        """The column as an Arrow string array; missing is null, whole floats have no `.0`.

        Raises:
            SourceError: a column of lists or records, which are no text.
        """
        self.require_plain(column)
        return as_text(self.raw(column))

    def coded(self, column: str) -> Coded:
        """The column as `text` gives it, as codes; only its distinct values are made text.

        Raises:
            SourceError: a column of lists or records, which are no text.
        """
        self.require_plain(column)
        return as_coded(self.data.column(column))

    def require_plain(self, column: str) -> None:
        """Refuse a column of lists or records.

        Raises:
            SourceError: names the file, the column and what it holds.
        """
        kind = self.data.column(column).type
        if pa.types.is_nested(kind) or pa.types.is_map(kind):
            raise SourceError(
                f"{self.name}: the column {column!r} holds {kind} values; expected one plain value "
                "in each row",
                fix="write the column out flat in the snapshot, or name another",
            )

    def numbers(self, column: str, meaning: str) -> Any:
        """The column as float64; missing is null.

        Raises:
            SourceError: a value that is no number; says in which row, never which value.
        """
        return as_numbers(self.raw(column), f"{self.name}: {meaning} {column!r}")


def read_tables(files: Iterable[TableFile], what: str) -> Table:
    """Read the tables of one role as one, in the order of their names.

    Raises:
        SourceError: no table among them, tables with different columns, or one that cannot be read.
    """
    given = sorted(files, key=lambda f: f.name.encode())
    chosen = [f for f in given if f.is_table] or (given if len(given) == 1 else [])
    if not chosen:
        raise SourceError(
            f"{what}: no table among its {len(given)} files",
            f"a table ends in {', '.join(SUFFIXES)}",
            "name the file itself as the path of the role in affidavit.toml",
        )
    tables = [_read(f) for f in chosen]
    first = tables[0]
    for other in tables[1:]:
        if other.columns != first.columns or other.is_text != first.is_text:
            raise SourceError(
                f"{what}: {first.name} and {other.name} have different columns or formats",
                fix="name one file as the path of the role in affidavit.toml",
            )
    if len(tables) == 1:
        return first
    try:
        joined = pa.concat_tables(
            [_with_common_columns(t.data, tables) for t in tables], promote_options="permissive"
        )
    except pa.ArrowInvalid as error:
        raise SourceError(
            f"{what}: its tables do not fit together", _reason(error), _CORRECT
        ) from error
    return Table(f"{first.name} and {len(tables) - 1} more", joined, first.is_text)


def _with_common_columns(data: Any, tables: Sequence[Table]) -> Any:
    """The table, text written out where another part does not hold it as a dictionary."""
    for place, field in enumerate(data.schema):
        kinds = {t.data.schema.field(place).type for t in tables}
        if len(kinds) > 1 and pa.types.is_dictionary(field.type):
            plain = data.column(place).cast(field.type.value_type)
            data = data.set_column(place, field.name, plain)
    return data


def _read(file: TableFile) -> Table:
    name = file.name.lower()
    try:
        if name.endswith((".parquet", ".pq")):
            found = Table(file.name, _read_parquet(file.path), is_text=False)
        elif name.endswith((".arrow", ".feather", ".ipc")):
            found = Table(file.name, feather.read_table(file.path, use_threads=False), False)
        else:
            found = Table(file.name, _read_csv(file), is_text=True)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError, UnicodeError) as error:
        raise SourceError(
            f"{file.name} cannot be read as a table", _reason(error), _CORRECT
        ) from error
    if len(set(found.columns)) != len(found.columns):
        twice = sorted({c for c in found.columns if found.columns.count(c) > 1})
        raise SourceError(
            f"{file.name}: the column {printable(twice[0])!r} stands twice", fix=_CORRECT
        )
    if found.n_rows == 0:
        raise SourceError(f"{file.name} has no rows", fix=_CORRECT)
    return found


def _read_parquet(path: Path) -> Any:
    return pq.read_table(path, use_threads=False, read_dictionary=_of_few_texts(path))


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


def _read_csv(file: TableFile) -> Any:
    delimiter = "\t" if file.name.lower().endswith(".tsv") else ","
    faults: list[str] = []

    def note(row: Any) -> str:
        faults.append(
            f"line {row.number}: {row.actual_columns} fields, expected {row.expected_columns}"
        )
        return "error"

    names = _header(file, delimiter)
    try:
        return pacsv.read_csv(
            file.path,
            read_options=pacsv.ReadOptions(use_threads=False, block_size=8 << 20),
            parse_options=pacsv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, invalid_row_handler=note
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), null_values=list(MISSING_WORDS),
                strings_can_be_null=True,
            ),
        )  # fmt: skip
    except pa.ArrowInvalid as error:
        if faults:
            raise SourceError(
                f"{file.name} cannot be read as a table", faults[0], _CORRECT
            ) from error
        raise


def _header(file: TableFile, delimiter: str) -> list[str]:
    """The column names, so that every column can be asked for as text."""
    with pa.input_stream(str(file.path)) as stream:
        start = stream.read(_MAX_HEADER_BYTES)
    text = codecs.getincrementaldecoder("utf-8-sig")("strict").decode(start)
    names = next(csv.reader(text.splitlines(keepends=True), delimiter=delimiter), [])
    if len(names) == 1 and ";" in names[0]:
        raise SourceError(
            f"{file.name} is separated by semicolons", "commas are expected",
            "save the snapshot with commas",
        )  # fmt: skip
    return names


def as_text(array: Any) -> Any:
    """Any column as strings: booleans true/false, whole floats without `.0`, empty is missing.

    Text too, where all of a column are numbers: pandas writes 1.0 for 1 once a value is missing.
    """
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_floating(array.type):
        array = pc.if_else(pc.is_nan(array), pa.scalar(None, array.type), array)
        whole = pc.all(pc.equal(array, pc.floor(array)), skip_nulls=True).as_py()
        small = pc.all(pc.less(pc.abs(array), 2**53), skip_nulls=True).as_py()
        if whole is not False and small is not False:
            array = array.cast(pa.int64())
    texts = array.cast(pa.string())
    texts = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
    if pc.all(pc.match_substring_regex(texts, NUMBER), skip_nulls=True).as_py() is False:
        return texts
    return pc.replace_substring_regex(texts, WHOLE_FLOAT, r"\1")


def as_coded(column: Any) -> Coded:
    """Any column as codes into its texts: what `as_text` gives for each, and null for none.

    The rules of `as_text` ask what all values of a column are, never how often or where, so they
    may be put to the distinct values.
    """
    if pa.types.is_null(column.type):
        column = column.cast(pa.string())
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(column)
    if isinstance(column, pa.ChunkedArray):
        column = column.unify_dictionaries().combine_chunks()
    return code(pa.DictionaryArray.from_arrays(column.indices, as_text(column.dictionary)))


def as_numbers(array: Any, where: str) -> Any:
    """Any column as float64; missing is null.

    Raises:
        SourceError: a value that is no number.
    """
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        array = pc.utf8_trim_whitespace(array)
    try:
        return array.cast(pa.float64(), safe=False)
    except pa.ArrowNotImplementedError as error:
        raise SourceError(f"{where}: {array.type} values are no numbers", fix=_CORRECT) from error
    except pa.ArrowInvalid as error:
        row = next((i for i, v in enumerate(array.to_pylist(), 1) if not _is_number(v)), 0)
        raise SourceError(f"{where}: row {row} holds no number", fix=_CORRECT) from error


def _is_number(value: object) -> bool:
    if value is None:
        return True
    try:
        float(str(value))
    except ValueError:
        return False
    return True


def _reason(error: BaseException) -> str:
    """The first line of a library's message; what it quotes of the data is cut."""
    return printable(str(error).splitlines()[0].partition(": '")[0])[:160]
