"""What a reader must know before any number: a model without skill, one decision for everybody.

Each finding has its rule in docs/metrics.md. A finding here says that something is probably wrong
with labels, scores, threshold or configuration; it never says what is right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from affidavit.config import Config
from affidavit.evidence import LEVEL, Finding, Number
from affidavit.intervals import Proportion, critical, kish, wilson
from affidavit.places import UNKNOWN_GROUPS
from affidavit.printable import printable
from affidavit.recompute.delong import compute_auc
from affidavit.recompute.floats import Floats
from affidavit.recompute.groups import Grouping
from affidavit.recompute.predictions import Predictions
from affidavit.recompute.rows import Classes

MIN_OF_LABEL = 10
MIN_ROWS = 2
_SKILL_FIX = (
    "compare labels and rows with those that the model was trained on: were labels mixed up?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One role, and what stands in its performance report."""

    found: Predictions
    numbers: Sequence[Number]
    config: Config
    classes: Classes
    items: tuple[str, ...]

    @property
    def role(self) -> str:
        return self.found.rows.role

    def exception(self, what: str, said: str, expected: str, found: str, fix: str) -> Finding:
        return Finding(
            id=f"recompute.{what}.{self.role}", kind="exception", stage="recompute", what=said,
            expected=expected, found=found, fix=fix, items=self.items,
        )  # fmt: skip

    def number(self, metric: str) -> Number | None:
        wanted = f"performance/{self.role}/{metric}"
        return next((n for n in self.numbers if n.id == wanted), None)


def sanity_findings(
    found: Predictions,
    numbers: Sequence[Number],
    groupings: Sequence[Grouping],
    *,
    config: Config,
    classes: Classes,
    items: tuple[str, ...] = (),
) -> tuple[Finding, ...]:
    """What is odd about one role: its labels, scores, decisions, skill and groups.

    Args:
        found: the role's predictions.
        numbers: of its performance report.
        groupings: its sensitive attributes.
        config: task and decision.
        classes: the label values, where the task has such.
        items: paths of the reports that the findings point to.
    """
    case = _Case(found=found, numbers=numbers, config=config, classes=classes, items=items)
    labels = list(_label(case))
    return (
        *labels,
        *_scores(case),
        *_decisions(case),
        *(() if labels and labels[0].kind == "gap" else _skill(case)),
        *(f for g in groupings for f in _constant(case, g)),
    )


def _label(case: _Case) -> Iterator[Finding]:
    rows = case.found.rows
    n = int(rows.is_labelled.sum())
    column = printable(case.config.label.column)
    if n == 0:
        yield Finding(
            id=f"recompute.label.{case.role}", kind="gap", stage="recompute",
            what=f"no row of {case.role} has a label: nothing is known of how right the model is",
            expected=f"values of {column}", found=f"none in {rows.n} rows",
            fix="add the labels when they are known, and build again", items=case.items,
        )  # fmt: skip
        return
    if case.config.task == "regression":
        targets = rows.targets[rows.is_labelled]
        if n >= MIN_ROWS and targets.min() == targets.max():
            yield _one_label(case, f"{targets[0]:g}", n)
        return
    sizes = sorted(zip(rows.labels.sizes(), rows.labels.names, strict=True), reverse=True)
    if sizes[0][0] == n:
        yield _one_label(case, printable(sizes[0][1]), n)
    elif case.config.task == "binary" and n - sizes[0][0] < MIN_OF_LABEL:
        rare, name = n - sizes[0][0], printable(sizes[1][1])
        yield case.exception(
            "label",
            f"only {rare} of {n} labelled rows of {case.role} are {name!r}: every number that "
            "counts them hangs on single rows",
            f"at least {MIN_OF_LABEL} rows of each label", f"{rare} rows",
            "evaluate on more rows, or on a longer time",
        )  # fmt: skip


