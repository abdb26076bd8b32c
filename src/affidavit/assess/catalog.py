"""Control catalogs as records: what a catalog file says, and what it must not say.

A catalog is YAML (policies/catalogs/); its JSON Schema is docs/schemas/catalog.json. Expressions
are CEL over the record (`affidavit.assess.context` says what they see).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, StringConstraints

from affidavit.assess.expressions import Cel
from affidavit.bundle.predicate import Day
from affidavit.evidence import Record
from affidavit.printable import says_something
from affidavit.standing import Confidence, Mode

Role = Literal["owner", "developer", "validator", "approver", "dpo", "institution"]
Change = Literal["kept", "softer", "reduced", "moved", "new", "dropped", "uncertain"]
# `{name}` in a sentence stands for the control's value of that name.
PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")


def _said(text: str) -> str:
    if not says_something(text):
        raise ValueError("says nothing")
    return text


# Sentences that stand on a card; longer ones are no sentences.
Sentence = Annotated[str, StringConstraints(max_length=600), AfterValidator(_said)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{0,39}$")]
ControlId = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]+-[0-9A-Z.]+$", max_length=40)]


class Effective(Record):
    """When a text applies, both days included; either end may be open."""

    from_: Day | None = Field(default=None, alias="from")
    until: Day | None = None


class Reference(Record):
    """Where in the source a control stands, and how we know."""

    text: Sentence
    confidence: Confidence


class Applicability(Record):
    """A control applies where `when` holds; else it is not-applicable for the stated reason.

    Attributes:
        rests_on: `measured` facts, or what the owner has `declared`.
    """

    when: Cel
    reason: Name
    says: Sentence
    rests_on: Literal["measured", "declared"]


class Need(Record):
    """One thing that answers a control.

    It is there where `present` holds and `items` finds a file; else the control is `missing`,
    because of `absent`, with `remedy`.

    Attributes:
        items: CEL, the payload paths that answer it; left out where a fact alone does.
        not_yet: no stage makes it in this version, so it is never there.
    """

    present: Cel
    items: Cel | None = None
    absent: Sentence
    remedy: Sentence
    not_yet: bool = False


class DeclaredNeed(Record):
    """A field of declarations.toml that must say something."""

    declared: str


class DocumentNeed(Record):
    """A document of the institution that declarations.toml must point to, by what it is about."""

    document: str


class NamedNeed(Record):
    """A need with its name: as in policies/evidence.yaml, or made for one control."""

    name: str
    need: Need


class Test(Record):
    """A condition on values. Where it does not hold the control is an exception.

    Attributes:
        asked_when: CEL; left out, it is asked where every need is there. A test that has it is
            asked whatever else is missing or set aside.
        items: CEL, the files that the condition reads.
    """

    asked_when: Cel | None = None
    holds: Cel
    fails: Sentence
    items: Cel | None = None
    remedy: Sentence


class Attestation(Record):
    """Who has to sign, to which question, for how long, and apart from whom."""

    role: Role
    question: Sentence
    validity_days: Annotated[int, Field(ge=1, le=3660)] = 365
    separation: tuple[Literal["authors", "validator"], ...] = ()


class Control(Record):
    """One expectation of a catalog, in our own words."""

    id: ControlId
    reference: Reference
    title: Annotated[Sentence, StringConstraints(max_length=120)]
    expectation: Sentence
    rationale: Sentence
    effective: Effective = Effective()
    applicability: tuple[Applicability, ...] = ()
    mode: Mode
    needs: tuple[str | DeclaredNeed | DocumentNeed | Need, ...] = ()
    tests: tuple[Test, ...] = ()
    values: dict[str, Cel] = Field(default_factory=dict)
    found: Sentence
    attestations: tuple[Attestation, ...] = ()

    def expressions(self) -> Iterator[tuple[str, str]]:
        """Every expression of the control itself, with its place."""
        for i, rule in enumerate(self.applicability):
            yield f"applicability[{i}].when", rule.when
        for i, need in enumerate(self.needs):
            if isinstance(need, Need):
                yield from _expressions_of(f"needs[{i}]", need)
        for i, test in enumerate(self.tests):
            yield f"tests[{i}].holds", test.holds
            yield from _given(f"tests[{i}].asked_when", test.asked_when)
            yield from _given(f"tests[{i}].items", test.items)
        for name, text in self.values.items():
            yield f"values.{name}", text


class CrosswalkRow(Record):
    """Controls of this catalog, and those of the other that took their place."""

    ours: Annotated[tuple[ControlId, ...], Field(max_length=20)]
    theirs: Annotated[tuple[ControlId, ...], Field(max_length=20)]
    change: Change
    note: Sentence | None = None


class Crosswalk(Record):
    """From this catalog to another, by control."""

    to: Name
    confidence: Confidence
    rows: tuple[CrosswalkRow, ...]


class Catalog(Record):
    """A text of a regulator, a law or a bank, as controls.

    Attributes:
        issued: the day of the text. read_on: the day on which we, or our source, read it.
        superseded_by: the catalog of the text that took its place, on `superseded_on`.
        notes: what a reader of the catalog should know; on the card under its title.
    """

    schema_: Literal["affidavit/catalog"] = Field(alias="schema")
    version: Literal[1]
    id: Name
    title: Sentence
    publisher: Sentence
    issued: Day
    text_status: Sentence
    read_on: Day
    effective: Effective = Effective()
    superseded_by: Name | None = None
    superseded_on: Day | None = None
    notes: tuple[Sentence, ...] = ()
    crosswalk: Crosswalk | None = None
    controls: Annotated[tuple[Control, ...], Field(min_length=1, max_length=1000)]


def _expressions_of(place: str, need: Need) -> Iterator[tuple[str, str]]:
    yield f"{place}.present", need.present
    yield from _given(f"{place}.items", need.items)


def _given(place: str, text: str | None) -> Iterator[tuple[str, str]]:
    if text is not None:
        yield place, text
