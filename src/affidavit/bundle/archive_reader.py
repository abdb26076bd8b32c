"""Reads the archive strictly: what the format allows, and nothing else.

`open_archive` judges everything that needs no payload byte, in this order: end records and their
counts, before anything is parsed; each header against the one form it may have; names; that
members follow each other without a gap; local headers; order and sections; BagIt declaration and
format number. Contents are judged when they are read.
"""

from __future__ import annotations

import os
import re
import stat
import zlib
from collections.abc import Iterator
from io import BytesIO, FileIO
from pathlib import Path
from types import TracebackType
from typing import Self

from affidavit.bundle.bag import BAGIT_TXT, BagInfo, parse_bag_info
from affidavit.bundle.hashing import Digests, digest_stream
from affidavit.bundle.layout import (
    BAG_INFO,
    BAGIT,
    CHUNK,
    HEAD,
    MANIFEST,
    MAX_DIRECTORY_BYTES,
    MAX_ENTRIES,
    MAX_RECORD_BYTES,
    MAX_STATEMENT_BYTES,
    MAX_STATEMENTS,
    TAG_MANIFEST,
)
from affidavit.bundle.names import MAX_PATH, require_portable_name
from affidavit.bundle.zip_records import (
    CENTRAL,
    END,
    END64,
    END64_SIGNATURE,
    END_SIGNATURE,
    LOCATOR,
    ZIP64_FROM,
    Member,
    parse_central,
    render_end,
    render_local,
)
from affidavit.errors import BundleError, EntryRefused, UsageError

_ASK_AGAIN = "do not use this copy; ask the sender for it again"
_STATEMENT_NAME = re.compile(r"signatures/[a-z]{1,32}-[0-9a-f]{16}\.sigstore\.json")
# A central header: fixed part, folder and path in UTF-8, a ZIP64 extra field of three values.
_MAX_HEADER = CENTRAL.size + 2 * (2 * MAX_PATH) + 1 + 28
_MAX_TAG_FILE = 64 * 1024
# Tag files that are parsed, and not only compared.
_PARSED = frozenset({BAGIT, BAG_INFO, TAG_MANIFEST, MANIFEST})


