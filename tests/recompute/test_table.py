"""Reading tables: text stays text, missing is missing, faults name the place and never the value."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from affidavit.errors import ConfigError, SourceError
from affidavit.recompute.table import Table, as_text, read_tables
from affidavit.recompute.table_files import TableFile


def _csv(folder: Path, content: bytes, name: str = "t.csv") -> Table:
    (folder / name).write_bytes(content)
    return read_tables([TableFile(name, folder / name)], "dataset test")


def test_csv_values_are_read_as_text_and_missing_as_pandas_does(tmp_path: Path) -> None:
    table = _csv(tmp_path, b"id,y,x\n01,yes,1.50\n02,NA,\n03,no,none\n")

    assert table.text("id").to_pylist() == ["01", "02", "03"]
    assert table.text("y").to_pylist() == ["yes", None, "no"]
    assert table.text("x").to_pylist() == ["1.50", None, "none"]


def test_the_same_rows_as_csv_parquet_and_arrow_are_the_same_text(tmp_path: Path) -> None:
    frame = pd.DataFrame({"i": [1, 2], "f": [1.0, 2.0], "s": ["a", None], "b": [True, False]})
    frame.to_parquet(tmp_path / "t.parquet")
    feather.write_feather(pa.Table.from_pandas(frame), tmp_path / "t.arrow")

    for name in ("t.parquet", "t.arrow"):
        table = read_tables([TableFile(name, tmp_path / name)], "dataset test")
        assert table.text("i").to_pylist() == ["1", "2"]
        assert table.text("f").to_pylist() == ["1", "2"]
        assert table.text("s").to_pylist() == ["a", None]
        assert table.text("b").to_pylist() == ["true", "false"]


def test_whole_floats_in_a_csv_are_the_integers_that_they_were(tmp_path: Path) -> None:
    """pandas writes 1.0 for 1 once a value of the column is missing."""
    table = _csv(tmp_path, b"a,b,c,d\n1.0,1.0,01.0,1.50\n,x,-2.00,1.0\n")

    assert table.text("a").to_pylist() == ["1", None]
    assert table.text("b").to_pylist() == ["1.0", "x"]  # words stay as they are
    assert table.text("c").to_pylist() == ["01", "-2"]
    assert table.text("d").to_pylist() == ["1.50", "1"]


def test_text_of_few_values_in_parquet_is_read_as_codes_and_nothing_else_changes(
    tmp_path: Path,
) -> None:
    frame = pd.DataFrame(
        {
            "few": ["a", "b", None, "a"] * 500,
            "many": [f"id-{i}" for i in range(2000)],
            "numbers": ["1.0", "2", None, "2.0"] * 500,
            "kind": pd.Categorical(["x", "y"] * 1000, categories=["never", "x", "y"]),
        }
    )
    frame.to_parquet(tmp_path / "t.parquet", row_group_size=700)
    table = read_tables([TableFile("t.parquet", tmp_path / "t.parquet")], "dataset test")

    coded = {c for c in table.columns if pa.types.is_dictionary(table.data.schema.field(c).type)}
    assert coded == {"few", "numbers", "kind"}
    for column in table.columns:
        expected = as_text(
            pa.array(frame[column].astype(object).tolist(), from_pandas=True)
        ).to_pylist()
        assert table.text(column).to_pylist() == expected
        assert table.coded(column).texts().tolist() == expected
        assert not pa.types.is_dictionary(table.raw(column).type)
    assert set(table.coded("kind").names) == {"x", "y"}
    assert set(table.coded("numbers").names) == {"1", "2"}


def test_parts_that_hold_a_column_in_two_ways_are_one_column(tmp_path: Path) -> None:
    few = pa.table({"s": ["a", "b"] * 1000, "n": [1, 2] * 1000})
    many = pa.table({"s": [f"t-{i}" for i in range(2000)], "n": [1, 2] * 1000})
    for name, part in (("a.parquet", few), ("b.parquet", many), ("c.parquet", few)):
        pq.write_table(part, tmp_path / name)
    files = [TableFile(n, tmp_path / n) for n in ("a.parquet", "b.parquet", "c.parquet")]

    found = read_tables(files, "dataset test")

    expected = [*few["s"].to_pylist(), *many["s"].to_pylist(), *few["s"].to_pylist()]
    assert found.text("s").to_pylist() == expected
    assert found.coded("s").texts().tolist() == expected
    both = read_tables([files[0], files[2]], "dataset test")
    assert both.coded("s").texts().tolist() == few["s"].to_pylist() * 2


def test_a_column_of_lists_is_refused_by_name_where_text_is_asked_for() -> None:
    table = Table("t.parquet", pa.table({"v": [[1], [2]], "x": [1, 2]}), is_text=False)
    assert table.text("x").to_pylist() == ["1", "2"]  # the twin

    for read in (table.text, table.coded):
        with pytest.raises(SourceError, match=r"t\.parquet: the column 'v' holds list"):
            read("v")
    with pytest.raises(SourceError, match=r"t\.parquet: input 'v': list.* values are no numbers"):
        table.numbers("v", "input")


def test_fractions_keep_their_digits_as_text() -> None:
    assert as_text(pa.array([1.0, 2.5, float("nan")])).to_pylist()[1:] == ["2.5", None]


def test_a_byte_order_mark_and_quoted_line_breaks_are_no_trouble(tmp_path: Path) -> None:
    table = _csv(tmp_path, b'\xef\xbb\xbfid,"a\nb"\n1,"x\ny"\n')

    assert table.columns == ("id", "a\nb")
    assert table.text("a\nb").to_pylist() == ["x\ny"]


def test_parts_of_a_folder_are_joined_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name, content in (("b.csv", b"x\n2\n"), ("a.csv", b"x\n1\n"), ("README.md", b"#")):
        (tmp_path / name).write_bytes(content)
    files = [TableFile(n, tmp_path / n) for n in ("b.csv", "README.md", "a.csv")]

    assert read_tables(files, "dataset test").text("x").to_pylist() == ["1", "2"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a,b\n1,2\n1,2,3\n", "line 3: 3 fields, expected 2"),
        (b"a,a\n1,2\n", "'a' stands twice"),
        (b"a,b\n", "has no rows"),
        (b"", "is empty"),
        (b"a;b\n1;2\n", "separated by semicolons"),
    ],
)
def test_refuses_a_broken_csv_and_says_where(content: bytes, expected: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError) as caught:
        _csv(tmp_path, content)

    assert expected in f"{caught.value.what}: {caught.value.cause}"
    assert caught.value.what.startswith("t.csv")


def test_refuses_parts_with_other_columns(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"x\n1\n")
    (tmp_path / "b.csv").write_bytes(b"y\n1\n")

    with pytest.raises(SourceError, match=r"a\.csv and b\.csv have different columns"):
        read_tables([TableFile(n, tmp_path / n) for n in ("a.csv", "b.csv")], "dataset test")


def test_a_column_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    table = _csv(tmp_path, b"a,b\n1,2\n")
    table.require("a", "the label column")  # the twin

    with pytest.raises(ConfigError) as caught:
        table.require("deny", "the label column")

    assert caught.value.what == "t.csv: the label column 'deny' is not among its columns"
    assert caught.value.cause == "it has a, b"


def test_a_word_among_numbers_names_the_row_and_not_the_value(tmp_path: Path) -> None:
    table = _csv(tmp_path, b"x\n1\n\n 2.5 \nsecret\n")

    with pytest.raises(SourceError) as caught:
        table.numbers("x", "input")

    assert "row 3 holds no number" in caught.value.what
    assert "secret" not in str(caught.value)
