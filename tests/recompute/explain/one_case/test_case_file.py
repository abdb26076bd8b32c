"""A case as a file: JSON or CSV by its content, and one line for each thing that is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from affidavit.errors import UsageError
from affidavit.recompute.explain.one_case.case_file import read_case


def case(folder: Path, content: str | bytes) -> Path:
    path = folder / "case.txt"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_json_keeps_its_types(tmp_path: Path) -> None:
    found = read_case(case(tmp_path, '\n{"a": 1, "b": 1.5, "c": "1", "d": null, "e": true}'))

    assert found.fields == {"a": 1, "b": 1.5, "c": "1", "d": None, "e": True}
    assert not found.is_text
    assert len(found.sha256) == 64


def test_csv_is_text_and_its_missing_words_are_missing(tmp_path: Path) -> None:
    found = read_case(case(tmp_path, '\ufeffa,b,c\r\n1,NA,"x, y"\r\n'))

    assert found.fields == {"a": "1", "b": None, "c": "x, y"}
    assert found.is_text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"a": 1', "not JSON, line 1"),
        ("[1]", "found a list"),
        ('{"a": NaN}', "NaN is no value in JSON"),
        ('{"a": 1, "a": 2}', "a stands twice"),
        ('{"b": {"c": 1}, "a": [1]}', "a, b is no plain value"),
        ("[" * 100_000, "not JSON"),
        ("a,b\n1,2\n3,4\n", "one row, found 3 lines"),
        ("a,b\n1\n", "expected 2 values, found 1"),
        ("a,a\n1,2\n", "a stands twice"),
        ("", "found 0 lines"),
        (b"\xff\xfe", "not UTF-8"),
        ("x" * (1 << 20) + "y", "more than 1,048,576 bytes"),
    ],
)
def test_a_fault_is_one_line(content: str | bytes, said: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as told:
        read_case(case(tmp_path, content))

    assert said in str(told.value)
    assert "\n" not in told.value.what
    assert told.value.fix
    assert told.value.exit_code == 2


def test_no_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_case(tmp_path / "none.json")
