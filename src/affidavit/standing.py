"""The statuses of a control, and the rule for *as of now*.

Assess seals the statuses; verify, show and gates derive those of today by the same rule.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import FailFast, Field, model_validator

from affidavit.evidence import Record, Sha256

Status = Literal[
    "exception", "not-applicable", "missing", "needs-attestation", "attested", "evidenced"
]
Mode = Literal["machine", "machine+role", "role", "institution"]
CONTROLS_SCHEMA = "affidavit/controls"


class Assessment(Record):
    """What the evidence shows for one control, and what led to it.

    Attributes:
        items: payload paths that answer the control.
        values: the values in them that led to the status, as text.
        because: one sentence.
        remedy: what to do, where something is to be done.
        roles: who has to sign before it can be `attested`.
    """

    control: str
    reference: str
    title: str
    expectation: str
    mode: Mode
    status: Status
    because: str
    remedy: str | None = None
    items: tuple[str, ...] = ()
    values: dict[str, str] = Field(default_factory=dict)
    roles: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _evidence_first(self) -> Assessment:
        if self.status == "evidenced" and (not self.items or self.mode != "machine"):
            raise ValueError(
                f"{self.control}: evidenced needs items, and a control a machine decides"
            )
        return self


class CatalogStanding(Record):
    """controls/<catalog>.json: one catalog's assessments, as sealed."""

    schema_: Literal["affidavit/controls"] = Field(default="affidavit/controls", alias="schema")
    version: Literal[1] = 1
    catalog: str
    title: str
    issued: str
    text_status: str
    catalog_sha256: Sha256
    evidence_id: Sha256
    as_of: str
    assessments: Annotated[tuple[Assessment, ...], FailFast()]


def as_of_now(sealed: Status, attested_roles: frozenset[str], needed: tuple[str, ...]) -> Status:
    """The status today, from the sealed one and the roles whose attestation holds.

    `needs-attestation` with every needed role signed, by verified and unexpired attestations of
    this evidence id, is `attested`; nothing else changes. An exception stays one.
    """
    if sealed == "needs-attestation" and needed and attested_roles >= set(needed):
        return "attested"
    return sealed
