"""A SQL query frozen to Parquet, from real SQLite files; PostgreSQL: tests/conformance."""

from __future__ import annotations

import datetime as dt
import sqlite3
import tracemalloc
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from affidavit.errors import (
    AffidavitError,
    ConfigError,
    MissingExtra,
    SourceError,
    Unreachable,
    UsageError,
)
from affidavit.progress import Silent
from affidavit.recompute.table import read_tables
from affidavit.recompute.table_files import TableFile
from affidavit.resolve import sql_query
from affidavit.resolve.sql_query import Frozen, freeze_query

ROWS = [(1, "a", 1.5, "2025-01-31"), (2, "b", None, None), (3, None, 2.5, "2025-02-28")]


def _database(folder: Path, rows: Iterable[Sequence[object]] = ROWS) -> str:
    """A file of SQLite with the table `loans`; its address."""
    file = folder / "bank of loans.db"
    with closing(sqlite3.connect(file)) as base, base:
        base.execute("create table loans (id, grade, amount, day)")
        base.executemany("insert into loans values (?, ?, ?, ?)", rows)
    return f"sqlite:///{file}"


def _freeze(uri: str, query: str, out: Path) -> Frozen:
    return freeze_query(uri, query, out, progress=Silent())


def test_the_rows_of_a_query_become_a_table_with_types(tmp_path: Path) -> None:
    uri = _database(tmp_path)
    before = dt.datetime.now(dt.UTC).replace(microsecond=0)

    frozen = _freeze(uri, "select * from loans order by id;", tmp_path / "out.parquet")

    table = read_tables([TableFile("out.parquet", frozen.path)], "dataset")
    assert table.data.to_pydict() == {
        "id": [1, 2, 3],
        "grade": ["a", "b", None],
        "amount": [1.5, None, 2.5],
        "day": ["2025-01-31", None, "2025-02-28"],
    }
    assert (frozen.rows, frozen.columns) == (3, ("id", "grade", "amount", "day"))
    assert before <= frozen.executed_at <= dt.datetime.now(dt.UTC)
    assert frozen.query == "select * from loans order by id;"
    assert frozen.location == uri
    assert frozen.is_ordered
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bank of loans.db", "out.parquet"]


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    uri = _database(tmp_path)
    query = "select * from loans order by id"

    one, two = (_freeze(uri, query, tmp_path / n) for n in ("1.parquet", "2.parquet"))
    assert one.path.read_bytes() == two.path.read_bytes()

    three = _freeze(uri, query + " desc", tmp_path / "3.parquet")
    assert three.path.read_bytes() != one.path.read_bytes()


@pytest.mark.parametrize(
    ("query", "is_ordered"),
    [
        ("select * from loans", False),
        ("select * from loans ORDER  BY id -- as they came", True),
        ("with x as (select * from loans order by id) select * from x", False),
        ("select id, row_number() over (order by id) as n from loans", False),
        ("select id from loans where grade = 'order by' union select 9 order by 1", True),
    ],
)
def test_whether_a_query_says_the_order_of_its_rows(
    query: str, is_ordered: bool, tmp_path: Path
) -> None:
    assert _freeze(_database(tmp_path), query, tmp_path / "o.parquet").is_ordered == is_ordered


