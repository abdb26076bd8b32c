"""A SQL query, run once and frozen to Parquet: the file is what counts from then on."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import sqlparse
from sqlalchemy import URL, CursorResult

from affidavit.errors import ConfigError, SourceError
from affidavit.printable import printable
from affidavit.progress import Progress
from affidavit.resolve.sql_database import connected, location_of, read_url, refused
from affidavit.resolve.sql_spool import BATCH_CELLS, BATCH_ROWS, Spool

MAX_QUERY: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """A query's result in a file.

    The same rows in the same order give the same bytes, by the same version of Arrow. When the
    query ran is a fact of its own: run again, it may give other rows, and if it gives the same,
    only `executed_at` differs. Who wants the same evidence again gives the frozen file as the data.

    Attributes:
        path: of the Parquet file.
        rows: how many.
        columns: their names.
        executed_at: when the query was sent, UTC, by this machine's clock.
        query: as it was given.
        location: the database's address without user, password and options.
        is_ordered: whether the query says in which order its rows come. Without that the database
            may give them in another order next time, and the file other bytes.
    """

    path: Path
    rows: int
    columns: tuple[str, ...]
    executed_at: dt.datetime
    query: str
    location: str
    is_ordered: bool


def freeze_query(uri: str, query: str, out: Path, *, progress: Progress) -> Frozen:
    """Run one SELECT and write its rows to a Parquet file.

    The transaction is rolled back. SQLite's file is opened for reading only, and PostgreSQL's
    transaction is read-only; with other databases, give a user who may only read. Rows are read
    and written in batches, as far as the driver can stream them.

    Args:
        uri: SQLAlchemy's address of the database; its password is neither printed nor recorded.
        query: one SELECT, with or without WITH.
        out: the file to write; it appears whole or not at all.
        progress: told how many rows have come.

    Raises:
        ConfigError: a query that is no single SELECT, or whose columns have no name or the same.
        UsageError: an address that SQLAlchemy does not take, or a SQLite file that is not there.
        MissingExtra: the database's driver is not installed.
        Unreachable: the database does not answer, or refuses user and password.
        SourceError: it refuses the query, no row comes, or values that no table holds.
    """
    is_ordered = _require_one_select(query)
    url = read_url(uri)
    location = location_of(url)
    with (
        connected(url, location) as connection,
        tempfile.TemporaryDirectory(prefix=".query-", dir=out.parent) as folder,
    ):
        progress.step(f"running the query at {printable(location)}")
        executed_at = dt.datetime.now(dt.UTC).replace(microsecond=0)
        with refused(url, location):
            result = connection.exec_driver_sql(query)
            names = _names(result)
        spool = Spool(Path(folder), names)
        size = max(1, min(BATCH_ROWS, BATCH_CELLS // len(names)))
        for batch in _batches(result, size, url, location):
            spool.add(batch)
            progress.step(f"{spool.rows:,} rows read from {printable(location)}")
        if not spool.rows:
            raise SourceError(
                f"the query at {printable(location)} gave no rows", "",
                "correct its conditions, or ask the database's owner what this user may see",
            )  # fmt: skip
        spool.write(out)
    return Frozen(
        path=out, rows=spool.rows, columns=names, executed_at=executed_at, query=query,
        location=location, is_ordered=is_ordered,
    )  # fmt: skip


def _batches(result: CursorResult[Any], size: int, url: URL, location: str) -> Iterator[list[Any]]:
    """Full batches but for the last, however many rows the driver gives at once."""
    rows = iter(result)
    while True:
        with refused(url, location):
            batch = list(islice(rows, size))
        if not batch:
            return
        yield batch


def _require_one_select(query: str) -> bool:
    """Refuse anything but one SELECT; returns whether it says the order of its rows."""
    fix = "write one SELECT (or WITH … SELECT) as the query"
    if len(query) > MAX_QUERY:
        raise ConfigError(f"the query has more than {MAX_QUERY:,} characters", "", fix)
    try:
        parsed = sqlparse.parse(sqlparse.format(query, strip_comments=True))
    except sqlparse.exceptions.SQLParseError as error:
        raise ConfigError(
            "the query cannot be read as SQL", "it is nested too deep", fix
        ) from error
    statements: list[Any] = [s for s in parsed if str(s).strip(" \t\r\n;")]
    if len(statements) != 1:
        said = f"expected one statement, found {len(statements)}"
        raise ConfigError("the query is not a single SELECT", said, fix)
    if (kind := statements[0].get_type()) != "SELECT":
        said = f"it begins with {kind}" if kind != "UNKNOWN" else "it begins with something else"
        raise ConfigError("the query is not a single SELECT", said, fix)
    _require_read_alike(query, statements[0])
    return any(t.normalized.upper().split() == ["ORDER", "BY"] for t in statements[0].tokens)


def _require_read_alike(query: str, statement: Any) -> None:
    """Refuse what some database reads as more than the one SELECT that was seen here.

    A transaction that is rolled back or read-only does not hold back INTO OUTFILE, and not every
    database has one.
    """
    if any(t.is_keyword and t.normalized == "INTO" for t in statement.flatten()):
        raise ConfigError(
            "the query is not a single SELECT", "it has INTO, which writes its rows elsewhere",
            "take INTO out",
        )  # fmt: skip
    if "/*!" in query:
        raise ConfigError(
            "the query is not a single SELECT", "/*! begins what MySQL runs and others leave out",
            "take the comment out",
        )  # fmt: skip
    if "\\" in query and ";" in query.rstrip(" \t\r\n;"):
        raise ConfigError(
            "the query is not a single SELECT for every database",
            "where a text ends that holds a backslash depends on the database, and a semicolon "
            "may then begin another statement",
            "write it without the backslash or without the semicolon",
        )  # fmt: skip


def _names(result: CursorResult[Any]) -> tuple[str, ...]:
    names = tuple(map(str, result.keys()))
    for place, name in enumerate(names, 1):
        if not name:
            raise ConfigError(
                f"column {place} of the query's result has no name", fix="name it with AS"
            )
        if names.count(name) > 1:
            raise ConfigError(
                f"two columns of the query's result have the name {printable(name)!r}",
                fix="name each column once, with AS",
            )
    return names
