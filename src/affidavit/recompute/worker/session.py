"""One worker process: start it, ask it, and never be hurt by how it answers.

All pipes are served by one selector loop, so that nothing blocks for ever: the request goes out,
the answer comes in and the model's prints are read and dropped at the same time, until the
deadline. Leaving the context ends the process and everything it started.
"""

from __future__ import annotations

import fcntl
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from affidavit.bundle.canonical import Json
from affidavit.errors import WorkerError
from affidavit.printable import printable
from affidavit.recompute.worker import failures
from affidavit.recompute.worker.frames import Frame, FrameReader, ProtocolFault, pack
from affidavit.recompute.worker.sandbox import Launch

PROTOCOL = 1
TAIL_BYTES = 4096
MAX_PRINTED = 64 << 20
_PIECE = 1 << 20
_GOODBYE_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """Wall-clock limits in seconds: of the whole session, of one answer, of the first one."""

    session_s: float
    call_s: float
    start_s: float = 30.0


@dataclass(slots=True)
class Printed:
    """What the model printed: how much, and the end of it."""

    total: int = 0
    tail: bytearray = field(default_factory=bytearray)

    def take(self, piece: bytes) -> None:
        self.total += len(piece)
        self.tail += piece
        del self.tail[:-TAIL_BYTES]

    @property
    def last_line(self) -> str:
        lines = self.tail.decode(errors="replace").split("\n")
        said = [line.strip() for line in lines if line.strip()]
        return printable(said[-1][: failures.MAX_LINE]) if said else ""


