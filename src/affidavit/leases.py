"""Whose a file in the making is: still at work, or left behind by a killed process.

A process id alone does not tell: the folder may be shared with another host or container, whose
ids mean other processes here. So the owner also holds a lock for as long as it lives.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import IO


def hold(file: IO[bytes]) -> None:
    """Mark an open file as being worked on; the mark goes with the process, however it ends."""
    with contextlib.suppress(ImportError, OSError):
        import fcntl

        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


def is_abandoned(path: Path, pid: int) -> bool:
    """Whether the process is gone from here, and nobody anywhere holds the file."""
    return not _is_alive(pid) and not _is_held(path)


def _is_alive(pid: int) -> bool:
    if os.name == "nt":
        # A signal would end the process there; removing an open file fails instead.
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _is_held(path: Path) -> bool:
    try:
        import fcntl
    except ImportError:
        return False
    try:
        with path.open("rb") as file:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    return False
