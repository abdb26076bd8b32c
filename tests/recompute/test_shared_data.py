"""Numbers on three public data sets against scikit-learn and fairlearn, before the writer rounds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fairlearn import metrics as fl
from sklearn import metrics as sk
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.rates.build import by_id, spec_of, table_of, weighted_table
from tests.recompute.scored_rows import by_metric, sample

from affidavit.recompute.binary_numbers import binary_numbers
from affidavit.recompute.floats import rounded

ROOT = Path(__file__).parents[2]
EXACT = {"rel": 1e-12, "abs": 1e-15}


@dataclass(frozen=True)
class Scored:
    """Rows of a data set: the event, a model's score, the decision, a group, a weight."""

    event: np.ndarray
    score: np.ndarray
    decided: np.ndarray
    group: np.ndarray
    weight: np.ndarray | None

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        words = (np.where(side, "bad", "good") for side in (self.event, self.decided))
        return list(zip(self.group, *words, strict=True))


def _scored(table: pd.DataFrame, event: pd.Series, group: pd.Series, threshold: float) -> Scored:
    numbers = table.select_dtypes("number")
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
    # Scores are taken to twelve digits before anything is computed from them; both sides see them.
    score = rounded(model.fit(numbers, event).predict_proba(numbers)[:, 1])
    return Scored(
        event=event.to_numpy(), score=score, decided=score >= threshold,
        group=group.astype(str).to_numpy(), weight=None,
    )  # fmt: skip


@cache
def _hmda() -> Scored:
    table = pd.read_csv(ROOT / "samples/credit-risk/data/hmda_boston_aer.csv")
    return _scored(
        table.drop(columns="rownames"), table["deny"] == "yes", table["afam"].replace("no", "a"),
        0.25,
    )  # fmt: skip


@cache
def _card_default() -> Scored:
    table = pd.read_csv(ROOT / "samples/card-default/data/uci_credit_card_default.csv")
    label = "default-payment-next-month"
    inputs = table.drop(columns=[label, "ID", "SEX"])
    group = table["SEX"].map({0: "a", 1: "women"})
    return _scored(inputs, table[label] == 1, group, 0.3)


@cache
def _german_credit() -> Scored:
    table = pd.read_csv(ROOT / "tests/data/german-credit/german_credit_uci_raw.csv")
    group = table["personal_status"].replace("A93", "a")
    return _scored(table.drop(columns="credit_risk"), table["credit_risk"] == 2, group, 0.4)


SETS = {"hmda": _hmda, "card-default": _card_default, "german-credit": _german_credit}


@pytest.fixture(scope="module", params=[(n, w) for n in SETS for w in (False, True)], ids=str)
def scored(request: pytest.FixtureRequest) -> Scored:
    name, is_weighted = request.param
    found = SETS[name]()
    if not is_weighted:
        return found
    weight = np.random.default_rng(8).choice([0.5, 1.0, 2.25], len(found.score))
    return Scored(found.event, found.score, found.decided, found.group, weight)


def _counted(scored: Scored):
    spec = spec_of("g", weighted=scored.weight is not None)
    if scored.weight is None:
        return by_id(table_of(scored.rows, spec))
    rows = zip(scored.rows, map(str, scored.weight), strict=True)
    return by_id(weighted_table(rows, spec))


def test_ranking_and_loss_numbers_are_scikit_learns(scored: Scored) -> None:
    event, score, weight = scored.event, scored.score, scored.weight
    false, true, _ = sk.roc_curve(event, score, sample_weight=weight, drop_intermediate=False)
    precision, recall, _ = sk.precision_recall_curve(event, score, sample_weight=weight)
    area = sk.roc_auc_score(event, score, sample_weight=weight)
    expected = {
        "roc_auc": area,
        "gini": 2 * area - 1,
        "ks": np.abs(true - false).max(),
        "average_precision": sk.average_precision_score(event, score, sample_weight=weight),
        "pr_curve_area": sk.auc(recall, precision),
        "brier_score": sk.brier_score_loss(event, score, sample_weight=weight),
        "log_loss": sk.log_loss(event, score, sample_weight=weight),
        "calibration_gap": np.average(score - event, weights=weight),
    }

    ours = by_metric(binary_numbers(sample(event, score, weight), "evaluation"))

    for metric, value in expected.items():
        assert ours[metric].value == pytest.approx(value, **EXACT), metric


