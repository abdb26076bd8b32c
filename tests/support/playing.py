"""A small table with a model that is a function, and its Shapley values from the definition."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from tests.support.explained import AskOf, Model, explained_of
from tests.support.shapley import from_the_definition

from affidavit.recompute.explain.attributing.background import Chosen, choose_background
from affidavit.recompute.explain.explained import Explained

CHANCE = np.random.RandomState(3)
N = 60
COLUMNS: dict[str, Any] = {name: CHANCE.normal(size=N) for name in "abcd"}
COLUMNS["d"] = COLUMNS["d"] + COLUMNS["a"]


def curved(rows: Any) -> Any:
    """A probability that is no sum: three features act together, and one does nothing.

    (Where no more than two act together, an order and the same backwards are exact already.)
    """
    together = rows["a"] * rows["b"] * (rows["c"] > 0)
    return 1 / (1 + np.exp(-together - rows["c"] + 0 * rows["d"]))


def playing(model: Model = curved, **more: Any) -> tuple[Explained, AskOf, Any, Chosen]:
    """What is explained, the model, five rows and the background."""
    settings = {"background": 8, **more.pop("explain", {})}
    explained = explained_of(
        more.pop("columns", COLUMNS), model, explain=settings, **{"scale": "log-odds", **more}
    )
    return explained, AskOf(model), explained.take(np.arange(5)), choose_background(explained)


def right(explained: Explained, rows: Any, background: Chosen, model: Model = curved) -> Any:
    """(n_rows, n_features): by the definition."""
    names = rows.column_names
    groups = [[names.index(c) for c in f.columns] for f in explained.features]

    def output(frame: pd.DataFrame) -> Any:
        return explained.on_scale(np.asarray(model({c: frame[c].to_numpy() for c in names})))

    return from_the_definition(output, rows.to_pandas(), background.rows.to_pandas(), groups)
