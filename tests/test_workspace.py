"""The folder of a build: private, gone afterwards, and never another's."""

from __future__ import annotations

import fcntl
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from affidavit.errors import UsageError
from affidavit.workspace import new_workspace

DEAD = 4_194_000  # above the usual pid_max


def abandoned(beside: Path, name: str) -> Path:
    folder = beside / f".affidavit-work-{DEAD}-{name}"
    folder.mkdir()
    (folder / ".lease").touch()
    (folder / "data").mkdir()
    return folder


def test_is_private_and_gone_afterwards_however_the_work_ends(tmp_path: Path) -> None:
    with pytest.raises(KeyError), new_workspace(tmp_path) as work:
        assert stat.S_IMODE(work.root.stat().st_mode) == 0o700
        raise KeyError

    assert list(tmp_path.iterdir()) == []


def test_removes_what_a_killed_build_left_and_nothing_else(tmp_path: Path) -> None:
    left = abandoned(tmp_path, "killed")
    foreign = tmp_path / f".affidavit-work-{DEAD}-no-lease"
    foreign.mkdir()
    other = tmp_path / ".affidavit-work-notes"
    other.mkdir()

    with new_workspace(tmp_path):
        assert not left.exists()

    assert foreign.is_dir()
    assert other.is_dir()


def test_leaves_a_build_of_another_host_alone(tmp_path: Path) -> None:
    """Its process id means nothing here, but it holds its lease."""
    theirs = abandoned(tmp_path, "live")
    with (theirs / ".lease").open("rb") as lease:
        fcntl.flock(lease.fileno(), fcntl.LOCK_EX)
        with new_workspace(tmp_path):
            assert theirs.is_dir()

    with new_workspace(tmp_path):
        assert not theirs.exists()  # the twin: the lease is free


def test_a_kill_leaves_what_the_next_build_removes(tmp_path: Path) -> None:
    code = (
        "import sys, os, signal, pathlib; from affidavit.workspace import new_workspace\n"
        "with new_workspace(pathlib.Path(sys.argv[1])): os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert len(list(tmp_path.iterdir())) == 1

    with new_workspace(tmp_path) as work:
        assert list(tmp_path.iterdir()) == [work.root]


def test_a_folder_that_is_none_is_refused_with_the_fix(tmp_path: Path) -> None:
    with (
        pytest.raises(UsageError, match="is not a folder") as caught,
        new_workspace(tmp_path / "no"),
    ):
        pass

    assert caught.value.fix.startswith("mkdir -p")
