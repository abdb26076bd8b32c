"""What an output is, once it was read: a sum over columns, or over trees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .columns import ToMatrix
from .trees import Tree, attributions

SCORE, LOG_ODDS = "score", "log-odds"


@dataclass(frozen=True)
class Wanted:
    """Which output is asked for, of a model's several.

    Attributes:
        is_probability: the model is asked for probabilities; else for a margin, or a number.
        place: of the class; 0 for a regression.
        width: how many classes; 1 for a regression.
    """

    is_probability: bool
    place: int
    width: int

    @property
    def sign(self) -> float:
        """-1 for the first of two classes: its margin is the second's turned round."""
        return -1.0 if (self.width, self.place) == (2, 0) else 1.0


@dataclass(frozen=True)
class Linear:
    """sum of weight times column. Its Shapley value is weight times (value - background's mean)."""

    weights: Any
    method = "linear"

    def attribute(self, owner: Any, background: Any, rows: Any, n_players: int) -> Any:
        """(n_rows, n_players)."""
        parts = self.weights * (rows - background.mean(axis=0))
        is_of = owner[:, None] == np.arange(n_players)[None, :]
        return parts @ is_of.astype(np.float64)


@dataclass(frozen=True)
class Forest:
    """The sum of trees."""

    trees: list[Tree]
    method = "trees"

    def attribute(self, owner: Any, background: Any, rows: Any, n_players: int) -> Any:
        """(n_rows, n_players)."""
        return attributions(self.trees, owner, background, rows, n_players)


@dataclass(frozen=True)
class Form:
    """An output as a sum, and how the rows become what it is a sum over.

    Attributes:
        scale: on which it is a sum.
        to_matrix: the model's last step's own view of its input, as doubles.
    """

    sum: Linear | Forest
    scale: str
    to_matrix: ToMatrix


def as_doubles(given: Any) -> Any:
    """A data frame, an array or a sparse matrix as an array of doubles."""
    dense = given.toarray() if hasattr(given, "toarray") else given
    return np.asarray(dense, dtype=np.float64)


def as_single(given: Any) -> Any:
    """Rounded to single precision, as scikit-learn's trees and XGBoost compare."""
    return as_doubles(given).astype(np.float32).astype(np.float64)
