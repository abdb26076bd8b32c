"""Git's pack format, written so that the same objects are always the same bytes.

`git pack-objects` comes close, but orders by the repository's tags (a tag that is added later
moves its commit to another place), and leaves the zlib stream to whichever zlib git was built
with. Here objects stand by id and are stored, not deflated; any git unpacks it.

References:
    gitformat-pack(5); RFC 1950 (zlib), RFC 1951, 3.2.4 (stored blocks).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from affidavit.resolve.git_objects import GitObject
from affidavit.tracked.git_ids import ObjectFormat, new_hash

_KINDS = {"commit": 1, "tree": 2, "blob": 3, "tag": 4}
_ZLIB_HEADER = b"\x78\x01"  # deflate, 32 KiB window, fastest: as zlib writes it for level 0
_BLOCK = 65_535


def pack_chunks(
    objects: Iterable[GitObject], count: int, object_format: ObjectFormat
) -> Iterator[bytes]:
    """The bytes of a pack, version 2: header, objects in the order given, checksum.

    Args:
        objects: each is read to its end before the next is asked for.
        count: how many they are; the header comes first.
        object_format: the checksum is made with the repository's hash.
    """
    digest = new_hash(object_format)
    for chunk in _uncounted(objects, count):
        digest.update(chunk)
        yield chunk
    yield digest.digest()


def _uncounted(objects: Iterable[GitObject], count: int) -> Iterator[bytes]:
    yield b"PACK" + (2).to_bytes(4, "big") + count.to_bytes(4, "big")
    written = 0
    for each in objects:
        yield _entry_header(_KINDS[each.kind], each.size_bytes)
        yield from _stored(each.chunks)
        written += 1
    if written != count:
        raise RuntimeError(f"a pack of {count} objects was given {written}")


def _entry_header(kind: int, size: int) -> bytes:
    """Kind and size: four bits of the size first, then seven a byte, lowest first."""
    byte, size = (kind << 4) | (size & 0x0F), size >> 4
    header = bytearray()
    while size:
        header.append(byte | 0x80)
        byte, size = size & 0x7F, size >> 7
    header.append(byte)
    return bytes(header)


def _stored(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """A zlib stream of stored blocks, each full but the last."""
    yield _ZLIB_HEADER
    checksum, waiting = zlib.adler32(b""), b""
    for chunk in chunks:
        checksum = zlib.adler32(chunk, checksum)
        waiting += chunk
        blocks, whole = [], 0
        # One block always waits, since only the last may say that it is the last.
        while len(waiting) - whole > _BLOCK:
            blocks.append(_block(waiting[whole : whole + _BLOCK], is_last=False))
            whole += _BLOCK
        waiting = waiting[whole:]
        yield b"".join(blocks)
    yield _block(waiting, is_last=True) + checksum.to_bytes(4, "big")


def _block(content: bytes, *, is_last: bool) -> bytes:
    size = len(content)
    return (
        bytes([is_last])
        + size.to_bytes(2, "little")
        + (size ^ 0xFFFF).to_bytes(2, "little")
        + content
    )
