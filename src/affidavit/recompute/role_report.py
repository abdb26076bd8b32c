"""One role's reports: predictions, counts, performance, fairness; and how they are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from affidavit.bundle import canonical, layout
from affidavit.config import Config
from affidavit.counts import CountTable
from affidavit.evidence import CountSpec, Finding, Item, Logged, Number, Report
from affidavit.rates import derive, write_counts
from affidavit.recompute.counting import count
from affidavit.recompute.data_report import data_notes
from affidavit.recompute.groups import Grouping, group_rows
from affidavit.recompute.logged import RoleNumbers
from affidavit.recompute.metrics import binary_view
from affidavit.recompute.performance import binary_numbers, multiclass_numbers, regression_numbers
from affidavit.recompute.predictions import Predictions, write_predictions
from affidavit.recompute.row_notes import labelled_shares, small_groups, unlabelled_note
from affidavit.recompute.rows import Classes, Rows
from affidavit.recompute.scoring import Scorer
from affidavit.recompute.segments import segment_note, thresholds
from affidavit.recompute.table import Table
from affidavit.workspace import Workspace

_SMALL_CELL = 10
_NOTES = {
    "past-decision": "The label is the lender's own past decision: these numbers measure "
    "agreement with it, not repayment.",
    "proxy": "The label is a proxy: these numbers measure agreement with it, not the outcome.",
}
ReportKind = Literal["performance", "fairness"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleResult:
    """One role, recomputed.

    Attributes:
        spec: how its count table is to be read; None where there is none (other than binary).
        items: predictions and counts.
    """

    found: Predictions
    performance: tuple[Number, ...]
    fairness: tuple[Number, ...]
    spec: CountSpec | None
    items: tuple[Item, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]

    @property
    def all_numbers(self) -> tuple[Number, ...]:
        return (*self.performance, *self.fairness)

    def role_numbers(self, config: Config) -> RoleNumbers:
        """What the comparison with the log needs of this role."""
        binary = self.spec is not None
        cuts = np.unique(thresholds(self.found.rows, config)) if binary else np.empty(0)
        return RoleNumbers(
            role=self.found.rows.role,
            numbers=self.all_numbers,
            view=binary_view(self.found, self.spec.positive) if self.spec else None,
            thresholds=tuple(float(c) for c in cuts if not np.isnan(c)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What all roles of one build share."""

    config: Config
    classes: Classes
    protected: Mapping[str, Table]
    work: Workspace
    main: str


def report_name(kind: str, role: str, main: str) -> str:
    """The main role's report has the plain name; others carry theirs."""
    return f"{layout.REPORTS}/{kind}{'' if role == main else '-' + role}.json"


def report_role(found: Predictions, job: Job) -> RoleResult:
    """Write predictions and counts of one role, and derive its numbers.

    Raises:
        SourceError: sensitive attributes that cannot be read as declared.
        ConfigError: bands that do not rise, a table without join_on.
    """
    role, config = found.rows.role, job.config
    embedded = config.datasets[role].include == "embed"
    items = write_predictions(found, job.work, embedded=embedded)
    if config.task == "binary":
        return _binary_result(found, job, items)
    numbers = multiclass_numbers if config.task == "multiclass" else regression_numbers
    return RoleResult(
        found=found, performance=numbers(found), fairness=(), spec=None, items=items,
        findings=_no_fairness_yet(role, config), notes=(),
    )  # fmt: skip


def _binary_result(found: Predictions, job: Job, items: tuple[Item, ...]) -> RoleResult:
    role, favourable = found.rows.role, job.config.label.favourable
    grouped = group_rows(found.rows, job.config, job.protected)
    groupings = grouped.groupings if favourable is not None else ()
    spec = CountSpec(
        role=role, positive=job.classes.positive, favourable=favourable or "",
        attributes=tuple(g.spec for g in groupings), weighted=found.rows.is_weighted,
    )  # fmt: skip
    table = count(
        [g.column for g in groupings], found.rows.labels, found.decision, found.rows.weights, spec
    )
    derived = derive(table)
    scored = binary_numbers(found, job.classes.positive)
    lacking = () if favourable is not None or not job.config.sensitive else (_no_favourable(role),)
    return RoleResult(
        found=found,
        performance=(*(n for n in derived if n.id.startswith("performance/")), *scored),
        fairness=tuple(n for n in derived if n.id.startswith("fairness/")),
        spec=spec,
        items=(*items, _write_counts(table, job.work)),
        findings=(*grouped.findings, *lacking),
        notes=(*grouped.notes, *_fairness_notes(found.rows, groupings, spec.small)),
    )


