"""Beyond 4 GB and beyond 65,534 entries: ZIP64, and only there."""

from __future__ import annotations

import hashlib
import os
import zipfile
import zlib
from pathlib import Path

import pytest
from tests.support.heads import HEAD
from tests.support.raw_archives import pack_raw

from affidavit.bundle.archive_reader import open_archive
from affidavit.bundle.archive_writer import ArchiveWriter
from affidavit.bundle.zip_records import Member, render_central, render_end, render_local
from affidavit.errors import BundleError


def test_reads_a_directory_of_a_payload_beyond_4_gb(tmp_path: Path) -> None:
    """A sparse file: sizes and offsets above 32 bits, no byte of payload read."""
    size = 5 * 1024**3
    path = tmp_path / "large.zip"
    members, at = [], 0
    with path.open("wb") as file:
        for name, content in [*HEAD, ("m-1/data/a", None), ("m-1/data/b", b"after")]:
            data = content if content is not None else b""
            member = Member(
                name=name,
                size=size if content is None else len(data),
                crc=zlib.crc32(data),
                offset=at,
            )
            local = render_local(member)
            file.write(local + data)
            at += len(local) + member.size
            file.seek(at)
            members.append(member)
        directory = b"".join(render_central(m) for m in members)
        file.write(directory + render_end(len(members), len(directory), at))

    with open_archive(path) as archive:
        assert archive.size("data/a") == size
        assert archive.read("data/b", 5) == b"after"
    with zipfile.ZipFile(path) as other:
        assert other.getinfo("m-1/data/a").file_size == size
        assert other.read("m-1/data/b") == b"after"


def test_reads_more_entries_than_16_bits_count(tmp_path: Path) -> None:
    entries = [*HEAD, *((f"m-1/data/{i:06d}", b"") for i in range(66_000))]
    path = tmp_path / "many.zip"
    path.write_bytes(pack_raw(entries))

    with open_archive(path) as archive:
        assert len(archive.names) == 66_005
    with zipfile.ZipFile(path) as other:
        assert len(other.namelist()) == 66_005


def test_other_readers_take_our_zip64(tmp_path: Path) -> None:
    """The threshold lowered: sizes, offsets and end records all in their ZIP64 form."""
    content = os.urandom(3_000_000)
    source, path = tmp_path / "source", tmp_path / "x.zip"
    source.write_bytes(content)
    with (
        path.open("xb", buffering=0) as out,
        ArchiveWriter(out, "m-1", zip64_from=100) as archive,
    ):
        for name, head in HEAD:
            archive.add_bytes(name.removeprefix("m-1/"), head)
        archive.add_file("data/large", source, len(content), hashlib.sha256(content).hexdigest())
        archive.add_bytes("data/small", b"small")

    with open_archive(path, zip64_from=100) as ours:
        assert ours.digest("data/large") == hashlib.sha256(content).hexdigest()
    with zipfile.ZipFile(path) as other:
        assert other.testzip() is None
        assert other.read("m-1/data/large") == content
        assert other.read("m-1/data/small") == b"small"
    with pytest.raises(BundleError, match="does not fit the archive"):
        open_archive(path)
