"""From a bundle and a decision to a signed statement in the bundle.

The bundle is verified first: whoever decides should know what they decide about.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from affidavit.bundle.approval import MAX_REASON, ApprovalPredicate, Choice
from affidavit.bundle.layout import TAG_MANIFEST
from affidavit.bundle.predicate import SubjectVersion
from affidavit.bundle.statement import statement_bytes
from affidavit.errors import BundleError, UsageError
from affidavit.seal import Signer
from affidavit.seal.adding import Added, sign_into
from affidavit.standing import Status
from affidavit.verify import Trust, Verdict, examine
from affidavit.verify.readable import require_readable
from affidavit.verify.records import Records
from affidavit.verify.trust import SEALER

_MAX_ROLE = 40
_OPEN: tuple[Status, ...] = ("exception", "missing", "needs-attestation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is decided.

    Attributes:
        because: the signer's reason; asked for where the bundle is rejected.
        today: the day of signing, YYYY-MM-DD, UTC.
    """

    bundle: Path
    role: str
    decision: Choice
    today: str
    because: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """All that is about to be signed, and what verify said of the bundle.

    Attributes:
        open_controls: how many controls, as of now, have a status that somebody has to look at.
    """

    request: Request
    verdict: Verdict
    predicate: ApprovalPredicate
    open_controls: dict[Status, int]


def draft(request: Request, trust: Trust | None) -> Draft:
    """Verify the bundle, and put into words what would be signed.

    Raises:
        UsageError: no such file; a role or a reason that cannot be.
        BundleError: the bundle is refuted, or its record cannot be read.
    """
    _require_sayable(request)
    examined = examine(request.bundle, trust=trust)
    records = require_readable(examined.records, examined.verdict, "nothing was signed")
    root, subject = examined.verdict.root, records.evidence.subject
    if root is None:
        raise BundleError(f"{request.bundle}: its root is unknown")
    predicate = ApprovalPredicate(
        subject=SubjectVersion(name=subject.name, version=subject.version),
        root=root,
        evidence_id=records.evidence_id,
        role=request.role,
        decision=request.decision,
        statement=request.because,
        made_on=request.today,
    )
    return Draft(
        request=request, verdict=examined.verdict, predicate=predicate,
        open_controls=_open_controls(records, examined.verdict),
    )  # fmt: skip


def add(made: Draft, signer: Signer) -> Added:
    """Sign, and put the decision into the bundle; the same one twice is said, not written.

    Raises:
        UsageError: the bundle holds 64 statements, or was changed since it was verified.
        AffidavitError: the disk is full; the signer did not sign.
    """
    said = made.predicate
    payload = statement_bytes("approval", TAG_MANIFEST, said.root, said.model_dump(mode="json"))
    return sign_into(
        made.request.bundle, root=said.root, kind="approval", payload=payload, signer=signer
    )


def _require_sayable(request: Request) -> None:
    if not 0 < len(request.role) <= _MAX_ROLE or request.role == SEALER:
        raise UsageError(
            f"--as {request.role}: no role that decides on a release", "to seal is no decision",
            "--as approver, or the role that your bank gives you",
        )  # fmt: skip
    if request.because is not None and not 0 < len(request.because) <= MAX_REASON:
        raise UsageError(
            f"--because has {len(request.because)} characters",
            f"it is 1 to {MAX_REASON} of them",
            "name a document in it, rather than all that the document says",
        )
    if request.decision == "reject" and request.because is None:
        raise UsageError(
            "a rejection needs its reason", "whoever reads it has to know what to mend",
            'add --because "..."',
        )  # fmt: skip


def _open_controls(records: Records, verdict: Verdict) -> dict[Status, int]:
    """How many controls are open, as of now where the trust says so, else as sealed."""
    now = {(c.catalog, c.control): c.now for c in verdict.now.controls} if verdict.now else {}
    found = [
        now.get((s.catalog, a.control), a.status)
        for s in records.standings.values()
        for a in s.assessments
    ]
    counts = {status: found.count(status) for status in _OPEN}
    return {status: n for status, n in counts.items() if n}
