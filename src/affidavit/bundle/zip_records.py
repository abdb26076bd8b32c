"""The few ZIP structures that a bundle has, each with one form only (docs/bundle-format.md).

Writer and reader share the functions that render a structure. The reader renders what a writer
would have written and compares bytes, so a freedom of the ZIP format that is not used here is
not a freedom of ours.

References:
    PKWARE APPNOTE 6.3.10, sections 4.3.7 (local header), 4.3.12 (central directory), 4.3.14
    to 4.3.16 (end records), 4.5.3 (ZIP64 extra field).
"""

from __future__ import annotations

import stat
from dataclasses import dataclass
from struct import Struct
from typing import Final

from affidavit.errors import EntryRefused

LOCAL: Final = Struct("<4s5H3I2H")
CENTRAL: Final = Struct("<4s6H3I5H2I")
END: Final = Struct("<4s4H2IH")
END64: Final = Struct("<4sQ2H2I4Q")
LOCATOR: Final = Struct("<4sIQI")

LOCAL_SIGNATURE: Final = b"PK\x03\x04"
CENTRAL_SIGNATURE: Final = b"PK\x01\x02"
END_SIGNATURE: Final = b"PK\x05\x06"
END64_SIGNATURE: Final = b"PK\x06\x06"
LOCATOR_SIGNATURE: Final = b"PK\x06\x07"

ZIP64_FROM: Final = 0xFFFFFFFF
_FULL, _FULL_COUNT = 0xFFFFFFFF, 0xFFFF
_UTF8, _ENCRYPTED, _DESCRIPTOR = 0x0800, 0x2041, 0x0008
_STORED, _TIME, _DATE = 0, 0, 0x0021  # 1980-01-01 00:00
_PLAIN, _ZIP64, _UNIX = 20, 45, 3 << 8
_MODE: Final = (stat.S_IFREG | 0o644) << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One entry: its full name, size in bytes, CRC-32, and where its local header stands."""

    name: str
    size: int
    crc: int
    offset: int


def render_local(member: Member, zip64_from: int = ZIP64_FROM) -> bytes:
    """The local header, name and extra field of a member."""
    name = member.name.encode()
    is_large = member.size >= zip64_from
    extra = _zip64_extra([member.size, member.size] if is_large else [])
    size = _FULL if is_large else member.size
    return (
        LOCAL.pack(
            LOCAL_SIGNATURE, _ZIP64 if is_large else _PLAIN, _UTF8, _STORED, _TIME, _DATE,
            member.crc, size, size, len(name), len(extra),
        )
        + name
        + extra
    )  # fmt: skip


def render_central(member: Member, zip64_from: int = ZIP64_FROM) -> bytes:
    """The central directory's header, name and extra field of a member."""
    name = member.name.encode()
    is_large, is_far = member.size >= zip64_from, member.offset >= zip64_from
    values = [member.size, member.size] if is_large else []
    extra = _zip64_extra([*values, member.offset] if is_far else values)
    size = _FULL if is_large else member.size
    version = _ZIP64 if extra else _PLAIN
    return (
        CENTRAL.pack(
            CENTRAL_SIGNATURE, _UNIX | version, version, _UTF8, _STORED, _TIME, _DATE,
            member.crc, size, size, len(name), len(extra), 0, 0, 0, _MODE,
            _FULL if is_far else member.offset,
        )
        + name
        + extra
    )  # fmt: skip


def render_end(count: int, size: int, offset: int, zip64_from: int = ZIP64_FROM) -> bytes:
    """The end record, with the ZIP64 end record and locator before it where a value needs it."""
    needs_zip64 = count >= _FULL_COUNT or size >= zip64_from or offset >= zip64_from
    end = END.pack(
        END_SIGNATURE, 0, 0, min(count, _FULL_COUNT), min(count, _FULL_COUNT),
        _FULL if size >= zip64_from else size, _FULL if offset >= zip64_from else offset, 0,
    )  # fmt: skip
    if not needs_zip64:
        return end
    end64 = END64.pack(
        END64_SIGNATURE, END64.size - 12, _UNIX | _ZIP64, _ZIP64, 0, 0, count, count, size, offset
    )
    return end64 + LOCATOR.pack(LOCATOR_SIGNATURE, 0, offset + size, 1) + end


