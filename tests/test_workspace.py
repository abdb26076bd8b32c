"""The folder of a build: private, gone afterwards, and never another's."""

from __future__ import annotations

import fcntl
import signal
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


INTERRUPTED_WHILE_REMOVED = """
import os, pathlib, shutil, signal, sys
from affidavit.workspace import new_workspace

signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
real, how = shutil.rmtree, signal.Signals(int(sys.argv[2]))

def removing(folder, **options):
    (next(pathlib.Path(folder).iterdir())).unlink()
    os.kill(os.getpid(), how)
    os.kill(os.getpid(), how)
    real(folder, **options)

shutil.rmtree = removing
try:
    with new_workspace(pathlib.Path(sys.argv[1])):
        if "first" in sys.argv:
            raise KeyboardInterrupt
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.parametrize("first", [[], ["first"]], ids=["after-success", "after-an-interrupt"])
@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupt_while_it_is_removed_waits_until_it_is_gone(
    tmp_path: Path, how: signal.Signals, code: int, first: list[str]
) -> None:
    words = [sys.executable, "-c", INTERRUPTED_WHILE_REMOVED, str(tmp_path), str(int(how)), *first]
    done = subprocess.run(words, check=False, capture_output=True, text=True)

    assert list(tmp_path.iterdir()) == []
    assert (done.returncode, done.stderr) == (code, "")


def test_an_interrupt_before_the_removal_leaves_it_to_the_exit(tmp_path: Path) -> None:
    """Between the last line of the work and the removal there is room for one."""
    code = (
        "import sys, pathlib; from affidavit.workspace import new_workspace\n"
        "kept = new_workspace(pathlib.Path(sys.argv[1])); work = kept.__enter__()\n"
        "sys.modules['kept'] = kept\n"
        "print(work.root.is_dir()); raise KeyboardInterrupt"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], check=False, capture_output=True, text=True
    )

    assert done.stdout == "True\n"
    assert list(tmp_path.iterdir()) == []


def test_the_exit_of_a_fork_removes_nothing(tmp_path: Path) -> None:
    code = (
        "import os, sys, pathlib; from affidavit.workspace import new_workspace\n"
        "with new_workspace(pathlib.Path(sys.argv[1])) as work:\n"
        "    if not (child := os.fork()): sys.exit(0)\n"
        "    os.waitpid(child, 0); print(work.root.is_dir())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], check=False, capture_output=True, text=True
    )

    assert done.stdout == "True\n", done.stderr
    assert list(tmp_path.iterdir()) == []
