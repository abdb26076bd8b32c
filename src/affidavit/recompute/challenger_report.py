"""Both models' predictions of the same rows, compared: table of both decisions, and report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from affidavit.agreement import compare_counts, joint_spec
from affidavit.bundle import canonical, layout
from affidavit.challenger_record import (
    HEADING,
    ChallengerReport,
    ChallengerRole,
    ComparedNumber,
    compared_number,
    decides,
    report_notes,
    role_notes,
)
from affidavit.counts import write_counts
from affidavit.evidence import CountSpec, Item
from affidavit.places import Place
from affidavit.recompute.counting import count
from affidavit.recompute.paired_scores import (
    PairedScores,
    compare_absolute_errors,
    compare_areas,
    compare_squared_errors,
)
from affidavit.recompute.predictions import Predictions, write_rows
from affidavit.recompute.report_files import Job, count_sensitivity
from affidavit.recompute.role_report import RoleResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Both:
    """One role, as the subject's numbers were made of it and as the challenger scored it."""

    subject: RoleResult
    challenger: Predictions

    @property
    def role(self) -> str:
        return self.challenger.rows.role


def write_comparison(
    compared: Sequence[Both], name: str, version: str, job: Job
) -> tuple[ChallengerReport, tuple[Item, ...]]:
    """reports/challenger.json, a table of both decisions and the challenger's rows by role.

    Args:
        compared: at least one role.
        name: of the challenger's registered model.
        version: its version.
        job: what all roles share.

    Returns:
        The report, and every file.

    Raises:
        SourceError: weights whose sums are longer than the format holds.
    """
    ordered = sorted(compared, key=lambda b: (b.role != job.main, b.role))
    items, roles = [], []
    for both in ordered:
        embedded = job.config.datasets[both.role].include == "embed"
        rows = replace(both.challenger, final=None)
        items.append(write_rows(rows, job.work, embedded=embedded))
        role, table = _role(both, job)
        roles.append(role)
        items += [] if table is None else [table]
    report = ChallengerReport(
        name=name,
        model_version=version,
        task=job.config.task,
        roles=tuple(roles),
        notes=report_notes(job.config),
    )
    written = job.work.write(
        layout.CHALLENGER, canonical.record_bytes(report), kind="challenger", origin="recomputed",
        media_type="application/json",
    )  # fmt: skip
    return report, (written, *items)


def _role(both: Both, job: Job) -> tuple[ChallengerRole, Item | None]:
    rows, spec = both.subject.found.rows, _main_spec(both.subject)
    counted: tuple[ComparedNumber, ...] = ()
    joint, item = None, None
    if spec is not None and decides(job.config):
        joint = joint_spec(spec)
        columns = [*(g.column for g in both.subject.groupings), both.challenger.decision]
        table = count(columns, rows.labels, both.subject.found.decision, rows.weights, joint)
        counted = compare_counts(table)
        item = job.work.write(
            f"{layout.COUNTS}/{joint.file}", write_counts(table), kind="challenger",
            origin="recomputed", media_type="text/csv", role=rows.role,
            sensitivity=count_sensitivity(table),
        )  # fmt: skip
    role = ChallengerRole(
        role=rows.role, n_rows=rows.n, n_labelled=int(rows.is_labelled.sum()), counts=joint,
        numbers=(*_of_scores(both, job), *counted), notes=role_notes(rows.role, job.config),
    )  # fmt: skip
    return role, item


def _main_spec(result: RoleResult) -> CountSpec | None:
    """How the subject's own counts are read; None for a regression."""
    return next((p.counts for p in result.parts if p.name == "performance"), None)


def _of_scores(both: Both, job: Job) -> Iterator[ComparedNumber]:
    """Area and Brier score of a binary task, the mean absolute error of an amount."""
    config, found = job.config, both.subject.found
    if config.task == "multiclass":
        return
    rows, known = found.rows, found.rows.is_labelled
    scores = PairedScores(
        challenger=both.challenger.score[known], subject=found.score[known],
        weight=rows.weights[known] if rows.is_weighted else None, unit=config.unit,
    )  # fmt: skip
    place = Place(kind=HEADING, role=rows.role)
    if config.task == "regression":
        error = compare_absolute_errors(scores, rows.targets[known])
        yield compared_number(place, "mae", error, "scores")
        return
    positive = job.classes.positive
    is_event = rows.labels.equals(positive)[known]
    for metric, compare in (
        ("roc_auc", compare_areas), ("brier_score", compare_squared_errors)
    ):  # fmt: skip
        yield compared_number(place, metric, compare(scores, is_event), "scores", positive)
