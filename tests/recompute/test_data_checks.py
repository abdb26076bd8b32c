"""Suites in recompute: a result and what follows from it, or a gap; never an error."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pytest
from tests.support.suites import SUITE, suite

from affidavit.config import Config, Dataset, Label
from affidavit.errors import MissingExtra, WorkerError
from affidavit.evidence import Evidence, Subject
from affidavit.recompute import data_checks
from affidavit.recompute.data_checks import DataChecks, check_data
from affidavit.recompute.table import Table
from affidavit.suite_record import ExpectationResult
from affidavit.workspace import Workspace


def check(tmp_path: Path, content: bytes, role: str = "evaluation") -> DataChecks:
    work = Workspace(tmp_path / "work")
    item = work.write(
        SUITE, content, kind="source", origin="collected", media_type="application/json",
        role="evaluation",
    )  # fmt: skip
    evidence = Evidence(subject=Subject(name="m", version="1")).adding(items=(item,))
    config = Config(
        version=1, task="regression", label=Label(column="y", kind="outcome"),
        datasets={role: Dataset(path="e.csv", include="embed")},
    )  # fmt: skip
    table = Table("e.csv", pa.table({"id": ["1", "1"]}), is_text=True)
    rows, job = SimpleNamespace(role=role, table=table), SimpleNamespace(config=config, work=work)
    return check_data([rows], evidence, job)


def answering(monkeypatch: pytest.MonkeyPatch, *, success: bool) -> None:
    """The process is stood in for: tests/conformance has the real one."""
    monkeypatch.setattr(
        data_checks, "run_suite",
        lambda expectations, *_: tuple(
            ExpectationResult(type=e.type, columns=e.columns, success=success)
            for e in expectations
        ),
    )  # fmt: skip


def test_a_suite_that_does_not_hold_is_a_result_a_note_and_an_exception(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, success=False)

    found = check(tmp_path, suite())

    (item,), (finding,) = found.items, found.findings
    assert (item.path, item.kind, item.origin) == (
        "data/reports/expectations/evaluation.json", "checks", "recomputed",
    )  # fmt: skip
    written = json.loads((tmp_path / "work" / item.path).read_bytes())
    assert [r["type"] for r in written["results"]] == [
        "expect_column_values_to_be_unique", "expect_column_values_to_be_between",
    ]  # fmt: skip
    assert (finding.id, finding.kind) == ("recompute.suite.evaluation", "exception")
    assert finding.items == (item.path, SUITE)
    assert found.notes[0].startswith("evaluation: 0 of 2 expectations of the suite loans held")


def test_a_suite_that_holds_has_no_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, success=True)

    assert check(tmp_path, suite()).findings == ()


@pytest.mark.parametrize(
    ("error", "what", "fix"),
    [
        (MissingExtra("great-expectations is not installed", "", "pip install 'x'"),
         "the expectation suite of evaluation was not run: great-expectations is not installed",
         "pip install 'x'"),
        (WorkerError("it took longer than 600 s", "", "wait"),
         "the expectation suite of evaluation was not run: it took longer than 600 s", "wait"),
    ],
)  # fmt: skip
def test_a_suite_that_cannot_be_run_is_a_gap_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, what: str, fix: str
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(data_checks, "run_suite", fail)

    found = check(tmp_path, suite())

    (gap,) = found.findings
    assert (gap.id, gap.kind, gap.what, gap.fix) == ("recompute.suite.evaluation", "gap", what, fix)
    assert (found.items, found.notes) == ((), ())


def test_what_is_no_suite_is_a_gap_and_nothing_is_started(tmp_path: Path) -> None:
    (gap,) = check(tmp_path, b"{}").findings

    assert "was not run: it is no expectation suite" in gap.what
    assert gap.fix == "correct the suite, commit it and train again"


def test_a_suite_on_rows_that_are_not_there_is_a_gap(tmp_path: Path) -> None:
    (gap,) = check(tmp_path, suite(), role="training").findings

    assert "was not run: there are no rows of it" in gap.what