def parse_central(directory: bytes, at: int, zip64_from: int = ZIP64_FROM) -> tuple[Member, int]:
    """The member whose central header begins at `at`, and where the next one begins.

    Raises:
        EntryRefused: the header is not one that `render_central` writes; the commonest reasons
            have words of their own.
    """
    if len(directory) - at < CENTRAL.size:
        raise EntryRefused("the central directory ends within a header")
    (
        signature, _, _, flags, method, time, date, crc, stored, size, name_length, extra_length,
        comment_length, disk, _, attributes, offset,
    ) = CENTRAL.unpack_from(directory, at)  # fmt: skip
    if signature != CENTRAL_SIGNATURE:
        raise EntryRefused("the central directory holds something that is not a header")
    name_at, extra_at = at + CENTRAL.size, at + CENTRAL.size + name_length
    end = extra_at + extra_length
    if end + comment_length > len(directory):
        raise EntryRefused("the central directory ends within a header")
    name = _decoded(directory[name_at:extra_at])
    kind = stat.S_IFMT(attributes >> 16)
    faults = (
        (flags & _ENCRYPTED, "encrypted"),
        (method != _STORED, f"compressed (method {method}); entries are stored"),
        (flags & _DESCRIPTOR, "a data descriptor; sizes stand in the header"),
        (comment_length, "a comment"),
        (disk, f"on disk {disk}; an archive is one file"),
        (kind == stat.S_IFLNK, "a symbolic link"),
        (attributes != _MODE, f"attributes {attributes:#010x}; a plain file has {_MODE:#010x}"),
        ((time, date) != (_TIME, _DATE), "a date; every entry is dated 1980-01-01 00:00"),
        (flags != _UTF8, f"flags {flags:#06x}; only UTF-8, {_UTF8:#06x}, is used"),
    )
    for is_fault, words in faults:
        if is_fault:
            raise EntryRefused(f"not made by affidavit: entry {name!r}: {words}")
    size, stored, offset = _with_zip64(directory[extra_at:end], (size, stored, offset), name)
    if stored != size:
        raise EntryRefused(f"entry {name!r}: two sizes, {size} and {stored}")
    member = Member(name=name, size=size, crc=crc, offset=offset)
    if render_central(member, zip64_from) != directory[at:end]:
        raise EntryRefused(f"entry {name!r}: its header has a form that the format does not use")
    return member, end


def _zip64_extra(values: list[int]) -> bytes:
    if not values:
        return b""
    return Struct(f"<2H{len(values)}Q").pack(1, 8 * len(values), *values)


def _with_zip64(extra: bytes, fields: tuple[int, int, int], name: str) -> tuple[int, int, int]:
    """The three fields (size, stored size, offset), those that are full taken from the extra."""
    if not extra:
        return fields
    wanted = [index for index, value in enumerate(fields) if value == _FULL]
    expected = Struct(f"<2H{len(wanted)}Q")
    if len(extra) != expected.size:
        raise EntryRefused(f"entry {name!r}: an extra field; only ZIP64, where needed, is used")
    tag, length, *values = expected.unpack(extra)
    if (tag, length) != (1, 8 * len(wanted)):
        raise EntryRefused(f"entry {name!r}: an extra field; only ZIP64, where needed, is used")
    result = list(fields)
    for index, value in zip(wanted, values, strict=True):
        result[index] = value
    return result[0], result[1], result[2]


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8", errors="strict")
    except UnicodeDecodeError as error:
        raise EntryRefused(f"entry {raw[:80]!r}: the name is not UTF-8") from error
