"""Writes the archive: stored entries, one form for every byte, memory flat in the file size."""

from __future__ import annotations

import hashlib
import os
import zlib
from collections.abc import Iterable
from io import RawIOBase
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from affidavit.bundle.hashing import Digests, digest_stream
from affidavit.bundle.layout import CHUNK, MAX_DIRECTORY_BYTES, MAX_ENTRIES
from affidavit.bundle.names import require_portable_name
from affidavit.bundle.zip_records import (
    ZIP64_FROM,
    Member,
    render_central,
    render_end,
    render_local,
)
from affidavit.errors import BundleError, Contradicted, UsageError


class ArchiveWriter:
    """Adds entries in the order given, below one top folder; the end is written on leaving.

    Left by an exception, the file has no end records and no reader takes it; who opened it
    removes it.

    Args:
        out: an empty binary file, opened for writing, that can seek.
        folder: the one top folder.
        zip64_from: from which size ZIP64 is used; another value than the format's is for tests.
    """

    def __init__(
        self, out: BinaryIO | RawIOBase, folder: str, *, zip64_from: int = ZIP64_FROM
    ) -> None:
        self._out = out
        self._folder = folder
        self._zip64_from = zip64_from
        self._members: list[Member] = []
        self._directory_bytes = 0
        self._seen: dict[str, str] = {}
        self._at = 0
        require_portable_name(folder, {})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            self._finish()

    @property
    def size_bytes(self) -> int:
        """Bytes written so far; after leaving, the size of the archive."""
        return self._at

    def add_bytes(self, path: str, content: bytes) -> None:
        """Add one entry from memory.

        Raises:
            EntryRefused: the path is not portable, or is taken.
        """
        member = self._member(path, len(content), zlib.crc32(content))
        self._write(render_local(member, self._zip64_from) + content)
        self._members.append(member)

    def add_file(self, path: str, source: Path, size_bytes: int, sha256: str) -> None:
        """Add one entry from a file, hashing it while it is written; the file is read once.

        Args:
            path: below the top folder.
            source: a plain file, not a link.
            size_bytes: its size when its digest was taken.
            sha256: that digest.

        Raises:
            Contradicted: the file is not the one that was hashed then.
            EntryRefused: the path is not portable, or is taken.
        """
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(source, flags), "rb", buffering=0) as file:
            found_size = os.fstat(file.fileno()).st_size
            if found_size != size_bytes:
                raise _changed(path, f"{size_bytes} bytes", f"{found_size} bytes")
            if size_bytes <= CHUNK:
                content = file.read(size_bytes + 1)
                _require_same(path, _digests(content), size_bytes, sha256)
                self.add_bytes(path, content)
            else:
                self._stream(path, file, size_bytes, sha256)

    def add_chunks(self, path: str, chunks: Iterable[bytes], size_bytes: int, crc: int) -> None:
        """Add one entry as another archive has it.

        Args:
            path: below the top folder.
            chunks: its bytes; whoever gives them compares the CRC.
            size_bytes: their number.
            crc: their CRC-32.

        Raises:
            EntryRefused: the path is not portable, or is taken.
            BundleError: more bytes, or fewer.
        """
        member = self._member(path, size_bytes, crc)
        self._write(render_local(member, self._zip64_from))
        begin = self._at
        for chunk in chunks:
            self._write(chunk)
        if self._at - begin != size_bytes:
            raise BundleError(
                f"entry {path!r}: expected {size_bytes} bytes, found {self._at - begin}"
            )
        self._members.append(member)

    def _stream(self, path: str, file: RawIOBase, size: int, sha256: str) -> None:
        """Write a header without CRC, then the bytes, then the header again with it."""
        header_at = self._at
        self._write(render_local(self._member(path, size, 0), self._zip64_from))

        def read_into(view: memoryview) -> int:
            return file.readinto(view) or 0

        found = digest_stream(read_into, size, self._write)
        _require_same(path, found, size, sha256)
        member = Member(name=f"{self._folder}/{path}", size=size, crc=found.crc, offset=header_at)
        self._out.seek(header_at)
        self._write_all(render_local(member, self._zip64_from))
        self._out.seek(self._at)
        self._members.append(member)

    def _member(self, path: str, size: int, crc: int) -> Member:
        require_portable_name(path, self._seen)
        if len(self._members) >= MAX_ENTRIES:
            raise UsageError(
                f"a bundle holds at most {MAX_ENTRIES} entries",
                fix='hold large snapshots by reference: include = "reference"',
            )
        member = Member(name=f"{self._folder}/{path}", size=size, crc=crc, offset=self._at)
        self._directory_bytes += len(render_central(member, self._zip64_from))
        if self._directory_bytes > MAX_DIRECTORY_BYTES:
            raise UsageError(
                f"the names of {len(self._members)} files are longer, all together, than the "
                f"{MAX_DIRECTORY_BYTES >> 20} MiB that a bundle holds",
                fix='hold large snapshots by reference: include = "reference"',
            )
        return member

    def _finish(self) -> None:
        offset = self._at
        for member in self._members:
            self._write(render_central(member, self._zip64_from))
        size = self._at - offset
        self._write(render_end(len(self._members), size, offset, self._zip64_from))

    def _write(self, data: bytes | memoryview) -> None:
        self._write_all(data)
        self._at += len(data)

    def _write_all(self, data: bytes | memoryview) -> None:
        """A raw file may take a part only, and says how much."""
        view = memoryview(data)
        while view:
            view = view[self._out.write(view) or 0 :]


def _digests(content: bytes) -> Digests:
    return Digests(sha256=hashlib.sha256(content).hexdigest(), crc=0, size=len(content))


def _require_same(path: str, found: Digests, size: int, sha256: str) -> None:
    if found.size != size:
        raise _changed(path, f"{size} bytes", f"{found.size} bytes")
    if found.sha256 != sha256:
        raise _changed(path, f"sha256 {sha256}", f"sha256 {found.sha256}")


def _changed(path: str, expected: str, found: str) -> Contradicted:
    what = f"{path} changed while the bundle was being built"
    fix = "let nothing write to the build's folder, and build again"
    return Contradicted(
        what, f"expected {expected}, found {found}", fix, ((what, expected, found, fix),)
    )
