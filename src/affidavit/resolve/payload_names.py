"""Where files of datasets and protected tables go in the bundle, of which type, and how many."""

from __future__ import annotations

import hashlib
import posixpath
from typing import Final

from affidavit.bundle.names import folded_name, portability_fault, stored_name

MAX_EMBEDDED_FILES: Final = 90_000  # of the 100,000 entries that a bundle may have
_MEDIA: Final = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
    ".tsv": "text/tab-separated-values",
    ".txt": "text/plain",
}


def payload_path(
    role: str, name: str, seen: dict[str, str], *, is_protected: bool, is_whole: bool
) -> str:
    """Under its own name, if every system can hold it beside the others.

    Args:
        role: the dataset role; for a protected table its path.
        name: the file's path below what was asked for.
        seen: folded name to name of the files placed so far; gains this one.
        is_protected: a table of sensitive attributes.
        is_whole: the one file that was asked for.
    """
    if is_protected and is_whole:
        return f"data/protected/{stored_name(role)}"
    room = "protected" if is_protected else "dataset"
    folder = f"data/{room}/{stored_name(role)}/"
    stored = stored_name(name)
    if folded_name(stored) in seen or portability_fault(folder + stored):
        stored = "_names/" + hashlib.sha256(name.encode()).hexdigest()
    seen[folded_name(stored)] = name
    return folder + stored


def media_type_of(name: str) -> str:
    """By the ending of a file's name."""
    return _MEDIA.get(posixpath.splitext(name)[1].lower(), "application/octet-stream")
