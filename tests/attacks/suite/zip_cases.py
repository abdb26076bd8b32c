"""Attacks on the archive: what one reader sees and another does not."""

from __future__ import annotations

import bz2
import lzma
import stat
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

from tests.attacks.suite.case import Attack, World
from tests.support.raw_archives import pack_raw, patched

from affidavit.bundle.zip_records import END, END64, LOCATOR, Member

FILE = "data/model/MLmodel"
NEXT = "data/model/model.pkl"
Change = Callable[[bytes], bytes]
FULL, FULL_COUNT = 0xFFFFFFFF, 0xFFFF


def forged(
    world: World, *, local: Change | None = None, central: Change | None = None, name: str = FILE
) -> Path:
    """The bundle with the headers of one entry changed."""

    def only(change: Change | None) -> Callable[[Member, bytes], bytes]:
        def apply(member: Member, header: bytes) -> bytes:
            return change(header) if change and member.name.endswith("/" + name) else header

        return apply

    return world.good.write_file(pack_raw(world.whole, local=only(local), central=only(central)))


def fields(where: str, **values: int) -> Callable[[World], Path]:
    """One entry's fields changed in the local header, the central one, or both."""

    def change(header: bytes) -> bytes:
        return patched(header, **values)

    is_local, is_central = where in {"local", "both"}, where in {"central", "both"}
    return lambda w: forged(
        w, local=change if is_local else None, central=change if is_central else None
    )


def extra(where: str, content: bytes) -> Callable[[World], Path]:
    def change(header: bytes) -> bytes:
        return patched(header, extra_length=len(content)) + content

    is_local, is_central = where in {"local", "both"}, where in {"central", "both"}
    return lambda w: forged(
        w, local=change if is_local else None, central=change if is_central else None
    )


def mode(kind: int, bits: int = 0o644) -> Callable[[World], Path]:
    return fields("central", attributes=(kind | bits) << 16)


def raw(change: Change) -> Callable[[World], Path]:
    """The whole file changed, as bytes."""
    return lambda w: w.good.write_file(change(w.good.path.read_bytes()))


def end_changed(**changed: int) -> Change:
    """Fields of the end record: disk, start, here, count, size, offset, comment."""
    names = ("signature", "disk", "start", "here", "count", "size", "offset", "comment")

    def change(content: bytes) -> bytes:
        values = dict(zip(names, END.unpack(content[-END.size :]), strict=True))
        return content[: -END.size] + END.pack(*(values | changed).values())

    return change


def with_zip64(count: int = 0, size: int = 0, offset: int = 0, at: int = 0) -> Change:
    """The end record hands over to a ZIP64 one that says something else (each value is added)."""

    def change(content: bytes) -> bytes:
        _, _, _, _, n, s, o, _ = END.unpack(content[-END.size :])
        end64 = END64.pack(
            b"PK\x06\x06", END64.size - 12, 45 | 3 << 8, 45, 0, 0, (n + count) % 2**64,
            (n + count) % 2**64, (s + size) % 2**64, (o + offset) % 2**64,
        )  # fmt: skip
        locator = LOCATOR.pack(b"PK\x06\x07", 0, (o + s + at) % 2**64, 1)
        end = END.pack(b"PK\x05\x06", 0, 0, FULL_COUNT, FULL_COUNT, FULL, FULL, 0)
        return content[: -END.size] + end64 + locator + end

    return change


def before_directory(hidden: bytes) -> Change:
    def change(content: bytes) -> bytes:
        offset = END.unpack(content[-END.size :])[6]
        moved = content[:offset] + hidden + content[offset:]
        return end_changed(offset=offset + len(hidden))(moved)

    return change


def after_directory(hidden: bytes, *, is_counted: bool) -> Change:
    def change(content: bytes) -> bytes:
        size = END.unpack(content[-END.size :])[5]
        moved = content[: -END.size] + hidden + content[-END.size :]
        return end_changed(size=size + len(hidden))(moved) if is_counted else moved

    return change


def shifted(content: bytes) -> bytes:
    """Something in front, and every offset moved along, as a self-extracting archive has it."""
    front = b"#!/bin/sh\necho owned\n"
    offset = END.unpack(content[-END.size :])[6]
    directory, at = bytearray(content[offset : -END.size]), 0
    while at < len(directory):
        name, more = struct.unpack_from("<2H", directory, at + 28)
        where = struct.unpack_from("<I", directory, at + 42)[0]
        struct.pack_into("<I", directory, at + 42, where + len(front))
        at += 46 + name + more
    end = end_changed(offset=offset + len(front))(content)[-END.size :]
    return front + content[:offset] + bytes(directory) + end


