"""Reading tables: CSV, Parquet and Arrow, strictly, with text kept as text.

CSV values are read as text and turned into numbers where a number is asked for; what counts as
missing is pandas' list, since that is how the models were trained.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from affidavit.errors import ConfigError, SourceError
from affidavit.printable import printable
from affidavit.reading_rules import NUMBER, WHOLE_FLOAT
from affidavit.recompute.coded import Coded, code
from affidavit.recompute.csv_file import CORRECT
from affidavit.recompute.partitions import columns_of
from affidavit.recompute.parts import Part, join, unlike
from affidavit.recompute.table_files import TableFile, read_file, tables_among
from affidavit.wording import first_text

_NAMED: Final = 5
# What pandas calls an index that has no name: in Parquet and Arrow, and once it was read from CSV.
_INDEX: Final = re.compile(r"__index_level_[0-9]+__")
_CSV_INDEX: Final = "Unnamed: 0"
_DECIMAL_COMMA: Final = re.compile(r"[+-]?[0-9]{1,3}([. \u00a0\u202f]?[0-9]{3})*,[0-9]+")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one dataset role or protected table, and the name of their file.

    Attributes:
        data: a pyarrow Table.
        is_text: whether every value was read as text.
        notes: what a reader should know of how its files were read.
        columns: its columns, less `index`.
        index: columns that pandas wrote without being asked: numbers of rows, most often. They can
            be named, and are no columns of the data.
    """

    name: str
    data: Any  # pyarrow.Table, which has no types
    is_text: bool
    notes: tuple[str, ...] = ()
    columns: tuple[str, ...] = field(init=False)
    index: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        names = self.data.column_names
        index = tuple(n for i, n in enumerate(names) if is_index(n) and (i == 0 or n != _CSV_INDEX))
        object.__setattr__(self, "index", index)
        object.__setattr__(self, "columns", tuple(n for n in names if n not in index))

    @property
    def n_rows(self) -> int:
        return int(self.data.num_rows)

    def has(self, column: str) -> bool:
        """Whether the column is there, among `columns` or as an index."""
        return bool(self.data.schema.get_field_index(column) >= 0)

    def require(self, column: str, meaning: str) -> None:
        """Refuse a table without this column.

        Raises:
            ConfigError: names the file, the column, and those that there are: what affidavit.toml
                says of the table is not so.
        """
        if not self.has(column):
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
    """Read the tables of one role as one, in the order of their paths' bytes.

    Files in folders named `<column>=<value>` have these columns too. Parts without rows are passed
    over where others have some; columns may stand in another order.

    Raises:
        SourceError: no table among them, tables with different columns, or one that cannot be read.
    """
    given = list(files)
    chosen = tables_among(given, what)
    first = chosen[0]
    if other := next((f for f in chosen if f.is_text != first.is_text), None):
        raise unlike(what, printable(first.name), printable(other.name))
    folders = columns_of([f.name for f in chosen], is_text=first.is_text)
    parts = [
        Part(printable(f.name), _with_folders(read_file(f), columns, f.name))
        for f, columns in zip(chosen, folders, strict=True)
    ]
    filled = [p for p in parts if p.data.num_rows]
    if not filled:
        more = f" and {len(parts) - 1} more" if len(parts) > 1 else ""
        raise SourceError(f"{parts[0].name}{more} has no rows", fix=CORRECT)
    name = filled[0].name + (f" and {len(filled) - 1} more" if len(filled) > 1 else "")
    found = Table(name, join(filled, what), first.is_text)
    return replace(found, notes=_notes(given, chosen, found, list(folders[0])))


def _with_folders(data: Any, columns: Mapping[str, Any], name: str) -> Any:
    """The table with the columns of its folders; one that the file has too must say the same."""
    for column, value in columns.items():
        repeated = pa.repeat(value, data.num_rows)
        if column not in data.column_names:
            data = data.append_column(column, repeated)
            continue
        own = data.column(column).combine_chunks()
        if data.num_rows and not as_text(own).equals(as_text(repeated)):
            raise SourceError(
                f"{printable(name)}: the column {printable(column)!r} has other values than the "
                "folder that it lies in",
                fix="take the column out of the files, or correct the folders' names",
            )
    return data


def _notes(
    given: Sequence[TableFile], chosen: Sequence[TableFile], found: Table, folders: Sequence[str]
) -> tuple[str, ...]:
    """What a reader should know of how the files became one table."""
    notes = []
    if folders:
        notes.append(f"{_few(folders)} read from the names of its folders.")
    taken = {f.name for f in chosen}
    left = sorted(f.name for f in given if f.name not in taken)
    if left:
        notes.append(f"{len(left)} of {len(given)} files are not read as tables: {_few(left)}.")
    if found.index:
        notes.append(f"{_few(found.index)} is an index that pandas wrote, and no column.")
    return tuple(notes)


def _few(names: Sequence[str]) -> str:
    return printable(first_text(names, _NAMED))


def is_index(column: str) -> bool:
    """Whether a column has the name that pandas gives to an index without one."""
    return column == _CSV_INDEX or _INDEX.fullmatch(column) is not None


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
        raise SourceError(f"{where}: {array.type} values are no numbers", fix=CORRECT) from error
    except pa.ArrowInvalid as error:
        row, value = next(
            ((i, v) for i, v in enumerate(array.to_pylist(), 1) if not _is_number(v)), (0, "")
        )
        if _DECIMAL_COMMA.fullmatch(str(value)):
            raise SourceError(
                f"{where}: row {row} holds a number with a decimal comma",
                fix="write numbers with a decimal point, and make the snapshot again",
            ) from error
        raise SourceError(f"{where}: row {row} holds no number", fix=CORRECT) from error


def _is_number(value: object) -> bool:
    if value is None:
        return True
    try:
        float(str(value))
    except ValueError:
        return False
    return True
