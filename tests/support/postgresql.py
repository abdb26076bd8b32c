"""A PostgreSQL server of its own, from the system's package: real, private, gone afterwards."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from typing import Any

import pytest

PASSWORD = "correct horse/battery@staple"


def _program(name: str) -> str | None:
    """Debian keeps them off the path."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return str(found[-1]) if found else which(name)


NEEDED = pytest.mark.skipif(
    _program("initdb") is None, reason="no PostgreSQL (apt-get install postgresql)"
)


@dataclass(frozen=True)
class Server:
    """A server on this machine; `owner` may write, and reads with the password."""

    port: int

    def uri(self, user: str = "owner", password: str = PASSWORD) -> str:
        from urllib.parse import quote

        return (
            f"postgresql+psycopg://{user}:{quote(password, safe='')}@127.0.0.1:{self.port}/postgres"
        )

    def run(self, *statements: str) -> None:
        from sqlalchemy import create_engine

        engine = create_engine(self.uri())
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        engine.dispose()


@contextmanager
def served() -> Iterator[Server]:
    """PostgreSQL refuses to run as root: it is then run as its package's own user."""
    folder = Path(tempfile.mkdtemp(prefix="affidavit-postgresql-"))
    as_user: dict[str, Any] = {}
    if os.getuid() == 0:
        as_user = {"user": "postgres", "group": "postgres", "extra_groups": []}
        shutil.chown(folder, "postgres", "postgres")
    (folder / "password").write_text(PASSWORD)
    (folder / "password").chmod(0o644)
    made = [
        str(_program("initdb")), "-D", folder / "data", "-U", "owner", "--auth=scram-sha-256",
        f"--pwfile={folder / 'password'}", "--encoding=UTF8", "--locale=C", "--no-sync",
    ]  # fmt: skip
    subprocess.run(made, check=True, capture_output=True, cwd=folder, **as_user)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    control = [str(_program("pg_ctl")), "-D", folder / "data", "-l", folder / "log"]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
    subprocess.run(
        [*control, "-w", "-o", options, "start"], check=True, cwd=folder,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **as_user,
    )  # fmt: skip
    try:
        yield Server(port)
    finally:
        subprocess.run(
            [*control, "-m", "immediate", "stop"], check=True, capture_output=True, cwd=folder,
            **as_user,
        )  # fmt: skip
        shutil.rmtree(folder)
