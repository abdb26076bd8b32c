"""The folder that a worker may write to: made, measured, and removed however it was left."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

MOST_FILES = 100_000
LARGEST_FILE_MB = 256  # and no larger than the folder may be
_BLOCK = 512
_MOST_LEVELS = 200
_MEBIBYTE = 1 << 20
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


class Unmeasurable(Exception):
    """The folder was made such that it cannot be looked at; the message says how."""


@contextmanager
def scratch_folder(beside: Path | None) -> Iterator[Path]:
    """A private folder, gone when the block ends.

    Args:
        beside: the folder that it is made in; None for the system's own.
    """
    folder = Path(tempfile.mkdtemp(prefix="affidavit-worker-", dir=beside))
    try:
        yield folder
    finally:
        remove_tree(folder)


def remove_tree(folder: Path) -> None:
    """Remove a folder that a hostile process wrote: as deep, and as closed, as it liked.

    Folders inside folders are first lifted to the top, so that neither recursion nor the length
    of a path is an obstacle. No link is followed.
    """
    root = os.open(folder, _FOLDER)
    try:
        while names := os.listdir(root):  # noqa: PTH208  # by descriptor, which pathlib has not
            for name in names:
                if _is_folder(name, root):
                    _lift(name, root)
                else:
                    os.unlink(name, dir_fd=root)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)  # whoever removes the workspace tries again
    finally:
        os.close(root)
    with suppress(OSError):
        folder.rmdir()


def _lift(name: str, root: int) -> None:
    """Move what is inside a folder of `root` up into `root`, and remove the folder."""
    with suppress(OSError):
        os.rmdir(name, dir_fd=root)
        return
    with suppress(OSError):
        os.chmod(name, 0o700, dir_fd=root)
    inner = os.open(name, _FOLDER, dir_fd=root)
    try:
        for child in os.listdir(inner):  # noqa: PTH208  # by descriptor
            if _is_folder(child, inner):
                with suppress(OSError):  # moving a folder writes its entry "..": it must be ours
                    os.chmod(child, 0o700, dir_fd=inner)
                os.rename(child, secrets.token_hex(12), src_dir_fd=inner, dst_dir_fd=root)
            else:
                os.unlink(child, dir_fd=inner)
    finally:
        os.close(inner)
    os.rmdir(name, dir_fd=root)


def _is_folder(name: str, where: int) -> bool:
    return stat.S_ISDIR(os.stat(name, dir_fd=where, follow_symlinks=False).st_mode)


def measure(folder: Path) -> tuple[int, int]:
    """Bytes on disk below a folder, and how many entries; stops counting at `MOST_FILES`.

    Folders are opened one within the other, so that none can be changed for a link on the way.

    Raises:
        Unmeasurable: a folder inside is closed to us, or too deep.
    """
    total = _Total()
    try:
        root = os.open(folder, _FOLDER)
    except FileNotFoundError:
        return 0, 0
    except OSError as error:
        raise Unmeasurable(error.strerror or "unreadable") from error
    try:
        _measure_inside(root, total, _MOST_LEVELS)
    except OSError as error:
        raise Unmeasurable(error.strerror or "unreadable") from error
    finally:
        os.close(root)
    return total.size, total.count


@dataclass(slots=True)
class _Total:
    size: int = 0
    count: int = 0


def _measure_inside(place: int, total: _Total, levels: int) -> None:
    if not levels:
        raise Unmeasurable(f"folders within folders, more than {_MOST_LEVELS} deep")
    folders = []
    with os.scandir(place) as entries:
        for entry in entries:
            total.count += 1
            if total.count > MOST_FILES:
                return
            with suppress(FileNotFoundError):  # gone while we looked
                found = entry.stat(follow_symlinks=False)
                total.size += found.st_blocks * _BLOCK
                if stat.S_ISDIR(found.st_mode):
                    folders.append(entry.name)
    for name in folders:
        try:
            inner = os.open(name, _FOLDER, dir_fd=place)
        except (FileNotFoundError, NotADirectoryError):
            continue  # gone, or a link by now
        try:
            _measure_inside(inner, total, levels - 1)
        finally:
            os.close(inner)


def largest_file_bytes(scratch_mb: int) -> int:
    """How large one file can become (RLIMIT_FSIZE)."""
    return min(LARGEST_FILE_MB, scratch_mb) * _MEBIBYTE
