"""The evidence record: what the stages add to, what is sealed, what `verify` reads.

Field names and meanings are the format (docs/bundle-format.md); the JSON Schemas in docs/schemas/
are generated from these classes. Every class is frozen and refuses unknown fields: a record is
extended by making a new one. Long tables stop at their first fault: a report of 300,000 empty
numbers would else be told in gigabytes of faults.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal, NewType

from pydantic import BaseModel, ConfigDict, FailFast, Field, StringConstraints

EvidenceId = NewType("EvidenceId", str)
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
RelPath = Annotated[str, StringConstraints(min_length=1, max_length=180)]

Basis = Literal["measured", "signed", "claimed", "declared"]
Origin = Literal["collected", "declared", "recomputed", "assessed", "rendered"]
Sensitivity = Literal["public", "internal", "confidential", "personal-data"]
Stage = Literal["resolve", "recompute", "assess", "render"]
ItemKind = Literal[
    "model", "source", "configuration", "declarations", "dataset", "protected-table", "run",
    "environment", "predictions", "report", "counts", "figure", "controls", "catalog", "card",
    "record",
]  # fmt: skip

EVIDENCE_SCHEMA = "affidavit/evidence"
ITEMS_SCHEMA = "affidavit/items"
REPORT_SCHEMA = "affidavit/report"
CARD_SCHEMA = "affidavit/card"


# Constants of format 1, which no key of affidavit.toml sets: the confidence level of intervals, and
# the rows below which a group is not compared.
LEVEL: Final = 0.95
SMALL: Final = 30


class Record(BaseModel):
    """Base of everything that is read from or written to JSON."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, populate_by_name=True, serialize_by_alias=True
    )


class Digest(Record):
    """A digest as its source states it: DVC says md5, Git says sha1, we say sha256."""

    algorithm: Literal["sha256", "sha1", "md5", "md5-dos2unix"]
    value: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32,64}(\.dir)?$")]


class Subject(Record):
    """The one immutable model version that the evidence is about."""

    name: str
    version: str
    run_id: str | None = None
    created_at: datetime | None = None


class Fact(Record):
    """One resolved fact, and why we say it.

    `id` is dotted and stable: `model.artifact`, `code.commit`, `data.evaluation.snapshot`,
    `run.user`, `environment.python`. `value` is None where the fact is known to be absent.
    """

    id: str
    kind: Literal["model", "run", "code", "data", "environment", "declarations"]
    value: str | int | float | bool | None
    digest: Digest | None = None
    basis: Basis
    source: str


class Finding(Record):
    """A gap (something absent) or an exception (something that does not hold)."""

    id: str
    kind: Literal["gap", "exception"]
    stage: Stage
    what: str
    expected: str | None = None
    found: str | None = None
    fix: str
    items: tuple[str, ...] = ()


class Item(Record):
    """One payload file. `path` is relative to `data/` with the prefix, `data/model/MLmodel`.

    An item held by reference (`embedded = false`) keeps its path as a name, its digest and size;
    `location` says where its bytes were when they were hashed.
    """

    path: RelPath
    sha256: Sha256
    size_bytes: Annotated[int, Field(ge=0)]
    media_type: str
    kind: ItemKind
    origin: Origin
    sensitivity: Sensitivity
    role: str | None = None
    original_name: str | None = None
    embedded: bool = True
    location: str | None = None


class ConfigurationRecord(Record):
    """Which configuration files were used, and whether they were part of the commit."""

    items: tuple[str, ...]
    given: Literal["commit", "option"] | None = None


