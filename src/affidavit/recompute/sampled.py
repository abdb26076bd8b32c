"""A few rows of each role, drawn by a seed and scored: a quick look, no recomputation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from affidavit.config import Config
from affidavit.evidence import Evidence
from affidavit.progress import Progress
from affidavit.recompute.environments import prepare_environment
from affidavit.recompute.predictions import Predictions, predict, prediction_rows
from affidavit.recompute.rows import Rows, read_classes, read_rows
from affidavit.recompute.stage import role_files
from affidavit.recompute.table import read_tables
from affidavit.recompute.worker.adapter_code import adapter_code
from affidavit.recompute.worker.features import model_input
from affidavit.recompute.worker.model_files import ModelPlan, lay_out, subject_plan
from affidavit.recompute.worker.options import WorkerOptions
from affidavit.recompute.worker.scoring import Scorer, Scores, open_scorer
from affidavit.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledRole:
    """The rows of one role that were scored.

    Attributes:
        n: rows that the role has.
        places: of the scored ones, from 0, rising.
        rows: these, by the columns of the prediction table.
    """

    role: str
    n: int
    places: tuple[int, ...]
    rows: tuple[dict[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """A sample of every role, and what the model was run in."""

    roles: tuple[SampledRole, ...]
    isolation: str
    tools: dict[str, str]


def score_sample(
    evidence: Evidence,
    config: Config,
    work: Workspace,
    *,
    size: int,
    seed: int,
    options: WorkerOptions,
    progress: Progress,
) -> Sampled:
    """Score `size` rows of each role whose files are there.

    Args:
        evidence: as for `recompute`.
        config: as for `recompute`.
        work: where the items are.
        size: rows of each role; all of a role that has fewer.
        seed: of the draw; the same seed draws the same rows.
        options: how the model's process is to be made.
        progress: told what is being done.

    Raises:
        WorkerError: the model crashed, hung, took too much or answered wrongly.
        SourceError: a snapshot that cannot be read as the configuration says.
        ConfigError: a configuration that does not fit the data.
    """
    files = {r: role_files(evidence, work, "dataset", r) for r in config.datasets}
    tables = {r: read_tables(f, f"dataset {r}") for r, f in files.items() if f}
    rows = tuple(read_rows(table, role, config) for role, table in tables.items())
    plan = subject_plan(evidence, config, work)
    classes = read_classes(rows, config)
    ready = prepare_environment(evidence, config, work, options, progress)
    progress.step("starting the model in a process of its own")
    with open_scorer(
        lay_out(evidence, work), plan, config, ready.interpreter,
        beside=work.root, weakest=options.weakest, adapter=adapter_code(evidence, config, work),
    ) as scorer:  # fmt: skip
        found = []
        for row in rows:
            places = draw(row.n, size, seed)
            progress.step(f"scoring {len(places)} of {row.n} rows of {row.role}")
            scores = _scored(scorer, plan, row, places)
            found.append(_role(predict(row, scores, classes, config), places))
    said = {**scorer.versions, "call": scorer.call, "environment": ready.about}
    return Sampled(
        roles=tuple(found), isolation=scorer.isolation,
        tools={f"worker.{name}": value for name, value in said.items()},
    )  # fmt: skip


def draw(n: int, size: int, seed: int) -> tuple[int, ...]:
    """The places of `size` of n rows, without replacement, rising."""
    chosen = np.random.default_rng(seed).choice(n, size=min(n, size), replace=False)
    return tuple(int(i) for i in np.sort(chosen))


def _scored(scorer: Scorer, plan: ModelPlan, row: Rows, places: tuple[int, ...]) -> Scores:
    """Scores for all rows, of which those of the places alone are the model's; the rest are 0."""
    given: Any = model_input(row.table, plan).take(pa.array(places, type=pa.int64()))
    some = scorer.score(given, row.role)
    matrix = np.zeros((row.n, some.matrix.shape[1]))
    matrix[list(places)] = some.matrix
    return Scores(matrix=matrix, classes=some.classes, are_codes=some.are_codes)


def _role(found: Predictions, places: tuple[int, ...]) -> SampledRole:
    return SampledRole(
        role=found.rows.role, n=found.rows.n, places=places,
        rows=tuple(prediction_rows(found, places)),
    )  # fmt: skip
