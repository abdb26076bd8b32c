"""LightGBM's trees, from the model's own dump."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .forms import LOG_ODDS, SCORE, Forest, Form, Wanted, as_doubles
from .refusing import NotExact
from .trees import Tree

_ALIKE = (
    "regression", "regression_l1", "huber", "fair", "quantile", "mape", "lambdarank",
    "rank_xendcg", "custom",
)  # fmt: skip
_ZERO = 1e-35  # what LightGBM takes for zero (kZeroThreshold)


def read_lightgbm(booster: Any, wanted: Wanted) -> Form:
    """The sum of the booster's trees.

    Args:
        booster: a Booster.
        wanted: which output.

    Raises:
        NotExact: the objective makes no sum of it, or its leaves are linear models.
    """
    dump = booster.dump_model()
    objective, *options = str(dump.get("objective", "custom")).split()
    rate, scale = _link(objective, options)
    if wanted.is_probability and scale != LOG_ODDS:
        raise NotExact(f"the objective {objective} has no probability that is read here")
    per_round = int(dump["num_tree_per_iteration"])
    if per_round not in (1, wanted.width):
        raise NotExact(f"{per_round} trees a round for {wanted.width} classes")
    infos = dump["tree_info"][wanted.place if per_round > 1 else 0 :: per_round]
    if dump.get("average_output"):
        rate /= max(len(infos), 1)
    trees = [_tree(info["tree_structure"], rate * wanted.sign) for info in infos]
    return Form(Forest(trees), scale, lambda rows: _matrix(booster, rows))


def _link(objective: str, options: list[str]) -> tuple[float, str]:
    """What the sum of the trees is multiplied with, and the scale that it then is on."""
    said = dict(o.partition(":")[::2] for o in options)
    if objective in ("binary", "multiclassova"):
        return float(said.get("sigmoid", 1)), LOG_ODDS
    if objective == "cross_entropy":
        return 1.0, LOG_ODDS
    if objective == "multiclass":
        raise NotExact("of several classes' probabilities, none is a sum on its log-odds")
    if objective not in _ALIKE or "sqrt" in options:
        raise NotExact(f"boosting with the objective {objective} answers with no sum")
    return 1.0, SCORE


def _matrix(booster: Any, rows: Any) -> Any:
    """As Booster.predict reads a data frame: words as the codes that they had in training."""
    if not hasattr(rows, "columns"):
        return as_doubles(rows)
    words = [i for i, kind in enumerate(rows.dtypes) if kind.name == "category"]
    known = booster.pandas_categorical or []
    if len(words) != len(known):
        raise NotExact("its categories are not those of training")
    made = np.empty(rows.shape)
    for i in range(rows.shape[1]):
        values = rows.iloc[:, i]
        if i in words:
            codes = values.cat.set_categories(known[words.index(i)]).cat.codes.to_numpy()
            made[:, i] = np.where(codes < 0, np.nan, codes)
        else:
            made[:, i] = values.to_numpy(dtype=np.float64, na_value=np.nan)
    return made


class _Split:
    """One split: which rows go left of it (LightGBM's NumericalDecision, CategoricalDecision)."""

    def __init__(self, node: dict[str, Any]) -> None:
        self._missing, self._by_default = node["missing_type"], bool(node["default_left"])
        self._is_category = node["decision_type"] == "=="
        if self._is_category:
            self._codes = np.array([int(c) for c in str(node["threshold"]).split("||")])
        else:
            self._threshold = float(node["threshold"])

    def __call__(self, column: Any) -> Any:
        is_nan = np.isnan(column)
        filled = np.where(is_nan, 0.0, column)
        if self._is_category:
            return ~is_nan & np.isin(np.trunc(filled), self._codes)
        is_left = filled <= self._threshold
        if self._missing == "NaN":
            return np.where(is_nan, self._by_default, is_left)
        if self._missing == "Zero":
            return np.where(np.abs(filled) <= _ZERO, self._by_default, is_left)
        return is_left


def _tree(root: dict[str, Any], rate: float) -> Tree:
    nodes = list(_laid_out(root))
    children = [(i, n) for i, n in enumerate(nodes) if "split_feature" in n]
    places = {id(n): i for i, n in enumerate(nodes)}
    left, right = np.full(len(nodes), -1), np.full(len(nodes), -1)
    for i, node in children:
        left[i], right[i] = places[id(node["left_child"])], places[id(node["right_child"])]
    splits = {i: _Split(n) for i, n in children}
    return Tree(
        left, right, np.array([n.get("split_feature", -1) for n in nodes]),
        np.array([rate * n.get("leaf_value", 0.0) for n in nodes]),
        lambda node, column: splits[node](column),
    )  # fmt: skip


def _laid_out(root: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every node, the root first."""
    ahead = [root]
    while ahead:
        node = ahead.pop()
        if "leaf_coeff" in node or "leaf_const" in node:
            raise NotExact("its leaves are linear models")
        yield node
        if "split_feature" in node:
            ahead += [node["left_child"], node["right_child"]]
