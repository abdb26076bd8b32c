"""Files that have no name any more, but that a process still holds: by descriptors, or mapped."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from affidavit.recompute.worker.scratch import Unmeasurable

_BLOCK = 512
_MOST_DESCRIPTORS = 20_000

_Held = dict[tuple[int, int], int]  # device and inode to bytes


def unlinked_bytes(process: int, folder: Path, largest_bytes: int) -> int:
    """Bytes of files of a folder that have no name any more, but that a process still holds.

    Each thread is looked at: it can have descriptors of its own, and the first can have ended
    while others go on.

    Args:
        process: its id.
        folder: where the files were.
        largest_bytes: what a file counts for that is mapped and that we may not look at.

    Raises:
        Unmeasurable: the process hides what it holds, or holds too much to look at.
    """
    held: _Held = {}
    guessed: set[int] | None = None
    looked_at = 0
    try:
        for thread in Path(f"/proc/{process}/task").iterdir():
            try:
                looked_at += _add_open(thread, held, _MOST_DESCRIPTORS - looked_at)
                if guessed is None:  # all threads have the same memory
                    guessed = _add_mapped(thread, folder, held)
            except OSError as error:
                if not _has_ended(thread):
                    raise Unmeasurable(error.strerror or "unreadable") from error
    except (FileNotFoundError, ProcessLookupError):
        pass  # it has ended, or is just ending
    unseen = (guessed or set()) - {inode for _, inode in held}
    return sum(held.values()) + len(unseen) * largest_bytes


def _add_open(thread: Path, held: _Held, most: int) -> int:
    """Add what the thread's descriptors hold; says how many there are."""
    count = 0
    for descriptor in os.scandir(thread / "fd"):
        count += 1
        if count > most:
            raise Unmeasurable(f"it holds more than {_MOST_DESCRIPTORS} descriptors")
        try:
            found = descriptor.stat()
        except FileNotFoundError:
            continue  # closed while we looked
        if stat.S_ISREG(found.st_mode) and not found.st_nlink:
            held[found.st_dev, found.st_ino] = found.st_blocks * _BLOCK
    return count


def _add_mapped(thread: Path, folder: Path, held: _Held) -> set[int] | None:
    """Add what is mapped; gives the inodes of files whose size only root may see.

    None where the thread has ended, and with it its sight of the memory.
    """
    text = (thread / "maps").read_text(encoding="utf-8", errors="replace")
    lines = text.split("\n")  # splitlines knows more ends, which a name may hold
    if not text:
        return None
    guessed = set()
    for place, inode in _unlinked(lines, f" {folder.resolve()}/"):
        try:
            found = Path(f"/proc/{thread.name}/map_files/{place}").stat()
        except OSError:
            guessed.add(inode)
        else:
            held[found.st_dev, found.st_ino] = found.st_blocks * _BLOCK
    return guessed


def _unlinked(lines: list[str], inside: str) -> Iterator[tuple[str, int]]:
    """The place in memory, as `map_files` names it, and the inode."""
    for line in lines:
        if line.endswith(" (deleted)") and inside in line:
            place, _, _, _, inode, _ = line.split(maxsplit=5)
            first, last = (int(end, 16) for end in place.split("-"))
            yield f"{first:x}-{last:x}", int(inode)


def _has_ended(thread: Path) -> bool:
    """Whether it only waits to be reaped: what it holds is then closed to all but root."""
    try:
        state = (thread / "stat").read_text(errors="replace").rpartition(")")[2]
    except OSError:
        return True
    return state.split()[0] in "ZX"
