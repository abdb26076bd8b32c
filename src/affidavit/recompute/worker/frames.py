"""Frames of the worker protocol, parent side: nothing that comes in is trusted.

A frame is a 12-byte prefix (header length, u32; body length, u64; both big-endian), a JSON header
and a body. docs/worker-protocol.md is the reference.
"""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass

from affidavit.bundle import canonical
from affidavit.bundle.canonical import Json
from affidavit.errors import BundleError

PREFIX = struct.Struct(">IQ")
MAX_HEADER = 1 << 20


class ProtocolFault(Exception):
    """A frame that the protocol does not allow; session.py makes a WorkerError of it."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message: its header, and the bytes that follow it."""

    header: dict[str, Json]
    body: bytes


def pack(header: dict[str, Json], body_size: int = 0) -> bytes:
    """Prefix and header of a frame; the body follows apart, uncopied."""
    text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    return PREFIX.pack(len(text), body_size) + text


class FrameReader:
    """Builds one frame from pieces; asks for no byte beyond it.

    Args:
        max_body: the longest body that the expected answer may have.
    """

    def __init__(self, max_body: int) -> None:
        self._max_body = max_body
        self._content = bytearray()
        self._need = PREFIX.size
        self._header_size: int | None = None
        self._body_size = 0

    @property
    def wanted(self) -> int:
        """Bytes still missing; 0 once the frame is whole."""
        return self._need - len(self._content)

    def feed(self, piece: bytes) -> None:
        """Take the next bytes, at most `wanted`.

        Raises:
            ProtocolFault: a header or body longer than this answer may have.
        """
        self._content += piece
        if self.wanted == 0 and self._header_size is None:
            header_size, body_size = PREFIX.unpack(self._content)
            if not 2 <= header_size <= MAX_HEADER:
                raise ProtocolFault(f"a header of {header_size} bytes")
            if body_size > self._max_body:
                raise ProtocolFault(f"{body_size} bytes where at most {self._max_body} can follow")
            self._header_size, self._body_size = header_size, body_size
            self._need += header_size + body_size

    def frame(self) -> Frame:
        """The whole frame.

        Raises:
            ProtocolFault: the header is not a strict JSON object.
        """
        if self.wanted or self._header_size is None:
            raise RuntimeError("the frame is not whole yet")
        end = PREFIX.size + self._header_size
        try:
            header = canonical.loads(bytes(self._content[PREFIX.size : end]), "the header")
        except BundleError as error:
            raise ProtocolFault(str(error)) from error
        if not isinstance(header, dict):
            raise ProtocolFault("a header that is no object")
        return Frame(header, bytes(self._content[end:]))
