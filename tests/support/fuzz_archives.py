"""Cases of the fuzzer below the files: headers, members, gaps and ends of the ZIP archive."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Sequence
from typing import Any, NamedTuple

from hypothesis import strategies as st
from tests.support.fuzz_edits import PLACES, Draw
from tests.support.raw_archives import patched

from affidavit.bundle.zip_records import END, Member, render_central, render_end, render_local

_FIELDS = {
    "local": ("signature", "version", "flags", "method", "time", "date", "crc", "stored", "size",
              "name_length", "extra_length"),
    "central": ("signature", "made", "version", "flags", "method", "time", "date", "crc", "stored",
                "size", "name_length", "extra_length", "comment_length", "disk", "internal",
                "attributes", "offset"),
}  # fmt: skip
_WIDE = frozenset({"signature", "crc", "stored", "size", "attributes", "offset"})
_VALUES = (0, 1, 2, 8, 9, 12, 14, 20, 45, 0x0800, 0x0801, 0x0808, 0xFFFF, 0xFFFFFFFF, 0x80000000,
           0xA1FF0000, 0x04034B50, 0x02014B50)  # fmt: skip
_EXTRAS = (
    struct.pack("<2HQ", 1, 8, 5), struct.pack("<2H2Q", 1, 16, 5, 5), struct.pack("<2H", 0xCAFE, 0),
    struct.pack("<2H5s", 0x7075, 5, b"\x01abcd"), struct.pack("<2H3Q", 1, 24, 0, 0, 0), b"\x01",
)  # fmt: skip
_NAMES = (
    b"../x", b"/x", b"credit-risk-3/data/model/MODEL.PKL", b"credit-risk-3\\x", b"x", b"",
    b"credit-risk-3/data/\xff", b"credit-risk-3/data/a\x00b", b"credit-risk-3/data/dir/",
    b"credit-risk-3/signatures/seal-0123456789abcdef.sigstore.json",
)  # fmt: skip


class HeaderEdit(NamedTuple):
    """One field of one header; `side` is local, central or both."""

    which: int
    side: str
    field: int
    value: int
    is_added: bool


class PartEdit(NamedTuple):
    """Bytes added to, cut from, or put in place of a part of one entry."""

    which: int
    part: str
    at: int
    value: bytes


class OrderEdit(NamedTuple):
    """Entries in another order, twice or missing; in the body, the directory, or both."""

    how: str
    side: str
    one: int
    other: int


class EndEdit(NamedTuple):
    """The end record, what comes before or after the archive, or a byte anywhere."""

    how: str
    at: int
    value: int
    data: bytes


ArchiveEdit = HeaderEdit | PartEdit | OrderEdit | EndEdit


class _Piece(NamedTuple):
    """One member as it is about to be written."""

    local: bytes
    content: bytes
    central: bytes


def archive_edits() -> Draw:
    """One to three edits of an archive's own records."""
    data = st.binary(max_size=30) | st.sampled_from((b"PK\x03\x04", b"PK\x05\x06" + bytes(18)))
    edit = (
        st.builds(HeaderEdit, PLACES, st.sampled_from(("local", "central", "both")), PLACES,
                  st.sampled_from(_VALUES) | st.integers(0, 2**32 - 1), st.booleans())
        | st.builds(PartEdit, PLACES, st.sampled_from(("local", "content", "central", "name",
                    "extra", "deflate")), PLACES, st.sampled_from((*_EXTRAS, *_NAMES)) | data)
        | st.builds(OrderEdit, st.sampled_from(("swap", "twice", "drop")),
                    st.sampled_from(("body", "directory", "both")), PLACES, PLACES)
        | st.builds(EndEdit, st.sampled_from(("field", "before", "after", "comment", "byte", "cut",
                    "zip64", "appended")), PLACES, st.sampled_from(_VALUES), data)
    )  # fmt: skip
    return st.lists(edit, min_size=1, max_size=3).map(tuple)


def rewritten(entries: Sequence[tuple[str, bytes]], edits: Sequence[ArchiveEdit]) -> bytes:
    """The archive of these entries (full names), with the edits."""
    pieces = _pieces(entries)
    body, directory = list(pieces), list(pieces)
    for edit in edits:
        if isinstance(edit, HeaderEdit | PartEdit):
            place = edit.which % len(pieces)
            changed = _edited(pieces[place], edit)
            body = [changed if p is pieces[place] else p for p in body]
            directory = [changed if p is pieces[place] else p for p in directory]
            pieces[place] = changed
        elif isinstance(edit, OrderEdit):
            if edit.side != "directory":
                body = _reordered(body, edit)
            if edit.side != "body":
                directory = _reordered(directory, edit)
    result = _joined(body, directory)
    for edit in edits:
        if isinstance(edit, EndEdit):
            result = _ended(result, edit)
    return result


