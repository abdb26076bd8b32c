"""What explains the model, as the bundle states it: the whole, each group, single decisions.

Two files. `reports/explainability.json` speaks of the model and holds no row; its numbers are
estimates with an interval, or exact for the recorded rows and background. `reports/decisions.json`
holds single rows, so it is personal data and follows `include` of its role.

An *output* is what is explained: the score of one label (a binary task: of `positive`; a multiclass
one: of the class that `[explain] of` names), or the prediction of a regression. Its *scale* is
stated everywhere: `score` as the model answers, or `log-odds` of it, on which linear models and
boosted trees are sums. A *feature* is one input column, or several that are explained together
(`columns`). An *attribution* is a Shapley value (Shapley 1953) of the interventional game
(Janzing, Minorics & Bloebaum 2020): v(S) = the mean output over the background rows, with the
features of S set to those of the row. So attributions of a row sum to its output minus the mean
output of the background, exactly where the method is exact.

A field that is absent is left out of the file, so that whatever may be None says so by default.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import FailFast, Field

from affidavit.evidence import Record, Scale, Sha256

EXPLAINABILITY_SCHEMA = "affidavit/explainability"
DECISIONS_SCHEMA = "affidavit/decisions"

# `linear` and `trees` read the model's own parameters; `enumeration` asks about every set of
# features; `permutation` samples orders of them; the rest are other libraries, as second opinions,
# `plug-in` one that came by an entry point and that the settings name.
Method = Literal[
    "linear", "trees", "enumeration", "permutation", "shap.kernel", "shap.permutation",
    "alibi.kernel", "alibi.ale", "alibi.anchor", "contributions", "plug-in",
]  # fmt: skip
Cell = str | float | bool | None


class Estimate(Record):
    """A number with its interval.

    Attributes:
        value: None where undefined, and then `reason` says why.
        low, high: of the interval at `evidence.LEVEL`; None where there is none.
        method: how the interval was made, in words.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    method: str | None = None
    reason: str | None = None


class FeatureName(Record):
    """A feature, and the input columns that are it: one, or several explained together."""

    name: str
    columns: tuple[str, ...]


class Attribution(Record):
    """What one feature adds to one row's output, on the stated scale.

    Attributes:
        error: its Monte Carlo standard error; 0 where the method is exact.
    """

    feature: str
    value: float
    error: Annotated[float, Field(ge=0)] = 0.0


class Background(Record):
    """The rows that stand for "the feature is not known", and the mean output over them.

    Attributes:
        rule: `all`: drawn from all rows; `near-cut-off`: from those whose score is nearest to the
            threshold.
        sha256: of the rows, as the CSV of the model's inputs that they came from; no row is here.
        mean_output: over the background, on the scale.
    """

    rule: Literal["all", "near-cut-off"]
    n: Annotated[int, Field(ge=1)]
    of: Annotated[int, Field(ge=1)]
    sha256: Sha256
    mean_output: float


class Quality(Record):
    """What the attributions are worth, measured.

    Attributes:
        rows: that were explained.
        additivity: the largest absolute difference, over these rows, between the sum of a row's
            attributions and its output minus the background's mean, beyond `unresolved`.
        unresolved: the largest part of such a difference that the digits of the scores leave open,
            since log-odds of a score near 0 or 1 cannot be told from it; None where there is none.
        monte_carlo: the largest standard error of an attribution; 0 where exact.
        stability: the largest absolute difference between two seeds; None where exact.
        calls: of the model, and `scored`: rows that it was asked about.
        by_budget: samples were lowered to keep within a time, so that another machine may draw
            fewer: not reproducible.
    """

    method: Method
    scale: Scale
    seed: int
    rows: Annotated[int, Field(ge=0)]
    samples: Annotated[int, Field(ge=0)] = 0
    additivity: Annotated[float, Field(ge=0)]
    unresolved: Annotated[float, Field(ge=0)] | None = None
    monte_carlo: Annotated[float, Field(ge=0)] = 0.0
    stability: Annotated[float, Field(ge=0)] | None = None
    calls: Annotated[int, Field(ge=0)] = 0
    scored: Annotated[int, Field(ge=0)] = 0
    by_budget: bool = False
    settings: dict[str, str] = Field(default_factory=dict)
    environment: str | None = None
    licence: str | None = None


class SecondOpinion(Record):
    """The same rows explained by another method, and how far the two are apart.

    Attributes:
        largest: absolute difference of an attribution, `feature` the one that has it.
        tolerance: beyond which the two disagree; both methods' stated errors are in it.
        same_first: rows of which the largest attribution is the same feature's.
    """

    quality: Quality
    largest: Annotated[float, Field(ge=0)]
    feature: str
    tolerance: Annotated[float, Field(ge=0)]
    agrees: bool
    same_first: Annotated[int, Field(ge=0)]


