"""The files of the training commit, taken out of data/source/commit.pack for an adapter.

The pack is one that `resolve.pack_format` wrote: whole objects, no deltas, no history. Every object
is hashed again, the commit names the tree and the trees name the files: so what is laid out is that
commit, and neither git nor the repository has to be there (a recheck has only the bundle).

References:
    gitformat-pack(5), git-hash-object(1).
"""

from __future__ import annotations

import hashlib
import mmap
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from affidavit.commit_record import PACK
from affidavit.errors import SourceError

_KINDS: Final = {1: b"commit", 2: b"tree", 3: b"blob", 4: b"tag"}
_PIECE: Final = 1 << 20
_MOST_TREE: Final = 64 << 20
_MOST_FOLDERS: Final = 100  # one in another
# A tree may name one subtree many times, and a small stream may hold many bytes: a pack of a few
# hundred bytes would fill a disk.
_MOST_ENTRIES: Final = 1_000_000
_MOST_BYTES: Final = 16 << 30  # of all objects once, and of all files
_MOST_SIZE_BITS: Final = 63
# What Python would run in place of the source beside it, without a look at that.
_COMPILED: Final = "__pycache__"
_REGULAR: Final = frozenset({b"100644", b"100755", b"100664"})
_FOLDER: Final = b"40000"
_TREE: Final = re.compile(rb"tree ([0-9a-f]{40}|[0-9a-f]{64})\n")
_FIX: Final = "build again from a clone that passes git fsck"


@dataclass(frozen=True, slots=True)
class _Object:
    """Where an object's zlib stream begins in the pack; `size` is of its content."""

    kind: bytes
    start: int
    size: int


def lay_out_commit(pack: Path, commit: str, folder: Path) -> dict[str, str]:
    """Write every regular file of the commit below `folder`, which is made.

    Links, submodules and files whose names no folder can take are left out: nothing may lead out.
    So is compiled code in `__pycache__`: what is on record is the source, so that has to run.

    Returns:
        The Git id of each file that was written, by its path.

    Raises:
        SourceError: not such a pack, it does not hold this commit whole, or it is one that would
            fill the disk.
    """
    if not pack.stat().st_size:  # which cannot be mapped
        raise _broken("it is empty")
    folder.mkdir(parents=True)
    with pack.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        reader = _Pack(content, commit)
        written, left = {}, _MOST_BYTES
        for path, oid in reader.files():
            left -= reader.size_of(oid)
            if left < 0:
                raise _broken(f"its files have more than {_MOST_BYTES >> 30} GiB")
            target = folder.joinpath(*path)
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("xb") as out:
                    out.writelines(reader.pieces(oid))
            except FileExistsError as error:  # names that differ in case alone, on some systems
                raise _broken(f"two of its files are {target.name!r} on this machine") from error
            written["/".join(path)] = oid
    return written


