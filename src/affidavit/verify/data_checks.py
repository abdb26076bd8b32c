"""Whether what is said of data checks follows from their results, and their suites were run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from affidavit.bundle.layout import CONFIG, EVIDENCE, EXPECTATIONS, SUITE_RESULTS, SUITES
from affidavit.commit_record import COMMIT_JSON
from affidavit.errors import BundleError
from affidavit.evidence import Report
from affidavit.suite_record import Suite, SuiteResult, read_suite
from affidavit.tracked.git_ids import blob_id
from affidavit.validation_results import (
    RUN,
    STORED,
    Expectations,
    read_expectations,
    suite_expectations,
)
from affidavit.verify.checks import Fault, Ledger
from affidavit.verify.files import SignedFiles
from affidavit.verify.gaps import gap_ids_of
from affidavit.verify.records import Records
from affidavit.verify.thresholds import finding_faults


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checks:
    """The files of data checks, by role: stored results, suites, and results of suites."""

    stored: dict[str, bytes]
    suites: dict[str, bytes]
    results: dict[str, SuiteResult]


def check_data_checks(files: SignedFiles, records: Records, ledger: Ledger) -> None:
    """Derive notes and findings of every data check again; nothing is said where there is none."""
    datasets = records.config.datasets.values() if records.config is not None else ()
    is_asked = any(d.expectations is not None or d.suite is not None for d in datasets)
    is_told = any(f.id.startswith((STORED, RUN)) for f in records.evidence.findings)
    folders = (EXPECTATIONS, f"{SUITES}/", f"{SUITE_RESULTS}/")
    if not (is_asked or is_told or any(p.startswith(folders) for p in files.listed)):
        return
    try:
        checks = _Checks(
            stored=_read(files, EXPECTATIONS.rstrip("/")), suites=_read(files, SUITES),
            results=records.suites,
        )  # fmt: skip
    except BundleError as error:
        ledger.not_run("data-check", str(error))
        return
    ledger.run(
        "data-check", "notes and findings on data checks follow from their results",
        _faults(records, checks),
    )  # fmt: skip


def _read(files: SignedFiles, folder: str) -> dict[str, bytes]:
    return {
        path.removeprefix(f"{folder}/").removesuffix(".json"): files.read(path)
        for path in files.paths(folder, ".json")
    }


def _faults(records: Records, checks: _Checks) -> Iterator[Fault]:
    data = next((r for r in records.reports.values() if r.name == "data"), None)
    yield from _left_out_faults(records, checks)
    for role, content in checks.suites.items():
        yield from _commit_faults(records, role, content)
        if data is not None:
            yield from _suite_faults(records, checks, role, content)
    for role in sorted(checks.results.keys() - checks.suites.keys()):
        path = f"{SUITE_RESULTS}/{role}.json"
        yield Fault(f"{path} is the result of no suite", path, f"{SUITES}/{role}.json", "none")
    yield from _told_faults(records, checks, data)


def _left_out_faults(records: Records, checks: _Checks) -> Iterator[Fault]:
    """What affidavit.toml names is there, or a gap says why not; and nothing else is there."""
    if records.config is None:
        return
    datasets = records.config.datasets
    gaps = {f.id for f in records.evidence.findings if f.kind == "gap" and f.stage == "resolve"}
    for key, there, gap in (
        ("expectations", checks.stored.keys(), "run.expectations."),
        ("suite", checks.suites.keys(), "code.suite."),
    ):
        named = {r for r, d in datasets.items() if getattr(d, key) is not None}
        for role in sorted(named - there):
            if gap + role not in gaps:
                yield Fault(
                    f"the {key} of {role} is left out", CONFIG, "the file, or a gap that says why "
                    "not", "neither",
                )  # fmt: skip
        for role in sorted(there - named):
            yield Fault(
                f"the {key} of {role} is there, and {CONFIG} names none", CONFIG, "none", role
            )


def _commit_faults(records: Records, role: str, content: bytes) -> Iterator[Fault]:
    """The suite is the file of the training commit that affidavit.toml names."""
    dataset = records.config.datasets.get(role) if records.config is not None else None
    if dataset is None or dataset.suite is None:
        return
    commit = records.commit
    blobs = {f.path: f.blob for f in commit.files} if commit is not None else {}
    made = blob_id(content, commit.object_format if commit is not None else "sha1")
    if blobs.get(dataset.suite) != made:
        yield Fault(
            f"the suite of {role} is not {dataset.suite} of the commit", f"{SUITES}/{role}.json",
            f"blob {blobs.get(dataset.suite)} ({COMMIT_JSON})", f"blob {made}",
        )  # fmt: skip


def _suite_faults(records: Records, checks: _Checks, role: str, content: bytes) -> Iterator[Fault]:
    """A suite has a result with each of its expectations, or a gap that says why it has none."""
    path, result = f"{SUITE_RESULTS}/{role}.json", checks.results.get(role)
    if result is None:
        if RUN + role not in gap_ids_of(records.evidence):
            yield Fault(
                f"the suite of {role} was not run, and no gap says why", EVIDENCE, path, "neither"
            )
        return
    try:
        suite = read_suite(content, f"{SUITES}/{role}.json")
    except BundleError as error:
        yield Fault(f"{path} is the result of what is no suite", path, "a suite", str(error)[:200])
        return
    yield from _result_faults(path, role, suite, result)


def _result_faults(path: str, role: str, suite: Suite, result: SuiteResult) -> Iterator[Fault]:
    if (result.role, result.suite) != (role, suite.name):
        yield Fault(
            f"{path} is about another suite", path, f"{suite.name!r} of {role}",
            f"{result.suite!r} of {result.role}",
        )  # fmt: skip
    expected = [(e.type, e.columns) for e in suite.expectations]
    found = [(r.type, r.columns) for r in result.results]
    if expected != found:
        yield Fault(
            f"{path} does not have every expectation of its suite, in order", path,
            f"{len(expected)} expectations", f"{len(found)} results",
        )  # fmt: skip
    for place, one in enumerate(result.results, 1):
        counts = (one.element_count, one.unexpected_count)
        is_over = None not in counts and (one.unexpected_count or 0) > (one.element_count or 0)
        if is_over or (one.success and one.raised):
            yield Fault(
                f"{path}: result {place} cannot be", path, "at most as many unexpected as there "
                "are, and no success without an evaluation", str(counts),
            )  # fmt: skip


def _told_faults(records: Records, checks: _Checks, data: Report | None) -> Iterator[Fault]:
    """The data report has each note; the findings are those that follow, and no other."""
    told = list(_told(checks)) if data is not None else []
    for note in (n for t in told for n in t.notes):
        if data is not None and note not in data.notes:
            yield Fault("the data report leaves out what a data check found", None, note, "no note")
    expected = [f for t in told for f in t.findings]
    # Why a suite was not run is known to the builder alone.
    open_gaps = {RUN + role for role in checks.suites.keys() - checks.results.keys()}
    findings = [f for f in records.evidence.findings if not _is_gap(f.id, f.kind, open_gaps)]
    for prefix in (STORED, RUN):
        yield from finding_faults(
            [f for f in expected if f.id.startswith(prefix)], findings, prefix
        )
    stated = {f.id: f.what for f in findings}
    for finding in expected:
        if stated.get(finding.id, finding.what) != finding.what:
            yield Fault(
                f"the finding {finding.id} says something else than the result", EVIDENCE,
                finding.what, stated[finding.id],
            )  # fmt: skip


def _is_gap(finding_id: str, kind: str, open_gaps: set[str]) -> bool:
    return kind == "gap" and finding_id in open_gaps


def _told(checks: _Checks) -> Iterator[Expectations]:
    for role, content in checks.stored.items():
        yield read_expectations(content, role)
    for result in checks.results.values():
        yield suite_expectations(result)