class Archive:
    """An open archive of the right form. Use it in a `with` statement; not for several threads.

    Attributes:
        path: the file.
        folder: its one top folder.
        stat: of the open file, to tell it from one that took its place.
        names: entries below that folder, in archive order.
        bag_info: bag-info.txt, parsed; its digest is the caller's to check.
    """

    def __init__(self, path: Path, file: FileIO, *, zip64_from: int = ZIP64_FROM) -> None:
        self.path = path
        self._file = file
        self._zip64_from = zip64_from
        self.stat = os.fstat(file.fileno())
        self.size_bytes = self.stat.st_size
        self._tags: dict[str, bytes] = {}
        members, directory_at = self._read_directory()
        _require_once(members)
        self.folder = _one_folder(members)
        cut = len(self.folder) + 1
        self._members = {m.name[cut:]: m for m in members}
        self.names = tuple(self._members)
        self._require_names()
        self._require_contiguous(members, directory_at)
        _require_sections(self.names, {n: m.size for n, m in self._members.items()})
        self.bag_info = self._require_bag()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()

    def __contains__(self, name: object) -> bool:
        return name in self._members

    def size(self, name: str) -> int:
        """Size in bytes.

        Raises:
            KeyError: no such entry; a bug of the caller, who has `names`.
        """
        return self._members[name].size

    def read(self, name: str, limit: int) -> bytes:
        """The content of one entry of at most `limit` bytes.

        Raises:
            EntryRefused: larger, or not what its CRC says.
        """
        if self.size(name) > limit:
            raise EntryRefused(
                f"entry {name!r}: {self.size(name)} bytes, at most {limit} are allowed"
            )
        return b"".join(self.chunks(name))

    def chunks(self, name: str) -> Iterator[bytes]:
        """The content in pieces of at most 1 MiB; the CRC is checked after the last.

        Raises:
            EntryRefused: the content is not what its CRC says.
        """
        member, kept = self._members[name], self._kept(name)
        start, at, crc = self._start(member), 0, 0
        while at < member.size:
            size = min(CHUNK, member.size - at)
            piece = self._read_at(start + at, size) if kept is None else kept[at : at + size]
            crc = zlib.crc32(piece, crc)
            at += len(piece)
            yield piece
        _require_crc(name, member.crc, crc)

    def digest(self, name: str) -> str:
        """The SHA-256 of one entry, in hex; read once, hashed and summed side by side.

        Raises:
            EntryRefused: the content is not what its CRC says.
        """
        found = self.measure(name)
        _require_crc(name, self._members[name].crc, found.crc)
        return found.sha256

    def measure(self, name: str) -> Digests:
        """SHA-256 and CRC-32 of one entry as it is, whatever the archive says of it."""
        member, kept = self._members[name], self._kept(name)
        if kept is not None:
            return digest_stream(BytesIO(kept).readinto, member.size)
        self._file.seek(self._start(member))
        found = digest_stream(self._read_into, member.size)
        if found.size != member.size:
            raise self._cut_short()
        return found

    def crc(self, name: str) -> int:
        """The CRC-32 that the archive states for an entry."""
        return self._members[name].crc

    def _kept(self, name: str) -> bytes | None:
        """A tag file that is parsed, read once.

        Whoever writes to the archive meanwhile, what was compared is what was understood.
        """
        if name not in _PARSED or self.size(name) > MAX_RECORD_BYTES:
            return None
        if name not in self._tags:
            member = self._members[name]
            self._tags[name] = self._read_at(self._start(member), member.size)
        return self._tags[name]

    def _read_into(self, view: memoryview) -> int:
        return self._file.readinto(view) or 0

    def _start(self, member: Member) -> int:
        return member.offset + len(render_local(member, self._zip64_from))

    def _read_at(self, at: int, size: int) -> bytes:
        self._file.seek(at)
        pieces, missing = [], size
        while missing:
            piece = self._file.read(missing)
            if not piece:
                raise self._cut_short()
            pieces.append(piece)
            missing -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _cut_short(self) -> BundleError:
        return BundleError(f"{self.path.name} ends too early", fix=_ASK_AGAIN)

    def _read_directory(self) -> tuple[list[Member], int]:
        """The members, and where the directory that names them begins."""
        count, size, offset = self._read_end()
        directory = self._read_at(offset, size)
        members, at = [], 0
        for _ in range(count):
            member, at = parse_central(directory, at, self._zip64_from)
            members.append(member)
        if at != size:
            raise BundleError(
                f"{self.path.name}: the central directory holds more than its {count} entries"
            )
        return members, offset

    def _read_end(self) -> tuple[int, int, int]:
        """Count of entries, size and offset of the central directory, all plausible."""
        tail_size = min(self.size_bytes, END.size + LOCATOR.size + END64.size)
        tail = self._read_at(self.size_bytes - tail_size, tail_size)
        if len(tail) < END.size or not tail[-END.size :].startswith(END_SIGNATURE):
            raise BundleError(
                f"{self.path.name} is not a bundle",
                "it is not a whole ZIP archive: cut off, or another kind of file",
                _ASK_AGAIN,
            )
        _, _, _, _, count, size, offset, _ = END.unpack(tail[-END.size :])
        if len(tail) == END.size + LOCATOR.size + END64.size and tail.startswith(END64_SIGNATURE):
            *_, count, size, offset = END64.unpack_from(tail)
        if not count:
            raise BundleError(
                f"{self.path.name} is not a bundle", "it is an archive without entries", _ASK_AGAIN
            )
        if count > MAX_ENTRIES:
            raise BundleError(
                f"{self.path.name} says it has {count} entries, at most {MAX_ENTRIES} are allowed"
            )
        if MAX_DIRECTORY_BYTES < size <= count * _MAX_HEADER:
            raise BundleError(
                f"{self.path.name}: the names of its {count} entries are longer, all together, "
                f"than the {MAX_DIRECTORY_BYTES >> 20} MiB that are allowed"
            )
        end = render_end(count, size, offset, self._zip64_from)
        if (
            not tail.endswith(end)
            or offset + size + len(end) != self.size_bytes
            or size > count * _MAX_HEADER
        ):
            raise BundleError(
                f"{self.path.name}: the end of the archive does not fit the archive",
                "bytes before, between or after the entries, a second disk, a comment, or a cut",
                _ASK_AGAIN,
            )
        return count, size, offset

    def _require_names(self) -> None:
        seen: dict[str, str] = {}
        for name in self.names:
            require_portable_name(name, seen)

    def _require_contiguous(self, members: list[Member], directory_at: int) -> None:
        at = 0
        for member in members:
            if member.offset != at:
                raise EntryRefused(
                    f"entry {member.name!r}: begins at byte {member.offset}, the one before it "
                    f"ends at {at}"
                )
            local = render_local(member, self._zip64_from)
            if self._read_at(at, len(local)) != local:
                raise EntryRefused(
                    f"entry {member.name!r}: its local header disagrees with the central directory"
                )
            at += len(local) + member.size
        if at != directory_at:
            raise BundleError(f"{self.path.name}: bytes between the last entry and the directory")

    def _require_bag(self) -> BagInfo:
        if self.read(BAGIT, _MAX_TAG_FILE) != BAGIT_TXT:
            raise BundleError(f"{BAGIT} is not the declaration of BagIt 1.0 in UTF-8")
        return parse_bag_info(self.read(BAG_INFO, _MAX_TAG_FILE), BAG_INFO)


