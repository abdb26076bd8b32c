"""The scratch folder: what is in it, counted, and all of it removed."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from affidavit.recompute.worker.scratch import (
    Unmeasurable,
    measure,
    remove_tree,
    scratch_folder,
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

    with pytest.raises(Unmeasurable, match="more than 200 deep"):
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


def test_a_folder_that_is_changed_for_a_link_meanwhile_is_not_followed(tmp_path: Path) -> None:
    """Swapped as fast as can be, and looked at as often."""
    outside, folder = tmp_path / "outside", tmp_path / "scratch"
    (folder / "sub").mkdir(parents=True)
    outside.mkdir()
    (outside / "large").write_bytes(b"x" * 1_000_000)
    stopped = threading.Event()

    def swap() -> None:
        while not stopped.is_set():
            (folder / "sub").rename(folder / "away")
            (folder / "sub").symlink_to(outside)
            (folder / "sub").unlink()
            (folder / "away").rename(folder / "sub")

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        largest = max(measure(folder)[0] for _ in range(5000))
    finally:
        stopped.set()
        swapping.join()

    assert largest < 1_000_000
    assert measure(outside)[0] >= 1_000_000  # the twin
    (tmp_path / "link").symlink_to(outside)
    with pytest.raises(Unmeasurable, match="Not a directory"):
        measure(tmp_path / "link")