def between_members(world: World) -> Path:
    hidden = b"GAP"

    def local(member: Member, header: bytes) -> bytes:
        return hidden + header if member.name.endswith(NEXT) else header

    def central(member: Member, header: bytes) -> bytes:
        is_moved = member.name.endswith(NEXT)
        return patched(header, offset=member.offset + len(hidden)) if is_moved else header

    return world.good.write_file(pack_raw(world.whole, local=local, central=central))


def within_another(world: World) -> Path:
    """An archive in an entry: its own local header lies in another's content, and is pointed at."""
    name = f"{world.good.folder_name}/data/a.txt".encode()
    inner = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0x800, 0, 0, 33, zlib.crc32(b"hi"), 2, 2,
                        len(name), 0) + name + b"hi"  # fmt: skip
    entries = [(n, inner if n.endswith(FILE) else c) for n, c in world.whole]
    place = pack_raw(entries).index(inner)

    def central(member: Member, header: bytes) -> bytes:
        if not member.name.endswith(NEXT):
            return header
        return patched(header, offset=place)

    return world.good.write_file(pack_raw(entries, central=central))


def same_place(world: World) -> Path:
    """Two names for one local header."""
    places: dict[str, int] = {}

    def central(member: Member, header: bytes) -> bytes:
        places[member.name.rpartition("/")[2]] = member.offset
        return patched(header, offset=places["MLmodel"]) if member.name.endswith(NEXT) else header

    return world.good.write_file(pack_raw(world.whole, central=central))


def compressed(
    method: int, press: Callable[[bytes], bytes], content: bytes | None = None
) -> object:
    """One entry compressed for real, with sizes and CRC as they should be."""

    def make(world: World) -> Path:
        plain = world.good.read(FILE) if content is None else content
        packed = press(plain)
        values = {
            "method": method, "size": len(plain), "stored": len(packed), "crc": zlib.crc32(plain),
        }  # fmt: skip
        entries = [(n, packed if n.endswith(FILE) else c) for n, c in world.whole]

        def change(member: Member, header: bytes) -> bytes:
            return patched(header, **values) if member.name.endswith(FILE) else header

        return world.good.write_file(pack_raw(entries, local=change, central=change))

    return make


def deflated(content: bytes) -> bytes:
    press = zlib.compressobj(9, zlib.DEFLATED, -15)
    return press.compress(content) + press.flush()


def with_descriptor(world: World) -> Path:
    """Sizes after the content, as streaming writers have them; the local header says 0."""
    content = world.good.read(FILE)
    tail = struct.pack("<4s3I", b"PK\7\x08", zlib.crc32(content), len(content), len(content))
    entries = [(n, c + tail if n.endswith(FILE) else c) for n, c in world.whole]

    def local(member: Member, header: bytes) -> bytes:
        if not member.name.endswith(FILE):
            return header
        return patched(header, flags=0x808, crc=0, size=0, stored=0)

    def central(member: Member, header: bytes) -> bytes:
        if not member.name.endswith(FILE):
            return header
        size = len(content)
        return patched(header, flags=0x808, crc=zlib.crc32(content), size=size, stored=size)

    return world.good.write_file(pack_raw(entries, local=local, central=central))


def crc_lies(name: str) -> Callable[[World], Path]:
    return lambda w: forged(
        w, name=name, local=lambda h: patched(h, crc=1), central=lambda h: patched(h, crc=1)
    )


def comment(world: World) -> Path:
    """A second archive in the comment: a reader that looks from the end takes that one."""
    second = pack_raw([("x/data/a.txt", b"another")])
    content = end_changed(comment=len(second))(world.good.path.read_bytes())
    return world.good.write_file(content + second)


def many_entries(count: int) -> Callable[[World], Path]:
    """So many entries without content; the directory is real."""
    return lambda w: w.pack([*w.whole[:5], *((f"m/data/{i:06d}", b"") for i in range(count))])


def _a(
    name: str, does: str, make: object, says: str = "", *, check: str = "archive", code: int = 1
) -> Attack:
    assert callable(make)
    return Attack(id=f"zip/{name}", does=does, make=make, check=check, says=says, exit_code=code)


_DIFFERS = "local header disagrees"
_END = "does not fit the archive"
_UNICODE_PATH = struct.pack("<2HBI", 0x7075, 6, 1, 0) + b"x"
_TIMES = struct.pack("<2HBI", 0x5455, 5, 1, 0)

