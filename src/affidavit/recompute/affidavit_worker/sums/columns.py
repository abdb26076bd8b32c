"""Which feature each column comes from, of the matrix that the model's last step is given.

A game over features is a game over these columns only where every column is made of one feature
alone. So each step before the model has to be of a kind that works column by column; and what a
column is made of is then seen in the rows themselves, which also shows what was wrong in that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .refusing import NotExact

ToMatrix = Callable[[Any], Any]
_COLUMN_BY_COLUMN = {
    "preprocessing": {
        "Binarizer", "KBinsDiscretizer", "MaxAbsScaler", "MinMaxScaler", "OneHotEncoder",
        "OrdinalEncoder", "PowerTransformer", "QuantileTransformer", "RobustScaler",
        "SplineTransformer", "StandardScaler", "TargetEncoder",
    },
    "impute": {"MissingIndicator", "SimpleImputer"},
    "feature_selection": {
        "GenericUnivariateSelect", "RFE", "RFECV", "SelectFdr", "SelectFpr", "SelectFromModel",
        "SelectFwe", "SelectKBest", "SelectPercentile", "SequentialFeatureSelector",
        "VarianceThreshold",
    },
}  # fmt: skip


def require_column_wise(name: str, step: Any) -> None:
    """Refuse a step of a pipeline that could make one column of several, or is not known."""
    if step is None or isinstance(step, str):  # passthrough, drop
        return
    kind = type(step)
    package, _, rest = kind.__module__.partition(".")
    area = rest.partition(".")[0] if package == "sklearn" else ""
    if (area, kind.__name__) == ("pipeline", "Pipeline"):
        inner = list(step.steps)
    elif (area, kind.__name__) == ("pipeline", "FeatureUnion"):
        inner = list(step.transformer_list)
    elif (area, kind.__name__) == ("compose", "ColumnTransformer"):
        inner = [(n, t) for n, t, _ in step.transformers_]
    elif kind.__name__ in _COLUMN_BY_COLUMN.get(area, set()) or _is_plain_function(area, step):
        inner = []
    else:
        raise NotExact(f"the step {name!r} ({kind.__name__}) is not known to work column by column")
    for part, transformer in inner:
        require_column_wise(f"{name}.{part}", transformer)


def _is_plain_function(area: str, step: Any) -> bool:
    """A FunctionTransformer of nothing, or of one of numpy's functions of single numbers."""
    if (area, type(step).__name__) != ("preprocessing", "FunctionTransformer"):
        return False
    return step.func is None or (isinstance(step.func, np.ufunc) and step.func.nin == 1)


def owners(to_matrix: ToMatrix, rows: Any, matrix: Any, groups: list[list[int]]) -> Any:
    """(n_columns,): the player that makes each column of the matrix; -1: it is alike everywhere.

    The first row is given one player's values of every other row in turn: a column that changes is
    that player's, and has to become what it is in that other row.

    Args:
        to_matrix: the steps before the model.
        rows: (n_rows, n_inputs), a data frame or an array.
        matrix: what `to_matrix` makes of them.
        groups: the input columns of each player.

    Raises:
        NotExact: a column is made of several players, or of other rows.
    """
    found = np.full(matrix.shape[1], -1)
    for player, columns in enumerate(groups):
        moved = to_matrix(_only_these(rows, columns))
        _require_like(moved, matrix)
        own = _differ(moved, matrix[:1]).any(axis=0)
        if (found[own] >= 0).any() or _differ(moved[:, own], matrix[:, own]).any():
            raise NotExact("a step before the model makes one column of several features")
        found[own] = player
    if (found[_differ(matrix, matrix[:1]).any(axis=0)] < 0).any():
        raise NotExact("a step before the model makes a column that no feature changes")
    return found


def _require_like(moved: Any, matrix: Any) -> None:
    if moved.shape != matrix.shape:
        raise NotExact("a step before the model gives another number of columns for other rows")


def _only_these(rows: Any, columns: list[int]) -> Any:
    """The first row as often as there are rows, with these columns of every row."""
    first = np.zeros(len(rows), dtype=np.int64)
    if not hasattr(rows, "iloc"):
        made = rows[first]
        made[:, columns] = rows[:, columns]
        return made
    made = rows.iloc[first].reset_index(drop=True)
    for column in columns:
        made.isetitem(column, rows.iloc[:, column].array)
    return made


def _differ(one: Any, other: Any) -> Any:
    """Beyond the last digits, which differ with the place of a row in a vectorised loop."""
    return ~np.isclose(one, other, rtol=1e-13, atol=0, equal_nan=True)
