"""Frames over two descriptors, from the side that is shut in."""

from __future__ import annotations

import json
import os
import struct
from typing import Any

PREFIX = struct.Struct(">IQ")
MAX_HEADER = 1 << 20


class Channel:
    """Frames over two descriptors: header length, body length, header, body."""

    def __init__(self, incoming: int, outgoing: int) -> None:
        self._incoming, self._outgoing = incoming, outgoing
        for descriptor in (incoming, outgoing):
            os.set_inheritable(descriptor, False)

    def receive(self) -> tuple[dict[str, Any], bytearray]:
        header_size, body_size = PREFIX.unpack(self._read(PREFIX.size))
        if header_size > MAX_HEADER:
            raise EOFError
        header = json.loads(bytes(self._read(header_size)))
        return header, self._read(body_size)

    def send(self, header: dict[str, Any], body: bytes | memoryview = b"") -> None:
        text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
        self._write(PREFIX.pack(len(text), len(body)) + text)
        self._write(body)

    def _read(self, size: int) -> bytearray:
        content = bytearray(size)
        view, done = memoryview(content), 0
        while done < size:
            got = os.readv(self._incoming, [view[done:]])
            if not got:
                raise EOFError
            done += got
        return content

    def _write(self, content: bytes | memoryview) -> None:
        view = memoryview(content)
        while view:
            view = view[os.write(self._outgoing, view) :]
