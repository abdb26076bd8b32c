"""A full explanation, made by hand, that agrees with itself: a small linear model of five features.

The model is `log-odds(score) = base + the sum of the attributions`, so that every number here
follows from `PATTERNS`. Nothing of `affidavit.recompute` is used.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from affidavit.bundle import layout
from affidavit.bundle.canonical import record_bytes, rounded
from affidavit.evidence import Finding, Item
from affidavit.explanation_record import (
    Attribution,
    Background,
    Change,
    Correlated,
    Counterfactual,
    Curve,
    CurvePoint,
    Decision,
    Decisions,
    Decomposition,
    Estimate,
    Explainability,
    FeatureName,
    GroupMean,
    Importance,
    Input,
    Interaction,
    Lacking,
    Part,
    Probe,
    Proxy,
    Quality,
    Reason,
    Reasons,
    SecondOpinion,
    Surrogate,
)
from affidavit.gap_ids import explain_gap_id
from affidavit.workspace import Workspace

EXPLAIN_TOML = """
[explain]
background = 50
rows = 100
reasons = 2

[explain.groups]
history = ["late_payments", "past_default"]

[explain.decisions]
near = 1
ids = []

[explain.counterfactuals]
immutable = ["past_default"]
only_down = ["debt_ratio"]
bounds = { income = { min = 0, max = 900 } }

[[explain.reason]]
code = "R01"
text = "Your debts are high beside your income"
features = ["debt_ratio", "income"]

