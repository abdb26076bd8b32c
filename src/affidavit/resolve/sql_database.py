"""A database that is asked once, and never written to; its password is in no message."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import URL, Connection, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from affidavit.errors import MissingExtra, SourceError, Unreachable, UsageError
from affidavit.printable import printable

_CONNECT_S: Final = 30
_SECRET: Final = 6
# Where the name of the package is not that of the module.
_PACKAGES: Final = {
    "psycopg": "psycopg[binary]", "psycopg2": "psycopg2-binary", "MySQLdb": "mysqlclient",
}  # fmt: skip


def read_url(uri: str) -> URL:
    """The address of a database.

    Raises:
        UsageError: an address that SQLAlchemy does not take, or a SQLite file that is not there.
    """
    try:
        url = make_url(uri)
        url.get_dialect()
    except NoSuchModuleError as error:
        raise UsageError(
            "the address of the database names a kind that SQLAlchemy does not know",
            printable(uri.partition(":")[0])[:80],
            "write it as postgresql+psycopg://…, sqlite:///FILE, or install its SQLAlchemy dialect",
        ) from error
    except (ArgumentError, ValueError) as error:
        raise _unreadable() from error
    if url.get_backend_name() == "sqlite":
        if not url.database or not Path(url.database).is_file():
            raise UsageError(
                f"sqlite:///{printable(url.database or '')}: no such file",
                fix="write sqlite:///relative/file or sqlite:////absolute/file",
            )
    elif "@" in f"{url.host}{url.database}":  # part of a password, which would be printed
        raise _unreadable()
    return url


def _unreadable() -> UsageError:
    return UsageError(
        "the address of the database cannot be read", "",
        "write it as SQLAlchemy does, kind://user:password@host:port/database, with %40 for an @ "
        "in the password",
    )  # fmt: skip


def _read_only(url: URL) -> URL:
    """SQLite's address under which a file is opened for reading only; others as they are."""
    if url.get_backend_name() != "sqlite":
        return url
    file = quote(str(Path(url.database or "").resolve()))
    return url.set(database=f"file:{file}", query={"mode": "ro", "uri": "true"})


def location_of(url: URL) -> str:
    """The address as it may be printed and recorded: no user, no password, no options."""
    plain = URL.create(url.drivername, host=url.host, port=url.port, database=url.database)
    return plain.render_as_string(hide_password=True)


@contextmanager
def connected(url: URL, location: str) -> Iterator[Connection]:
    """A connection whose transaction is read-only, where that can be had, and rolled back.

    Raises:
        MissingExtra: the database's driver is not installed.
        Unreachable: the database does not answer, or refuses user and password.
    """
    try:
        is_postgresql = url.get_backend_name() == "postgresql"
        waiting = {"connect_timeout": _CONNECT_S} if is_postgresql else {}
        engine = create_engine(_read_only(url), poolclass=NullPool, connect_args=waiting)
        connection = engine.connect()
    except ImportError as error:
        module = error.name or "the driver"
        raise MissingExtra(
            f"{module} is not installed, and {printable(location)} needs it",
            fix=f"pip install '{_PACKAGES.get(module, module)}'",
        ) from error
    except SQLAlchemyError as error:
        raise Unreachable(
            f"the database at {printable(location)} does not answer, or refuses this user",
            _said(error, url), "check its address, user and password",
        ) from error  # fmt: skip
    with connection:
        options: dict[str, Any] = {"stream_results": True, "no_parameters": True}
        if is_postgresql:
            options["postgresql_readonly"] = True
        yield connection.execution_options(**options)


@contextmanager
def refused(url: URL, location: str) -> Iterator[None]:
    """Say in one line what the driver raises within.

    Raises:
        Unreachable: the connection is gone.
        SourceError: the database refuses what it was asked.
    """
    try:
        yield
    except SQLAlchemyError as error:
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise Unreachable(
                f"the database at {printable(location)} ended the connection",
                _said(error, url), "run it again",
            ) from error  # fmt: skip
        raise SourceError(
            f"the database at {printable(location)} refuses the query", _said(error, url),
            "run the query with the database's own program as the same user, and correct it",
        ) from error  # fmt: skip


def _said(error: SQLAlchemyError, url: URL) -> str:
    """The first line of the driver's own message; its kind alone where that tells too much.

    A message may quote a value of the data after a colon, and the address with its password.
    """
    own = getattr(error, "orig", None) or error
    said = (str(own).splitlines() or [""])[0].partition(': "')[0].partition(": '")[0]
    options = (str(v) for v in url.query.values())  # a driver may take a password among them
    secrets = [str(url.password or ""), *(v for v in options if len(v) >= _SECRET)]
    if any(s and (s in said or quote(s, safe="") in said) for s in secrets):
        said = ""
    return printable(said)[:200] or type(own).__name__
