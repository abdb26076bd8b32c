"""The answers to `exact` and `attribute`: a model's own parameters, read as far as they can be."""

from __future__ import annotations

from typing import Any

from .answers import LABEL, MARGIN, PROBABILITY
from .scorer import Scorer
from .sums.refusing import NotExact

# What reading another release's attributes, or a model's own steps, may raise.
_UNREADABLE = (
    ArithmeticError, AttributeError, ImportError, LookupError, NotImplementedError, RuntimeError,
    TypeError, ValueError,
)  # fmt: skip
_MOST = 300


class Attributor:
    """A loaded model whose outputs are sums over trees or columns, or are not."""

    def __init__(self, model: Any, scorer: Scorer) -> None:
        self._model, self._scorer = model, scorer
        self._read: dict[str | None, Any] = {}

    def say(self, output: str | None) -> dict[str, Any]:
        """The answer to `exact`: which sum the output is, or why it is none."""
        said: dict[str, Any] = {"type": "exact", "method": None, "scale": None, "reason": ""}
        try:
            form = self._form(output)
        except NotExact as why:
            return {**said, "reason": str(why)[:_MOST]}
        except _UNREADABLE as error:
            return {**said, "reason": _unread(error)}
        return {**said, "method": form.sum.method, "scale": form.scale}

    def attribute(self, message: dict[str, Any], rows: Any) -> tuple[dict[str, Any], Any]:
        """The answer to `attribute`, and its numbers: (n_rows, n_groups), none with a reason.

        Args:
            message: `background`, how many of the rows are that; `groups` of input columns.
            rows: the background, then what is explained.
        """
        import numpy as np

        reason, found = "", np.empty((0, 0))
        try:
            found = self._attributions(message, rows)
        except NotExact as why:
            reason = str(why)[:_MOST]
        except _UNREADABLE as error:
            reason = _unread(error)
        header = {
            "type": "attributions", "rows": found.shape[0], "width": found.shape[1],
            "reason": reason,
        }  # fmt: skip
        return header, np.ascontiguousarray(found, dtype="<f8")

    def _attributions(self, message: dict[str, Any], rows: Any) -> Any:
        from .sums.columns import owners

        form, groups, n = self._form(message["output"]), message["groups"], message["background"]
        rows = self._scorer.family.prepared(rows)
        matrix = form.to_matrix(rows)
        owner = owners(form.to_matrix, rows, matrix, groups)
        return form.sum.attribute(owner, matrix[:n], matrix[n:], len(groups))

    def _form(self, output: str | None) -> Any:
        from .sums.reading import read_form

        if self._scorer.adapter is not None:
            raise NotExact("a function of the commit stands between the data and the model")
        if output not in self._read:
            means = self._scorer.family.means
            if means == LABEL or self._scorer.coded:
                raise NotExact("the model answers with labels")
            place, width = self._place(output)
            self._read[output] = read_form(
                self._model, is_probability=means == PROBABILITY, place=place, width=width
            )
        return self._read[output]

    def _place(self, output: str | None) -> tuple[int, int]:
        """Which of how many classes the output is; of 1 where it is a number of its own."""
        scorer = self._scorer
        if scorer.task == "multiclass":
            if output not in scorer.classes:
                raise NotExact("the model's classes are not known by name")
            return scorer.classes.index(output), len(scorer.classes)
        if scorer.task == "binary" and scorer.family.means in (PROBABILITY, MARGIN):
            width = len(scorer.classes) or 2
            return scorer.place(width), width
        return 0, 1


def _unread(error: Exception) -> str:
    return f"the model could not be read ({type(error).__name__}: {error})"[:_MOST]
