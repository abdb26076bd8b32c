"""One worker process: start it, ask it, and never be hurt by how it answers.

Leaving the context ends the process and everything it started.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from affidavit.bundle.canonical import Json
from affidavit.errors import WorkerError
from affidavit.interrupts import deferred_interrupts
from affidavit.printable import printable
from affidavit.recompute.worker import failures
from affidavit.recompute.worker.frames import Frame, FrameReader, ProtocolFault, pack
from affidavit.recompute.worker.launch import Launch
from affidavit.recompute.worker.pipes import Ended, Flooded, Late, Pipes
from affidavit.recompute.worker.watching import Watch, Watched, members

PROTOCOL = 3
_PIPE_SIZE = 1 << 20
_GOODBYE_S = 2.0
_MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a session may take.

    Attributes:
        session_s, call_s, start_s: seconds by the clock: in all, for one answer, for the first.
        memory_mb, cpu_s: what its process was given, for the errors.
        printed_mb: what the model may print.
        scratch_mb: what it may keep in its scratch folder.
        processes: how many it may start.
    """

    session_s: float
    call_s: float
    start_s: float = 30.0
    memory_mb: int = 4096
    printed_mb: int = 64
    scratch_mb: int = 1024
    processes: int = 0


class Raised(WorkerError):
    """The model raised on rows that are in no data; its process can be asked on."""


