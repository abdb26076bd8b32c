"""SHA-256 and CRC-32 of a stream in one reading; large streams use two threads.

hashlib, zlib and file IO release the interpreter lock, so while one thread hashes, the other
reads, sums and, when packing, writes. The pace is that of SHA-256 alone.
"""

from __future__ import annotations

import hashlib
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue

from affidavit.bundle.layout import CHUNK

_BUFFERS = 4
_WORTH_A_THREAD = 2 * CHUNK

ReadInto = Callable[[memoryview], int]
Sink = Callable[[memoryview], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Digests:
    """What one reading gave."""

    sha256: str
    crc: int
    size: int


def digest_stream(read_into: ReadInto, size: int, sink: Sink | None = None) -> Digests:
    """Read at most `size` bytes, hash and sum them, and pass them on.

    Args:
        read_into: fills a buffer and returns how many bytes it gave; 0 at the end.
        size: bytes expected. A stream that ends sooner gives a smaller `Digests.size`; of a
            longer one, nothing beyond `size` is read.
        sink: gets every piece, once, in order; it must not keep the view.
    """
    if size < _WORTH_A_THREAD:
        return _on_this_thread(read_into, size, sink)
    return _on_two_threads(read_into, size, sink)


def _on_this_thread(read_into: ReadInto, size: int, sink: Sink | None) -> Digests:
    sha256, crc, done = hashlib.sha256(), 0, 0
    buffer = memoryview(bytearray(min(size, CHUNK)))
    while done < size and (count := read_into(buffer[: size - done])):
        view = buffer[:count]
        sha256.update(view)
        crc = zlib.crc32(view, crc)
        if sink is not None:
            sink(view)
        done += count
    return Digests(sha256=sha256.hexdigest(), crc=crc, size=done)


def _on_two_threads(read_into: ReadInto, size: int, sink: Sink | None) -> Digests:
    sha256, crc, done = hashlib.sha256(), 0, 0
    free: SimpleQueue[memoryview] = SimpleQueue()
    full: SimpleQueue[tuple[memoryview, int] | None] = SimpleQueue()
    for _ in range(_BUFFERS):
        free.put(memoryview(bytearray(CHUNK)))

    def hash_all() -> None:
        while (piece := full.get()) is not None:
            sha256.update(piece[0][: piece[1]])
            free.put(piece[0])

    hasher = threading.Thread(target=hash_all, name="sha256", daemon=True)
    hasher.start()
    try:
        while done < size:
            buffer = free.get()
            count = read_into(buffer[: size - done])
            if not count:
                break
            # The hasher gives the buffer back, but only this thread takes one: it is not
            # overwritten before this turn of the loop is over.
            full.put((buffer, count))
            crc = zlib.crc32(buffer[:count], crc)
            if sink is not None:
                sink(buffer[:count])
            done += count
    finally:
        full.put(None)
        hasher.join()
    return Digests(sha256=sha256.hexdigest(), crc=crc, size=done)
