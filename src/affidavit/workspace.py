"""The folder that a build grows in: `data/` is the payload, `held/` what stays by reference."""

from __future__ import annotations

import atexit
import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from affidavit.errors import AffidavitError, UsageError
from affidavit.evidence import Item, ItemKind, Origin, Sensitivity
from affidavit.interrupts import deferred_interrupts
from affidavit.leases import hold, is_abandoned


@dataclass(frozen=True, slots=True)
class Workspace:
    """A private folder beside the output, removed when the build ends, well or not."""

    root: Path

    @property
    def payload(self) -> Path:
        return self.root / "data"

    @property
    def held(self) -> Path:
        return self.root / "held"

    def locate(self, item: Item) -> Path:
        """Where the bytes of an item are; the item may be one held by reference."""
        base = self.root if item.embedded else self.held
        return base / item.path

    def place(self, path: str, *, embedded: bool = True) -> Path:
        """The file to write for a payload path, its folder made."""
        target = (self.root if embedded else self.held) / path
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

    def write(
        self,
        path: str,
        content: bytes,
        *,
        kind: ItemKind,
        origin: Origin,
        media_type: str,
        sensitivity: Sensitivity = "internal",
        role: str | None = None,
    ) -> Item:
        """Write one payload file and describe it."""
        self.place(path).write_bytes(content)
        return Item(
            path=path,
            sha256=hashlib.sha256(content).hexdigest(),
            size_bytes=len(content),
            media_type=media_type,
            kind=kind,
            origin=origin,
            sensitivity=sensitivity,
            role=role,
        )

    def copy_in(
        self,
        path: str,
        chunks: Iterable[bytes],
        *,
        kind: ItemKind,
        origin: Origin,
        media_type: str,
        sensitivity: Sensitivity = "internal",
        role: str | None = None,
        original_name: str | None = None,
        embedded: bool = True,
        location: str | None = None,
    ) -> Item:
        """Stream bytes in, hashing as they are written; memory stays one chunk."""
        digest, size = hashlib.sha256(), 0
        with self.place(path, embedded=embedded).open("wb") as out:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                out.write(chunk)
        return Item(
            path=path,
            sha256=digest.hexdigest(),
            size_bytes=size,
            media_type=media_type,
            kind=kind,
            origin=origin,
            sensitivity=sensitivity,
            role=role,
            original_name=original_name,
            embedded=embedded,
            location=location,
        )


_PREFIX, _LEASE = ".affidavit-work-", ".lease"
_FULL = {errno.ENOSPC, errno.EDQUOT}
_ROOM_BYTES = 16 << 20  # with more than that free, it was another disk that is full


@contextmanager
def new_workspace(beside: Path) -> Iterator[Workspace]:
    """A private folder in `beside`, gone afterwards; those that killed builds left go first.

    Raises:
        UsageError: `beside` is no folder, or cannot be written to.
        AffidavitError: its disk is full.
    """
    if not beside.is_dir():
        raise UsageError(f"{beside} is not a folder", fix=f"mkdir -p {beside}")
    _remove_abandoned(beside)
    with deferred_interrupts():
        root = _made(beside)
        # Also at exit: an interrupt can fall between the end of the work and the removal below.
        remove = partial(_remove, root, os.getpid())
        atexit.register(remove)
    try:
        with (root / _LEASE).open("wb") as lease:
            hold(lease)
            yield Workspace(root)
    except OSError as error:
        if error.errno in _FULL and shutil.disk_usage(beside).free < _ROOM_BYTES:
            raise _full(beside, error) from error
        raise
    finally:
        remove()
        atexit.unregister(remove)


def _made(beside: Path) -> Path:
    try:
        return Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=beside))
    except OSError as error:
        raise UsageError(
            f"cannot write in {beside}", error.strerror or "", "choose another folder with --out"
        ) from error


def _full(beside: Path, error: OSError) -> AffidavitError:
    return AffidavitError(
        f"no room in {beside}: {error.strerror}",
        "model, data and cards are there until the bundle is done, and then beside it",
        "free space there, or choose a folder of another disk with --out",
    )


def _remove(root: Path, owner: int) -> None:
    """Remove a folder whole, however often Ctrl-C is pressed meanwhile; a fork's exit is no end."""
    if os.getpid() == owner and root.exists():
        with deferred_interrupts():
            shutil.rmtree(root, ignore_errors=True)


def _remove_abandoned(beside: Path) -> None:
    for folder in beside.glob(f"{_PREFIX}*"):
        owner = folder.name.removeprefix(_PREFIX).partition("-")[0]
        lease = folder / _LEASE  # without one a folder is not known to be ours: left alone
        if owner.isdigit() and lease.is_file() and is_abandoned(lease, int(owner)):
            shutil.rmtree(folder, ignore_errors=True)
