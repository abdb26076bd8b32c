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
# That an explanation is on: the score as the model answers, or its log-odds.
Scale = Literal["score", "log-odds"]
Stage = Literal["resolve", "recompute", "assess", "render"]
ItemKind = Literal[
    "model", "source", "configuration", "declarations", "dataset", "protected-table", "run",
    "environment", "predictions", "report", "counts", "checks", "scan", "explanation", "figure",
    "controls", "catalog", "card", "record", "oscal", "ml-bom", "challenger", "challenger-model",
]  # fmt: skip

EVIDENCE_SCHEMA = "affidavit/evidence"
ITEMS_SCHEMA = "affidavit/items"
REPORT_SCHEMA = "affidavit/report"
CARD_SCHEMA = "affidavit/card"


# The confidence level of intervals is a constant of format 1, which no key of affidavit.toml sets;
# the rows below which a group is not compared are its default. With fewer rows of a label than
# MIN_CLASS, what ranks them has no interval.
LEVEL: Final = 0.95
SMALL: Final = 30
MIN_CLASS: Final = 10


class Record(BaseModel):
    """Base of everything that is read from or written to JSON.

    Its reader is made when it is first used: a reviewer waits for no kind that the bundle lacks.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        populate_by_name=True,
        serialize_by_alias=True,
        defer_build=True,
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

    def name_below(self, folder: str) -> str:
        """The file's own name, as its path below a folder of the bundle such as `data/model/`."""
        return self.original_name or self.path.removeprefix(folder)


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


class Significance(Record):
    """A two-sided test that group and reference do not differ.

    Attributes:
        p_value: None where no test holds, and then `reason` says why.
        method: `Fisher exact` where an expected count is below 5, else `score`.
        adjusted: by Holm over the family.
        family: how many comparisons of this metric stand beside each other.
        detectable_below, detectable_above: the smallest difference, with the group's rate below
            or above the reference rate, that the test would show with 80 % power at the family's
            level; None where no difference in that direction would be large enough.
    """

    p_value: float | None = None
    reason: str | None = None
    method: str | None = None
    adjusted: float | None = None
    family: Annotated[int, Field(ge=1)]
    detectable_below: float | None = None
    detectable_above: float | None = None


class Number(Record):
    """One recomputed number with what it takes to judge it.

    Attributes:
        metric: fairlearn's or scikit-learn's name.
        role: dataset role.
        label: the class that counts as the event, one against the rest; absent where it is the
            report's own.
        group: attribute to value; several for an intersection; absent for all rows.
        against: the group that a difference or ratio compares with (`group` minus or over it).
        attributes: for a summary over all groups, the attributes that form them.
        n: rows that carry the number, its denominator where it is a rate.
        value: None where undefined, and then `reason` says why.
        low, high, level, method: the interval; all None where there is none.
        expected: for a summary over groups, and for a stability index, the value to expect where
            nothing differs.
        significance: for a difference between two groups.
        source: `verify` derives `counts` numbers from the count table, `bins` numbers from the
            bins in the report; `scores` numbers need the predictions.
    """

    id: str
    metric: str
    role: str
    label: str | None = None
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
    expected: float | None = None
    significance: Significance | None = None
    source: Literal["counts", "scores", "bins"] = Field(alias="from")


class AttributeSpec(Record):
    """A column of a count table: a sensitive attribute, or (no source) a segment or period."""

    name: str
    reference: str | None = None
    source: Literal["self-reported", "observed", "estimated"] | None = None


class EffectiveRows(Record):
    """The effective number of rows of one rate, where rows of one unit are not independent.

    Attributes:
        metric: the rate.
        event: the label that it counts; absent for accuracy, which counts none.
        group: as in a number.
        n: p (1 - p) over the variance of the rate between units; never more than the rows. Below 1
            where few units differ much, but never as low as the bound.
        units: how many there are in the rate's denominator; the variance is as certain as that.
    """

    metric: str
    event: str | None = None
    group: dict[str, str] | None = None
    n: Annotated[float, Field(ge=1e-6, le=2**53)]
    units: Annotated[int, Field(ge=2)]


