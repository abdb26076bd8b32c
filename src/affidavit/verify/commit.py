"""Whether commit.pack is the commit that the record names, and commit.json says what it says.

A commit's id is made of its bytes, and they name its trees, and these its files: who knows the id
needs nobody's word for the rest. Whether the model came from that commit stays the run's claim.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from affidavit.bundle.layout import CONFIG, DECLARATIONS, EVIDENCE
from affidavit.commit_record import COMMIT_JSON, PACK, CommitRecord, FileSaid, PersonSaid
from affidavit.errors import AffidavitError, BundleError, SourceError
from affidavit.tracked.git_ids import ObjectFormat, blob_id
from affidavit.tracked.git_pack import PackedObject, packed_objects
from affidavit.tracked.git_parsing import Person, RawCommit, parse_commit
from affidavit.tracked.git_tree import Listing, TreeFile, list_files
from affidavit.verify.checks import BUILD_AGAIN, Fault, Ledger
from affidavit.verify.files import SignedFiles
from affidavit.verify.records import Records
from affidavit.verify.withholding import lacks
from affidavit.wording import count_text, size_text

# A reviewer waits for it, and stock git can do it as well.
MAX_PACK: Final = 256 * 1024 * 1024
_MOST_KEPT: Final = 64 * 1024 * 1024
_MOST_DVC: Final = 8 * 1024 * 1024  # each of their lines is looked at
_MOST_COMMIT: Final = 16 * 1024 * 1024  # as a build reads of one
_MOST_YAML: Final = 4 * 1024 * 1024  # a build reads no larger file of DVC's
_MOST_OBJECTS: Final = 1_000_000  # as many as a commit's entries may be
_PATHS_WEIGHT: Final = 8  # of the commit's paths against commit.json, which lists them
_PIPELINE: Final = "dvc.yaml"
_MOST_SHOWN: Final = 200
_GIVEN: Final[Mapping[str, str]] = {CONFIG: "affidavit.toml", DECLARATIONS: "declarations.toml"}


@dataclass(frozen=True, slots=True)
class CommitSeen:
    """What the commit itself has.

    Attributes:
        commit: its id.
        n_objects: how many objects hash to it.
        dvc_files: by path, the files by which DVC tracks data: dvc.lock, *.dvc.
        moved: those whose paths may be seen from another folder than their own, a `wdir`.
        unread: paths of those that are too many bytes to be read.
    """

    commit: str
    n_objects: int
    dvc_files: Mapping[str, bytes]
    moved: frozenset[str]
    unread: tuple[str, ...]


class _TooManyError(Exception):
    """More trees than are held in memory."""


@dataclass(slots=True)
class _Pack:
    """The objects as they were hashed, and the contents that are read."""

    objects: dict[str, PackedObject] = field(default_factory=dict)

    def content(self, oid: str, kind: str) -> bytes:
        """The bytes of an object that was kept.

        Raises:
            SourceError: it is not in the pack, is of another kind, or was too large to keep.
        """
        found = self.objects.get(oid)
        if found is None or found.kind != kind or found.content is None:
            raise SourceError(f"{PACK} lacks the {kind} {oid}")
        return found.content


def check_commit(files: SignedFiles, records: Records, ledger: Ledger) -> CommitSeen | None:
    """Hash every object of the pack and follow the commit from its id.

    Returns:
        What it has; None where that was not looked at, or does not hold.
    """
    if lacks(files, ledger, "commit"):
        return None
    if PACK not in files.listed:
        if said := _said_without(records):
            ledger.not_run(
                "commit", f"{said}, and {PACK} is not here: nothing leads to its id", required=False
            )
        return None
    if records.commit is None:
        ledger.failed("commit", Fault(f"{PACK} has no {COMMIT_JSON} beside it", PACK))
        return None
    if files.archive.size(PACK) > MAX_PACK:
        ledger.not_run(
            "commit", f"{PACK} has {size_text(files.archive.size(PACK))}: VERIFY.txt says how git "
            "checks it", path=PACK, required=False,
        )  # fmt: skip
        return None
    try:
        pack = _read(files, records.commit)
        content = pack.content(records.commit.commit, "commit")
        raw = parse_commit(content, records.commit.commit)
        most = _PATHS_WEIGHT * files.archive.size(COMMIT_JSON) + _MOST_YAML
        n_files = len(records.commit.files) + len(records.commit.submodules)
        listing = list_files(
            raw.tree, lambda oid: pack.content(oid, "tree"), most_bytes=most, most_files=n_files
        )  # fmt: skip
    except _TooManyError:
        ledger.not_run(
            "commit", f"{PACK} has more folders than are read here: VERIFY.txt says how git checks "
            "it", path=PACK, required=False,
        )  # fmt: skip
        return None
    except BundleError as error:  # not the file that was signed: said before
        ledger.not_run("commit", str(error), path=PACK, required=False)
        return None
    except AffidavitError as error:
        ledger.failed("commit", Fault(str(error), PACK, fix=BUILD_AGAIN))
        return None
    claim = f"{PACK} is the commit {records.commit.commit}, whole; {COMMIT_JSON} says what it says"
    faults = _faults(files, records, records.commit, pack=pack, raw=raw, listing=listing)
    found = f"{records.commit.commit}: {count_text(len(pack.objects), 'object')}"
    if not ledger.run("commit", claim, faults, found=found):
        return None
    return _seen(records.commit.commit, pack, listing)


def _said_without(records: Records) -> str:
    """What speaks of a commit that is not here; a build that has one packs it."""
    if records.commit is not None:
        return f"{COMMIT_JSON} gives the words of a commit"
    given = _said_given(records)
    return next((f"{path} is said to be a commit's" for path in _GIVEN if given[path]), "")


def _said_given(records: Records) -> dict[str, bool]:
    """Of each file, whether it is said to be the commit's, and not set after training."""
    origins = {i.path: i.origin for i in records.evidence.items}
    return {
        CONFIG: records.evidence.configuration.given == "commit",
        DECLARATIONS: origins.get(DECLARATIONS) == "collected",
    }


