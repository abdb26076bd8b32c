"""What a sealed status of a control may be, whatever led to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from affidavit.bundle.attestation import Answered, AttestationPredicate, read_attestation
from affidavit.bundle.layout import EVIDENCE, ITEMS
from affidavit.errors import BundleError
from affidavit.standing import Answer, Assessment, CatalogStanding
from affidavit.verify.attestations import last_day
from affidavit.verify.checks import Fault
from affidavit.verify.records import Records
from affidavit.verify.statements import Statement, Statements

# They list what there is, and show nothing of it.
_LISTINGS: Final = frozenset({EVIDENCE, ITEMS})
_SIGNED: Final = "a signed attestation in this bundle"


def control_faults(records: Records, statements: Statements) -> Iterator[Fault]:
    """Statuses that no seal can hold: answers that nobody signed, evidenced by a list.

    An answer that a seal holds names a statement of this bundle, by the sha256 of its file, that
    gives this answer to this question of this control, over this evidence, on the day of the seal.
    Whose key made it is not asked here: as of now, the reader's own trust decides.
    """
    signed = {s.sha256: s for s in statements.all}
    day = statements.predicate.as_of if statements.predicate else None
    for path, standing in records.standings.items():
        for one in standing.assessments:
            if one.status == "evidenced" and {i.path for i in one.items} <= _LISTINGS:
                yield Fault(
                    f"control {one.control} is evidenced by a list of files alone", path,
                    "an item that shows it", ", ".join(i.path for i in one.items),
                )  # fmt: skip
            for answer in one.answers:
                what = _answer_fault(
                    answer, one, standing=standing, signed=signed,
                    evidence_id=records.evidence_id, day=day,
                )  # fmt: skip
                if what is not None:
                    said = f"control {one.control} is sealed with an answer of the {answer.role}"
                    yield Fault(f"{said} that {what[0]}", path, what[1], what[2])


def _answer_fault(
    answer: Answer,
    one: Assessment,
    *,
    standing: CatalogStanding,
    signed: Mapping[str, Statement],
    evidence_id: str,
    day: str | None,
) -> tuple[str, str, str] | None:
    """What is wrong, what was expected and what was found; None where the answer is signed."""
    statement = signed.get(answer.statement)
    if statement is None or statement.signed.kind != "attestation":
        kind = f"a statement of kind {statement.signed.kind}" if statement else "none"
        return "no attestation gives", f"{_SIGNED}, sha256 {answer.statement}", kind
    if statement.signed.subject_sha256 != evidence_id:
        return "is about other evidence", evidence_id, statement.signed.subject_sha256
    try:
        said = read_attestation(statement.signed.predicate, statement.path)
    except BundleError as error:
        return "no attestation gives", _SIGNED, str(error)
    asked = next((q for q in one.questions if q.role == answer.role), None)
    if asked is None:
        return "nobody asked for", ", ".join(one.roles) or "no role", answer.role
    given = Answered(
        catalog=standing.catalog, control=one.control, question=asked.question,
        answer=answer.answer,
    )  # fmt: skip
    if said.evidence_id != evidence_id or said.role != answer.role or given not in said.answers:
        return "its statement does not give", _told(given, answer.role), _found(said)
    last = min(said.expires_on, last_day(said.made_on, asked))
    dated = (said.made_on, last, said.statement)
    if (answer.signed_on, answer.expires_on, answer.said) != dated:
        found = f"{answer.signed_on} to {answer.expires_on}"
        return "has other days or words than its statement", f"{said.made_on} to {last}", found
    if last < (day or standing.as_of) or (day is not None and day < said.made_on):
        found = f"{said.made_on} to {last}"
        return f"did not hold on {day or standing.as_of}", "a day on which it holds", found
    return None


def _told(answered: Answered, role: str) -> str:
    return f"{role}: {answered.answer} to {answered.catalog}/{answered.control}"


def _found(said: AttestationPredicate) -> str:
    return "; ".join(_told(a, said.role) for a in said.answers[:3])