class _Pack:
    """An open pack whose objects are known by the ids that their bytes have."""

    def __init__(self, content: mmap.mmap, commit: str) -> None:
        self._content, self._commit = content, commit
        self._hash = "sha1" if len(commit) == 40 else "sha256"
        self._id_size = len(commit) // 2
        self._entries_seen = 0
        self._objects = dict(self._scan())

    def files(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Path and id of every regular file, in the order of the trees."""
        found = _TREE.match(self._read(self._commit, b"commit"))
        if found is None:
            raise _broken("its commit names no tree")
        yield from self._walk(found[1].decode(), ())

    def size_of(self, oid: str) -> int:
        """How many bytes a blob has."""
        return self._of(oid, b"blob").size

    def pieces(self, oid: str) -> Iterator[bytes]:
        """The bytes of a blob."""
        yield from self._inflated(self._of(oid, b"blob"))

    def _walk(self, oid: str, above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
        if len(above) > _MOST_FOLDERS:
            raise _broken("its folders are too deep")
        seen: set[str] = set()
        for mode, raw, child in self._entries(self._read(oid, b"tree")):
            self._entries_seen += 1
            if self._entries_seen > _MOST_ENTRIES:
                raise _broken(f"its trees have more than {_MOST_ENTRIES:,} entries")
            name = _name(raw)
            if name is None or name in seen:
                continue
            seen.add(name)
            if mode == _FOLDER:
                yield from self._walk(child, (*above, name))
            elif mode in _REGULAR:
                yield (*above, name), child

    def _entries(self, tree: bytes) -> Iterator[tuple[bytes, bytes, str]]:
        at = 0
        while at < len(tree):
            end = tree.find(b"\0", at)
            mode, space, name = tree[at:end].partition(b" ")
            child = tree[end + 1 : end + 1 + self._id_size]
            if end < 0 or not space or len(child) != self._id_size:
                raise _broken("one of its trees cannot be read")
            yield mode, name, child.hex()
            at = end + 1 + self._id_size

    def _read(self, oid: str, kind: bytes) -> bytes:
        one = self._of(oid, kind)
        if one.size > _MOST_TREE:
            raise _broken(f"a {kind.decode()} of more than {_MOST_TREE >> 20} MiB")
        return b"".join(self._inflated(one))

    def _of(self, oid: str, kind: bytes) -> _Object:
        found = self._objects.get(oid)
        if found is None or found.kind != kind:
            raise _broken(f"it lacks the {kind.decode()} {oid}")
        return found

    def _scan(self) -> Iterator[tuple[str, _Object]]:
        head = self._content[:12]
        if head[:8] != b"PACK\0\0\0\x02":
            raise _broken("it is no pack of version 2")
        at, left = 12, _MOST_BYTES
        for _ in range(int.from_bytes(head[8:], "big")):
            one = self._head(at)
            left -= one.size
            if left < 0:
                raise _broken(f"its objects have more than {_MOST_BYTES >> 30} GiB")
            digest = hashlib.new(self._hash, usedforsecurity=False)  # the hash that Git chose
            digest.update(b"%s %d\0" % (one.kind, one.size))
            end = _End()
            for piece in self._inflated(one, end):
                digest.update(piece)
            at = end.at
            yield digest.hexdigest(), one

    def _head(self, at: int) -> _Object:
        """Kind and size: four bits of the size first, then seven a byte, lowest first."""
        byte = self._byte(at)
        kind, size, shift = _KINDS.get(byte >> 4 & 7), byte & 15, 4
        if kind is None:
            raise _broken("it holds an object that is given as a difference")
        while byte & 128:
            at += 1
            byte = self._byte(at)
            size |= (byte & 127) << shift
            shift += 7
            if shift > _MOST_SIZE_BITS:
                raise _broken("an object says that it is larger than any file")
        return _Object(kind, at + 1, size)

    def _byte(self, at: int) -> int:
        if at >= len(self._content):
            raise _broken("it ends too early")
        return self._content[at]

    def _inflated(self, one: _Object, end: _End | None = None) -> Iterator[bytes]:
        """The content of an object, never more of it than its size; `end` is told where it ends."""
        engine, at, left = zlib.decompressobj(), one.start, one.size
        while not engine.eof:
            piece = engine.unconsumed_tail
            if not piece:
                piece = self._content[at : at + _PIECE]
                at += len(piece)
            try:
                found = engine.decompress(piece, _PIECE)
            except zlib.error as error:
                raise _broken("an object cannot be unpacked") from error
            left -= len(found)
            if left < 0 or not (piece or found):
                raise _broken("an object has another size than it says")
            yield found
        if left:
            raise _broken("an object has another size than it says")
        if end is not None:
            end.at = at - len(engine.unused_data)


@dataclass(slots=True)
class _End:
    """Where in the pack an object's stream ended."""

    at: int = 0


def _name(raw: bytes) -> str | None:
    """A name as text; None for one that is no plain name of a file here."""
    try:
        name = raw.decode()
    except UnicodeDecodeError:
        return None
    odd = name in ("", ".", "..") or name.casefold() in (".git", _COMPILED)
    return None if odd or any(c in "/\\:" or ord(c) < 32 for c in name) or len(raw) > 255 else name


def _broken(why: str) -> SourceError:
    return SourceError(f"{PACK} cannot be read", why, _FIX)
