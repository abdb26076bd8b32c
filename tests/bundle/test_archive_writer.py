"""The writer: one form of every byte, and no byte that was not hashed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import threading
import zipfile
from pathlib import Path

import pytest
from tests.support.raw_archives import pack_raw

from affidavit.bundle.archive_writer import ArchiveWriter
from affidavit.errors import Contradicted, EntryRefused

LARGE = 5 * 1024 * 1024 + 17  # several chunks, and a rest


def write(path: Path, *files: tuple[str, Path, int, str]) -> Path:
    with path.open("xb", buffering=0) as out, ArchiveWriter(out, "m-1") as archive:
        archive.add_bytes("first", b"1")
        for file in files:
            archive.add_file(*file)
    return path


def described(name: str, source: Path) -> tuple[str, Path, int, str]:
    content = source.read_bytes()
    return name, source, len(content), hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("size", [0, 1, 1024 * 1024, 1024 * 1024 + 1, LARGE])
def test_writes_the_bytes_that_the_format_names(size: int, tmp_path: Path) -> None:
    """Streamed through two threads or not, the archive is the one put together in memory."""
    content = os.urandom(size)
    source = tmp_path / "source"
    source.write_bytes(content)

    path = write(tmp_path / "x.zip", described("data/é", source))

    assert path.read_bytes() == pack_raw([("m-1/first", b"1"), ("m-1/data/é", content)])


def test_pythons_zipfile_reads_it_back(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(os.urandom(LARGE))

    path = write(tmp_path / "x.zip", described("data/large", source))

    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.read("m-1/data/large") == source.read_bytes()
        info = archive.getinfo("m-1/data/large")
        assert (info.date_time, info.compress_type, info.flag_bits, info.extra) == (
            (1980, 1, 1, 0, 0, 0), zipfile.ZIP_STORED, 0x800, b"",
        )  # fmt: skip
        assert info.external_attr >> 16 == 0o100644


@pytest.mark.system
def test_unzip_tests_and_unpacks_it(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(os.urandom(LARGE))
    path = write(tmp_path / "x.zip", described("data/größe", source))

    subprocess.run(["unzip", "-tqq", path], check=True)
    subprocess.run(["unzip", "-q", path, "-d", tmp_path / "out"], check=True)

    assert (tmp_path / "out/m-1/data/größe").read_bytes() == source.read_bytes()


@pytest.mark.parametrize("size", [100, LARGE])
def test_refuses_a_file_that_changed_since_it_was_hashed(size: int, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"a" * size)
    file = described("data/x", source)
    write(tmp_path / "good.zip", file)
    source.write_bytes(b"a" * (size - 1) + b"b")

    with pytest.raises(Contradicted) as refused:
        write(tmp_path / "bad.zip", file)

    (found,) = refused.value.contradictions
    assert found[0] == "data/x changed while the bundle was being built"
    assert found[1] == f"sha256 {hashlib.sha256(b'a' * size).hexdigest()}"
    assert found[2] == f"sha256 {hashlib.sha256(source.read_bytes()).hexdigest()}"


@pytest.mark.parametrize(("size", "later"), [(100, 101), (100, 99), (LARGE, LARGE + 1)])
def test_refuses_a_file_of_another_size(size: int, later: int, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"a" * size)
    file = described("data/x", source)
    source.write_bytes(b"a" * later)

    with pytest.raises(Contradicted, match=f"expected {size} bytes, found {later} bytes"):
        write(tmp_path / "bad.zip", file)


def test_an_archive_left_by_an_error_has_no_end(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"a" * LARGE)
    name, path, size, _ = described("data/x", source)

    with pytest.raises(Contradicted):
        write(tmp_path / "bad.zip", (name, path, size, "0" * 64))

    assert not zipfile.is_zipfile(tmp_path / "bad.zip")
    assert [t.name for t in threading.enumerate() if t.name == "sha256"] == []


def test_does_not_follow_a_link(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"s")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(OSError, match="symbolic link"):
        write(tmp_path / "x.zip", described("data/x", tmp_path / "link"))


def test_refuses_names_that_are_not_portable_or_taken(tmp_path: Path) -> None:
    with (tmp_path / "x.zip").open("xb") as out, ArchiveWriter(out, "m-1") as archive:
        archive.add_bytes("data/a", b"")
        with pytest.raises(EntryRefused, match="N4"):
            archive.add_bytes("data/A", b"")
        with pytest.raises(EntryRefused, match="N1"):
            archive.add_bytes("../x", b"")
    with pytest.raises(EntryRefused, match="N3"), (tmp_path / "y.zip").open("xb") as out:
        ArchiveWriter(out, "con")
