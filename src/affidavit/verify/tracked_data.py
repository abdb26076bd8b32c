"""Whether data that DVC is said to track is what the commit's own DVC files name.

The commit is followed from its id (`verify.commit`), its dvc.lock or .dvc file names a digest, and
that is the digest of the bytes that are here: no link of it is the signer's word. Data that is held
by reference has no bytes here; a recheck that is given them compares them.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final

from affidavit.bundle.layout import CONFIG, EVIDENCE
from affidavit.commit_record import PACK
from affidavit.config import Config
from affidavit.declared_record import MD5, SNAPSHOT, TRACKED, fact_id, name_in
from affidavit.errors import BundleError
from affidavit.evidence import Evidence, Fact, Item
from affidavit.printable import printable
from affidavit.tracked.dvc_lines import Named, entries_named
from affidavit.verify.checks import Fault, Ledger
from affidavit.verify.commit import CommitSeen
from affidavit.verify.files import SignedFiles
from affidavit.verify.records import Records
from affidavit.verify.tracked_bytes import Tracked, byte_faults, differing, in_bundle, is_listing
from affidavit.verify.withholding import lacks
from affidavit.wording import size_text

# A reviewer waits for it: md5 takes three times as long as the sha256 of the same bytes.
MAX_MEASURED: Final = 256 * 1024 * 1024
_FOLDER: Final = "folder"
_MEASURED: Final = "measured"
_CLAIMED: Final = frozenset({"claimed", "signed"})
_HASHES: Final = frozenset({"md5", "md5-dos2unix"})


def check_tracked_data(
    files: SignedFiles, records: Records, commit: CommitSeen | None, ledger: Ledger
) -> None:
    """The digests in the commit, and those of the bytes that are here."""
    if not _speaks(records.evidence) or lacks(files, ledger, "tracked-data"):
        return
    elsewhere = _elsewhere(records)
    stated = _snapshots(records, elsewhere)
    at_commit = [t for t in stated if t.snapshot.basis == _MEASURED]
    named = [*((t.name, t.out) for t in at_commit), *_beside(records, elsewhere)]
    too_large = left_out(files, at_commit)
    if too_large:
        ledger.not_run(
            "tracked-data", f"whether {', '.join(too_large)} has the digest that the commit names: "
            f"more than {size_text(MAX_MEASURED)}; affidavit recheck compares it", required=False,
        )  # fmt: skip
    claimed = [t for t in stated if t.snapshot.basis in _CLAIMED]
    if claimed and PACK not in files.listed:
        ledger.not_run(
            "tracked-data", f"whether {', '.join(t.name for t in claimed)} is what a commit names: "
            "none is here",
            required=False,
        )  # fmt: skip
    if commit is None and PACK in files.listed:
        at_commit, named = [], []  # why it was not followed is said there
    elif commit is not None and commit.unread and named:
        ledger.not_run(
            "tracked-data", f"{printable(commit.unread[0])} of the commit is too large to be read",
            path=PACK, required=False,
        )  # fmt: skip
        at_commit, named = [], []
    for path in [i.path for t in at_commit for i in t.items if i.path in files.withheld]:
        ledger.not_run(
            "tracked-data", f"whether {path} is what the commit names: it is withheld", path=path,
            required=False,
        )  # fmt: skip
    hashed = [t for t in at_commit if t.name not in too_large]
    given = list(_given_files(files, records))
    bare = claimed if commit is not None and not commit.unread else []
    named += [(t.name, t.out) for t in bare]
    if not (named or given):
        return
    claim = _claim(files, [*at_commit, *bare], hashed, given)
    faults = chain(
        _naming_faults(records, commit, [*at_commit, *bare], named),
        _claimed_faults(bare),
        *(byte_faults(one, files, in_bundle(files)) for one in hashed),
        *(differing(item, fact, in_bundle(files)) for fact, item in given),
    )
    try:
        ledger.run("tracked-data", claim, faults)
    except BundleError as error:  # a file that is not the one that was signed: said before
        ledger.not_run("tracked-data", str(error), required=False)


def _speaks(evidence: Evidence) -> bool:
    """Whether anything is said of data at the commit, or by DVC's hash."""
    endings = tuple(f".{part}" for part in (SNAPSHOT, MD5, TRACKED))
    return any(f.id.startswith("data.") and f.id.endswith(endings) for f in evidence.provenance)