def open_archive(path: Path, *, zip64_from: int = ZIP64_FROM) -> Archive:
    """Open a bundle's archive and judge all that needs no payload byte.

    Args:
        path: the file.
        zip64_from: as the archive was written; another value than the format's is for tests.

    Raises:
        UsageError: no such file, or it cannot be read.
        BundleError: not a bundle's archive.
        EntryRefused: an entry that the format does not allow.
        NewerFormat: a bundle of a later format.
    """
    file = _opened(path)
    try:
        return Archive(path, file, zip64_from=zip64_from)
    except BaseException:
        file.close()
        raise


def _opened(path: Path) -> FileIO:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise UsageError(
                f"{path} is a folder",
                "a bundle is one .zip file",
                "name the file, not its contents",
            )
        if not stat.S_ISREG(mode):  # a pipe would wait for ever, and cannot be read twice
            raise UsageError(f"{path} is not a plain file", fix="save it as a file first")
        return FileIO(path, "rb")
    except FileNotFoundError as error:
        raise UsageError(f"{path}: no such file", fix="check the path") from error
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read", str(error)) from error


def _one_folder(members: list[Member]) -> str:
    if not members[0].name.isprintable() or "/" not in members[0].name:
        raise EntryRefused(f"entry {members[0].name!r}: stands outside the one top folder")
    folder = members[0].name.partition("/")[0]
    require_portable_name(folder, {})
    for member in members:
        if not member.name.startswith(folder + "/"):
            raise EntryRefused(f"entry {member.name!r}: stands outside the one top folder {folder}")
    return folder


def _require_once(members: list[Member]) -> None:
    """Before names become keys: there, a second entry would hide the first."""
    seen: set[str] = set()
    for member in members:
        if member.name in seen:
            raise EntryRefused(f"entry {member.name!r}: stands twice")
        seen.add(member.name)


def _require_sections(names: tuple[str, ...], sizes: dict[str, int]) -> None:
    """Head, payload, signatures: each in its order, and nothing else (fetch.txt included)."""
    for expected, found in zip(HEAD, (*names, *[""] * len(HEAD)), strict=False):
        if found != expected:
            raise EntryRefused(f"expected {expected} here, found {found!r}", fix=_ASK_AGAIN)
    rest = names[len(HEAD) :]
    payload = [n for n in rest if n.startswith("data/")]
    statements = [n for n in rest if n.startswith("signatures/")]
    for name in rest:
        if not name.startswith(("data/", "signatures/")):
            raise EntryRefused(f"entry {name!r}: a bundle has no such file")
    in_order = sorted(payload, key=str.encode) + sorted(statements)
    for expected, found in zip(in_order, rest, strict=True):
        if expected != found:
            raise EntryRefused(f"entry {found!r}: out of order, expected {expected!r} here")
    if len(statements) > MAX_STATEMENTS:
        raise BundleError(f"{len(statements)} signed statements, at most {MAX_STATEMENTS}")
    for name in statements:
        if not _STATEMENT_NAME.fullmatch(name):
            raise EntryRefused(f"entry {name!r}: not the name of a signed statement")
        if sizes[name] > MAX_STATEMENT_BYTES:
            raise EntryRefused(
                f"entry {name!r}: {sizes[name]} bytes, at most {MAX_STATEMENT_BYTES}"
            )


def _require_crc(name: str, expected: int, found: int) -> None:
    if found != expected:
        raise EntryRefused(
            f"entry {name!r} is damaged",
            f"its CRC-32 is {found:08x}, the archive says {expected:08x}",
            _ASK_AGAIN,
        )
