"""affidavit.toml and declarations.toml: the two halves of what people state.

Keys may be added in later versions, never renamed. The models are here; reading them, with a line
for every fault, is in `affidavit.toml_reader`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from affidavit.evidence import SMALL, Record

Include = Literal["embed", "reference"]


class Rows(Record):
    """`[rows]`: columns that identify, weigh or must never reach the model."""

    id: str | None = None
    weight: str | None = None
    exclude: tuple[str, ...] = ()


class Label(Record):
    """`[label]`: what was to be predicted, and what it really measures.

    Attributes:
        positive: the value whose probability is the score (binary only).
        favourable: the value that is good for the person concerned; never guessed.
        favourable_means: what that value means for the person, in words for page one.
        kind: an `outcome` was observed; a `past-decision` is the lender's own; a `proxy` stands in.
        missing: rows without a label count for selection only.
    """

    column: str
    kind: Literal["outcome", "past-decision", "proxy"]
    positive: str | None = None
    favourable: str | None = None
    favourable_means: str | None = None
    horizon: str | None = None
    missing: Literal["unknown"] = "unknown"


class Segment(Record):
    """`[[decision.segment]]`: a threshold for the rows where `column` equals `value`."""

    column: str
    value: str
    threshold: float


class Decision(Record):
    """`[decision]`: how a score becomes a decision: score >= threshold predicts `positive`.

    `column` names the final decision after rules and overrides, where the data has it. Beside a
    threshold, fairness is shown for the model's decisions and for the final ones; alone, it is the
    decision that is counted.
    """

    threshold: float | None = None
    column: str | None = None
    segment: tuple[Segment, ...] = ()


class Sensitive(Record):
    """`[sensitive.<name>]`: an attribute whose groups are compared; the model never sees it.

    `table` + `join_on` name a protected table, kept apart: joined only in recompute, never
    embedded. `bands` cut a numeric column: [25, 60] makes "<25", "25-59" and ">=60".
    `probabilities` name a column for each group, in place of `column`: the estimated probability
    that the person is of it. A row then counts for every group with its probability, and, under
    the threshold rule, for the one whose probability is at least `assign_from`.
    """

    column: str = ""
    source: Literal["self-reported", "observed", "estimated"]
    reference: str | None = None
    bands: tuple[float, ...] = ()
    table: str | None = None
    join_on: str | None = None
    probabilities: dict[str, str] = Field(default_factory=dict)
    assign_from: float = 0.5


class Dataset(Record):
    """`[datasets.<role>]`: where a role's snapshot is at the commit, and whether it travels.

    `expectations` names, among the training run's artifacts, the JSON of a Great Expectations
    validation result about this snapshot. `suite` names, in the repository, the JSON of an
    expectation suite that is to be run on it.
    """

    path: str | None = None
    rev: str | None = None
    uri: str | None = None
    include: Include
    expectations: str | None = None
    suite: str | None = None


class Hold(Record):
    """`[[hold]]`: a number held against a threshold that somebody set on a day."""

    metric: str
    group: dict[str, str] | None = None
    min: float | None = None
    max: float | None = None
    set_by: str
    set_on: str


class Worker(Record):
    """`[worker]`: limits on the process that runs the model.

    Attributes:
        cpu_s: processor time; unless told, what all threads can use within `timeout_s`.
        processes: how many it may start at once, beside threads. At 0 the kernel refuses them;
            above, they are counted ten times a second, each with the limits of one process.
        printed_mb: what it may print before it is ended.
        scratch_mb: what it may keep in its scratch folder.
    """

    memory_mb: Annotated[int, Field(ge=256, le=1 << 22)] = 4096
    timeout_s: Annotated[int, Field(ge=1, le=604_800)] = 600
    cpu_s: Annotated[int, Field(ge=1, le=1 << 28)] | None = None
    processes: Annotated[int, Field(ge=0, le=256)] = 0
    printed_mb: Annotated[int, Field(ge=1, le=4096)] = 64
    scratch_mb: Annotated[int, Field(ge=1, le=1 << 20)] = 1024
    batch_rows: Annotated[int, Field(ge=1, le=1 << 24)] = 65536
    threads: Annotated[int, Field(ge=1, le=1024)] = 1


class Environment(Record):
    """`[environment]`: what of the model's environment travels in the bundle.

    `lock`: the list of its packages; `wheels`: the packages themselves too, so that it can be
    built again without an index.
    """

    include: Literal["lock", "wheels"] = "lock"


class Explain(Record):
    """`[explain]`: reserved; explanations come with a later version."""


class Fairness(Record):
    """`[fairness]`: how groups are formed and which are large enough to compare.

    Attributes:
        smallest_group: groups with fewer rows are shown as too small, with their count.
        intersections: lists of attributes whose groups are also formed together.
    """

    smallest_group: Annotated[int, Field(ge=1)] = SMALL
    intersections: tuple[tuple[str, ...], ...] = ()


class Intervals(Record):
    """`[intervals]`: how intervals of rates are made; Clopper-Pearson's are conservative."""

    rates: Literal["wilson", "clopper-pearson"] = "wilson"


class Time(Record):
    """`[time]`: the column that says when, and the periods that it is cut into."""

    column: str
    by: Literal["month", "quarter", "year"] = "quarter"


class SegmentColumn(Record):
    """`[segments.<name>]`: a column, not sensitive, whose values performance is shown by."""

    column: str
    bands: tuple[float, ...] = ()


class Features(Record):
    """`[features]`: the model's input columns, where the model has no signature."""

    columns: tuple[str, ...]


class Config(Record):
    """affidavit.toml, whole.

    Attributes:
        unit: the column whose values several rows share; intervals are then by unit.
        set_by: who set all of this, where the file came after training.
        set_on: the day it was set, YYYY-MM-DD.
    """

    version: Literal[1]
    task: Literal["binary", "multiclass", "regression"]
    unit: str | None = None
    set_by: str | None = None
    set_on: str | None = None
    rows: Rows = Rows()
    label: Label
    decision: Decision = Decision()
    features: Features | None = None
    sensitive: dict[str, Sensitive] = Field(default_factory=dict)
    fairness: Fairness = Fairness()
    intervals: Intervals = Intervals()
    time: Time | None = None
    segments: dict[str, SegmentColumn] = Field(default_factory=dict)
    datasets: dict[str, Dataset]
    hold: tuple[Hold, ...] = ()
    environment: Environment = Environment()
    explain: Explain = Explain()
    worker: Worker = Worker()


class Declarations(Record):
    """declarations.toml: what the institution says of the model; basis *declared*, always.

    Every field may be left out; a control that asks for it is then `missing`, with the field's
    name as the remedy. `declared_on` is a day, YYYY-MM-DD.
    """

    version: Literal[1]
    declared_by: str | None = None
    declared_on: str | None = None
    title: str | None = None
    purpose: str | None = None
    users: str | None = None
    out_of_scope: str | None = None
    owner: str | None = None
    developers: tuple[str, ...] = ()
    tier: str | None = None
    tier_reason: str | None = None
    exposure: str | None = None
    method: str | None = None
    assumptions: str | None = None
    limits: str | None = None
    monitoring: str | None = None
    automated: Literal["solely", "score-drawn-on", "advisory"] | None = None
    legal_basis: str | None = None
    special_categories: str | None = None
    retention: str | None = None
    art22_ground: str | None = None
    notice_text: str | None = None
    privacy_design: str | None = None
    dpia: str | None = None
    jurisdictions: tuple[str, ...] = ()
    data_source: str | None = None
    data_licence: str | None = None
    notes: str | None = None