def _claim(
    files: SignedFiles,
    at_commit: Sequence[Tracked],
    hashed: Sequence[Tracked],
    given: Sequence[tuple[Fact, Item]],
) -> str:
    """What holds where nothing is at fault: of bytes that are not here only the digest."""
    whole = [t.name for t in hashed if all(i.path in files for i in t.items)]
    named = [t.name for t in at_commit if t.name not in whole]
    parts = []
    if whole:
        parts.append(f"the data of {', '.join(whole)} is what the commit names")
    if named:
        parts.append(
            f"the commit names the digest of {', '.join(named)}, whose bytes were not compared"
        )
    if given:
        parts.append("the md5 of what the builder gave is that of its bytes")
    return "; ".join(parts) or "the commit names the digest that what the builder gave has"


def tracked(records: Records) -> list[Tracked]:
    """What was hashed and is at the training commit; a role with a `rev` is at another."""
    stated = _snapshots(records, _elsewhere(records))
    return [t for t in stated if t.snapshot.basis == _MEASURED]


def _snapshots(records: Records, elsewhere: frozenset[str]) -> list[Tracked]:
    """Every snapshot that is not of another commit, on whatever basis."""
    facts, items = {f.id: f for f in records.evidence.provenance}, records.data_items
    return [
        Tracked(
            name=name, snapshot=fact, out=facts.get(fact_id(name, _FOLDER), fact),
            items=tuple(items.get(name, ())),
        )
        for fact in records.evidence.provenance
        if (name := name_in(fact.id, SNAPSHOT)) is not None and name not in elsewhere
    ]  # fmt: skip


def _beside(records: Records, elsewhere: frozenset[str]) -> Iterator[tuple[str, Fact]]:
    """Role or table of given data, and what the training commit is said to name for it."""
    for fact in records.evidence.provenance:
        name = name_in(fact.id, TRACKED)
        if name is not None and name not in elsewhere:
            yield name, fact


def _claimed_faults(claimed: Sequence[Tracked]) -> Iterator[Fault]:
    """A build that has the bytes has hashed them, or has none of them in the bundle."""
    for one in claimed:
        if one.items:
            yield Fault(
                f"{one.snapshot.id}: the data is on record, and nobody held it against the commit",
                EVIDENCE, "measured", one.snapshot.basis,
            )  # fmt: skip


def _elsewhere(records: Records) -> frozenset[str]:
    datasets = records.config.datasets if records.config is not None else {}
    return frozenset(role for role, dataset in datasets.items() if dataset.rev is not None)


def left_out(files: SignedFiles, tracked: Sequence[Tracked]) -> list[str]:
    """Roles whose bytes are too many to be hashed while somebody waits, the largest first."""
    left, out = MAX_MEASURED, []
    for one in tracked:
        size = sum(files.archive.size(i.path) for i in one.items if i.path in files)
        if size > left:
            out.append(one.name)
        else:
            left -= size
    return out