def test_late_types_count_and_batches_leave_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first amounts are NULL, then whole, then fractions: each in batches of their own."""
    monkeypatch.setattr(sql_query, "BATCH_ROWS", 100)
    rows = [(i, None, None if i < 250 else i if i < 550 else i + 0.5, "x") for i in range(1000)]

    frozen = _freeze(
        _database(tmp_path, rows), "select * from loans order by id", tmp_path / "o.parquet"
    )

    found = pq.read_table(frozen.path)
    assert found.schema.field("amount").type == pa.float64()
    assert found.schema.field("grade").type == pa.string()  # NULL in every row
    assert found.column("amount").to_pylist() == [r[2] for r in rows]
    assert found.column("id").to_pylist() == list(range(1000))


@pytest.mark.slow
def test_many_rows_go_through_little_memory(tmp_path: Path) -> None:
    n = 600_000
    uri = _database(tmp_path, ((i, str(i), i + 0.5, "x" * 200) for i in range(n)))

    tracemalloc.start()
    frozen = _freeze(uri, "select * from loans", tmp_path / "o.parquet")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert frozen.rows == n
    assert peak < 130e6  # two batches and their columns; all rows at once are over 250 MB


def test_the_database_is_not_written_to(tmp_path: Path) -> None:
    uri = _database(tmp_path)
    file = tmp_path / "bank of loans.db"
    before = file.read_bytes(), file.stat().st_mtime_ns

    for query in (
        "delete from loans returning id", "select 1; drop table loans", "pragma user_version = 7",
        "with x as (select 1) insert into loans select 1, 2, 3, 4",
        "create table other as select * from loans", "attach 'x' as y", "-- nothing", "", ";",
    ):  # fmt: skip
        with pytest.raises(ConfigError, match="not a single SELECT"):
            _freeze(uri, query, tmp_path / "o.parquet")

    assert (file.read_bytes(), file.stat().st_mtime_ns) == before
    assert not (tmp_path / "o.parquet").exists()


REFUSED: dict[str, tuple[str, type[AffidavitError], str, str]] = {
    "no such table": (
        "select * from lones", SourceError, "refuses the query: no such table: lones",
        "run the query with the database's own program",
    ),
    "a fault of syntax": (
        "select * form loans", SourceError, 'refuses the query: near "form"', "correct it",
    ),
    "no rows": ("select * from loans where id = 9", SourceError, "gave no rows", "conditions"),
    "a name twice": (
        "select id, grade as id from loans", ConfigError, "result have the name 'id'", "with AS",
    ),
    "a column without a name": ('select 1 as ""', ConfigError, "column 1 of the query's", "AS"),
    "texts among numbers": (
        "select id from loans union all select 'x'", SourceError,
        "the column 'id' of the query's result holds texts and whole numbers", "CAST the column",
    ),
    "bytes": (
        "select x'00ff' as photo from loans", SourceError, "holds values of the type bytes", "CAST the column",
    ),
    "a whole number that no fraction is": (
        "select 9007199254740993 as n union all select 0.5", SourceError,
        "the column 'n' of the query's result", "CAST the column",
    ),
    "a query too long": (
        "select '" + "x" * 100_000 + "'", ConfigError, "more than 100,000 characters", "one SELECT",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refuses_in_a_line_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    query, kind, words, fix = REFUSED[name]
    uri = _database(tmp_path)

    with pytest.raises(kind) as caught:
        _freeze(uri, query, tmp_path / "o.parquet")

    said = str(caught.value)
    assert words in said
    assert "\n" not in said
    assert fix in caught.value.fix
    assert [p.name for p in tmp_path.iterdir()] == ["bank of loans.db"]


def test_refuses_types_that_come_in_a_later_batch(tmp_path: Path) -> None:
    rows = [(i, "a", 1, None) for i in range(70_000)] + [(70_000, "a", "secret", None)]

    with pytest.raises(SourceError) as caught:
        _freeze(_database(tmp_path, rows), "select amount from loans", tmp_path / "o.parquet")

    assert "'amount' of the query's result holds texts and whole numbers" in caught.value.what
    assert "secret" not in str(caught.value)
    assert [p.name for p in tmp_path.iterdir()] == ["bank of loans.db"]


ADDRESSES: dict[str, tuple[str, type[AffidavitError], str, str]] = {
    "no such file": ("sqlite:///{folder}/none.db", UsageError, "no such file", "sqlite:////abs"),
    "in memory": ("sqlite://", UsageError, "no such file", "sqlite:////absolute"),
    "no address": ("loans", UsageError, "cannot be read", "kind://user:password@host"),
    "an @ in the password": (
        "postgresql+psycopg://me:hush@ca/st@db:54x/loans", UsageError, "cannot be read", "%40",
    ),
    "an unknown kind": ("oracel://me:hush@db/x", UsageError, "does not know", "dialect"),
    "no driver": (
        "mysql+mysqldb://me:hush@db/x", MissingExtra,
        "MySQLdb is not installed, and mysql+mysqldb://db/x needs it", "pip install 'mysqlclient'",
    ),
    "nobody there": (
        "postgresql+psycopg://me:hush@127.0.0.1:1/loans", Unreachable,
        "the database at postgresql+psycopg://127.0.0.1:1/loans does not answer", "check its addr",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ADDRESSES)
def test_refuses_an_address_and_never_shows_its_password(name: str, tmp_path: Path) -> None:
    address, kind, words, fix = ADDRESSES[name]

    with pytest.raises(kind) as caught:
        _freeze(address.format(folder=tmp_path), "select * from loans", tmp_path / "o.parquet")

    said = f"{caught.value.what} {caught.value.cause} {caught.value.fix}"
    assert words in caught.value.what
    assert fix in caught.value.fix
    assert "hush" not in said
    assert "\n" not in said
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"no database at all, but long enough to be asked about" * 9)

    with pytest.raises(SourceError, match="file is not a database"):
        _freeze(f"sqlite:///{tmp_path}/x.db", "select * from loans", tmp_path / "o.parquet")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("select * from loans into outfile '/tmp/x'", "it has INTO"),
        ("select * into copy from loans", "it has INTO"),
        ("select 1 as a /*! into outfile '/tmp/x' */", "/*! begins what MySQL runs"),
        # PostgreSQL ends the text at the second quotation mark, MySQL at the third.
        (r"select '\' as a; commit; drop table loans; --'", "where a text ends"),
    ],
)
def test_what_another_database_reads_as_more_is_refused(
    query: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="not a single SELECT") as refused:
        _freeze(_database(tmp_path), query, tmp_path / "o.parquet")

    assert said in refused.value.cause


@pytest.mark.parametrize(
    "query",
    [r"select id from loans where grade not like '%\_%';", "select 'a;b' as a, 'into' as b"],
)
def test_a_backslash_or_a_semicolon_in_a_text_is_no_harm(query: str, tmp_path: Path) -> None:
    assert _freeze(_database(tmp_path), query, tmp_path / "o.parquet").rows