class Importance(Record):
    """How much worse the model is without one feature, and how much the feature moves its outputs.

    Without: with its values shuffled among the rows (Breiman 2001; Fisher, Rudin & Dominici 2019).

    Attributes:
        feature: its name; of features that go together (`correlated`) and were shuffled as one,
            their names with " + " between them.
        loss: mean rise of `metric`'s loss over the repeats, interval over *rows* (the sample).
        repeats_low, repeats_high: smallest and largest rise among the repeats (the shuffling).
        mean_absolute: mean absolute attribution over the explained rows, interval over rows.
    """

    feature: str
    loss: Estimate | None = None
    repeats_low: float | None = None
    repeats_high: float | None = None
    mean_absolute: Estimate | None = None


class CurvePoint(Record):
    """One point of a curve.

    Attributes:
        at: the feature's value, a number or a category.
        value: partial dependence: the mean output, on the scale, with the feature set to `at` in
            every row. Accumulated local effect (Apley & Zhu 2020): centred, its mean over the rows
            is 0.
        low, high: partial dependence: the 10th and 90th percentile of the rows' own curves (ICE);
            accumulated local effects: of the interval over rows.
        n: rows at or near the point; 0 says that the curve is beyond the data there.
    """

    at: Cell = None
    value: float
    low: float | None = None
    high: float | None = None
    n: Annotated[int, Field(ge=0)]


class Curve(Record):
    """How the output goes with one feature."""

    feature: str
    kind: Literal["partial-dependence", "accumulated-local-effects"]
    method: str
    points: Annotated[tuple[CurvePoint, ...], FailFast()]
    notes: tuple[str, ...] = ()


class Interaction(Record):
    """How far two features' joint effect is not the sum of theirs (Friedman & Popescu 2008).

    Attributes:
        h: the H statistic, 0 to about 1.
        strength: root mean square of the rest, on the scale.
    """

    first: str
    second: str
    h: Estimate
    strength: float


class Surrogate(Record):
    """A small tree that imitates the model, to be read and not to be used.

    Attributes:
        fidelity: share of the output's variance that it explains, on rows that it was not grown on.
        agreement: share of these rows that it decides alike; None for a regression.
        lines: the tree as text, a line each.
    """

    depth: Annotated[int, Field(ge=0)]
    leaves: Annotated[int, Field(ge=1)]
    fidelity: Estimate
    agreement: Estimate | None = None
    lines: tuple[str, ...]


class Correlated(Record):
    """Features that go together, so that changing one alone makes rows that are not in the data.

    Attributes:
        strength: each goes with another of them by this or more.
        measure: what strength is, in words.
    """

    features: tuple[str, ...]
    strength: float
    measure: str


class Probe(Record):
    """A check of soundness: small changes of an input, or extreme, out of range, missing ones.

    Attributes:
        kind: `sensitivity`: each row's value moved a little; `stress`: set to an extreme.
        at: what it was set to, or moved by, in words.
        largest: change of the output, on the score's own scale, over the rows.
        flips: rows whose decision changed; None without a decision.
        outcome: `failed` where the model gave no finite number there.
    """

    feature: str
    kind: Literal["sensitivity", "stress"]
    at: str
    n: Annotated[int, Field(ge=0)]
    median: float | None = None
    largest: float | None = None
    flips: Annotated[int, Field(ge=0)] | None = None
    outcome: Literal["as expected", "jumps", "unreasonable", "failed"]
    note: str | None = None


class GroupMean(Record):
    """The mean attribution of each feature over the explained rows of one group."""

    group: dict[str, str]
    n: Annotated[int, Field(ge=0)]
    reason: str | None = None
    attributions: tuple[Attribution, ...] = ()


class Part(Record):
    """What one feature carries of a difference between two groups."""

    feature: str
    value: float
    low: float | None = None
    high: float | None = None


class Decomposition(Record):
    """A difference between two groups, split over the features; it accounts, it shows no cause.

    Attributes:
        of: `mean-output`: the mean attributions' difference, which sums to the difference of the
            mean outputs; `selection-rate`: Shapley values of the game whose value is the decision
            (1 where the person is given the favourable one), which sum to the difference of the
            rates.
        difference: group minus reference, on `scale`, or in rate.
        rest: what the parts leave of it.
    """

    of: Literal["mean-output", "selection-rate"]
    attribute: str
    group: dict[str, str]
    against: dict[str, str]
    n: Annotated[int, Field(ge=0)]
    n_against: Annotated[int, Field(ge=0)]
    scale: Scale | Literal["rate"]
    method: str
    difference: float | None = None
    reason: str | None = None
    parts: tuple[Part, ...] = ()
    rest: float | None = None