def _naming_faults(
    records: Records,
    commit: CommitSeen | None,
    at_commit: Sequence[Tracked],
    named: Sequence[tuple[str, Fact]],
) -> Iterator[Fault]:
    """Each digest stands in the commit, for the path that the configuration has."""
    paths = _configured(records.config)
    for one in at_commit:
        if one.path not in paths.get(one.name, ()):
            yield _elsewhere_fault(one.snapshot, paths.get(one.name, ()))
        if one.out is not one.snapshot and not (one.listed and one.inside):
            yield Fault(
                f"{one.out.id} is no tracked folder around {one.path}", EVIDENCE,
                "a folder with the digest of its listing", f"{one.out.value}",
            )  # fmt: skip
    for name, fact in named:
        if fact.id == fact_id(name, TRACKED) and str(fact.value) not in paths.get(name, ()):
            yield _elsewhere_fault(fact, paths.get(name, ()))
    if commit is None:
        for _, fact in named:
            yield Fault(
                f"{fact.id} is said to be at the commit, which is not here", EVIDENCE, PACK,
                "no such file",
            )  # fmt: skip
        return
    entries = _entries(commit, {f.digest.value for _, f in named if f.digest is not None})
    for _, fact in named:
        if not any(
            _is_of(fact, file, entry, commit) for file, entry in entries.get(_hex(fact), ())
        ):
            yield Fault(
                f"{fact.id}: no DVC file of the commit names this digest for {fact.value}",
                EVIDENCE, f"md5 {_hex(fact)} in one of: "
                f"{', '.join(map(printable, sorted(commit.dvc_files))) or 'none'}",
                "no such entry",
            )  # fmt: skip


def _configured(config: Config | None) -> dict[str, set[str]]:
    """By role or table, the path at which the commit has its data; a name may be both."""
    paths: dict[str, set[str]] = {}
    if config is not None:
        named = [(r, d.path) for r, d in config.datasets.items() if d.path is not None]
        for name, path in (*named, *((t, t) for t in config.protected_tables)):
            paths.setdefault(name, set()).add(posixpath.normpath(path))
    return paths


def _elsewhere_fault(fact: Fact, paths: Iterable[str]) -> Fault:
    return Fault(
        f"{fact.id} is of another path than {CONFIG} has", EVIDENCE,
        " or ".join(sorted(paths)) or "no such role or table", str(fact.value),
    )  # fmt: skip


def _entries(commit: CommitSeen, digests: set[str]) -> dict[str, list[tuple[str, Named]]]:
    """By digest, the entries that have it, each with its DVC file."""
    found: dict[str, list[tuple[str, Named]]] = {}
    for file, content in commit.dvc_files.items() if digests else ():
        for digest, entry in entries_named(content.decode("utf-8", "replace"), digests):
            found.setdefault(digest, []).append((file, entry))
    return found


def _hex(fact: Fact) -> str:
    return fact.digest.value if fact.digest is not None else "of none"


def _is_of(fact: Fact, file: str, entry: Named, commit: CommitSeen) -> bool:
    """Whether an entry can be what the fact is about, by its path and hash."""
    algorithm = fact.digest.algorithm if fact.digest is not None else None
    if algorithm not in _HASHES or (entry.has_hash and algorithm != "md5"):
        return False
    # An entry in a form of YAML that is not read here counts by its digest alone.
    return entry.path is None or _can_be(entry.path, file, str(fact.value), commit)


def _can_be(named: str, file: str, path: str, commit: CommitSeen) -> bool:
    """Whether the path of an entry can be this one, seen from its file or from a `wdir`."""
    if posixpath.normpath(posixpath.join(posixpath.dirname(file), named)) == path:
        return True
    if file not in commit.moved:
        return False
    short = posixpath.normpath(named)
    while short.startswith("../"):
        short = short.removeprefix("../")
    return short in (path, ".", "..") or path.endswith(f"/{short}")


def _given_files(files: SignedFiles, records: Records) -> Iterator[tuple[Fact, Item]]:
    """Files that the builder gave one by one and that are here: each with its md5 on record."""
    facts = {
        name: fact
        for fact in records.evidence.provenance
        if (name := name_in(fact.id, MD5)) is not None
    }
    left = MAX_MEASURED
    for name, those in records.data_items.items() if facts else ():
        if name not in facts:
            continue
        digest, path = facts[name].digest, those[0].path
        is_one = digest is not None and not is_listing(digest) and len(those) == 1
        if is_one and path in files and files.archive.size(path) <= left:
            left -= files.archive.size(path)
            yield facts[name], those[0]
