"""Attributions read from a model's parameters are its Shapley values, by the definition.

In this process, without a worker around it; XGBoost is in tests/conformance/test_families.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import (
    Lasso,
    LinearRegression,
    LogisticRegression,
    PoissonRegressor,
    RidgeClassifier,
    SGDClassifier,
)
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    StandardScaler,
)
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from tests.support.shapley import from_the_definition

from affidavit.recompute.affidavit_worker.exact import Attributor
from affidavit.recompute.affidavit_worker.scorer import Scorer

CHANCE = np.random.RandomState(11)
N, M, ROWS = 200, 7, 5
X = pd.DataFrame(CHANCE.normal(size=(N, 4)), columns=list("abcd"))
X["d"] += X["a"]  # correlated, which the interventional game does not care about
RISK = X["a"] * X["b"] + X["c"] + CHANCE.normal(size=N) / 2
YES = np.where(RISK > 0, "yes", "no")
CLASS = np.array(["p", "q", "r"])[np.digitize(RISK, [-0.5, 0.5])]

MIXED = X.assign(e=CHANCE.choice(["u", "v", "w"], N), f=CHANCE.choice(["k", "l"], N))
MIXED.loc[CHANCE.random_sample(N) < 0.2, "a"] = np.nan
MIXED.loc[CHANCE.random_sample(N) < 0.2, "b"] = 0.0
MIXED_YES = np.where(RISK + 1.5 * (MIXED["e"] == "u") > 0, "yes", "no")
NUMBERS = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
SMALL: dict[str, Any] = {"random_state": 0}
QUIET: dict[str, Any] = {"verbose": -1, "n_jobs": 1, "n_estimators": 5, "min_child_samples": 5}


def _columns(*more: Any) -> ColumnTransformer:
    return ColumnTransformer(
        [("numbers", NUMBERS, list("abcd")), ("words", OneHotEncoder(), ["e", "f"]), *more]
    )


def _attributed(
    model: Any, rows: pd.DataFrame, task: str, positive: str, output: str | None, groups: Any
) -> tuple[dict[str, Any], Any, Any]:
    """What is said of the model, its attributions, and those by the definition."""
    flavor = "lightgbm" if isinstance(model, lgb.Booster) else "sklearn"
    scorer = Scorer(model, {"flavor": flavor, "task": task, "positive": positive})
    attributor = Attributor(model, scorer)
    said = attributor.say(output)
    groups = groups or [[i] for i in range(rows.shape[1])]
    part = rows.iloc[: M + ROWS].reset_index(drop=True)
    message = {"output": output, "groups": groups, "background": M}
    header, found = attributor.attribute(message, part)
    if header["reason"] or said["reason"]:
        return {**said, "later": header["reason"]}, found, None

    def on_scale(given: pd.DataFrame) -> Any:
        scores = scorer.score(given)
        scores = scores[:, 0 if output is None else scorer.classes.index(output)]
        return np.log(scores / (1 - scores)) if said["scale"] == "log-odds" else scores

    background, explained = part.iloc[:M], part.iloc[M:].reset_index(drop=True)
    return said, found, from_the_definition(on_scale, explained, background, groups)


# ---- what is read ----------------------------------------------------------------------------------

BINARY: dict[str, tuple[Callable[[], Any], str, str]] = {
    "logistic": (LogisticRegression, "linear", "log-odds"),
    "stochastic-logistic": (lambda: SGDClassifier(loss="log_loss", **SMALL), "linear", "log-odds"),
    "support-vectors": (LinearSVC, "linear", "score"),
    "ridge": (RidgeClassifier, "linear", "score"),
    "search": (lambda: GridSearchCV(LogisticRegression(), {"C": [1]}, cv=2), "linear", "log-odds"),
    "tree": (lambda: DecisionTreeClassifier(**SMALL), "trees", "score"),
    "forest": (lambda: RandomForestClassifier(5, **SMALL), "trees", "score"),
    "extra-trees": (lambda: ExtraTreesClassifier(5, **SMALL), "trees", "score"),
    "boosting": (lambda: GradientBoostingClassifier(n_estimators=5, **SMALL), "trees", "log-odds"),
    "boosting-exponential": (
        lambda: GradientBoostingClassifier(n_estimators=5, loss="exponential", **SMALL),
        "trees", "log-odds",
    ),
    "hist-boosting": (
        lambda: HistGradientBoostingClassifier(max_iter=5, **SMALL), "trees", "log-odds"
    ),
    "lightgbm": (lambda: lgb.LGBMClassifier(**QUIET), "trees", "log-odds"),
    "lightgbm-sigmoid": (lambda: lgb.LGBMClassifier(sigmoid=2.0, **QUIET), "trees", "log-odds"),
    "lightgbm-dart": (
        lambda: lgb.LGBMClassifier(boosting_type="dart", **QUIET), "trees", "log-odds"
    ),
    "lightgbm-forest": (
        lambda: lgb.LGBMClassifier(
            boosting_type="rf", bagging_freq=1, bagging_fraction=0.6, **QUIET
        ),
        "trees", "log-odds",
    ),
}  # fmt: skip


TURNED = [(name, "no") for name in ("logistic", "ridge", "forest", "boosting", "lightgbm")]


@pytest.mark.parametrize(("name", "positive"), [*[(name, "yes") for name in BINARY], *TURNED])
def test_attributions_of_a_binary_model_are_by_the_definition(name: str, positive: str) -> None:
    make, method, scale = BINARY[name]

    said, found, right = _attributed(make().fit(X, YES), X, "binary", positive, None, None)

    assert (said["method"], said["scale"]) == (method, scale)
    assert np.abs(right).max() > 0.02
    np.testing.assert_allclose(found, right, atol=1e-12)


REGRESSIONS: dict[str, Any] = {
    "linear": LinearRegression(),
    "lasso": Lasso(0.01),
    "forest": RandomForestRegressor(5, **SMALL),
    "boosting": GradientBoostingRegressor(n_estimators=5, **SMALL),
    "hist-boosting": HistGradientBoostingRegressor(max_iter=5, **SMALL),
    "lightgbm": lgb.LGBMRegressor(**QUIET),
}


@pytest.mark.parametrize("name", REGRESSIONS)
def test_attributions_of_a_regression_are_by_the_definition(name: str) -> None:
    model = REGRESSIONS[name].fit(X, RISK)
    groups = [[2, 0], [1], [3]]  # two columns explained as one

    said, found, right = _attributed(model, X, "regression", "", None, groups)

    assert said["scale"] == "score"
    assert np.abs(right).max() > 0.02
    np.testing.assert_allclose(found, right, atol=1e-12)


@pytest.mark.parametrize(
    ("model", "scale"),
    [
        (DecisionTreeClassifier(**SMALL), "score"),
        (RandomForestClassifier(5, **SMALL), "score"),
        (LinearSVC(), "score"),
        (lgb.LGBMClassifier(objective="multiclassova", **QUIET), "log-odds"),
    ],
)
@pytest.mark.parametrize("output", ["p", "q"])
def test_attributions_of_one_of_three_classes_are_by_the_definition(
    model: Any, scale: str, output: str
) -> None:
    said, found, right = _attributed(model.fit(X, CLASS), X, "multiclass", "", output, None)

    assert said["scale"] == scale
    assert np.abs(right).max() > 0.02
    np.testing.assert_allclose(found, right, atol=1e-12)


WORDS = MIXED.astype({"e": "category", "f": "category"})
CODES = ColumnTransformer([("words", OrdinalEncoder(), ["e", "f"])], remainder="passthrough")
PIPELINES: dict[str, tuple[Any, pd.DataFrame]] = {
    "one-hot-logistic": (make_pipeline(_columns(), LogisticRegression()), MIXED),
    "one-hot-forest": (make_pipeline(_columns(), RandomForestClassifier(5, **SMALL)), MIXED),
    "one-hot-lightgbm": (make_pipeline(_columns(), lgb.LGBMClassifier(**QUIET)), MIXED),
    "union": (
        make_pipeline(
            _columns(), FeatureUnion([("as is", "passthrough"), ("scaled", StandardScaler())]),
            LogisticRegression(),
        ),
        MIXED,
    ),
    "own-categories": (
        make_pipeline(
            CODES, HistGradientBoostingClassifier(max_iter=5, categorical_features=[0, 1], **SMALL)
        ),
        MIXED,
    ),
    "categories-by-type": (
        HistGradientBoostingClassifier(max_iter=5, categorical_features="from_dtype", **SMALL),
        WORDS,
    ),
    "lightgbm-categories": (
        lgb.LGBMClassifier(min_data_per_group=5, cat_smooth=1, **QUIET), WORDS
    ),
    "lightgbm-zero-is-missing": (lgb.LGBMClassifier(zero_as_missing=True, **QUIET), WORDS),
    "lightgbm-none-missing": (lgb.LGBMClassifier(use_missing=False, **QUIET), WORDS),
    "cube-root": (
        make_pipeline(_columns(), FunctionTransformer(np.cbrt), LogisticRegression()), MIXED
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PIPELINES)
def test_players_are_inputs_of_the_pipeline_not_columns_within_it(name: str) -> None:
    """Missing values, categories, one-hot blocks; and two inputs that are explained as one."""
    model, given = PIPELINES[name]
    groups = [[0, 4], [1], [2, 3], [5]]

    said, found, right = _attributed(
        model.fit(given, MIXED_YES), given, "binary", "yes", None, groups
    )

    assert said["reason"] == ""
    assert given.iloc[: M + ROWS, 0].isna().any()
    assert np.abs(right).max() > 0.02
    np.testing.assert_allclose(found, right, atol=1e-12)


def test_a_handmade_xor_shares_its_effect_between_the_two() -> None:
    """v: the row (1, 1) gives 0; one changed alone gives 1. Against (0, 0), both get 0."""
    grid = pd.DataFrame({"x": [0.0, 0, 1, 1], "y": [0.0, 1, 0, 1]})
    model = DecisionTreeClassifier(**SMALL).fit(grid, ["no", "yes", "yes", "no"])
    attributor = Attributor(
        model, Scorer(model, {"flavor": "sklearn", "task": "binary", "positive": "yes"})
    )

    def read(background: list[int]) -> Any:
        message = {"output": None, "groups": [[0], [1]], "background": len(background)}
        return attributor.attribute(message, grid.iloc[[*background, 3]])[1].tolist()

    assert read([0]) == [[0.0, 0.0]]  # 1/2 (v(x) - v()) + 1/2 (v(xy) - v(y)) = 1/2 - 1/2
    assert read([1]) == [[-1.0, 0.0]]  # y is 1 in both: only x matters
    assert read([0, 1, 2, 3]) == [[-0.25, -0.25]]


# ---- what is not -----------------------------------------------------------------------------------


class _Doubling:
    """A transformer of somebody's own."""

    def fit(self, *_: Any) -> _Doubling:
        return self

    def transform(self, rows: Any) -> Any:
        return rows * 2


