"""The stage: score the snapshots, count, derive, compare with the log, hold against thresholds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath

from affidavit.challenger_record import ChallengerReport
from affidavit.config import Config
from affidavit.declared_record import original_path
from affidavit.evidence import Evidence, Finding, Item, ItemKind, Logged
from affidavit.favourable import favourable_findings
from affidavit.holds import HELD_REPORTS
from affidavit.metric_names import is_training_role
from affidavit.model_declared import PARAM, configured_facts
from affidavit.printable import printable
from affidavit.progress import Progress
from affidavit.recompute.about_data import write_data_report
from affidavit.recompute.challenger import compare_challenger
from affidavit.recompute.environments import prepare_environment
from affidavit.recompute.explain.asking import Opening
from affidavit.recompute.explain.stage import Explanations, Means, explain_role, no_such_role
from affidavit.recompute.holds import check_holds
from affidavit.recompute.input_example import Example, check_example
from affidavit.recompute.input_notes import input_notes
from affidavit.recompute.logged import METRICS, Comparison, finding, read_logged
from affidavit.recompute.overlap import check_overlap
from affidavit.recompute.predictions import Predictions, predict
from affidavit.recompute.report_files import Job, Part, make_report, report_name, write_report
from affidavit.recompute.rescoring import Rescored, Scored, rescore
from affidavit.recompute.role_report import RoleResult, report_role
from affidavit.recompute.rows import Rows, read_classes, read_rows
from affidavit.recompute.sanity import sanity_findings
from affidavit.recompute.scan import scan_model
from affidavit.recompute.segments import check_segments
from affidavit.recompute.stability_report import Stability, stability
from affidavit.recompute.table import Table, read_tables
from affidavit.recompute.table_files import TableFile
from affidavit.recompute.worker.adapter_code import adapter_code, lacks_adapter
from affidavit.recompute.worker.features import model_input, seen_by_model
from affidavit.recompute.worker.model_files import MLMODEL, ModelPlan, lay_out, subject_plan
from affidavit.recompute.worker.options import WorkerOptions
from affidavit.recompute.worker.scoring import Scorer, open_scorer
from affidavit.workspace import Workspace

_NOTHING_RUN = "no model was run"
_DEFAULTS = WorkerOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recomputed:
    """The record with what was recomputed.

    Attributes:
        isolation: what the model was shut in by; for the seal's predicate.
        tools: versions in the worker, and the call that scores came from.
        challenger: the comparison with one, where there is any.
    """

    evidence: Evidence
    isolation: str
    tools: dict[str, str] = field(default_factory=dict)
    challenger: ChallengerReport | None = None


@dataclass(frozen=True, slots=True)
class _Answered:
    """Everything that the model was asked, and answered."""

    predictions: tuple[Predictions, ...]
    scorer: Scorer
    again: dict[str, Rescored]
    example: Example
    of_inputs: dict[str, tuple[str, ...]]

    @property
    def findings(self) -> tuple[Finding, ...]:
        again = (f for one in self.again.values() for f in one.findings)
        return (*again, *self.example.findings)


def recompute(
    evidence: Evidence,
    config: Config,
    work: Workspace,
    *,
    options: WorkerOptions = _DEFAULTS,
    progress: Progress,
) -> Recomputed:
    """Score every dataset role with the model, and state every number with its n and interval.

    Args:
        evidence: the resolved facts; its model, dataset and protected-table items are read.
        config: task, label, decision, sensitive attributes, holds, worker limits.
        work: where predictions/ and reports/ are written.
        options: how the model's process is to be made.
        progress: told what is being done.

    Raises:
        WorkerError: the model crashed, hung, took too much or answered wrongly.
        SourceError: a snapshot that cannot be read as the configuration says, or an environment
            that cannot be built.
        ConfigError: a configuration that does not fit the data.
    """
    roles = [r for r in config.datasets if role_files(evidence, work, "dataset", r)]
    if lacking := _lacking(roles, evidence, config, work):
        gap = _nothing(lacking)
        return Recomputed(evidence=evidence.adding(findings=(gap,)), isolation=_NOTHING_RUN)
    plan = subject_plan(evidence, config, work)
    tables = {
        r: read_tables(role_files(evidence, work, "dataset", r), f"dataset {r}") for r in roles
    }
    rows = tuple(read_rows(table, role, config) for role, table in tables.items())
    job = Job(
        config=config, classes=read_classes(rows, config), work=work, main=main_role(roles),
        protected=_protected(evidence, config, work),
    )  # fmt: skip
    ready = prepare_environment(evidence, config, work, options, progress)
    progress.step("listing what the model's files import")
    folder = lay_out(evidence, work)
    scanned = scan_model(folder, work)
    opening = partial(
        open_scorer, folder, plan, config, ready.interpreter, beside=work.root,
        weakest=options.weakest, adapter=adapter_code(evidence, config, work),
    )  # fmt: skip
    answered = _score(rows, plan, job, model=folder, opening=opening, progress=progress)
    predictions, scorer = answered.predictions, answered.scorer
    progress.step("counting, and deriving every number")
    results = {p.rows.role: report_role(p, job) for p in predictions}
    logged, differing = _compare(results, evidence, job)
    inputs = [c.name for c in plan.columns]
    moved = stability(predictions, inputs, config)
    reports = _write_reports(results, logged, moved, _about_scores(answered, job), job)
    groupings = {role: r.groupings for role, r in results.items()}
    progress.step("looking at the data itself")
    data, checks, of_data = write_data_report(rows, inputs, groupings, evidence, job)
    reports = (*reports, data)
    means = Means(opening=opening, work=work, options=options, progress=progress)
    why = _explain(results, plan, job, means)
    beside = compare_challenger(results, evidence, job, options, progress)
    findings = (
        *ready.findings,
        *scanned.findings,
        *seen_by_model(plan, config),
        *answered.findings,
        *check_overlap(rows, evidence, config),
        *(check_segments(rows, config) if config.task == "binary" else ()),
        *differing,
        *_held(results[job.main], moved.get(job.main), reports, job),
        *favourable_findings(config),
        *(f for r in results.values() for f in _sanity(r, job)),
        *of_data,
        *(f for m in moved.values() for f in m.findings),
        *(f for r in results.values() for f in r.findings),
        *why.findings,
        *beside.findings,
    )
    items = (
        *ready.items, *(i for r in results.values() for i in r.items), *reports, *checks,
        *scanned.items, *why.items, *beside.items,
    )  # fmt: skip
    progress.done("recompute", _line(results, job.main, logged, len(findings)))
    said = {**scorer.versions, "call": scorer.call, "environment": ready.about}
    return Recomputed(
        evidence=evidence.adding(
            facts=(*ready.facts, *beside.facts), findings=findings, items=items
        ),
        isolation=scorer.isolation,
        tools={f"worker.{name}": value for name, value in said.items()},
        challenger=beside.report,
    )


def _explain(
    results: Mapping[str, RoleResult], plan: ModelPlan, job: Job, means: Means
) -> Explanations:
    """The explanations of the role that `[explain]` means; nothing without `[explain]`."""
    explain = job.config.explain
    if explain is None:
        return Explanations()
    result = results.get(explain.role or job.main)
    if result is None:
        return no_such_role(explain.role or job.main)
    # Made again, not kept since the scoring: what is counted between would have to live beside it.
    inputs = model_input(result.found.rows.table, plan)
    return explain_role(result, inputs, job.config, means)


def _lacking(roles: list[str], evidence: Evidence, config: Config, work: Workspace) -> str:
    """What is not there and without which nothing can be computed; empty where all is."""
    if not roles:
        return "a dataset"
    if not (work.root / MLMODEL).is_file():
        return "the model's files"
    return "the adapter's commit" if lacks_adapter(evidence, config, work) else ""


def main_role(roles: list[str]) -> str:
    """The role that page one shows: evaluation, else the last that is not training."""
    if "evaluation" in roles:
        return "evaluation"
    others = [r for r in roles if not is_training_role(r)]
    return (others or roles)[-1]


def role_files(evidence: Evidence, work: Workspace, kind: ItemKind, role: str) -> list[TableFile]:
    """The files of one role, or of one protected table, that are there."""
    items = evidence.of_kind(kind, role)
    located = [(_own_name(i, role), work.locate(i)) for i in items]
    return [TableFile(name, path) for name, path in located if path.is_file()]


def _own_name(item: Item, role: str) -> str:
    """A file's path as seen from the folder of its role or table: folders name columns."""
    name = original_path(item, role)
    return PurePosixPath(name).name if name == item.path else name


