"""From a bundle, controls and an answer to a signed statement, in the bundle or beside it.

The bundle is verified first: whoever signs should know what they sign about.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from affidavit.attesting.choosing import Chosen, choose, counterparts
from affidavit.bundle.attestation import MAX_ANSWERS, MAX_REASON, Answered, AttestationPredicate
from affidavit.bundle.layout import EVIDENCE
from affidavit.bundle.predicate import SubjectVersion
from affidavit.bundle.statement import statement_bytes
from affidavit.errors import BundleError, UsageError
from affidavit.seal import Signer
from affidavit.seal.adding import Added, sign_beside, sign_into
from affidavit.verify import Trust, Verdict, examine
from affidavit.verify.attestations import last_day
from affidavit.verify.authors import FACTS
from affidavit.verify.readable import require_readable
from affidavit.verify.records import Records


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be answered.

    Attributes:
        controls: as `choose` takes them.
        because: the signer's reason; asked for where the answer is no.
        expires: a day, YYYY-MM-DD, sooner than the questions' own; None takes theirs.
        today: the day of signing, YYYY-MM-DD, UTC.
    """

    bundle: Path
    controls: tuple[str, ...]
    role: str
    today: str
    answer: Literal["yes", "no"] = "yes"
    because: str | None = None
    expires: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """All that is about to be signed, and what verify said of the bundle.

    Attributes:
        same: controls of other catalogs that put the same question to the role, and wait too.
        apart_from: the authors as the record names them, where a question keeps the signer apart.
    """

    request: Request
    verdict: Verdict
    predicate: AttestationPredicate
    chosen: tuple[Chosen, ...]
    same: tuple[str, ...]
    apart_from: tuple[str, ...]


def draft(request: Request, trust: Trust | None) -> Draft:
    """Verify the bundle, find the controls, and put into words what would be signed.

    Raises:
        UsageError: no such file; a control that cannot be answered; days or a reason that cannot
            be.
        BundleError: the bundle is refuted, or its record cannot be read.
    """
    examined = examine(request.bundle, trust=trust)
    records = require_readable(examined.records, examined.verdict, "nothing was signed")
    standings = tuple(records.standings.values())
    chosen = choose(standings, request.controls, request.role)
    _require_sayable(request, chosen)
    subject = records.evidence.subject
    predicate = AttestationPredicate(
        subject=SubjectVersion(name=subject.name, version=subject.version),
        evidence_id=records.evidence_id,
        role=request.role,
        answers=tuple(_answered(c, request.answer) for c in chosen),
        statement=request.because,
        made_on=request.today,
        expires_on=_expiry(request, chosen),
    )
    return Draft(
        request=request, verdict=examined.verdict, predicate=predicate, chosen=chosen,
        same=counterparts(standings, chosen), apart_from=_authors(records, chosen),
    )  # fmt: skip


def add(made: Draft, signer: Signer) -> Added:
    """Sign, and put the statement into the bundle; the same one twice is said, not written.

    Raises:
        UsageError: the bundle holds 64 statements, or was changed since it was verified.
        AffidavitError: the disk is full.
    """
    return sign_into(
        made.request.bundle, root=made.verdict.root, kind="attestation", payload=_payload(made),
        signer=signer,
    )  # fmt: skip


def write(made: Draft, signer: Signer, out: Path) -> Added:
    """Sign, and write the statement to a file of its own, which must not exist.

    Raises:
        UsageError: it exists, or cannot be written.
    """
    return sign_beside(out, _payload(made), signer)


def _payload(made: Draft) -> bytes:
    said = made.predicate
    return statement_bytes("attestation", EVIDENCE, said.evidence_id, said.model_dump(mode="json"))


def _answered(chosen: Chosen, answer: Literal["yes", "no"]) -> Answered:
    try:
        return Answered(
            catalog=chosen.catalog, control=chosen.assessment.control,
            question=chosen.question.question, answer=answer,
        )  # fmt: skip
    except ValidationError as error:
        raise BundleError(
            f"{chosen.assessment.control}: its question is no text that can be signed"
        ) from error


def _require_sayable(request: Request, chosen: tuple[Chosen, ...]) -> None:
    if len(chosen) > MAX_ANSWERS:
        raise UsageError(f"{len(chosen)} controls in one statement, at most {MAX_ANSWERS}")
    if request.because is not None and not 0 < len(request.because) <= MAX_REASON:
        raise UsageError(
            f"--because has {len(request.because)} characters",
            f"it is 1 to {MAX_REASON} of them",
            "name a document in it, rather than all that the document says",
        )
    if request.answer == "no" and request.because is None:
        raise UsageError(
            "an answer of no needs its reason", "it makes the control an exception",
            'add --because "..."',
        )  # fmt: skip


def _expiry(request: Request, chosen: tuple[Chosen, ...]) -> str:
    """The soonest end of the questions' validities, or the day that was asked for."""
    last = min(last_day(request.today, c.question) for c in chosen)
    if request.expires is None:
        return last
    if not request.today <= request.expires <= last:
        raise UsageError(
            f"--expires {request.expires}: expected a day from {request.today} to {last}",
            "an answer holds no longer than the catalog says, and not before it is given",
        )
    return request.expires


def _authors(records: Records, chosen: tuple[Chosen, ...]) -> tuple[str, ...]:
    if not any("authors" in c.question.separation for c in chosen):
        return ()
    facts = (records.evidence.fact(i) for i in FACTS)
    named = [str(f.value) for f in facts if f is not None and f.value is not None]
    named += records.declarations.developers if records.declarations else ()
    return tuple(dict.fromkeys(named))
