"""Signing a statement into a bundle that is there, or into a file of its own."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from affidavit.bundle.adding import add_statement, require_room_for
from affidavit.bundle.archive_reader import Archive, open_archive
from affidavit.bundle.atomic import writing
from affidavit.bundle.layout import MAX_STATEMENT_BYTES, TAG_MANIFEST
from affidavit.bundle.statement import parse_signed, statement_name
from affidavit.errors import UsageError
from affidavit.seal.interface import Signer
from affidavit.seal.read_back import sign_and_check


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A signed statement, and where it is.

    Attributes:
        place: in the bundle, or the file.
        is_new: False where the same key has signed the same before; then nothing was written.
    """

    place: str
    sha256: str
    is_new: bool


def sign_into(path: Path, *, root: str | None, kind: str, payload: bytes, signer: Signer) -> Added:
    """Sign, and put the statement into the bundle; the same one twice is said, not written.

    Args:
        path: the bundle; whoever calls has verified it.
        root: that it had then.
        kind: of the statement.
        payload: what is signed, as `statement_bytes` gives it.
        signer: is asked only when there is room for what it signs.

    Raises:
        UsageError: the bundle holds 64 statements, or was changed since it was verified.
        AffidavitError: the disk is full; the signer did not sign.
    """
    with open_archive(path) as archive:
        if archive.digest(TAG_MANIFEST) != root:
            raise UsageError(f"{path} was changed since it was verified", fix="run it again")
        if there := _same_there(archive, kind, payload, signer):
            return there
        require_room_for(1, archive.names)
    content = sign_and_check(signer, payload)
    name = statement_name(kind, content)
    add_statement(path, name, content)
    return Added(place=name, sha256=hashlib.sha256(content).hexdigest(), is_new=True)


def sign_beside(out: Path, payload: bytes, signer: Signer) -> Added:
    """Sign, and write the statement to a file of its own, which must not exist.

    Raises:
        UsageError: it exists, or cannot be written.
    """
    content = sign_and_check(signer, payload)
    with writing(out) as file:
        file.write(content)
    return Added(place=str(out), sha256=hashlib.sha256(content).hexdigest(), is_new=True)


def _same_there(archive: Archive, kind: str, payload: bytes, signer: Signer) -> Added | None:
    for name in archive.names:
        if name.startswith(f"signatures/{kind}-"):
            content = archive.read(name, MAX_STATEMENT_BYTES)
            if parse_signed(content, name).payload == payload and signer.made(content, name):
                sha256 = hashlib.sha256(content).hexdigest()
                return Added(place=name, sha256=sha256, is_new=False)
    return None
