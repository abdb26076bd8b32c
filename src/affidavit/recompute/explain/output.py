"""Which of the model's scores is explained, and how the decisions that rest on it read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affidavit.config import Config, Explain
from affidavit.errors import ConfigError
from affidavit.explanation_record import Lacking
from affidavit.printable import printable
from affidavit.recompute.floats import MOST, Floats, are_held
from affidavit.recompute.predictions import Predictions
from affidavit.recompute.segments import thresholds
from affidavit.recompute.worker.scoring import Scores

_TOO_LARGE = Lacking(
    part="everything",
    reason=f"the model gives scores beyond {MOST:g}, of which nothing is summed",
    fix="have it answer on a scale of smaller numbers, as in thousands or by the logarithm",
)
_CODES = Lacking(
    part="everything", reason="the model names classes only, and gives no score to explain",
    fix="log a model that gives a score or a probability for each class",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """The score that is explained.

    Attributes:
        of: the label, or the label column of a regression.
        column: of the model's scores.
    """

    of: str
    column: int

    def chosen(self, scores: Scores) -> Floats:
        """(n_rows,): this output of what the model answered."""
        return np.ascontiguousarray(scores.matrix[:, self.column])

    def of_predictions(self, found: Predictions) -> Floats:
        """(n_rows,): this output of rows that were scored before."""
        return found.score if found.per_class is None else found.per_class[:, self.column].copy()


def choose_output(found: Predictions, config: Config, explain: Explain) -> Output | Lacking:
    """The output of a role, or why there is none.

    Raises:
        ConfigError: `[explain] of` names no class of the model.
    """
    if not are_held(found.score if found.per_class is None else found.per_class):
        return _TOO_LARGE if found.per_class is not None or config.task != "multiclass" else _CODES
    if config.task == "binary":
        return Output(of=config.label.positive or "", column=0)
    if config.task == "regression":
        return Output(of=config.label.column, column=0)
    if found.per_class is None:
        return _CODES
    names = found.class_names
    of = explain.of or config.label.favourable or _most_decided(found)
    if of not in names:
        raise ConfigError(
            f"affidavit.toml: [explain] of = {of!r} is no class of the model",
            f"it has {printable(', '.join(names[:12]))}", "name one of them",
        )  # fmt: skip
    return Output(of=of, column=names.index(of))


def cut_of(found: Predictions, config: Config) -> Floats | None:
    """(n_rows,): the threshold in force for each row; None where a score decides nothing."""
    decision = config.decision
    if config.task != "binary" or (decision.threshold is None and not decision.segment):
        return None
    return thresholds(found.rows, config)


def favourable_of(found: Predictions, config: Config) -> NDArray[np.bool_] | None:
    """(n_rows,): whether the decision is the favourable one; None where nobody says which it is."""
    favourable = config.label.favourable
    if favourable is None or config.task == "regression":
        return None
    return found.decision.equals(favourable)


def _most_decided(found: Predictions) -> str:
    sizes = Counter(dict(zip(found.decision.names, found.decision.sizes(), strict=True)))
    return min(sizes, key=lambda name: (-sizes[name], name))
