"""Bytes that a bundle holds by reference, found in folders that the user gives: digests decide."""

from __future__ import annotations

import hashlib
import os
import stat
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from affidavit.bundle.layout import CHUNK
from affidavit.errors import UsageError
from affidavit.evidence import Item
from affidavit.printable import printable
from affidavit.progress import Progress
from affidavit.wording import count_text
from affidavit.workspace import Workspace

_MAX_FILES: Final = 1_000_000
_DIGITS: Final = 16


@dataclass(frozen=True, slots=True)
class Absent:
    """An item whose bytes were not given: why, and what to do."""

    item: Item
    why: str
    fix: str


@dataclass(frozen=True, slots=True)
class _Seen:
    """The files of the folders, by size and by name."""

    by_size: dict[int, list[Path]] = field(default_factory=lambda: defaultdict(list))
    by_name: dict[str, list[Path]] = field(default_factory=lambda: defaultdict(list))


def place_given(
    items: Sequence[Item], folders: Sequence[Path], work: Workspace, progress: Progress
) -> tuple[Absent, ...]:
    """Copy each item's bytes to where the workspace locates it, hashing the copy.

    A file is taken for its digest, whatever its name: of those with the item's size the likeliest
    are read first. One that has the name and other bytes is named.

    Returns:
        The items that were not found.

    Raises:
        UsageError: a folder that holds more than a million files.
    """
    if not items:
        return ()
    seen = _look_into(folders)
    return tuple(
        absent for item in items if (absent := _place(item, seen, folders, work, progress))
    )


def require_folders(folders: Iterable[Path]) -> None:
    """Refuse a folder that is none, before any work is done.

    Raises:
        UsageError: names it.
    """
    for folder in folders:
        if not folder.is_dir():
            raise UsageError(f"--data {folder}: not a folder", fix="name the folder of the data")


def _look_into(folders: Iterable[Path]) -> _Seen:
    seen, count = _Seen(), 0
    for folder in folders:
        for path in _files(folder):
            size = path.stat().st_size
            seen.by_size[size].append(path)
            seen.by_name[path.name].append(path)
            count += 1
            if count > _MAX_FILES:
                raise UsageError(
                    f"--data {folder}: more than {_MAX_FILES:,} files",
                    fix="name the folder that holds the data, not one far above it",
                )
    return seen


def _files(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(root, name)
            try:
                if stat.S_ISREG(path.stat().st_mode):  # a link to a file is as good as the file
                    yield path
            except OSError:
                continue


def _place(
    item: Item, seen: _Seen, folders: Sequence[Path], work: Workspace, progress: Progress
) -> Absent | None:
    names = _names(item)
    likely = [p for n in names for p in seen.by_name.get(n, ())]
    sized = seen.by_size.get(item.size_bytes, [])
    progress.step(f"looking for {printable(names[0])}")
    target = work.place(item.path, embedded=False)
    for path in dict.fromkeys((*(p for p in likely if p in sized), *sized)):
        if _copied(path, target, item):
            return None
    return Absent(item, _why(item, likely, folders), _fix(item, names[0]))


def _copied(source: Path, target: Path, item: Item) -> bool:
    """Copy while hashing; what is not the item is taken away again."""
    digest, size = hashlib.sha256(), 0
    try:
        with source.open("rb") as file, target.open("wb") as out:
            while (piece := file.read(CHUNK)) and size <= item.size_bytes:
                digest.update(piece)
                size += len(piece)
                out.write(piece)
    except OSError as error:
        if error.filename == str(source):
            return False
        raise
    finally:
        is_it = (digest.hexdigest(), size) == (item.sha256, item.size_bytes)
        if not is_it:
            target.unlink(missing_ok=True)
    return is_it


def _names(item: Item) -> tuple[str, ...]:
    """What the file may be called where it came from; the likeliest first."""
    told = (item.original_name, item.path, item.location, item.role)
    return tuple(dict.fromkeys(PurePosixPath(t).name for t in told if t and PurePosixPath(t).name))


def _why(item: Item, likely: Sequence[Path], folders: Sequence[Path]) -> str:
    if not folders:
        return "its bytes are not in the bundle, and no --data was given"
    if likely and (size := likely[0].stat().st_size) > item.size_bytes + CHUNK:
        return (
            f"{printable(str(likely[0]))} has other bytes: expected {item.size_bytes:,} of them, "
            f"found {size:,}"
        )
    if likely:
        found = _sha256(likely[0])
        return (
            f"{printable(str(likely[0]))} has other bytes: expected sha256 "
            f"{item.sha256[:_DIGITS]}…, found {found[:_DIGITS]}…"
        )
    where = ", ".join(printable(str(f)) for f in folders)
    return (
        f"no file with its {count_text(item.size_bytes, 'byte')} and sha256 "
        f"{item.sha256[:_DIGITS]}… is in {where}"
    )


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return f"nothing: {error.strerror}"


def _fix(item: Item, name: str) -> str:
    was = f" (it was at {printable(item.location)})" if item.location else ""
    return f"add --data DIR, a folder that holds {printable(name)}{was}"