def _one_label(case: _Case, value: str, n: int) -> Finding:
    if n < MIN_OF_LABEL:  # the label would be that of persons
        rows = f"{n} labelled row{'' if n == 1 else 's'}"
        return case.exception(
            "label",
            f"{case.role} has only {rows}, of one label: how right the model is cannot be seen on "
            "so few",
            f"at least {MIN_OF_LABEL} rows of each label", rows,
            "evaluate on more rows, or on a longer time",
        )  # fmt: skip
    return case.exception(
        "label",
        f"all {n} labelled rows of {case.role} have the same label, {value!r}: how well the model "
        "tells cases apart cannot be seen on them",
        "labels that differ", value, "check how the snapshot was drawn, and the label column",
    )  # fmt: skip


def _range(score: Floats) -> tuple[float, float] | None:
    finite = score[np.isfinite(score)]
    return (float(finite.min()), float(finite.max())) if len(finite) >= MIN_ROWS else None


def _has_one_score(case: _Case) -> bool:
    ends = _range(case.found.score)
    return ends is not None and ends[0] == ends[1]


def _scores(case: _Case) -> Iterator[Finding]:
    if _has_one_score(case) and case.config.task != "multiclass":
        yield case.exception(
            "score",
            f"the model gives all {case.found.rows.n} rows of {case.role} the same score",
            "scores that differ", f"{case.found.score[0]:.6g} in every row",
            "check that the model is given its inputs, in their types, as in training",
        )  # fmt: skip
    yield from _out_of_range(case)


def _out_of_range(case: _Case) -> Iterator[Finding]:
    """A threshold is from 0 to 1: on percent, points or margins it cuts where nobody meant."""
    ends, decision = _range(case.found.score), case.config.decision
    if case.config.task != "binary" or ends is None or (ends[0] >= 0 and ends[1] <= 1):
        return
    if decision.threshold is not None or decision.segment:
        yield case.exception(
            "score-range",
            f"scores of {case.role} lie outside 0 to 1: they are no probabilities, and the "
            "threshold is held against them as they are",
            "scores from 0 to 1, as the threshold is", f"{ends[0]:.6g} to {ends[1]:.6g}",
            "register a model that answers with probabilities, or one whose scores are brought to "
            "0 to 1 as the threshold was set for",
        )  # fmt: skip


def _decisions(case: _Case) -> Iterator[Finding]:
    rows, decision = case.found.rows, case.found.decision
    if case.config.task == "regression" or rows.n < MIN_ROWS:
        return
    taken = [name for name, n in zip(decision.names, decision.sizes(), strict=True) if n]
    if len(taken) != 1:
        return
    said, fix = _why_one_decision(case)
    yield case.exception(
        "threshold",
        f"all {rows.n} rows of {case.role} are decided alike, {printable(taken[0])!r}{said}",
        "decisions that differ", f"{printable(taken[0])!r} for every row", fix,
    )  # fmt: skip


def _why_one_decision(case: _Case) -> tuple[str, str]:
    declared = case.config.decision
    cuts = {c for c in (declared.threshold, *(s.threshold for s in declared.segment))
            if c is not None}  # fmt: skip
    ends = _range(case.found.score)
    if case.config.task == "binary" and cuts and ends is not None:
        shown = ", ".join(f"{c:g}" for c in sorted(cuts))
        return (
            f": scores reach from {ends[0]:.4g} to {ends[1]:.4g}, the threshold is {shown}",
            "set [decision] threshold to the value in force, on the scale of the scores",
        )
    if declared.column is not None and not cuts:
        return "", "check the decision column, and how the snapshot was drawn"
    return "", "check that the model is given its inputs, in their types, as in training"


def _skill(case: _Case) -> Iterator[Finding]:
    if _has_one_score(case) and case.config.task != "multiclass":
        return  # said already
    if case.config.task == "binary":
        yield from _no_ranking(case)
    elif case.config.task == "multiclass":
        yield from _no_better_than_majority(case)
    else:
        yield from _no_better_than_mean(case)


