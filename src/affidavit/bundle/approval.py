"""What an approval says: a role's decision on the release of one bundle, as it lies there.

It is about the root: the facts, the assessments and the cards that were read. Another rendering of
the same facts is another bundle, and is decided on anew. The day is the signer's word.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from affidavit.bundle.canonical import Json
from affidavit.bundle.predicate import Day, SubjectVersion, read_predicate
from affidavit.evidence import Record, Sha256

MAX_REASON = 2000
Choice = Literal["approve", "reject"]


class ApprovalPredicate(Record):
    """The predicate of `urn:affidavit:approval:1`.

    Attributes:
        root: sha256 of the tag manifest; that of the statement's subject.
        evidence_id: of the bundle with this root.
        role: as which the signer decides; whether they hold it is for the reader's trust to say.
        statement: why, in the signer's words; a rejection has it.
        made_on: day, UTC.
    """

    schema_: Literal["affidavit/approval"] = Field(default="affidavit/approval", alias="schema")
    version: Literal[1] = 1
    subject: SubjectVersion
    root: Sha256
    evidence_id: Sha256
    role: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    decision: Choice
    statement: Annotated[str, StringConstraints(min_length=1, max_length=MAX_REASON)] | None = None
    made_on: Day

    @model_validator(mode="after")
    def _possible(self) -> ApprovalPredicate:
        if self.decision == "reject" and self.statement is None:
            raise ValueError("a rejection without its reason")
        return self


def read_approval(predicate: Mapping[str, Json], name: str) -> ApprovalPredicate:
    """The predicate of a signed approval.

    Args:
        predicate: as the signed statement has it.
        name: what to call the statement in an error.

    Raises:
        BundleError: not of the form of version 1; names the first fault.
    """
    return read_predicate(ApprovalPredicate, predicate, name)