class Session:
    """A running worker. Made by `open_session`."""

    def __init__(
        self, launch: Launch, limits: dict[str, int], deadlines: Deadlines, *, memory_mb: int
    ) -> None:
        self.isolation = launch.isolation
        self._launch, self._deadlines, self._memory_mb = launch, deadlines, memory_mb
        self._limits = limits
        self._end = time.monotonic() + deadlines.session_s
        self._printed = Printed()
        self.python = ""
        self._start()

    def _start(self) -> None:
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        with suppress(OSError, AttributeError):  # larger pipes only save switches
            fcntl.fcntl(self._out, fcntl.F_SETPIPE_SZ, _PIECE)
        try:
            self._process = subprocess.Popen(
                [*self._launch.command, str(theirs_in), str(theirs_out)],
                env=self._launch.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, pass_fds=(theirs_in, theirs_out), cwd="/",
                start_new_session=True,
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
        self._err = self._process.stdout.fileno()
        for descriptor in (self._in, self._out, self._err):
            os.set_blocking(descriptor, False)

    def hello(self) -> None:
        """Hand over the limits; nothing of the model is loaded before they hold.

        Raises:
            WorkerError: the worker did not start.
        """
        header: dict[str, Json] = {
            "type": "hello", "protocol": PROTOCOL, "limits": dict(self._limits),
            "parent": os.getpid() if self._launch.is_own_child else 0,
        }  # fmt: skip
        ready = self.call(header, expect="ready", doing="starting").header
        self.python = str(ready.get("python", ""))

    def call(
        self,
        header: dict[str, Json],
        body: bytes | memoryview = b"",
        *,
        expect: str,
        doing: str,
        max_body: int = 0,
    ) -> Frame:
        """Send one message and wait for its answer.

        Args:
            header: the message.
            body: what follows it.
            expect: the type that the answer must have.
            doing: what the worker does meanwhile, for the error: "scoring batch 3".
            max_body: the longest body of an answer.

        Raises:
            WorkerError: it failed, died, hung, printed without end, or broke the protocol.
        """
        try:
            frame = self._exchange(header, body, doing, FrameReader(max_body))
        except ProtocolFault as fault:
            raise self.wrong(doing, str(fault)) from fault
        kind = frame.header.get("type")
        if kind == "error":
            raise self._reported(frame, doing)
        if kind != expect:
            raise self.wrong(doing, f"an answer of type {printable(str(kind))[:40]!r}")
        return frame

    # -- the loop ----------------------------------------------------------------------------------

    def _exchange(
        self, header: dict[str, Json], body: bytes | memoryview, doing: str, reader: FrameReader
    ) -> Frame:
        limit_s = self._deadlines.start_s if header["type"] == "hello" else self._deadlines.call_s
        deadline = time.monotonic() + limit_s
        if self._end < deadline:
            deadline, limit_s = self._end, self._deadlines.session_s
        pending = [memoryview(pack(header, len(body))), memoryview(body)]
        with selectors.DefaultSelector() as selector:
            selector.register(self._in, selectors.EVENT_READ)
            selector.register(self._out, selectors.EVENT_WRITE)
            selector.register(self._err, selectors.EVENT_READ)
            while reader.wanted:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise self._hung(doing, limit_s)
                for key, _ in selector.select(left):
                    self._serve(selector, key.fd, pending, reader, doing)
        return reader.frame()

    def _serve(
        self,
        selector: selectors.BaseSelector,
        descriptor: int,
        pending: list[memoryview],
        reader: FrameReader,
        doing: str,
    ) -> None:
        if descriptor == self._out:
            if not self._push(pending):
                selector.unregister(self._out)
        elif descriptor == self._err:
            if not self._drain():
                selector.unregister(self._err)
            if self._printed.total > MAX_PRINTED:
                raise self._flooded(doing)
        elif reader.wanted:
            piece = self._pull(min(reader.wanted, _PIECE))
            if piece == b"":
                raise self._died(doing)
            if piece:
                reader.feed(piece)

    def _push(self, pending: list[memoryview]) -> bool:
        """Write what fits; False once nothing is left or nobody reads."""
        while pending and not pending[0]:
            del pending[0]
        if not pending:
            return False
        try:
            pending[0] = pending[0][os.write(self._out, pending[0][:_PIECE]) :]
        except BlockingIOError:
            return True
        except BrokenPipeError:  # the answer's end of file will say that it died
            return False
        return True

    def _pull(self, size: int) -> bytes | None:
        try:
            return os.read(self._in, size)
        except BlockingIOError:
            return None

    def _drain(self) -> bool:
        try:
            piece = os.read(self._err, 1 << 16)
        except BlockingIOError:
            return True
        self._printed.take(piece)
        return bool(piece)

    # -- what went wrong: end it first, then say so ------------------------------------------------

    def _reported(self, frame: Frame, doing: str) -> WorkerError:
        self.kill()
        name, message = (str(frame.header.get(k, "")) for k in ("error", "message"))
        return failures.raised(name, message, doing, self._memory_mb)

    def _died(self, doing: str) -> WorkerError:
        code = self._wait_for_code()
        self.kill()
        return failures.died(code, doing, self._printed.last_line, self._memory_mb)

    def _hung(self, doing: str, limit_s: float) -> WorkerError:
        self.kill()
        return failures.hung(limit_s, doing, self._printed.last_line)

    def _flooded(self, doing: str) -> WorkerError:
        self.kill()
        return failures.flooded(MAX_PRINTED, doing, self._printed.last_line)

    def wrong(self, doing: str, rule: str) -> WorkerError:
        """The error for an answer that breaks the protocol or holds no scores; ends the worker."""
        self.kill()
        return failures.wrong(rule, doing)

    def _wait_for_code(self) -> int | None:
        """The exit code of a process whose answers have ended; None if it lives on."""
        end = time.monotonic() + _GOODBYE_S
        while time.monotonic() < end:
            self._drain()
            code = self._process.poll()
            if code is not None:
                return code
            time.sleep(0.01)
        return None

    def _await_silence(self) -> None:
        """Wait until nobody holds the pipe of prints: behind a sandbox, death takes a moment."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._err, selectors.EVENT_READ)
            end = time.monotonic() + _GOODBYE_S
            while (left := end - time.monotonic()) > 0:
                if selector.select(left) and not self._drain():
                    return

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
        """End the process group now. Done twice, it does nothing."""
        if self._process.stdout is None or self._process.stdout.closed:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._await_silence()
        for descriptor in (self._in, self._out):
            os.close(descriptor)
        self._process.stdout.close()


@contextmanager
def open_session(
    launch: Launch, limits: dict[str, int], deadlines: Deadlines, *, memory_mb: int
) -> Iterator[Session]:
    """A worker that has taken its limits; gone when the block ends, well or not.

    Raises:
        WorkerError: it did not start.
    """
    session = Session(launch, limits, deadlines, memory_mb=memory_mb)
    try:
        session.hello()
        yield session
        session.close()
    finally:
        session.kill()