def _seen(commit: str, pack: _Pack, listing: Listing) -> CommitSeen:
    contents = {
        f.path: pack.objects[f.blob].content for f in listing.files.values()
        if _is_dvc(f.path) and f.is_regular and pack.objects[f.blob].size <= _MOST_YAML
    }  # fmt: skip
    dvc_files = {p: c for p, c in contents.items() if c is not None and not _is_pipeline(p)}
    return CommitSeen(
        commit=commit, n_objects=len(pack.objects), dvc_files=dvc_files,
        moved=frozenset(
            path for path in dvc_files
            # What a stage of dvc.lock is seen from stands in the dvc.yaml beside it.
            if b"wdir" in (contents.get(_pipeline_of(path)) or b"")
        ),
        unread=tuple(path for path, content in contents.items() if content is None),
    )  # fmt: skip


def _read(files: SignedFiles, commit: CommitRecord) -> _Pack:
    """Every object, hashed; of the contents only what is read after.

    Raises:
        SourceError: not such a pack, or one with what cannot be of the commit.
    """
    # Objects stand by id, so a blob comes before the tree that names it: its size tells it.
    sizes = {f.size_bytes for f in commit.files if _is_dvc(f.path) and f.size_bytes <= _MOST_YAML}
    blobs = {f.blob for f in commit.files}
    pack = _Pack()
    # An entry of a tree takes less than the file's line in commit.json, and more in memory.
    trees = min(_MOST_KEPT, files.archive.size(COMMIT_JSON) + _MOST_YAML)
    left = {"tree": trees, "blob": _MOST_DVC, "commit": _MOST_COMMIT}

    def keeps(kind: str, size: int) -> bool:
        if kind == "tag" or (kind == "blob" and size not in sizes):
            return False
        left[kind] -= size
        return left[kind] >= 0

    # A build stores its objects as they are, so no pack holds more than its own bytes.
    chunks, size = files.chunks(PACK), files.archive.size(PACK)
    for one in packed_objects(chunks, commit.object_format, keeps=keeps, at_most=size):
        if one.oid in pack.objects:
            raise SourceError(f"{PACK} holds the object {one.oid} twice")
        # At once: a small pack can hold more of them than memory.
        if one.kind not in ("tree", "blob") and one.oid != commit.commit:
            raise SourceError(f"{PACK} holds what the commit does not: the {one.kind} {one.oid}")
        if one.kind == "blob" and one.oid not in blobs:
            raise SourceError(f"{PACK} holds what {COMMIT_JSON} does not list: {one.oid}")
        if left["tree"] < 0 or len(pack.objects) > _MOST_OBJECTS:
            raise _TooManyError
        pack.objects[one.oid] = one
    return pack


