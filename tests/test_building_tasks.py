"""Every kind of task and of grouping gives a full bundle, and a stranger verifies it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.recompute.case import Case, save_sklearn
from tests.support.small_world import (
    BINARY,
    EXPLAIN,
    INPUTS,
    SmallBundle,
    applicants,
    build_small,
    fill_binary,
    several_classes,
)

from affidavit.bundle.layout import CONFIG, COUNTS, DECISIONS, EVIDENCE, EXPLAINABILITY
from affidavit.counts import read_counts
from affidavit.evidence import Evidence, Number, Report
from affidavit.explanation_record import Decisions
from affidavit.scan_record import SCAN
from affidavit.toml_reader import read_config
from affidavit.verify.checks import Ledger
from affidavit.verify.count_tables import NamedTable
from affidavit.verify.records import Records
from affidavit.verify.scored import check_scored

EVERYTHING = (
    BINARY.replace('task = "binary"\n', 'task = "binary"\nunit = "customer"\n')
    .replace('id = "id"\n', 'id = "id"\nweight = "weight"\n')
    .replace("threshold = 0.5\n", 'threshold = 0.5\ncolumn = "overruled"\n')
    + """\
[sensitive.race]
source = "estimated"
reference = "white"
probabilities = { white = "p_white", black = "p_black" }
assign_from = 0.6
[fairness]
smallest_group = 25
intersections = [["sex", "age"]]
[intervals]
rates = "clopper-pearson"
[segments.product]
column = "product"
[segments.x1]
column = "x1"
bands = [-1, 0, 1]
[time]
column = "applied"
by = "quarter"
[[hold]]
metric = "selection_rate"
group = { product = "loan" }
min = 0.99
set_by = "validation"
set_on = "2026-01-01"
[[hold]]
metric = "population_stability_index"
max = 0.25
set_by = "validation"
set_on = "2026-01-01"
"""
)


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> SmallBundle:
    folder = tmp_path_factory.mktemp("everything")
    return build_small(folder, EVERYTHING, fill_binary(folder, applicants()))


def test_every_way_to_form_groups_at_once_is_verified(everything: SmallBundle) -> None:
    verdict = everything.verdict()

    assert verdict.exit_code == 0, [c for c in verdict.checks if c.status == "failed"]
    reports = {p for p in everything.files if p.startswith("data/reports/") and p.endswith(".json")}
    names = {"performance", "fairness", "final", "segments", "estimated.race", "stability"}
    assert {f"data/reports/{n}.json" for n in names} <= reports


def test_the_final_decisions_are_counted_beside_the_models(everything: SmallBundle) -> None:
    table = applicants()
    here = everything.numbers("final")["final/evaluation/selection_rate/sex=f"]
    women = table[table.sex == "f"]
    expected = women.weight[women.overruled == "no"].sum() / women.weight.sum()

    assert here.value == pytest.approx(expected, rel=1e-12)
    model = everything.numbers("fairness")["fairness/evaluation/selection_rate/sex=f"]
    assert model.value != here.value


def test_estimated_groups_are_weighed_with_their_probability(everything: SmallBundle) -> None:
    predictions = pd.read_csv(_csv(everything, "data/predictions/evaluation.csv"))
    weight = applicants().p_black * applicants().weight
    expected = weight[predictions.decision == "no"].sum() / weight.sum()

    here = everything.numbers("estimated.race")["estimated/evaluation/selection_rate/race=black"]
    assert here.value == pytest.approx(expected, rel=1e-9)
    assert here.n == int((weight > 0).sum())


def test_the_threshold_rule_stands_beside_it(everything: SmallBundle) -> None:
    assigned = applicants().p_black >= 0.6

    here = everything.numbers("fairness")["fairness/evaluation/count/race=black"]
    assert here.value == assigned.sum()


def test_segments_and_periods_are_shown(everything: SmallBundle) -> None:
    numbers = everything.numbers("segments")

    assert numbers["segments/evaluation/roc_auc/period=2025-Q1"].n > 0
    whole = {n.metric for n in everything.report("performance").numbers}
    of_period = {n.metric for n in numbers.values() if n.group == {"period": "2025-Q1"}}
    assert whole <= of_period
    assert numbers["segments/evaluation/selection_rate/product=loan"].n == (
        applicants()["product"] == "loan"
    ).sum()  # fmt: skip


def test_a_segment_and_a_stability_index_are_held_against_thresholds(
    everything: SmallBundle,
) -> None:
    held = [i for i in everything.findings if i.startswith("recompute.hold.")]

    assert held == ["recompute.hold.01.selection_rate"]
    assert "product loan" in everything.findings[held[0]]["what"]


def test_intersections_are_compared(everything: SmallBundle) -> None:
    numbers = everything.numbers("fairness")

    assert "fairness/evaluation/selection_rate_difference/sex+age=f+<30 vs m+30-49" in numbers


def test_intervals_are_by_unit_and_conservative(everything: SmallBundle) -> None:
    methods = {
        n.method for n in everything.report("fairness").numbers
        if n.metric == "selection_rate" and n.low is not None
    }  # fmt: skip

    assert methods
    assert all("Clopper" in m and "unit" in m for m in methods)


OTHERS = (SCAN, DECISIONS, EXPLAINABILITY)  # in data/reports/, and no reports of numbers
MULTICLASS = BINARY.replace('task = "binary"', 'task = "multiclass"').replace(
    'positive = "yes"\nfavourable = "no"', 'favourable = "low"'
).replace("[decision]\nthreshold = 0.5\n", "")  # fmt: skip


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> tuple[SmallBundle, pd.DataFrame, Any]:
    config = MULTICLASS + '[segments.product]\ncolumn = "product"\n[time]\ncolumn = "applied"\n'
    config += EXPLAIN
    return several_classes(tmp_path_factory.mktemp("classes"), config)


def test_a_model_ofseveral_classes(classes: tuple[SmallBundle, pd.DataFrame, Any]) -> None:
    bundle, table, model = classes
    verdict = bundle.verdict()
    assert verdict.exit_code == 0, [c for c in verdict.checks if c.status == "failed"]
    numbers = bundle.numbers("performance")
    right = model.predict(table[INPUTS]) == table["deny"]
    assert numbers["performance/evaluation/accuracy"].value == pytest.approx(right.mean())
    assert "performance/evaluation/precision/class=middle" in numbers
    fairness = bundle.numbers("fairness")
    women = table[table.sex == "f"]
    low = (model.predict(women[INPUTS]) == "low").mean()
    assert fairness["fairness/evaluation/selection_rate/sex=f"].value == pytest.approx(low)


def test_the_favourable_classes_scores_are_compared_by_group(
    classes: tuple[SmallBundle, pd.DataFrame, Any],
) -> None:
    """One against the rest: its score column, and whether a row is labelled so."""
    from sklearn.metrics import roc_auc_score

    bundle, table, model = classes
    score = model.predict_proba(table[INPUTS])[:, list(model.classes_).index("low")]
    women, is_low = table.sex == "f", table.deny == "low"
    numbers = bundle.numbers("fairness")

    for metric, expected in {
        "mean_score": score[women].mean(),
        "roc_auc": roc_auc_score(is_low[women], score[women]),
        "brier_score": ((score - is_low)[women] ** 2).mean(),
        "calibration_gap": (score - is_low)[women].mean(),
    }.items():
        number = numbers[f"fairness/evaluation/{metric}/sex=f"]
        assert number.value == pytest.approx(expected, rel=1e-9)
        assert (number.label, number.source) == (None, "scores")
    assert numbers["fairness/evaluation/mean_score_difference/sex=f vs m"].value == pytest.approx(
        score[women].mean() - score[~women].mean(), rel=1e-9
    )


def test_segments_and_periods_of_several_classes_have_numbers_from_scores(
    classes: tuple[SmallBundle, pd.DataFrame, Any],
) -> None:
    from sklearn.metrics import log_loss, roc_auc_score

    bundle, table, model = classes
    inside = table["product"] == "loan"
    chances = model.predict_proba(table[INPUTS])[inside]
    numbers = bundle.numbers("segments")

    place = "product=loan"
    assert numbers[f"segments/evaluation/log_loss/{place}"].value == pytest.approx(
        log_loss(table.deny[inside], chances, labels=list(model.classes_)), rel=1e-9
    )
    assert numbers[f"segments/evaluation/roc_auc_macro/{place}"].value == pytest.approx(
        roc_auc_score(table.deny[inside], chances, multi_class="ovr"), rel=1e-9
    )
    assert numbers["segments/evaluation/f1_macro/period=2025-Q1"].n == 225
    assert "segments/evaluation/brier_score/period=2025-Q1" in numbers


@pytest.mark.parametrize(
    ("stem", "number_id"),
    [
        ("fairness", "fairness/evaluation/mean_score/sex=f"),
        ("fairness", "fairness/evaluation/roc_auc_difference/sex=f vs m"),
        ("segments", "segments/evaluation/log_loss/product=loan"),
    ],
)
def test_refuses_scores_of_several_classes_left_out_or_moved(
    classes: tuple[SmallBundle, pd.DataFrame, Any], stem: str, number_id: str
) -> None:
    bundle = classes[0]
    assert _scores_refuted(bundle, stem, lambda n: n) == []  # the twin

    left_out = _scores_refuted(bundle, stem, lambda n: None if n.id == number_id else n)
    other = _scores_refuted(
        bundle, stem, lambda n: n.model_copy(update={"n": n.n + 1}) if n.id == number_id else n
    )

    assert left_out == [f"{number_id}: is computed from scores and no report states it"]
    assert other == [f"{number_id}: n is not what data/config/affidavit.toml and the counts give"]


def _scores_refuted(
    bundle: SmallBundle, stem: str, change: Callable[[Number], Number | None]
) -> list[str]:
    """What the check `scores` says of the bundle's records, one report changed."""
    paths = [p for p in bundle.files if p.startswith("data/reports/") and p.endswith(".json")]
    reports = {p: Report.model_validate_json(bundle.files[p]) for p in paths if p not in OTHERS}
    one = reports[f"data/reports/{stem}.json"]
    kept = tuple(n for n in map(change, one.numbers) if n is not None)
    reports[f"data/reports/{stem}.json"] = one.model_copy(update={"numbers": kept})
    records = Records(
        evidence=Evidence.model_validate_json(bundle.files[EVIDENCE]), evidence_id="",
        derived=None, reports=reports,
        config=read_config(bundle.files[CONFIG], "affidavit.toml"),
    )  # fmt: skip
    named: dict[str, dict[str, Report]] = {}
    for path, report in reports.items():
        if report.counts is not None:
            named.setdefault(report.counts.file, {})[path] = report
    tables = [
        NamedTable(
            path=name,
            table=read_counts(bundle.files[f"{COUNTS}/{name}"], next(iter(own.values())).counts),
            reports=own,
        )
        for name, own in named.items()
    ]
    ledger = Ledger()
    check_scored(records, tables, ledger)
    return [c.what for c in ledger.checks if c.status == "failed"]


