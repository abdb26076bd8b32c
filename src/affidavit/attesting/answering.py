"""From a bundle, controls and an answer to a signed statement, in the bundle or beside it.

The bundle is verified first: whoever signs should know what they sign about.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from affidavit.attesting.choosing import Chosen, choose, counterparts
from affidavit.bundle.adding import add_statement, require_room_for
from affidavit.bundle.archive_reader import Archive, open_archive
from affidavit.bundle.atomic import writing
from affidavit.bundle.attestation import MAX_ANSWERS, MAX_REASON, Answered, AttestationPredicate
from affidavit.bundle.layout import EVIDENCE, MAX_STATEMENT_BYTES, TAG_MANIFEST
from affidavit.bundle.predicate import SubjectVersion
from affidavit.bundle.statement import parse_signed, statement_bytes, statement_name
from affidavit.errors import BundleError, UsageError
from affidavit.seal import Signer, sign_and_check
from affidavit.verify import Trust, Verdict, examine
from affidavit.verify.attestations import last_day
from affidavit.verify.authors import FACTS
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
        same: controls of other catalogs that ask the same role for the same, and wait too.
        apart_from: the authors as the record names them, where a question keeps the signer apart.
    """

    request: Request
    verdict: Verdict
    predicate: AttestationPredicate
    chosen: tuple[Chosen, ...]
    same: tuple[str, ...]
    apart_from: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A signed statement, and where it is.

    Attributes:
        place: in the bundle, or the file.
        is_new: False where the same key has signed the same before; then nothing was written.
    """

    place: str
    sha256: str
    is_new: bool


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


def require_readable(records: Records | None, verdict: Verdict, unless: str) -> Records:
    """The records of a bundle that was not refuted.

    Args:
        records: as they were read.
        verdict: of verify.
        unless: what was not done, for the error.

    Raises:
        BundleError: refuted, or unreadable.
    """
    bad = verdict.failed or tuple(c for c in verdict.not_run if c.required)
    if records is None or verdict.failed:
        raise BundleError(
            f"{verdict.bundle} is {verdict.word}: {unless}", bad[0].what if bad else "",
            (bad[0].fix if bad else None) or "affidavit verify says what is wrong with it",
        )  # fmt: skip
    return records


def add(made: Draft, signer: Signer) -> Added:
    """Sign, and put the statement into the bundle; the same one twice is said, not written.

    Raises:
        UsageError: the bundle holds 64 statements, or was changed since it was verified.
        AffidavitError: the disk is full.
    """
    path = made.request.bundle
    payload = _payload(made)
    with open_archive(path) as archive:
        if archive.digest(TAG_MANIFEST) != made.verdict.root:
            raise UsageError(f"{path} was changed since it was verified", fix="run it again")
        if there := _same_there(archive, payload, signer):
            return there
        require_room_for(1, archive.names)
    content = sign_and_check(signer, payload)
    name = statement_name("attestation", content)
    add_statement(path, name, content)
    return Added(place=name, sha256=hashlib.sha256(content).hexdigest(), is_new=True)


def write(made: Draft, signer: Signer, out: Path) -> Added:
    """Sign, and write the statement to a file of its own, which must not exist.

    Raises:
        UsageError: it exists, or cannot be written.
    """
    content = sign_and_check(signer, _payload(made))
    with writing(out) as file:
        file.write(content)
    return Added(place=str(out), sha256=hashlib.sha256(content).hexdigest(), is_new=True)


def _payload(made: Draft) -> bytes:
    said = made.predicate
    return statement_bytes("attestation", EVIDENCE, said.evidence_id, said.model_dump(mode="json"))


def _same_there(archive: Archive, payload: bytes, signer: Signer) -> Added | None:
    for name in archive.names:
        if name.startswith("signatures/attestation-"):
            content = archive.read(name, MAX_STATEMENT_BYTES)
            if parse_signed(content, name).payload == payload and signer.made(content, name):
                sha256 = hashlib.sha256(content).hexdigest()
                return Added(place=name, sha256=sha256, is_new=False)
    return None


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
