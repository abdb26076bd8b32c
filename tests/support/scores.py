"""Numbers from scores for made bundles: every one that is asked for, each with a possible value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from affidavit.bundle import canonical, layout
from affidavit.counts import CountTable
from affidavit.evidence import LEVEL, CalibrationBin, GainsRow, Item, Number, Report
from affidavit.intervals import Proportion, critical, wilson
from affidavit.toml_reader import read_config
from affidavit.verify.count_tables import NamedTable
from affidavit.verify.score_shapes import (
    Asked,
    counted_cuts,
    group_numbers,
    segment_numbers,
    whole_numbers,
)
from affidavit.workspace import Workspace

LabelKind = Literal["outcome", "past-decision", "proxy"]

_VALUES = {
    "roc_auc": 0.7, "gini": 0.4, "brier_score": 0.2, "log_loss": 0.6, "calibration_slope": 1.0,
    "ks": 0.3, "average_precision": 0.5, "pr_curve_area": 0.5, "mean_score": 0.4,
    "expected_calibration_error": 0.05,
}  # fmt: skip


def with_scores(report: Report, table: CountTable, toml: bytes) -> Report:
    """The report of a binary task, with all that its scores would give."""
    numbers = [_number(a) for a in _asked(report, table, toml)]
    if report.name != "performance":
        return report.model_copy(update={"numbers": (*report.numbers, *numbers)})
    one = _bin(report, table)
    error = abs(one.mean_score - one.observed)
    numbers = [
        n.model_copy(update={"value": error}) if n.metric == "expected_calibration_error" else n
        for n in numbers
    ]
    return report.model_copy(
        update={
            "numbers": (*report.numbers, *numbers), "calibration": (one,),
            "gains": (GainsRow(share=1.0, n=report.n_labelled, gain=1.0, lift=1.0),),
        }
    )  # fmt: skip


def _bin(report: Report, table: CountTable) -> CalibrationBin:
    """All labelled rows in one bin."""
    n = report.n_labelled
    share = sum(c.n for c in table.rows if c.label == table.spec.positive) / n
    low, high = wilson(Proportion(p=share, n=n), critical(LEVEL))
    return CalibrationBin(
        first=0.0, last=1.0, n=n, mean_score=0.4, observed=share, low=low, high=high
    )


def _asked(report: Report, table: CountTable, toml: bytes) -> Iterator[Asked]:
    named = NamedTable(path=table.spec.file, table=table, reports={"": report})
    if report.name == "performance":
        yield from whole_numbers(report, read_config(toml, "affidavit.toml"), named)
    elif report.name == "fairness":
        yield from group_numbers(report, counted_cuts(named), of_errors=False)
    elif report.name == "segments":
        yield from segment_numbers(report, counted_cuts(named), of_errors=False)


def _number(asked: Asked) -> Number:
    at = asked.place
    value = None if asked.has_both is False else _VALUES.get(asked.metric, 0.0)
    return Number(
        id=at.number_id(asked.metric), metric=asked.metric, role=at.role, label=at.label,
        group=None if at.group is None else dict(at.group),
        against=None if at.against is None else dict(at.against), attributes=at.attributes,
        n=asked.n, value=value, reason="undefined" if value is None else None, source="scores",
    )  # fmt: skip


def data_report(
    role: str, rows: Sequence[Mapping[str, str]], kind: LabelKind = "outcome"
) -> Report:
    """A report on the data that says how many rows there are, and no more."""
    labelled = sum(r["label"] != "" for r in rows)
    return Report(name="data", role=role, n_rows=len(rows), n_labelled=labelled, label_kind=kind)


def beside(work: Workspace, role: str, reports: Iterable[Report], what_if: bytes) -> Iterator[Item]:
    """Reports without a count table, and what each threshold would do."""
    for report in reports:
        yield work.write(
            f"{layout.REPORTS}/{report.name}.json", canonical.record_bytes(report), kind="report",
            origin="recomputed", media_type="application/json", role=role,
        )  # fmt: skip
    yield work.write(
        f"{layout.REPORTS}/thresholds/{role}.csv", what_if, kind="report",
        origin="recomputed", media_type="text/csv", role=role,
    )  # fmt: skip
