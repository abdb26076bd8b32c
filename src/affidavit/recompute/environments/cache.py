"""Folders made once and kept: whole or not there, checked before each use, made again if damaged.

    <cache>/<name>/made/…       what was made
    <cache>/<name>/files.json   size and sha256 of every file of it

A folder is made beside its place and renamed, so that two builds at once cannot harm each other:
the second one to finish throws its own away.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from affidavit.errors import WorkerError
from affidavit.interrupts import deferred_interrupts
from affidavit.leases import hold, is_abandoned

_MADE, _LIST, _LEASE = "made", "files.json", ".lease"
_MAKING = ".making-"
_THREADS = 2
_MAX_LIST = 256 * 1024 * 1024
Table = dict[str, tuple[int, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A folder of the cache.

    Attributes:
        folder: what was made, unchanged since.
        was_damaged: it was there, differed from its list, and was made again.
    """

    folder: Path
    was_damaged: bool


def keep_folder(
    cache: Path, name: str, make: Callable[[Path], None], before: Callable[[str], None]
) -> Kept:
    """The folder of this name, checked file by file; made if it is not there or was changed.

    Args:
        cache: the folder of all, made here.
        name: a digest of everything that the content depends on.
        make: fills an empty folder.
        before: told what is done, since it takes time.

    Raises:
        WorkerError: the cache cannot be written.
    """
    place = cache / name
    is_there = place.exists()
    if is_there:
        before("checking the files of the environment kept from an earlier build")
        if _is_whole(place):
            return Kept(folder=place / _MADE, was_damaged=False)
        before("the cached environment was damaged; building it again")
    with making(cache) as beside:
        made = beside / _MADE
        made.mkdir()
        make(made)
        (beside / _LIST).write_text(json.dumps(_table(made), sort_keys=True))
        _give_place(beside, place)
    return Kept(folder=place / _MADE, was_damaged=is_there)


@contextmanager
def making(cache: Path) -> Iterator[Path]:
    """A folder beside the others, gone if it was not renamed; those that killed builds left too.

    Also for what is only passed by: the system's folder for temporary files is cleaned by nobody
    when a build is killed.

    Raises:
        WorkerError: the cache cannot be written.
    """
    try:
        cache.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(cache)
        beside = Path(tempfile.mkdtemp(prefix=f"{_MAKING}{os.getpid()}-", dir=cache))
    except OSError as error:
        raise _unwritable(cache, error) from error
    try:
        with (cache / f"{beside.name}{_LEASE}").open("wb") as lease:
            hold(lease)
            yield beside
    except OSError as error:
        raise _unwritable(cache, error) from error
    finally:
        with deferred_interrupts():
            shutil.rmtree(beside, ignore_errors=True)
            (cache / f"{beside.name}{_LEASE}").unlink(missing_ok=True)


def _unwritable(cache: Path, error: OSError) -> WorkerError:
    return WorkerError(
        f"the model's environment cannot be kept in {cache}", error.strerror or str(error),
        "free some space, or keep environments elsewhere: XDG_CACHE_HOME",
    )  # fmt: skip


def _remove_abandoned(cache: Path) -> None:
    for lease in cache.glob(f"{_MAKING}*{_LEASE}"):
        owner = lease.name.removeprefix(_MAKING).partition("-")[0]
        if owner.isdigit() and is_abandoned(lease, int(owner)):
            shutil.rmtree(cache / lease.name.removesuffix(_LEASE), ignore_errors=True)
            lease.unlink(missing_ok=True)


def _give_place(beside: Path, place: Path) -> None:
    """Rename; a folder in the way is another build's, and stays if it is whole."""
    for _ in range(3):
        try:
            beside.rename(place)
        except OSError:
            if not place.exists():
                raise
        else:
            return
        if _is_whole(place):
            return
        aside = beside.with_name(f"{beside.name}-damaged")
        with suppress(OSError):
            place.rename(aside)
        shutil.rmtree(aside, ignore_errors=True)
    raise OSError(f"{place} cannot be replaced")


def _is_whole(place: Path) -> bool:
    """Whether every file is there with its size and digest, and no other is."""
    try:
        if (place / _LIST).stat().st_size > _MAX_LIST:
            return False
        listed = json.loads((place / _LIST).read_bytes())
        return bool(_table(place / _MADE) == {p: tuple(about) for p, about in listed.items()})
    except (OSError, ValueError, TypeError, AttributeError):
        return False


def _table(folder: Path) -> Table:
    """Path to size and sha256 of every file. A link is an error: it could lead anywhere.

    Raises:
        OSError: something that is neither file nor folder, or cannot be read.
    """
    paths = sorted(_files(folder))
    with ThreadPoolExecutor(_THREADS) as pool:
        digests = list(pool.map(_digest, paths, chunksize=64))
    names = (p.relative_to(folder).as_posix() for p in paths)
    return dict(zip(names, digests, strict=True))


def _files(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files(Path(entry.path))
            elif stat.S_ISREG(entry.stat(follow_symlinks=False).st_mode):
                yield Path(entry.path)
            else:
                raise OSError(f"{entry.path} is no regular file")


def _digest(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), digest
