"""Strict reading: each refusal has a name, and the untouched archive passes."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.heads import HEAD, INFO
from tests.support.raw_archives import pack_raw, patched

from affidavit.bundle import layout
from affidavit.bundle.archive_reader import open_archive
from affidavit.bundle.zip_records import END, Member, render_end
from affidavit.errors import BundleError, EntryRefused, NewerFormat, UsageError

STATEMENT = "m-1/signatures/seal-0123456789abcdef.sigstore.json"
PAYLOAD = [("m-1/data/a.txt", b"one"), ("m-1/data/b.txt", b"two")]
GOOD = [*HEAD, *PAYLOAD, (STATEMENT, b"{}")]


@pytest.fixture
def save(tmp_path: Path) -> Callable[[bytes], Path]:
    def write(content: bytes) -> Path:
        path = tmp_path / "x.zip"
        path.write_bytes(content)
        return path

    return write


Save = Callable[[bytes], Path]


def only(index: int, **fields: int) -> Callable[[Member, bytes], bytes]:
    """Change fields in the header of one entry, by its place in GOOD."""

    def change(member: Member, header: bytes) -> bytes:
        return patched(header, **fields) if member.name == GOOD[index][0] else header

    return change


def test_reads_what_the_format_allows(save: Save) -> None:
    with open_archive(save(pack_raw(GOOD))) as archive:
        assert archive.folder == "m-1"
        assert archive.names == tuple(n.removeprefix("m-1/") for n, _ in GOOD)
        assert archive.read("data/a.txt", 3) == b"one"
        assert archive.size("data/b.txt") == 3
        assert archive.digest("data/b.txt") == hashlib.sha256(b"two").hexdigest()
        assert archive.bag_info.payload_files == 2
        assert "data/a.txt" in archive
        assert "data/c.txt" not in archive


def test_refuses_an_entry_beyond_the_readers_limit(save: Save) -> None:
    with open_archive(save(pack_raw(GOOD))) as archive, pytest.raises(EntryRefused) as refused:
        archive.read("data/a.txt", 2)
    assert refused.value.what == "entry 'data/a.txt': 3 bytes, at most 2 are allowed"


def test_finds_a_damaged_byte_by_its_crc_in_every_way_of_reading(save: Save) -> None:
    content = pack_raw(GOOD)
    damaged = content.replace(b"one", b"onf")
    crc_of_one = 0x7A6C86F1
    with open_archive(save(damaged)) as archive:
        for read in (
            lambda: archive.read("data/a.txt", 3),
            lambda: b"".join(archive.chunks("data/a.txt")),
            lambda: archive.digest("data/a.txt"),
        ):
            with pytest.raises(EntryRefused, match=r"'data/a\.txt' is damaged") as refused:
                read()
            assert f"the archive says {crc_of_one:08x}" in refused.value.cause
        assert archive.measure("data/a.txt").sha256 == hashlib.sha256(b"onf").hexdigest()
        assert archive.crc("data/a.txt") == crc_of_one
        assert archive.read("data/b.txt", 3) == b"two"


# ---- the container


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("bytes after the end", lambda c: c + b"\0"),
        ("bytes before the first entry", lambda c: b"\0" + c),
        ("a cut", lambda c: c[:-1]),
        ("another cut", lambda c: c[:40]),
        ("an empty file", lambda _: b""),
        ("something else", lambda _: b"not an archive" * 100),
        ("a comment", lambda c: c[:-2] + struct.pack("<H", 4) + b"note"),
        ("a comment's length without the comment", lambda c: c[:-2] + b"\4\0"),
        ("a second disk", lambda c: c[:-18] + b"\1" + c[-17:]),
        ("one entry more than there are", lambda c: _with_counts(c, +1)),
        ("one entry less than there are", lambda c: _with_counts(c, -1)),
    ],
)
def test_refuses_a_container_with(name: str, change: Callable[[bytes], bytes], save: Save) -> None:
    good = pack_raw(GOOD)
    open_archive(save(good)).close()

    with pytest.raises(BundleError):
        open_archive(save(change(good)))


def _with_counts(content: bytes, more: int) -> bytes:
    count = len(GOOD) + more
    return content[: -END.size + 8] + struct.pack("<2H", count, count) + content[-END.size + 12 :]


def test_refuses_bytes_between_entries(save: Save) -> None:
    """A gap that the directory jumps over could hold anything."""

    def local(member: Member, header: bytes) -> bytes:
        return header if member.name != GOOD[6][0] else b"GAP" + header

    def central(member: Member, header: bytes) -> bytes:
        return patched(header, offset=member.offset + 3) if member.name == GOOD[6][0] else header

    with pytest.raises(EntryRefused, match=r"'m-1/data/b\.txt': begins at byte \d+, the one befo"):
        open_archive(save(pack_raw(GOOD, local=local, central=central)))


def test_refuses_bytes_between_the_last_entry_and_the_directory(save: Save) -> None:
    content = pack_raw(GOOD)
    offset = END.unpack(content[-END.size :])[6]
    moved = content[:offset] + b"HIDE" + content[offset:-6] + struct.pack("<IH", offset + 4, 0)

    with pytest.raises(BundleError, match="bytes between the last entry and the directory"):
        open_archive(save(moved))


def test_refuses_bytes_within_the_directory_that_are_no_header(save: Save) -> None:
    def central(member: Member, header: bytes) -> bytes:
        return header + b"HIDE" if member.name == GOOD[-1][0] else header

    with pytest.raises(BundleError, match="the central directory holds more than its 8 entries"):
        open_archive(save(pack_raw(GOOD, central=central)))


def test_refuses_more_entries_than_allowed_before_parsing_one(save: Save) -> None:
    """The count is judged from the end record; what it counts is not looked at."""
    end = render_end(100_001, 5, 0)
    with pytest.raises(BundleError, match="says it has 100001 entries, at most 100000"):
        open_archive(save(pack_raw(GOOD) + end))


def test_refuses_a_directory_larger_than_its_entries_could_be(save: Save) -> None:
    """What is read into memory is bounded by the count, not by what the archive claims."""
    content = pack_raw(GOOD)
    padded = content + b"\0" * 1_000_000
    offset = END.unpack(content[-END.size :])[6]
    with pytest.raises(BundleError, match="does not fit the archive"):
        open_archive(save(padded + render_end(len(GOOD), len(padded) - offset, offset)))


def test_refuses_an_archive_without_entries(save: Save) -> None:
    out = io.BytesIO()
    zipfile.ZipFile(out, "w").close()
    with pytest.raises(BundleError, match="is not a bundle: it is an archive without entries"):
        open_archive(save(out.getvalue()))


# ---- one entry


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"flags": 0x0801}, "encrypted"),
        ({"method": 8}, r"compressed \(method 8\)"),
        ({"flags": 0x0808}, "a data descriptor"),
        ({"disk": 1}, "on disk 1"),
        ({"attributes": (stat.S_IFLNK | 0o777) << 16}, "a symbolic link"),
        ({"attributes": (stat.S_IFDIR | 0o755) << 16}, "attributes 0x41ed0000"),
        ({"attributes": (stat.S_IFREG | 0o755) << 16}, "attributes 0x81ed0000"),
        ({"date": 0x5977}, "a date"),
        ({"time": 1}, "a date"),
        ({"flags": 0}, "flags 0x0000"),
        ({"size": 4}, "two sizes, 4 and 3"),
        ({"version": 45}, "its header has a form"),
        ({"made": 20}, "its header has a form"),
        ({"internal": 1}, "its header has a form"),
        ({"offset": 1}, r"begins at byte 1, the one before it ends at"),
        ({"crc": 1}, "its local header disagrees with the central directory"),
    ],
)
def test_refuses_a_central_header_with(fields: dict[str, int], words: str, save: Save) -> None:
    open_archive(save(pack_raw(GOOD))).close()

    with pytest.raises(
        EntryRefused, match=rf"^(not made by affidavit: )?entry 'm-1/data/a\.txt': {words}"
    ):
        open_archive(save(pack_raw(GOOD, central=only(5, **fields))))


@pytest.mark.parametrize(
    "content",
    [b"", b"# Read me\n", b"%PDF-1.7\n%%EOF\n", pack_raw(GOOD)[:-10], pack_raw(GOOD)[:100]],
    ids=["empty", "text", "pdf", "cut in the end record", "cut in an entry"],
)
def test_another_kind_of_file_is_called_that(content: bytes, save: Save) -> None:
    with pytest.raises(BundleError) as refused:
        open_archive(save(content))

    assert refused.value.what.endswith(" is not a bundle")
    assert refused.value.cause == "it is not a whole ZIP archive: cut off, or another kind of file"


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_of_anyone_is_said_not_to_be_made_by_affidavit(method: int, save: Save) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("folder/notes.txt", "notes")

    with pytest.raises(EntryRefused, match=r"^not made by affidavit: entry 'folder/notes\.txt': "):
        open_archive(save(out.getvalue()))


@pytest.mark.parametrize(
    "fields",
    [
        {"flags": 0x0801},
        {"method": 8},
        {"crc": 1},
        {"size": 2},
        {"stored": 2},
        {"date": 0},
        {"version": 10},
        {"signature": 0},
    ],
)
def test_refuses_a_local_header_that_disagrees_on(fields: dict[str, int], save: Save) -> None:
    """Another reader goes by the local header, and would unpack something else."""
    values: dict[str, Any] = {k: (b"PK\0\0" if k == "signature" else v) for k, v in fields.items()}

    with pytest.raises(EntryRefused, match=r"'m-1/data/a\.txt': its local header disagrees"):
        open_archive(save(pack_raw(GOOD, local=only(5, **values))))


def test_refuses_another_name_in_the_local_header(save: Save) -> None:
    def local(member: Member, header: bytes) -> bytes:
        return header.replace(b"data/a.txt", b"data/x.txt")

    with pytest.raises(EntryRefused, match="its local header disagrees"):
        open_archive(save(pack_raw(GOOD, local=local)))


@pytest.mark.parametrize("where", ["local", "central"])
def test_refuses_an_extra_field(where: str, save: Save) -> None:
    """Unix times, Unicode paths (0x7075 renames the entry!): none is used."""
    extra = struct.pack("<2H", 0x7075, 5) + b"\1" + b"\0" * 4

    def add(member: Member, header: bytes) -> bytes:
        if member.name != GOOD[-1][0]:
            return header
        return patched(header, extra_length=len(extra)) + extra

    change = {where: add}
    with pytest.raises(EntryRefused, match=r"an extra field|local header disagrees"):
        open_archive(save(pack_raw(GOOD, **change)))


def test_refuses_zip64_where_no_value_needs_it(save: Save) -> None:
    def add(member: Member, header: bytes) -> bytes:
        if member.name != GOOD[-1][0]:
            return header
        extra = struct.pack("<2H2Q", 1, 16, member.size, member.size)
        fields = {"extra_length": 20, "size": 0xFFFFFFFF, "stored": 0xFFFFFFFF}
        return patched(header, **fields) + extra

    with pytest.raises(EntryRefused, match="a form that the format does not use"):
        open_archive(save(pack_raw(GOOD, central=add)))


def test_refuses_an_entry_comment(save: Save) -> None:
    def add(member: Member, header: bytes) -> bytes:
        return patched(header, comment_length=4) + b"note"

    with pytest.raises(EntryRefused, match="a comment"):
        open_archive(save(pack_raw(GOOD, central=add)))


def test_refuses_a_name_that_is_not_utf8(save: Save) -> None:
    content = pack_raw(GOOD).replace(b"data/a.txt", b"data/\xff.txt")
    with pytest.raises(EntryRefused, match="the name is not UTF-8"):
        open_archive(save(content))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_refuses_what_other_zip_writers_make(method: int, save: Save) -> None:
    """Unpacked and packed again, a bundle is another file; its contents can still be checked."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in GOOD:
            archive.writestr(name, content)
    with pytest.raises(EntryRefused):
        open_archive(save(out.getvalue()))


