"""The training code as evidence: data/source/commit.pack and data/source/commit.json.

The pack holds the commit, its trees and its blobs, and no history. Every object was hashed on its
way in, and the commit's id covers them all: so the pack *is* that commit, measured. That the model
came from this commit is another matter; it stays a claim of the run.

Stock git checks it, with nothing of ours:

    git init x && git -C x unpack-objects < commit.pack && echo COMMIT > x/.git/shallow
    git -C x fsck --strict && git -C x checkout COMMIT
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from affidavit.bundle.canonical import Json, dumps
from affidavit.commit_record import COMMIT_JSON, PACK
from affidavit.errors import Contradicted
from affidavit.evidence import Basis, Digest, Fact, Finding, Item
from affidavit.printable import printable
from affidavit.progress import Progress
from affidavit.resolve.git_objects import GitObject
from affidavit.resolve.interface import Contradiction, Part
from affidavit.resolve.lfs import MAX_POINTER_BYTES, is_pointer, pointer_gaps
from affidavit.resolve.pack_format import pack_chunks
from affidavit.resolve.repository import Commit, Repository
from affidavit.resolve.signatures import Signature
from affidavit.tracked.git_ids import format_of
from affidavit.tracked.git_parsing import Person
from affidavit.tracked.git_tree import Listing, TreeFile
from affidavit.workspace import Workspace

_SAID = "the commit object"


def pack_commit(
    repository: Repository,
    commit: Commit,
    work: Workspace | None,
    *,
    source: str,
    basis: Basis = "claimed",
    progress: Progress,
) -> Part:
    """Facts, findings and items of a commit that the repository has.

    Args:
        repository: where the commit was found.
        commit: what `Repository.find` gave.
        work: where to write; None (nothing is to be fetched) writes nothing, and there is then no
            fact `code.pack`.
        source: who names this commit for the model: "run tag mlflow.source.git.commit".
        basis: `claimed` for a run's tag, `declared` for the builder's --commit.
        progress: told once, before the objects are read.

    Returns:
        A contradiction where an object's bytes are not those of its id; then no items.

    Raises:
        SourceError: an object is missing or damaged.
    """
    listing = repository.listing(commit.sha)
    facts = _facts(commit, source, basis)
    findings = (*_signature_findings(commit), *_submodule_gaps(listing))
    if work is None:
        return Part(facts=facts, findings=findings)
    progress.step(f"packing commit {commit.sha[:12]}, {len(listing.files):,} files")
    sizes: dict[str, int] = {}
    ids = _ids(commit, listing)
    pointers: set[str] = set()
    objects = _noting_pointers(_objects(repository, ids, sizes), pointers)
    chunks = pack_chunks(objects, len(ids), repository.object_format)
    try:
        pack = work.copy_in(
            PACK, chunks, kind="source", origin="collected",
            media_type="application/x-git-packed-objects",
        )  # fmt: skip
    except Contradicted as error:
        work.place(PACK).unlink(missing_ok=True)
        return Part(facts=facts, findings=findings, contradictions=tuple(_altered(commit, error)))
    record = work.write(
        COMMIT_JSON, dumps(_record(repository, commit, listing, sizes)), kind="source",
        origin="collected", media_type="application/json",
    )  # fmt: skip
    lfs = pointer_gaps(f.readable for f in listing.files.values() if f.blob in pointers)
    return Part(
        items=(record, pack), facts=(*facts, _pack_fact(pack, len(ids))), findings=(*findings, *lfs)
    )


def _ids(commit: Commit, listing: Listing) -> tuple[str, ...]:
    blobs = {f.blob for f in listing.files.values() if not f.is_submodule}
    return tuple(sorted({commit.sha} | listing.trees | blobs))


def _objects(
    repository: Repository, ids: tuple[str, ...], sizes: dict[str, int]
) -> Iterator[GitObject]:
    for oid in ids:
        found = repository.objects.open(oid)
        if found is None:
            raise repository.incomplete(oid)
        sizes[oid] = found.size_bytes
        yield found


def _noting_pointers(objects: Iterator[GitObject], pointers: set[str]) -> Iterator[GitObject]:
    """The objects as they come; the ids of those that stand for files of Git LFS are noted."""
    for found in objects:
        if found.kind != "blob" or found.size_bytes >= MAX_POINTER_BYTES:
            yield found
            continue
        content = b"".join(found.chunks)
        if is_pointer(content):
            pointers.add(found.oid)
        yield replace(found, chunks=iter((content,)))


def _facts(commit: Commit, source: str, basis: Basis) -> tuple[Fact, ...]:
    said: Basis = "signed" if commit.signature.state == "good" else "claimed"
    digest = Digest(algorithm=format_of(commit.sha), value=commit.sha)
    tags = ", ".join(t.name for t in commit.tags)
    return (
        Fact(id="code.commit", kind="code", value=commit.sha, basis=basis, source=source,
             digest=digest),
        Fact(id="code.author", kind="code", basis=said, source=_SAID,
             value=f"{commit.author.name} <{commit.author.email}>"),
        Fact(id="code.date", kind="code", value=commit.author.moment, basis=said, source=_SAID),
        Fact(id="code.subject", kind="code", value=commit.subject, basis=said, source=_SAID),
        Fact(id="code.signature", kind="code", value=_described(commit.signature),
             basis=said if commit.signature.state == "good" else "measured", source=_SAID),
        Fact(id="code.tags", kind="code", value=tags or None, basis="claimed",
             source="annotated tags of the repository"),
    )  # fmt: skip


def _pack_fact(pack: Item, count: int) -> Fact:
    return Fact(
        id="code.pack",
        kind="code",
        value=count,
        digest=Digest(algorithm="sha256", value=pack.sha256),
        basis="measured",
        source="Git objects of the commit, each hashed to its id",
    )


def _described(signature: Signature) -> str:
    """The state in words: `good, by alice@bank.example (SHA256:...)`."""
    by = f", by {signature.signer}" if signature.signer else ""
    key = f" ({signature.scheme} key {signature.key})" if signature.key else ""
    scheme = f" ({signature.scheme})" if signature.scheme and not key else ""
    return signature.state + by + key + scheme


def _signature_findings(commit: Commit) -> Iterator[Finding]:
    signed = [("code.signature", f"commit {commit.sha}", commit.signature)]
    signed += [(f"code.tag/{t.name}", f"tag {printable(t.name)}", t.signature) for t in commit.tags]
    for finding_id, name, signature in signed:
        if signature.state == "bad":
            yield Finding(
                id=finding_id,
                kind="exception",
                stage="resolve",
                what=f"the signature of {name} does not hold",
                expected="a signature over these bytes",
                found="bad",
                fix="ask the person whom the commit names; have it signed again",
            )


def _submodule_gaps(listing: Listing) -> Iterator[Finding]:
    for module in listing.submodules:
        yield Finding(
            id=f"code.submodule/{module.readable}",
            kind="gap",
            stage="resolve",
            what=f"the code of the submodule {printable(module.readable)} is not in the pack",
            found=f"it stands at commit {module.blob} of another repository",
            fix="keep that commit apart, or vendor the code before training",
        )


def _altered(commit: Commit, error: Contradicted) -> Iterator[Contradiction]:
    for what, expected, found, fix in error.contradictions:
        yield Contradiction(
            id="code.pack",
            what=f"{what} (part of commit {commit.sha})",
            expected=expected,
            found=found,
            fix=fix,
        )


def _record(
    repository: Repository, commit: Commit, listing: Listing, sizes: dict[str, int]
) -> dict[str, Json]:
    return {
        "schema": "affidavit/commit",
        "version": 1,
        "object_format": repository.object_format,
        "commit": commit.sha,
        "tree": commit.tree,
        "parents": list(commit.parents),
        "author": _person(commit.author),
        "committer": _person(commit.committer),
        "subject": commit.subject,
        "message": commit.message,
        "signature": _signature(commit.signature),
        "tags": [
            {
                "name": t.name,
                "object": t.oid,
                "tagger": _person(t.tagger),
                "message": t.message,
                "signature": _signature(t.signature),
            }
            for t in commit.tags
        ],
        "files": [
            {**_path(f), "mode": f.mode, "blob": f.blob, "size_bytes": sizes[f.blob]}
            for f in listing.files.values()
            if not f.is_submodule
        ],
        "submodules": [{**_path(f), "commit": f.blob} for f in listing.submodules],
    }


def _path(file: TreeFile) -> dict[str, Json]:
    return {"path": file.readable} if file.hex is None else {"path": file.readable, "hex": file.hex}


def _person(person: Person | None) -> Json:
    if person is None:
        return None
    return {"name": person.name, "email": person.email, "date": person.moment}


def _signature(signature: Signature) -> Json:
    return {
        "state": signature.state,
        "scheme": signature.scheme,
        "signer": signature.signer,
        "key": signature.key,
    }
