"""statsmodels: results of a fit, whose prediction is a mean; of which outcome, the model says."""

from __future__ import annotations

import re
from typing import Any

from .answers import PROBABILITY, VALUE, Family
from .refusing import Refused

_ONE_PROBABILITY = ("Logit", "Probit", "ConditionalLogit")
_MANY_PROBABILITIES = ("MNLogit", "OrderedModel")
_CONSTANT = "const"  # as statsmodels.add_constant names it
_LEVEL = re.compile(r"\[(?:T\.)?(.*)\]$")


class StatsModel(Family):
    """A results object: Logit, Probit, MNLogit, OrderedModel, GLM, OLS and their like."""

    def __init__(self, results: Any, task: str) -> None:
        self._results, self._model = results, results.model
        kind = type(self._model).__name__
        link = getattr(self._model, "family", None)
        name = kind if link is None or kind in _ONE_PROBABILITY else f"{kind} {type(link).__name__}"
        is_binomial = link is not None and type(link).__name__ == "Binomial"
        is_probability = kind in (*_ONE_PROBABILITY, *_MANY_PROBABILITIES) or is_binomial
        super().__init__(f"predict of {name}", VALUE)
        if is_probability:
            self.call += ", a probability"
        self._counts_first = False
        if task == "regression":
            return
        if kind in _MANY_PROBABILITIES:
            self.means, self.classes = PROBABILITY, self._outcomes(kind)
        elif is_probability:
            self.means, self.classes = PROBABILITY, self._two(is_binomial)
        else:
            self.note(f"scores are predictions of {name}, not probabilities")

    def ask(self, frame: Any) -> Any:
        import numpy as np

        found = np.asarray(self._results.predict(self._design(frame)))
        if self.means == PROBABILITY and found.ndim == 1:
            # Of two levels a formula's GLM counts the first as the event, everything else the 1.
            pair = [found, 1 - found] if self._counts_first else [1 - found, found]
            return np.column_stack(pair)
        return found

    def _levels(self) -> list[str]:
        names = self._model.endog_names
        found = [_LEVEL.search(str(n)) for n in names] if isinstance(names, list) else []
        return [m.group(1) for m in found if m is not None]

    def _two(self, is_binomial: bool) -> list[str]:
        levels = self._levels()
        self._counts_first = is_binomial and len(levels) == 2
        if isinstance(self._model.endog_names, list) and not self._counts_first:
            raise Refused("the model was fitted on counts of events, not on one outcome a row")
        return levels if self._counts_first else ["0", "1"]

    def _outcomes(self, kind: str) -> list[str]:
        if kind == "OrderedModel":
            return [str(v) for v in self._model.labels]
        named = dict(self._model._ynames_map)  # noqa: SLF001  # the only place that has them
        return [_level(named[i]) for i in sorted(named)]

    def _design(self, frame: Any) -> Any:
        """Columns as the fit had them: a formula takes what it names, an array goes by place."""
        if hasattr(self._model, "formula") or not hasattr(frame, "columns"):
            return frame
        wanted = [str(n) for n in self._model.exog_names or []]
        if self._model.__class__.__name__ == "OrderedModel":
            wanted = wanted[: self._model.exog.shape[1]]
        if _CONSTANT in wanted and _CONSTANT not in frame.columns:
            frame = frame.assign(**{_CONSTANT: 1.0})
            self.note("the constant column of the fit was added to the inputs")
        if set(wanted) == set(frame.columns):
            return frame[wanted]
        if len(wanted) != len(frame.columns):
            raise Refused(f"the fit had {len(wanted)} columns, it is given {len(frame.columns)}")
        return frame


def _level(name: Any) -> str:
    found = _LEVEL.search(str(name))
    text = found.group(1) if found else str(name)
    return text.removesuffix(".0")