# ---- names, order, sections


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("/etc/passwd", "stands outside the one top folder"),
        ("m-1/data/../../x", "N1"),
        ("m-1/data//x", "N1"),
        ("m-1/data/", "N1"),
        ("m-1/data/./x", "N1"),
        ("m-1/data/a\\b", "N2"),
        ("m-1/data/a:b", "N2"),
        ("m-1/data/a%0ab", "N2"),
        ("m-1/data/a\x1b[2J", "N2"),
        ("m-1/data/\u202efdp.exe", "N2"),
        ("m-1/data/NUL.txt", "N3"),
        ("m-1/data/end.", "N3"),
        ("m-1/data/" + "x" * 180, "N3"),
        ("m-1/data/A.TXT", "N4"),
        ("m-1/data/a.txt/b", "N4"),
        ("m-1/DATA/c.txt", "a bundle has no such file|N4"),
        ("m-2/data/c.txt", "stands outside the one top folder m-1"),
        ("m-1/fetch.txt", "a bundle has no such file"),
        ("m-1/manifest-md5.txt", "a bundle has no such file"),
        ("m-1/signatures/seal-0123.sigstore.json", "not the name of a signed statement"),
        ("m-1/signatures/x/seal-0123456789abcdef.sigstore.json", "not the name of a signed"),
    ],
)
def test_refuses_an_entry_named(name: str, rule: str, save: Save) -> None:
    with pytest.raises(EntryRefused, match=rule):
        open_archive(save(pack_raw([*GOOD[:-1], (name, b"")])))


