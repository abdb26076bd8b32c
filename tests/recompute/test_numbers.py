"""Numbers against scikit-learn and fairlearn, on the sample's data and on generated rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fairlearn import metrics as fl
from sklearn import metrics as sk
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from tests.recompute.case import Case, binary_config, save_sklearn, sensitive

from affidavit.config import Dataset, Decision, Label, Rows, Segment
from affidavit.rates import derive, read_counts

HMDA = Path(__file__).parents[2] / "samples/credit-risk/data/hmda_boston_aer.csv"


@pytest.fixture(scope="module")
def hmda(tmp_path_factory: pytest.TempPathFactory):
    """The sample's data, a logistic model, its bundle's numbers, and the truth beside them."""
    root = tmp_path_factory.mktemp("hmda")
    data = pd.read_csv(HMDA).rename(columns={"rownames": "id"})
    protected = data[["id", "afam", "single"]]
    data = data.drop(columns=["afam", "single"])
    features = [c for c in data.columns if c not in ("id", "deny")]
    words = [c for c in features if not pd.api.types.is_numeric_dtype(data[c])]
    numbers = [c for c in features if c not in words]
    training, evaluation = data[data["id"] % 4 != 0], data[data["id"] % 4 == 0]
    model = make_pipeline(
        make_column_transformer((StandardScaler(), numbers), (OneHotEncoder(), words)),
        LogisticRegression(max_iter=500),
    ).fit(training[features], training["deny"])
    table = "data/protected.csv"
    config = binary_config(
        label=Label(column="deny", kind="past-decision", positive="yes", favourable="no"),
        decision=Decision(threshold=0.25),
        datasets={r: Dataset(path=f"{r}.csv", include="embed") for r in ("training", "evaluation")},
        sensitive={
            a: sensitive(column=a, reference="no", table=table, join_on="id")
            for a in ("afam", "single")
        },
    )
    case = Case(root / "work").model(save_sklearn(model, root / "model", training[features]))
    case.dataset("training", training).dataset("evaluation", evaluation)
    outcome = case.protected(table, protected).run(config)
    truth = evaluation.merge(protected, on="id")
    truth["score"] = model.predict_proba(truth[features])[:, 1]
    return outcome, truth


def test_scores_through_the_worker_are_those_in_process(hmda) -> None:
    outcome, truth = hmda

    found = pd.read_parquet(outcome.work.root / "data/predictions/evaluation.parquet")

    assert found["row_id"].tolist() == truth["id"].astype(str).tolist()
    np.testing.assert_allclose(found["score"], truth["score"], rtol=1e-11)
    assert (found["decision"] == np.where(truth["score"] >= 0.25, "yes", "no")).all()
    assert found["label"].tolist() == truth["deny"].tolist()


def test_performance_is_scikit_learns(hmda) -> None:
    outcome, truth = hmda
    y, score = truth["deny"] == "yes", truth["score"]
    decided = score >= 0.25
    expected = {
        "accuracy": sk.accuracy_score(y, decided),
        "true_positive_rate": sk.recall_score(y, decided),
        "true_negative_rate": sk.recall_score(~y, ~decided),
        "precision": sk.precision_score(y, decided),
        "prevalence": y.mean(),
        "selection_rate": decided.mean(),
        "roc_auc": sk.roc_auc_score(y, score),
        "gini": 2 * sk.roc_auc_score(y, score) - 1,
        "average_precision": sk.average_precision_score(y, score),
        "brier_score": sk.brier_score_loss(y, score),
        "log_loss": sk.log_loss(y, score),
        "f1": sk.f1_score(y, decided),
        "balanced_accuracy": sk.balanced_accuracy_score(y, decided),
        "matthews_correlation": sk.matthews_corrcoef(y, decided),
    }

    found = outcome.values("performance")

    for metric, value in expected.items():
        assert found[f"performance/evaluation/{metric}"] == pytest.approx(value, rel=1e-11), metric


def test_intervals_hold_their_value_and_name_their_method(hmda) -> None:
    numbers = {n.metric: n for n in hmda[0].report("performance").numbers}

    for metric, method in (
        ("roc_auc", "DeLong, log odds"), ("accuracy", "Wilson"),
        ("brier_score", "normal, standard error of the mean"),
        ("ks", "bootstrap, 500 resamples, as a band"), ("average_precision", "logit"),
        ("calibration_slope", "Wald"),
        ("calibration_gap", "normal, standard error of the mean"),
    ):  # fmt: skip
        number = numbers[metric]
        assert number.method == method
        assert number.level == 0.95
        assert number.low < number.value < number.high


def test_fairness_is_fairlearns_where_it_is_defined(hmda) -> None:
    """Fairness counts the favourable outcome: not denied."""
    outcome, truth = hmda
    good, given = truth["deny"] == "no", truth["score"] < 0.25
    found = outcome.values("fairness")

    for attribute in ("afam", "single"):
        groups = truth[attribute]
        frame = fl.MetricFrame(
            metrics={
                "selection_rate": fl.selection_rate, "count": fl.count,
                "true_positive_rate": fl.true_positive_rate,
                "false_positive_rate": fl.false_positive_rate,
                "false_negative_rate": fl.false_negative_rate,
                "true_negative_rate": fl.true_negative_rate,
                "accuracy": sk.accuracy_score, "precision": sk.precision_score,
            },
            y_true=good, y_pred=given, sensitive_features=groups,
        )  # fmt: skip
        for metric, values in frame.by_group.items():
            for group, value in values.items():
                ours = found[f"fairness/evaluation/{metric}/{attribute}={group}"]
                assert ours == pytest.approx(value, rel=1e-11), (metric, group)
        for summary in (
            fl.demographic_parity_difference, fl.demographic_parity_ratio,
            fl.equalized_odds_difference, fl.equalized_odds_ratio,
            fl.equal_opportunity_difference, fl.equal_opportunity_ratio,
        ):  # fmt: skip
            value = summary(good, given, sensitive_features=groups)
            ours = found[f"fairness/evaluation/{summary.__name__}/{attribute}"]
            assert ours == pytest.approx(value, rel=1e-11), summary.__name__


def test_every_number_from_counts_follows_from_the_count_file(hmda) -> None:
    outcome, _ = hmda

    for name, role in (("performance", "evaluation"), ("fairness-training", "training")):
        report = outcome.report(name)
        content = (outcome.work.root / f"data/reports/counts/{role}.csv").read_bytes()
        derived = {n.id: n.value for n in derive(read_counts(content, report.counts))}
        stated = {n.id: n.value for n in report.numbers if n.source == "counts"}
        assert stated
        for number_id, value in stated.items():
            assert derived[number_id] == pytest.approx(value, rel=1e-11)


def test_the_input_that_gives_the_label_away_is_named(hmda) -> None:
    """`insurance` is known only after the decision: 44 of 48 such applications were denied."""
    found = hmda[0].findings("recompute.suspicious.")

    assert list(found) == ["recompute.suspicious.insurance"]
    assert "44 of 48 rows with 'yes'" in found["recompute.suspicious.insurance"]


def test_a_past_decision_is_called_one(hmda) -> None:
    notes = hmda[0].report("performance").notes

    assert "the lender's own past decision" in notes[0]
    assert "Rows are taken as independent of each other." in notes
    assert any("predict_proba of sklearn.pipeline.Pipeline, the score of 'yes'" in n for n in notes)


def _generated(n: int = 400) -> pd.DataFrame:
    chance = np.random.default_rng(7)
    x = chance.normal(size=n)
    return pd.DataFrame(
        {
            "id": [f"r{i}" for i in range(n)],
            "x": x,
            "z": chance.normal(size=n),
            "y": np.where(x + chance.normal(size=n) > 0.3, "yes", "no"),
            "g": chance.choice(["a", "b", "c"], n),
            "w": chance.uniform(0.5, 3, n).round(3),
            "target": 10 * x + chance.normal(size=n),
            "kind": chance.choice(["red", "green", "blue"], n),
        }
    )


def _logistic(data: pd.DataFrame) -> LogisticRegression:
    return LogisticRegression().fit(data[["x", "z"]], data["y"])


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory):
    root, data = tmp_path_factory.mktemp("generated"), _generated()
    model = _logistic(data)
    save_sklearn(model, root / "model", data[["x", "z"]])
    return root / "model", data, model.predict_proba(data[["x", "z"]])[:, 1]


def test_weights_count_as_scikit_learn_and_fairlearn_count_them(generated, tmp_path: Path) -> None:
    model, data, score = generated
    config = binary_config(rows=Rows(id="id", weight="w"), sensitive={"g": sensitive()})

    found = Case(tmp_path).model(model).dataset("evaluation", data).run(config)

    y, decided, w = data["y"] == "yes", score >= 0.5, data["w"]
    values = found.values("performance")
    for metric, value in {
        "accuracy": sk.accuracy_score(y, decided, sample_weight=w),
        "roc_auc": sk.roc_auc_score(y, score, sample_weight=w),
        "brier_score": sk.brier_score_loss(y, score, sample_weight=w),
        "log_loss": sk.log_loss(y, score, sample_weight=w),
        "f1": sk.f1_score(y, decided, sample_weight=w),
    }.items():
        assert values[f"performance/evaluation/{metric}"] == pytest.approx(value, rel=1e-10)
    parity = fl.demographic_parity_difference(
        ~y, ~decided, sensitive_features=data["g"], sample_weight=w
    )
    ours = found.values("fairness")["fairness/evaluation/demographic_parity_difference/g"]
    assert ours == pytest.approx(parity, rel=1e-10)
    auc = next(n for n in found.report("performance").numbers if n.metric == "roc_auc")
    assert auc.method == "linearized, weighted, log odds"
    assert auc.low < auc.value < auc.high


def test_rows_without_a_label_count_for_selection_only(generated, tmp_path: Path) -> None:
    model, data, score = generated
    holes = data.assign(y=data["y"].where(data.index >= 100))

    found = Case(tmp_path).model(model).dataset("evaluation", holes).run(binary_config())

    report = found.report("performance")
    numbers = {n.metric: n for n in report.numbers}
    assert (report.n_rows, report.n_labelled) == (400, 300)
    assert numbers["selection_rate"].n == 400
    assert numbers["roc_auc"].n == 300
    y = data["y"][100:] == "yes"
    assert numbers["roc_auc"].value == pytest.approx(sk.roc_auc_score(y, score[100:]), rel=1e-11)
    assert any("among the 75.0 % whose label is known" in note for note in report.notes)


def test_one_label_only_leaves_ranking_undefined_with_the_reason(generated, tmp_path: Path) -> None:
    model, data, _ = generated

    found = Case(tmp_path).model(model).dataset("evaluation", data.assign(y="no"))
    report = found.run(binary_config()).report("performance")

    numbers = {n.metric: n for n in report.numbers}
    assert numbers["roc_auc"].value is None
    assert "do not hold both labels" in numbers["roc_auc"].reason
    assert numbers["true_positive_rate"].value is None
    assert numbers["brier_score"].value is not None


def test_segments_have_their_own_threshold(generated, tmp_path: Path) -> None:
    model, data, score = generated
    segments = (Segment(column="kind", value="red", threshold=0.9),)
    config = binary_config(decision=Decision(threshold=0.4, segment=segments))

    found = Case(tmp_path).model(model).dataset("evaluation", data).run(config)

    table = pd.read_csv(found.work.root / "data/predictions/evaluation.csv")
    cut = np.where(data["kind"] == "red", 0.9, 0.4)
    assert table["decision"].tolist() == np.where(score >= cut, "yes", "no").tolist()


def test_multiclass_is_scikit_learns_and_says_that_favourable_is_not_said(tmp_path: Path) -> None:
    data = _generated()
    model = LogisticRegression().fit(data[["x", "z"]], data["kind"])
    save_sklearn(model, tmp_path / "model", data[["x", "z"]])
    config = binary_config(
        task="multiclass", label=Label(column="kind", kind="outcome"),
        decision=Decision(), sensitive={"g": sensitive()},
    )  # fmt: skip

    case = Case(tmp_path / "work").model(tmp_path / "model").dataset("evaluation", data)
    found = case.run(config)

    said, values = model.predict(data[["x", "z"]]), found.values("performance")
    for metric, value in {
        "accuracy": sk.accuracy_score(data["kind"], said),
        "balanced_accuracy": sk.balanced_accuracy_score(data["kind"], said),
        "f1_macro": sk.f1_score(data["kind"], said, average="macro"),
        "f1_micro": sk.f1_score(data["kind"], said, average="micro"),
        "log_loss": sk.log_loss(data["kind"], model.predict_proba(data[["x", "z"]])),
    }.items():
        assert values[f"performance/evaluation/{metric}"] == pytest.approx(value, rel=1e-10), metric
    assert "recompute.favourable.evaluation" in found.findings()
    header = (found.work.root / "data/predictions/evaluation.csv").read_text().splitlines()[0]
    assert header.endswith("role,score_blue,score_green,score_red")


def test_regression_is_scikit_learns(tmp_path: Path) -> None:
    data = _generated()
    model = RandomForestRegressor(n_estimators=5, random_state=0)
    model.fit(data[["x", "z"]], data["target"])
    save_sklearn(model, tmp_path / "model", data[["x", "z"]])
    config = binary_config(
        task="regression", label=Label(column="target", kind="outcome"), decision=Decision()
    )

    case = Case(tmp_path / "work").model(tmp_path / "model").dataset("evaluation", data)
    values = case.run(config).values("performance")

    target, said = data["target"], model.predict(data[["x", "z"]])
    for metric, value in {
        "mae": sk.mean_absolute_error(target, said),
        "mse": sk.mean_squared_error(target, said),
        "rmse": sk.root_mean_squared_error(target, said),
        "r2": sk.r2_score(target, said),
        "bias": float((said - target).mean()),
    }.items():
        assert values[f"performance/evaluation/{metric}"] == pytest.approx(value, rel=1e-9), metric