ATTACKS = (
    _a("local-name", "The local header of an entry has another name than the directory.",
       lambda w: forged(w, local=lambda h: h.replace(b"MLmodel", b"MLm0del")), _DIFFERS),
    _a("local-flags", "The local header drops the UTF-8 flag.", fields("local", flags=0), _DIFFERS),
    _a("local-method", "The local header says deflated.", fields("local", method=8), _DIFFERS),
    _a("local-size", "The local header states another size.", fields("local", size=1), _DIFFERS),
    _a("local-crc", "The local header states another CRC.", fields("local", crc=1), _DIFFERS),
    _a("local-encrypted", "Only the local header says encrypted.", fields("local", flags=0x801),
       _DIFFERS),
    _a("local-signature", "The local header is none.",
       lambda w: forged(w, local=lambda h: b"PK\3\5" + h[4:]), _DIFFERS),
    _a("crc-of-payload", "Both headers of a payload file state a CRC that is not its own.",
       crc_lies(FILE), "damaged", check="payload-digest"),
    _a("crc-of-tag-file", "Both headers of VERIFY.txt state a CRC that is not its own.",
       crc_lies("VERIFY.txt"), "damaged", check="tag-digest"),
    _a("crc-of-manifest", "Both headers of the manifest state a CRC that is not its own.",
       crc_lies("/manifest-sha256.txt".strip("/")), "damaged", check="manifest"),
    _a("crc-of-seal", "Both headers of the seal state a CRC that is not its own.",
       lambda w: crc_lies(next(n for n, _ in w.good.entries if n.startswith("signatures/")))(w),
       "damaged", check="statement"),
    _a("prepended", "Bytes stand before the first entry.", raw(lambda c: b"MZ" + c), _END),
    _a("prepended-moved", "A script stands before the first entry, and every offset is moved.",
       raw(shifted), "begins at byte"),
    _a("appended", "Bytes stand after the end record.", raw(lambda c: c + b"\0"), "not a bundle"),
    _a("appended-archive", "A second whole archive follows.",
       raw(lambda c: c + pack_raw([("x/a", b"1")])), _END),
    _a("between", "Bytes stand between two entries.", between_members, "begins at byte"),
    _a("before-directory", "Bytes stand between the last entry and the directory.",
       raw(before_directory(b"HIDE")), "bytes between"),
    _a("extra-data-record", "An archive extra data record (PK 06 08) stands before the directory.",
       raw(before_directory(b"PK\6\x08\4\0\0\0HIDE")), "bytes between"),
    _a("signature-record", "A digital signature record (PK 05 05) follows the directory.",
       raw(after_directory(b"PK\5\5\4\0HIDE", is_counted=True)), "more than its"),
    _a("after-directory", "Bytes stand between the directory and the end record.",
       raw(after_directory(b"HIDE", is_counted=False)), _END),
    _a("spanning-marker", "The marker of a split archive (PK 07 08) comes first.",
       raw(lambda c: b"PK\7\x08" + c), _END),
    _a("overlapping", "An entry begins within the content of another.", within_another,
       "begins at byte"),
    _a("same-place", "Two names share one local header.", same_place, "begins at byte"),
    _a("deflated", "An entry is deflated.", compressed(8, deflated), "compressed (method 8)"),
    _a("bomb", "A deflated entry of 10 kB unpacks to 10 MB.",
       compressed(8, deflated, b"\0" * 10_000_000), "compressed (method 8)"),
    _a("bzip2", "An entry is packed with bzip2.", compressed(12, bz2.compress),
       "compressed (method 12)"),
    _a("lzma", "An entry is packed with LZMA.", compressed(14, lzma.compress),
       "compressed (method 14)"),
    _a("deflate64", "An entry says deflate64, which zipfile does not read.",
       fields("both", method=9), "compressed (method 9)"),
    _a("aes", "An entry says AES (method 99).", fields("both", method=99), "method 99"),
    _a("size-larger", "Both headers state a larger size than there is.",
       fields("both", size=10**6, stored=10**6), "begins at byte"),
    _a("size-smaller", "Both headers state a smaller size, the rest stands between.",
       fields("both", size=1, stored=1), "begins at byte"),
    _a("two-sizes", "The stored size is another than the size.", fields("both", stored=4),
       "two sizes"),
    _a("size-full", "A size of 4 GB less one, without the ZIP64 field that it needs.",
       fields("both", size=FULL, stored=FULL), "form that the format does not use"),
    _a("zip64-unneeded", "A ZIP64 field holds a size that needs none.",
       lambda w: forged(w, central=lambda h: patched(
           h, extra_length=20, size=FULL, stored=FULL)
           + struct.pack("<2H2Q", 1, 16, len(w.good.read(FILE)), len(w.good.read(FILE)))),
       "form that the format does not use"),
    _a("zip64-size", "A ZIP64 field says 8 exabytes.",
       lambda w: forged(w, central=lambda h: patched(
           h, extra_length=20, size=FULL, stored=FULL, version=45, made=3 << 8 | 45)
           + struct.pack("<2H2Q", 1, 16, 2**63, 2**63)), _DIFFERS),
    _a("zip64-short", "A ZIP64 field is cut.", extra("central", struct.pack("<2HI", 1, 4, 0)),
       "an extra field"),
    _a("zip64-end", "A ZIP64 end record repeats what needs none.", raw(with_zip64()), _END),
    _a("zip64-count", "The ZIP64 end record counts one entry less.", raw(with_zip64(count=-1)),
       _END),
    _a("zip64-count-huge", "The ZIP64 end record counts 2^64 - 1 entries.",
       raw(lambda c: with_zip64(count=-1 - END.unpack(c[-END.size:])[4])(c)), "at most 100000"),
    _a("zip64-size-huge", "The ZIP64 end record states a directory of 2^63 bytes.",
       raw(with_zip64(size=2**63)), _END),
    _a("zip64-offset", "The ZIP64 end record puts the directory elsewhere.",
       raw(with_zip64(offset=-46)), _END),
    _a("zip64-locator", "The ZIP64 locator points elsewhere.", raw(with_zip64(at=-56)), _END),
    _a("zip64-missing", "The end record hands over to a ZIP64 record that is not there.",
       raw(end_changed(here=FULL_COUNT, count=FULL_COUNT, size=FULL, offset=FULL)), _END),
    _a("encrypted", "Both headers say encrypted.", fields("both", flags=0x801), "encrypted"),
    _a("strong-encryption", "Both headers say strongly encrypted.", fields("both", flags=0x841),
       "encrypted"),
    _a("masked-headers", "Headers are said to be masked.", fields("both", flags=0x2800),
       "encrypted"),
    _a("descriptor", "A data descriptor follows the content, sizes in the local header are 0.",
       with_descriptor, "a data descriptor"),
    _a("patched-data", "The flag for patched data is set.", fields("both", flags=0x820), "flags"),
    _a("unicode-path", "An extra field (0x7075) gives the entry another name.",
       extra("both", _UNICODE_PATH), "an extra field"),
    _a("extra-times", "An extra field holds times.", extra("both", _TIMES), "an extra field"),
    _a("extra-local", "Only the local header has an extra field.", extra("local", _UNICODE_PATH),
       _DIFFERS),
    _a("symlink", "An entry is a symbolic link.", mode(stat.S_IFLNK, 0o777), "a symbolic link"),
    _a("device", "An entry is a device.", mode(stat.S_IFCHR), "attributes"),
    _a("block-device", "An entry is a block device.", mode(stat.S_IFBLK), "attributes"),
    _a("pipe", "An entry is a named pipe.", mode(stat.S_IFIFO), "attributes"),
    _a("socket", "An entry is a socket.", mode(stat.S_IFSOCK), "attributes"),
    _a("setuid", "An entry runs as its owner.", mode(stat.S_IFREG, 0o4755), "attributes"),
    _a("dos-attributes", "An entry is hidden and a system file on Windows.",
       fields("central", attributes=(stat.S_IFREG | 0o644) << 16 | 6), "attributes"),
    _a("made-on-windows", "An entry says it was made on another system, so links are read otherwise.",
       fields("central", made=20), "form that the format does not use"),
    _a("needs-newer", "An entry needs a later version of ZIP.", fields("both", version=63),
       "form that the format does not use"),
    _a("dated", "An entry has a date.", fields("both", date=0x5977), "a date"),
    _a("on-another-disk", "An entry is on another disk.", fields("central", disk=1), "on disk 1"),
    _a("disks", "The end record says that this is the second disk.", raw(end_changed(disk=1)), _END),
    _a("counts-differ", "The end record counts another number on this disk than in all.",
       raw(end_changed(here=1)), _END),
    _a("hidden-entry", "The end record counts one entry less than the directory holds.",
       raw(lambda c: end_changed(here=_count(c) - 1, count=_count(c) - 1)(c)), "more than its"),
    _a("one-too-many", "The end record counts one entry more than the directory holds.",
       raw(lambda c: end_changed(here=_count(c) + 1, count=_count(c) + 1)(c)),
       "ends within a header"),
    _a("empty", "The end record counts no entry.", raw(end_changed(here=0, count=0)),
       "archive without entries"),
    _a("too-many-entries", "There are 100,001 entries, each real.", many_entries(99_996),
       "at most 100000"),
    _a("comment", "The comment holds a second archive.", comment, "does not fit the archive"),
    _a("comment-length", "The end record announces a comment that is not there.",
       raw(end_changed(comment=4)), _END),
    _a("entry-comment", "An entry has a comment.",
       lambda w: forged(w, central=lambda h: patched(h, comment_length=4) + b"note"), "a comment"),
    _a("cut", "The last byte is missing.", raw(lambda c: c[:-1]), "not a bundle"),
    _a("nothing", "The file is empty.", raw(lambda _: b""), "not a bundle"),
)  # fmt: skip


def _count(content: bytes) -> int:
    count: int = END.unpack(content[-END.size :])[4]
    return count
