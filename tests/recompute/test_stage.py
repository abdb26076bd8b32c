"""The stage as a whole: model families, determinism, what travels, and clear refusals."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC
from tests.recompute.case import Case, Outcome, binary_config, hold, save_sklearn, sensitive

from affidavit.config import Dataset, Decision, Features, Label, Rows, Segment
from affidavit.errors import AffidavitError, ConfigError, SourceError
from affidavit.recompute.stage import main_role

pytestmark = pytest.mark.usefixtures("kept_model")
CHANCE = np.random.default_rng(3)
N = 200
DATA = pd.DataFrame(
    {
        "id": np.arange(1, N + 1),
        "x": CHANCE.normal(size=N).round(6),
        "n": CHANCE.integers(0, 5, N),
        "word": CHANCE.choice(["red", "blue"], N),
        "g": CHANCE.choice(["a", "b"], N),
    }
)
DATA["y"] = np.where(DATA["x"] + CHANCE.normal(size=N) > 0.3, "yes", "no")
INPUTS = DATA[["x", "n"]]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    fitted = LogisticRegression().fit(INPUTS, DATA["y"])
    return save_sklearn(fitted, tmp_path_factory.mktemp("m") / "model", INPUTS)


def _run(root: Path, model: Path, data: pd.DataFrame = DATA, **changes) -> Outcome:
    case = Case(root).model(model).dataset("evaluation", data)
    return case.run(binary_config(**changes))


def _scores(outcome: Outcome) -> pd.Series:
    return pd.read_csv(outcome.work.root / "data/predictions/evaluation.csv")["score"]


# ---- model families ------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["skops", "cloudpickle", "pickle"])
def test_scikit_learn_in_every_serialization(how: str, tmp_path: Path) -> None:
    fitted = LogisticRegression().fit(INPUTS, DATA["y"])
    save_sklearn(fitted, tmp_path / "model", INPUTS, how)

    found = _run(tmp_path / "work", tmp_path / "model")

    np.testing.assert_allclose(_scores(found), fitted.predict_proba(INPUTS)[:, 1], rtol=1e-11)
    assert found.done.tools["worker.call"] == "predict_proba"
    assert [i.path for i in found.items("scan")] == ["data/reports/scan.json"]
    assert found.findings("recompute.scan") == {}


@pytest.mark.parametrize("native", [False, True])
def test_lightgbm_with_words_as_categories(native: bool, tmp_path: Path) -> None:
    import mlflow.lightgbm
    from mlflow.models import infer_signature

    given = DATA[["x", "word"]].assign(word=DATA["word"].astype("category"))
    fitted = lightgbm.LGBMClassifier(n_estimators=10, verbose=-1, num_threads=1)
    fitted.fit(given, DATA["y"])
    mlflow.lightgbm.save_model(
        fitted.booster_ if native else fitted, tmp_path / "model",
        signature=infer_signature(DATA[["x", "word"]]), pip_requirements=["lightgbm"],
    )  # fmt: skip

    found = _run(tmp_path / "work", tmp_path / "model")

    np.testing.assert_allclose(_scores(found), fitted.predict_proba(given)[:, 1], rtol=1e-11)
    assert found.done.tools["worker.call"] == (
        "Booster.predict (objective binary)" if native else "predict_proba"
    )


def test_a_python_function_by_its_predict(tmp_path: Path) -> None:
    import mlflow.pyfunc
    from mlflow.models import infer_signature

    code = tmp_path / "model_code.py"
    code.write_text(
        textwrap.dedent("""\
        import mlflow.pyfunc
        from mlflow.models import set_model

        class Third(mlflow.pyfunc.PythonModel):
            def predict(self, context, model_input, params=None):
                return model_input["x"].to_numpy() / 3

        set_model(Third())
        """)
    )
    mlflow.pyfunc.save_model(
        tmp_path / "model", python_model=str(code), signature=infer_signature(DATA[["x"]]),
        pip_requirements=["mlflow"],
    )  # fmt: skip

    found = _run(tmp_path / "work", tmp_path / "model")

    np.testing.assert_allclose(_scores(found), DATA["x"] / 3, rtol=1e-11)
    numbers = {n.metric: n for n in found.report("performance").numbers}
    assert numbers["brier_score"].reason == "undefined: scores outside [0, 1] are no probabilities"
    assert numbers["roc_auc"].value is not None


def test_a_model_without_probabilities_says_so(tmp_path: Path) -> None:
    fitted = LinearSVC().fit(INPUTS, DATA["y"])
    save_sklearn(fitted, tmp_path / "model", INPUTS)

    found = _run(tmp_path / "work", tmp_path / "model", decision=Decision(threshold=0.0))

    np.testing.assert_allclose(_scores(found), fitted.decision_function(INPUTS), rtol=1e-10)
    assert any("decision_function values" in n for n in found.report("performance").notes)


def test_classes_0_and_1_for_a_label_in_words(tmp_path: Path) -> None:
    fitted = LogisticRegression().fit(INPUTS, (DATA["y"] == "yes").astype(int))
    save_sklearn(fitted, tmp_path / "model", INPUTS)

    found = _run(tmp_path / "work", tmp_path / "model")

    np.testing.assert_allclose(_scores(found), fitted.predict_proba(INPUTS)[:, 1], rtol=1e-11)
    assert any("second of the model's two classes was taken for 'yes'" in n
               for n in found.report("performance").notes)  # fmt: skip


def test_the_positive_class_is_found_by_name_not_by_place(tmp_path: Path) -> None:
    fitted = LogisticRegression().fit(INPUTS, DATA["y"])
    save_sklearn(fitted, tmp_path / "model", INPUTS)
    label = Label(column="y", kind="outcome", positive="no", favourable="no")

    found = _run(tmp_path / "work", tmp_path / "model", label=label)

    np.testing.assert_allclose(_scores(found), fitted.predict_proba(INPUTS)[:, 0], rtol=1e-11)


def test_a_model_without_signature_takes_the_declared_columns_in_order(tmp_path: Path) -> None:
    fitted = LogisticRegression().fit(DATA[["n", "x"]], DATA["y"])
    save_sklearn(fitted, tmp_path / "model", None)

    found = _run(tmp_path / "work", tmp_path / "model", features=Features(columns=("n", "x")))

    expected = fitted.predict_proba(DATA[["n", "x"]])[:, 1]
    np.testing.assert_allclose(_scores(found), expected, rtol=1e-11)


def test_a_model_without_signature_and_features_is_refused(tmp_path: Path) -> None:
    save_sklearn(LogisticRegression().fit(INPUTS, DATA["y"]), tmp_path / "model", None)

    with pytest.raises(
        ConfigError, match="which columns the model takes is not on record"
    ) as caught:
        _run(tmp_path / "work", tmp_path / "model")

    assert "[features] columns" in caught.value.fix


def test_a_model_that_sees_a_sensitive_column_is_scored_and_named(tmp_path: Path) -> None:
    given = DATA[["x"]].assign(g=(DATA["g"] == "a").astype(int))
    data = DATA.assign(g=given["g"])
    save_sklearn(LogisticRegression().fit(given, DATA["y"]), tmp_path / "model", given)

    found = _run(
        tmp_path / "work", tmp_path / "model", data, sensitive={"g": sensitive(reference="0")}
    )

    assert found.findings("recompute.input") == {
        "recompute.input.sensitive.g": "the model sees g, the sensitive attribute g"
    }
    assert len(_scores(found)) == N


# ---- determinism, and what travels ---------------------------------------------------------------


@pytest.mark.slow  # tests/test_building.py has it of a whole build
def test_the_same_bytes_in_another_folder_under_other_threads_and_settings(
    model: Path, tmp_path: Path
) -> None:
    """Two processes with other thread counts, hash seeds, time zones and folders."""
    script = textwrap.dedent("""\
        import json, sys
        from pathlib import Path
        from tests.recompute.test_stage import DATA, _run, sensitive
        found = _run(Path(sys.argv[1]), Path(sys.argv[2]), sensitive={"g": sensitive()})
        print(json.dumps(found.payload()))
        """)
    outputs = []
    for i, extra in enumerate(
        (
            {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "1", "TZ": "UTC"},
            {"OMP_NUM_THREADS": "4", "PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo", "LANG": "C"},
        )
    ):
        done = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path / f"w{i}"), str(model)],
            cwd=Path(__file__).parents[2], env={**os.environ, **extra}, check=True,
            capture_output=True, text=True,
        )  # fmt: skip
        outputs.append(done.stdout.splitlines()[-1])

    assert outputs[0] == outputs[1]
    assert "data/predictions/evaluation.parquet" in outputs[0]


def test_items_are_what_is_on_disk(model: Path, tmp_path: Path) -> None:
    found = _run(tmp_path, model, sensitive={"g": sensitive()})

    on_disk = found.payload()
    stated = {i.path: i.sha256 for i in found.done.evidence.items if i.origin == "recomputed"}
    assert on_disk == stated
    assert set(stated) == {
        "data/predictions/evaluation.csv",
        "data/predictions/evaluation.parquet",
        "data/reports/counts/evaluation.csv",
        "data/reports/data.json",
        "data/reports/fairness.json",
        "data/reports/performance.json",
        "data/reports/scan.json",
        "data/reports/thresholds/evaluation.csv",
    }


def test_predictions_of_a_role_by_reference_stay_out_of_the_payload(
    model: Path, tmp_path: Path
) -> None:
    datasets = {"evaluation": Dataset(path="e.csv", include="reference")}

    found = _run(tmp_path, model, datasets=datasets)

    for item in found.items("predictions"):
        assert (item.embedded, item.sensitivity) == (False, "personal-data")
        assert not (tmp_path / item.path).exists()
        content = (tmp_path / "held" / item.path).read_bytes()
        assert hashlib.sha256(content).hexdigest() == item.sha256


def test_both_forms_of_the_predictions_hold_the_same_rows(model: Path, tmp_path: Path) -> None:
    found = _run(tmp_path, model)

    folder = found.work.root / "data/predictions"
    table = pd.read_csv(folder / "evaluation.csv", dtype={"row_id": str})
    pd.testing.assert_frame_equal(
        table, pd.read_parquet(folder / "evaluation.parquet"), check_dtype=False
    )
    assert list(table.columns) == ["row_id", "label", "score", "decision", "weight", "role"]


def test_other_roles_are_reported_under_their_name(model: Path, tmp_path: Path) -> None:
    datasets = {r: Dataset(path=f"{r}.csv", include="embed") for r in ("training", "evaluation")}
    case = Case(tmp_path).model(model).dataset("training", DATA[:150])

    found = case.dataset("evaluation", DATA[150:]).run(binary_config(datasets=datasets))

    assert found.report("performance").role == "evaluation"
    assert found.report("performance-training").n_rows == 150


def test_the_main_role_is_evaluation_else_the_last_that_is_not_training() -> None:
    assert main_role(["training", "evaluation", "drift"]) == "evaluation"
    assert main_role(["validation", "test", "training"]) == "test"
    assert main_role(["training"]) == "training"


def test_a_wrong_logged_accuracy_and_a_missed_threshold_are_findings(
    model: Path, tmp_path: Path
) -> None:
    case = Case(tmp_path).model(model).dataset("evaluation", DATA)
    case.logged({"key": "accuracy", "value": 0.123})

    found = case.run(binary_config(hold=(hold("roc_auc", min=0.999),)))

    assert list(found.findings()) == ["recompute.hold.01.roc_auc", "recompute.logged.001.accuracy"]
    assert found.report("performance").logged[0].verdict == "different"


def test_without_the_datasets_bytes_there_is_a_gap_and_no_model_is_run(
    model: Path, tmp_path: Path
) -> None:
    found = Case(tmp_path).model(model).run(binary_config())

    assert found.findings() == {
        "recompute.nothing": "nothing was recomputed: a dataset is not there"
    }
    assert found.done.isolation == "no model was run"


def test_training_rows_among_the_evaluation_rows_are_an_exception(
    model: Path, tmp_path: Path
) -> None:
    datasets = {r: Dataset(path=f"{r}.csv", include="embed") for r in ("training", "evaluation")}
    found = {}
    for name, start in (("apart", 150), ("overlapping", 140)):
        case = Case(tmp_path / name).model(model).dataset("training", DATA[:150])
        case.dataset("evaluation", DATA[start:])
        found[name] = case.run(binary_config(datasets=datasets)).findings("recompute.overlap")

    assert found["apart"] == {}
    assert list(found["overlapping"]) == ["recompute.overlap.evaluation"]


def test_the_fairness_report_says_whose_labels_are_missing_and_which_groups_are_small(
    model: Path, tmp_path: Path
) -> None:
    data = DATA.assign(g=["tiny", *DATA["g"][1:-1], None])
    data["y"] = data["y"].where((data["g"] != "b") | (data.index % 2 == 0))

    found = _run(tmp_path, model, data, sensitive={"g": sensitive()})

    notes = found.report("fairness").notes
    assert any("rows have no label" in n for n in notes)
    assert any(n.startswith("The share of rows whose label is known differs by g: ") for n in notes)
    assert any(n.startswith("g: fewer than 30 rows in tiny (1 row); ") for n in notes)
    assert any("1 of 200 rows have no value of g" in n for n in notes)
    assert list(found.findings("recompute.missing")) == ["recompute.missing.g.evaluation"]


def test_complete_labels_and_large_groups_need_no_note(model: Path, tmp_path: Path) -> None:
    assert _run(tmp_path, model, sensitive={"g": sensitive()}).report("fairness").notes == ()


def test_a_segment_without_rows_is_an_exception_and_each_has_its_rows_in_the_report(
    model: Path, tmp_path: Path
) -> None:
    segments = tuple(Segment(column="word", value=v, threshold=0.4) for v in ("red", "green"))

    found = _run(tmp_path, model, decision=Decision(threshold=0.5, segment=segments))

    assert list(found.findings("recompute.segment")) == ["recompute.segment.02"]
    red = int((DATA["word"] == "red").sum())
    expected = f"0.4 where word = 'red': {red}; 0.4 where word = 'green': 0; 0.5 for the rest: "
    assert any(expected in note for note in found.report("performance").notes)


def test_labels_that_pandas_wrote_as_floats_are_those_of_training(tmp_path: Path) -> None:
    data = DATA.assign(y=(DATA["y"] == "yes").astype(int))
    fitted = LogisticRegression().fit(INPUTS, data["y"])
    save_sklearn(fitted, tmp_path / "model", INPUTS)
    datasets = {r: Dataset(path=f"{r}.csv", include="embed") for r in ("training", "evaluation")}
    case = Case(tmp_path / "work").model(tmp_path / "model").dataset("training", data[:100])
    evaluation = data[100:].assign(y=data["y"][100:].astype(float).where(data.index[100:] > 110))
    case.dataset("evaluation", evaluation)

    found = case.run(
        binary_config(
            datasets=datasets,
            label=Label(column="y", kind="outcome", positive="1", favourable="0"),
        )
    )

    assert found.report("performance").n_labelled == 89
    prevalence = found.values("performance")["performance/evaluation/prevalence"]
    assert prevalence == pytest.approx(evaluation["y"].mean())


# ---- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "changes", "kind", "expected"),
    [
        (DATA.drop(columns="y"), {}, ConfigError, "the label column 'y' is not among its columns"),
        (DATA.drop(columns="id"), {}, ConfigError, "the row id 'id' is not among its columns"),
        (DATA.drop(columns="x"), {}, ConfigError, "'x' is not among its columns"),
        (DATA.assign(id=1), {}, SourceError, "expected 200 values, found 1"),
        (DATA.assign(x="word"), {}, SourceError, "row 1 holds no number"),
        (DATA, {"rows": Rows(id="id", weight="nope")}, ConfigError, "the row weight 'nope'"),
        (DATA, {"sensitive": {"z": sensitive(column="z")}}, ConfigError, "the sensitive attribute z"),
        (DATA, {"decision": Decision()}, ConfigError, "[decision] needs a threshold"),
        (DATA.assign(f="refer"), {"decision": Decision(column="f")}, ConfigError, "holds refer"),
        (DATA, {"unit": "one person"}, ConfigError, "'one person' is not among its columns"),
        (DATA.assign(u=[None, *range(199)]), {"unit": "u"}, SourceError, "'u' is missing in 1 rows"),
        (DATA.assign(y=DATA["n"]), {}, ConfigError, "holds 5 values"),
        (DATA, {"label": Label(column="y", kind="outcome", positive="YES", favourable="no")},
         ConfigError, "positive = 'YES' is no value of 'y'"),
        (DATA, {"label": Label(column="y", kind="outcome", positive="yes", favourable="n")},
         ConfigError, "favourable = 'n' is no value of 'y'"),
        (DATA, {"hold": (hold("profit", min=1),)}, ConfigError, "no number is called 'profit'"),
    ],
)  # fmt: skip
def test_refuses_in_one_line_what_does_not_fit(
    data: pd.DataFrame, changes: dict, kind: type[AffidavitError], expected: str, model: Path,
    tmp_path: Path,
) -> None:  # fmt: skip
    with pytest.raises(kind) as caught:
        _run(tmp_path, model, data, **changes)

    assert expected in caught.value.what
    assert caught.value.fix


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("flavors: {spark: {}}\n", "expected one of the flavors"),
        ("flavors:\n  sklearn: {pickled_model: ../../secret}\n", "outside of the model"),
        ("- a\n", "expected a mapping"),
        ("a: [\n", "MLmodel is not YAML"),
    ],
)
def test_refuses_a_model_description_that_names_no_model(
    content: str, expected: str, tmp_path: Path
) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "MLmodel").write_text(content)

    with pytest.raises(SourceError) as caught:
        _run(tmp_path / "work", tmp_path / "model", features=Features(columns=("x",)))

    assert expected in caught.value.what


def test_intervals_by_unit_are_those_of_fewer_rows(model: Path, tmp_path: Path) -> None:
    twice = pd.concat([DATA, DATA.assign(id=DATA["id"] + 1000)], ignore_index=True)
    twice = twice.assign(person=[*range(len(DATA)), *range(len(DATA))])

    by_row = _run(tmp_path / "a", model, twice).report("performance")
    by_unit = _run(tmp_path / "b", model, twice, unit="person").report("performance")

    for wide, narrow in zip(by_unit.numbers, by_row.numbers, strict=True):
        assert wide.value == narrow.value
    widths = {
        n.metric: (n.high - n.low, n.method) for n in by_unit.numbers if n.metric == "accuracy"
    }
    rows = next(n for n in by_row.numbers if n.metric == "accuracy")
    width, method = widths["accuracy"]
    # Every row stands twice, so half the rows are worth counting: sqrt(2) wider, about.
    assert width / (rows.high - rows.low) == pytest.approx(2**0.5, rel=0.02)
    assert method == "Wilson, by unit"
