"""Other ZIP readers beside ours: what we take, all of them see alike; the rest we refuse."""

from __future__ import annotations

import os
import shutil
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from tests.conformance.zip_readers import READERS, Seen, by_affidavit, by_java
from tests.support.fuzz_archives import archive_edits, rewritten
from tests.support.heads import HEAD
from tests.support.raw_archives import pack_raw, patched

from affidavit.bundle.zip_records import Member

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = Path(os.environ.get("AFFIDAVIT_SAMPLE", ROOT / "build" / "demo"))
BUNDLE = SAMPLE / "bundles" / "credit-risk-3.evidence.zip"
GOOD = (*HEAD, ("m-1/data/a.txt", b"one"), ("m-1/data/b.txt", b"two" * 20))
DRAWN = 250

pytestmark = pytest.mark.system

Change = Callable[[Member, bytes], bytes]


def only(name: str, change: Change) -> Change:
    """The change, in the headers of one entry."""
    return lambda member, header: change(member, header) if member.name == name else header


def named(new: bytes) -> Change:
    return lambda member, header: header.replace(member.name.encode(), new)


def with_extra(extra: bytes) -> Change:
    return lambda _, header: patched(header, extra_length=len(extra)) + extra


def hidden_entry() -> bytes:
    """An entry in the body that the directory does not name."""
    whole, short = pack_raw(GOOD), pack_raw(GOOD[:-1])
    body = whole[: whole.index(b"PK\x01\x02")]
    directory = short[short.index(b"PK\x01\x02") : -22]
    end = short[-22:-6] + struct.pack("<IH", len(body), 0)
    return body + directory + end


def in_a_comment() -> bytes:
    """A second archive in the comment of the first."""
    inner = pack_raw([("x.txt", b"other")])
    return pack_raw(GOOD)[:-2] + struct.pack("<H", len(inner)) + inner


B = "m-1/data/b.txt"
OTHER = b"m-1/data/c.txt"
_PATH_EXTRA = struct.pack("<2HBI", 0x7075, 5 + len(OTHER), 1, zlib.crc32(B.encode())) + OTHER
# Tricks that have told readers apart, or made one write elsewhere.
HOSTILE = {
    "a name twice": lambda: pack_raw([*GOOD, (B, b"three")]),
    "another local name": lambda: pack_raw(GOOD, local=only(B, named(OTHER))),
    "another central name": lambda: pack_raw(GOOD, central=only(B, named(OTHER))),
    "an entry that the directory hides": hidden_entry,
    "an archive in the comment": in_a_comment,
    "an archive before": lambda: pack_raw([("x.txt", b"other")]) + pack_raw(GOOD),
    "an archive after": lambda: pack_raw(GOOD) + pack_raw([("x.txt", b"other")]),
    "a NUL in a name": lambda: pack_raw([*GOOD, ("m-1/data/c.txt\0.exe", b"x")]),
    "a backslash": lambda: pack_raw([*GOOD, ("m-1\\data\\c.txt", b"x")]),
    "a way out": lambda: pack_raw([*GOOD, ("../c.txt", b"x")]),
    "an absolute path": lambda: pack_raw([*GOOD, ("/c.txt", b"x")]),
    "a folder": lambda: pack_raw([*GOOD, ("m-1/data/c/", b"")]),
    "names that fold together": lambda: pack_raw([*GOOD, ("m-1/data/B.txt", b"x")]),
    "a name in no UTF-8": lambda: pack_raw(GOOD, local=only(B, named(b"m-1/data/\xe4.txt")),
                                           central=only(B, named(b"m-1/data/\xe4.txt"))),
    "another size in the local header": lambda: pack_raw(
        GOOD, local=only(B, lambda _, h: patched(h, size=3, stored=3))),
    "another size in the directory": lambda: pack_raw(
        GOOD, central=only(B, lambda _, h: patched(h, size=3, stored=3))),
    "another size in both": lambda: pack_raw(
        GOOD, local=only(B, lambda _, h: patched(h, size=3, stored=3)),
        central=only(B, lambda _, h: patched(h, size=3, stored=3))),
    "a name in an extra field": lambda: pack_raw(
        GOOD, local=only(B, with_extra(_PATH_EXTRA)), central=only(B, with_extra(_PATH_EXTRA))),
    "a flag for encryption": lambda: pack_raw(
        GOOD, local=only(B, lambda _, h: patched(h, flags=0x801)),
        central=only(B, lambda _, h: patched(h, flags=0x801))),
    "a link": lambda: pack_raw(
        GOOD, central=only(B, lambda _, h: patched(h, attributes=0xA1FF0000))),
}  # fmt: skip


def drawn(count: int) -> list[bytes]:
    """Archives as the fuzzer edits them, the same every time."""
    found: list[bytes] = []

    @seed(20261129)
    @settings(
        max_examples=count, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(archive_edits())
    def each(edits: tuple[object, ...]) -> None:
        found.append(rewritten(GOOD, edits))  # type: ignore[arg-type]

    each()
    return found


def seen_by_all(archives: dict[str, Path], folder: Path) -> dict[str, dict[str, Seen | None]]:
    """By archive and reader, for the readers of this machine."""
    found: dict[str, dict[str, Seen | None]] = {name: {} for name in archives}
    for reader, read in READERS.items():
        if reader == "zipfile" or shutil.which(reader):
            for name, path in archives.items():
                found[name][reader] = read(path, folder / "out")
    if shutil.which("javac"):
        names = {path: name for name, path in archives.items()}
        for (path, reader), seen in by_java(archives.values()).items():
            found[names[path]][reader] = seen
    return found


@pytest.mark.skipif(not BUNDLE.is_file(), reason="no sample: run make demo or make conformance")
def test_every_reader_sees_our_list_and_our_bytes_of_the_sample(tmp_path: Path) -> None:
    ours = by_affidavit(BUNDLE)
    assert ours is not None
    assert len(ours) > 40

    for reader, seen in seen_by_all({"sample": BUNDLE}, tmp_path)["sample"].items():
        assert seen == ours, reader


def test_what_any_reader_sees_otherwise_is_refused(tmp_path: Path) -> None:
    contents = {"good": pack_raw(GOOD), **{name: make() for name, make in HOSTILE.items()}}
    contents |= {f"drawn {i}": content for i, content in enumerate(drawn(DRAWN))}
    archives = {}
    for number, (name, content) in enumerate(contents.items()):
        archives[name] = tmp_path / f"{number}.zip"
        archives[name].write_bytes(content)

    found = seen_by_all(archives, tmp_path)

    disputed = 0
    for name, readers in found.items():
        ours = by_affidavit(archives[name])
        if ours is not None:
            assert set(readers.values()) == {ours}, (name, readers)
        disputed += len(set(readers.values())) > 1
        if name in HOSTILE:
            assert ours is None, name
    assert by_affidavit(archives["good"]) is not None
    assert disputed > 50  # else the archives would show nothing
