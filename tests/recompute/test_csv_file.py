"""CSV files as people send them: each fault is named with its line, and no row is lost unseen."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from affidavit.errors import SourceError
from affidavit.recompute.table import Table, read_tables
from affidavit.recompute.table_files import TableFile


def _csv(folder: Path, content: bytes, name: str = "t.csv") -> Table:
    (folder / name).write_bytes(content)
    return read_tables([TableFile(name, folder / name)], "dataset test")


WIDE = ",".join(f"c{i}" for i in range(5000)).encode() + b"\n"
# Content, what the message says, what is to be done.
REFUSED: dict[str, tuple[bytes, str, str]] = {
    "a quotation mark never closed": (
        b'a,b\n1,x\n2,"y\n3,z\n4,w\n', "line 3: a quotation mark opens a value", "correct",
    ),
    "one never closed, of few columns": (
        b'a,b,c\n1,"x,y\n2,y,z\n', "line 2: a quotation mark opens a value", "correct",
    ),
    "one never closed at the end": (
        b'a,b\n1,x\n2,"y', "line 3: a quotation mark opens a value", "correct",
    ),
    "two that swallow the rows between": (
        b'a,b\n5,"x\n6,y\n7,"z\n8,w\n', "line 2: a quotation mark opens a value", "correct",
    ),
    "Latin-1": (
        b"name,b\nabc,1\nM\xfcller,2\n", "is not UTF-8: line 3", "iconv -f WINDOWS-1252",
    ),
    "Latin-1 after UTF-8": (
        "a,b\né,1\n\n".encode() + b"\xe9,2\n", "is not UTF-8: line 4", "iconv -f WINDOWS-1252",
    ),
    "Latin-1 in the names": (b"pr\xe9nom,b\nx,2\n", "is not UTF-8: line 1", "iconv"),
    "UTF-16": ("a,b\n1,é\n".encode("utf-16"), "is UTF-16", "iconv -f UTF-16"),
    "UTF-16 without its mark": ("a,b\n1,2\n".encode("utf-16-le"), "line 1 holds a NUL", "correct"),
    "NUL bytes": (b"a,b\n1,2\n3,\x00\x00\n", "line 3 holds a NUL byte", "correct"),
    "a row too short": (b"a,b\n1,2\n1\n", "line 3: 1 fields, expected 2", "correct"),
    "a row too long": (b"a,b\n1,2\n1,2,3\n", "line 3: 3 fields, expected 2", "correct"),
    "tabs": (b"a\tb\n1\t2\n", "separated by tabs: commas are expected", "save the snapshot with"),
    "bars": (b"a|b\n1|2\n", "separated by vertical bars", "save the snapshot with commas"),
    "semicolons and decimal commas": (b"a;b\n1,5;2,5\n", "separated by semicolons", "decimal poin"),
    "nothing": (b"", "is empty", "correct"),
    "a header alone": (b"a,b\n", "has no rows", "correct"),
    "an empty first line": (b"\na,b\n1,2\n", "first line holds no column names", "correct"),
    "no names": (b",,\n1,2,3\n", "first line holds no column names", "correct"),
    "a name twice": (b"a,b,a\n1,2,3\n", "the column 'a' stands twice", "correct"),
    "a name of 10,000 characters": (
        b"a," + b"n" * 10_000 + b"\n1,2\n", "column 2 has a name of 10,000 characters", "correct",
    ),
    "a first line of megabytes": (
        b"a" * (3 << 20) + b",b\n1,2\n", "first line cannot be read as column names", "correct",
    ),
    "a first line of many megabytes": (
        b"abcdefg," * (3 << 17) + b"b\n1,2\n", "first line is longer than 1 MB", "correct",
    ),
    "a quotation mark in the names": (
        b'a,"b\n1,2\n3,4\n', "line 1: a quotation mark opens a value", "correct",
    ),
    "a row of megabytes": (
        b"a,b\n1," + b"x" * (17 << 20) + b"\n", "a value has more than 131,072 char", "correct",
    ),
    "a row of many megabytes": (
        WIDE + b",".join([b"x" * 3500] * 5000) + b"\n", "a row is longer than 8 MB", "correct",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refuses_a_damaged_file_with_the_place_and_the_repair(name: str, tmp_path: Path) -> None:
    content, expected, fix = REFUSED[name]

    with pytest.raises(SourceError) as caught:
        _csv(tmp_path, content)

    said = f"{caught.value.what}: {caught.value.cause}"
    assert expected in said
    assert fix in caught.value.fix
    assert caught.value.what.startswith("t.csv")
    assert "\n" not in said
    assert len(said) < 200


def test_no_value_is_told_of_a_damaged_file(tmp_path: Path) -> None:
    for content in (b'a,b\n1,"secret\n2,x\n', b"a,b\nsecret\n", b"a,b\nsecret,\xff\n"):
        with pytest.raises(SourceError) as caught:
            _csv(tmp_path, content)

        assert "secret" not in f"{caught.value.what} {caught.value.cause} {caught.value.fix}"


# Odd and right: each is read, and no row is lost.
READ: dict[str, tuple[bytes, dict[str, list[Any]]]] = {
    "a mark within a value": (b'a,b\n1,5" nail\n2,x\n', {"a": ["1", "2"], "b": ['5" nail', "x"]}),
    "values of several lines": (
        b'a,b\n1,"x\ny,""z"""\n2,x\n', {"a": ["1", "2"], "b": ['x\ny,"z"', "x"]},
    ),
    "empty lines": (b"a,b\n\n1,2\n\n", {"a": ["1"], "b": ["2"]}),
    "no line break at the end": (b"a,b\n1,2", {"a": ["1"], "b": ["2"]}),
    "line breaks of Windows": (b"a,b\r\n1,2\r\n", {"a": ["1"], "b": ["2"]}),
    "a byte order mark": (b"\xef\xbb\xbfa,b\n1,2\n", {"a": ["1"], "b": ["2"]}),
    "decimal commas in quotation marks": (b'a\n"1,5"\n', {"a": ["1,5"]}),
    "one row": (b"a\n1\n", {"a": ["1"]}),
    "control characters in a name": (b"a\x1b[2J,b\n1,2\n", {"a\x1b[2J": ["1"], "b": ["2"]}),
    "a form feed in a name": (b"a\x0cb,c\n1,2\n", {"a\x0cb": ["1"], "c": ["2"]}),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_reads_what_is_odd_and_whole(name: str, tmp_path: Path) -> None:
    content, expected = READ[name]

    table = _csv(tmp_path, content)

    assert {c: table.raw(c).to_pylist() for c in table.columns} == expected
    packed = tmp_path / "t.csv.gz"
    packed.write_bytes(gzip.compress(content))
    again = read_tables([TableFile("t.csv.gz", packed)], "dataset test")
    assert again.data.equals(table.data)


