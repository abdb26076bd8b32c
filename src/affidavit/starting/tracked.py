"""A look at the files that DVC tracks: in the working tree, else in the remote.

In the tree they are as they are now, which may be another state than the commit's. Nothing is
hashed here: it is a look, and a build reads every byte.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from affidavit.errors import SourceError, UsageError
from affidavit.resolve.dvc_entries import DvcOut, object_key
from affidavit.resolve.dvc_files import DvcOuts
from affidavit.resolve.objects import Remote, open_remote
from affidavit.sources import Sources
from affidavit.starting.glimpse import SUFFIXES, Table, read_table
from affidavit.tracked.dvc_listing import parse_listing

_MOST_FILES = 20  # of one tracked folder
_MOST_BYTES = 32 << 20  # of one object


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """Tables that could be read, and files that could not, as (path, why)."""

    tables: tuple[Table, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()

    def __add__(self, other: Looked) -> Looked:
        return Looked(tables=self.tables + other.tables, unread=self.unread + other.unread)


def look_at_tracked(sources: Sources, outs: DvcOuts, given: set[Path]) -> Looked:
    """The data files among the tracked.

    Args:
        sources: where repository and remote are.
        outs: what DVC tracks at the commit.
        given: files that are looked at already.

    Raises:
        SourceError: the remote that was named is none.
    """
    tree = Path(sources.repo) if sources.repo is not None else None
    remote = open_remote(sources.remote) if sources.remote is not None else None
    looked = Looked()
    for path, out in sorted(outs.outs.items()):
        files = _in_tree(tree, path) if tree is not None and tree.is_dir() else []
        for shown, file in files:
            if file.resolve() not in given:
                looked += _read(file, shown)
        if not files and remote is not None:
            looked += _in_remote(remote, path, out)
    return looked


def _read(file: Path, path: str) -> Looked:
    try:
        return Looked(tables=(read_table(file, path),))
    except UsageError as error:
        return Looked(unread=((path, error.cause or error.what),))


def _in_tree(tree: Path, path: str) -> list[tuple[str, Path]]:
    """Data files of a tracked path below the tree; none that a link leads out of it."""
    place, root = tree / path, tree.resolve()
    found = [(path, place)] if _is_table(path) else []
    if place.is_dir():
        inside = sorted(f for f in place.rglob("*") if _is_table(f.name))[:_MOST_FILES]
        found = [(f.relative_to(tree).as_posix(), f) for f in inside]
    return [(p, f) for p, f in found if f.is_file() and f.resolve().is_relative_to(root)]


def _is_table(name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in SUFFIXES


# ---- in the remote


def _in_remote(remote: Remote, path: str, out: DvcOut) -> Looked:
    """The tables of one tracked file or folder, from the remote's objects."""
    looked = Looked()
    try:
        for shown, key in _objects(remote, path, out):
            looked += _fetched(remote, shown, key)
    except SourceError as error:
        looked += Looked(unread=((path, error.what),))
    return looked


def _objects(remote: Remote, path: str, out: DvcOut) -> Iterator[tuple[str, str]]:
    if not out.is_folder:
        if _is_table(path):
            yield path, out.key
        return
    listing, is_whole = _start(remote, out.key)
    if not is_whole:
        raise SourceError(f"the listing {out.key} is too large to look at")
    files = [f for f in parse_listing(listing, out.key) if _is_table(f.relpath)]
    for file in files[:_MOST_FILES]:
        yield f"{path}/{file.relpath}", object_key(out.algorithm, file.md5)


def _fetched(remote: Remote, path: str, key: str) -> Looked:
    """A table from an object; of a CSV that is large, from its beginning."""
    content, is_whole = _start(remote, key)
    suffix = PurePosixPath(path).suffix.lower()
    if not is_whole and suffix != ".csv":
        return Looked(unread=((path, "too large to look at; give a copy by --dataset"),))
    if not is_whole:
        content = content[: content.rfind(b"\n") + 1]
    with tempfile.TemporaryDirectory(prefix="affidavit-") as folder:
        file = Path(folder, f"object{suffix}")
        file.write_bytes(content)
        looked = _read(file, path)
    return Looked(
        tables=tuple(replace(t, is_cut=t.is_cut or not is_whole) for t in looked.tables),
        unread=looked.unread,
    )


def _start(remote: Remote, key: str) -> tuple[bytes, bool]:
    """An object's first bytes, and whether they are all.

    Raises:
        SourceError: the remote has none, or does not answer.
    """
    chunks = remote.fetch(key)
    if chunks is None:
        raise SourceError(f"gone from the DVC remote ({key})")
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > _MOST_BYTES:
            return bytes(content), False
    return bytes(content), True