def test_refuses_an_entry_that_stands_twice(save: Save) -> None:
    with pytest.raises(EntryRefused, match=r"'m-1/data/b\.txt': stands twice"):
        open_archive(save(pack_raw([*HEAD, *PAYLOAD, ("m-1/data/b.txt", b"three")])))


def test_refuses_two_normal_forms_of_one_name(save: Save) -> None:
    entries = [*HEAD, ("m-1/data/e\u0301", b"1"), ("m-1/data/\u00e9", b"2")]
    with pytest.raises(EntryRefused, match="N4"):
        open_archive(save(pack_raw(entries)))


@pytest.mark.parametrize("missing", range(5))
def test_refuses_an_archive_without_a_head_file(missing: int, save: Save) -> None:
    name = GOOD[missing][0].removeprefix("m-1/")
    with pytest.raises(EntryRefused, match=f"expected {name} here, found"):
        open_archive(save(pack_raw([e for i, e in enumerate(GOOD) if i != missing])))


@pytest.mark.parametrize(("first", "second"), [(0, 1), (3, 4), (5, 6), (6, 7)])
def test_refuses_entries_out_of_order(first: int, second: int, save: Save) -> None:
    entries = list(GOOD)
    entries[first], entries[second] = entries[second], entries[first]
    with pytest.raises(EntryRefused, match="expected"):
        open_archive(save(pack_raw(entries)))


