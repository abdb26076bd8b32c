"""The folder that a worker may write to: made, measured, and removed however it was left."""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MOST_FILES = 100_000
_BLOCK = 512


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
    root = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
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
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
    with suppress(OSError):
        os.chmod(name, 0o700, dir_fd=root)
    inner = os.open(name, flags, dir_fd=root)
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

    Raises:
        Unmeasurable: a folder inside is closed to us, or too deep.
    """
    size, count, waiting = 0, 0, [str(folder)]
    while waiting and count <= MOST_FILES:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    count += 1
                    found = entry.stat(follow_symlinks=False)
                    size += found.st_blocks * _BLOCK
                    if stat.S_ISDIR(found.st_mode):
                        waiting.append(entry.path)
        except (FileNotFoundError, NotADirectoryError):
            continue  # gone while we looked
        except OSError as error:
            raise Unmeasurable(error.strerror or "unreadable") from error
    return size, count


def unlinked_bytes(process: int, folder: Path) -> int:
    """Bytes of files of a folder that have no name any more, but that a process still holds.

    Raises:
        Unmeasurable: the process hides what it holds.
    """
    held: dict[tuple[int, int], int] = {}
    descriptors = Path(f"/proc/{process}/fd")
    try:
        for descriptor in descriptors.iterdir():
            with suppress(FileNotFoundError):
                found = descriptor.stat()
                if stat.S_ISREG(found.st_mode) and not found.st_nlink:
                    held[found.st_dev, found.st_ino] = found.st_blocks * _BLOCK
        mapped = _mapped_bytes(process, folder)
    except (FileNotFoundError, ProcessLookupError):
        return 0  # it has ended
    except OSError as error:
        if _has_ended(process):
            return 0
        raise Unmeasurable(error.strerror or "unreadable") from error
    return sum(held.values()) + mapped


def _has_ended(process: int) -> bool:
    """Whether it only waits to be reaped: what it holds is then closed to all but root."""
    try:
        state = Path(f"/proc/{process}/stat").read_text(errors="replace").rpartition(")")[2]
    except OSError:
        return True
    return state.split()[0] in "ZX"


def _mapped_bytes(process: int, folder: Path) -> int:
    total, inside = 0, f" {folder.resolve()}/"
    with Path(f"/proc/{process}/maps").open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.endswith(" (deleted)\n") and inside in line:
                first, last = line.split(maxsplit=1)[0].split("-")
                total += int(last, 16) - int(first, 16)
    return total
