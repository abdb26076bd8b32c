"""A bundle for certain readers alone: encrypted to their age keys, and back.

All cryptography is age's (age-encryption.org/v1, X25519 recipients), by `pyrage`. Both ways stream:
memory does not grow with the bundle. What is plain is written in one place only, beside its target
and readable by its owner alone, and is removed unless age has vouched for the last byte of it.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Final

import pyrage

from affidavit.bundle.atomic import writing
from affidavit.bundle.public_key import read_key_file
from affidavit.errors import BundleError, KeyProblem, UsageError

ENDING: Final = ".age"
_MAX_HEADER: Final = 1024 * 1024
_INTRO: Final = b"age-encryption.org/v1\n"
_ARMORED: Final = b"-----BEGIN AGE ENCRYPTED FILE-----"
_RECIPIENT: Final = re.compile(r"age1[02-9ac-hj-np-z]{58}")
_IDENTITY: Final = "AGE-SECRET-KEY-1"


@dataclass(frozen=True, slots=True)
class Recipient:
    """A reader's public age key, `age1…`: nothing in it is secret."""

    text: str
    key: pyrage.x25519.Recipient


@dataclass(frozen=True, slots=True)
class Identities:
    """The secret age keys of one file.

    Attributes:
        is_exposed: others on this machine may read the file.
    """

    path: Path
    keys: tuple[pyrage.x25519.Identity, ...]
    is_exposed: bool


def parse_recipient(text: str, where: str) -> Recipient:
    """A recipient as its owner gives it.

    Args:
        text: `age1…`.
        where: the option, or the file and line, for an error.

    Raises:
        KeyProblem: a secret key, or anything else that is no X25519 recipient of age.
    """
    if text.upper().startswith(_IDENTITY):
        raise KeyProblem(  # and is not repeated here
            f"{where}: that is a secret key",
            "whoever has it can read what was encrypted to its owner",
            "give its public part, age1…; if this one was sent to you, ask for another",
        )
    cause: Exception | None = None
    if _RECIPIENT.fullmatch(text):
        try:
            return Recipient(text, pyrage.x25519.Recipient.from_str(text))
        except pyrage.RecipientError as error:  # a slip, by its checksum
            cause = error
    raise KeyProblem(
        f"{where}: {text[:80]!r} is no recipient",
        "expected age1 and 58 characters, each as it was written",
        "ask the reader for theirs; age-keygen makes one",
    ) from cause


def read_recipients(path: Path) -> tuple[Recipient, ...]:
    """A file of recipients, one a line; empty lines and those after `#` are left out.

    Raises:
        KeyProblem: it cannot be read, holds none, or something else.
    """
    found = tuple(parse_recipient(line, f"{path}, line {n}") for n, line in _lines(path))
    if not found:
        raise KeyProblem(f"{path} names no recipient", fix="write one age1… a line")
    return found


def read_identities(path: Path) -> Identities:
    """A file of secret age keys, as `age-keygen` writes it.

    Raises:
        KeyProblem: it cannot be read, holds none, or something else.
    """
    keys: list[pyrage.x25519.Identity] = []
    for number, line in _lines(path):
        try:
            keys.append(pyrage.x25519.Identity.from_str(line))
        except pyrage.IdentityError as error:  # never shown: it may be a key with a slip in it
            raise KeyProblem(
                f"{path}, line {number}: not a secret key of age",
                f"expected {_IDENTITY}…" + _if_public(line),
                "give the file that age-keygen wrote",
            ) from error
    if not keys:
        raise KeyProblem(f"{path} holds no secret key", fix="give the file that age-keygen wrote")
    return Identities(path, tuple(keys), _is_exposed(path))


def encrypt(source: Path, recipients: Sequence[Recipient], out: Path) -> int:
    """Write a file that the recipients can read, and nobody else.

    Args:
        source: a bundle, or any other file.
        recipients: one at least; each can read it alone.
        out: must not exist.

    Returns:
        Its size in bytes.

    Raises:
        UsageError: no such file, it is encrypted already, `out` exists, or cannot be written.
        AffidavitError: the disk is full.
    """
    _require_free(out)
    with _opened(source) as read, writing(out) as write:
        is_encrypted = read.read(len(_INTRO)) == _INTRO
        read.seek(0)
        if is_encrypted:
            raise UsageError(f"{source} is encrypted already", fix="decrypt it first")
        keys = [r.key for r in {r.text: r for r in recipients}.values()]
        watched = _Watched(read, write, source)
        with _told(source, watched):
            pyrage.encrypt_io(watched, watched, keys)
        return write.tell()


