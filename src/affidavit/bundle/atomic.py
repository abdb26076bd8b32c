"""A file is there whole, or not at all.

Written beside its target, in the same folder, and then named. `writing` replaces nothing that
exists unless the caller has looked at it and says so; `rewriting` puts a new file in the place of
the very one that was read.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path

from affidavit.errors import AffidavitError, UsageError
from affidavit.leases import hold, is_abandoned

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@contextlib.contextmanager
def writing(target: Path, *, mode: int = 0o666, replaces: bool = False) -> Iterator[FileIO]:
    """Give a file to write; on leaving it becomes the target, on an exception it is removed.

    What a killed process left beside the same target is removed first.

    Args:
        target: must not exist, unless `replaces`.
        mode: permissions of the new file, less the umask.
        replaces: a file of that name is replaced at once, and read whole until then.

    Raises:
        UsageError: the target exists, or its folder cannot be written to.
        AffidavitError: the disk is full.
    """

    def name_it(partial: Path) -> None:
        if replaces:
            partial.replace(target)
        else:
            _give_name(partial, target)

    with _beside(target, mode, name_it) as file:
        yield file


@contextlib.contextmanager
def rewriting(target: Path, read: os.stat_result) -> Iterator[FileIO]:
    """Give a file to write; on leaving it takes the target's place, on an exception it is removed.

    Args:
        target: exists.
        read: of the target, when it was read; the new file has its permissions.

    Raises:
        UsageError: the target is another file by now, or its folder cannot be written to.
        AffidavitError: the disk is full.
    """

    def take_place(partial: Path) -> None:
        require_unchanged(target, read)
        partial.chmod(read.st_mode & 0o777)  # here: `open` takes the umask's from what it is given
        partial.replace(target)

    with _beside(target, 0o600, take_place) as file:
        yield file


def require_unchanged(target: Path, read: os.stat_result) -> None:
    """Refuse to replace a file that somebody else has written since it was read.

    Raises:
        UsageError: it was changed, or is gone.
    """
    try:
        found = target.stat()
    except OSError:
        found = None
    if found is None or _identity(found) != _identity(read):
        raise UsageError(f"{target} was changed meanwhile", fix="run it again")


def _identity(found: os.stat_result) -> tuple[int, int, int, int]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


@contextlib.contextmanager
def _beside(target: Path, mode: int, finish: Callable[[Path], None]) -> Iterator[FileIO]:
    remove_stale(target)
    partial = target.parent / f".{target.name}.partial-{os.getpid()}-{secrets.token_hex(4)}"
    with _explained(target):
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        file = FileIO(os.open(partial, flags, mode), "r+b")
        try:
            with file:
                hold(file)
                yield file
                os.fsync(file.fileno())
            finish(partial)
        finally:
            partial.unlink(missing_ok=True)
        _sync_folder(target.parent)


def remove_stale(target: Path) -> None:
    """Remove partial files of this target whose process is dead, and no others."""
    pattern = re.compile(re.escape(f".{target.name}.partial-") + r"(\d{1,10})-[0-9a-f]{8}")
    with contextlib.suppress(OSError):
        for entry in os.scandir(target.parent):
            found = pattern.fullmatch(entry.name)
            if found and is_abandoned(Path(entry.path), int(found[1])):
                with contextlib.suppress(OSError):
                    Path(entry.path).unlink()


def _give_name(partial: Path, target: Path) -> None:
    try:
        os.link(partial, target)
    except FileExistsError:
        raise UsageError(f"{target} exists", fix="choose another name, or move it away") from None
    except OSError:
        # File systems without hard links (FAT, some network drives).
        if target.exists():
            raise UsageError(
                f"{target} exists", fix="choose another name, or move it away"
            ) from None
        partial.rename(target)


@contextlib.contextmanager
def _explained(target: Path) -> Iterator[None]:
    """What the system says of the target's folder or disk, as one of our errors."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        if error.filename is None:  # a write, to a file already open
            fix = "free some space, or choose another folder" if error.errno in _FULL else ""
            raise AffidavitError(f"{target} could not be written", reason, fix) from error
        if Path(str(error.filename)).parent != target.parent:
            raise
        raise UsageError(
            f"{target} cannot be written", reason, "choose a folder that exists and is yours"
        ) from error


def _sync_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
