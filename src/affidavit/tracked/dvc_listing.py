"""A tracked folder's listing: the `.dir` object, as strict as DVC writes it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from affidavit.bundle.canonical import loads
from affidavit.errors import BundleError, SourceError
from affidavit.printable import printable

MAX_LISTING_BYTES = 64 * 1024 * 1024
MAX_PATH = 1024
MAX_DEPTH = 64
_HEX = frozenset("0123456789abcdef")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedFile:
    """One file of a tracked folder."""

    relpath: str
    md5: str


def parse_listing(content: bytes, key: str) -> tuple[ListedFile, ...]:
    """The files of a folder, sorted by path.

    Args:
        content: the object's bytes, already hashed.
        key: the object's place, for the error.

    Raises:
        SourceError: not what DVC writes, or a path that leaves the folder, is longer or deeper
            than any that we store, stands twice, or is a file and a folder at once.
    """
    try:
        rows = loads(content, f"the listing {key}")
    except BundleError as error:
        raise _refused(key, str(error)) from error
    if not isinstance(rows, list):
        raise _refused(key, "it is not a list")
    files: dict[str, ListedFile] = {}
    for row in rows:
        if not isinstance(row, dict) or row.keys() != {"md5", "relpath"}:
            raise _refused(key, "an entry is not {md5, relpath}")
        md5, relpath = row["md5"], row["relpath"]
        if not isinstance(md5, str) or len(md5) != 32 or not _HEX.issuperset(md5):
            raise _refused(key, "an entry's md5 is none")
        if not isinstance(relpath, str) or not _stays_inside(relpath):
            raise _refused(key, f"the path {relpath!r} is not one within the folder")
        if len(relpath) > MAX_PATH or relpath.count("/") >= MAX_DEPTH:
            raise _refused(
                key,
                f"a path of more than {MAX_PATH:,} characters or {MAX_DEPTH} folders: "
                f"{relpath[:80]!r}…",
            )
        if relpath in files:
            raise _refused(key, f"the path {relpath!r} stands twice")
        files[relpath] = ListedFile(relpath=relpath, md5=md5)
    # With the slash as the lowest character, what lies below a file stands right behind it.
    folded = sorted(p.replace("/", "\0") for p in files)
    for above, below in pairwise(folded):
        if below.startswith(above + "\0"):
            relpath = below.replace("\0", "/")
            raise _refused(key, f"the path {relpath!r} lies below a file")
    return tuple(files[p] for p in sorted(files))


def _stays_inside(relpath: str) -> bool:
    is_text = not any(c == "\0" or 0xD800 <= ord(c) <= 0xDFFF for c in relpath)
    return is_text and not any(p in {"", ".", ".."} for p in relpath.split("/"))


def _refused(key: str, why: str) -> SourceError:
    return SourceError(
        f"the folder listing {key} in the DVC remote is refused",
        printable(why[:300])[:300],
        "track the folder again with dvc add, and push it",
    )