def _fairness_notes(rows: Rows, groupings: tuple[Grouping, ...], small: int) -> tuple[str, ...]:
    return (
        *unlabelled_note(rows),
        *(note for g in groupings for note in labelled_shares(rows, g)),
        *(note for g in groupings for note in small_groups(g, small)),
    )


def _write_counts(table: CountTable, work: Workspace) -> Item:
    small = any(cell.n < _SMALL_CELL for cell in table.rows)
    return work.write(
        f"{layout.COUNTS}/{table.spec.role}.csv", write_counts(table), kind="counts",
        origin="recomputed", media_type="text/csv", role=table.spec.role,
        sensitivity="personal-data" if small else "internal",
    )  # fmt: skip


def write_reports(
    results: Mapping[str, RoleResult], logged: tuple[Logged, ...], scorer: Scorer, job: Job
) -> tuple[Item, ...]:
    """Performance and fairness of every role; what was logged stands in the main one's."""
    items = []
    for role, result in results.items():
        notes = _performance_notes(result, scorer, job.config)
        here = logged if role == job.main else ()
        performance = _report(result, "performance", notes, job.config)
        items.append(_write(performance.model_copy(update={"logged": here}), job))
        if result.fairness:
            items.append(_write(_report(result, "fairness", result.notes, job.config), job))
    return tuple(items)


def write_data_report(rows: Sequence[Rows], job: Job) -> Item:
    """data.json: what the snapshots of all roles hold."""
    main = next(r for r in rows if r.role == job.main)
    report = Report(
        name="data", role=job.main, n_rows=main.n, n_labelled=int(main.is_labelled.sum()),
        label_kind=job.config.label.kind, notes=data_notes(rows),
    )  # fmt: skip
    return _write(report, job)


def _report(result: RoleResult, kind: ReportKind, notes: tuple[str, ...], config: Config) -> Report:
    rows = result.found.rows
    about = _NOTES.get(config.label.kind)
    return Report(
        name=kind, role=rows.role, n_rows=rows.n, n_labelled=int(rows.is_labelled.sum()),
        label_kind=config.label.kind, counts=result.spec,
        numbers=result.performance if kind == "performance" else result.fairness,
        notes=((about,) if about else ()) + notes,
    )  # fmt: skip


def _write(report: Report, job: Job) -> Item:
    return job.work.write(
        report_name(report.name, report.role, job.main), canonical.record_bytes(report),
        kind="report", origin="recomputed", media_type="application/json", role=report.role,
    )  # fmt: skip


def _performance_notes(result: RoleResult, scorer: Scorer, config: Config) -> tuple[str, ...]:
    rows = result.found.rows
    of = f", the column of {config.label.positive!r}" if scorer.call == "predict_proba" else ""
    notes = [f"Scores come from {scorer.call} of {scorer.model}{of}."]
    notes += [f"{note[:1].upper()}{note[1:]}." for note in scorer.notes]
    notes += unlabelled_note(rows)
    if rows.is_weighted:
        notes.append("Rows carry weights; n is the number of rows, values are weighted.")
    if config.task == "binary":
        notes += segment_note(rows, config)
    if config.decision.column is not None:
        notes.append(f"Decisions are those of the column {config.decision.column!r}.")
    return tuple(notes)


def _no_fairness_yet(role: str, config: Config) -> tuple[Finding, ...]:
    if not config.sensitive:
        return ()
    return (
        Finding(
            id=f"recompute.fairness.{role}", kind="gap", stage="recompute",
            what=f"fairness is not computed for {config.task} tasks yet ({role})",
            expected="numbers by " + ", ".join(sorted(config.sensitive)), found="none",
            fix="wait for a version that does, or compute and declare them by hand",
        ),
    )  # fmt: skip


def _no_favourable(role: str) -> Finding:
    return Finding(
        id=f"recompute.favourable.{role}", kind="gap", stage="recompute",
        what=f"fairness is not computed on {role}: which label is good for the person is not said",
        expected="[label] favourable in affidavit.toml", found="nothing",
        fix="set [label] favourable; it is never guessed",
    )  # fmt: skip
