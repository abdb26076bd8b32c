"""Data that the builder gave as a query of a database: run once, then a file like any other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from affidavit.bundle.layout import CHUNK
from affidavit.bundle.predicate import public_place
from affidavit.progress import Progress
from affidavit.sources import public_uri

# Addresses of files: all others are SQLAlchemy's, where a query stands beside them.
_FILES: Final = frozenset({"s3", "file", "http", "https", "ftp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryData:
    """The rows of a query in one Parquet file.

    Attributes:
        name: the database's address, for the record: no user, no password, no path.
        executed_at: when the query was sent, UTC, by this machine's clock.
        is_ordered: whether the query says in which order its rows come.
    """

    name: str
    path: Path
    rows: int
    executed_at: str
    is_ordered: bool

    @property
    def is_file(self) -> bool:
        return True

    @property
    def names(self) -> tuple[str, ...]:
        return (self.path.name,)

    def location(self, name: str) -> str:
        """The query is in the record beside it; a file is nowhere but here."""
        return f"{self.name} ({name}, frozen when the bundle was built)"

    def read(self, name: str) -> Iterator[bytes]:
        """The file's bytes, streamed; it is in the workspace, where nobody else writes."""
        with self.path.with_name(name).open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk


def is_database(uri: str) -> bool:
    """Whether this is no address of files."""
    return "://" in uri and urlsplit(uri).scheme not in _FILES


def place_of(uri: str) -> str:
    """The database's address as it may be recorded."""
    return public_place(public_uri(uri))


def run_query(uri: str, query: str, name: str, folder: Path, *, progress: Progress) -> QueryData:
    """Run one SELECT and freeze its rows.

    Args:
        uri: SQLAlchemy's address; its password is neither printed nor recorded.
        query: of a file that the builder gave.
        name: of the Parquet file to write.
        folder: where to write it.
        progress: told how many rows have come.

    Raises:
        AffidavitError: as `freeze_query` says.
    """
    from affidavit.resolve.sql_query import freeze_query  # SQLAlchemy takes a while to load

    frozen = freeze_query(uri, query, folder / name, progress=progress)
    return QueryData(
        name=place_of(frozen.location), path=frozen.path, rows=frozen.rows,
        executed_at=frozen.executed_at.isoformat().replace("+00:00", "Z"),
        is_ordered=frozen.is_ordered,
    )  # fmt: skip
