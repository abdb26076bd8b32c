"""Trees of scikit-learn: single ones, forests, and gradient boosting in both kinds."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

import numpy as np

from .forms import LOG_ODDS, SCORE, Forest, Form, Wanted, as_doubles, as_single
from .refusing import NotExact
from .trees import Tree

# scikit-learn has no public way to these.
_INSIDE = attrgetter("_loss", "_predictors", "_bin_mapper")
_PREPROCESS = "_preprocess_X"
SINGLE = ("DecisionTree", "ExtraTree")
FORESTS = ("RandomForest", "ExtraTrees")
_SEVERAL = "of several classes' probabilities, none is a sum on its log-odds"


def read_single(model: Any, wanted: Wanted) -> Form:
    """A decision tree: its leaves hold the score itself."""
    return Form(Forest([_tree(model, wanted, 1.0)]), SCORE, as_single)


def read_forest(model: Any, wanted: Wanted) -> Form:
    """The mean of its trees."""
    share = 1 / len(model.estimators_)
    return Form(Forest([_tree(t, wanted, share) for t in model.estimators_]), SCORE, as_single)


def read_gradient_boosting(model: Any, wanted: Wanted) -> Form:
    """The sum of small trees, on the log-odds for two classes.

    Raises:
        NotExact: it starts from another model, or has more classes.
    """
    start = model.init_
    if start != "zero" and type(start).__name__ not in ("DummyClassifier", "DummyRegressor"):
        raise NotExact(f"boosting starts from another model ({type(start).__name__})")
    if model.estimators_.shape[1] != 1:
        raise NotExact(_SEVERAL)
    rate = model.learning_rate
    if wanted.is_probability:
        # p = expit(2 m) for the exponential loss
        rate *= wanted.sign * (2.0 if model.loss == "exponential" else 1.0)
    single = Wanted(is_probability=False, place=0, width=1)
    trees = [_tree(t, single, rate) for t in model.estimators_[:, 0]]
    return Form(Forest(trees), LOG_ODDS if wanted.is_probability else SCORE, as_single)


def _tree(model: Any, wanted: Wanted, share: float) -> Tree:
    inner = model.tree_
    values = inner.value
    if values.shape[1] != 1:
        raise NotExact("the trees have several outputs")
    values = values[:, 0, :]
    if wanted.width > 1:
        values = values / values.sum(axis=1, keepdims=True)  # before 1.3 these are counts
    threshold = inner.threshold
    missing = getattr(inner, "missing_go_to_left", np.zeros(len(threshold), dtype=bool))

    def goes_left(node: int, column: Any) -> Any:
        is_missing = np.isnan(column)
        return np.where(is_missing, bool(missing[node]), column <= threshold[node])

    return Tree(
        inner.children_left, inner.children_right, inner.feature, values[:, wanted.place] * share,
        goes_left,
    )  # fmt: skip


def read_hist_boosting(model: Any, wanted: Wanted) -> Form:
    """HistGradientBoosting: missing values and categories have a side of their own.

    Raises:
        NotExact: more than two classes, or a loss whose answer is no sum.
    """
    loss, rounds, bins = _INSIDE(model)
    link = type(loss.link).__name__
    if any(len(each) != 1 for each in rounds):
        raise NotExact(_SEVERAL)
    expected = "LogitLink" if wanted.is_probability else "IdentityLink"
    if link != expected:
        raise NotExact(f"boosting with the loss {model.loss!r} answers with no sum ({link})")
    known, places = bins.make_known_categories_bitsets()
    trees = [_hist_tree(each[0], known, places, wanted.sign) for each in rounds]
    scale = LOG_ODDS if wanted.is_probability else SCORE
    return Form(Forest(trees), scale, lambda rows: _hist_matrix(model, rows))


def _hist_matrix(model: Any, rows: Any) -> Any:
    preprocess = getattr(model, _PREPROCESS, None)  # since 1.4: categories come first
    return as_doubles(rows if preprocess is None else preprocess(rows, reset=False))


def _hist_tree(predictor: Any, known: Any, places: Any, sign: float) -> Tree:
    nodes = predictor.nodes
    left_sets = predictor.raw_left_cat_bitsets
    is_leaf = nodes["is_leaf"].astype(bool)

    def goes_left(node: int, column: Any) -> Any:
        split = nodes[node]
        is_missing = np.isnan(column)
        if not split["is_categorical"]:
            is_left = column <= split["num_threshold"]
        else:
            is_left = _in(left_sets[split["bitset_idx"]], column)
            is_known = _in(known[places[split["feature_idx"]]], column)
            is_missing |= ~is_left & ~is_known
        return np.where(is_missing, bool(split["missing_go_to_left"]), is_left)

    return Tree(
        np.where(is_leaf, -1, nodes["left"].astype(np.int64)),
        np.where(is_leaf, -1, nodes["right"].astype(np.int64)),
        nodes["feature_idx"], nodes["value"] * sign, goes_left,
    )  # fmt: skip


def _in(bits: Any, column: Any) -> Any:
    """Whether a value is in a set of eight words of 32 bits."""
    fits = (column >= 0) & (column < 256)
    codes = np.where(fits, column, 0).astype(np.int64)
    return fits & ((bits[codes // 32] >> (codes % 32).astype(np.uint32)) & 1).astype(bool)