class Proxy(Record):
    """How well one feature, or (None) all together, tell the groups of an attribute apart.

    Attributes:
        auc: of a model grown on other rows than it is measured on: 0.5 where it tells nothing;
            for more than two groups the mean over the pairs (Hand & Till 2001).
        chance: the largest AUC that shuffled group labels gave, 95th percentile.
        stands_out: the interval is above chance; where there is none, as of an AUC of 1, the AUC.
    """

    attribute: str
    feature: str | None = None
    n: Annotated[int, Field(ge=0)]
    auc: Estimate
    chance: float | None = None
    stands_out: bool | None = None


class Lacking(Record):
    """A part of the report that is not there, and why."""

    part: str
    reason: str
    fix: str


class Explainability(Record):
    """reports/explainability.json."""

    schema_: Literal["affidavit/explainability"] = Field(
        default="affidavit/explainability", alias="schema"
    )
    version: Literal[1] = 1
    role: str
    n_rows: int
    of: str
    scale: Scale
    metric: str | None = None
    features: Annotated[tuple[FeatureName, ...], FailFast()]
    background: Background | None = None
    quality: Quality | None = None
    second: tuple[SecondOpinion, ...] = ()
    importance: Annotated[tuple[Importance, ...], FailFast()] = ()
    correlated: Annotated[tuple[Correlated, ...], FailFast()] = ()
    curves: Annotated[tuple[Curve, ...], FailFast()] = ()
    interactions: Annotated[tuple[Interaction, ...], FailFast()] = ()
    surrogate: Surrogate | None = None
    probes: Annotated[tuple[Probe, ...], FailFast()] = ()
    groups: Annotated[tuple[GroupMean, ...], FailFast()] = ()
    decompositions: Annotated[tuple[Decomposition, ...], FailFast()] = ()
    proxies: Annotated[tuple[Proxy, ...], FailFast()] = ()
    lacking: tuple[Lacking, ...] = ()
    notes: tuple[str, ...] = ()


class Input(Record):
    """One of the model's inputs, of one row."""

    column: str
    value: Cell


class Change(Record):
    """One input of a counterfactual that is not as it was."""

    column: str
    was: Cell = None
    now: Cell = None


class Counterfactual(Record):
    """A generated row, near this one, that the model decides otherwise; never a person's.

    Attributes:
        score: what the model gave when asked about it.
        distance: the changes in the features' own spreads (interquartile range; a category counts
            1), summed.
    """

    changes: Annotated[tuple[Change, ...], Field(min_length=1)]
    score: float
    decision: str
    distance: Annotated[float, Field(ge=0)]


class Anchor(Record):
    """Conditions under which the model nearly always decides as here, by alibi.

    Ribeiro, Singh & Guestrin 2018.
    """

    conditions: tuple[str, ...]
    precision: float
    coverage: float
    environment: str


class Reason(Record):
    """One principal reason: a code of the declared table, or the feature where no code has it.

    Attributes:
        share: its part of all that moved the score towards the adverse decision.
    """

    code: str | None = None
    text: str
    features: tuple[str, ...]
    value: float
    share: float


class Reasons(Record):
    """The principal reasons for one adverse decision, or why none are given.

    Attributes:
        status: `issued`; `favourable`: none are due; `protected`: a protected attribute is a
            principal mover, so that no list is given; `other`: rules or an override decided, and
            not this model; `none`: nothing moved the score towards the adverse decision.
        method: how they were chosen, and how ties are broken, in words.
    """

    status: Literal["issued", "favourable", "protected", "other", "none"]
    method: str
    reasons: tuple[Reason, ...] = ()
    protected: tuple[str, ...] = ()


class Decision(Record):
    """One decision, explained.

    Attributes:
        chosen: why this row is here.
        label: the class that was decided; empty for a regression.
        final: the decision after rules and overrides, where the data has one.
        is_adverse: whether it is not the favourable one; None where nobody said which that is.
        none_found: why there is no counterfactual.
    """

    row_id: str
    chosen: tuple[Literal["near the threshold", "of a group", "named", "drawn", "given"], ...]
    group: dict[str, str] | None = None
    score: float
    output: float
    threshold: float | None = None
    label: str
    final: str | None = None
    is_adverse: bool | None = None
    inputs: Annotated[tuple[Input, ...], FailFast()]
    attributions: Annotated[tuple[Attribution, ...], FailFast()] = ()
    anchor: Anchor | None = None
    counterfactuals: tuple[Counterfactual, ...] = ()
    none_found: str | None = None
    reasons: Reasons


class Decisions(Record):
    """reports/decisions.json."""

    schema_: Literal["affidavit/decisions"] = Field(default="affidavit/decisions", alias="schema")
    version: Literal[1] = 1
    role: str
    of: str
    scale: Scale
    background: Background | None = None
    quality: Quality | None = None
    decisions: Annotated[tuple[Decision, ...], FailFast()] = ()
    lacking: tuple[Lacking, ...] = ()
    notes: tuple[str, ...] = ()
