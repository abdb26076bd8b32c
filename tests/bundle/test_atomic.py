"""A file is there whole, or not at all."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from affidavit.bundle.atomic import remove_stale, rewriting, writing
from affidavit.errors import UsageError


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def leave(target: Path, content: bytes, error: BaseException | None = None) -> None:
    with writing(target) as file:
        file.write(content)
        if error is not None:
            raise error


def test_names_the_file_when_it_is_whole(tmp_path: Path) -> None:
    leave(tmp_path / "x", b"whole")

    assert (tmp_path / "x").read_bytes() == b"whole"
    assert names_in(tmp_path) == ["x"]


@pytest.mark.parametrize("error", [ValueError("x"), KeyboardInterrupt()])
def test_an_error_leaves_nothing(error: BaseException, tmp_path: Path) -> None:
    with pytest.raises(type(error)):
        leave(tmp_path / "x", b"half", error)

    assert names_in(tmp_path) == []


def test_never_replaces_a_file_that_came_meanwhile(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="exists"), writing(tmp_path / "x"):
        (tmp_path / "x").write_bytes(b"theirs")

    assert (tmp_path / "x").read_bytes() == b"theirs"
    assert names_in(tmp_path) == ["x"]


def test_replaces_at_once_and_only_where_asked(tmp_path: Path) -> None:
    """Until the new file is whole the older one stays, also where the new one fails."""
    target = tmp_path / "x"
    target.write_bytes(b"older")

    with pytest.raises(ValueError), writing(target, replaces=True) as file:
        file.write(b"half")
        raise ValueError
    assert target.read_bytes() == b"older"

    with writing(target, replaces=True) as file:
        file.write(b"newer")
        assert target.read_bytes() == b"older"
    assert target.read_bytes() == b"newer"
    assert names_in(tmp_path) == ["x"]


def test_says_that_the_folder_is_missing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written: No such file") as refused:
        leave(tmp_path / "absent" / "x", b"")
    assert refused.value.fix == "choose a folder that exists and is yours"


FILL = """
import resource, sys
from pathlib import Path
from affidavit.bundle.atomic import writing
from affidavit.errors import AffidavitError
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    with writing(Path(sys.argv[1])) as file:
        for _ in range(3):
            file.write(bytes(4096))
except AffidavitError as error:
    print(type(error).__name__, error.exit_code, error, "|", error.fix)
"""


def test_a_full_disk_is_one_clear_error_and_leaves_nothing(tmp_path: Path) -> None:
    """The limit on file size stands in for the disk: the same call fails, in the same place."""
    done = subprocess.run(
        [sys.executable, "-c", FILL, tmp_path / "x"], capture_output=True, text=True, check=True
    )

    assert done.stdout == (
        f"AffidavitError 4 {tmp_path / 'x'} could not be written: File too large | "
        "free some space, or choose another folder\n"
    )
    assert names_in(tmp_path) == []


def test_an_error_about_another_file_is_not_called_one_of_the_target(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), writing(tmp_path / "x"):
        (tmp_path / "folder" / "source").read_bytes()


def test_removes_what_a_dead_process_left_and_nothing_else(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    stale = tmp_path / f".x.partial-{dead.pid}-0123abcd"
    kept = [
        tmp_path / f".x.partial-{os.getpid()}-0123abcd",
        tmp_path / f".y.partial-{dead.pid}-0123abcd",
        tmp_path / f".x.partial-{dead.pid}-0123abcd.txt",
        tmp_path / ".x.partial-notes",
    ]
    for path in (stale, *kept):
        path.write_bytes(b"")

    remove_stale(tmp_path / "x")

    assert not stale.exists()
    assert all(path.exists() for path in kept)


def test_leaves_what_another_machine_is_writing(tmp_path: Path) -> None:
    """On a shared folder a process of another machine has no id here; its lock is seen."""
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    theirs = tmp_path / f".x.partial-{dead.pid}-0123abcd"
    with theirs.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        remove_stale(tmp_path / "x")
        assert theirs.exists()
    remove_stale(tmp_path / "x")
    assert not theirs.exists()


def rewrite(target: Path, content: bytes, error: BaseException | None = None) -> None:
    read = target.stat()
    with rewriting(target, read) as file:
        file.write(content)
        if error is not None:
            raise error


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_a_file_is_replaced_whole_and_keeps_its_permissions(umask: int, tmp_path: Path) -> None:
    target = tmp_path / "x"
    target.write_bytes(b"old")
    target.chmod(0o640)

    before = os.umask(umask)
    try:
        rewrite(target, b"new")
    finally:
        os.umask(before)

    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o777 == 0o640
    assert names_in(tmp_path) == ["x"]


def test_an_error_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"old")

    with pytest.raises(KeyboardInterrupt):
        rewrite(tmp_path / "x", b"half", KeyboardInterrupt())

    assert (tmp_path / "x").read_bytes() == b"old"
    assert names_in(tmp_path) == ["x"]


def test_refuses_to_replace_what_somebody_else_wrote_meanwhile(tmp_path: Path) -> None:
    target = tmp_path / "x"
    target.write_bytes(b"old")

    with pytest.raises(UsageError, match="changed meanwhile"), rewriting(target, target.stat()):
        target.write_bytes(b"theirs")

    assert target.read_bytes() == b"theirs"
    assert names_in(tmp_path) == ["x"]