class Evidence(Record):
    """evidence.json. Its sha256, in canonical form, is the evidence id."""

    schema_: Literal["affidavit/evidence"] = Field(default="affidavit/evidence", alias="schema")
    version: Literal[1] = 1
    subject: Subject
    provenance: Annotated[tuple[Fact, ...], FailFast()] = ()
    configuration: ConfigurationRecord = ConfigurationRecord(items=(), given=None)
    findings: Annotated[tuple[Finding, ...], FailFast()] = ()
    items: Annotated[tuple[Item, ...], FailFast()] = ()

    def adding(
        self,
        *,
        facts: tuple[Fact, ...] = (),
        findings: tuple[Finding, ...] = (),
        items: tuple[Item, ...] = (),
    ) -> Evidence:
        """The record with a stage's part added; tables stay sorted, so order of work is no fact."""
        return self.model_copy(
            update={
                "provenance": tuple(sorted((*self.provenance, *facts), key=lambda f: f.id)),
                "findings": tuple(sorted((*self.findings, *findings), key=lambda f: f.id)),
                "items": tuple(sorted((*self.items, *items), key=lambda i: i.path.encode())),
            }
        )

    def fact(self, fact_id: str) -> Fact | None:
        """The fact of this id, or None."""
        return next((f for f in self.provenance if f.id == fact_id), None)

    def of_kind(self, kind: ItemKind, role: str | None = None) -> tuple[Item, ...]:
        """The items of a kind, and of a role where one is given."""
        return tuple(i for i in self.items if i.kind == kind and role in (None, i.role))


class ItemTable(Record):
    """items.json: the same table for assessed and rendered files."""

    schema_: Literal["affidavit/items"] = Field(default="affidavit/items", alias="schema")
    version: Literal[1] = 1
    evidence_id: Sha256
    items: Annotated[tuple[Item, ...], FailFast()]


class Number(Record):
    """One recomputed number with what it takes to judge it.

    Attributes:
        metric: fairlearn's or scikit-learn's name.
        role: dataset role.
        group: attribute to value; absent for all rows.
        against: the group that a difference or ratio compares with (`group` minus or over it).
        attributes: for a summary over all groups, the attributes that form them.
        n: rows that carry the number, its denominator where it is a rate.
        value: None where undefined, and then `reason` says why.
        low, high, level, method: the interval; all None where there is none.
        source: `counts` numbers are derived again by `verify`.
    """

    id: str
    metric: str
    role: str
    group: dict[str, str] | None = None
    against: dict[str, str] | None = None
    attributes: tuple[str, ...] | None = None
    n: Annotated[int, Field(ge=0)]
    value: float | None
    reason: str | None = None
    low: float | None = None
    high: float | None = None
    level: float | None = None
    method: str | None = None
    source: Literal["counts", "scores"] = Field(alias="from")


class AttributeSpec(Record):
    """A sensitive attribute as the counts hold it."""

    name: str
    reference: str | None = None
    source: Literal["self-reported", "observed", "estimated"]


class CountSpec(Record):
    """How a count table is to be read. `verify` compares it with the configuration.

    Attributes:
        positive: the label whose probability is the score.
        favourable: the label that is good for the person concerned.
        level: confidence level of the intervals.
        small: groups with fewer rows are not compared.
    """

    role: str
    positive: str
    favourable: str
    attributes: tuple[AttributeSpec, ...]
    weighted: bool = False
    level: Annotated[float, Field(gt=0, lt=1)] = LEVEL
    small: Annotated[int, Field(ge=1)] = SMALL


class Logged(Record):
    """A metric as training logged it, beside what was recomputed."""

    key: str
    value: float | str
    dataset: str | None = None
    number: str | None = None
    recomputed: float | None = None
    verdict: Literal["equal", "different", "not-recomputable"]
    reason: str | None = None


class Report(Record):
    """reports/<name>.json: the numbers of one kind over one dataset role."""

    schema_: Literal["affidavit/report"] = Field(default="affidavit/report", alias="schema")
    version: Literal[1] = 1
    name: Literal["performance", "fairness", "data", "explainability"]
    role: str
    n_rows: int
    n_labelled: int
    label_kind: Literal["outcome", "past-decision", "proxy"] | None = None
    counts: CountSpec | None = None
    numbers: Annotated[tuple[Number, ...], FailFast()] = ()
    logged: Annotated[tuple[Logged, ...], FailFast()] = ()
    notes: tuple[str, ...] = ()
