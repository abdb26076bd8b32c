"""The statuses of a control, and the rule for *as of now*.

Assess seals the statuses; update seals them with answers; verify, show and gates derive those of
today, all by the same rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import FailFast, Field, model_validator

from affidavit.evidence import Record, Sha256

Status = Literal[
    "exception", "not-applicable", "missing", "needs-attestation", "attested", "evidenced"
]
Mode = Literal["machine", "machine+role", "role", "institution"]
Confidence = Literal["primary", "secondary", "recalled"]
# Why a control is set aside: the day, a fact that was measured, or what the owner declares.
SetAside = Literal["date", "measured", "declared"]
Event = Literal["approval", "assessment"]
CONTROLS_SCHEMA = "affidavit/controls"


class Cited(Record):
    """A payload file that answers a control, by path and digest."""

    path: str
    sha256: Sha256


class Question(Record):
    """What a role has to answer, over its signature.

    Attributes:
        validity_days: how long an answer holds, from the day it is signed.
        separation: whom the signer must not be: the authors of code and run; the validator.
    """

    role: str
    question: str
    validity_days: Annotated[int, Field(ge=1)] = 365
    separation: tuple[Literal["authors", "validator"], ...] = ()


class Answer(Record):
    """A signed answer that was weighed when the assessment was sealed.

    Attributes:
        by: the name that the trust gives the key.
        statement: sha256 of the signed statement's file.
        signed_on, expires_on: days, YYYY-MM-DD; it holds on both.
        said: the signer's reason, where they gave one.
    """

    role: str
    answer: Literal["yes", "no"]
    by: str
    statement: Sha256
    signed_on: str
    expires_on: str
    said: str | None = None


class Counterpart(Record):
    """A control of another catalog that asks for the same, by the crosswalk.

    Attributes:
        change: how the expectation moved from the older text to the newer.
    """

    catalog: str
    control: str
    change: str


class Assessment(Record):
    """What the evidence shows for one control, and what led to it.

    Attributes:
        confidence: of the reference: we read the text, others did, or it is recalled.
        because: one sentence.
        rule: the clause of the catalog that decided.
        remedy: what to do, where something is to be done.
        items: payload files that answer the control.
        values: the values in them that led to the status, as text.
        questions: who has to sign before it can be `attested`, and what.
        answers: signed answers that were weighed; only an updated bundle has any.
        set_aside: where not applicable, what that rests on.
        applies_from, applies_until: of the control or its catalog; either may be open.
        counterparts: the same expectation in another catalog.
    """

    control: str
    reference: str
    confidence: Confidence = "recalled"
    title: str
    expectation: str
    mode: Mode
    status: Status
    because: str
    rule: str = ""
    remedy: str | None = None
    items: tuple[Cited, ...] = ()
    values: dict[str, str] = Field(default_factory=dict)
    questions: tuple[Question, ...] = ()
    answers: tuple[Answer, ...] = ()
    set_aside: SetAside | None = None
    applies_from: str | None = None
    applies_until: str | None = None
    counterparts: tuple[Counterpart, ...] = ()

    @property
    def roles(self) -> tuple[str, ...]:
        """Who has to sign, once each, in the catalog's order."""
        return tuple(dict.fromkeys(q.role for q in self.questions))

    @property
    def is_for_people(self) -> bool:
        """Whether signed answers decide the status: the evidence is there, or an answer led to it.

        What is missing, set aside, or an exception by the evidence itself asks for no signature.
        """
        return self.status in ("needs-attestation", "attested") or (
            self.status == "exception" and bool(self.answers)
        )

    @model_validator(mode="after")
    def _evidence_first(self) -> Assessment:
        """A status that speaks of evidence names it, and one that speaks of people names them."""
        if self.status == "evidenced" and (not self.items or self.mode != "machine"):
            raise ValueError(
                f"{self.control}: evidenced needs items, and a control a machine decides"
            )
        if self.status == "exception" and not (self.items or self.answers):
            raise ValueError(f"{self.control}: an exception needs the items or the answer it is in")
        answered = {a.role for a in self.answers if a.answer == "yes"}
        if self.status == "attested" and (not self.questions or set(self.roles) - answered):
            raise ValueError(f"{self.control}: attested needs an answer by every role")
        if self.status == "attested" and any(a.answer == "no" for a in self.answers):
            raise ValueError(f"{self.control}: attested over an answer of no")
        if (self.status == "not-applicable") != (self.set_aside is not None):
            raise ValueError(
                f"{self.control}: not-applicable says on whose word, nothing else does"
            )
        return self


