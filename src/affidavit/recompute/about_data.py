"""The data report and its findings: what the snapshots hold, and what in them is suspicious."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from affidavit.evidence import Evidence, Finding, Item, Report
from affidavit.recompute.columns import column_profiles
from affidavit.recompute.data_checks import check_data
from affidavit.recompute.data_report import data_notes, duplicates, group_notes
from affidavit.recompute.groups import Grouping
from affidavit.recompute.report_files import Job, report_name, write_report
from affidavit.recompute.rows import Rows
from affidavit.recompute.suspicion import (
    BinaryLabels,
    suspicious_inputs,
    suspicious_of_classes,
    suspicious_of_targets,
)


def write_data_report(
    rows: Sequence[Rows],
    inputs: Sequence[str],
    groupings: Mapping[str, tuple[Grouping, ...]],
    evidence: Evidence,
    job: Job,
) -> tuple[Item, tuple[Item, ...], tuple[Finding, ...]]:
    """data.json: the columns of all roles, and what is to be known of their rows.

    Args:
        rows: of every role.
        inputs: the model's columns.
        groupings: of every role, its sensitive attributes.
        evidence: its items, for the data checks: validation results and suites.
        job: configuration, and where to write.

    Returns:
        The report, the results of suites that were run, and findings.
    """
    main = next(r for r in rows if r.role == job.main)
    profiles = column_profiles(rows, inputs, job.config)
    twice = [duplicates(r, job.config) for r in rows]
    checked = check_data(rows, evidence, job)
    notes = (
        *data_notes(rows),
        *(n for r in rows for n in group_notes(r, groupings[r.role], job.config)),
        *(n for d in twice for n in d.notes),
        *profiles.notes,
        *checked.notes,
    )
    report = Report(
        name="data", role=job.main, n_rows=main.n, n_labelled=int(main.is_labelled.sum()),
        label_kind=job.config.label.kind, columns=profiles.columns, notes=notes,
    )  # fmt: skip
    findings = (
        *_suspicious(rows, inputs, job),
        *(f for d in twice for f in d.findings),
        *checked.findings,
    )
    return write_report(report, job), checked.items, findings


def _suspicious(rows: Sequence[Rows], inputs: Sequence[str], job: Job) -> Iterator[Finding]:
    report, classes = report_name("data", job.main, job.main), job.classes
    if job.config.task == "binary":
        labels = BinaryLabels(positive=classes.positive, negative=classes.negative)
        yield from suspicious_inputs(rows, inputs, labels, report)
    elif job.config.task == "multiclass":
        yield from suspicious_of_classes(rows, inputs, classes.values, report)
    else:
        yield from suspicious_of_targets(rows, inputs, report)