class Session:
    """A running worker. Made by `open_session`."""

    def __init__(self, launch: Launch, bounds: Bounds) -> None:
        self.level, self.isolation = launch.level, launch.isolation
        self._launch, self._bounds = launch, bounds
        self._end = time.monotonic() + bounds.session_s
        self.python = ""
        self._start()

    def _start(self) -> None:
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        with suppress(OSError, AttributeError):  # larger pipes only save switches
            fcntl.fcntl(self._out, fcntl.F_SETPIPE_SZ, _PIPE_SIZE)
        try:
            self._process = subprocess.Popen(
                [*self._launch.command, str(theirs_in), str(theirs_out)],
                env=self._launch.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, pass_fds=(theirs_in, theirs_out),
                cwd=self._launch.scratch or "/", start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            for descriptor in (self._out, self._in):
                os.close(descriptor)
            raise WorkerError(
                "the worker could not be started", error.strerror or str(error),
                "run: affidavit doctor",
            ) from error  # fmt: skip
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        if self._process.stdout is None:
            raise RuntimeError("Popen was asked for a pipe")
        self._pipes = Pipes(
            self._out, self._in, self._process.stdout.fileno(),
            printed_bytes=self._bounds.printed_mb * _MEBIBYTE,
            is_alive=lambda: self._process.poll() is None,
        )  # fmt: skip
        watched = Watched(
            scratch=self._launch.scratch, scratch_mb=self._bounds.scratch_mb,
            processes=self._bounds.processes,
        )  # fmt: skip
        self._watch = Watch(self._process.pid, watched, self._end_group)

    def hello(self) -> None:
        """Have it lock itself in; nothing of the model is loaded before that holds.

        Raises:
            WorkerError: the worker did not start, or not all that was asked of it holds.
        """
        header: dict[str, Json] = {
            "type": "hello", "protocol": PROTOCOL, "limits": dict(self._launch.limits),
            "parent": os.getpid() if self._launch.is_own_child else 0, **self._launch.demands,
        }  # fmt: skip
        ready = self.call(header, expect="ready", doing="starting").header
        self._require_locked(ready)
        self.python = str(ready.get("python", ""))

    def _require_locked(self, ready: dict[str, Json]) -> None:
        """Each limit that was asked for, and each demand, must be said to hold."""
        held, limits = ready.get("held"), ready.get("limits")
        lacking = {k for k, v in self._launch.demands.items() if v}
        lacking -= {str(h) for h in held} if isinstance(held, list) else set()
        bounds = limits if isinstance(limits, dict) else {}
        for name, asked in self._launch.limits.items():
            found = bounds.get(name)
            holds = type(found) is int and 0 <= found <= asked  # -1 would be: no limit
            # Other systems have fewer limits; the level's own words say so there.
            if not holds and sys.platform == "linux":
                lacking.add(name)
        protocol = ready.get("protocol")
        if type(protocol) is not int or protocol != PROTOCOL or lacking:
            self.kill()
            raise failures.unlocked(sorted(lacking))

    def call(
        self,
        header: dict[str, Json],
        body: bytes | memoryview = b"",
        *,
        expect: str | tuple[str, ...],
        doing: str,
        max_body: int = 0,
    ) -> Frame:
        """Send one message and wait for its answer.

        Args:
            header: the message.
            body: what follows it.
            expect: the type that the answer must have, or those that it may have.
            doing: what the worker does meanwhile, for the error: "scoring batch 3".
            max_body: the longest body of an answer.

        Raises:
            WorkerError: it failed, died, hung, took too much, or broke the protocol; `Raised`
                where the model raised on made-up rows, and lives on.
        """
        request = [memoryview(pack(header, len(body))), memoryview(body)]
        first = header["type"] == "hello"
        frame = self._exchange(request, FrameReader(max_body), doing, first=first)
        kind = frame.header.get("type")
        if kind == "error":
            raise self._reported(frame, doing, lives=header.get("made_up") is True)
        if kind not in ((expect,) if isinstance(expect, str) else expect):
            raise self.wrong(doing, f"an answer of type {printable(str(kind))[:40]!r}")
        return frame

    def _exchange(
        self, request: list[memoryview], reader: FrameReader, doing: str, *, first: bool
    ) -> Frame:
        limit_s = self._bounds.start_s if first else self._bounds.call_s
        deadline = time.monotonic() + limit_s
        if self._end < deadline:
            deadline, limit_s = self._end, self._bounds.session_s
        try:
            return self._pipes.exchange(request, reader, deadline)
        except ProtocolFault as fault:
            raise self.wrong(doing, str(fault)) from fault
        except Ended:
            raise self._died(doing) from None
        except Late:
            self.kill()
            raise failures.hung(limit_s, doing, self._last_line) from None
        except Flooded:
            self.kill()
            raise failures.flooded(self._bounds.printed_mb, doing, self._last_line) from None

    # -- what went wrong: end it first, then say so ------------------------------------------------

    @property
    def _last_line(self) -> str:
        return self._pipes.printed.last_line

    def _reported(self, frame: Frame, doing: str, *, lives: bool) -> WorkerError:
        name, message = (str(frame.header.get(k, "")) for k in ("error", "message"))
        error = failures.raised(name, message, doing, self._bounds.memory_mb)
        if lives and frame.header.get("lives") is True:
            return Raised(error.what, error.cause, error.fix)
        self.kill()
        return error

    def _died(self, doing: str) -> WorkerError:
        code = self._wait_for_code()
        self.kill()
        if self._watch.over:
            return failures.took_too_much(self._watch.over, doing, self._last_line)
        return failures.died(code, doing, self._last_line, self._bounds.memory_mb)

    def wrong(self, doing: str, rule: str) -> WorkerError:
        """The error for an answer that breaks the protocol or holds no scores; ends the worker."""
        self.kill()
        return failures.wrong(rule, doing)

    def _wait_for_code(self) -> int | None:
        """The exit code of a process whose answers have ended; None if it lives on."""
        self._watch.stop()
        end = time.monotonic() + _GOODBYE_S
        while time.monotonic() < end:
            self._pipes.drain()
            code = self._process.poll()
            if code is not None:
                return code
            time.sleep(0.01)
        return None

    # -- the end -----------------------------------------------------------------------------------

    def close(self) -> None:
        """End well: say goodbye, wait a moment, then make sure. After `kill` it does nothing."""
        if self._process.stdout is None or self._process.stdout.closed:
            return
        with suppress(WorkerError):
            self._end = time.monotonic() + _GOODBYE_S
            self.call({"type": "shutdown"}, expect="bye", doing="ending")
            self._process.wait(_GOODBYE_S)
        self.kill()

    def kill(self) -> None:
        """End the process, and what it started, now. Done twice, it does nothing."""
        if self._process.stdout is None or self._process.stdout.closed:
            return
        self._watch.stop()
        self._end_group()
        self._process.wait()
        self._pipes.await_silence(_GOODBYE_S)
        for descriptor in (self._in, self._out):
            os.close(descriptor)
        self._process.stdout.close()

    def _end_group(self) -> None:
        own = self._process.pid
        started = members(own) if self._launch.is_own_child else []
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(own, signal.SIGKILL)
        for process in started:  # those that left its group
            if process == own:
                continue
            with suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)


@contextmanager
def open_session(launch: Launch, bounds: Bounds) -> Iterator[Session]:
    """A worker that has locked itself in; gone when the block ends, well or not.

    Raises:
        WorkerError: it did not start.
    """
    session: Session | None = None
    try:
        with deferred_interrupts():  # one between the start and the name would leave it running
            session = Session(launch, bounds)
        session.hello()
        yield session
        session.close()
    finally:
        if session is not None:
            session.kill()
