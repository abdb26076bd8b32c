"""What a stopped program leaves running: also what it had started in a session of its own.

This process becomes the parent of every orphan below it (Linux's child subreaper), so that whatever
outlives the program stands among our children, however often it was forked.
"""

from __future__ import annotations

import ctypes
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_SET, _GET = 36, 37  # PR_SET_CHILD_SUBREAPER, PR_GET_CHILD_SUBREAPER


@contextmanager
def adopting() -> Iterator[None]:
    """Take orphans on while the block lasts; what was set before is set again."""
    if sys.platform != "linux":
        pytest.skip("only Linux gives orphans to another process than the first")
    libc, before = ctypes.CDLL(None), ctypes.c_int()
    assert libc.prctl(_GET, ctypes.byref(before), 0, 0, 0) == 0
    assert libc.prctl(_SET, 1, 0, 0, 0) == 0
    try:
        yield
    finally:
        libc.prctl(_SET, before.value, 0, 0, 0)


def children(of: int | None = None) -> set[int]:
    """The processes below one, at any depth; ours unless told. Dead ones do not count."""
    parents = dict(_parents())
    found: set[int] = set()
    wanted = {os.getpid() if of is None else of}
    while wanted:
        wanted = {pid for pid, parent in parents.items() if parent in wanted} - found
        found |= wanted
    return found


def left_running(before: set[int], within_s: float) -> list[str]:
    """The command lines of what runs below us beyond `before`, once they had time to end."""
    deadline = time.monotonic() + within_s
    while (left := children() - before) and time.monotonic() < deadline:
        time.sleep(0.05)
    _bury(left)
    return sorted(filter(None, map(_command, children() - before)))


def _bury(pids: set[int]) -> None:
    """Take note of the end of adopted children, which are else dead for ever."""
    for pid in pids:
        try:
            os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:  # another's child, or gone
            continue


def _parents() -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state not in "ZX":
            yield int(folder.name), int(parent)


def _command(pid: int) -> str:
    try:
        return f"{pid} {(Path('/proc') / str(pid) / 'cmdline').read_bytes().decode()[:200]}"
    except OSError:
        return ""
