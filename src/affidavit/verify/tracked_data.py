"""Whether data that DVC is said to track is what the commit's own DVC files name.

The commit is followed from its id (`verify.commit`), its dvc.lock or .dvc file names a digest, and
that is the digest of the bytes that are here: no link of it is the signer's word. Data that is held
by reference has no bytes here; a recheck that is given them compares them.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from affidavit.bundle.layout import EVIDENCE
from affidavit.bundle.names import stored_name
from affidavit.commit_record import DVC_LISTINGS, PACK
from affidavit.declared_record import MD5, SNAPSHOT, fact_id
from affidavit.errors import AffidavitError, BundleError
from affidavit.evidence import Evidence, Fact, Item
from affidavit.tracked.dvc_digest import DvcDigest
from affidavit.tracked.dvc_lines import paths_named
from affidavit.tracked.dvc_listing import MAX_LISTING_BYTES, parse_listing
from affidavit.verify.checks import Fault, Ledger
from affidavit.verify.commit import CommitSeen
from affidavit.verify.files import SignedFiles
from affidavit.verify.records import Records
from affidavit.verify.withholding import lacks
from affidavit.wording import count_text, size_text

# A reviewer waits for it: md5 takes three times as long as the sha256 of the same bytes.
MAX_HASHED: Final = 256 * 1024 * 1024
Opened = Callable[[Item], Iterable[bytes] | None]
_FOLDER: Final = "folder"
_DIR: Final = ".dir"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """One role or protected table of which the record says that DVC tracks it.

    Attributes:
        out: the fact on what the commit's DVC file names: the file, or the folder around it.
        inside: the path within that folder, None where it is the folder or the file itself.
    """

    name: str
    snapshot: Fact
    out: Fact
    items: tuple[Item, ...]

    @property
    def inside(self) -> str | None:
        if self.out is self.snapshot:
            return None
        return str(self.snapshot.value).removeprefix(f"{self.out.value}/")


def check_tracked_data(
    files: SignedFiles, records: Records, commit: CommitSeen | None, ledger: Ledger
) -> None:
    """The digests in the commit, and those of the bytes that are here."""
    at_commit = tracked(records)
    given = [f for f in records.evidence.provenance if f.id.endswith(f".{MD5}")]
    if not (at_commit or given) or lacks(files, ledger, "tracked-data"):
        return
    too_large = left_out(files, at_commit)
    if too_large:
        ledger.not_run(
            "tracked-data", f"whether {', '.join(too_large)} has the digest that the commit names: "
            f"more than {size_text(MAX_HASHED)}; affidavit recheck compares it", required=False,
        )  # fmt: skip
    if commit is None and any(c.id == "commit" for c in ledger.checks):
        return  # why it was not followed is said there
    if commit is not None and commit.unread:
        ledger.not_run(
            "tracked-data", f"{commit.unread[0]} of the commit is too large to be read",
            path=PACK, required=False,
        )  # fmt: skip
        return
    gone = [i.path for t in at_commit for i in t.items if i.path in files.withheld]
    for path in gone:
        ledger.not_run(
            "tracked-data", f"whether {path} is what the commit names: it is withheld", path=path,
            required=False,
        )  # fmt: skip
    hashed = [t for t in at_commit if t.name not in too_large]
    claim = _claim(files, at_commit, hashed)
    try:
        ledger.run("tracked-data", claim, _faults(files, records, commit, at_commit, hashed))
    except BundleError as error:  # a file that is not the one that was signed: said before
        ledger.not_run("tracked-data", str(error), required=False)


def _claim(files: SignedFiles, at_commit: Sequence[Tracked], hashed: Sequence[Tracked]) -> str:
    """What holds where nothing is at fault: of bytes that are not here only the digest."""
    whole = [t.name for t in hashed if any(i.path in files for i in t.items)]
    named = [t.name for t in at_commit if t.name not in whole]
    parts = []
    if whole:
        parts.append(f"the data of {', '.join(whole)} is what the commit names")
    if named:
        parts.append(
            f"the commit names the digest of {', '.join(named)}, whose bytes were not compared"
        )
    return "; ".join(parts) or "the md5 of what the builder gave is that of its bytes"


def tracked(records: Records) -> list[Tracked]:
    """What the record says is at the training commit; a role with a `rev` is at another."""
    elsewhere = {
        fact_id(role, SNAPSHOT)
        for role, dataset in (records.config.datasets if records.config else {}).items()
        if dataset.rev is not None
    }
    return [
        Tracked(
            name=name, snapshot=fact, items=_items(records.evidence, name),
            out=records.evidence.fact(fact_id(name, _FOLDER)) or fact,
        )
        for fact in records.evidence.provenance
        if fact.id.startswith("data.") and fact.id.endswith(f".{SNAPSHOT}")
        and fact.basis == "measured" and fact.id not in elsewhere
        for name in [fact.id.removeprefix("data.").removesuffix(f".{SNAPSHOT}")]
    ]  # fmt: skip


def _items(evidence: Evidence, name: str) -> tuple[Item, ...]:
    return tuple(
        i for i in evidence.items if i.kind in ("dataset", "protected-table") and i.role == name
    )


def left_out(files: SignedFiles, tracked: Sequence[Tracked]) -> list[str]:
    """Roles whose bytes are too many to be hashed while somebody waits, the largest first."""
    left, out = MAX_HASHED, []
    for one in tracked:
        size = sum(files.archive.size(i.path) for i in one.items if i.path in files)
        if size > left:
            out.append(one.name)
        else:
            left -= size
    return out


def _faults(
    files: SignedFiles,
    records: Records,
    commit: CommitSeen | None,
    at_commit: Sequence[Tracked],
    hashed: Sequence[Tracked],
) -> Iterator[Fault]:
    for one in at_commit:
        if commit is None:
            yield Fault(
                f"{one.snapshot.id} is said to be at the commit, which is not here", EVIDENCE, PACK,
                "no such file",
            )  # fmt: skip
        else:
            yield from _unnamed_faults(one, commit)
    for one in hashed:
        yield from byte_faults(one, files, _in_bundle(files))
    yield from _given_faults(files, records.evidence)


def _unnamed_faults(one: Tracked, commit: CommitSeen) -> Iterator[Fault]:
    """The commit has a DVC file with this digest, for a path that can be this one."""
    stated = one.out.digest.value if one.out.digest is not None else "none"
    path = str(one.out.value)
    for content in commit.dvc_files.values():
        text = content.decode("utf-8", "replace")
        named = list(paths_named(text, stated))
        # An entry that somebody wrote in another form of YAML counts by its digest alone.
        if any(_can_be(one, path) for one in named) or text.count(stated) > len(named):
            return
    yield Fault(
        f"{one.out.id}: no DVC file of the commit names this digest for {path}", EVIDENCE,
        f"md5 {stated} in one of: {', '.join(sorted(commit.dvc_files)) or 'none'}",
        "no such entry",
    )  # fmt: skip


def _can_be(named: str, path: str) -> bool:
    """Whether the path of an entry, which a stage's `wdir` may shorten, can be this one."""
    if named.startswith('"'):  # escaped: the digest stands there, and for what is for people
        return True
    short = posixpath.normpath(named)
    while short.startswith("../"):
        short = short.removeprefix("../")
    return short in (path, ".", "..") or path.endswith(f"/{short}")


