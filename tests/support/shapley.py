"""Shapley values from the definition: every order of the features, every background row.

Slow on purpose, and written apart from the product's own: Shapley (1953) as the mean over orders.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations
from typing import Any

import numpy as np
import pandas as pd


def from_the_definition(
    output: Callable[[pd.DataFrame], Any],
    rows: pd.DataFrame,
    background: pd.DataFrame,
    groups: Sequence[Sequence[int]],
) -> Any:
    """(n_rows, n_groups): mean over orders of what each group changes when it becomes the row's."""
    n, m, d = len(rows), len(background), len(groups)
    value: dict[frozenset[int], Any] = {}

    def v(members: frozenset[int]) -> Any:
        if members not in value:
            made = background.iloc[np.tile(np.arange(m), n)].reset_index(drop=True)
            own = rows.iloc[np.repeat(np.arange(n), m)].reset_index(drop=True)
            for column in (c for g in members for c in groups[g]):
                made.isetitem(column, own.iloc[:, column].array)
            value[members] = np.asarray(output(made)).reshape(n, m).mean(axis=1)
        return value[members]

    orders = list(permutations(range(d)))
    found = np.zeros((n, d))
    for order in orders:
        for place, group in enumerate(order):
            before = frozenset(order[:place])
            found[:, group] += v(before | {group}) - v(before)
    return found / len(orders)
