"""From scored rows to what is explained: output, features, scale, and the background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from affidavit.config import Config
from affidavit.recompute.explain.asking import Asker, AskFailed
from affidavit.recompute.explain.attributing.attributions import choose_scale
from affidavit.recompute.explain.attributing.background import Chosen, choose_background
from affidavit.recompute.explain.attributing.readable import Readable, probe_exact
from affidavit.recompute.explain.explained import Explained
from affidavit.recompute.explain.features import explain_of, features_of, kinds_of
from affidavit.recompute.explain.output import Output, cut_of, favourable_of
from affidavit.recompute.groups import Grouping
from affidavit.recompute.predictions import Predictions
from affidavit.recompute.worker.exactness import NotExact


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A role that can be explained.

    Attributes:
        readable: whether attributions are read from the model's own parameters; None where they
            are to be sampled.
    """

    explained: Explained
    background: Chosen
    readable: Readable | NotExact | None


def prepare(
    scored: ScoredRows, groupings: tuple[Grouping, ...], output: Output, asker: Asker
) -> Prepared:
    """Everything that explainers are given of a role.

    Args:
        scored: its rows, with `[explain]` in their configuration.
        groupings: of the sensitive attributes; none where nothing is said of groups.
        output: the score that is explained.
        asker: the model.

    Raises:
        ConfigError: `[explain]` does not fit the model's inputs.
    """
    found, inputs, config = scored.found, scored.inputs, scored.config
    explain, scores = explain_of(config), output.of_predictions(found)
    features, kinds = features_of(inputs, config), kinds_of(inputs, config)
    readable = _readable(asker, output, config) if explain.method == "exact" else None
    explained = Explained(
        config=config, explain=explain, rows=found.rows, inputs=inputs, features=features,
        kinds=kinds, of=output.of, scores=scores,
        scale=choose_scale(config.task, scores, readable), cut=cut_of(found, config),
        decision=found.decision, is_favourable=favourable_of(found, config), groupings=groupings,
    )  # fmt: skip
    return Prepared(explained=explained, background=choose_background(explained), readable=readable)


def _readable(asker: Asker, output: Output, config: Config) -> Readable | NotExact:
    try:
        return probe_exact(asker, output.of if config.task == "multiclass" else None)
    except AskFailed as error:
        return NotExact(error.cause_line)
