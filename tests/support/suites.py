"""Data checks as a build leaves them: a stored result, a suite of the commit, and its result."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from tests.support.payloads import commit_json

from affidavit.bundle import canonical, layout
from affidavit.commit_record import COMMIT_JSON
from affidavit.evidence import Fact, Finding, Item
from affidavit.suite_record import ExpectationResult, SuiteResult
from affidavit.validation_results import read_expectations, suite_expectations
from affidavit.workspace import Workspace

ROLE = "evaluation"
STORED = f"{layout.EXPECTATIONS}{ROLE}.json"
SUITE = f"{layout.SUITES}/{ROLE}.json"
RESULT = f"{layout.SUITE_RESULTS}/{ROLE}.json"
TOML = 'expectations = "checks/result.json"\nsuite = "gx/evaluation.json"\n'
_SHA = "c0ffee00" * 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    toml: str = ""
    notes: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()
    facts: tuple[Fact, ...] = ()
    findings: tuple[Finding, ...] = ()


def suite(*expectations: dict[str, Any], **more: Any) -> bytes:
    """As Great Expectations 1.x stores it."""
    held = {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "id"}}
    failed = {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": "income", "min_value": 0},
    }
    listed = list(expectations or (held, failed))
    return json.dumps({"name": "loans", "expectations": listed, "meta": {}, **more}).encode()


def stored() -> bytes:
    one = {
        "success": False,
        "expectation_config": {"type": "expect_table_row_count_to_equal", "kwargs": {"value": 3}},
    }
    return json.dumps({"success": False, "results": [one]}).encode()


def result() -> SuiteResult:
    held = ExpectationResult(
        type="expect_column_values_to_be_unique", columns=("id",), success=True,
        element_count=400, unexpected_count=0, unexpected_percent=0.0,
    )  # fmt: skip
    failed = ExpectationResult(
        type="expect_column_values_to_be_between", columns=("income",), success=False,
        element_count=400, unexpected_count=4, unexpected_percent=1.0,
    )  # fmt: skip
    return SuiteResult(role=ROLE, suite="loans", results=(held, failed))


def data_checks(work: Workspace) -> Checks:
    blob = hashlib.sha1(b"blob %d\0" % len(suite()) + suite()).hexdigest()
    files = [
        (COMMIT_JSON, commit_json(_SHA, {"gx/evaluation.json": blob}), "source", "collected", None),
        (SUITE, suite(), "source", "collected", ROLE),
        (STORED, stored(), "run", "collected", ROLE),
        (RESULT, canonical.record_bytes(result()), "checks", "recomputed", ROLE),
    ]
    items = tuple(
        work.write(
            path, content, kind=kind, origin=origin, media_type="application/json", role=role
        )
        for path, content, kind, origin, role in files
    )
    told = (
        read_expectations(stored(), ROLE, (STORED,)), suite_expectations(result(), (RESULT, SUITE)),
    )  # fmt: skip
    fact = Fact(id="code.commit", kind="code", value=_SHA, basis="measured", source="repository")
    return Checks(
        toml=TOML, notes=tuple(n for t in told for n in t.notes), items=items, facts=(fact,),
        findings=tuple(f for t in told for f in t.findings),
    )  # fmt: skip