class CountSpec(Record):
    """How a count table is to be read. `verify` compares it with the configuration.

    Attributes:
        table: `main` counts the model's decisions by sensitive attribute; `final` the decisions
            after rules and overrides; `segments` the model's by segment and period; `estimated`
            weighs rows with the estimated probability of each group of one attribute;
            `challenger` counts the model's decisions by sensitive attribute and, as the last
            column of groups, by the challenger's decision on the same row.
        task: of the model; the labels of a multiclass table are more than two.
        positive: the label whose probability is the score; empty for a multiclass task.
        favourable: the label that is good for the person concerned.
        level: confidence level of the intervals.
        small: groups with fewer rows are not compared.
        rates: how intervals of rates are made.
        intersections: attributes whose groups are formed together.
        unit: the column whose values several rows share; intervals are then by unit.
        effective: by unit, for every rate that has a value.
        mean_weight: of `estimated`, what a row of the role weighs in the mean, 1 without weights:
            the sum of probability times weight, over it, is the rows to expect.
    """

    role: str
    table: Literal["main", "final", "segments", "estimated", "challenger"] = "main"
    task: Literal["binary", "multiclass"] = "binary"
    positive: str
    favourable: str
    attributes: tuple[AttributeSpec, ...]
    weighted: bool = False
    level: Annotated[float, Field(gt=0, lt=1)] = LEVEL
    small: Annotated[int, Field(ge=1)] = SMALL
    rates: Literal["wilson", "clopper-pearson"] = "wilson"
    intersections: tuple[tuple[str, ...], ...] = ()
    unit: str | None = None
    effective: Annotated[tuple[EffectiveRows, ...], FailFast()] = ()
    mean_weight: Annotated[float, Field(gt=0)] | None = None

    @property
    def file(self) -> str:
        """The name of the table's file in reports/counts/."""
        if self.table == "main":
            return f"{self.role}.csv"
        name = f".{self.attributes[0].name}" if self.table == "estimated" else ""
        return f"{self.role}.{self.table}{name}.csv"


class Logged(Record):
    """A metric as training logged it, beside what was recomputed."""

    key: str
    value: float | str
    dataset: str | None = None
    number: str | None = None
    recomputed: float | None = None
    verdict: Literal["equal", "different", "not-recomputable"]
    reason: str | None = None


class CalibrationBin(Record):
    """Labelled rows of similar score: the mean score beside the share that had the event.

    Attributes:
        low, high: ends of the share's interval.
        first, last: the scores that the bin reaches from and to.
    """

    group: dict[str, str] | None = None
    first: float
    last: float
    n: Annotated[int, Field(ge=1)]
    mean_score: float
    observed: float
    low: float
    high: float


class GainsRow(Record):
    """The rows of the highest scores, up to a share of all.

    Attributes:
        share: of all labelled rows, in (0, 1].
        n: rows.
        gain: the share of all events that is among them.
        lift: their share of events over that of all rows.
        low, high: of the lift.
    """

    share: float
    n: Annotated[int, Field(ge=1)]
    gain: float
    lift: float
    low: float | None = None
    high: float | None = None


class Bins(Record):
    """Two distributions over the same bins, of which a stability index follows.

    Attributes:
        number: id of that number.
        column: an input's name; empty for the score.
        names: of the bins, in order.
        reference, found: rows in each.
    """

    number: str
    column: str
    names: tuple[str, ...]
    reference: tuple[Annotated[int, Field(ge=0)], ...]
    found: tuple[Annotated[int, Field(ge=0)], ...]


class ColumnProfile(Record):
    """A column of one dataset role, without any value of a text column.

    Attributes:
        used_as: what the configuration and the model use it for.
        kind: how its values read, whatever the file's own type.
        low, high: of numbers.
        hints: why it may hold personal data; hints, never a verdict.
    """

    role: str
    name: str
    used_as: Literal[
        "input", "label", "row id", "weight", "sensitive", "segment", "decision", "time", "unit",
        "excluded", "unused",
    ]  # fmt: skip
    kind: Literal["number", "whole number", "yes/no", "text", "date", "empty"]
    n: Annotated[int, Field(ge=0)]
    missing: Annotated[int, Field(ge=0)]
    distinct: Annotated[int, Field(ge=0)]
    low: float | None = None
    high: float | None = None
    hints: tuple[str, ...] = ()


ReportName = Literal[
    "performance", "fairness", "final", "segments", "estimated", "stability", "data",
    "explainability",
]  # fmt: skip


class Report(Record):
    """reports/<name>.json: the numbers of one kind over one dataset role.

    A report has at most one count table, and a count table is read by the reports that name it:
    `main` by performance and fairness, each other by the report of its name.
    """

    schema_: Literal["affidavit/report"] = Field(default="affidavit/report", alias="schema")
    version: Literal[1] = 1
    name: ReportName
    role: str
    n_rows: int
    n_labelled: int
    label_kind: Literal["outcome", "past-decision", "proxy"] | None = None
    counts: CountSpec | None = None
    numbers: Annotated[tuple[Number, ...], FailFast()] = ()
    calibration: Annotated[tuple[CalibrationBin, ...], FailFast()] = ()
    gains: Annotated[tuple[GainsRow, ...], FailFast()] = ()
    bins: Annotated[tuple[Bins, ...], FailFast()] = ()
    columns: Annotated[tuple[ColumnProfile, ...], FailFast()] = ()
    logged: Annotated[tuple[Logged, ...], FailFast()] = ()
    notes: tuple[str, ...] = ()
