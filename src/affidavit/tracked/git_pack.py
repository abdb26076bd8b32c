"""Git's pack format, read as its bytes come by: whole objects, each known by the id it has.

Only packs as `resolve.pack_format` writes them: no deltas, since the pack of one commit has no
older version of anything.

References:
    gitformat-pack(5), git-hash-object(1).
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from affidavit.errors import SourceError
from affidavit.tracked.git_ids import ObjectFormat, new_hash, object_hash

MAX_CONTENT: Final = 16 << 30
_KINDS: Final = {1: "commit", 2: "tree", 3: "blob", 4: "tag"}
_HEAD: Final = 12
_PIECE: Final = 1 << 20
_MOST_SIZE_BITS: Final = 63


class PackedObject(NamedTuple):
    """One object of a pack.

    Attributes:
        oid: hashed from its bytes.
        kind: commit, tree, blob or tag.
        size: of its content, bytes.
        start: where in the pack its zlib stream begins.
        content: None where nobody asked to keep it.
    """

    oid: str
    kind: str
    size: int
    start: int
    content: bytes | None


def packed_objects(
    chunks: Iterable[bytes],
    object_format: ObjectFormat,
    *,
    keeps: Callable[[str, int], bool] = lambda _kind, _size: False,
    at_most: int = MAX_CONTENT,
) -> Iterator[PackedObject]:
    """The objects of a pack, in its order; the pack's own checksum is compared at the end.

    Args:
        chunks: the pack's bytes, in pieces of any size.
        object_format: `sha1` or `sha256`, by which its ids are made.
        keeps: told kind and size of each object; whether to hold its content in memory.
        at_most: bytes of all contents together. A small stream may hold many.

    Raises:
        SourceError: not such a pack, or one with more content.
    """
    # The repository's own hash, which Git chose; nothing of ours is signed by it.
    whole = new_hash(object_format)
    stream = _Stream(chunks, tail=whole.digest_size, whole=whole)
    head = stream.take(_HEAD)
    if head[:8] != b"PACK\0\0\0\x02":
        raise broken("it is no pack of version 2")
    for _ in range(int.from_bytes(head[8:], "big")):
        kind, size_bytes = _entry(stream)
        at_most -= size_bytes
        if at_most < 0:
            raise broken("its objects have more bytes than they may")
        digest = object_hash(kind, size_bytes, object_format)
        start = stream.at
        kept: list[bytes] | None = [] if keeps(kind, size_bytes) else None
        for piece in stream.inflate(size_bytes):
            digest.update(piece)
            if kept is not None:
                kept.append(piece)
        content = None if kept is None else b"".join(kept)
        yield PackedObject(digest.hexdigest(), kind, size_bytes, start, content)
    if stream.some_more() or stream.left_over != whole.digest():
        raise broken("its checksum is another, or something follows its objects")


def inflate(pack: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The content of one object, from where its stream begins; never more of it than its size.

    Raises:
        SourceError: it cannot be unpacked, or has another size.
    """
    yield from _Stream(pack).inflate(size)


def broken(why: str) -> SourceError:
    """What to say of a pack that is not as a build writes it."""
    return SourceError(
        "the pack of the training commit cannot be read", why,
        "build again from a clone that passes git fsck",
    )  # fmt: skip


def _entry(stream: _Stream) -> tuple[str, int]:
    """Kind and size: four bits of the size first, then seven a byte, lowest first."""
    (byte,) = stream.take(1)
    kind, size, shift = _KINDS.get(byte >> 4 & 7), byte & 15, 4
    if kind is None:
        raise broken("it holds an object that is given as a difference")
    while byte & 128:
        (byte,) = stream.take(1)
        size |= (byte & 127) << shift
        shift += 7
        if shift > _MOST_SIZE_BITS:
            raise broken("an object says that it is larger than any file")
    return kind, size


class _Stream:
    """Bytes that come in pieces, taken as they are needed.

    Args:
        chunks: the pieces.
        tail: how many bytes at the end are not part of it; they are in `left_over`.
        whole: gains every byte before these.
    """

    def __init__(
        self, chunks: Iterable[bytes], *, tail: int = 0, whole: hashlib._Hash | None = None
    ) -> None:
        self._chunks, self._tail, self._whole = iter(chunks), tail, whole
        self._held, self._next, self._before = b"", 0, 0
        self.left_over = b""

    @property
    def at(self) -> int:
        """How many bytes were taken."""
        return self._before + self._next

    def take(self, count: int) -> bytes:
        """Exactly so many bytes."""
        taken = b""
        while len(taken) < count:
            taken += self._some(count - len(taken)) or _ended()
        return taken

    def some_more(self) -> bool:
        """Whether anything is left."""
        return bool(self._some(1))

    def inflate(self, size: int) -> Iterator[bytes]:
        """The content of the object whose stream begins here."""
        engine, left = zlib.decompressobj(), size
        end = self.at + size + size // 256 + _PIECE  # a stream of nothing has no end
        while not engine.eof:
            # No more than the object may need: what is over would be copied for every object.
            piece = engine.unconsumed_tail or self._some(min(_PIECE, left + left // 1024 + 64))
            if self.at > end:
                raise broken("an object takes more bytes than it needs")
            try:
                found = engine.decompress(piece, _PIECE)
            except zlib.error as error:
                raise broken("an object cannot be unpacked") from error
            left -= len(found)
            if left < 0 or not (piece or found):
                raise broken("an object has another size than it says")
            yield found
        if left:
            raise broken("an object has another size than it says")
        self._next -= len(engine.unused_data)

    def _some(self, most: int) -> bytes:
        """At most so many bytes, of one piece; none at the end."""
        while self._next == len(self._held):
            if (chunk := next(self._chunks, None)) is None:
                return b""
            self._before += len(self._held)
            over = self.left_over + chunk
            cut = max(0, len(over) - self._tail)
            self._held, self._next, self.left_over = over[:cut], 0, over[cut:]
            if self._whole is not None:
                self._whole.update(self._held)
        taken = self._held[self._next : self._next + most]
        self._next += len(taken)
        return taken


def _ended() -> bytes:
    raise broken("it ends too early")