def _pieces(entries: Sequence[tuple[str, bytes]]) -> list[_Piece]:
    pieces, at = [], 0
    for name, content in entries:
        member = Member(name=name, size=len(content), crc=zlib.crc32(content), offset=at)
        pieces.append(_Piece(render_local(member), content, render_central(member)))
        at += len(pieces[-1].local) + len(content)
    return pieces


def _edited(piece: _Piece, edit: HeaderEdit | PartEdit) -> _Piece:
    if isinstance(edit, HeaderEdit):
        sides = ("local", "central") if edit.side == "both" else (edit.side,)
        for side in sides:
            piece = piece._replace(**{side: _with_field(getattr(piece, side), side, edit)})
        return piece
    match edit.part:
        case "name" | "extra":
            return _with_tail(piece, edit)
        case "deflate":
            if not _is_header(piece.local, "local") or not _is_header(piece.central, "central"):
                return piece
            packer = zlib.compressobj(wbits=-15)
            content = packer.compress(piece.content) + packer.flush()
            change: dict[str, Any] = {"method": 8, "stored": len(content)}
            return _Piece(
                patched(piece.local, **change), content, patched(piece.central, **change)
            )  # fmt: skip
        case part:
            old = getattr(piece, part)
            at = edit.at % (len(old) + 1)
            return piece._replace(**{part: old[:at] + edit.value + old[at:]})


def _is_header(header: bytes, side: str) -> bool:
    """Whether it still begins as one of its side, and is long enough to have fields."""
    signature, size = (b"PK\x01\x02", 46) if side == "central" else (b"PK\x03\x04", 30)
    return header.startswith(signature) and len(header) >= size


def _with_field(header: bytes, side: str, edit: HeaderEdit) -> bytes:
    field = _FIELDS[side][edit.field % len(_FIELDS[side])]
    if not _is_header(header, side):
        return header  # an edit before this one has left no header to change
    if field == "signature":
        return struct.pack("<I", edit.value) + header[4:]
    value = edit.value & (0xFFFFFFFF if field in _WIDE else 0xFFFF)
    return patched(header, **{field: value})


def _with_tail(piece: _Piece, edit: PartEdit) -> _Piece:
    """Another name, or an extra field more, in both headers, with the lengths that fit."""
    local, central, data = piece.local[:30], piece.central[:46], edit.value
    if not _is_header(local, "local") or not _is_header(central, "central"):
        return piece
    name = data if edit.part == "name" else piece.local[30:]
    extra = b"" if edit.part == "name" else data
    change = {"name_length": len(name), "extra_length": len(extra)}
    return _Piece(
        patched(local, **change) + name + extra, piece.content,
        patched(central, **change) + name + extra,
    )  # fmt: skip


def _reordered(pieces: list[_Piece], edit: OrderEdit) -> list[_Piece]:
    if not pieces:
        return pieces
    one, other = edit.one % len(pieces), edit.other % len(pieces)
    result = list(pieces)
    match edit.how:
        case "swap":
            result[one], result[other] = result[other], result[one]
        case "twice":
            result.insert(other, result[one])
        case _:
            del result[one]
    return result


def _joined(body: Sequence[_Piece], directory: Sequence[_Piece]) -> bytes:
    """Offsets follow the body where the edits moved it and left the header one."""
    out, at = io.BytesIO(), {}
    for piece in body:
        at.setdefault(id(piece), out.tell())
        out.write(piece.local + piece.content)
    begin = out.tell()
    for piece in directory:
        central = piece.central
        moved = at.get(id(piece))
        plain = _is_header(central, "central")
        # An offset that an edit chose stands; one that only fell behind is put right.
        if moved is not None and plain and struct.unpack_from("<I", central, 42)[0] < begin:
            central = patched(central, offset=moved)
        out.write(central)
    out.write(render_end(len(directory), out.tell() - begin, begin))
    return out.getvalue()


def _ended(content: bytes, edit: EndEdit) -> bytes:
    at = edit.at % len(content)
    match edit.how:
        case "field":
            fields = list(END.unpack(content[-22:]))
            place = edit.at % len(fields)
            limit = 0xFFFFFFFF if place in (0, 5, 6) else 0xFFFF
            fields[place] = b"PK\5\7" if place == 0 else edit.value & limit
            return content[:-22] + END.pack(*fields)
        case "before":
            return edit.data + content
        case "after":
            return content + edit.data
        case "comment":
            return content[:-2] + struct.pack("<H", len(edit.data)) + edit.data
        case "byte":
            return content[:at] + bytes([content[at] ^ (edit.value % 255 + 1)]) + content[at + 1 :]
        case "cut":
            return content[:at] + content[at + 1 + edit.value % 50 :]
        case "zip64":
            _, _, _, _, count, size, offset, _ = END.unpack(content[-22:])
            return content[:-22] + render_end(count, size, offset, 0)
        case _:
            return content + content
