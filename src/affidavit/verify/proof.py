"""What proves one file alone: tag files, manifest and seals, in a folder beside it.

`affidavit show --extract` writes such a folder. It comes from whoever hands the file over, so it is
read as strictly as an archive: plain files of bounded size, and no other file in it is looked at.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from affidavit.bundle.bag import BAGIT_TXT, BagInfo, parse_bag_info
from affidavit.bundle.layout import (
    BAG_INFO,
    BAGIT,
    HEAD,
    MANIFEST,
    MAX_RECORD_BYTES,
    MAX_STATEMENT_BYTES,
    MAX_STATEMENTS,
)
from affidavit.errors import BundleError, UsageError
from affidavit.verify.checks import ASK_AGAIN

SIGNATURES: Final = "signatures"
_STATEMENT_NAME: Final = re.compile(r"[a-z]{1,32}-[0-9a-f]{16}\.sigstore\.json")
_MAX_TAG_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Proof:
    """The files of a proof, read once: what is checked is what is used.

    Attributes:
        files: by their name in the bundle.
        bag_info: bag-info.txt, parsed; its digest is the caller's to check.
    """

    files: dict[str, bytes]
    bag_info: BagInfo

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.files)

    def read(self, name: str, limit: int) -> bytes:
        """The content of one file.

        Raises:
            BundleError: larger than `limit`.
        """
        content = self.files[name]
        if len(content) > limit:
            raise BundleError(f"{name}: {len(content)} bytes, at most {limit}")
        return content

    def digest(self, name: str) -> str:
        """The sha256 of one file."""
        return hashlib.sha256(self.files[name]).hexdigest()

    def chunks(self, name: str) -> Iterator[bytes]:
        """The content of one file, in one piece."""
        yield self.files[name]


def open_proof(folder: Path) -> Proof:
    """Read a proof.

    Raises:
        UsageError: there is no such folder.
        NewerFormat: of a bundle with a format number above ours.
        BundleError: a file is missing, too large, or no plain file; too many signed statements.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", fix="affidavit show --extract writes one")
    limits = dict.fromkeys(HEAD, _MAX_TAG_BYTES) | {MANIFEST: MAX_RECORD_BYTES}
    files = {name: _read(folder, name, limits[name]) for name in HEAD}
    if files[BAGIT] != BAGIT_TXT:
        raise BundleError(f"{BAGIT} is not that of a bundle", fix=ASK_AGAIN)
    for name in _statements(folder):
        files[name] = _read(folder, name, MAX_STATEMENT_BYTES)
    return Proof(files, parse_bag_info(files[BAG_INFO], BAG_INFO))


def open_plain(path: Path) -> BinaryIO:
    """The file that is to be proved; a pipe in its place would keep us waiting for ever.

    Raises:
        UsageError: it cannot be read, or is no plain file.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UsageError(f"{path} is not a plain file", fix="save it as a file first")
        return os.fdopen(os.open(path, flags), "rb")
    except OSError as error:
        raise UsageError(f"{path} cannot be read", error.strerror or str(error)) from error


def _statements(folder: Path) -> list[str]:
    place = folder / SIGNATURES
    if not place.exists():
        return []
    if place.is_symlink() or not place.is_dir():
        raise BundleError(f"{SIGNATURES} in {folder} is no plain folder", fix=ASK_AGAIN)
    names = sorted(path.name for path in place.iterdir())
    if len(names) > MAX_STATEMENTS:
        raise BundleError(f"{len(names)} signed statements, at most {MAX_STATEMENTS}")
    if other := [name for name in names if not _STATEMENT_NAME.fullmatch(name)]:
        raise BundleError(f"{other[0]!a} in {SIGNATURES} is no signed statement's name")
    return [f"{SIGNATURES}/{name}" for name in names]


def _read(folder: Path, name: str, limit: int) -> bytes:
    path = folder / name
    # Not followed, and no waiting for a pipe's other end: the file itself or nothing.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        if path.is_symlink():
            raise BundleError(f"{name} of the proof is a link", fix=ASK_AGAIN)
        with os.fdopen(os.open(path, flags | getattr(os, "O_BINARY", 0)), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise BundleError(f"{name} of the proof is no plain file", fix=ASK_AGAIN)
            content = file.read(limit + 1)
    except FileNotFoundError as error:
        raise BundleError(f"the proof lacks {name}", fix=ASK_AGAIN) from error
    except OSError as error:
        raise BundleError(f"{name} of the proof cannot be read", f"{error.strerror}") from error
    if len(content) > limit:
        raise BundleError(f"{name} of the proof: more than {limit} bytes", fix=ASK_AGAIN)
    return content
