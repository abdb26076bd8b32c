"""One row of a bundle's data, or a case: looked up, scored by the model, and explained."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

from affidavit.config import Config, Explain
from affidavit.errors import AffidavitError, WorkerError
from affidavit.evidence import Evidence
from affidavit.explanation_record import Decisions
from affidavit.progress import Progress
from affidavit.recompute.environments import prepare_environment
from affidavit.recompute.explain.one_case.case_file import CaseFile
from affidavit.recompute.explain.one_case.given import CASE, Given, row_by_id, row_of_case
from affidavit.recompute.explain.one_case.one import explain_given
from affidavit.recompute.explain.preparing import ScoredRows
from affidavit.recompute.predictions import predict
from affidavit.recompute.rows import Classes, Rows, read_classes, read_rows
from affidavit.recompute.stage import main_role, role_files
from affidavit.recompute.table import read_tables
from affidavit.recompute.worker.adapter_code import adapter_code
from affidavit.recompute.worker.features import model_input
from affidavit.recompute.worker.model_files import ModelPlan, lay_out, subject_plan
from affidavit.recompute.worker.options import WorkerOptions
from affidavit.recompute.worker.scoring import Scorer, Scores, open_scorer
from affidavit.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which row: `case` where it is given, else the one with this id in the data.

    Attributes:
        name: the row id; of a case, what it is called.
    """

    name: str
    case: CaseFile | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedRow:
    """What came of it.

    Attributes:
        role: whose data the row is from, `case` for a case.
        score: as the prediction table has it: of the decided class, for several.
        isolation: what the model was shut in by.
        tools: versions in the worker, and the call that scores came from.
    """

    decisions: Decisions
    role: str
    score: float
    isolation: str
    tools: dict[str, str]


def explained_role(evidence: Evidence, config: Config) -> str:
    """The role whose rows a row is compared with: `[explain] role`, else the main one."""
    roles = [r for r in config.datasets if evidence.of_kind("dataset", r)]
    asked = config.explain.role if config.explain is not None else None
    return asked or (main_role(roles) if roles else "")


def explain_row(
    evidence: Evidence,
    config: Config,
    work: Workspace,
    asked: Asked,
    *,
    role: str,
    options: WorkerOptions,
    progress: Progress,
) -> ExplainedRow:
    """Score one row and explain it, by the configuration's `[explain]` or its defaults.

    Args:
        evidence: as for `recompute`.
        config: as for `recompute`.
        work: where the items are.
        asked: which row.
        role: whose rows it is compared with; they are in `work`.
        options: how the model's process is to be made.
        progress: told what is being done.

    Raises:
        UsageError: no such row, or a case that does not fit the model.
        WorkerError: the model crashed, hung, took too much or answered wrongly.
        SourceError: a snapshot that cannot be read as the configuration says.
        ConfigError: a configuration that does not fit the data.
        AffidavitError: the model names classes only, so that there is no score to explain.
    """
    explain = config.explain or Explain()
    config = config.model_copy(update={"explain": explain})
    looked = _look_up(evidence, config, work, asked, role)
    ready = prepare_environment(evidence, config, work, options, progress)
    folder = lay_out(evidence, work)
    opening = partial(
        open_scorer, folder, looked.plan, config, ready.interpreter, beside=work.root,
        weakest=options.weakest, adapter=adapter_code(evidence, config, work),
    )  # fmt: skip
    progress.step("starting the model in a process of its own")
    with opening() as scorer:
        one, data = _scored(looked, scorer, config, progress)
    if math.isnan(one.found.score[0]):
        raise AffidavitError(
            "nothing can be explained: the model names classes, and gives no score",
            fix="log a model that gives a score or a probability for each class",
        )
    progress.step("explaining the row")
    decisions = explain_given(one, data, opening, progress)
    said = {**scorer.versions, "call": scorer.call, "environment": ready.about}
    return ExplainedRow(
        decisions=decisions, role=looked.given.rows.role, score=float(one.found.score[0]),
        isolation=scorer.isolation, tools={f"worker.{name}": v for name, v in said.items()},
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class _LookedUp:
    """The row, and the rows that it is compared with; nothing of the model was loaded for it."""

    given: Given
    rows: Rows
    inputs: Any
    plan: ModelPlan
    classes: Classes


def _look_up(
    evidence: Evidence, config: Config, work: Workspace, asked: Asked, role: str
) -> _LookedUp:
    """Find the row; the role that is compared with is looked at first."""
    files = {r: role_files(evidence, work, "dataset", r) for r in config.datasets}
    order = sorted((r for r, there in files.items() if there), key=lambda r: r != role)
    rows = tuple(read_rows(read_tables(files[r], f"dataset {r}"), r, config) for r in order)
    plan = subject_plan(evidence, config, work)
    inputs = model_input(rows[0].table, plan)
    if asked.case is None:
        given = row_by_id(asked.name, rows, plan, config)
    else:
        given = row_of_case(asked.case, asked.name, inputs, config)
    return _LookedUp(
        given=given, rows=rows[0], inputs=inputs, plan=plan, classes=read_classes(rows, config)
    )


def _score_given(given: Given, scorer: Scorer) -> Scores:
    """The row's scores. Where the model fails on a case, a value of it is the likelier cause.

    Raises:
        WorkerError: the model failed on it.
    """
    try:
        return scorer.score(given.inputs, given.rows.role)
    except WorkerError as error:
        if given.rows.role != CASE:
            raise
        raise WorkerError(
            "the model failed on this case", error.cause or error.what,
            "look for a value that the data never have; if there is none, the model is at fault",
        ) from error  # fmt: skip


def _scored(
    looked: _LookedUp, scorer: Scorer, config: Config, progress: Progress
) -> tuple[ScoredRows, ScoredRows]:
    """The row, asked alone; then all rows of the role."""
    given, rows = looked.given, looked.rows
    alone = _score_given(given, scorer)
    progress.step(f"scoring {rows.n} rows of {rows.role}")
    scores = scorer.score(looked.inputs, rows.role)
    one = ScoredRows(
        found=predict(given.rows, alone, looked.classes, given.config), inputs=given.inputs,
        config=given.config,
    )  # fmt: skip
    found = predict(rows, scores, looked.classes, config)
    return one, ScoredRows(found=found, inputs=looked.inputs, config=config)
