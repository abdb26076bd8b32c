"""Git's ids: a hash over an object's kind, size and bytes, by the hash of its repository."""

from __future__ import annotations

import hashlib
from typing import Literal

ObjectFormat = Literal["sha1", "sha256"]


def format_of(oid: str) -> ObjectFormat:
    """By which hash a full id was made; its length tells."""
    return "sha1" if len(oid) == 40 else "sha256"


def new_hash(object_format: ObjectFormat) -> hashlib._Hash:
    """The hash that a repository's ids are made with."""
    if object_format == "sha256":
        return hashlib.sha256()
    return hashlib.sha1(usedforsecurity=False)  # Git's choice; our own digests are sha256


def object_hash(kind: str, size_bytes: int, object_format: ObjectFormat) -> hashlib._Hash:
    """The hash of an object, to be fed with its bytes.

    References:
        git-hash-object(1).
    """
    digest = new_hash(object_format)
    digest.update(f"{kind} {size_bytes}".encode() + b"\0")
    return digest


def blob_id(content: bytes, object_format: ObjectFormat) -> str:
    """The id of a file with these bytes."""
    digest = object_hash("blob", len(content), object_format)
    digest.update(content)
    return digest.hexdigest()
