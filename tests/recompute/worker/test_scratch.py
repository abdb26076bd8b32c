"""The scratch folder: what is in it, counted, and all of it removed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from affidavit.recompute.worker.scratch import (
    Unmeasurable,
    measure,
    remove_tree,
    scratch_folder,
    unlinked_bytes,
)


def test_counts_what_is_on_disk_and_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a").write_bytes(b"x" * 100_000)
    (tmp_path / "out").symlink_to("/usr")

    size, count = measure(tmp_path)

    assert 100_000 <= size <= 150_000
    assert count == 3


def test_a_folder_deeper_than_a_path_can_say_is_not_measured_but_removed(tmp_path: Path) -> None:
    folder = tmp_path / "scratch"
    folder.mkdir()
    here = os.open(folder, os.O_RDONLY)
    try:
        for _ in range(1200):
            os.mkdir("d" * 8, dir_fd=here)
            inner = os.open("d" * 8, os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = inner
    finally:
        os.close(here)

    with pytest.raises(Unmeasurable, match="name too long"):
        measure(folder)
    remove_tree(folder)

    assert not folder.exists()


def test_removes_what_is_closed_and_leaves_what_links_point_to(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("k")
    with scratch_folder(tmp_path) as folder:
        (folder / "a" / "b").mkdir(parents=True)
        (folder / "a" / "b" / "f").write_text("f")
        (folder / "a" / "link").symlink_to(outside)
        (folder / "link").symlink_to(outside)
        (folder / "a" / "b").chmod(0)
        (folder / "a").chmod(0)

    assert not folder.exists()
    assert [p.name for p in tmp_path.iterdir()] == ["outside"]
    assert (outside / "kept").read_text() == "k"


def test_sees_a_file_that_has_no_name_any_more(tmp_path: Path) -> None:
    with (tmp_path / "f").open("wb") as file:
        file.write(b"x" * 300_000)
        file.flush()
        named = unlinked_bytes(os.getpid(), tmp_path)
        (tmp_path / "f").unlink()
        unnamed = unlinked_bytes(os.getpid(), tmp_path)

    assert unnamed - named >= 300_000
    assert unlinked_bytes(2**22 + 1, tmp_path) == 0  # no such process
