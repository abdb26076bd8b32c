"""Servers of tests end with the process that started them, however that ends.

A worker of pytest-xdist may leave without its exit handlers, or be killed. So a keeper stands
between: it ends the server's whole group when our end of a pipe closes.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

_KEEPER = """
import os, signal, subprocess, sys
for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(each, signal.SIG_IGN)  # sent to the whole group; only the pipe's end counts
server = subprocess.Popen(sys.argv[1:], start_new_session=True, stdin=subprocess.DEVNULL)
try:
    sys.stdin.read()
finally:
    os.killpg(server.pid, signal.SIGKILL)
    server.wait()
"""


def keep(
    command: Sequence[str | Path], *, environ: dict[str, str], cwd: Path, log: IO[bytes] | int
) -> subprocess.Popen[bytes]:
    """Start a server behind a keeper; close the keeper's standard input to end both."""
    return subprocess.Popen(
        [sys.executable, "-c", _KEEPER, *map(str, command)], stdin=subprocess.PIPE, stdout=log,
        stderr=log, env=environ, cwd=cwd,
    )  # fmt: skip


def end(keeper: subprocess.Popen[bytes]) -> None:
    """End the server and its keeper."""
    assert keeper.stdin is not None
    keeper.stdin.close()
    keeper.wait(timeout=60)
