"""From a folder of evidence to one signed file.

    payload files -> manifest -> tag manifest (its sha256 is the root) -> statement -> archive

The manifest is made from the digests that were taken when the files were collected; each file is
read once more, while it is written, and must still be that file.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from affidavit.bundle import canonical
from affidavit.bundle.archive_writer import ArchiveWriter
from affidavit.bundle.atomic import writing
from affidavit.bundle.bag import BAGIT_TXT, BagInfo, external_identifier, render_bag_info
from affidavit.bundle.layout import (
    BAG_INFO,
    BAGIT,
    EVIDENCE,
    ITEMS,
    MANIFEST,
    MAX_ENTRIES,
    MAX_STATEMENTS,
    TAG_MANIFEST,
    TAGGED,
    VERIFY_TXT,
)
from affidavit.bundle.manifest import render_manifest
from affidavit.bundle.model_signing import KIND as MODEL_KIND
from affidavit.bundle.names import folder_name, require_portable_name
from affidavit.bundle.statement import (
    SealPredicate,
    statement_bytes,
    statement_name,
)
from affidavit.errors import UsageError
from affidavit.evidence import Evidence, Item, ItemTable
from affidavit.progress import Progress
from affidavit.seal.existing import require_model_signed, require_same_payload
from affidavit.seal.instructions import verify_text
from affidavit.seal.interface import Signer
from affidavit.seal.model_signing import sign_model
from affidavit.seal.read_back import sign_and_check
from affidavit.wording import count_text, size_text
from affidavit.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A bundle on disk.

    Attributes:
        root: sha256 of its tag manifest.
        files: payload files in it.
        size_bytes: of the archive.
        already_built: it was there before, with the same payload; nothing was written.
        signed_by: who signed, for people; None for an unsigned bundle.
    """

    path: Path
    root: str
    evidence_id: str
    files: int
    size_bytes: int
    already_built: bool
    signed_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadFile:
    """One file below data/: where it stands in the bundle, its size and digest, and its bytes."""

    path: str
    size_bytes: int
    sha256: str
    source: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that is known before the first payload byte is read again."""

    folder: str
    evidence_id: str
    payload: tuple[PayloadFile, ...]
    tag_files: dict[str, bytes]
    tag_manifest: bytes

    @property
    def root(self) -> str:
        return hashlib.sha256(self.tag_manifest).hexdigest()


def seal(
    evidence: Evidence,
    derived: tuple[Item, ...],
    work: Workspace,
    out: Path,
    *,
    signers: Sequence[Signer],
    predicate: SealPredicate,
    progress: Progress,
    along: Mapping[str, bytes] = MappingProxyType({}),
    model_signer: Signer | None = None,
) -> Sealed:
    """Write the bundle, signed, or find that it is there.

    Args:
        evidence: the record; `data/evidence.json` in `work` is its canonical form.
        derived: assessed and rendered items; `data/items.json` in `work` is their table.
        work: holds every embedded item, and nothing else, below `data/`.
        out: the archive to write.
        signers: each makes a seal of its own; none makes an unsigned bundle.
        predicate: what the seal says beside the root.
        progress: told what is being done.
        along: signed statements that go along beside the seal, by name: those over the evidence.
        model_signer: also signs the model's files alone (`require_model_signer`).

    Raises:
        Contradicted: a file is not the one that was hashed; nothing is written.
        UsageError: `out` holds something else, or cannot be written to; more statements than a
            bundle holds.
        AffidavitError: the disk is full; a signer does not sign.
        RuntimeError: the folder and the record disagree; a bug of ours.
    """
    plan = _plan(evidence, derived, work)
    if predicate.evidence_id != plan.evidence_id:
        raise RuntimeError(f"the seal is about {predicate.evidence_id}, not {plan.evidence_id}")
    if len(along) + len(signers) + (model_signer is not None) > MAX_STATEMENTS:
        raise UsageError(
            f"{len(along)} signed statements and {len(signers)} seals, at most {MAX_STATEMENTS}"
        )
    already_built = os.path.lexists(out)
    if already_built:
        progress.step(f"comparing with {out.name}, which is there")
        require_same_payload(out, plan.tag_manifest, plan.evidence_id, signers, along=along)
        if model_signer is not None:
            require_model_signed(out, model_signer)
    else:
        if model_signer is not None:
            content = sign_model(evidence, model_signer)
            along = {**along, statement_name(MODEL_KIND, content): content}
        _write(plan, out, signers, predicate, progress=progress, along=along)
    sealed = Sealed(
        path=out,
        root=plan.root,
        evidence_id=plan.evidence_id,
        files=len(plan.payload),
        size_bytes=out.stat().st_size,
        already_built=already_built,
        signed_by=" and ".join(s.describe() for s in signers) or None,
    )
    progress.done("seal", _summary(sealed, plan))
    return sealed


def _plan(evidence: Evidence, derived: tuple[Item, ...], work: Workspace) -> Plan:
    evidence_file = _record_file(work, EVIDENCE)
    _require_records(evidence, derived, evidence_file, work)
    embedded = [i for i in (*evidence.items, *derived) if i.embedded]
    payload = [
        evidence_file,
        _record_file(work, ITEMS),
        *(
            PayloadFile(
                path=i.path, size_bytes=i.size_bytes, sha256=i.sha256, source=work.locate(i)
            )
            for i in embedded
        ),
    ]
    payload.sort(key=lambda f: f.path.encode())
    _require_folder_matches(payload, work)
    if len(payload) + len(TAGGED) + 1 + MAX_STATEMENTS > MAX_ENTRIES:
        raise UsageError(
            f"{len(payload)} files are more than a bundle holds ({MAX_ENTRIES} entries)",
            fix='hold large snapshots by reference: include = "reference" in affidavit.toml',
        )
    subject = evidence.subject
    folder = folder_name(subject.name, subject.version)
    info = BagInfo(
        evidence_id=evidence_file.sha256,
        external_identifier=external_identifier(subject.name, subject.version, folder),
        payload_bytes=sum(f.size_bytes for f in payload),
        payload_files=len(payload),
    )
    tag_files = {
        BAGIT: BAGIT_TXT,
        BAG_INFO: render_bag_info(info),
        VERIFY_TXT: verify_text(folder),
        MANIFEST: render_manifest((f.path, f.sha256) for f in payload),
    }
    return Plan(
        folder=folder,
        evidence_id=evidence_file.sha256,
        payload=tuple(payload),
        tag_files=tag_files,
        tag_manifest=render_manifest(
            (path, hashlib.sha256(content).hexdigest()) for path, content in tag_files.items()
        ),
    )


def _record_file(work: Workspace, path: str) -> PayloadFile:
    content = (work.root / path).read_bytes()
    return PayloadFile(
        path=path,
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        source=work.root / path,
    )


def _require_records(
    evidence: Evidence, derived: tuple[Item, ...], evidence_file: PayloadFile, work: Workspace
) -> None:
    """evidence.json and items.json on disk are the records that are being sealed."""
    table = ItemTable(
        evidence_id=evidence_file.sha256,
        items=tuple(sorted(derived, key=lambda i: i.path.encode())),
    )
    for path, record in ((EVIDENCE, evidence), (ITEMS, table)):
        if (work.root / path).read_bytes() != canonical.record_bytes(record):
            raise RuntimeError(f"{path} is not the record that is being sealed")


def _require_folder_matches(payload: list[PayloadFile], work: Workspace) -> None:
    """Every listed file is there, every file there is listed, and all names are portable."""
    listed, seen = set[str](), dict[str, str]()
    for file in payload:
        if file.path in listed or not file.path.startswith("data/"):
            raise RuntimeError(f"{file.path} is listed twice, or stands outside data/")
        listed.add(file.path)
        require_portable_name(file.path, seen)
    there = {path.relative_to(work.root).as_posix() for path in _files_below(work.payload)}
    if there != listed:
        unlisted, missing = sorted(there - listed)[:3], sorted(listed - there)[:3]
        raise RuntimeError(f"payload and record disagree: unlisted {unlisted}, missing {missing}")


def _files_below(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files_below(Path(entry.path))
            elif entry.is_file(follow_symlinks=False):
                yield Path(entry.path)
            else:
                raise RuntimeError(f"{entry.name} in the payload is no plain file")


def _write(
    plan: Plan,
    out: Path,
    signers: Sequence[Signer],
    predicate: SealPredicate,
    *,
    progress: Progress,
    along: Mapping[str, bytes],
) -> None:
    with writing(out) as file, ArchiveWriter(file, plan.folder) as archive:
        for path in (BAGIT, BAG_INFO, VERIFY_TXT):
            archive.add_bytes(path, plan.tag_files[path])
        archive.add_bytes(TAG_MANIFEST, plan.tag_manifest)
        archive.add_bytes(MANIFEST, plan.tag_files[MANIFEST])
        for payload_file in plan.payload:
            progress.step(f"packing {payload_file.path}")
            archive.add_file(
                payload_file.path,
                payload_file.source,
                payload_file.size_bytes,
                payload_file.sha256,
            )
        statements = dict(along)
        # Only now: nothing is signed that turned out to have changed.
        statement = statement_bytes(
            "seal", TAG_MANIFEST, plan.root, predicate.model_dump(mode="json")
        )
        for signer in signers:
            progress.step(f"signing with {signer.describe()}")
            content = sign_and_check(signer, statement)
            statements[statement_name("seal", content)] = content
        for name, content in sorted(statements.items()):
            archive.add_bytes(name, content)


def _summary(sealed: Sealed, plan: Plan) -> str:
    size = sum(f.size_bytes for f in plan.payload)
    what = f"{count_text(sealed.files, 'file')}, {size_text(size)}"
    if sealed.already_built:
        return f"{what}, already built"
    return f"{what}, " + (f"signed with {sealed.signed_by}" if sealed.signed_by else "not signed")
