"""What must be on page one: no skill, upside down, one decision, one label, one group."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.recompute.case import binary_config

from affidavit.config import Config, Decision, Label
from affidavit.evidence import AttributeSpec, Finding, Number
from affidavit.recompute.coded import chosen, code, constant
from affidavit.recompute.delong import compute_auc
from affidavit.recompute.groups import Grouping
from affidavit.recompute.predictions import Predictions
from affidavit.recompute.rows import Classes, read_rows
from affidavit.recompute.sanity import sanity_findings
from affidavit.recompute.table import Table

CHANCE = np.random.RandomState(7)


def _predicted(label, score, config: Config, *, decided=None, weight=None) -> Predictions:
    label = np.asarray(label)
    columns = {"id": np.arange(len(label)).astype(str), "y": label}
    if weight is not None:
        columns["w"] = weight
    frame = pd.DataFrame(columns)
    table = Table("t.csv", pa.Table.from_pandas(frame, preserve_index=False), is_text=False)
    score = np.asarray(score, dtype=float)
    cut = config.decision.threshold
    if config.task == "regression":
        decision = constant("", len(score))
    elif decided is None:
        decision = chosen(score >= (0.5 if cut is None else cut), "yes", "no")
    else:
        decision = code(pa.array(decided))
    rows = read_rows(table, "evaluation", config)
    return Predictions(
        rows=rows, score=score, per_class=None, class_names=(), decision=decision
    )  # fmt: skip


def _said(label, score, config: Config | None = None, *, numbers=(), groups=(), **kw):
    config = config or binary_config()
    found = _predicted(label, score, config, **kw)
    classes = Classes(values=("no", "yes"), positive="yes", negative="no")
    findings = sanity_findings(
        found, numbers, groups, config=config, classes=classes, items=("r.json",)
    )
    assert all(f.items == ("r.json",) for f in findings)
    return {f.id: f for f in findings}


def _one(found: dict[str, Finding], what: str) -> Finding:
    assert list(found) == [f"recompute.{what}.evaluation"]
    return found[f"recompute.{what}.evaluation"]


N = 400
LABEL = np.where(np.arange(N) % 4 == 0, "yes", "no")
SKILLED = np.clip(0.3 + 0.3 * (LABEL == "yes") + CHANCE.normal(size=N) * 0.2, 0, 1)


def test_a_model_with_skill_has_no_finding() -> None:
    assert _said(LABEL, SKILLED) == {}


def test_a_permuted_label_is_named() -> None:
    found = _one(_said(CHANCE.permutation(LABEL), SKILLED), "no-skill")

    assert found.kind == "exception"
    assert "do not tell the labels of evaluation apart better than chance, AUC 0." in found.what


def test_scores_upside_down_are_named_as_such() -> None:
    found = _one(_said(LABEL, 1 - SKILLED), "no-skill")

    assert "the scores are upside down: who scores higher is less often 'yes'" in found.what


def test_a_perfect_ranking_the_wrong_way_round_is_named_although_it_has_no_interval() -> None:
    found = _one(_said(LABEL, (LABEL == "no") * 0.5 + 0.2), "no-skill")

    assert "upside down" in found.what
    assert "AUC 0.000" in found.what
    assert _said(LABEL, (LABEL == "yes") * 0.5 + 0.2) == {}


def test_the_interval_is_the_reports_where_it_has_one() -> None:
    def area(low: float) -> Number:
        return Number(
            id="performance/evaluation/roc_auc", metric="roc_auc", role="evaluation", n=N,
            value=0.62, low=low, high=0.7, level=0.95, method="DeLong", source="scores",
        )  # fmt: skip

    permuted = CHANCE.permutation(LABEL)

    assert _said(permuted, SKILLED, numbers=[area(0.501)]) == {}
    found = _one(_said(LABEL, SKILLED, numbers=[area(0.5)]), "no-skill")
    assert found.found == "AUC 0.620 (95 % 0.500 to 0.700)"


def test_few_rows_cannot_show_skill() -> None:
    """AUC 0.75 over eight rows: the interval reaches below one half."""
    label = np.array(["yes", "no"] * 11)
    score = np.where(label == "yes", 0.55, 0.5) + CHANCE.normal(size=22) * 0.1
    area = compute_auc(label == "yes", score)
    assert area is not None
    assert area.value > 0.5

    assert "recompute.no-skill.evaluation" in _said(label, score)


MULTI = Config(**{**binary_config().model_dump(), "task": "multiclass",
                  "label": Label(column="y", kind="outcome")})  # fmt: skip


def test_a_multiclass_model_that_always_says_the_same_has_no_skill() -> None:
    label = np.array(["a"] * 60 + ["b"] * 30 + ["c"] * 10)

    found = _said(label, np.full(100, 0.4), MULTI, decided=["a"] * 100)

    assert set(found) == {"recompute.threshold.evaluation", "recompute.no-skill.evaluation"}
    said = found["recompute.no-skill.evaluation"].what
    # Wilson for 60 of 100: 0.502 to 0.691 (statsmodels proportion_confint).
    assert "always saying 'a' would be: accuracy 0.600, that share is 0.600" in said
    assert "(95 % 0.502 to 0.691)" in said


def test_a_multiclass_model_is_right_often_enough_from_the_intervals_end_on() -> None:
    label = np.array(["a"] * 60 + ["b"] * 30 + ["c"] * 10)
    right = np.array(["a"] * 60 + ["b"] * 10 + ["a"] * 30)

    assert _said(label, np.full(100, 0.4), MULTI, decided=right) == {}
    right[60] = "a"
    assert list(_said(label, np.full(100, 0.4), MULTI, decided=right)) == [
        "recompute.no-skill.evaluation"
    ]


REGRESSION = Config(**{**binary_config().model_dump(), "task": "regression",
                       "label": Label(column="y", kind="outcome"),
                       "decision": Decision()})  # fmt: skip


@pytest.mark.parametrize(("r2", "is_named"), [(0.0, True), (-1.5, True), (0.01, False)])
def test_a_regression_is_held_against_the_mean(r2: float, is_named: bool) -> None:
    number = Number(
        id="performance/evaluation/r2", metric="r2", role="evaluation", n=5, value=r2,
        source="scores",
    )  # fmt: skip

    found = _said(np.arange(5.0), np.arange(5.0), REGRESSION, numbers=[number])

    assert bool(found) == is_named
    if is_named:
        assert f"R2 = {r2:.3f}, n 5" in found["recompute.no-skill.evaluation"].what


@pytest.mark.parametrize(("threshold", "decided"), [(0.99, "no"), (0.0, "yes")])
def test_a_threshold_that_selects_nobody_or_everybody(threshold: float, decided: str) -> None:
    score = np.clip(SKILLED, 0.05, 0.9)

    found = _one(
        _said(LABEL, score, binary_config(decision=Decision(threshold=threshold))), "threshold"
    )

    assert found.what == (
        f"all 400 rows of evaluation are decided alike, '{decided}': scores reach from 0.05 to "
        f"0.9, the threshold is {threshold:g}"
    )


def test_one_score_for_all_is_said_once() -> None:
    found = _said(LABEL, np.full(N, 0.25))

    assert set(found) == {"recompute.score.evaluation", "recompute.threshold.evaluation"}
    assert found["recompute.score.evaluation"].found == "0.25 in every row"


@pytest.mark.parametrize(
    ("scale", "found"), [(lambda s: s * 100, "0 to "), (lambda s: s - 0.5, "-0.5 to ")]
)
def test_a_threshold_on_scores_that_are_no_probabilities_is_named(scale, found: str) -> None:
    scores = np.where(np.arange(N) == 1, 0.0, SKILLED)
    config = binary_config(decision=Decision(threshold=0.2))

    said = _one(_said(LABEL, scale(scores), config), "score-range")

    assert said.kind == "exception"
    assert said.found is not None
    assert said.found.startswith(found)
    assert _said(LABEL, scores, config) == {}
    by_column = binary_config(decision=Decision(column="y"))
    decided = np.where(scores > 0.5, "yes", "no")
    assert "recompute.score-range.evaluation" not in _said(
        LABEL, scale(scores), by_column, decided=decided
    )


def test_a_label_that_is_always_the_same() -> None:
    found = _one(_said(np.full(N, "no"), SKILLED), "label")

    assert "all 400 labelled rows of evaluation have the same label, 'no'" in found.what


@pytest.mark.parametrize(("rare", "is_named"), [(9, True), (10, False)])
def test_a_label_of_fewer_than_ten_rows(rare: int, is_named: bool) -> None:
    label = np.array(["yes"] * rare + ["no"] * 200)

    found = _said(label, np.r_[np.linspace(0.6, 0.9, rare), np.linspace(0.1, 0.59, 200)])

    assert ("recompute.label.evaluation" in found) == is_named
    if is_named:
        assert "only 9 of 209 labelled rows of evaluation are 'yes'" in (
            found["recompute.label.evaluation"].what
        )


def test_no_label_at_all_is_a_gap_and_nothing_is_said_of_skill() -> None:
    found = _one(_said(np.full(N, None), SKILLED), "label")

    assert (found.kind, found.found) == ("gap", "none in 400 rows")


def test_a_target_that_does_not_vary() -> None:
    assert "'3'" in _one(_said(np.full(50, 3.0), np.arange(50.0), REGRESSION), "label").what


def test_the_label_of_few_rows_is_not_told() -> None:
    for label, score, config in (
        (np.array(["no"] * 1), np.array([0.2]), None),
        (np.full(9, 3.0), np.arange(9.0), REGRESSION),
    ):
        found = _one(_said(label, score, *([config] if config else [])), "label")

        n = len(label)
        rows = "1 labelled row" if n == 1 else "9 labelled rows"
        assert f"evaluation has only {rows}, of one label" in found.what
        assert not any(word in f"{found.what}{found.found}" for word in ("'no'", "'3'", "3."))


def _grouping(values) -> Grouping:
    return Grouping(
        spec=AttributeSpec(name="sex", reference=None, source="observed"),
        column=code(pa.array(values)),
    )


@pytest.mark.parametrize(
    ("values", "said"),
    [(["f"] * N, "one group only, 'f'"), (["f"] * 5 + ["(missing)"] * 395, "one group only, 'f'"),
     (["(missing)"] * N, "no value at all"), (["f"] * 5 + ["m"] * 395, None)],
)  # fmt: skip
def test_a_sensitive_attribute_of_one_group_is_a_gap(values, said: str | None) -> None:
    found = _said(LABEL, SKILLED, groups=[_grouping(values)])

    if said is None:
        assert found == {}
        return
    finding = found["recompute.constant.sex.evaluation"]
    assert (finding.kind, finding.found) == ("gap", said)


def test_weights_do_not_hide_a_permuted_label() -> None:
    config = binary_config(rows={"id": "id", "weight": "w"})
    weight = CHANCE.uniform(0.5, 2, size=N)

    assert _said(LABEL, SKILLED, config, weight=weight) == {}
    found = _said(CHANCE.permutation(LABEL), SKILLED, config, weight=weight)
    assert list(found) == ["recompute.no-skill.evaluation"]
