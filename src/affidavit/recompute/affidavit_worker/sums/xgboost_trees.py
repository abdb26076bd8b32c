"""XGBoost's trees, from the model's own JSON."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from .forms import LOG_ODDS, SCORE, Forest, Form, Wanted, as_single
from .refusing import NotExact
from .trees import Tree

_LOGIT = ("binary:logistic", "reg:logistic")
_ALIKE = (
    "binary:logitraw", "reg:squarederror", "reg:linear", "reg:pseudohubererror",
    "reg:absoluteerror", "reg:quantileerror", "rank:pairwise", "rank:ndcg", "rank:map",
)  # fmt: skip


def read_xgboost(booster: Any, wanted: Wanted, last: int, missing: Any) -> Form:
    """The sum of the booster's trees.

    Args:
        booster: a Booster.
        wanted: which output.
        last: rounds of boosting that are used; 0 for all.
        missing: the value that stands for a missing one, None for NaN.

    Raises:
        NotExact: another booster than trees, an objective that makes no sum of them, categories.
    """
    learner = json.loads(bytes(booster.save_raw(raw_format="json")))["learner"]
    objective = str(learner["objective"]["name"])
    scale = _scale(objective)
    if wanted.is_probability and scale != LOG_ODDS:
        raise NotExact(f"the objective {objective} has no probability that is read here")
    boosted = learner["gradient_booster"]
    if boosted["name"] != "gbtree":
        raise NotExact(f"the booster {boosted['name']} is not read here")
    model = boosted["model"]
    if set(model["tree_info"]) - {0}:
        raise NotExact("its trees are of several outputs")
    trees = model["trees"]
    if last:
        trees = trees[: last * max(int(model["gbtree_model_param"]["num_parallel_tree"]), 1)]
    return Form(
        Forest([_tree(t, wanted.sign) for t in trees]), scale, lambda rows: _matrix(rows, missing)
    )


def _scale(objective: str) -> str:
    if objective in _LOGIT:
        return LOG_ODDS
    if objective in ("multi:softprob", "multi:softmax"):
        raise NotExact("of several classes' probabilities, none is a sum on its log-odds")
    if objective not in _ALIKE:
        raise NotExact(f"boosting with the objective {objective} answers with no sum")
    return SCORE


def _matrix(rows: Any, missing: Any) -> Any:
    """As DMatrix reads it; what a sparse matrix does not hold is missing."""
    if hasattr(rows, "tocoo"):
        held = rows.tocoo()
        made = np.full(rows.shape, np.nan)
        made[held.row, held.col] = held.data
    else:
        made = rows
    made = as_single(made)
    return made if missing is None else np.where(made == np.float32(missing), np.nan, made)


def _tree(tree: dict[str, Any], sign: float) -> Tree:
    if any(tree.get("split_type", ())):
        raise NotExact("XGBoost's own categories are not read here")
    if int(tree["tree_param"].get("size_leaf_vector", 1)) > 1:
        raise NotExact("its trees have several outputs")
    condition = np.array(tree["split_conditions"], dtype=np.float32).astype(np.float64)
    by_default = np.array(tree["default_left"]).astype(bool)

    def goes_left(node: int, column: Any) -> Any:
        return np.where(np.isnan(column), by_default[node], column < condition[node])

    return Tree(
        np.array(tree["left_children"]), np.array(tree["right_children"]),
        np.array(tree["split_indices"]), condition * sign, goes_left,
    )  # fmt: skip