def test_decision_numbers_are_scikit_learns(scored: Scored) -> None:
    sides = (scored.event, scored.decided)
    weight = {"sample_weight": scored.weight}
    tn, fp, fn, tp = sk.confusion_matrix(*sides, **weight).ravel()
    expected = {
        "true_positives": tp, "false_positives": fp, "true_negatives": tn, "false_negatives": fn,
        "accuracy": sk.accuracy_score(*sides, **weight),
        "precision": sk.precision_score(*sides, **weight),
        "true_positive_rate": sk.recall_score(*sides, **weight),
        "true_negative_rate": sk.recall_score(*sides, pos_label=False, **weight),
        "prevalence": np.average(scored.event, weights=scored.weight),
        "selection_rate": fl.selection_rate(*sides, **weight),
        "f1": sk.f1_score(*sides, **weight),
        "balanced_accuracy": sk.balanced_accuracy_score(*sides, **weight),
        "matthews_correlation": sk.matthews_corrcoef(*sides, **weight),
    }  # fmt: skip

    ours = _counted(scored)

    for metric, value in expected.items():
        found = ours[f"performance/evaluation/{metric}"].value
        assert found == pytest.approx(value, **EXACT), metric


RATES = {
    "selection_rate": fl.selection_rate, "true_positive_rate": fl.true_positive_rate,
    "false_positive_rate": fl.false_positive_rate, "false_negative_rate": fl.false_negative_rate,
    "true_negative_rate": fl.true_negative_rate, "accuracy": sk.accuracy_score,
    "precision": sk.precision_score,
}  # fmt: skip
SUMMARIES = (
    fl.demographic_parity_difference, fl.demographic_parity_ratio,
    fl.equal_opportunity_difference, fl.equal_opportunity_ratio,
    fl.equalized_odds_difference, fl.equalized_odds_ratio,
)  # fmt: skip


def test_fairness_is_fairlearns_of_the_favourable_label(scored: Scored) -> None:
    good, given = ~scored.event, ~scored.decided
    ours = _counted(scored)

    for group in np.unique(scored.group):
        mine = scored.group == group
        weight = None if scored.weight is None else scored.weight[mine]
        for metric, function in RATES.items():
            theirs = function(good[mine], given[mine], sample_weight=weight)
            found = ours[f"fairness/evaluation/{metric}/g={group}"].value
            assert found == pytest.approx(theirs, **EXACT), (metric, group)
    for function in SUMMARIES:
        theirs = function(good, given, sensitive_features=scored.group, sample_weight=scored.weight)
        found = ours[f"fairness/evaluation/{function.__name__}/g"].value
        assert found == pytest.approx(theirs, **EXACT), function.__name__


def test_each_group_against_the_reference_is_of_fairlearns_rates(scored: Scored) -> None:
    good, given = ~scored.event, ~scored.decided
    frame = fl.MetricFrame(
        metrics=fl.selection_rate, y_true=good, y_pred=given, sensitive_features=scored.group,
        sample_params=None if scored.weight is None else {"sample_weight": scored.weight},
    ).by_group  # fmt: skip
    ours = _counted(scored)

    for group in frame.index.drop("a"):
        stem = f"fairness/evaluation/selection_rate_{{}}/g={group} vs a"
        assert ours[stem.format("difference")].value == pytest.approx(
            frame[group] - frame["a"], **EXACT
        )
        assert ours[stem.format("ratio")].value == pytest.approx(
            frame[group] / frame["a"], **EXACT
        )  # fmt: skip