REGRESSION = BINARY.replace('task = "binary"', 'task = "regression"').replace(
    'positive = "yes"\nfavourable = "no"\n', ""
).replace("[decision]\nthreshold = 0.5\n", "").replace('"deny"', '"loss"')  # fmt: skip


def test_a_model_of_an_amount(tmp_path: Path) -> None:
    from sklearn.linear_model import LinearRegression

    def priced(table: pd.DataFrame, seed: int) -> pd.DataFrame:
        noise = np.random.RandomState(seed).normal(size=len(table))
        return table.assign(loss=100 + 10 * table.x1 + noise).drop(columns="deny")

    known, table = priced(applicants(seed=7), 1), priced(applicants(), 2)
    model = LinearRegression().fit(known[INPUTS], known["loss"])
    save_sklearn(model, tmp_path / "model", known[INPUTS].head(3))

    def fill(case: Case) -> Case:
        training = known.assign(id="t" + known["id"].str[1:])
        case = case.model(tmp_path / "model").dataset("evaluation", table)
        return case.dataset("training", training)

    config = REGRESSION + EXPLAIN.partition("[[explain.reason]]")[0]
    bundle = build_small(tmp_path, config, fill)

    verdict = bundle.verdict()
    assert verdict.exit_code == 0, [c for c in verdict.checks if c.status == "failed"]
    error = model.predict(table[INPUTS]) - table["loss"]
    numbers = bundle.numbers("performance")
    assert numbers["performance/evaluation/mae"].value == pytest.approx(error.abs().mean())
    here = bundle.numbers("fairness")["fairness/evaluation/mae/sex=f"]
    assert here.value == pytest.approx(error[table.sex == "f"].abs().mean())
    explained = Decisions.model_validate_json(bundle.files[DECISIONS])
    assert explained.scale == "score"
    assert explained.background is not None
    for one in explained.decisions:
        attributed = sum(a.value for a in one.attributions)
        assert explained.background.mean_output + attributed == pytest.approx(one.output)
        assert one.counterfactuals == ()
        assert one.none_found


def test_several_classes_are_explained_by_the_favourable_ones_score(
    classes: tuple[SmallBundle, pd.DataFrame, Any],
) -> None:
    bundle, table, model = classes
    found = Decisions.model_validate_json(bundle.files[DECISIONS])

    assert found.of == "low"
    column = list(model.classes_).index("low")
    scores = dict(zip(table["id"], model.predict_proba(table[INPUTS])[:, column], strict=True))
    for one in found.decisions:
        assert one.score == pytest.approx(scores[one.row_id])
        if one.is_adverse:
            assert {c.decision for c in one.counterfactuals} <= {"low"}
    assert any(one.counterfactuals for one in found.decisions if one.is_adverse)


def _csv(bundle: SmallBundle, path: str):
    import io

    return io.BytesIO(bundle.files[path])
