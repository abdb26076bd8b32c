"""What the answers of each family mean; in this process, without a worker around it.

Families that are not among our packages are in tests/conformance/test_families.py.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.svm import LinearSVC
from tests.recompute.case import binary_config

from affidavit.recompute.affidavit_worker.refusing import Refused
from affidavit.recompute.affidavit_worker.scorer import Scorer
from affidavit.recompute.worker.model_files import read_plan

CHANCE = np.random.RandomState(6)
N = 300
X = pd.DataFrame(CHANCE.normal(size=(N, 2)), columns=["x1", "x2"])
RISK = X["x1"] + CHANCE.normal(size=N)
YES = np.where(RISK > 0, "yes", "no")
ONE = (RISK > 0).astype(int)
CLASS = np.array(["a", "b", "c"])[np.digitize(RISK, [-0.5, 0.5])]
QUIET = {"verbose": -1, "n_jobs": 1, "n_estimators": 5}


def _scorer(
    model: Any, task: str = "binary", positive: str = "yes", flavor: str = "sklearn", **more: Any
) -> Scorer:
    return Scorer(model, {"flavor": flavor, "task": task, "positive": positive, **more})


def _answering(answer: Any) -> Any:
    """A python_function that gives this answer, whatever it is asked."""
    kind = type("PyFuncModel", (SimpleNamespace,), {"__module__": "mlflow.pyfunc"})
    return kind(predict=lambda frame: answer(frame) if callable(answer) else answer)


# ---- statsmodels -----------------------------------------------------------------------------------


def _statsmodels(results: Any, **more: Any) -> Scorer:
    return _scorer(results, flavor="statsmodels", **more)


def test_a_logit_is_a_probability_and_its_constant_is_added_by_name() -> None:
    design = sm.add_constant(X)
    fitted = sm.Logit(ONE, design).fit(disp=False)
    scorer = _statsmodels(fitted)

    for given in (design, X, X[["x2", "x1"]]):  # by name, whatever the order
        np.testing.assert_array_equal(scorer.score(given)[:, 0], fitted.predict(design))
    assert scorer.call == "predict of Logit, a probability"
    assert "the constant column of the fit was added to the inputs" in scorer.notes


def test_the_score_of_the_other_label_is_the_rest_to_one() -> None:
    fitted = sm.Logit(ONE, X).fit(disp=False)

    found = _statsmodels(fitted, positive="0").score(X)[:, 0]

    np.testing.assert_allclose(found, 1 - fitted.predict(X), rtol=1e-15)


@pytest.mark.parametrize("positive", ["yes", "no"])
def test_a_formula_s_glm_counts_the_first_level_and_is_turned_round(positive: str) -> None:
    """statsmodels takes the first of two levels for the event: P(no), not P(yes)."""
    rows = X.assign(said=YES)
    fitted = smf.glm("said ~ x1 + x2", rows, family=sm.families.Binomial()).fit()
    right = LogisticRegression(C=1e9).fit(X, YES).predict_proba(X)[:, int(positive == "yes")]

    found = _statsmodels(fitted, positive=positive).score(X)[:, 0]

    np.testing.assert_allclose(found, right, atol=1e-3)


def test_a_linear_model_of_a_label_has_no_probability() -> None:
    scorer = _statsmodels(sm.OLS(ONE, X).fit())

    assert scorer.call == "predict of OLS"
    assert scorer.notes == ["scores are predictions of OLS, not probabilities"]


def test_mnlogit_has_a_column_for_each_class_by_name() -> None:
    fitted = sm.MNLogit(pd.Series(CLASS), X).fit(disp=False)
    scorer = _statsmodels(fitted, task="multiclass")

    np.testing.assert_array_equal(scorer.score(X), np.asarray(fitted.predict(X)))
    assert scorer.classes == ["a", "b", "c"]


def test_a_fit_on_other_columns_is_refused() -> None:
    fitted = sm.OLS(RISK, X).fit()

    with pytest.raises(Refused, match="the fit had 2 columns, it is given 3"):
        _statsmodels(fitted, task="regression").score(X.assign(x3=1.0))


def test_a_fit_on_counts_is_refused() -> None:
    counts = np.column_stack([ONE * 3, 3 - ONE * 3])
    fitted = sm.GLM(counts, X, family=sm.families.Binomial()).fit()

    with pytest.raises(Refused, match="counts of events"):
        _statsmodels(fitted)


# ---- LightGBM --------------------------------------------------------------------------------------


def test_a_booster_s_objective_says_whether_it_gives_probabilities() -> None:
    data = lgb.Dataset(X, ONE, free_raw_data=False)
    known = lgb.train({"objective": "binary", "verbose": -1}, data, 5)
    scorer = _scorer(known)
    np.testing.assert_array_equal(scorer.score(X)[:, 0], known.predict(X))
    assert scorer.call == "Booster.predict (objective binary)"
    assert not [n for n in scorer.notes if "not probabilities" in n]

    def logistic(score: Any, rows: Any) -> tuple[Any, Any]:
        p = 1 / (1 + np.exp(-score))
        return p - rows.get_label(), p * (1 - p)

    custom = lgb.train({"objective": logistic, "verbose": -1}, data, 5)
    raw = _scorer(custom)
    np.testing.assert_array_equal(raw.score(X)[:, 0], custom.predict(X))
    assert "scores are raw values (objective custom), not probabilities" in raw.notes
    np.testing.assert_array_equal(_scorer(custom, positive="0").score(X)[:, 0], -custom.predict(X))


def test_a_classifier_with_an_objective_of_its_own_has_no_probabilities() -> None:
    def logistic(label: Any, score: Any) -> tuple[Any, Any]:
        p = 1 / (1 + np.exp(-score))
        return p - label, p * (1 - p)

    fitted = lgb.LGBMClassifier(objective=logistic, **QUIET).fit(X, YES)
    scorer = _scorer(fitted)

    np.testing.assert_array_equal(scorer.score(X)[:, 0], fitted.booster_.predict(X))
    assert scorer.call == "Booster.predict (objective custom)"


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_lightgbm_of_other_tasks(task: str) -> None:
    if task == "multiclass":
        fitted = lgb.LGBMClassifier(**QUIET).fit(X, CLASS)
        expected = fitted.predict_proba(X)
    else:
        fitted = lgb.LGBMRegressor(**QUIET).fit(X, RISK)
        expected = fitted.predict(X)[:, None]

    np.testing.assert_array_equal(_scorer(fitted, task).score(X), expected)


# ---- scikit-learn ----------------------------------------------------------------------------------


def test_a_margin_of_the_first_class_is_turned_round() -> None:
    fitted = LinearSVC().fit(X, YES)

    np.testing.assert_array_equal(
        _scorer(fitted, positive="no").score(X)[:, 0], -fitted.decision_function(X)
    )


def test_a_regression_used_for_two_classes_is_said_to_be_one() -> None:
    scorer = _scorer(LinearRegression().fit(X, ONE))

    assert "has no classes: its prediction, a number, is taken as the score" in scorer.notes[0]


# ---- python_function -------------------------------------------------------------------------------

P = np.linspace(0, 1, N)
SAME = {
    "array": P,
    "one-column": P[:, None],
    "list": P.tolist(),
    "series": pd.Series(P),
    "two-columns": np.column_stack([1 - P, P]),
    "named": pd.DataFrame({"yes": P, "no": 1 - P}),
    "dict": {"no": (1 - P).tolist(), "yes": P.tolist()},
    "records": [{"yes": p, "no": 1 - p} for p in P],
    "dict-of-one": {"score": P},
}


@pytest.mark.parametrize("how", SAME)
def test_a_python_function_may_answer_in_any_plain_shape(how: str) -> None:
    scorer = _scorer(_answering(SAME[how]), flavor="python_function")

    np.testing.assert_array_equal(scorer.score(X)[:, 0], P)
    assert scorer.call == "predict of a python_function"


REFUSED = {
    "other-names": (pd.DataFrame({"label": ONE, "probability": P}), "label, probability .2 columns.; none is 'yes'"),
    "another-order": (lambda frame: pd.Series(P, index=frame.index[::-1]), "in another order than the rows"),
    "too-few": (P[:-1], "one answer for each of 300 rows, got 299"),
    "scalar": (0.5, "got a single value"),
    "three-integers": (np.arange(N) % 3, "more than two whole numbers"),
}  # fmt: skip


@pytest.mark.parametrize("how", REFUSED)
def test_refuses_an_answer_that_is_not_clear(how: str) -> None:
    answer, says = REFUSED[how]

    with pytest.raises(Refused, match=says):
        _scorer(_answering(answer), positive="1" if how == "three-integers" else "yes",
                flavor="python_function").score(X)  # fmt: skip


@pytest.mark.parametrize(
    ("labels", "positive", "expected"),
    [
        (np.where(ONE == 1, "yes", "no"), "yes", ONE),
        (ONE, "0", 1 - ONE),
        (ONE, "1", ONE),
        (ONE.astype(bool), "yes", ONE),
        (np.full(N, "no"), "yes", 0 * ONE),
        (np.ones(N, dtype=int), "0", 0 * ONE),
    ],
)
def test_labels_are_ones_where_they_are_the_positive_one(
    labels: Any, positive: str, expected: Any
) -> None:
    scorer = _scorer(_answering(labels), positive=positive, flavor="python_function")

    assert scorer.score(X)[:, 0].tolist() == list(expected)
    assert "the model answers with labels, not with probabilities" in scorer.notes


@pytest.mark.parametrize(
    ("answer", "negative", "says"),
    [
        (np.where(ONE == 1, "approve", "reject"), None, "labels 'approve', 'reject'; expected 'yes'"),
        (np.full(N, "reject"), "no", "labels 'reject'; expected 'yes' or 'no'"),
        (np.where(ONE == 1, "yes", "maybe"), "no", "labels 'maybe'; expected 'yes' or 'no'"),
        (np.array(["yes", "no", "maybe"] * (N // 3)), None, "labels 'maybe', 'no'; expected 'yes'"),
        ([str(v) for v in P], "no", "labels '0.*; expected 'yes' or 'no'"),
        ([None, *["no"] * (N - 1)], "no", "labels 'none'; expected"),
        ([0.5, "no"] * (N // 2), "no", "labels '0.5'; expected"),
    ],
    ids=[
        "other words", "one other word", "a third word", "three words", "numbers as text",
        "nothing", "mixed",
    ],
)  # fmt: skip
def test_a_label_that_the_data_do_not_have_is_no_decision(
    answer: Any, negative: str | None, says: str
) -> None:
    """Counted as not positive, it would be a decision that nobody made."""
    scorer = _scorer(_answering(answer), flavor="python_function", negative=negative)

    with pytest.raises(Refused, match=says):
        scorer.score(X)


def test_labels_are_held_together_over_all_batches() -> None:
    words = iter(["reject", "reject", "approve"])
    scorer = _scorer(_answering(lambda frame: [next(words)] * len(frame)), flavor="python_function")

    assert scorer.score(X.head(2)).tolist() == [[0], [0]]  # as far as is known, the other label
    assert scorer.score(X.head(2)).tolist() == [[0], [0]]
    with pytest.raises(Refused, match="'approve', 'reject'; expected 'yes'"):
        scorer.score(X.head(2))


def test_decimals_and_fractions_are_numbers() -> None:
    """As text they would all be labels that are not the positive one."""
    for made in (Decimal, Fraction):
        answer = [made(str(v)) for v in P]
        scorer = _scorer(_answering(answer), flavor="python_function", negative="no")

        np.testing.assert_allclose(scorer.score(X)[:, 0], P, rtol=1e-15)
        assert "its author's word" in scorer.notes[0]
    whole = _scorer(_answering(np.array(ONE, dtype=object)), positive="0", flavor="python_function")
    assert whole.score(X)[:, 0].tolist() == list(1 - ONE)


def test_whole_numbers_that_are_no_labels_are_scores_by_their_authors_word() -> None:
    points = 300 + np.arange(N)
    scorer = _scorer(_answering(points), flavor="python_function", negative="no")

    assert scorer.score(X)[:, 0].tolist() == points.tolist()
    (note,) = scorer.notes
    assert note.endswith("that it is the score of 'yes' is its author's word")
    ones = _scorer(_answering(ONE), flavor="python_function", negative="no")
    ones.score(X)
    assert ones.notes[1] == "the second of the model's two classes was taken for 'yes'"


# ---- what MLmodel says of each ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flavor", "keys", "expected"),
    [
        ("catboost", "{data: model.cb, model_type: CatBoostClassifier, save_format: cbm}",
         ("model.cb", "cbm", "CatBoostClassifier")),
        ("statsmodels", "{data: model.statsmodels}", ("model.statsmodels", "cloudpickle", "")),
        ("onnx", "{data: model.onnx}", ("model.onnx", "cloudpickle", "")),
    ],
)  # fmt: skip
def test_each_flavor_s_own_keys_are_read(flavor: str, keys: str, expected: tuple[str, ...]) -> None:
    inputs = '[{"type": "double", "name": "const"}, {"type": "double", "name": "x"}]'
    mlmodel = (
        f"flavors:\n  python_function: {{}}\n  {flavor}: {keys}\nsignature:\n  inputs: '{inputs}'\n"
    )

    plan = read_plan(mlmodel.encode(), binary_config())

    assert (plan.flavor, plan.file, plan.format, plan.kind) == (flavor, *expected)
    assert [c.required for c in plan.columns] == [flavor != "statsmodels", True]
