"""Reports and count tables as files: names, order, sensitivity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from affidavit.bundle import canonical, layout
from affidavit.config import Config
from affidavit.counts import CountTable
from affidavit.evidence import (
    CalibrationBin,
    CountSpec,
    GainsRow,
    Item,
    Number,
    Report,
    ReportName,
    Sensitivity,
)
from affidavit.rates import write_counts
from affidavit.recompute.rows import Classes, Rows
from affidavit.recompute.table import Table
from affidavit.workspace import Workspace

_SMALL_CELL = 10
_ABOUT_LABEL = {
    "past-decision": "The label is the lender's own past decision: these numbers measure "
    "agreement with it, not repayment.",
    "proxy": "The label is a proxy: these numbers measure agreement with it, not the outcome.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What all roles of one build share."""

    config: Config
    classes: Classes
    protected: Mapping[str, Table]
    work: Workspace
    main: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One report of a role in the making.

    Attributes:
        stem: its file's name without role and suffix: the report's name, or `estimated.<name>`.
        counts: how its count table is to be read; None where there is none.
    """

    name: ReportName
    stem: str
    numbers: tuple[Number, ...]
    counts: CountSpec | None = None
    notes: tuple[str, ...] = ()
    calibration: tuple[CalibrationBin, ...] = ()
    gains: tuple[GainsRow, ...] = ()


def report_name(stem: str, role: str, main: str) -> str:
    """The main role's report has the plain name; others carry theirs."""
    return f"{layout.REPORTS}/{stem}{'' if role == main else '-' + role}.json"


def make_report(part: Part, rows: Rows, config: Config) -> Report:
    """The record of one report."""
    # Stability compares scores and inputs, and looks at no label.
    about = None if part.name == "stability" else _ABOUT_LABEL.get(config.label.kind)
    return Report(
        name=part.name, role=rows.role, n_rows=rows.n, n_labelled=int(rows.is_labelled.sum()),
        label_kind=config.label.kind, counts=part.counts, numbers=part.numbers,
        calibration=part.calibration, gains=part.gains,
        notes=((about,) if about else ()) + part.notes,
    )  # fmt: skip


def write_report(report: Report, job: Job, stem: str | None = None) -> Item:
    """reports/<stem>[-<role>].json."""
    return job.work.write(
        report_name(stem or report.name, report.role, job.main), canonical.record_bytes(report),
        kind="report", origin="recomputed", media_type="application/json", role=report.role,
    )  # fmt: skip


def write_table(table: CountTable, work: Workspace) -> Item:
    """reports/counts/<file>; personal data while a cell is small."""
    return work.write(
        f"{layout.COUNTS}/{table.spec.file}", write_counts(table), kind="counts",
        origin="recomputed", media_type="text/csv", role=table.spec.role,
        sensitivity=count_sensitivity(table),
    )  # fmt: skip


def count_sensitivity(table: CountTable) -> Sensitivity:
    """Personal data while a cell is small."""
    small = any(cell.n < _SMALL_CELL for cell in table.rows)
    return "personal-data" if small else "internal"


def write_thresholds(content: bytes, role: str, work: Workspace) -> Item:
    """reports/thresholds/<role>.csv: what each threshold would select, by group."""
    # Between two neighbouring thresholds of a group may lie one person.
    return work.write(
        f"{layout.REPORTS}/thresholds/{role}.csv", content, kind="report", origin="recomputed",
        media_type="text/csv", role=role, sensitivity="personal-data",
    )  # fmt: skip
