"""Kept folders: whole, checked, made again when they were changed, and never half made."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from affidavit.errors import WorkerError
from affidavit.recompute.environments.cache import Kept, keep_folder


def fill(folder: Path) -> None:
    (folder / "inner").mkdir()
    (folder / "inner" / "a.py").write_text("a = 1\n")
    (folder / "b.py").write_text("b = 2\n")


def keep(cache: Path, make: Callable[[Path], None] = fill) -> tuple[Kept, list[str]]:
    said: list[str] = []
    return keep_folder(cache, "env", make, said.append), said


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def never(_folder: Path) -> None:
    raise AssertionError("made again")


def test_what_was_made_is_used_again(tmp_path: Path) -> None:
    first, said = keep(tmp_path / "c")
    second, again = keep(tmp_path / "c", never)

    assert first == second
    assert (first.folder / "inner" / "a.py").read_text() == "a = 1\n"
    assert said == []
    assert again == ["checking the files of the environment kept from an earlier build"]
    assert names(tmp_path / "c") == ["env"]


@pytest.mark.parametrize(
    "damage",
    {
        "changed": lambda f: (f / "b.py").write_text("b = 3\n"),
        "shorter": lambda f: (f / "b.py").write_text(""),
        "gone": lambda f: (f / "b.py").unlink(),
        "another": lambda f: (f / "inner" / "sitecustomize.py").write_text("evil"),
        "link": lambda f: (f / "l.py").symlink_to("/etc/passwd"),
        "link-for-file": lambda f: [(f / "b.py").unlink(), (f / "b.py").symlink_to("inner/a.py")],
        "folder-gone": lambda f: f.rename(f.with_name("x")),
        "list-gone": lambda f: f.with_name("files.json").unlink(),
        "list-broken": lambda f: f.with_name("files.json").write_text("[1"),
        "list-other": lambda f: f.with_name("files.json").write_text("[]"),
    }.values(),
)
def test_what_was_damaged_is_said_and_made_again(
    damage: Callable[[Path], object], tmp_path: Path
) -> None:
    kept, _ = keep(tmp_path / "c")
    damage(kept.folder)

    again, said = keep(tmp_path / "c")

    assert again.was_damaged
    assert said[-1] == "the cached environment was damaged; building it again"
    assert sorted(p.name for p in again.folder.rglob("*.py")) == ["a.py", "b.py"]
    assert (again.folder / "b.py").read_text() == "b = 2\n"
    assert names(tmp_path / "c") == ["env"]


def test_a_build_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fails(folder: Path) -> None:
        fill(folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        keep(tmp_path / "c", fails)

    assert names(tmp_path / "c") == []


def test_a_full_disk_is_said_with_what_to_do(tmp_path: Path) -> None:
    def fails(folder: Path) -> None:
        fill(folder)
        raise OSError(28, "No space left on device")

    with pytest.raises(WorkerError, match=r"cannot be kept in .*: No space left") as caught:
        keep(tmp_path / "c", fails)

    assert caught.value.fix.startswith("free some space, or keep environments elsewhere")
    assert names(tmp_path / "c") == []


def test_a_cache_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "c").write_text("")

    with pytest.raises(WorkerError, match="cannot be kept in"):
        keep(tmp_path / "c")


def test_of_two_builds_at_once_the_first_to_finish_counts(tmp_path: Path) -> None:
    def slow(folder: Path) -> None:
        fill(folder)
        keep(tmp_path / "c")  # another build of the same ends meanwhile

    first, _ = keep(tmp_path / "c", slow)

    assert sorted(p.name for p in first.folder.rglob("*.py")) == ["a.py", "b.py"]
    assert names(tmp_path / "c") == ["env"]


def test_what_a_killed_build_left_is_removed_by_the_next(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys, time\n"
        "from affidavit.recompute.environments.cache import keep_folder\n"
        "def make(folder):\n"
        "    (folder / 'half').touch(); print('making', flush=True); time.sleep(60)\n"
        "keep_folder(pathlib.Path(sys.argv[1]), 'env', make, print)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, tmp_path / "c"], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "making\n"
    alive = keep_folder(tmp_path / "c", "other", fill, print)
    assert any(n.startswith(".making-") for n in names(tmp_path / "c"))  # it lives: left alone
    process.kill()
    process.communicate()

    keep(tmp_path / "c")

    assert alive.folder.is_dir()
    assert names(tmp_path / "c") == ["env", "other"]
