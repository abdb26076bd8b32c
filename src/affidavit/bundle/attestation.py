"""What an attestation says: signed answers of a role to questions of controls, on one evidence id.

It is about facts, never about a rendering: it holds for every bundle of the same evidence, until it
expires or is revoked. The day is the signer's word; no time is proved.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from affidavit.bundle.canonical import Json
from affidavit.bundle.predicate import Day, SubjectVersion, read_predicate
from affidavit.evidence import Record, Sha256

MAX_ANSWERS = 100
MAX_REASON = 2000
_Text = Annotated[str, StringConstraints(min_length=1, max_length=600)]


class Answered(Record):
    """One question and its answer.

    Attributes:
        question: the exact text that the catalog in the bundle asks; another text is another
            question, and its answer counts for nothing.
    """

    catalog: _Text
    control: _Text
    question: _Text
    answer: Literal["yes", "no"]


class AttestationPredicate(Record):
    """The predicate of `urn:affidavit:attestation:1`.

    Attributes:
        role: as which the signer answers; whether they hold it is for the reader's trust to say.
        answers: to one or several controls, none twice.
        statement: why, in the signer's words.
        made_on, expires_on: days, UTC; it holds on both.
    """

    schema_: Literal["affidavit/attestation"] = Field(
        default="affidavit/attestation", alias="schema"
    )
    version: Literal[1] = 1
    subject: SubjectVersion
    evidence_id: Sha256
    role: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    answers: Annotated[tuple[Answered, ...], Field(min_length=1, max_length=MAX_ANSWERS)]
    statement: Annotated[str, StringConstraints(min_length=1, max_length=MAX_REASON)] | None = None
    made_on: Day
    expires_on: Day

    @model_validator(mode="after")
    def _possible(self) -> AttestationPredicate:
        if self.expires_on < self.made_on:
            raise ValueError(f"expires on {self.expires_on}, before it is made on {self.made_on}")
        named = [(a.catalog, a.control) for a in self.answers]
        if len(set(named)) < len(named):
            raise ValueError("a control is answered twice")
        return self


def read_attestation(predicate: Mapping[str, Json], name: str) -> AttestationPredicate:
    """The predicate of a signed attestation.

    Args:
        predicate: as the signed statement has it.
        name: what to call the statement in an error.

    Raises:
        BundleError: not of the form of version 1; names the first fault.
    """
    return read_predicate(AttestationPredicate, predicate, name)
