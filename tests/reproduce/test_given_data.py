"""Bytes held by reference are found by digest, wherever and whatever they are called."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from affidavit.errors import UsageError
from affidavit.evidence import Item
from affidavit.progress import Silent
from affidavit.reproduce.given_data import place_given, require_folders
from affidavit.workspace import Workspace

CONTENT = b"id,sex\na1,f\n"


def item(content: bytes = CONTENT, name: str = "protected.csv") -> Item:
    return Item(
        path=f"data/protected/{name}", sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content), media_type="text/csv", kind="protected-table",
        origin="collected", sensitivity="personal-data", role="data/protected.csv",
        embedded=False, location="dvc-remote:files/md5/ab/cd",
    )  # fmt: skip


def place(tmp_path: Path, *folders: Path, wanted: Item | None = None):
    work = Workspace(tmp_path / "work")
    return place_given((wanted or item(),), folders, work, Silent()), work


@pytest.mark.parametrize("name", ["protected.csv", "deep/er/other-name", "files/md5/ab/cd"])
def test_the_digest_finds_it_under_any_name(tmp_path: Path, name: str) -> None:
    target = tmp_path / "given" / name
    target.parent.mkdir(parents=True)
    target.write_bytes(CONTENT)
    (tmp_path / "given" / "same-size").write_bytes(CONTENT[::-1])

    absent, work = place(tmp_path, tmp_path / "given")

    assert absent == ()
    assert work.locate(item()).read_bytes() == CONTENT


def test_a_link_to_the_file_is_as_good(tmp_path: Path) -> None:
    (tmp_path / "cache").write_bytes(CONTENT)
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "protected.csv").symlink_to(tmp_path / "cache")

    assert place(tmp_path, tmp_path / "given")[0] == ()


@pytest.mark.parametrize("content", [CONTENT[::-1], b"", CONTENT + b"more"])
def test_other_bytes_under_its_name_are_named_and_not_kept(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "protected.csv").write_bytes(content)

    (absent,), work = place(tmp_path, tmp_path / "given")

    found = hashlib.sha256(content).hexdigest()[:16]
    assert f"protected.csv has other bytes: expected sha256 {item().sha256[:16]}…" in absent.why
    assert f"found {found}…" in absent.why
    assert not work.locate(item()).exists()


def test_a_file_far_too_large_is_named_without_being_read(tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.mkdir()
    with (given / "protected.csv").open("wb") as file:
        file.truncate(1 << 40)  # a terabyte of nothing: reading it would take an hour

    (absent,), _ = place(tmp_path, given)

    assert "expected 12 of them, found 1,099,511,627,776" in absent.why


def test_where_it_is_not_the_folders_and_the_place_it_was_at_are_named(tmp_path: Path) -> None:
    (tmp_path / "given").mkdir()

    (absent,), _ = place(tmp_path, tmp_path / "given")

    assert "no file with its 12 bytes" in absent.why
    assert str(tmp_path / "given") in absent.why
    assert "protected.csv (it was at dvc-remote:files/md5/ab/cd)" in absent.fix


def test_refuses_a_folder_that_is_none(tmp_path: Path) -> None:
    require_folders([tmp_path])

    with pytest.raises(UsageError, match=r"--data .*nowhere: not a folder"):
        require_folders([tmp_path, tmp_path / "nowhere"])