def decrypt(source: Path, identities: Identities, out: Path) -> int:
    """Write what was encrypted, whole, or nothing at all.

    Args:
        source: an encrypted file.
        identities: of which one is a recipient's.
        out: must not exist; only its owner may read it.

    Returns:
        Its size in bytes.

    Raises:
        UsageError: no such file, not one of age's, `out` exists, or cannot be written.
        KeyProblem: it was encrypted to others.
        BundleError: cut short, or changed.
        AffidavitError: the disk is full.
    """
    _require_free(out)
    with _opened(source) as read, writing(out, mode=0o600) as write:
        _require_age(read, source)
        watched = _Watched(read, write, source)
        with _told(source, watched, identities):
            pyrage.decrypt_io(watched, watched, list(identities.keys))
        return write.tell()


class _Watched:
    """Both ends of the work; keeps what is raised in here, Ctrl-C too: age makes a text of it."""

    def __init__(self, read: FileIO, write: FileIO, source: Path) -> None:
        self._read, self._write, self._source = read, write, source
        self.raised: BaseException | None = None

    def read(self, size: int) -> bytes:
        with self._kept():
            try:
                return self._read.read(size) or b""
            except OSError as error:
                raise _unreadable(self._source, error) from error

    def write(self, content: bytes) -> int:
        with self._kept():
            return self._write.write(content)

    def flush(self) -> None:
        """Nothing is held back."""

    @contextmanager
    def _kept(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self.raised = error
            raise


@contextmanager
def _told(source: Path, watched: _Watched, identities: Identities | None = None) -> Iterator[None]:
    """What age says, in our words; what was raised at either end, as it was."""
    try:
        yield
    except (pyrage.EncryptError, pyrage.DecryptError, OSError) as error:
        if watched.raised is not None:
            raise watched.raised from None
        if identities is not None and "No matching keys" in str(error):
            raise KeyProblem(
                f"{identities.path} does not open {source}",
                "it was encrypted to other recipients, or with a passphrase",
                "give the identity that belongs to the recipient it was encrypted to",
            ) from error
        raise BundleError(
            f"{source} cannot be decrypted: it was cut short, or changed",
            str(error), "ask the sender for it again",
        ) from error  # fmt: skip


@contextmanager
def _opened(source: Path) -> Iterator[FileIO]:
    try:
        if not stat.S_ISREG(source.stat().st_mode):
            raise UsageError(f"{source} is not a plain file")
        file = FileIO(source, "rb")
    except OSError as error:
        raise _unreadable(source, error) from error
    with file:
        yield file


def _require_free(out: Path) -> None:
    """Said before the work; `writing` looks again at its end."""
    if os.path.lexists(out):
        raise UsageError(f"{out} exists", fix="choose another name with --out, or move it away")


def _unreadable(source: Path, error: OSError) -> UsageError:
    return UsageError(f"{source} cannot be read", error.strerror or str(error))


def _require_age(read: FileIO, source: Path) -> None:
    """The first lines are age's, and end: age itself would read on for as long as they do not."""
    head = read.read(_MAX_HEADER) or b""
    read.seek(0)
    if head.startswith(_ARMORED):
        raise UsageError(
            f"{source} is encrypted, and written as text",
            "only age's binary form is read here", "ask for it without --armor, or use age itself",
        )  # fmt: skip
    if not head.startswith(_INTRO):
        raise UsageError(
            f"{source} is not an age file", fix="affidavit verify reads a bundle as it is"
        )
    if b"\n--- " not in head:
        raise BundleError(
            f"{source} cannot be decrypted: it was cut short, or changed",
            "its header has no end", "ask the sender for it again",
        )  # fmt: skip


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """What a file of keys holds, with the numbers of its lines."""
    content = read_key_file(path)
    if content.startswith((_INTRO, _ARMORED)):
        raise KeyProblem(f"{path} is encrypted itself", fix="decrypt it with age first")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise KeyProblem(
            f"{path} is not text", fix="give the file that age-keygen wrote"
        ) from error
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            yield number, line.strip()


def _if_public(line: str) -> str:
    return ", found a public one" if line.startswith("age1") else ""


def _is_exposed(path: Path) -> bool:
    return os.name != "nt" and bool(path.stat().st_mode & 0o077)