def _piped(*steps: Any) -> Any:
    return make_pipeline(*steps, LogisticRegression()).fit(X, YES)


NOT: dict[str, tuple[Callable[[], Any], str, str]] = {
    "softmax": (lambda: LogisticRegression().fit(X, CLASS), "multiclass", "several classes"),
    "boosted-classes": (
        lambda: HistGradientBoostingClassifier(max_iter=2).fit(X, CLASS), "multiclass",
        "several classes",
    ),
    "poisson": (
        lambda: PoissonRegressor().fit(X, np.exp(RISK)), "regression", "power of its sum"
    ),
    "poisson-boosting": (
        lambda: HistGradientBoostingRegressor(loss="poisson", max_iter=2).fit(X, np.exp(RISK)),
        "regression", "LogLink",
    ),
    "linear-leaves": (
        lambda: lgb.LGBMRegressor(linear_tree=True, **QUIET).fit(X, RISK), "regression",
        "leaves are linear models",
    ),
    "lightgbm-poisson": (
        lambda: lgb.LGBMRegressor(objective="poisson", **QUIET).fit(X, np.exp(RISK)),
        "regression", "objective poisson",
    ),
    "another-start": (
        lambda: GradientBoostingClassifier(n_estimators=2, init=LogisticRegression()).fit(X, YES),
        "binary", "starts from another model",
    ),
    "calibrated": (
        lambda: CalibratedClassifierCV(LogisticRegression(), cv=2).fit(X, YES), "binary",
        "CalibratedClassifierCV is neither",
    ),
    "transformed-target": (
        lambda: TransformedTargetRegressor(
            LinearRegression(), func=np.exp, inverse_func=np.log
        ).fit(X, RISK),
        "regression", "TransformedTargetRegressor is neither",
    ),
    "components": (lambda: _piped(PCA(2)), "binary", "'pca' .PCA. is not known"),
    "products": (lambda: _piped(PolynomialFeatures()), "binary", "polynomialfeatures"),
    "neighbours": (lambda: _piped(KNNImputer()), "binary", "knnimputer"),
    "own-function": (
        lambda: _piped(FunctionTransformer(lambda x: x - x.mean(axis=0))), "binary",
        "FunctionTransformer. is not known",
    ),
    "own-step": (lambda: _piped(_Doubling()), "binary", "_Doubling. is not known"),
    "labels": (
        lambda: LinearSVC().fit(X, YES), "label-only", "answers with labels"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NOT)
def test_says_why_attributions_are_not_read(name: str) -> None:
    make, task, reason = NOT[name]
    model = make()
    if task == "label-only":
        model = SimpleNamespace(predict=model.predict, classes_=model.classes_)
    output = "q" if task == "multiclass" else None
    task = "binary" if task == "label-only" else task

    said, found, _ = _attributed(model, X, task, "yes", output, None)

    assert (said["method"], said["scale"]) == (None, None)
    assert re.search(reason, said["reason"]), said
    assert said["later"] == said["reason"]
    assert found.shape == (0, 0)


def test_a_column_made_of_two_features_is_seen_in_the_rows() -> None:
    """A step of a known kind, whose transform somebody replaced."""
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, YES)
    scaler = model.steps[0][1]
    plain = scaler.transform
    scaler.transform = lambda rows: plain(rows)[:, [1, 1, 2, 3]] + plain(rows)[:, [0, 1, 2, 3]]

    said, found, _ = _attributed(model, X, "binary", "yes", None, None)

    assert said["reason"] == ""
    assert said["later"] == "a step before the model makes one column of several features"
    assert found.shape == (0, 0)


def test_attributes_that_another_release_lacks_are_a_reason() -> None:
    model = HistGradientBoostingClassifier(max_iter=2).fit(X, YES)
    del model._bin_mapper

    said, _, _ = _attributed(model, X, "binary", "yes", None, None)

    assert said["reason"].startswith("the model could not be read (AttributeError: ")