def _protected(evidence: Evidence, config: Config, work: Workspace) -> dict[str, Table]:
    names = sorted({s.table for s in config.sensitive.values() if s.table is not None})
    found = {name: role_files(evidence, work, "protected-table", name) for name in names}
    return {n: read_tables(files, f"protected table {n}") for n, files in found.items() if files}


def _score(
    rows: tuple[Rows, ...],
    plan: ModelPlan,
    job: Job,
    *,
    model: Path,
    opening: Opening,
    progress: Progress,
) -> _Answered:
    inputs = [model_input(r.table, plan) for r in rows]
    progress.step("starting the model in a process of its own")
    with opening() as scorer:
        once, found = [], []
        for row, given in zip(rows, inputs, strict=True):
            progress.step(f"scoring {row.n} rows of {row.role}")
            scores = scorer.score(given, row.role)
            once.append(Scored(rows=row, given=given, scores=scores))
            found.append(predict(row, scores, job.classes, job.config))
        progress.step("scoring some rows again, in another order")
        again = rescore(scorer, once, job.config)
        example = check_example(scorer, plan, model, job.config)
    of_inputs = input_notes(dict(zip((r.role for r in rows), inputs, strict=True)), plan)
    return _Answered(tuple(found), scorer, again, example, of_inputs)


