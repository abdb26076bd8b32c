"""A query frozen from a real PostgreSQL server, as SQLite has few types and no password."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.support import postgresql
from tests.support.postgresql import PASSWORD, Server

from affidavit.errors import ConfigError, SourceError, Unreachable
from affidavit.progress import Silent
from affidavit.resolve.sql_query import freeze_query

pytestmark = [pytest.mark.system, postgresql.NEEDED]
ROWS = """\
select i as id, i % 2 = 0 as good, (i * 1.25)::numeric(12, 2) as amount,
  case when i > 2 then i::numeric / 3 end as third, i::real as ratio, 'ü' || i as name,
  date '2025-01-31' + i as day, timestamp '2025-01-31 12:00' as seen,
  timestamptz '2025-01-31 12:00+02' as sent, time '23:59' as clock, null::text as none,
  md5(i::text)::uuid as token, array[i, null] as list, '{"b": 1, "a": [2]}'::jsonb as more
from generate_series(1, 3) as i order by i
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with postgresql.served() as found:
        found.run(
            "create table loans as select i as id, i::text as secret "
            "from generate_series(1, 200000) i",
            "create role reader login password 'only-reads'",
            "grant select on loans to reader",
        )
        yield found


def test_every_type_becomes_what_it_is(server: Server, tmp_path: Path) -> None:
    frozen = freeze_query(server.uri(), ROWS, tmp_path / "o.parquet", progress=Silent())

    found = pq.read_table(frozen.path)
    assert {f.name: f.type for f in found.schema} == {
        "id": pa.int64(), "good": pa.bool_(), "amount": pa.decimal128(38, 2),
        "third": pa.decimal128(38, 20), "ratio": pa.float64(), "name": pa.string(),
        "day": pa.date32(), "seen": pa.timestamp("us"), "sent": pa.timestamp("us", "UTC"),
        "clock": pa.time64("us"), "none": pa.string(), "token": pa.string(),
        "list": pa.string(), "more": pa.string(),
    }  # fmt: skip
    row = found.to_pylist()[0]
    assert (row["amount"], row["third"], row["day"]) == (
        Decimal("1.25"), None, dt.date(2025, 2, 1),
    )  # fmt: skip
    assert row["sent"] == dt.datetime(2025, 1, 31, 10, tzinfo=dt.UTC)
    assert (row["list"], row["more"]) == ("[1, null]", '{"a": [2], "b": 1}')
    assert frozen.location == f"postgresql+psycopg://127.0.0.1:{server.port}/postgres"


def test_the_same_rows_give_the_same_bytes_and_percent_and_colon_are_plain(
    server: Server, tmp_path: Path
) -> None:
    query = "select id, '100 %s :x' as words from loans where secret like '1%' order by id"

    one, two = (
        freeze_query(server.uri(), query, tmp_path / n, progress=Silent()) for n in ("1", "2")
    )

    assert one.path.read_bytes() == two.path.read_bytes()
    assert pq.read_table(one.path).column("words")[0].as_py() == "100 %s :x"


def test_rows_are_streamed_by_the_server(server: Server, tmp_path: Path) -> None:
    """A million wide rows in a fraction of their room: the server keeps what was not asked for."""
    import resource

    query = "select i, repeat('x', 300) as words from generate_series(1, 1000000) as i"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    frozen = freeze_query(server.uri(), query, tmp_path / "o.parquet", progress=Silent())

    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert frozen.rows == 1_000_000
    assert grown < 250_000  # kB; the rows alone are 300 MB


def test_a_transaction_that_would_write_is_refused(server: Server, tmp_path: Path) -> None:
    for query in (
        "with gone as (delete from loans returning id) select * from gone",
        "select nextval('pg_catalog.none')",
        "select * into other from loans",
        "select id from loans for update",
        "select 1; commit; drop table loans",
        "select 1 as x; select 2 as x",
    ):
        with pytest.raises((SourceError, ConfigError)) as caught:
            freeze_query(server.uri(), query, tmp_path / "o.parquet", progress=Silent())
        assert "\n" not in str(caught.value)

    rows = freeze_query(
        server.uri(), "select count(*) as n from loans", tmp_path / "o.parquet", progress=Silent()
    )
    assert pq.read_table(rows.path).column("n").to_pylist() == [200_000]


def test_what_the_server_refuses_is_said_without_password_and_values(
    server: Server, tmp_path: Path
) -> None:
    good = server.uri("reader", "only-reads")
    cases = (
        (server.uri("reader", "wr-ng"), "select 1 as x", Unreachable, "password authentication"),
        (server.uri("nobody", PASSWORD), "select 1 as x", Unreachable, "password authentication"),
        (good, "select * from lones", SourceError, 'relation "lones" does not exist'),
        (good, "select lone from loans", SourceError, 'column "lone" does not exist'),
        (good, "select * from pg_authid", SourceError, "permission denied"),
        (good, "select cast('hidden' || secret as int) x from loans", SourceError, "invalid input"),
        (good, "select 1 / (id - 150000) as x from loans order by id", SourceError, "by zero"),
        (good, "select id from loans where false", SourceError, "gave no rows"),
    )
    for uri, query, kind, words in cases:
        with pytest.raises(kind) as caught:
            freeze_query(uri, query, tmp_path / "o.parquet", progress=Silent())

        said = f"{caught.value.what} {caught.value.cause} {caught.value.fix}"
        assert words in said
        assert not any(w in said for w in ("only-reads", "wr-ng", PASSWORD, "hidden", "\n"))
        assert not list(tmp_path.iterdir())


def test_a_server_that_ends_the_connection_is_out_of_reach(server: Server, tmp_path: Path) -> None:
    query = "select pg_terminate_backend(pg_backend_pid()) as x"

    with pytest.raises((Unreachable, SourceError)) as caught:
        freeze_query(server.uri(), query, tmp_path / "o.parquet", progress=Silent())

    assert "ended the connection" in caught.value.what
