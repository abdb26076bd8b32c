"""Data that the builder gave as a file or folder of this machine: listed and read with care.

A link that the builder names is followed. One inside a folder is refused: whoever may write the
folder would choose what this machine reads.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from affidavit.bundle.layout import CHUNK
from affidavit.errors import SourceError, UsageError
from affidavit.printable import printable
from affidavit.resolve.lfs import is_pointer

MAX_FILES: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalData:
    """A file, or the files of a folder and of those below it, sorted by path.

    Attributes:
        name: of the file or folder itself; for the record, which holds no path of this machine.
        asked: as it was given, for messages.
        paths: file name below what was given, with forward slashes, to where it is.
        listed: by file name, which file that was when it was listed: device and number.
    """

    name: str
    asked: str
    is_file: bool
    paths: dict[str, Path]
    listed: dict[str, tuple[int, int]]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.paths)

    def location(self, name: str) -> str:
        """Where a file was, for the record."""
        return f"given:{self.name}" if self.is_file else f"given:{self.name}/{name}"

    def read(self, name: str) -> Iterator[bytes]:
        """One file's bytes, streamed.

        Raises:
            UsageError: it cannot be read, or is no regular file.
            SourceError: it changed while it was read, or is another file than was listed.
        """
        # Without O_NONBLOCK a pipe would hang us. A link put there since the listing is refused,
        # and so is one in place of a folder: it leads to another file than was listed.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
        try:
            with os.fdopen(os.open(self.paths[name], flags), "rb") as file:
                before = os.fstat(file.fileno())
                if not stat.S_ISREG(before.st_mode):
                    raise _special(self.asked, name)
                if (before.st_dev, before.st_ino) != self.listed[name]:
                    raise _changed(self._full(name))
                size = 0
                while chunk := file.read(CHUNK):
                    if size == 0 and is_pointer(chunk):
                        raise _kept_elsewhere(self._full(name))
                    size += len(chunk)
                    yield chunk
                after = os.fstat(file.fileno())
        except OSError as error:
            raise _unreadable(self._full(name), error) from error
        if (size, _state(after)) != (before.st_size, _state(before)):
            raise _changed(self._full(name))

    def _full(self, name: str) -> str:
        return printable(self.asked if self.is_file else f"{self.asked}/{name}")


def local_path(where: str) -> Path | None:
    """The file or folder of this machine that is meant; None for an address elsewhere.

    Raises:
        ValueError: not an address: brackets that are no IPv6 address.
    """
    parts = urlsplit(where)
    if parts.scheme == "file" and parts.netloc in {"", "localhost"}:
        return Path(unquote(parts.path))
    return None if "://" in where else Path(where).expanduser()


def open_local(asked: str, path: Path) -> LocalData:
    """The file or folder at a path; nothing is read yet.

    Args:
        asked: as it was given, for messages.
        path: where it is.

    Raises:
        UsageError: nothing there, an empty folder, a link inside it, or what is neither file nor
            folder.
    """
    try:
        real = path.resolve(strict=True)
        about = real.stat()
    # RuntimeError: links in a circle, before 3.13; ValueError: a NUL in the name
    except (OSError, RuntimeError, ValueError) as error:
        raise _unreadable(printable(asked), error) from error
    if stat.S_ISREG(about.st_mode):
        _require_text(path.name, asked)
        return LocalData(
            name=path.name, asked=asked, is_file=True, paths={path.name: real},
            listed={path.name: (about.st_dev, about.st_ino)},
        )  # fmt: skip
    if not stat.S_ISDIR(about.st_mode):
        raise _special(asked, "")
    found = sorted(_walk(asked, real), key=lambda one: one[0].encode())
    if not found:
        raise UsageError(
            f"{printable(asked)}: an empty folder", "there is nothing to hash", "name the data"
        )
    name = path.name or real.name
    _require_text(name, asked)
    return LocalData(
        name=name, asked=asked, is_file=False, paths={n: path for n, path, _ in found},
        listed={n: number for n, _, number in found},
    )  # fmt: skip


def _walk(asked: str, root: Path) -> Iterator[tuple[str, Path, tuple[int, int]]]:
    count = 0
    for folder, folders, names in os.walk(root, onerror=lambda e: _stop(asked, root, e)):
        for entry in (*folders, *names):
            path = Path(folder, entry)
            name = path.relative_to(root).as_posix()
            _require_text(name, asked)
            about = path.lstat()
            if stat.S_ISDIR(about.st_mode):
                continue
            if not stat.S_ISREG(about.st_mode):
                raise _special(asked, name)
            count += 1
            if count > MAX_FILES:
                raise UsageError(
                    f"{printable(asked)}: more than {MAX_FILES:,} files",
                    fix="name the folder that holds the data, not one far above it",
                )
            yield name, path, (about.st_dev, about.st_ino)


def _stop(asked: str, root: Path, error: OSError) -> None:
    inside = Path(str(error.filename)).relative_to(root).as_posix()
    raise _unreadable(printable(asked if inside == "." else f"{asked}/{inside}"), error) from error


def _state(about: os.stat_result) -> tuple[int, int, int]:
    return about.st_size, about.st_mtime_ns, about.st_ino


def _require_text(name: str, asked: str) -> None:
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise UsageError(
            f"{printable(asked)}: the file name {printable(name)} is not UTF-8",
            "the record holds names as text",
            "rename the file",
        ) from error


def _changed(shown: str) -> SourceError:
    return SourceError(
        f"{shown} changed while it was read", "what was hashed is not what is there now",
        "copy it to where nobody writes, and give that",
    )  # fmt: skip


def _kept_elsewhere(full: str) -> UsageError:
    return UsageError(
        f"{full} is not the data: it points to a file that Git LFS keeps",
        "a clone without git lfs has such a text of a few lines in the file's place",
        "run git lfs pull there, and give the file",
    )


def _special(asked: str, name: str) -> UsageError:
    shown = printable(f"{asked}/{name}" if name else asked)
    return UsageError(
        f"{shown} is a link or no regular file",
        "what a link points at can change, and a device has no end",
        "put a copy of the file in its place",
    )


def _unreadable(shown: str, error: Exception) -> UsageError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return UsageError(f"{shown} cannot be read", reason, "correct the path, or who may read it")
