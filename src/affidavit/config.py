"""affidavit.toml and declarations.toml: the two halves of what people state.

Keys may be added in later versions, never renamed. The models are here; reading them, with a line
for every fault, is in `affidavit.toml_reader`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from affidavit.evidence import SMALL, Record

Include = Literal["embed", "reference"]
Param = bool | int | float | str | tuple[bool | int | float | str, ...]


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
        unfavourable_means: what the other value of a binary label means, for the person's page.
        kind: an `outcome` was observed; a `past-decision` is the lender's own; a `proxy` stands in.
        missing: rows without a label count for selection only.
    """

    column: str
    kind: Literal["outcome", "past-decision", "proxy"]
    positive: str | None = None
    favourable: str | None = None
    favourable_means: str | None = None
    unfavourable_means: str | None = None
    horizon: str | None = None
    missing: Literal["unknown"] = "unknown"


class Segment(Record):
    """`[[decision.segment]]`: a threshold for the rows where `column` equals `value`."""

    column: str
    value: str
    threshold: float


class Model(Record):
    """`[model]`: how the model is asked.

    Attributes:
        adapter: `module:function` of the training commit. It is given the columns of `[features]`
            and gives the frame that the model is asked with.
        params: given to each predict of a python_function, as its signature names them.
    """

    adapter: (
        Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$")] | None
    ) = None
    params: dict[str, Param] = Field(default_factory=dict)


class Decision(Record):
    """`[decision]`: how a score becomes a decision: score >= threshold predicts `positive`.

    `column` names the final decision after rules and overrides, where the data has it. Beside a
    threshold, fairness is shown for the model's decisions and for the final ones; alone, it is the
    decision that is counted. `beside` names, in words, the rules and models that decide too.
    """

    threshold: float | None = None
    column: str | None = None
    segment: tuple[Segment, ...] = ()
    beside: tuple[str, ...] = ()


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
    """`[datasets.<role>]`: where a role's data is, and whether it travels.

    `path` is at the commit, or at `rev`; `uri` elsewhere: a file, a folder, `s3://`. A role that
    only `--dataset` names has neither. `exported_from` to `exported_at` are free text on where
    the data came from: declared, never checked.
    `expectations` names, among the training run's artifacts, the JSON of a Great Expectations
    validation result about this snapshot. `suite` names, in the repository, the JSON of an
    expectation suite that is to be run on it.
    """

    path: str | None = None
    rev: str | None = None
    uri: str | None = None
    exported_from: str | None = None
    query: str | None = None
    table_version: str | None = None
    exported_at: str | None = None
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


class Controls(Record):
    """`[controls]`: which shipped catalogs are held against the evidence; left out, the usual."""

    catalogs: tuple[str, ...] | None = None


class ExplainedDecisions(Record):
    """`[explain.decisions]`: which single decisions every build explains.

    Attributes:
        near: rows nearest to the threshold, on each side of it.
        per_group: of each group of each sensitive attribute, drawn by the seed.
        drawn: of all rows, drawn by the seed.
        ids: row ids, by name.
    """

    near: Annotated[int, Field(ge=0, le=100)] = 2
    per_group: Annotated[int, Field(ge=0, le=20)] = 1
    drawn: Annotated[int, Field(ge=0, le=100)] = 2
    ids: tuple[str, ...] = ()


class Bounds(Record):
    """`[explain.counterfactuals.bounds.<column>]`: what a generated row may set an input to."""

    min: float | None = None
    max: float | None = None


class Counterfactuals(Record):
    """`[explain.counterfactuals]`: what a generated row may change, and how.

    Attributes:
        most: how many are looked for, for each decision.
        immutable: columns that stay as they are; sensitive attributes always do.
        only_up, only_down: columns that can only rise, or fall (age; a past default).
        one_hot: blocks of 0/1 columns of which exactly one is 1.
        bounds: by column; the data's own smallest and largest value where there are none.
    """

    most: Annotated[int, Field(ge=0, le=20)] = 3
    immutable: tuple[str, ...] = ()
    only_up: tuple[str, ...] = ()
    only_down: tuple[str, ...] = ()
    one_hot: tuple[tuple[str, ...], ...] = ()
    bounds: dict[str, Bounds] = Field(default_factory=dict)


class ReasonCode(Record):
    """`[[explain.reason]]`: the words for a feature that moved a decision to the adverse side.

    Attributes:
        code: the institution's own.
        text: what the person is told.
        features: the features, or input columns, that it speaks of.
    """

    code: str
    text: str
    features: tuple[str, ...]


