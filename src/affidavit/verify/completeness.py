"""What stands beside every recomputed role: the reports and files that no build leaves out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from affidavit.bundle.layout import CONFIG, REPORTS
from affidavit.config import Config
from affidavit.evidence import Report
from affidavit.gap_ids import gap_id
from affidavit.verify.checks import Fault


def completeness_faults(
    config: Config,
    reports: Mapping[str, Report],
    paths: Collection[str],
    gaps: Collection[str],
) -> Iterator[Fault]:
    """Reports and files that are not there, though something was recomputed.

    Args:
        config: in force.
        reports: by path.
        paths: of all files of the bundle.
        gaps: ids of the gaps on record.
    """
    roles = [r.role for r in reports.values() if r.name == "performance"]
    if not roles:
        return
    there = {(r.name, r.role) for r in reports.values()}
    if not any(name == "data" for name, _ in there):
        yield _lacking("a report on the data", f"{REPORTS}/data.json")
    for role in roles:
        if _is_compared(config, role, gaps) and ("fairness", role) not in there:
            yield _lacking(f"a fairness report of {role}", "its sensitive attributes")
        table = f"{REPORTS}/thresholds/{role}.csv"
        if config.task == "binary" and table not in paths:
            yield _lacking(f"what each threshold would do in {role}", table)
    yield from _row_faults(reports)


def _is_compared(config: Config, role: str, gaps: Collection[str]) -> bool:
    """Whether some sensitive attribute is to be compared, and no gap excuses it."""
    if config.task != "regression" and config.label.favourable is None:
        return False
    return any(gap_id("sensitive", role, name) not in gaps for name in config.sensitive)


def _row_faults(reports: Mapping[str, Report]) -> Iterator[Fault]:
    """All reports of a role are of its rows, which its performance report says."""
    whole = {r.role: (path, r) for path, r in reports.items() if r.name == "performance"}
    for path, report in sorted(reports.items()):
        if report.n_rows < 0 or not 0 <= report.n_labelled <= report.n_rows:
            yield Fault(
                f"{path} is of rows that cannot be", path, "0 <= labelled <= rows",
                f"{report.n_rows} rows, {report.n_labelled} labelled",
            )  # fmt: skip
        home, one = whole.get(report.role, (path, report))
        ours, theirs = (one.n_rows, one.n_labelled), (report.n_rows, report.n_labelled)
        if ours != theirs:
            yield Fault(
                f"{path} speaks of other rows than {home}", path, f"{ours[0]} rows, {ours[1]} "
                "labelled", f"{theirs[0]} rows, {theirs[1]} labelled",
            )  # fmt: skip


def _lacking(what: str, where: str) -> Fault:
    return Fault(f"something was recomputed, and {what} is not there", CONFIG, where, "none")
