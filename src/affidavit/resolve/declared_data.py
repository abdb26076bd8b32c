"""Data that the builder gave in place of a snapshot at the commit: hashed, copied, described.

Every file is copied once, while it is hashed, also where it stays by reference: numbers then come
from the very bytes whose digests are on record, whatever happens to the original.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol
from urllib.parse import urlsplit

from affidavit.config import Include
from affidavit.declared_record import EXECUTED, MD5, ROWS, SNAPSHOT, fact_id, snapshot_digest
from affidavit.errors import UsageError
from affidavit.evidence import Digest, Fact, Finding, Item
from affidavit.printable import printable
from affidavit.progress import Progress
from affidavit.resolve.declared_files import local_path, open_local
from affidavit.resolve.declared_objects import open_objects
from affidavit.resolve.declared_query import is_database, place_of, run_query
from affidavit.resolve.interface import Part
from affidavit.resolve.object_fetch import hashed
from affidavit.resolve.payload_names import MAX_EMBEDDED_FILES, media_type_of, payload_path
from affidavit.sources import public_uri
from affidavit.tracked.dvc_digest import DvcDigest
from affidavit.wording import count_text
from affidavit.workspace import Workspace


class GivenData(Protocol):
    """Files that somebody gave: one, or those of a folder.

    Attributes:
        name: of what was given, for the record: no credentials, no path of this machine.
        names: of its files, below what was given, sorted.
    """

    @property
    def name(self) -> str: ...

    @property
    def is_file(self) -> bool: ...

    @property
    def names(self) -> tuple[str, ...]: ...

    def location(self, name: str) -> str:
        """Where a file was, for the record."""

    def read(self, name: str) -> Iterator[bytes]:
        """One file's bytes, streamed; refused if they change meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Where the builder says that the data of a role or protected table is.

    Attributes:
        name: the role, or the table's path.
        uri: a path, `file://`, `s3://` or the address of a database.
        source: who gave it: `option --dataset`, or the key of the configuration.
        query: what a database is asked; None where the builder gave no query.
    """

    name: str
    uri: str
    source: str
    include: Include
    is_protected: bool = False
    query: str | None = None


def open_given(uri: str) -> GivenData:
    """Find what a path or address names; no file is read yet.

    Raises:
        UsageError: nothing there, nothing that can be read so, or a kind of address not known.
        Unreachable: an object store that does not answer, or refuses us.
    """
    try:
        scheme, path = urlsplit(uri).scheme, local_path(uri)
    except ValueError as error:  # brackets that are no IPv6 address
        raise UsageError(
            f"{printable(public_uri(uri))}: not an address", str(error), "correct it"
        ) from error
    if scheme == "s3":
        return open_objects(uri)
    if path is None:
        raise UsageError(
            f"{printable(public_uri(uri))}: data is not read from such an address",
            "a path, file:// and s3:// are; so is a database, where an affidavit.toml given by "
            "--config has a query for the role (a query of the commit's own is never run)",
            "copy the data to one of these, or give the query",
        )
    return open_local(uri, path)


def collect_given(given: Given, work: Workspace | None, *, progress: Progress) -> Part:
    """Copy and hash what was given.

    Args:
        given: what, for whom, by whom.
        work: None where nothing is to be fetched: the fact alone, without a digest.
        progress: told of each file.

    Raises:
        UsageError: data that cannot be read, or too many files to embed.
        SourceError: a file that changes while it is read.
    """
    if given.query is not None and is_database(given.uri):
        return _collect_query(given, given.query, work, progress=progress)
    data = open_given(given.uri)
    if work is None:
        return Part(facts=(_fact(given, SNAPSHOT, data.name, None),))
    return _copy_all(given, data, work, progress=progress)


def _collect_query(given: Given, query: str, work: Workspace | None, *, progress: Progress) -> Part:
    """The rows of a query, frozen to Parquet; and when it ran, and how many they are."""
    if work is None:
        return Part(facts=(_fact(given, SNAPSHOT, place_of(given.uri), None),))
    work.root.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="frozen-", dir=work.root) as folder:
        data = run_query(given.uri, query, f"{given.name}.parquet", Path(folder), progress=progress)
        part = _copy_all(given, data, work, progress=progress)
    order = "" if data.is_ordered else "; it does not say the order of its rows"
    lost = () if given.include == "embed" else (_not_kept(given),)
    return part + Part(
        findings=lost,
        facts=(
            Fact(
                id=fact_id(given.name, EXECUTED), kind="data", value=data.executed_at,
                basis="declared", source=f"the builder's clock, when the query ran{order}",
            ),
            Fact(
                id=fact_id(given.name, ROWS), kind="data", value=data.rows, basis="measured",
                source="rows that the query gave",
            ),
        )
    )  # fmt: skip


def _not_kept(given: Given) -> Finding:
    return Finding(
        id=fact_id(given.name, "frozen"), kind="gap", stage="resolve",
        what=f"the rows that the query gave for {given.name} are held by reference, and were kept "
        "nowhere: no recheck can have them",
        fix='set include = "embed" for the role; or write the rows to a file, and give that',
    )  # fmt: skip


def _copy_all(given: Given, data: GivenData, work: Workspace, *, progress: Progress) -> Part:
    is_embedded = given.include == "embed" and not given.is_protected
    if is_embedded and len(data.names) > MAX_EMBEDDED_FILES:
        raise UsageError(
            f"{printable(data.name)} has {count_text(len(data.names), 'file')}",
            f"a bundle holds at most 100,000 entries, of which {MAX_EMBEDDED_FILES:,} for data",
            'set include = "reference" for this role',
        )
    seen: dict[str, str] = {}
    copied = [
        _copy(given, data, name, seen, work, is_embedded=is_embedded, progress=progress)
        for name in data.names
    ]
    items = tuple(item for item, _ in copied)
    md5 = [(name, md5) for name, (_, md5) in zip(data.names, copied, strict=True)]
    sha256 = snapshot_digest(items, given.name, is_file=data.is_file)
    return Part(
        items=items,
        facts=(
            _fact(given, SNAPSHOT, data.name, Digest(algorithm="sha256", value=sha256)),
            Fact(
                id=fact_id(given.name, MD5), kind="data", value=data.name, basis="measured",
                digest=Digest(algorithm="md5", value=md5[0][1] if data.is_file else _listed(md5)),
                source="hashed as DVC does, to hold against what run and commit name",
            ),
        ),
    )  # fmt: skip


def _fact(given: Given, part: str, value: str, digest: Digest | None) -> Fact:
    return Fact(
        id=fact_id(given.name, part), kind="data", value=value, digest=digest, basis="declared",
        source=given.source,
    )  # fmt: skip


def _copy(
    given: Given,
    data: GivenData,
    name: str,
    seen: dict[str, str],
    work: Workspace,
    *,
    is_embedded: bool,
    progress: Progress,
) -> tuple[Item, str]:
    progress.step(f"reading {printable(name)}")
    path = payload_path(
        given.name, name, seen, is_protected=given.is_protected, is_whole=data.is_file
    )
    md5 = DvcDigest("md5")
    item = work.copy_in(
        path,
        hashed(data.read(name), {"md5": md5}, None),
        kind="protected-table" if given.is_protected else "dataset",
        origin="declared",
        media_type=media_type_of(name),
        sensitivity="personal-data",
        role=given.name,
        original_name=None if path.endswith(f"/{name}") else name,
        embedded=is_embedded,
        location=None if is_embedded else data.location(name),
    )
    return item, md5.finish()[0]


def _listed(files: list[tuple[str, str]]) -> str:
    """The digest that DVC gives a folder: of the listing that it would write, byte for byte."""
    rows = [{"md5": md5, "relpath": name} for name, md5 in sorted(files)]
    listing = json.dumps(rows, sort_keys=True).encode()
    digest = DvcDigest("md5")
    digest.update(listing)
    return f"{digest.finish()[0]}.dir"
