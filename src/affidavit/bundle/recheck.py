"""What a signed recheck says: that somebody computed the numbers again, on which machine, and how.

It is about the evidence, so it holds for every bundle of the same evidence id. Machine and day are
the signer's word; that the numbers come out so, anybody with the bundle can try.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from affidavit.bundle.canonical import Json
from affidavit.bundle.predicate import Day, SubjectVersion, read_predicate
from affidavit.evidence import Record, Sha256

Came = Literal["EQUAL", "DIFFERENT", "EQUAL AS FAR AS RUN"]
_Text = Annotated[str, StringConstraints(max_length=400)]


class Tally(Record):
    """How many values came out how.

    Attributes:
        within: not equal, and within the tolerance.
        missing: signed, and not made by recomputing.
        extra: made by recomputing, and not in the bundle.
    """

    equal: Annotated[int, Field(ge=0)] = 0
    within: Annotated[int, Field(ge=0)] = 0
    different: Annotated[int, Field(ge=0)] = 0
    missing: Annotated[int, Field(ge=0)] = 0
    extra: Annotated[int, Field(ge=0)] = 0
    not_run: Annotated[int, Field(ge=0)] = 0

    @property
    def wrong(self) -> int:
        """Values that are not what the bundle says."""
        return self.different + self.missing + self.extra

    @property
    def compared(self) -> int:
        """Values that were looked at."""
        return self.equal + self.within + self.wrong


class RecheckPredicate(Record):
    """The predicate of `urn:affidavit:recheck:1`.

    Attributes:
        outcome: as `affidavit recheck` prints it; nothing is signed where nothing was run, or only
            a sample.
        numbers, others: how they came out.
        machine: system and architecture. isolation, environment: what the model was run in.
        affidavit: the version that computed.
        made_on: day, UTC.
    """

    schema_: Literal["affidavit/rechecked"] = Field(default="affidavit/rechecked", alias="schema")
    version: Literal[1] = 1
    subject: SubjectVersion
    evidence_id: Sha256
    outcome: Came
    numbers: Tally
    others: Tally
    machine: _Text
    isolation: _Text
    environment: _Text
    affidavit: _Text
    made_on: Day


def read_recheck(predicate: Mapping[str, Json], name: str) -> RecheckPredicate:
    """The predicate of a signed recheck.

    Args:
        predicate: as the signed statement has it.
        name: what to call the statement in an error.

    Raises:
        BundleError: not of the form of version 1; names the first fault.
    """
    return read_predicate(RecheckPredicate, predicate, name)