def _compare(
    results: dict[str, RoleResult], evidence: Evidence, job: Job
) -> tuple[tuple[Logged, ...], tuple[Finding, ...]]:
    path = job.work.root / METRICS
    if not path.is_file():
        return (), ()
    roles = {name: r.role_numbers(job) for name, r in results.items()}
    comparison = Comparison(roles, job.main, job.config, evidence)
    logged = tuple(comparison.compare(m) for m in read_logged(path.read_bytes()))
    report = report_name("performance", job.main, job.main)
    return logged, tuple(
        finding(one, position, report)
        for position, one in enumerate(logged, 1)
        if one.verdict == "different"
    )


def _held(
    shown: RoleResult, moved: Stability | None, reports: tuple[Item, ...], job: Job
) -> tuple[Finding, ...]:
    numbers = shown.numbers_in(HELD_REPORTS) + (moved.numbers if moved is not None else ())
    items = tuple(r.path for r in reports if r.role == job.main and r.path.endswith(".json"))
    return check_holds(numbers, job.config, items)


def _sanity(result: RoleResult, job: Job) -> tuple[Finding, ...]:
    role = result.found.rows.role
    report = report_name("performance", role, job.main)
    return sanity_findings(
        result.found, result.numbers, result.groupings, config=job.config, classes=job.classes,
        items=(report,),
    )  # fmt: skip


def _write_reports(
    results: Mapping[str, RoleResult],
    logged: tuple[Logged, ...],
    moved: Mapping[str, Stability],
    about: Mapping[str, tuple[str, ...]],
    job: Job,
) -> tuple[Item, ...]:
    """Every report of every role; what was logged stands in the main one's performance."""
    items = []
    for role, result in results.items():
        for part in result.parts:
            report = make_report(part, result.found.rows, job.config)
            if part.name == "performance":
                here = logged if role == job.main else ()
                notes = (*report.notes, *about[role])
                report = report.model_copy(update={"logged": here, "notes": notes})
            items.append(write_report(report, job, part.stem))
        if role in moved:
            items.append(_write_stability(moved[role], result, job))
    return tuple(items)


def _write_stability(moved: Stability, result: RoleResult, job: Job) -> Item:
    part = Part(name="stability", stem="stability", numbers=moved.numbers, notes=moved.notes)
    report = make_report(part, result.found.rows, job.config)
    return write_report(report.model_copy(update={"bins": moved.bins}), job)


def _about_scores(answered: _Answered, job: Job) -> dict[str, tuple[str, ...]]:
    """By role: which call scores come from, what it means, and whether it answers alike again."""
    scorer, config = answered.scorer, job.config
    of = f", the score of {config.label.positive!r}" if config.task == "binary" else ""
    said = f"Scores come from {scorer.call} of {scorer.model}{of}."
    asked = _as_configured(config)
    notes = (said, *asked, *(f"{note[:1].upper()}{note[1:]}." for note in scorer.notes))
    return {
        role: (
            *notes,
            *answered.of_inputs[role],
            again.note,
            *(answered.example.notes if role == job.main else ()),
        )
        for role, again in answered.again.items()
    }


def _as_configured(config: Config) -> tuple[str, ...]:
    """How the model is asked, where affidavit.toml says more than which columns it is given."""
    facts = configured_facts(config)
    given = [f"{f.id.rpartition('.')[2]} = {f.value}" for f in facts if f.id.startswith(PARAM)]
    adapter = config.model.adapter
    said = [f"Before each call the rows go through {adapter} of the training commit."]
    said = said if adapter is not None else []
    said += [f"Each call is given {printable(', '.join(given))}."] if given else []
    return tuple(said)


def _nothing(lacking: str) -> Finding:
    return Finding(
        id="recompute.nothing", kind="gap", stage="recompute",
        what=f"nothing was recomputed: {lacking} is not there",
        expected="a model and at least one dataset", found=f"no bytes of {lacking}",
        fix="close the gaps above, and build again",
    )  # fmt: skip


def _line(
    results: dict[str, RoleResult], main: str, logged: tuple[Logged, ...], findings: int
) -> str:
    rows = sum(r.found.rows.n for r in results.values())
    equal = sum(one.verdict == "equal" for one in logged)
    parts = [f"{rows:,} rows scored", f"{len(results[main].numbers)} numbers on {main}"]
    parts += [f"{equal} of {len(logged)} logged metrics equal"] if logged else []
    parts += [f"{findings} finding{'' if findings == 1 else 's'}"] if findings else []
    return " · ".join(parts)
