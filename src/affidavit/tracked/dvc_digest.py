"""DVC's two digests, made again from bytes as they stream by."""

from __future__ import annotations

import hashlib
from typing import Literal

DvcHash = Literal["md5", "md5-dos2unix"]
_DVC_CHUNK = 1024 * 1024  # DVC hashes in pieces of this size, and normalises each by itself
_PROBE = 512
_TEXT = bytes(range(32, 127)) + b"\n\r\t\f\b"
_MOST_OTHER = 0.30


class DvcDigest:
    r"""One digest of one file.

    `md5` is over the bytes. `md5-dos2unix` is over text with CRLF as LF, in pieces of 1 MiB: a
    pair that a piece cuts in two stays. Whether it is text was decided from the first 512 bytes of
    the file (DVC 1 and 2), later of each piece (DVC 3); both are made here, and either is right.

    References:
        dvc_data/hashfile/hash.py and istextfile.py, release 3.18.3.
    """

    def __init__(self, algorithm: DvcHash) -> None:
        self.algorithm: DvcHash = algorithm
        self._by_file = hashlib.md5(usedforsecurity=False)
        self._by_piece = hashlib.md5(usedforsecurity=False)
        self._waiting = b""
        self._is_text_file: bool | None = None

    def update(self, chunk: bytes) -> None:
        """Take in the next bytes."""
        if self.algorithm == "md5":
            self._by_file.update(chunk)
            return
        self._waiting += chunk
        while len(self._waiting) >= _DVC_CHUNK:
            self._take(self._waiting[:_DVC_CHUNK])
            self._waiting = self._waiting[_DVC_CHUNK:]

    def finish(self) -> tuple[str, ...]:
        """The digest, 32 digits; two where DVC's versions differ on these bytes."""
        if self.algorithm == "md5":
            return (self._by_file.hexdigest(),)
        self._take(self._waiting)
        self._waiting = b""
        return tuple(dict.fromkeys((self._by_piece.hexdigest(), self._by_file.hexdigest())))

    def _take(self, piece: bytes) -> None:
        is_text = _is_text(piece[:_PROBE])
        if self._is_text_file is None:
            self._is_text_file = is_text
        unix = piece.replace(b"\r\n", b"\n")
        self._by_piece.update(unix if is_text else piece)
        self._by_file.update(unix if self._is_text_file else piece)


def _is_text(block: bytes) -> bool:
    """DVC's guess: no NUL, and at most three in ten bytes that are not printable ASCII."""
    if not block:
        return True
    if b"\0" in block:
        return False
    return len(block.translate(None, _TEXT)) / len(block) <= _MOST_OTHER
