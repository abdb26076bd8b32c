"""Looks at a bundle as far as a list of many needs it: the seal, and the records that it lists.

Read are the archive's directory, the signed statements, the tag files, both manifests,
evidence.json, the declarations and the assessments of controls, the last three through the digests
that were sealed. No other file is read, so nothing here says that a bundle is verified.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from pydantic import ValidationError

from affidavit.bundle.archive_reader import Archive, open_archive
from affidavit.bundle.layout import CONTROLS, DECLARATIONS, EVIDENCE, TAG_MANIFEST
from affidavit.errors import BundleError, NewerFormat, UsageError
from affidavit.evidence import Evidence
from affidavit.standing import CatalogStanding
from affidavit.verify.checks import ASK_AGAIN, UPDATE, Check, Fault, Ledger
from affidavit.verify.consistency import check_subject
from affidavit.verify.files import (
    DigestDiffers,
    SignedFiles,
    check_bag_info,
    check_tag_files,
    digest_of,
    read_manifest,
)
from affidavit.verify.records import Records, read_record, record_paths
from affidavit.verify.seals import check_seal
from affidavit.verify.statements import Statements, check_other_statements
from affidavit.verify.trust import Trust
from affidavit.verify.withholding import WithheldHere, check_withheld

GlanceWord = Literal["seal-holds", "not-checked", "refuted", "undecided", "unreadable"]
_DECLARATIONS_LIMIT: Final = 1024 * 1024


@dataclass(slots=True, kw_only=True)
class Glance:
    """What was seen of one bundle.

    Attributes:
        root: sha256 of the tag manifest as it is.
        evidence: None if it is unreadable, and then a check says why.
        standings: the assessments of controls, by path, as sealed.
        declarations: the bytes of declarations.toml; None where there is none.
        withheld: files that a discloser took out, or, without trust, is said to have.
        checks: in their order.
        unreadable: why the file itself could not be read; None where it could.
        has_trust: whether signers to trust were given.
    """

    has_trust: bool
    root: str | None = None
    statements: Statements | None = None
    evidence: Evidence | None = None
    evidence_id: str | None = None
    standings: dict[str, CatalogStanding] = field(default_factory=dict)
    declarations: bytes | None = None
    withheld: tuple[WithheldHere, ...] = ()
    checks: tuple[Check, ...] = ()
    unreadable: str | None = None

    @property
    def word(self) -> GlanceWord:
        """What the checks add up to; `seal-holds` only by a pinned signer."""
        if self.unreadable is not None:
            return "unreadable"
        if any(c.status == "failed" for c in self.checks):
            return "refuted"
        if self.evidence is None or any(c.status == "not-run" and c.required for c in self.checks):
            return "undecided"
        return "seal-holds" if self.has_trust else "not-checked"

    @property
    def reason(self) -> Check | None:
        """The first check that refutes, or that could not run; None where none is against it."""
        failed = (c for c in self.checks if c.status == "failed")
        waiting = (c for c in self.checks if c.status == "not-run" and c.required)
        return next(failed, next(waiting, None))


def glance(path: Path, *, trust: Trust | None, now: datetime | None = None) -> Glance:
    """Look at the seal of a bundle, and at the records that a list of many shows.

    Args:
        path: the archive. Nothing is raised for it: what is wrong with it is in the result.
        trust: pinned signers, or None.
        now: the reader's clock; None asks it.
    """
    ledger, seen = Ledger(), Glance(has_trust=trust is not None)
    try:
        with open_archive(path) as archive:
            _look(archive, seen, trust, ledger, now)
    except NewerFormat as error:
        ledger.not_run("format", str(error), fix=error.fix or UPDATE)
    except BundleError as error:
        ledger.failed("archive", Fault(str(error), fix=error.fix or ASK_AGAIN))
    except UsageError as error:
        seen.unreadable = str(error)
    except (OSError, MemoryError, RecursionError) as error:
        seen.unreadable = str(error) or type(error).__name__
    seen.checks = ledger.checks
    return seen


def _look(
    archive: Archive, seen: Glance, trust: Trust | None, ledger: Ledger, now: datetime | None
) -> None:
    seen.root = digest_of(archive, TAG_MANIFEST)
    seen.statements = statements = check_seal(archive, trust, ledger, now)
    check_tag_files(archive, seen.root, statements.sealed_root, trust, ledger)
    listed = read_manifest(archive, ledger)
    if listed is None:
        return
    files, seen.withheld = check_withheld(statements, listed, seen.root, trust, ledger)
    check_bag_info(files, ledger)
    seen.evidence_id = files.listed.get(EVIDENCE)
    seen.evidence = evidence = read_record(files, EVIDENCE, Evidence, ledger)
    for path in record_paths(files, CONTROLS):
        if (standing := _standing(files, path, ledger)) is not None:
            seen.standings[path] = standing
    seen.declarations = _declarations(files, ledger)
    if evidence is not None:
        records = Records(
            evidence=evidence, evidence_id=files.listed[EVIDENCE], derived=None,
            standings=seen.standings,
        )  # fmt: skip
        check_subject(files, records, statements.predicate, ledger)
    check_other_statements(statements, root=seen.root, evidence_id=seen.evidence_id, ledger=ledger)


def _standing(files: SignedFiles, path: str, ledger: Ledger) -> CatalogStanding | None:
    """The assessments of a catalog.

    They can be large, and there are several: whether their bytes are canonical too is left to
    verify, unless they are not of their schema.
    """
    try:
        return CatalogStanding.model_validate_json(files.read(path))
    except (BundleError, ValidationError):
        return read_record(files, path, CatalogStanding, ledger)


def _declarations(files: SignedFiles, ledger: Ledger) -> bytes | None:
    if DECLARATIONS not in files:
        return None
    try:
        return files.read(DECLARATIONS, _DECLARATIONS_LIMIT)
    except DigestDiffers as error:
        ledger.failed("payload-digest", error.fault)
    except BundleError as error:
        ledger.failed("record", Fault(str(error), DECLARATIONS, fix=ASK_AGAIN))
    return None
