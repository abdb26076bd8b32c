"""What init sees of a data file, and what it does not show."""

from __future__ import annotations

from pathlib import Path

import pytest

from affidavit.errors import UsageError
from affidavit.starting import glimpse
from affidavit.starting.glimpse import FEW, FREQUENT, ROWS, Seen, read_table


def columns(path: Path) -> dict[str, Seen]:
    table = read_table(path, "data/x")
    assert table.path == "data/x"
    return {c.name: c for c in table.columns}


def test_a_csv_gives_names_few_values_ids_and_numbers(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    rows = [f'{i},{"yes" if i % 3 else "no"},{i * 0.5},"a, b"' for i in range(FEW + 5)]
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(["id,deny,ratio,note", *rows]).encode())

    found = columns(path)

    assert {n: (c.values, c.is_unique, c.is_numeric) for n, c in found.items()} == {
        "id": ((), True, True),
        "deny": (("yes", "no"), False, False),
        "ratio": ((), False, True),
        "note": (("a, b",), False, False),
    }
    assert found["deny"].example == "yes 10, no 5"
    assert found["deny"].is_known


def test_parquet_is_read_alike(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "x.parquet"
    n = FEW + 5
    denied = ["no"] * FREQUENT + ["yes"] * (n - FREQUENT)
    pq.write_table(pa.table({"id": list(range(n)), "deny": denied, "gone": [None] * n}), path)

    found = columns(path)

    assert {n: (c.values, c.is_unique) for n, c in found.items()} == {
        "id": ((), True), "deny": (("yes", "no"), False), "gone": ((), False),
    }  # fmt: skip


def test_only_the_first_rows_are_read_and_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a\n" + "1\n" * ROWS + "2\n")

    table = read_table(path, "x")

    assert (table.rows, table.is_cut, table.columns[0].values) == (ROWS, True, ("1",))
    assert table.size == "at least 10,000 rows, 1 columns"
    assert not table.columns[0].is_known


@pytest.mark.parametrize(("columns", "looked_at"), [(2, 5), (5, 3), (100, 3)])
def test_of_a_wide_table_fewer_rows_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, columns: int, looked_at: int
) -> None:
    monkeypatch.setattr(glimpse, "_CELLS", 10)
    monkeypatch.setattr(glimpse, "_FEWEST", 3)
    path = tmp_path / "x.csv"
    path.write_text(
        "\n".join([",".join(f"c{i}" for i in range(columns)), *["1" + ",1" * (columns - 1)] * 9])
    )

    table = read_table(path, "x")

    assert (table.rows, table.is_cut) == (looked_at, True)


def test_a_value_of_few_rows_is_not_shown_and_neither_is_a_long_one(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    rare = ["rare"] * (FREQUENT - 1)
    path.write_text("\n".join(["deny", *rare, *["yes"] * FREQUENT, *["z" * 50] * FREQUENT]))

    (deny,) = columns(path).values()

    assert (deny.values, deny.has_others, deny.is_known) == (("yes",), True, False)
    assert deny.example == "yes 3, others"


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("email", "a", "its name speaks of an e-mail address"),
        ("zip", "10115", "its name speaks of a place"),
        ("contact", "ada@bank.example", "1 of 2 values"),
    ],
)
def test_no_value_of_a_column_that_looks_personal_is_kept(
    tmp_path: Path, name: str, value: str, why: str
) -> None:
    path = tmp_path / "x.csv"
    path.write_text("\n".join([name, *[value] * 5, *["eve@bank.example"] * 5]))

    (column,) = columns(path).values()

    assert (column.values, column.counts, column.example) == ((), (), "")
    assert any(why.removeprefix("1 of ") in hint for hint in column.personal)


@pytest.mark.parametrize(
    ("name", "content"),
    [("x.csv", b""), ("x.csv", b"a\n\xff\n"), ("x.csv", b'a\n"x'), ("x.parquet", b"PAR1 no")],
)
def test_what_is_no_table_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(UsageError, match=name.replace(".", r"\.")):
        read_table(path, "x")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot be read as CSV: .*No such file"):
        read_table(tmp_path / "x.csv", "x")
    with pytest.raises(UsageError, match=r"cannot be read as Parquet: .*No such file"):
        read_table(tmp_path / "x.parquet", "x")
