"""One object from the remote into the workspace, hashed as it passes."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from affidavit.evidence import Item
from affidavit.printable import printable
from affidavit.progress import Progress
from affidavit.resolve.dvc_files import Tracked
from affidavit.resolve.interface import Contradiction
from affidavit.resolve.objects import Remote
from affidavit.resolve.payload_names import media_type_of
from affidavit.tracked.dvc_digest import DvcDigest, DvcHash
from affidavit.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was asked for, and for whom."""

    tracked: Tracked
    remote: Remote
    work: Workspace
    role: str
    is_embedded: bool
    is_protected: bool
    progress: Progress

    @property
    def fact_id(self) -> str:
        return f"data.{self.role}.snapshot"

    @property
    def listing(self) -> str | None:
        """Where the listing is, of a tracked folder."""
        return self.tracked.out.key if self.tracked.out.is_folder else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A digest that the bytes must have, and who says so."""

    algorithm: DvcHash
    md5: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One object to fetch.

    `key` is its place in the remote, `original` its name in the project, `path` its place in the
    bundle; `size_bytes` what DVC says, `at_most` a bound where it does not say.
    """

    key: str
    original: str
    path: str
    stated: tuple[Stated, ...]
    size_bytes: int | None = None
    at_most: int | None = None


class TooLongError(Exception):
    """More bytes than stated; ends the stream before the disk is full."""


def fetch_object(order: Order, wanted: Wanted) -> Item | tuple[Contradiction, ...] | None:
    """Fetch one object and hold it against every digest stated for it.

    Returns:
        The item; contradictions where a digest or the size differs, and then nothing is kept;
        None where the remote has no such object.

    Raises:
        Unreachable: the remote does not answer, or refuses us.
    """
    size = "" if wanted.size_bytes is None else f", {wanted.size_bytes:,} bytes"
    order.progress.step(f"fetching {printable(wanted.original)}{size}")
    chunks = order.remote.fetch(wanted.key)
    if chunks is None:
        return None
    at_most = wanted.at_most if wanted.size_bytes is None else wanted.size_bytes
    digests = {a: DvcDigest(a) for a in {s.algorithm for s in wanted.stated}}
    try:
        item = order.work.copy_in(
            wanted.path,
            hashed(chunks, digests, at_most),
            kind="protected-table" if order.is_protected else "dataset",
            origin="collected",
            media_type=media_type_of(wanted.original),
            sensitivity="personal-data",
            role=order.role,
            original_name=None if wanted.path.endswith("/" + wanted.original) else wanted.original,
            embedded=order.is_embedded,
            location=None if order.is_embedded else order.remote.location(wanted.key),
        )  # fmt: skip
    except TooLongError as error:
        order.work.place(wanted.path, embedded=order.is_embedded).unlink()
        return (_altered(order, wanted, wanted.stated[0], str(error)),)
    found = {a: d.finish() for a, d in digests.items()}
    wrong = tuple(
        _altered(order, wanted, s, f"{s.algorithm} {found[s.algorithm][0]}")
        for s in wanted.stated
        if s.md5 not in found[s.algorithm]
    )
    if not wrong and wanted.size_bytes not in {None, item.size_bytes}:
        wrong = (_altered(order, wanted, wanted.stated[0], f"{item.size_bytes:,} bytes"),)
    if wrong:
        order.work.locate(item).unlink()
        return wrong
    return item


def hashed(
    chunks: Iterator[bytes], digests: dict[DvcHash, DvcDigest], at_most: int | None
) -> Iterator[bytes]:
    """The chunks as they came, each given to every digest first.

    Raises:
        TooLongError: more than `at_most` bytes.
    """
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if at_most is not None and size > at_most:
            raise TooLongError(f"more than {at_most:,} bytes")
        for digest in digests.values():
            digest.update(chunk)
        yield chunk


def _altered(order: Order, wanted: Wanted, stated: Stated, found: str) -> Contradiction:
    size = f", {wanted.size_bytes:,} bytes" if "bytes" in found and wanted.size_bytes else ""
    return Contradiction(
        id=order.fact_id,
        what=f"{full_name(order, wanted)}: the bytes in the remote are not those that the commit "
        "names",
        expected=f"{stated.algorithm} {stated.md5}{size} ({printable(stated.source)})",
        found=f"{found} ({wanted.key})",
        fix=how_to_restore(wanted.key, order.listing),
    )


def full_name(order: Order, wanted: Wanted) -> str:
    """The file's path in the project, safe to show."""
    path = order.tracked.path
    if posixpath.basename(path) == wanted.original:
        return printable(path)
    return printable(f"{path}/{wanted.original}")


def how_to_restore(key: str, listing: str | None = None) -> str:
    """The remedy for an altered object; `dvc push` leaves one alone that is there.

    Args:
        key: its place in the remote.
        listing: that of the folder's listing, where the object is a file of a tracked folder: a
            folder whose listing is there `dvc push` takes for whole (seen with dvc 3.67).
    """
    too = f" and {listing}, by which DVC takes the folder for whole" if listing else ""
    return (
        f"find out who changed {key} in the remote; move it{too} away, and run dvc push where the "
        "right bytes are still in the cache"
    )
