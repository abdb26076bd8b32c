"""Reading one CSV file strictly, every value as text: what is damaged is refused, with its line.

Arrow's reader takes a quotation mark that is never closed for a value of many lines: the rows
after it would be gone without a word. So the lines are counted while they are read, and where they
are not as many as the rows, a strict reader goes through the file again.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.csv as pacsv

from affidavit.errors import SourceError
from affidavit.printable import printable
from affidavit.reading_rules import MISSING_WORDS

CORRECT: Final = "correct the snapshot, or name another file as the path of the role"
_MAX_HEADER_BYTES: Final = 1 << 20
_BLOCK: Final = 8 << 20
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SEPARATORS: Final = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def read_csv(name: str, path: Path) -> Any:
    """The rows as an Arrow table of strings; pandas' words for a missing value are null.

    A column whose name is empty gets pandas' name for it, `Unnamed: 0` for the first: a model that
    was trained on it knows it by that name.

    Args:
        name: what to call the file.
        path: where it is; one that ends in .gz is unpacked as it is read.

    Raises:
        SourceError: an empty file, another encoding than UTF-8, another separator, NUL bytes, rows
            of another width, quotation marks that do not match. Says in which line.
        pyarrow.ArrowInvalid: anything else that Arrow refuses.
        OSError: it cannot be read.
    """
    delimiter = "\t" if name.lower().endswith(".tsv") else ","
    raw = _header(name, path, delimiter)
    with pa.input_stream(str(path)) as stream:
        watched = _Watched(name, stream)
        found = _parsed(name, path, watched, raw, delimiter)
    if found.column_names != raw:
        raise _no_names(name)
    if watched.lines != found.num_rows + 1 or watched.quotes % 2:
        _require_matching_quotes(name, path, delimiter)
    return found.rename_columns([n or f"Unnamed: {i}" for i, n in enumerate(raw)])


def _parsed(name: str, path: Path, stream: _Watched, names: list[str], delimiter: str) -> Any:
    faults: list[str] = []

    def note(row: Any) -> str:
        faults.append(
            f"line {row.number}: {row.actual_columns} fields, expected {row.expected_columns}"
        )
        return "error"

    try:
        return pacsv.read_csv(
            stream,
            read_options=pacsv.ReadOptions(use_threads=False, block_size=_BLOCK),
            parse_options=pacsv.ParseOptions(
                delimiter=delimiter, newlines_in_values=True, invalid_row_handler=note
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), null_values=list(MISSING_WORDS),
                strings_can_be_null=True,
            ),
        )  # fmt: skip
    except pa.ArrowInvalid as error:
        # What is the likelier cause of any fault, and can be named with its line, comes first.
        _require_utf8(name, path)
        _require_matching_quotes(name, path, delimiter)
        if faults:
            raise _unreadable(name, faults[0]) from error
        if "straddling" in str(error):
            raise _unreadable(name, f"a row is longer than {_BLOCK >> 20} MB") from error
        raise


class _Watched(io.RawIOBase):
    """A stream that counts lines and quotation marks as it is read, and refuses NUL bytes."""

    def __init__(self, name: str, stream: Any) -> None:
        super().__init__()
        self.quotes = 0
        self._name, self._stream = name, stream
        self._breaks, self._last = 0, b"\n"

    @property
    def lines(self) -> int:
        """Lines read so far; the last one need not end in a line break."""
        return self._breaks + (self._last != b"\n")

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        chunk = bytes(self._stream.read(None if size < 0 else size))
        nul = chunk.find(b"\0")
        if nul >= 0:
            line = self._breaks + chunk.count(b"\n", 0, nul) + 1
            raise SourceError(
                f"{self._name}: line {line} holds a NUL byte",
                "the file was written only in part, or is no text", CORRECT,
            )  # fmt: skip
        self._breaks += chunk.count(b"\n")
        self.quotes += chunk.count(b'"')
        self._last = chunk[-1:] or self._last
        return chunk


def _header(name: str, path: Path, delimiter: str) -> list[str]:
    """The column names as they stand, so that every column can be asked for as text."""
    with pa.input_stream(str(path)) as stream:
        start = stream.read(_MAX_HEADER_BYTES)
    if not start:
        raise SourceError(f"{name} is empty", "it has 0 bytes", CORRECT)
    if start.startswith(_UTF16):
        raise _not_utf8(name, "is UTF-16", "UTF-16")
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")("strict").decode(start)
    except UnicodeDecodeError:
        _require_utf8(name, path)
        raise
    lines = io.StringIO(text, newline="")
    try:
        names = next(csv.reader(lines, delimiter=delimiter), [])
    except csv.Error as error:
        raise _no_names(name) from error
    if len(start) == _MAX_HEADER_BYTES and not lines.read(1):
        raise SourceError(
            f"{name}: its first line is longer than {_MAX_HEADER_BYTES >> 20} MB",
            "column names are expected there", CORRECT,
        )  # fmt: skip
    if not any(names):
        raise SourceError(f"{name}: its first line holds no column names", "", CORRECT)
    if len(names) == 1:
        for separator, called in _SEPARATORS.items():
            if separator in names[0]:
                raise SourceError(
                    f"{name} is separated by {called}",
                    "tabs are expected" if delimiter == "\t" else "commas are expected",
                    "save the snapshot with commas, and decimal points in its numbers",
                )
    return names


def _no_names(name: str) -> SourceError:
    return SourceError(
        f"{name}: its first line cannot be read as column names",
        "it is very long, or a quotation mark in it is not closed", CORRECT,
    )  # fmt: skip


def _require_utf8(name: str, path: Path) -> None:
    """Refuse a file with bytes that are no UTF-8; says in which line, never what stands there."""
    decoder, line = codecs.getincrementaldecoder("utf-8")("strict"), 1
    for chunk in _chunks(path):
        try:
            line += decoder.decode(chunk).count("\n")
        except UnicodeDecodeError as error:
            line += error.object.count(b"\n", 0, error.start)
            raise _not_utf8(
                name, f"is not UTF-8: line {line} holds other bytes", "WINDOWS-1252"
            ) from error


def _not_utf8(name: str, what: str, encoding: str) -> SourceError:
    shown = printable(name.rpartition("/")[2])
    return SourceError(
        f"{name} {what}", "text is expected as UTF-8",
        f"if it is {encoding}: iconv -f {encoding} -t UTF-8 {shown}; then make the snapshot again",
    )  # fmt: skip


def _require_matching_quotes(name: str, path: Path, delimiter: str) -> None:
    """Refuse quotation marks that would make one value of several rows."""
    with pa.input_stream(str(path)) as stream:
        text = io.TextIOWrapper(io.BufferedReader(stream), "utf-8-sig", newline="")
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        start = 1
        try:
            for _ in reader:
                start = reader.line_num + 1
        except csv.Error as error:
            fault = "a quotation mark opens a value and is not closed at its end"
            if "limit" in str(error):
                most = csv.field_size_limit()
                fault = f"a value has more than {most:,} characters, or {fault}"
            raise _unreadable(name, f"line {start}: {fault}") from error
        except UnicodeDecodeError:
            _require_utf8(name, path)
            raise


def _chunks(path: Path) -> Iterator[bytes]:
    with pa.input_stream(str(path)) as stream:
        while chunk := stream.read(_BLOCK):
            yield chunk


def _unreadable(name: str, cause: str) -> SourceError:
    return SourceError(f"{name} cannot be read as a table", cause, CORRECT)