class Applied(Record):
    """A day on which the catalog was in force, and what happened then."""

    event: Event
    day: str


class CatalogStanding(Record):
    """controls/<catalog>.json: one catalog's assessments, as sealed.

    Attributes:
        issued, read_on: days of the text, and of our reading.
        effective_from, effective_until: when the text applies; either may be open.
        superseded_by, superseded_on: the catalog of the text that took its place, and when.
        applied: of approval and assessment, the days on which the text was in force.
        as_of: the day that controls are held against: the last of `applied`, else the assessment's.
        trust_sha256: of the trust.toml by which signed answers were weighed; only an updated
            bundle has it. It says which trust the sealer used, and is never used as trust.
    """

    schema_: Literal["affidavit/controls"] = Field(default="affidavit/controls", alias="schema")
    version: Literal[1] = 1
    catalog: str
    title: str
    publisher: str = ""
    issued: str
    read_on: str = ""
    text_status: str
    effective_from: str | None = None
    effective_until: str | None = None
    superseded_by: str | None = None
    superseded_on: str | None = None
    catalog_sha256: Sha256
    evidence_id: Sha256
    as_of: str
    applied: tuple[Applied, ...] = ()
    trust_sha256: Sha256 | None = None
    assessments: Annotated[tuple[Assessment, ...], FailFast()]


def as_of_now(sealed: Assessment, answers: Iterable[Answer], day: str) -> Status:
    """The status on a day, from the sealed one and the answers that the reader's trust weighs.

    `needs-attestation` with a yes of every role is `attested`; one no makes it an exception, which
    stays one until every role says yes. What was sealed as attested is judged anew: without answers
    that hold on the day it needs attestation. Nothing else changes.

    Args:
        sealed: as the bundle has it.
        answers: to this control, each by a key that holds its role; weighed today, not the sealed
            ones.
        day: YYYY-MM-DD.
    """
    if not sealed.is_for_people:
        return sealed.status
    held = [a for a in answers if a.role in sealed.roles and a.signed_on <= day <= a.expires_on]
    if any(a.answer == "no" for a in held):
        return "exception"
    if sealed.roles and {a.role for a in held} >= set(sealed.roles):
        return "attested"
    return "exception" if sealed.status == "exception" else "needs-attestation"


def answered(assessment: Assessment, answers: tuple[Answer, ...], day: str) -> Assessment:
    """An assessment with the answers that hold on a day, as an updated bundle seals it.

    Args:
        assessment: made from the evidence alone.
        answers: weighed, to this control.
        day: YYYY-MM-DD.
    """
    held = tuple(a for a in answers if a.signed_on <= day <= a.expires_on)
    if not held or not assessment.is_for_people:
        return assessment
    status = as_of_now(assessment, held, day)
    changes: dict[str, object] = {"status": status, "answers": held}
    if status == "attested":
        changes |= {"rule": f"{_mode(assessment)}, and every role has answered yes", "remedy": None}
    elif status == "exception":
        said = [a for a in held if a.answer == "no"]
        with_whom = " and the ".join(dict.fromkeys(a.role for a in said))
        changes |= {
            "because": "; ".join(_refused(a) for a in said),
            "rule": f"{_mode(assessment)}, and a role has answered no",
            "remedy": f"settle it with the {with_whom}; a later answer by the same key takes the "
            "place of this one",
        }
    else:
        owed = [q for q in assessment.questions if q.role not in {a.role for a in held}]
        changes |= {
            "rule": f"{_mode(assessment)}, and not every role has signed",
            "remedy": "; ".join(f"{q.role} signs: {q.question}" for q in owed),
        }
    # Not model_copy: what is made here has to hold the rules of the type.
    return Assessment.model_validate({**dict(assessment), **changes})


def _mode(assessment: Assessment) -> str:
    return assessment.rule.partition(", and ")[0] or f"mode {assessment.mode}"


def _refused(answer: Answer) -> str:
    why = f": {answer.said}" if answer.said else ", and gave no reason"
    return f"the {answer.role} answered no on {answer.signed_on}{why}"