def test_orders_by_utf8_bytes_and_not_by_utf16(save: Save) -> None:
    """U+FF5E and U+1F600 stand the other way round in UTF-16."""
    names = ["m-1/data/\uff5e", "m-1/data/\U0001f600"]
    open_archive(save(pack_raw([*HEAD, *((n, b"") for n in names)]))).close()
    with pytest.raises(EntryRefused, match="out of order"):
        open_archive(save(pack_raw([*HEAD, *((n, b"") for n in reversed(names))])))


def test_refuses_too_many_or_too_large_statements(save: Save) -> None:
    def named(count: int, size: int) -> list[tuple[str, bytes]]:
        return [(f"m-1/signatures/seal-{i:016x}.sigstore.json", b"x" * size) for i in range(count)]

    open_archive(save(pack_raw([*HEAD, *named(layout.MAX_STATEMENTS, 1)]))).close()
    with pytest.raises(BundleError, match="65 signed statements, at most 64"):
        open_archive(save(pack_raw([*HEAD, *named(65, 1)])))
    open_archive(save(pack_raw([*HEAD, *named(1, layout.MAX_STATEMENT_BYTES)]))).close()
    with pytest.raises(EntryRefused, match="262145 bytes, at most 262144"):
        open_archive(save(pack_raw([*HEAD, *named(1, layout.MAX_STATEMENT_BYTES + 1)])))


# ---- bag and format


def test_refuses_another_bagit_declaration(save: Save) -> None:
    other = b"BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n"
    with pytest.raises(BundleError, match=r"bagit\.txt is not the declaration of BagIt 1\.0"):
        open_archive(save(pack_raw([(HEAD[0][0], other), *GOOD[1:]])))


def test_a_newer_format_is_undecided_and_names_the_number(save: Save) -> None:
    newer = INFO.replace(b"Affidavit-Format: 1", b"Affidavit-Format: 2")
    with pytest.raises(NewerFormat, match="has format 2, this version of Affidavit reads up to 1"):
        open_archive(save(pack_raw([HEAD[0], (HEAD[1][0], newer), *GOOD[2:]])))


def test_says_what_is_wrong_with_the_path(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        open_archive(tmp_path / "absent.zip")
    with pytest.raises(UsageError, match="is a folder"):
        open_archive(tmp_path)
    with pytest.raises(UsageError, match="cannot be read"):
        open_archive(tmp_path / "absent.zip\0")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="is not a plain file"):
        open_archive(tmp_path / "pipe")


def test_a_file_cut_while_it_is_read_is_refused(save: Save) -> None:
    path = save(pack_raw(GOOD))
    with open_archive(path) as archive:
        with path.open("r+b") as file:
            file.truncate(100)
        with pytest.raises(BundleError, match="ends too early"):
            archive.read("data/b.txt", 3)
        with pytest.raises(BundleError, match="ends too early"):
            archive.digest("data/b.txt")


def test_is_closed_when_refused(save: Save, recwarn: pytest.WarningsRecorder) -> None:
    import gc

    gc.collect()  # what tests before this one left
    recwarn.clear()
    with pytest.raises(BundleError):
        open_archive(save(b"x" * 100))
    gc.collect()
    assert [w for w in recwarn if w.category is ResourceWarning] == []
