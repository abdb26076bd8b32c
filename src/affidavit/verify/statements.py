"""Signed statements: what was signed about a bundle, and by whom.

A statement is read only as far as its form goes before its signature is checked; what it says
counts only when a pinned key made the signature.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from affidavit.bundle.layout import EVIDENCE, MAX_STATEMENT_BYTES, TAG_MANIFEST
from affidavit.bundle.model_signing import KIND as MODEL_KIND
from affidavit.bundle.predicate import SealPredicate
from affidavit.bundle.statement import Signed, parse_signed, statement_name
from affidavit.errors import BundleError, NewerFormat
from affidavit.evidence import Record, Sha256
from affidavit.verify.checks import ASK_AGAIN, UPDATE, Fault, Ledger
from affidavit.verify.shelf import Shelf
from affidavit.verify.signers import MadeBy, Refuted, who_made
from affidavit.verify.trust import PinnedKey, Trust

# What a statement of each kind is about. `findings` are signed over a file outside any bundle.
_ABOUT: Final = {
    "seal": TAG_MANIFEST, "approval": TAG_MANIFEST, "withheld": TAG_MANIFEST,
    "attestation": EVIDENCE, "recheck": EVIDENCE,
}  # fmt: skip
NOT_PINNED: Final = "its key is not pinned: what it says counts for nothing"
NOT_CHECKED: Final = "signature not checked: its key is not pinned"


class StatementSeen(Record):
    """A statement in the bundle. Only one by a pinned key (`by`) and not revoked is ever weighed.

    Attributes:
        sha256: of its file; an assessment that weighed it names it so.
        fingerprint: the key that the statement names; unproved unless `by` is given.
        by: the pinned key's name. roles: what its owner may sign.
        revoked: the reason, where the trust that was given revokes the statement or its key.
        certificate: whom its certificate names, and by whom; unproved unless `by` is given.
        time: when it was there, by the clock of `time_by`, which trust.toml names; UTC.
        time_note: why a timestamp of it proves no time.
        note: what was not checked of it, or why it counts for nothing.
    """

    path: str
    kind: str
    sha256: Sha256
    fingerprint: str | None
    by: str | None = None
    roles: tuple[str, ...] = ()
    revoked: str | None = None
    certificate: str | None = None
    time: str | None = None
    time_by: str | None = None
    time_note: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A statement of the right form, with the pinned key that made its signature, if one did."""

    path: str
    sha256: str
    signed: Signed
    made_by: MadeBy
    revoked: str | None

    @property
    def key(self) -> PinnedKey | None:
        return self.made_by.key

    @property
    def fingerprint(self) -> str | None:
        return self.made_by.fingerprint

    def counts_as(self, role: str) -> bool:
        """Whether a signer of the reader's made it who holds the role, and it was not revoked."""
        return self.key is not None and role in self.key.roles and self.revoked is None

    @property
    def why_nobodys(self) -> str:
        """Why no signer of the reader's made it; of a stranger's certificate, no word."""
        is_own = self.made_by.why is not None and self.made_by.certificate is None
        return f"{self.made_by.why}" if is_own else NOT_PINNED

    @property
    def seen(self) -> StatementSeen:
        known = self.made_by.known
        return StatementSeen(
            path=self.path, kind=self.signed.kind, sha256=self.sha256,
            fingerprint=self.fingerprint, by=self.key.name if self.key else None,
            roles=tuple(sorted(self.key.roles)) if self.key else (), revoked=self.revoked,
            certificate=self.made_by.certificate,
            time=known.time.isoformat() if known.time else None, time_by=known.by,
            time_note=known.why,
            note=None if self.key else self.made_by.why or NOT_CHECKED,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """All statements of a bundle. `seal` is the one that counts, `predicate` what it says."""

    all: tuple[Statement, ...]
    seal: Statement | None
    predicate: SealPredicate | None

    @property
    def seals(self) -> tuple[Statement, ...]:
        return tuple(s for s in self.all if s.signed.kind == "seal")

    def is_sealer(self, key: PinnedKey) -> bool:
        """Whether a signer of the reader's is, or may be, one of those who sealed the bundle."""
        return any(s.key is not None and not s.key.is_apart_from(key) for s in self.seals)

    @property
    def sealed_root(self) -> str | None:
        """The tag manifest's sha256 as the seal says it."""
        return self.seal.signed.subject_sha256 if self.seal else None


def read_statements(
    archive: Shelf, trust: Trust | None, ledger: Ledger, now: datetime
) -> tuple[Statement, ...]:
    """Every statement of a bundle, or of the proof of one file.

    Args:
        archive: holds them under `signatures/`.
        trust: pinned signers, or None.
        ledger: gains what does not verify.
        now: the reader's clock.
    """
    return _all_revoked(tuple(_read_all(archive, trust, ledger, now)), trust)


def _read_all(
    archive: Shelf, trust: Trust | None, ledger: Ledger, now: datetime
) -> Iterator[Statement]:
    for path in archive.names:
        if not path.startswith("signatures/"):
            continue
        try:
            content = archive.read(path, MAX_STATEMENT_BYTES)
        except BundleError as error:
            ledger.failed("statement", Fault(str(error), path, fix=ASK_AGAIN))
            continue
        statement = _read_statement(path, content, trust, ledger, now)
        if statement is None:
            continue
        if path != (name := statement_name(statement.signed.kind, content)):
            ledger.failed("statement", Fault(
                f"{path} has not the name of its content", path, name, path, ASK_AGAIN
            ))  # fmt: skip
        yield statement


def read_given(
    contents: Mapping[str, bytes],
    trust: Trust | None,
    ledger: Ledger,
    now: datetime | None = None,
) -> tuple[Statement, ...]:
    """Signed statements that came beside a bundle, judged as those in it are.

    Args:
        contents: by the name to call each in a fault.
        trust: pinned signers, or None.
        ledger: gains what does not verify.
        now: the reader's clock; None asks it.
    """
    at = now or datetime.now(UTC)
    read = (_read_statement(name, content, trust, ledger, at) for name, content in contents.items())
    return _all_revoked(tuple(s for s in read if s is not None), trust)


def _read_statement(
    path: str, content: bytes, trust: Trust | None, ledger: Ledger, now: datetime
) -> Statement | None:
    try:
        signed = parse_signed(content, path)
    except NewerFormat as error:
        ledger.not_run("statement", str(error), path=path, fix=UPDATE)
        return None
    except BundleError as error:
        ledger.failed("statement", Fault(str(error), path, fix=ASK_AGAIN))
        return None
    made_by = who_made(path, signed, trust, now)
    if isinstance(made_by, Refuted):
        ledger.failed(made_by.check, made_by.fault)
        return None
    return Statement(
        path=path, sha256=hashlib.sha256(content).hexdigest(), signed=signed, made_by=made_by,
        revoked=_why_revoked(content, signed, made_by, trust),
    )  # fmt: skip


def _all_revoked(found: tuple[Statement, ...], trust: Trust | None) -> tuple[Statement, ...]:
    """What is revoked by its digest, in one file, is so in every other that signs the same payload.

    A key that is revoked takes nothing from what another key signed.
    """
    if trust is None:
        return found
    reasons: dict[bytes, str] = {}
    for statement in found:
        payload, time = statement.signed.payload, statement.made_by.known.time
        digests = (statement.sha256, hashlib.sha256(payload).hexdigest())
        if (reason := trust.why_revoked(*digests, time=time)) is not None:
            reasons.setdefault(payload, reason)
    return tuple(replace(s, revoked=s.revoked or reasons.get(s.signed.payload)) for s in found)


def _why_revoked(
    content: bytes, signed: Signed, made_by: MadeBy, trust: Trust | None
) -> str | None:
    """By the key's fingerprint, or by the sha256 of the file or of the payload that was signed."""
    if trust is None:
        return None
    digests = (hashlib.sha256(part).hexdigest() for part in (content, signed.payload))
    key = made_by.key.fingerprint if made_by.key else ""
    return trust.why_revoked(key, *digests, time=made_by.known.time)


def check_other_statements(
    statements: Statements, *, root: str, evidence_id: str | None, ledger: Ledger
) -> None:
    """Every statement is about this very bundle or its evidence."""
    ledger.run(
        "statement-subject", "every signed statement is about this bundle",
        _subject_faults(statements, root, evidence_id), found=f"{len(statements.all)} statements",
    )  # fmt: skip


def _subject_faults(statements: Statements, root: str, evidence_id: str | None) -> Iterator[Fault]:
    for statement in statements.all:
        signed = statement.signed
        if signed.kind == MODEL_KIND:
            continue  # `model-signature` says it
        about = _ABOUT.get(signed.kind)
        if about is None:
            yield Fault(
                f"{statement.path} is of a kind that no bundle holds", statement.path,
                ", ".join(_ABOUT), signed.kind, ASK_AGAIN,
            )  # fmt: skip
            continue
        if statement is statements.seal:
            continue  # `seal-subject` and `tag-manifest` have said it
        expected = root if about == TAG_MANIFEST else evidence_id
        if (signed.subject_name, signed.subject_sha256) != (about, expected):
            yield Fault(
                f"{statement.path} is about something else than this bundle", statement.path,
                f"{about} sha256 {expected}",
                f"{signed.subject_name} sha256 {signed.subject_sha256}", ASK_AGAIN,
            )  # fmt: skip