def _is_dvc(path: str) -> bool:
    return path.endswith(".dvc") or path.rpartition("/")[2] in ("dvc.lock", _PIPELINE)


def _is_pipeline(path: str) -> bool:
    return path.rpartition("/")[2] == _PIPELINE


def _pipeline_of(path: str) -> str:
    """Where the `wdir` of a DVC file's entries stands."""
    return path if path.endswith(".dvc") else path.removesuffix("dvc.lock") + _PIPELINE


def _faults(
    files: SignedFiles,
    records: Records,
    commit: CommitRecord,
    *,
    pack: _Pack,
    raw: RawCommit,
    listing: Listing,
) -> Iterator[Fault]:
    blobs = {f.blob for f in listing.files.values() if not f.is_submodule}
    wanted = {commit.commit, *listing.trees, *blobs}
    for oid in sorted(wanted - pack.objects.keys()):
        yield Fault(f"{PACK} lacks an object of the commit", PACK, oid, "not there")
    for oid in sorted(pack.objects.keys() - wanted):
        yield Fault(f"{PACK} holds what the commit does not", PACK, "not there", oid)
    for oid in sorted(o for o in blobs & pack.objects.keys() if pack.objects[o].kind != "blob"):
        yield Fault(f"{PACK}: a file is no file", PACK, "a blob", pack.objects[oid].kind)
    fact = records.evidence.fact("code.pack")
    if fact is not None and fact.value != len(pack.objects):
        yield Fault(
            f"code.pack is not the number of objects in {PACK}", EVIDENCE, str(len(pack.objects)),
            str(fact.value),
        )  # fmt: skip
    for name, expected, found in _words(commit, raw):
        if expected != found:
            yield _said(f"the {name} of the commit", str(expected), str(found))
    yield from _file_faults(commit, listing, pack)
    yield from _given_faults(files, records, listing, commit.object_format)


def _words(commit: CommitRecord, raw: RawCommit) -> Iterator[tuple[str, object, object]]:
    yield "tree", raw.tree, commit.tree
    yield "parents", raw.parents, commit.parents
    yield "author", _person(raw.author), commit.author
    yield "committer", _person(raw.committer), commit.committer
    yield "subject", raw.subject, commit.subject
    yield "message", raw.message, commit.message
    is_signed = commit.signature.state != "unsigned"
    yield "signature", raw.signature is not None, is_signed


def _person(person: Person) -> PersonSaid:
    return PersonSaid(name=person.name, email=person.email, date=person.moment)


def _file_faults(commit: CommitRecord, listing: Listing, pack: _Pack) -> Iterator[Fault]:
    modules = listing.submodules
    if (count := len(listing.files) - len(modules)) != len(commit.files):
        yield _said("the number of files", str(count), str(len(commit.files)))
        return
    expected = (f for f in listing.files.values() if not f.is_submodule)
    for file, said in zip(expected, commit.files, strict=True):
        found = FileSaid(
            path=file.readable, hex=file.hex, mode=file.mode, blob=file.blob,
            size_bytes=_size(pack, file),
        )  # fmt: skip
        if found != said:
            yield _said("the files of the commit", str(found), str(said))
            break
    stands = tuple((m.readable, m.hex, m.blob) for m in modules)
    if stands != (told := tuple((m.path, m.hex, m.commit) for m in commit.submodules)):
        yield _said("the submodules of the commit", str(stands), str(told))


def _size(pack: _Pack, file: TreeFile) -> int:
    found = pack.objects.get(file.blob)
    return found.size if found is not None else -1  # that it is not there was said before


def _given_faults(
    files: SignedFiles, records: Records, listing: Listing, object_format: ObjectFormat
) -> Iterator[Fault]:
    """What is said to be the commit's, and not set after training, is so byte for byte."""
    is_said = _said_given(records)
    for path in _GIVEN:
        if path not in files or not is_said[path]:
            continue
        made = blob_id(files.read(path), object_format)
        there = listing.files.get(_GIVEN[path])
        if there is None or there.blob != made:
            yield Fault(
                f"{path} is said to be the commit's, and is not", path,
                there.blob if there is not None else "no such file", made,
            )  # fmt: skip


def _said(what: str, expected: str, found: str) -> Fault:
    return Fault(
        f"{COMMIT_JSON} gives other words than the commit: {what}", COMMIT_JSON,
        expected[:_MOST_SHOWN], found[:_MOST_SHOWN],
    )  # fmt: skip