def byte_faults(one: Tracked, files: SignedFiles, opened: Opened) -> Iterator[Fault]:
    """Where the bytes do not have the digests that lead to the commit's.

    Args:
        one: what is said to be tracked.
        files: of the bundle; a folder's listing is read there.
        opened: gives the bytes of an item; None where they are not at hand.

    Raises:
        BundleError: the listing is not the one that was signed, or is damaged.
    """
    digest = one.out.digest
    if digest is None or not digest.value.endswith(_DIR):
        for item in one.items:
            yield from _differing(item, one.snapshot, opened)
        return
    path = f"{DVC_LISTINGS}/{stored_name(one.name)}.json"
    if path not in files:
        yield Fault(f"the listing of {one.out.value} is not here", EVIDENCE, path, "no such file")
        return
    content = files.read(path, MAX_LISTING_BYTES)
    found = _md5("md5", [content])
    if digest.value.removesuffix(_DIR) not in found:
        yield Fault(
            f"{path} is not the listing that the commit names", path, f"md5 {digest.value}",
            f"md5 {found[0]}",
        )  # fmt: skip
        return
    try:
        listing = {f.relpath: f.md5 for f in parse_listing(content, path)}
    except AffidavitError as error:
        yield Fault(str(error), path)
        return
    yield from _folder_faults(one, listing, opened)


