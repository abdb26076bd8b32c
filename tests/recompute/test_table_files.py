"""Tables as they come: Parquet in parts and partitions, Arrow, with what else lies in the folder."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
from tests.recompute.case import Case, binary_config

from affidavit.errors import SourceError
from affidavit.recompute.stage import role_files
from affidavit.recompute.table import Table, read_tables
from affidavit.recompute.table_files import TableFile
from affidavit.recompute.worker.features import model_input, seen_by_model
from affidavit.recompute.worker.model_files import Column, ModelPlan


def _folder(folder: Path) -> Table:
    """All files of a folder, given in an order that nobody should rely on."""
    files = [p for p in folder.rglob("*") if p.is_file()]
    named = [TableFile(p.relative_to(folder).as_posix(), p) for p in files]
    return read_tables(sorted(named, key=lambda f: f.name[::-1]), "dataset test")


def _write(path: Path, **columns: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
    return path


def _rows(table: Table) -> dict[str, list[Any]]:
    return {c: table.raw(c).to_pylist() for c in table.columns}


def test_the_names_of_folders_are_columns_in_the_order_of_paths(tmp_path: Path) -> None:
    _write(tmp_path / "year=2025/month=10/part-0.parquet", x=[3])
    _write(tmp_path / "year=2025/month=2/part-1.parquet", x=[5])
    _write(tmp_path / "year=2025/month=2/part-0.parquet", x=[4])
    _write(tmp_path / "year=2024/month=12/part-0.parquet", x=[1, 2])

    table = _folder(tmp_path)

    assert _rows(table) == {
        "x": [1, 2, 3, 4, 5],
        "year": [2024, 2024, 2025, 2025, 2025],
        "month": [12, 12, 10, 2, 2],
    }
    assert table.notes == ("year, month read from the names of its folders.",)


def test_what_pandas_writes_in_partitions_is_what_pandas_reads(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "x": range(6),
            "town": ["a/b", "a=b", "ü ö", "50 %", "a/b", "null"],
            "year": [2024, 2025] * 3,
        }
    )
    frame.to_parquet(tmp_path / "t", partition_cols=["town", "year"], index=False)
    assert any("%" in p.name for p in (tmp_path / "t").iterdir())

    table = _folder(tmp_path / "t")

    theirs = pd.read_parquet(tmp_path / "t").astype({"town": object, "year": int})
    found = pd.DataFrame(_rows(table))
    assert set(found) == {"x", "town", "year"}
    pd.testing.assert_frame_equal(
        found.sort_values("x", ignore_index=True),
        theirs.sort_values("x", ignore_index=True)[list(found)],
        check_dtype=False,
    )


def test_what_hive_calls_the_default_partition_is_a_missing_value(tmp_path: Path) -> None:
    _write(tmp_path / "k=1/p.parquet", x=[1])
    _write(tmp_path / "k=__HIVE_DEFAULT_PARTITION__/p.parquet", x=[2])
    _write(tmp_path / "k=/p.parquet", x=[3])

    assert _rows(_folder(tmp_path)) == {"x": [3, 1, 2], "k": [None, 1, None]}


def test_values_of_folders_beside_csv_are_text_and_words_stay_words(tmp_path: Path) -> None:
    for month in ("01", "02"):
        place = tmp_path / f"month={month}"
        place.mkdir()
        (place / "part.csv").write_bytes(b"x\n1\n")
    assert _rows(_folder(tmp_path)) == {"x": ["1", "1"], "month": ["01", "02"]}

    other = tmp_path / "words"
    _write(other / "k=1/p.parquet", x=[1])
    _write(other / "k=one/p.parquet", x=[2])
    assert _rows(_folder(other)) == {"x": [1, 2], "k": ["1", "one"]}


def test_a_column_that_folder_and_file_both_have_must_say_the_same(tmp_path: Path) -> None:
    _write(tmp_path / "year=2025/p.parquet", x=[1], year=[2025])
    assert _rows(_folder(tmp_path)) == {"x": [1], "year": [2025]}

    _write(tmp_path / "year=2024/p.parquet", x=[1], year=[2023])
    with pytest.raises(SourceError, match="the column 'year' has other values than the folder"):
        _folder(tmp_path)


def test_the_folders_of_this_machine_are_no_columns(tmp_path: Path) -> None:
    path = _write(tmp_path / "run=7/part.parquet", x=[1])

    table = read_tables([TableFile("part.parquet", path)], "dataset test")

    assert table.columns == ("x",)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("year=2025/a.parquet", "b.parquet"), "are not partitioned alike"),
        (("y=1/m=1/a.parquet", "m=1/y=1/a.parquet"), "are not partitioned alike"),
        (("y=1/y=2/a.parquet",), "two folders on its way name the column 'y'"),
        (("k=%FF/a.parquet",), "is not UTF-8"),
    ],
)
def test_refuses_folders_that_do_not_agree(names: Any, expected: str, tmp_path: Path) -> None:
    for name in names:
        _write(tmp_path / name, x=[1])

    with pytest.raises(SourceError, match=expected):
        _folder(tmp_path)


def test_what_programs_leave_beside_the_tables_is_not_read_and_said(tmp_path: Path) -> None:
    _write(tmp_path / "part-0.parquet", x=[1])
    _write(tmp_path / "_metadata/old.parquet", x=[9])
    _write(tmp_path / ".part-0.parquet.swp.parquet", x=[9])
    for name in ("_SUCCESS", "_metadata.json", ".part-0.parquet.crc", "README.md"):
        (tmp_path / name).write_bytes(b"")
    _write(tmp_path / "_odd=1/p.parquet", x=[2])  # a column's name may begin so

    with pytest.raises(SourceError, match="not partitioned alike"):
        _folder(tmp_path)

    (tmp_path / "_odd=1/p.parquet").unlink()
    table = _folder(tmp_path)
    assert _rows(table) == {"x": [1]}
    (note,) = table.notes
    assert note.startswith("6 of 7 files are not read as tables: .part-0.parquet.crc, ")
    assert note.endswith(", README.md, _SUCCESS, _metadata.json and 1 more.")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("_delta_log/00000000000000000000.json", "Delta"),
        (".hoodie/hoodie.properties", "Hudi"),
        ("metadata/v2.metadata.json", "Iceberg"),
    ],
)
def test_refuses_a_table_whose_log_says_which_files_count(
    name: str, kind: str, tmp_path: Path
) -> None:
    _write(tmp_path / "data/part-0.parquet", x=[1])
    assert _folder(tmp_path).n_rows == 1  # the twin
    log = tmp_path / name
    log.parent.mkdir(parents=True)
    log.write_bytes(b"{}")

    with pytest.raises(SourceError) as caught:
        _folder(tmp_path)

    assert f"is a table of {kind}" in caught.value.what
    assert "export the table's current rows" in caught.value.fix


def test_parts_without_rows_are_passed_over_and_a_table_without_any_is_refused(
    tmp_path: Path,
) -> None:
    _write(tmp_path / "a.parquet", x=pa.array([], pa.int64()))
    with pytest.raises(SourceError, match=r"a\.parquet has no rows"):
        _folder(tmp_path)

    _write(tmp_path / "b.parquet", x=[1])
    assert _rows(_folder(tmp_path)) == {"x": [1]}


def test_columns_of_parts_are_joined_by_name_and_by_kind(tmp_path: Path) -> None:
    _write(tmp_path / "a.parquet", x=[1], y=["a"])
    _write(tmp_path / "b.parquet", y=pa.array([None], pa.null()), x=[2.5])
    assert _rows(_folder(tmp_path)) == {"x": [1.0, 2.5], "y": ["a", None]}

    _write(tmp_path / "c.parquet", x=["word"], y=["b"])
    with pytest.raises(SourceError) as caught:
        _folder(tmp_path)
    assert "do not fit together" in caught.value.what
    assert "'x' is int64 in a.parquet and " in caught.value.cause


def test_an_index_of_pandas_is_no_column_unless_it_is_asked_for(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": [1, 2, 3]}).iloc[[2, 0, 1]]
    frame.to_parquet(tmp_path / "t.parquet")
    feather.write_feather(pa.Table.from_pandas(frame), tmp_path / "t.arrow")
    for name in ("t.parquet", "t.arrow"):
        table = read_tables([TableFile(name, tmp_path / name)], "dataset test")

        assert table.columns == ("x",)
        assert table.index == ("__index_level_0__",)
        assert "is an index that pandas wrote" in table.notes[0]
        assert table.text("__index_level_0__").to_pylist() == ["2", "0", "1"]

    frame.rename_axis("id").to_parquet(tmp_path / "t.parquet")
    named = read_tables([TableFile("t.parquet", tmp_path / "t.parquet")], "dataset test")
    assert named.columns == ("x", "id")  # one with a name is a column like others


@pytest.mark.parametrize("name", ["__index_level_0__", "Unnamed: 0"])
def test_a_model_that_reads_an_index_is_an_exception(name: str) -> None:
    plan = ModelPlan(
        flavor="sklearn", file="model.pkl", format="cloudpickle", kind="", code=(),
        columns=(Column(name="x", kind="double"), Column(name=name, kind="long")),
        columns_from="its signature", is_frame=True,
    )  # fmt: skip

    (found,) = seen_by_model(plan, binary_config())

    assert (found.id, found.kind) == (f"recompute.input.index.{name}", "exception")
    assert "a number that pandas gave to each row" in found.what


def test_arrow_is_read_as_file_and_as_stream(tmp_path: Path) -> None:
    rows = pa.table({"x": [1, 2], "s": pa.array(["a", None], pa.string_view())})
    with pa.ipc.new_file(tmp_path / "f.arrow", rows.schema) as writer:
        writer.write_table(rows)
    with pa.ipc.new_stream(tmp_path / "s.arrow", rows.schema) as writer:
        writer.write_table(rows)

    for name in ("f.arrow", "s.arrow"):
        table = read_tables([TableFile(name, tmp_path / name)], "dataset test")
        assert _rows(table) == {"x": [1, 2], "s": ["a", None]}
        assert table.data.schema.field("s").type == pa.string()


@pytest.mark.parametrize("name", ["t.parquet", "t.arrow", "t.feather"])
def test_a_damaged_file_is_refused_in_a_line(name: str, tmp_path: Path) -> None:
    _write(tmp_path / "whole", x=list(range(1000)))
    whole = (tmp_path / "whole").read_bytes()
    damaged = (b"", b"PAR1", whole[:-9], whole[: len(whole) // 2], whole[9:], b"ARROW1\0\0" * 40)
    for content in damaged:
        (tmp_path / name).write_bytes(content)

        with pytest.raises(SourceError) as caught:
            read_tables([TableFile(name, tmp_path / name)], "dataset test")

        assert caught.value.what == f"{name} cannot be read as a table"
        assert caught.value.fix


def test_decimals_are_exact_as_text_and_floats_for_a_model_that_names_no_type() -> None:
    values = [Decimal("1.50"), None, Decimal("1200.00")]
    table = Table("t.parquet", pa.table({"x": pa.array(values, pa.decimal128(38, 2))}), False)
    plan = ModelPlan(
        flavor="sklearn", file="model.pkl", format="cloudpickle", kind="", code=(),
        columns=(Column(name="x", kind=None),), columns_from="[features]", is_frame=True,
    )  # fmt: skip

    assert table.text("x").to_pylist() == ["1.50", None, "1200"]
    assert table.numbers("x", "input").to_pylist() == [1.5, None, 1200.0]
    assert model_input(table, plan).column("x").combine_chunks().to_pylist() == [1.5, None, 1200.0]
    assert model_input(table, plan).schema.field("x").type == pa.float64()


def test_files_of_a_role_keep_the_folders_that_name_columns(tmp_path: Path) -> None:
    case = Case(tmp_path)
    case.dataset("evaluation", b"x\n1\n", name="year=2025/part-0.csv")
    case.dataset("evaluation", b"x\n2\n", name="year=2024/part-0.csv")

    files = role_files(case.evidence, case.work, "dataset", "evaluation")

    table = read_tables(files, "dataset evaluation")
    assert _rows(table) == {"x": ["2", "1"], "year": ["2024", "2025"]}