def test_a_packed_file_that_was_cut_is_refused(tmp_path: Path) -> None:
    whole = gzip.compress(b"a,b\n" + b"".join(b"%d,x\n" % i for i in range(9999)))
    for content in (whole[: len(whole) // 2], whole[9:], b"a,b\n1,2\n"):
        with pytest.raises(SourceError, match=r"t\.csv\.gz cannot be read as a table"):
            _csv(tmp_path, content, "t.csv.gz")


def test_a_fault_is_found_behind_many_blocks(tmp_path: Path) -> None:
    line = b"x" * 99 + b",1\n"
    sound = b"a,b\n" + line * 200_000
    assert _csv(tmp_path, sound).n_rows == 200_000

    for bad, expected in (
        (b'y,"2\n', "line 200002: a quotation mark opens"),
        (b"\xfc,2\n", "line 200002 holds other bytes"),
        (b"y,\x00\n", "line 200002 holds a NUL byte"),
    ):
        with pytest.raises(SourceError, match=expected):
            _csv(tmp_path, sound + bad + line)


def test_a_number_with_a_decimal_comma_is_called_that(tmp_path: Path) -> None:
    for text in ("1,5", "-1.234,50", "12 345,0"):
        table = _csv(tmp_path, f'x\n1.5\n"{text}"\n'.encode())

        with pytest.raises(SourceError) as caught:
            table.numbers("x", "input")

        assert caught.value.what == ("t.csv: input 'x': row 2 holds a number with a decimal comma")
        assert "decimal point" in caught.value.fix


def test_the_index_that_pandas_writes_has_the_name_that_pandas_gives_it(tmp_path: Path) -> None:
    table = _csv(tmp_path, b",a,\n0,1,x\n1,2,y\n")

    assert table.columns == ("a", "Unnamed: 2")
    assert table.index == ("Unnamed: 0",)
    assert table.notes == ("Unnamed: 0 is an index that pandas wrote, and no column.",)
    table.require("Unnamed: 0", "the model's input")  # a model may have been trained on it
    assert table.text("Unnamed: 0").to_pylist() == ["0", "1"]


def test_five_thousand_columns_are_read_within_seconds(tmp_path: Path) -> None:
    header = ",".join(f"c{i}" for i in range(5000))
    row = ",".join(str(i) for i in range(5000))

    table = _csv(tmp_path, "\n".join([header, *[row] * 200]).encode())

    assert (len(table.columns), table.n_rows) == (5000, 200)
    assert table.text("c4999").to_pylist() == ["4999"] * 200
