"""What init sees of a data file."""

from __future__ import annotations

from pathlib import Path

import pytest

from affidavit.cli.glimpse import FEW, ROWS, read_table
from affidavit.errors import UsageError


def columns(path: Path) -> dict[str, tuple]:
    table = read_table(path, "data/x")
    assert table.path == "data/x"
    return {c.name: (c.values, c.is_unique, c.is_numeric) for c in table.columns}


def test_a_csv_gives_names_few_values_ids_and_numbers(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    rows = [f'{i},{"yes" if i % 3 else "no"},{i * 0.5},"a, b"' for i in range(FEW + 5)]
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(["id,deny,ratio,note", *rows]).encode())

    assert columns(path) == {
        "id": ((), True, True),
        "deny": (("yes", "no"), False, False),
        "ratio": ((), True, True),
        "note": (("a, b",), False, False),
    }


def test_parquet_is_read_alike(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "x.parquet"
    n = FEW + 5
    pq.write_table(
        pa.table({"id": list(range(n)), "deny": ["no"] + ["yes"] * (n - 1), "gone": [None] * n}),
        path,
    )

    assert columns(path) == {
        "id": ((), True, True), "deny": (("yes", "no"), False, False), "gone": ((), False, False),
    }  # fmt: skip


def test_only_the_first_rows_are_read(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a\n" + "1\n" * ROWS + "2\n")

    table = read_table(path, "x")

    assert (table.rows, table.columns[0].values) == (ROWS, ("1",))


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
