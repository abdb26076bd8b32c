"""A decision is explained with what it was made of, from the data or given from outside."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from tests.support.explained import AskOf, coded, explained_of

from affidavit.explanation_record import Decision
from affidavit.recompute.explain.asking import AskFailed
from affidavit.recompute.explain.decisions.choosing import choose
from affidavit.recompute.explain.decisions.single import (
    Singles,
    cases_of,
    explain_rows,
    given_cases,
)
from affidavit.recompute.explain.explained import Explained
from affidavit.recompute.floats import Floats
from affidavit.recompute.worker.scoring import Scores

DATA = {
    "debt": np.arange(0.0, 10.1, 0.1).round(1),
    "income": np.linspace(20, 70, 101).round(1)[::-1],
    "sex": [0, 1] * 50 + [0],
}
DECISIONS = {"near": 1, "per_group": 0, "drawn": 0}


def model(c: Mapping[str, Any]) -> Any:
    return c["debt"] / 20 + (70 - c["income"]) / 100


def world(**more: Any) -> Explained:
    explain = {"decisions": DECISIONS, **more.pop("explain", {})}
    return explained_of(DATA, model, explain=explain, **more)


def contributions(rows: Any) -> Floats:
    """Exact Shapley values of the sum, against debt = 2 and income = 60 (worked by hand)."""
    debt, income = (rows.column(c).to_numpy() for c in ("debt", "income"))
    return np.stack([(debt - 2) / 20, (60 - income) / 100, np.zeros(len(debt))], axis=1)


def explain(explained: Explained, final: Any = None, **more: Any) -> Singles:
    cases = cases_of(explained, choose(explained), final)
    return explain_rows(explained, AskOf(model), cases, contributions(cases.inputs), **more)


def test_an_adverse_and_a_favourable_decision() -> None:
    favourable, adverse = explain(world()).decisions

    assert (favourable.row_id, favourable.label, favourable.is_adverse) == ("r49", "no", False)
    assert (adverse.row_id, adverse.label, adverse.is_adverse) == ("r50", "yes", True)
    assert [(i.column, i.value) for i in adverse.inputs] == [
        ("debt", 5.0), ("income", 45.0), ("sex", 0.0),
    ]  # fmt: skip
    assert (adverse.score, adverse.output, adverse.threshold) == (0.5, 0.5, 0.5)
    assert [a.value for a in adverse.attributions] == [0.15, 0.15, 0.0]
    assert [r.features for r in adverse.reasons.reasons] == [("debt",), ("income",)]
    assert favourable.reasons.status == "favourable"
    assert favourable.reasons.reasons == ()
    assert {c.column for one in adverse.counterfactuals for c in one.changes} == {"debt", "income"}
    assert [one.decision for one in adverse.counterfactuals] == ["no", "no"]


def test_a_given_row_is_explained_as_one_of_the_data_is() -> None:
    """`affidavit explain --case`: the same row from outside has the same explanation."""
    explained = world()
    _, adverse = explain(explained).decisions
    row = explained.inputs.slice(50, 1)

    case = given_cases(explained, ["x-1"], row, np.array([0.5]), cut=np.array([0.5]))
    [given] = explain_rows(explained, AskOf(model), case, contributions(row)).decisions

    assert given.chosen == ("given",)
    assert _bare(given) == _bare(adverse)


def _bare(decision: Decision) -> Decision:
    return decision.model_copy(update={"row_id": "", "chosen": (), "group": None})


def test_a_final_decision_that_differs_is_not_from_this_model() -> None:
    final = coded(["no"] * 101)

    first, second = explain(world(), final).decisions

    assert (first.final, first.reasons.status) == ("no", "favourable")
    assert (second.label, second.final, second.reasons.status) == ("yes", "no", "other")


def test_a_decision_column_alone_is_not_from_this_model() -> None:
    explained = dataclasses.replace(
        world(explain={"decisions": {"ids": ["r60"], **DECISIONS}}), cut=None
    )

    [decision] = explain(explained).decisions

    assert (decision.is_adverse, decision.reasons.status) == (True, "other")
    assert decision.threshold is None
    assert decision.none_found == "No threshold on this model's score decides this row."


def test_groups_of_a_protected_table_do_not_travel() -> None:
    explained = world(
        sensitive={"region": ["a", "b"] * 50 + ["a"], "race": ["x", "y"] * 50 + ["x"]}
    )
    apart = explained.config.sensitive["race"].model_copy(
        update={"table": "p.csv", "join_on": "id"}
    )
    config = explained.config.model_copy(
        update={"sensitive": {**explained.config.sensitive, "race": apart}}
    )

    decisions = explain(dataclasses.replace(explained, config=config)).decisions

    assert [d.group for d in decisions] == [{"region": "b"}, {"region": "a"}]
    assert explain(explained).decisions[0].group == {"region": "b", "race": "y"}  # the twin


def test_a_protected_reason_is_on_page_one() -> None:
    explained = world(sensitive={"sex": [str(s) for s in DATA["sex"]]})
    cases = cases_of(explained, choose(explained))
    values = contributions(cases.inputs)
    values[:, 2] = 0.1

    found = explain_rows(explained, AskOf(model), cases, values)

    assert [d.reasons.status for d in found.decisions] == ["favourable", "protected"]
    assert [f.id for f in found.findings] == ["explain.protected-reason"]
    assert explain(explained).findings == ()  # the twin: an input, and no mover


class Crashing:
    """A model that fails on any row that is not in the data."""

    def scores(self, rows: Any) -> Floats:
        raise AskFailed("the model crashed: signal 11")


def test_a_model_that_fails_on_generated_rows_loses_counterfactuals_alone() -> None:
    explained = world()
    cases = cases_of(explained, choose(explained))

    found = explain_rows(explained, Crashing(), cases, contributions(cases.inputs))

    assert [d.none_found for d in found.decisions] == ["The model failed on generated rows."] * 2
    assert found.decisions[1].reasons.status == "issued"
    [lacking] = found.lacking
    assert lacking.part == "counterfactuals"
    assert "signal 11" in lacking.reason


def test_without_attributions_there_are_no_reasons_and_it_is_said() -> None:
    explained = world()
    cases = cases_of(explained, choose(explained))

    favourable, adverse = explain_rows(explained, AskOf(model), cases, None).decisions

    assert (adverse.attributions, adverse.reasons.status) == ((), "none")
    assert "lacking" in adverse.reasons.method
    assert favourable.reasons.status == "favourable"


def test_a_regression_has_attributions_and_nothing_to_flip() -> None:
    explained = explained_of(
        DATA, model, task="regression", labels=["1"] * 101,
        explain={"decisions": {**DECISIONS, "ids": ["r3"]}},
    )  # fmt: skip
    explained = dataclasses.replace(explained, decision=coded([""] * 101))

    [decision] = explain(explained).decisions

    assert (decision.label, decision.is_adverse, decision.reasons.status) == ("", None, "none")
    assert decision.none_found == "A regression gives no decision that could be another one."
    assert len(decision.attributions) == 3


def test_classes_are_decided_by_all_of_their_scores() -> None:
    def whole(rows: Any) -> Scores:
        grant = 1 - AskOf(model).scores(rows)
        matrix = np.stack([grant, 1 - grant], axis=1)
        return Scores(matrix=matrix, classes=("grant", "deny"), are_codes=False)

    explained = explained_of(
        DATA, model, threshold=None, explain={"decisions": {**DECISIONS, "ids": ["r3", "r90"]}}
    )
    label = explained.config.label.model_copy(update={"favourable": "grant"})
    is_denied = explained.scores > 0.5
    config = explained.config.model_copy(update={"label": label, "task": "multiclass"})
    explained = dataclasses.replace(
        explained, of="grant", config=config,
        scores=1 - explained.scores, is_favourable=~is_denied,
        decision=coded(["deny" if d else "grant" for d in is_denied]),
    )  # fmt: skip
    cases = cases_of(explained, choose(explained))

    granted, denied = explain_rows(
        explained, AskOf(model), cases, -contributions(cases.inputs), whole=whole
    ).decisions

    assert (granted.label, denied.label) == ("grant", "deny")
    assert {c.decision for c in denied.counterfactuals} == {"grant"}
    assert {c.decision for c in granted.counterfactuals} == {"deny"}
    assert [r.features for r in denied.reasons.reasons] == [("debt",), ("income",)]
    [without, _] = explain_rows(explained, AskOf(model), cases, None).decisions
    assert without.none_found == "The model's classes could not be asked about."


def test_missing_text_and_dates_are_written_as_records_hold_them() -> None:
    data = {"x": [0.2, 0.8], "when": pa.array([1, None], pa.timestamp("s")), "who": ["a", None]}

    def plain(c: Mapping[str, Any]) -> Any:
        return c["x"]

    explained = explained_of(data, plain, explain={"decisions": DECISIONS})
    cases = cases_of(explained, choose(explained))

    found = explain_rows(explained, AskOf(plain), cases, None)

    assert [[i.value for i in d.inputs] for d in found.decisions] == [
        [0.2, "1970-01-01 00:00:01", "a"], [0.8, None, None],
    ]  # fmt: skip