def _no_ranking(case: _Case) -> Iterator[Finding]:
    """The interval of the AUC: the report's, or with weights that of the rows without them."""
    area = case.number("roc_auc")
    value = area.value if area else None
    if area is not None and area.low is not None and area.high is not None:
        low, high = area.low, area.high
    else:
        known = case.found.rows.is_labelled
        positive = case.found.rows.labels.equals(case.classes.positive)[known]
        found = compute_auc(positive, case.found.score[known])
        if found is None:
            return
        value = found.value if value is None else value
        half = critical(LEVEL) * (found.standard_error or 0.0)
        low, high = found.value - half, found.value + half
    if value is None or low > 0.5:
        return
    shown = f"AUC {value:.3f} (95 % {max(0.0, low):.3f} to {min(1.0, high):.3f})"
    if high < 0.5:
        said = "the scores are upside down: who scores higher is less often"
        yield case.exception(
            "no-skill",
            f"{said} {printable(case.classes.positive)!r} on {case.role}, {shown}",
            "an AUC above 0.5", shown,
            "check [label] positive, and which class the score belongs to",
        )  # fmt: skip
        return
    yield case.exception(
        "no-skill",
        f"the scores do not tell the labels of {case.role} apart better than chance, {shown}",
        "an interval of the AUC above 0.5", shown, _SKILL_FIX,
    )  # fmt: skip


def _no_better_than_majority(case: _Case) -> Iterator[Finding]:
    rows = case.found.rows
    known, weight = rows.is_labelled, rows.weights
    total, squares = float(weight[known].sum()), float((weight[known] ** 2).sum())
    of_class = {name: float(weight[rows.labels.equals(name)].sum()) for name in rows.labels.names}
    name = min(of_class, key=lambda c: (-of_class[c], c))
    decided = case.found.decision
    right = sum(
        float(weight[rows.labels.equals(c) & decided.equals(c)].sum()) for c in rows.labels.names
    )
    share = Proportion(p=min(1.0, of_class[name] / total), n=kish(total, squares))
    low, high = wilson(share, critical(LEVEL))
    if share.p == 1.0 or right / total > high:
        return
    shown = f"accuracy {right / total:.3f}"
    yield case.exception(
        "no-skill",
        f"the model is not right more often on {case.role} than always saying "
        f"{printable(name)!r} would be: {shown}, that share is {share.p:.3f} "
        f"(95 % {low:.3f} to {high:.3f})",
        f"an accuracy above {high:.3f}", shown, _SKILL_FIX,
    )  # fmt: skip


def _no_better_than_mean(case: _Case) -> Iterator[Finding]:
    r2 = case.number("r2")
    if r2 is None or r2.value is None or r2.value > 0:
        return
    yield case.exception(
        "no-skill",
        f"the model predicts {case.role} no better than the mean of its targets would: "
        f"R2 = {r2.value:.3f}, n {r2.n}",
        "an R2 above 0", f"{r2.value:.3f}", _SKILL_FIX,
    )  # fmt: skip


def _constant(case: _Case, grouping: Grouping) -> Iterator[Finding]:
    column = grouping.column
    groups = [
        name
        for name, n in zip(column.names, column.sizes(), strict=True)
        if n and name not in UNKNOWN_GROUPS
    ]
    if len(groups) > 1:
        return
    name = grouping.spec.name
    said = f"one group only, {printable(groups[0])!r}" if groups else "no value at all"
    if groups and len(column) < MIN_OF_LABEL:  # the group would be that of persons
        said = "one group only"
    yield Finding(
        id=f"recompute.constant.{name}.{case.role}", kind="gap", stage="recompute",
        what=f"groups by {name} cannot be compared on {case.role}: it has {said}",
        expected="at least two groups", found=said,
        fix=f"check the column of [sensitive.{name}], and how the snapshot was drawn",
        items=case.items,
    )  # fmt: skip