[[explain.reason]]
code = "R02"
text = "Payments were late, or a loan was not repaid"
features = ["history"]
"""
THRESHOLD = 0.25
BASE = math.log(0.3 / 0.7)
NAMES = ("income", "debt_ratio", "history", "loan_term", "group")
# What each feature has of a row's output minus the base, by the status that comes of it.
PATTERNS: Mapping[str, tuple[float, ...]] = {
    "issued": (0.1, 0.5, 0.3, 0.15, -0.05),
    "protected": (0.1, 0.2, -0.1, 0.1, 0.7),
    "favourable": (0.4, 0.3, 0.2, 0.1, 0.0),
    "none": (0.4, 0.3, 0.2, 0.1, 0.0),
    "other": (0.3, 0.4, 0.2, 0.1, 0.0),
}
METHOD = (
    "attributions that moved the score towards the adverse decision, by code, the largest first; "
    "equal ones in the order of the model's inputs"
)
BACKGROUND_SHA = "ba" * 32


@dataclass(frozen=True, kw_only=True)
class Applicant:
    """A row to explain; its score has to bear the status: `none` needs one of 0.25 to 0.3."""

    row_id: str
    score: float
    status: str
    group: str = "b"


@dataclass(frozen=True, kw_only=True)
class Setting:
    """The world that the explanation is about."""

    role: str = "evaluation"
    n_rows: int = 400
    positive: str = "yes"
    negative: str = "no"
    attribute: str = "group"
    reference: str = "a"
    other: str = "b"


def log_odds(score: float) -> float:
    return math.log(score) - math.log1p(-score)


def features(setting: Setting) -> tuple[FeatureName, ...]:
    return (
        FeatureName(name="income", columns=("income",)),
        FeatureName(name="debt_ratio", columns=("debt_ratio",)),
        FeatureName(name="history", columns=("late_payments", "past_default")),
        FeatureName(name="loan_term", columns=("loan_term",)),
        FeatureName(name=setting.attribute, columns=(setting.attribute,)),
    )


def background(setting: Setting) -> Background:
    return Background(rule="all", n=50, of=setting.n_rows, sha256=BACKGROUND_SHA, mean_output=BASE)


def quality(rows: int, **changed: object) -> Quality:
    base = Quality(
        method="linear", scale="log-odds", seed=20240229, rows=rows, additivity=2e-12, calls=1,
        scored=rows + 50,
    )  # fmt: skip
    return base.model_copy(update=changed)


def explainability(setting: Setting | None = None) -> Explainability:
    """Everything but a second curve for `history`, whose lack is named."""
    on = setting or Setting()
    names = tuple(f.name for f in features(on))
    return Explainability(
        role=on.role, n_rows=on.n_rows, of=on.positive, scale="log-odds", metric="log_loss",
        features=features(on), background=background(on), quality=quality(100),
        second=(_second(),), importance=_importance(names), correlated=(_correlated(),),
        curves=_curves(), interactions=_interactions(), surrogate=_surrogate(),
        probes=_probes(), groups=_means(on, names), decompositions=_differences(on, names),
        proxies=_proxies(on, names),
        lacking=(
            Lacking(
                part="accumulated local effects of history",
                reason="the feature is made of several inputs",
                fix="explain late_payments and past_default apart",
            ),
        ),
        notes=("Two rows with no label were left out of the permutation importance.",),
    )  # fmt: skip


def _second() -> SecondOpinion:
    other = quality(
        5, method="shap.kernel", samples=2048, additivity=1e-9, stability=0.004,
        monte_carlo=0.003, environment="shap 0.51.0, Python 3.11", licence="MIT",
        settings={"l1_reg": "False"},
    )  # fmt: skip
    return SecondOpinion(
        quality=other, largest=0.0021, feature="debt_ratio", tolerance=0.006, agrees=True,
        same_first=5,
    )  # fmt: skip


def _importance(names: Sequence[str]) -> tuple[Importance, ...]:
    losses = (0.021, 0.094, 0.061, 0.006, 0.0004)
    means = (0.24, 0.71, 0.52, 0.11, 0.03)
    return tuple(
        Importance(
            feature=name,
            loss=Estimate(value=loss, low=loss - 0.004, high=loss + 0.004,
                          method="paired differences of rows, normal"),
            repeats_low=loss - 0.001, repeats_high=loss + 0.002,
            mean_absolute=Estimate(value=mean, low=0.9 * mean, high=1.1 * mean,
                                   method="normal, over rows"),
        )
        for name, loss, mean in zip(names, losses, means, strict=True)
    )  # fmt: skip


def _correlated() -> Correlated:
    return Correlated(
        features=("income", "debt_ratio"), strength=0.72, measure="absolute Spearman correlation"
    )


def _curves() -> tuple[Curve, ...]:
    places = [0.1 * k for k in range(11)]
    found = []
    for feature, slope in (("debt_ratio", 2.0), ("income", -1.1)):
        found.append(
            Curve(
                feature=feature, kind="partial-dependence", method="mean over 100 rows",
                points=tuple(
                    CurvePoint(at=p, value=BASE + slope * (p - 0.5),
                               low=BASE + slope * (p - 0.5) - 0.6,
                               high=BASE + slope * (p - 0.5) + 0.5, n=0 if p > 0.95 else 36)
                    for p in places
                ),
            )
        )  # fmt: skip
        found.append(
            Curve(
                feature=feature, kind="accumulated-local-effects", method="10 quantile bins",
                points=tuple(
                    CurvePoint(at=p, value=slope * (p - 0.5), low=slope * (p - 0.5) - 0.08,
                               high=slope * (p - 0.5) + 0.08, n=40)
                    for p in places
                ),
            )
        )  # fmt: skip
    found.append(
        Curve(
            feature="loan_term", kind="partial-dependence", method="mean over 100 rows",
            points=tuple(
                CurvePoint(at=term, value=BASE + move, low=BASE + move - 0.4,
                           high=BASE + move + 0.4, n=n)
                for term, move, n in (("15 years", -0.12, 130), ("30 years", 0.06, 266),
                                      ("unknown", 0.02, 4))
            ),
            notes=("Accumulated local effects need an order, which categories do not have.",),
        )
    )  # fmt: skip
    return tuple(found)


def _interactions() -> tuple[Interaction, ...]:
    return (
        Interaction(
            first="debt_ratio",
            second="history",
            strength=0.04,
            h=Estimate(value=0.08, low=0.05, high=0.12, method="bootstrap of rows"),
        ),
        Interaction(
            first="debt_ratio",
            second="income",
            strength=0.003,
            h=Estimate(value=0.006, low=0.0, high=0.02, method="bootstrap of rows"),
        ),
    )


def _surrogate() -> Surrogate:
    return Surrogate(
        depth=2, leaves=3,
        fidelity=Estimate(value=0.81, low=0.76, high=0.85, method="bootstrap of rows"),
        agreement=Estimate(value=0.92, low=0.89, high=0.95, method="Wilson"),
        lines=("debt_ratio at most 0.41: -1.62 (212 rows)", "debt_ratio above 0.41",
               "  history in clean: -0.55 (118 rows)", "  history not in clean: 0.74 (70 rows)"),
    )  # fmt: skip


def _probes() -> tuple[Probe, ...]:
    fine = tuple(
        Probe(feature=f, kind="sensitivity", at="1 % of its spread", n=100, median=0.002,
              largest=0.01, flips=0, outcome="as expected")
        for f in ("income", "debt_ratio", "late_payments")
    )  # fmt: skip
    return (
        *fine,
        Probe(feature="debt_ratio", kind="stress", at="twice its largest, 6", n=100, median=0.41,
              largest=0.69, flips=61, outcome="jumps",
              note="the output rises by more than its whole spread"),
        Probe(feature="income", kind="stress", at="missing", n=100, outcome="failed",
              note="the model gave no finite number"),
    )  # fmt: skip


def _means(on: Setting, names: Sequence[str]) -> tuple[GroupMean, ...]:
    apart = {on.reference: ((-0.05, -0.11, -0.02, 0.01, 0.0), 62),
             on.other: ((0.08, 0.21, 0.05, -0.01, 0.0), 36)}  # fmt: skip
    known = tuple(
        GroupMean(
            group={on.attribute: group}, n=n,
            attributions=tuple(
                Attribution(feature=f, value=v) for f, v in zip(names, values, strict=True)
            ),
        )
        for group, (values, n) in apart.items()
    )  # fmt: skip
    return (
        *known,
        GroupMean(group={on.attribute: "(missing)"}, n=2, reason="fewer than 30 rows"),
    )


def _differences(on: Setting, names: Sequence[str]) -> tuple[Decomposition, ...]:
    output, rate = (0.13, 0.32, 0.07, -0.02, 0.0), (-0.02, -0.06, -0.012, 0.004, 0.0)
    common = {
        "attribute": on.attribute, "group": {on.attribute: on.other},
        "against": {on.attribute: on.reference}, "n": 36, "n_against": 62,
    }  # fmt: skip
    return (
        Decomposition(
            of="mean-output", scale="log-odds", method="differences of mean attributions",
            difference=rounded(math.fsum(output)), rest=0.0,
            parts=tuple(
                Part(feature=f, value=v, low=v - 0.05, high=v + 0.05)
                for f, v in zip(names, output, strict=True)
            ),
            **common,
        ),
        Decomposition(
            of="selection-rate", scale="rate", method="every set of features, 98 rows",
            difference=rounded(math.fsum(rate) + 0.003), rest=0.003,
            parts=tuple(
                Part(feature=f, value=v, low=v - 0.02, high=v + 0.02)
                for f, v in zip(names, rate, strict=True)
            ),
            **common,
        ),
    )  # fmt: skip


def _proxies(on: Setting, names: Sequence[str]) -> tuple[Proxy, ...]:
    areas = (0.58, 0.66, 0.55, 0.51)
    single = (
        Proxy(
            attribute=on.attribute,
            feature=f,
            n=400,
            chance=0.56,
            auc=Estimate(value=a, low=a - 0.06, high=a + 0.06, method="DeLong"),
            stands_out=a - 0.06 > 0.56,
        )
        for f, a in zip(names, areas, strict=False)
    )
    together = Proxy(
        attribute=on.attribute, feature=None, n=400, chance=0.57,
        auc=Estimate(value=0.69, low=0.63, high=0.74, method="DeLong"), stands_out=True,
    )  # fmt: skip
    return (together, *single)


def decisions(applicants: Sequence[Applicant], setting: Setting | None = None) -> Decisions:
    """One decision an applicant, its attributions shared out by the pattern of its status."""
    on = setting or Setting()
    return Decisions(
        role=on.role, of=on.positive, scale="log-odds", background=background(on),
        quality=quality(len(applicants)),
        decisions=tuple(_decision(a, place, on) for place, a in enumerate(applicants)),
        lacking=(
            Lacking(part="anchors", reason="the environment of alibi was not built",
                    fix='add "alibi" to [explain] second, where Python 3.11 is there'),
        ),
    )  # fmt: skip


def _decision(one: Applicant, place: int, on: Setting) -> Decision:
    names = tuple(f.name for f in features(on))
    output = log_odds(one.score)
    moved = [rounded(share * (output - BASE)) for share in PATTERNS[one.status]]
    moved[0] = output - BASE - math.fsum(moved[1:])
    is_yes = one.score >= THRESHOLD
    inputs = {"income": 300.0 + place, "debt_ratio": 0.5, "late_payments": 2.0,
              "past_default": False, "loan_term": "30 years", on.attribute: one.group}  # fmt: skip
    final = None
    if one.status == "other":
        final = on.negative
    return Decision(
        row_id=one.row_id,
        chosen=("near the threshold",) if place == 0 else ("of a group", "drawn"),
        group={on.attribute: one.group}, score=one.score, output=output, threshold=THRESHOLD,
        label=on.positive if is_yes else on.negative, final=final,
        is_adverse=is_yes,
        inputs=tuple(Input(column=c, value=v) for c, v in inputs.items()),
        attributions=tuple(
            Attribution(feature=f, value=v) for f, v in zip(names, moved, strict=True)
        ),
        counterfactuals=_changed(is_yes, on) if one.status == "issued" else (),
        none_found=None if one.status == "issued" else "none within the limits: 400 were tried",
        reasons=_reasons(one.status, moved, on),
    )  # fmt: skip


def _changed(is_yes: bool, on: Setting) -> tuple[Counterfactual, ...]:
    assert is_yes
    return (
        Counterfactual(
            changes=(Change(column="debt_ratio", was=0.5, now=0.31),), score=0.2,
            decision=on.negative, distance=0.8,
        ),
        Counterfactual(
            changes=(Change(column="debt_ratio", was=0.5, now=0.4),
                     Change(column="loan_term", was="30 years", now="15 years")),
            score=0.24, decision=on.negative, distance=1.4,
        ),
    )  # fmt: skip


def _reasons(status: str, moved: Sequence[float], on: Setting) -> Reasons:
    if status == "protected":
        return Reasons(status="protected", method=METHOD, protected=(on.attribute,))
    if status != "issued":
        return Reasons.model_validate({"status": status, "method": METHOD, "reasons": []},
                                      strict=False)  # fmt: skip
    debts, total = moved[0] + moved[1], sum(v for v in moved if v > 0)
    return Reasons(
        status="issued", method=METHOD,
        reasons=(
            Reason(code="R01", text="Your debts are high beside your income",
                   features=("income", "debt_ratio"), value=debts, share=debts / total),
            Reason(code="R02", text="Payments were late, or a loan was not repaid",
                   features=("history",), value=moved[2], share=moved[2] / total),
        ),
    )  # fmt: skip


def protected_finding() -> Finding:
    """Page one's exception, as recompute states it."""
    return Finding(
        id="explain.protected-reason", kind="exception", stage="recompute",
        what="a protected attribute was among what moved 1 adverse decision most, so that no "
        "reasons are given for it",
        expected="no protected attribute among the principal reasons", found="1 of 5 decisions",
        fix="take the attribute out of the model's inputs, or decide who answers this person",
        items=("data/reports/decisions.json",),
    )  # fmt: skip


def lacking_findings() -> tuple[Finding, ...]:
    """The gaps that say what both records lack, as recompute states them."""
    return tuple(
        Finding(
            id=explain_gap_id(one.part), kind="gap", stage="recompute",
            what=f"not explained: {one.part}: {one.reason}", fix=one.fix,
        )
        for one in (*explainability().lacking, *decisions([]).lacking)
    )  # fmt: skip


def write_explanations(
    work: Workspace, applicants: Sequence[Applicant], setting: Setting | None = None,
    *, embedded: bool = True,
) -> list[Item]:  # fmt: skip
    """Both files in a workspace; that of single decisions is personal data."""
    on = setting or Setting()
    common = {
        "kind": "explanation", "origin": "recomputed", "media_type": "application/json",
        "role": on.role,
    }  # fmt: skip
    whole = work.write(layout.EXPLAINABILITY, record_bytes(explainability(on)), **common)
    single = work.copy_in(
        layout.DECISIONS, [record_bytes(decisions(applicants, on))], sensitivity="personal-data",
        embedded=embedded, **common,
    )  # fmt: skip
    return [whole, single]
