"""Data checks by Great Expectations: stored results are read, suites of the commit are run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from affidavit.bundle import canonical
from affidavit.bundle.layout import EXPECTATIONS, SUITE_RESULTS, SUITES
from affidavit.errors import AffidavitError, BundleError, SourceError
from affidavit.evidence import Evidence, Finding, Item
from affidavit.printable import printable
from affidavit.recompute.report_files import Job
from affidavit.recompute.rows import Rows
from affidavit.recompute.suite_run import run_suite
from affidavit.suite_record import SuiteResult, read_suite
from affidavit.validation_results import RUN, read_expectations, suite_expectations


@dataclass(frozen=True, slots=True, kw_only=True)
class DataChecks:
    """Notes for the data report, findings, and a result for each suite that was run."""

    notes: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    items: tuple[Item, ...] = ()

    def __add__(self, other: DataChecks) -> DataChecks:
        return DataChecks(
            notes=self.notes + other.notes,
            findings=self.findings + other.findings,
            items=self.items + other.items,
        )


def check_data(rows: Sequence[Rows], evidence: Evidence, job: Job) -> DataChecks:
    """Read every stored result and run every suite; whatever fails is a gap, never an error.

    Args:
        rows: of every role.
        evidence: its items.
        job: configuration, and where to write.
    """
    found = DataChecks()
    for item in evidence.of_kind("run"):
        if item.path.startswith(EXPECTATIONS):
            read = read_expectations(
                job.work.locate(item).read_bytes(), item.role or item.path, items=(item.path,)
            )
            found += DataChecks(notes=read.notes, findings=read.findings)
    by_role = {r.role: r for r in rows}
    for item in evidence.of_kind("source"):
        if item.path.startswith(f"{SUITES}/"):
            found += _run(item, by_role, job)
    return found


def _run(item: Item, rows: Mapping[str, Rows], job: Job) -> DataChecks:
    role = item.role or ""
    try:
        if role not in rows:
            raise SourceError("there are no rows of it", "", "close the gaps on its snapshot")
        suite = read_suite(job.work.locate(item).read_bytes(), "it")
        results = run_suite(
            suite.expectations, rows[role].table, job.config.worker, job.work.root
        )  # fmt: skip
    except AffidavitError as error:
        return DataChecks(findings=(_not_run(item, error),))
    result = SuiteResult(role=role, suite=suite.name, results=results)
    written = job.work.write(
        f"{SUITE_RESULTS}/{role}.json", canonical.record_bytes(result), kind="checks",
        origin="recomputed", media_type="application/json", role=role,
    )  # fmt: skip
    told = suite_expectations(result, items=(written.path, item.path))
    return DataChecks(notes=told.notes, findings=told.findings, items=(written,))


def _not_run(item: Item, error: AffidavitError) -> Finding:
    is_ours = not isinstance(error, BundleError)
    fix = error.fix if is_ours and error.fix else "correct the suite, commit it and train again"
    return Finding(
        id=f"{RUN}{item.role}", kind="gap", stage="recompute",
        what=f"the expectation suite of {item.role} was not run: {printable(str(error))[:400]}",
        expected="every expectation run", found="none", fix=fix, items=(item.path,),
    )  # fmt: skip