class Explain(Record):
    """`[explain]`: what of the model is explained, and how. Left out, nothing is.

    Attributes:
        role: whose rows; the main role where left out.
        of: multiclass only: the class whose score is explained; else the favourable one.
        method: `exact` reads the model's own trees or coefficients, or asks about every set of
            features where these are few; else, and for `sampled`, orders of features are sampled.
        second: other libraries that explain the decisions too, as a second opinion: `shap`,
            `alibi` (0.9.4, Apache-2.0), `alibi-business-source` (a later one, under the Business
            Source License), or one that came by an entry point.
        baseline: the rows that an attribution compares with: all, or those near the cut-off.
        background: how many of them.
        rows: explained for the report on the whole and on groups.
        samples: pinned: orders of features, of a sampled method. Pinned or by default, they do
            not change; with `budget` they are lowered once, before the start.
        repeats: shuffles of each feature.
        curves: features, the most important first, whose curves are drawn.
        budget: a time, "90s" or "5m".
        groups: features by name, each several input columns that are explained as one.
        categories: columns of numbers that are codes, whose order means nothing.
        reasons: principal reasons at most, for each adverse decision.
        reason: the reason codes.
        words: what inputs, features and sensitive attributes are called on the person's page.
    """

    role: str | None = None
    of: str | None = None
    method: Literal["exact", "sampled"] = "exact"
    second: tuple[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")], ...] = ()
    baseline: Literal["all", "near-cut-off"] = "all"
    background: Annotated[int, Field(ge=2, le=5_000)] = 100
    rows: Annotated[int, Field(ge=10, le=100_000)] = 500
    samples: Annotated[int, Field(ge=2, le=10_000)] = 20
    repeats: Annotated[int, Field(ge=2, le=100)] = 5
    curves: Annotated[int, Field(ge=0, le=20)] = 4
    seed: Annotated[int, Field(ge=0, lt=1 << 31)] = 20240229
    budget: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,4}[sm]$")] | None = None
    groups: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    categories: tuple[str, ...] = ()
    decisions: ExplainedDecisions = ExplainedDecisions()
    counterfactuals: Counterfactuals = Counterfactuals()
    reasons: Annotated[int, Field(ge=1, le=10)] = 4
    reason: tuple[ReasonCode, ...] = ()
    words: dict[str, str] = Field(default_factory=dict)


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
        challenger: a model version, `models:/name/2` or `models:/name@alias`, that is scored on
            the same rows and compared.
    """

    version: Literal[1]
    task: Literal["binary", "multiclass", "regression"]
    unit: str | None = None
    set_by: str | None = None
    set_on: str | None = None
    challenger: str | None = None
    rows: Rows = Rows()
    label: Label
    model: Model = Model()
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
    controls: Controls = Controls()
    explain: Explain | None = None
    worker: Worker = Worker()

    @property
    def protected_tables(self) -> tuple[str, ...]:
        """Paths of the tables that hold sensitive attributes apart, each once, sorted."""
        return tuple(sorted({s.table for s in self.sensitive.values() if s.table is not None}))


DocumentAbout = Literal[
    "access-control", "adverse-action-template", "appeal-process", "approval-minutes",
    "board-report", "change-log", "data-dictionary", "decision-log", "declaration-of-conformity",
    "decommission-plan", "dpia", "erasure-plan", "findings-log", "fria", "impact-assessment",
    "incident-log", "internal-audit", "legitimate-interests", "model-risk-policy",
    "monitoring-report", "notice", "objection-process", "operating-logs", "override-log",
    "prior-consultation", "privacy-request-log", "processing-record", "quality-system",
    "retention-schedule", "risk-management", "roles", "standards-list",
    "statement-of-applicability", "third-party-policy", "user-feedback", "validation-report",
    "vendor-contingency", "vendor-evidence", "withheld-log",
]  # fmt: skip


class Document(Record):
    """`[[document]]`: a document of the institution, which the bundle points to and does not hold.

    Attributes:
        about: what it is, as catalogs ask for it.
        dated: its day, YYYY-MM-DD.
        model_version: the model version it speaks of, where it speaks of one.
        sha256: of its file, so that it can be told from a later one.
        location: where a reader who may have it finds it.
    """

    about: DocumentAbout
    title: str
    version: str | None = None
    dated: str
    model_version: str | None = None
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    location: str | None = None


def _said(what: str) -> Any:
    """A field of declarations.toml with the words that say what to write in it."""
    return Field(default=None, description=what)


class Declarations(Record):
    """declarations.toml: what the institution says of the model; basis *declared*, always.

    Every field may be left out; a control that asks for it is then `missing`, with the field's
    name as the remedy. `declared_on` and `approved_on` are days, YYYY-MM-DD. Which control asks
    for which field: docs/declarations.md.
    """

    version: Literal[1]
    declared_by: str | None = _said("who says all this")
    declared_on: str | None = _said("the day it was said")
    title: str | None = _said("the model's name in words, for the card")
    approved_on: str | None = _said("the day this version was approved for use")
    purpose: str | None = _said("what the model's output is used for, and by which decision")
    users: str | None = _said("who uses the output")
    out_of_scope: str | None = _said("uses that are not intended")
    owner: str | None = _said("who answers for the model, with an address")
    developers: tuple[str, ...] = Field(default=(), description="who made it, with addresses")
    status: str | None = _said("where it stands in its life: in development, in use, retired")
    tier: str | None = _said("the materiality rating that the institution gives it")
    tier_reason: str | None = _said("why that rating")
    tier_triggers: str | None = _said("what would raise the rating, and who watches for it")
    exposure: str | None = _said("how much rests on the output: decisions, amounts, people")
    model_basis: str | None = _said(
        "why this is a model, or is not, by the institution's definition"
    )
    generative: Literal["yes", "no"] | None = _said(
        "`yes` or `no`: whether it is generative or agentic AI"
    )
    ai_class: str | None = _said("which class of AI it is, and what governs one out of scope")
    guidance_reliance: str | None = _said("on which guidance the institution relies, and why")
    method: str | None = _said("method and theory, their merits and limits")
    alternatives: str | None = _said("other methods that were considered, and the choice")
    assumptions: str | None = _said("what is assumed, and what happens where it does not hold")
    judgement: str | None = _said("adjustments by experts, and why they are proportionate")
    overlays: str | None = _said("prudential add-ons to the output, and why")
    data_choice: str | None = _said(
        "why these data, how they fit the portfolio, what stands in for what"
    )
    data_source: str | None = _said("where the data come from")
    data_licence: str | None = _said("under which licence or right they are used")
    dependencies: str | None = _said("models, data and assumptions shared with other models")
    customisation: str | None = _said(
        "of a vendor's model: what was changed or set for the institution"
    )
    vendor: str | None = _said("who supplies the model, or `none` where it was built in-house")
    limits: str | None = _said("where the model is weak")
    conditions: str | None = _said("conditions under which it may be used, until when")
    consequences: str | None = _said("what a result means for the person, and what follows from it")
    oversight: str | None = _said("who can change or stop a result, at which step")
    monitoring: str | None = _said("what is watched, how often, against which limits, what follows")
    response_plan: str | None = _said("what is done when results deviate")
    next_review: str | None = _said("the day of the next review")
    automated: Literal["solely", "score-drawn-on", "advisory"] | None = _said(
        "`solely`, `score-drawn-on` or `advisory`: how far the decision is automated"
    )
    credit: Literal["yes", "no"] | None = _said(
        "`yes` or `no`: whether it serves decisions on credit"
    )
    personal_data: Literal["yes", "no"] | None = _said(
        "`yes` or `no`: whether data of persons are processed"
    )
    legal_basis: str | None = _said("the legal basis of each step of the processing")
    special_categories: str | None = _said(
        "which special categories of data are processed, on which ground, bias measurement included"
    )
    criminal_data: str | None = _said("whether data on offences are processed, on which ground")
    bias_data_safeguards: str | None = _said(
        "safeguards for sensitive attributes held to measure bias, and when they are deleted"
    )
    minimisation: str | None = _said("why each input is needed")
    retention: str | None = _said("how long snapshot, model and bundle are kept")
    art22_ground: str | None = _said(
        "the ground of Article 22(2) GDPR, where the decision is automated"
    )
    safeguards: str | None = _said("how a person can have a decision reviewed, heard and contested")
    notice_text: str | None = _said("what people are told, or where that text is")
    privacy_design: str | None = _said("what was designed for data protection")
    trait_collection: str | None = _said(
        "how traits of groups were collected or estimated, with the error"
    )
    high_risk: Literal["yes", "no"] | None = _said(
        "`yes` or `no`: whether its use is high-risk under the AI Act"
    )
    aia_class: str | None = _said("the risk class under the AI Act, and why")
    jurisdictions: tuple[str, ...] = Field(
        default=(), description='where it is used, by ISO 3166 code: ["US", "DE"]'
    )
    document: tuple[Document, ...] = ()
    notes: str | None = _said("anything else")