def _folder_faults(one: Tracked, listing: Mapping[str, str], opened: Opened) -> Iterator[Fault]:
    """Each file of the folder is there once, under its own name, with its digest."""
    prefix = "" if one.inside is None else f"{one.inside}/"
    wanted = {
        path.removeprefix(prefix): md5 for path, md5 in listing.items() if path.startswith(prefix)
    }
    if one.inside in listing:  # one file of it
        wanted = {posixpath.basename(str(one.inside)): listing[str(one.inside)]}
    names = {_name(item, one.name): item for item in one.items}
    if names.keys() != wanted.keys() or len(names) != len(one.items):
        odd = sorted(names.keys() ^ wanted.keys()) or ["a name twice"]
        yield Fault(
            f"the files of {one.snapshot.value} are not those of its listing", EVIDENCE,
            count_text(len(wanted), "file"), f"{count_text(len(names), 'file')}: {odd[0]}",
        )  # fmt: skip
        return
    algorithm = one.out.digest.algorithm if one.out.digest is not None else "md5"
    for name, item in names.items():
        yield from _unlike(item, algorithm, wanted[name], opened)


def _name(item: Item, role: str) -> str:
    """The file's own name, below the folder of its role."""
    room = "protected" if item.kind == "protected-table" else "dataset"
    return item.name_below(f"data/{room}/{stored_name(role)}/")


def _in_bundle(files: SignedFiles) -> Opened:
    return lambda item: files.chunks(item.path) if item.path in files else None


def _given_faults(files: SignedFiles, evidence: Evidence) -> Iterator[Fault]:
    """One file that the builder gave has the md5 that is held against run and commit."""
    for fact in evidence.provenance:
        if not (fact.id.startswith("data.") and fact.id.endswith(f".{MD5}")):
            continue
        items = _items(evidence, fact.id.removeprefix("data.").removesuffix(f".{MD5}"))
        is_one = fact.digest is not None and not fact.digest.value.endswith(_DIR)
        here = [i.path for i in items if i.path in files]
        if is_one and len(items) == len(here) == 1 and files.archive.size(here[0]) <= MAX_HASHED:
            yield from _differing(items[0], fact, _in_bundle(files))


def _differing(item: Item, fact: Fact, opened: Opened) -> Iterator[Fault]:
    if fact.digest is not None:
        yield from _unlike(item, fact.digest.algorithm, fact.digest.value, opened)


def _unlike(item: Item, algorithm: str, expected: str, opened: Opened) -> Iterator[Fault]:
    chunks = opened(item)
    if chunks is None:
        return
    found = _md5(algorithm, chunks)
    if expected not in found:
        yield Fault(
            f"{item.path} is not the file whose digest the record gives", item.path,
            f"md5 {expected}", f"md5 {found[0]}",
        )  # fmt: skip


def _md5(algorithm: str, chunks: Iterable[bytes]) -> tuple[str, ...]:
    """As DVC hashes; two where its versions differ on these bytes."""
    digest = DvcDigest("md5" if algorithm == "md5" else "md5-dos2unix")
    for chunk in chunks:
        digest.update(chunk)
    return digest.finish()
