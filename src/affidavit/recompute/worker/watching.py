"""A watch on what no kernel limit holds: the scratch folder's size, and the number of processes.

It runs beside the conversation with the worker, in a thread, since a model can have threads too and
writes when it likes. What it finds ends the worker; the conversation then says why.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from affidavit.recompute.worker.scratch import (
    MOST_FILES,
    Unmeasurable,
    largest_file_bytes,
    measure,
)
from affidavit.recompute.worker.unlinked import unlinked_bytes

_EVERY_S = 0.1
_MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What to look at, and how much is allowed.

    Attributes:
        scratch: the folder; None where the kernel holds its size.
        scratch_mb: what it may hold.
        processes: how many the model may start; 0 where none can start.
    """

    scratch: Path | None
    scratch_mb: int
    processes: int

    @property
    def is_needed(self) -> bool:
        return self.scratch is not None or self.processes > 0


class Watch:
    """Looks ten times a second, until it is stopped or has ended the worker.

    Attributes:
        over: what was too much, and the setting that allows more; empty while nothing is.
    """

    def __init__(self, process: int, watched: Watched, end: Callable[[], None]) -> None:
        self.over = ""
        self._process, self._watched, self._end = process, watched, end
        self._stopped = threading.Event()
        self._was_hidden = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        if watched.is_needed:
            self._thread.start()

    def stop(self) -> None:
        """No more looking; done when the thread has ended."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(_EVERY_S):
            self.over = self._look()
            if self.over:
                self._end()
                return

    def _look(self) -> str:
        watched, started = self._watched, [self._process]
        if watched.processes:
            started = members(self._process)
            if len(started) > watched.processes + _own(watched):
                return f"it started more than {watched.processes} processes ([worker] processes)"
        if watched.scratch is None:
            return ""
        try:
            size, count = measure(watched.scratch)
            largest = largest_file_bytes(watched.scratch_mb)
            size += sum(unlinked_bytes(p, watched.scratch, largest) for p in started)
        except Unmeasurable as error:
            # Once may be a process that is just ending.
            self._was_hidden, before = True, self._was_hidden
            return f"its scratch folder cannot be measured: {error}" if before else ""
        self._was_hidden = False
        if size > watched.scratch_mb * _MEBIBYTE:
            return (
                f"its scratch folder held more than {watched.scratch_mb} MB ([worker] scratch_mb)"
            )
        if count > MOST_FILES:
            return f"its scratch folder held more than {MOST_FILES} files"
        return ""


def _own(watched: Watched) -> int:
    """The worker, and before a sandbox of namespaces (which has no folder to watch) its two."""
    return 1 if watched.scratch is not None else 3


def members(process: int) -> list[int]:
    """The process, what descends from it, and what is in its session (Linux; else itself)."""
    parents, found = {}, {process}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        number, parent, session = int(stat.parent.name), int(fields[1]), int(fields[3])
        parents[number] = parent
        if session == process:
            found.add(number)
    grown = True
    while grown:
        more = {p for p, parent in parents.items() if parent in found} - found
        grown, found = bool(more), found | more
    return sorted(found)
