"""The seam between a command about one row and what explains: one scored row in, `Decisions` out.

`running.py` looks the row up, scores it and calls `explain_given`; nothing of the command knows how
a row is explained, and nothing that explains knows of bundles, files or pages.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from affidavit.config import Config, Explain
from affidavit.explanation_record import Decision, Decisions, Input, Lacking, Reasons
from affidavit.progress import Progress
from affidavit.recompute.predictions import Predictions
from affidavit.recompute.segments import thresholds
from affidavit.recompute.worker.scoring import Scorer

Opening = Callable[[], AbstractContextManager[Scorer]]
_NOT_EXPLAINED = Lacking(
    part="attributions, reasons and counterfactuals",
    reason="this version of Affidavit scores the row and explains nothing more",
    fix="explain it with a later version",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredRows:
    """Rows, what the model was given of them, and what it answered.

    Attributes:
        found: scores and decisions, and in `found.rows` ids and labels.
        inputs: a pyarrow Table, (n_rows) of the model's columns.
        config: as the rows were decided by.
    """

    found: Predictions
    inputs: Any
    config: Config


class ExplainsOne(Protocol):
    """What explains one row."""

    def __call__(
        self,
        given: ScoredRows,
        data: ScoredRows,
        explain: Explain,
        opening: Opening,
        progress: Progress,
    ) -> Decisions:
        """Explain the one row of `given` against a background out of `data`.

        Args:
            given: one row, which need not be among `data`.
            data: the rows of the role that `[explain]` means, all of them.
            explain: `[explain]` of the bundle, or its defaults.
            opening: gives the model in a worker of its own; for an `Asker`.
            progress: told what is being done.

        Returns:
            One `Decision`, `chosen` being `given`; what could not be explained is in `lacking`.
        """
        ...


def explain_given(
    given: ScoredRows, data: ScoredRows, explain: Explain, opening: Opening, progress: Progress
) -> Decisions:
    """As `ExplainsOne` says."""
    del explain, opening, progress
    return Decisions(
        role=data.found.rows.role, of=_of(data.config), scale="score",
        decisions=(decision_of(given),), lacking=(_NOT_EXPLAINED,),
    )  # fmt: skip


def decision_of(given: ScoredRows) -> Decision:
    """What the model was given of the row, what it answered, and what was decided on that."""
    found, config = given.found, given.config
    has_cut = config.decision.threshold is not None or bool(config.decision.segment)
    cut = float(thresholds(found.rows, config)[0]) if has_cut and config.task == "binary" else None
    label, final = str(found.decision.texts()[0]), found.final
    last = None if final is None else str(final.texts()[0])
    favourable = config.label.favourable if config.task != "regression" else None
    is_adverse = None if favourable is None else label != favourable
    score = float(found.score[0])
    return Decision(
        row_id=str(found.rows.ids()[0].as_py()), chosen=("given",), score=score, output=score,
        threshold=cut, label=label, final=last, is_adverse=is_adverse,
        inputs=tuple(
            Input(column=name, value=cell(given.inputs.column(name)[0].as_py()))
            for name in given.inputs.column_names
        ),
        reasons=Reasons(
            status="favourable" if is_adverse is False else "none", method="none were looked for"
        ),
    )  # fmt: skip


def cell(value: object) -> str | float | bool | None:
    """One value of the model's inputs as a record has it; NaN is missing."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int | float):
        return None if math.isnan(value) else float(value)
    return str(value)


def _of(config: Config) -> str:
    label = config.label
    if config.task == "binary":
        return label.positive or ""
    return label.column if config.task == "regression" else label.favourable or label.column
