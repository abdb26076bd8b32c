"""The three pipes to a worker, served by one loop, so that nothing blocks for ever.

The request goes out, the answer comes in and the model's prints are read and dropped at the same
time, until the deadline.
"""

from __future__ import annotations

import os
import selectors
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from affidavit.printable import printable
from affidavit.recompute.worker import failures
from affidavit.recompute.worker.frames import Frame, FrameReader

TAIL_BYTES = 4096
_PIECE = 1 << 20
_ALIVE_S = 0.5


class Ended(Exception):
    """The answers ended before this one was whole."""


class Late(Exception):
    """The deadline came first."""


class Flooded(Exception):
    """More was printed than is read."""


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


class Pipes:
    """Descriptors of the parent's side: requests, answers, prints. None may block.

    Args:
        requests, answers, prints: the descriptors.
        printed_bytes: how much may be printed.
        is_alive: whether the process that is to answer is still there.
    """

    def __init__(
        self,
        requests: int,
        answers: int,
        prints: int,
        *,
        printed_bytes: int,
        is_alive: Callable[[], bool],
    ) -> None:
        self._out, self._in, self._err = requests, answers, prints
        self._printed_bytes, self._is_alive = printed_bytes, is_alive
        self.printed = Printed()
        for descriptor in (requests, answers, prints):
            os.set_blocking(descriptor, False)

    def exchange(self, request: list[memoryview], reader: FrameReader, deadline: float) -> Frame:
        """Send a request and read its answer.

        Args:
            request: its pieces; used up.
            reader: made for this answer.
            deadline: by the monotonic clock.

        Raises:
            Ended, Late, Flooded: no whole answer.
            ProtocolFault: an answer that the protocol does not allow.
        """
        with selectors.DefaultSelector() as selector:
            selector.register(self._in, selectors.EVENT_READ)
            selector.register(self._out, selectors.EVENT_WRITE)
            selector.register(self._err, selectors.EVENT_READ)
            while reader.wanted:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise Late
                ready = selector.select(min(left, _ALIVE_S))
                # What it started may hold the pipes open; nobody is there to answer.
                if not ready and not self._is_alive():
                    raise Ended
                for key, _ in ready:
                    self._serve(selector, key.fd, request, reader)
        return reader.frame()

    def _serve(
        self,
        selector: selectors.BaseSelector,
        descriptor: int,
        request: list[memoryview],
        reader: FrameReader,
    ) -> None:
        if descriptor == self._out:
            if not self._push(request):
                selector.unregister(self._out)
        elif descriptor == self._err:
            if not self.drain():
                selector.unregister(self._err)
            if self.printed.total > self._printed_bytes:
                raise Flooded
        elif reader.wanted:
            piece = self._pull(min(reader.wanted, _PIECE))
            if piece == b"":
                raise Ended
            if piece:
                reader.feed(piece)

    def _push(self, request: list[memoryview]) -> bool:
        """Write what fits; False once nothing is left or nobody reads."""
        while request and not request[0]:
            del request[0]
        if not request:
            return False
        try:
            request[0] = request[0][os.write(self._out, request[0][:_PIECE]) :]
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

    def drain(self) -> bool:
        """Read and drop what was printed; False once nobody can print any more."""
        try:
            piece = os.read(self._err, 1 << 16)
        except BlockingIOError:
            return True
        self.printed.take(piece)
        return bool(piece)

    def await_silence(self, limit_s: float) -> None:
        """Wait until nobody holds the pipe of prints: behind a sandbox, death takes a moment."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._err, selectors.EVENT_READ)
            end = time.monotonic() + limit_s
            while (left := end - time.monotonic()) > 0:
                if selector.select(left) and not self.drain():
                    return
