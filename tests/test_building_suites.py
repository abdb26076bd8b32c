"""Whole bundles with an expectation suite: run or not, they are sealed, verified and shown."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from pathlib import Path

import pytest
from tests.recompute.case import Case
from tests.support.payloads import commit_json
from tests.support.small_world import BINARY, SmallBundle, applicants, build_small, fill_binary
from tests.support.suites import RESULT, SUITE, suite

from affidavit.commit_record import COMMIT_JSON
from affidavit.evidence import Fact

SHA = "c0ffee00" * 5
CONTENT = suite(
    {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "id"}},
    {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "sex", "value_set": ["f"]}},
)
# Stands in for the process's work: tests/conformance runs the real one.
STAND_IN = """
import json, os, pathlib
held = {"element_count": 900, "unexpected_count": 0, "raised": False, "success": True}
failed = {**held, "success": False, "unexpected_count": 450, "unexpected_percent": 50.0}
request = json.loads(pathlib.Path("request.json").read_text())
assert len(request["expectations"]) == 2 and pathlib.Path("rows.arrow").stat().st_size > 900
pathlib.Path("answer.json").write_text(json.dumps({"results": [held, failed]}))
os._exit(0)
"""


def build(folder: Path) -> SmallBundle:
    folder.mkdir(exist_ok=True)
    fill = fill_binary(folder, applicants())
    blob = hashlib.sha1(b"blob %d\0" % len(CONTENT) + CONTENT).hexdigest()

    def with_suite(case: Case) -> Case:
        case = fill(case)
        case._add(COMMIT_JSON, commit_json(SHA, {"gx/e.json": blob}), kind="source")
        case._add(SUITE, CONTENT, kind="source", role="evaluation")
        fact = Fact(id="code.commit", kind="code", value=SHA, basis="measured", source="test")
        case.evidence = case.evidence.adding(facts=(fact,))
        return case

    return build_small(folder, BINARY + 'suite = "gx/e.json"\n', with_suite)


@pytest.mark.skipif(
    importlib.util.find_spec("great_expectations") is not None, reason="it is installed here"
)
def test_without_the_extra_the_bundle_has_a_gap_and_verifies(tmp_path: Path) -> None:
    bundle = build(tmp_path)

    gap = bundle.findings["recompute.suite.evaluation"]
    assert (gap["kind"], gap["fix"]) == ("gap", "pip install 'affidavit[expectations]'")
    assert gap["what"] == (
        "the expectation suite of evaluation was not run: great-expectations is not installed"
    )
    assert RESULT not in bundle.files
    assert bundle.verdict().word == "VERIFIED"


def test_a_suite_that_does_not_hold_is_on_page_one_and_the_bundle_verifies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "packages" / "great_expectations"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(STAND_IN)
    monkeypatch.setenv("PYTHONPATH", str(package.parent))

    bundle = build(tmp_path / "built")

    said = "1 of 2 expectations of the data did not hold in evaluation"
    assert said in bundle.findings["recompute.suite.evaluation"]["what"]
    assert said in bundle.page_one
    assert [r["success"] for r in json.loads(bundle.files[RESULT])["results"]] == [True, False]
    verdict = bundle.verdict()
    assert verdict.word == "VERIFIED"
    assert verdict["data-check"].status == "passed"
