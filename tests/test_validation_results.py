"""Validation results of Great Expectations, of both shapes; what is none is a gap with the reason."""

from __future__ import annotations

import json
from typing import Any

import pytest

from affidavit import validation_results
from affidavit.suite_record import ExpectationResult, SuiteResult
from affidavit.validation_results import read_expectations, suite_expectations


def _entry(kind: str, *, success: bool, key: str, **kwargs: Any) -> dict[str, Any]:
    return {
        "success": success,
        "expectation_config": {key: kind, "kwargs": {"batch_id": "b", **kwargs}, "meta": {}},
        "result": {"element_count": 3, "partial_unexpected_list": ["ada@lovelace.example"]},
        "meta": {},
        "exception_info": {"raised_exception": False, "exception_message": None},
    }


def _document(key: str, *, second: bool = True, **changes: Any) -> dict[str, Any]:
    """As `ExpectationSuiteValidationResult.to_json_dict` writes it."""
    results = [
        _entry("expect_column_values_to_not_be_null", success=True, key=key, column="income"),
        _entry(
            "expect_column_pair_values_a_to_be_greater_than_b", success=second, key=key,
            column_A="income", column_B="debt",
        ),
    ]  # fmt: skip
    held = 1 + second
    document: dict[str, Any] = {
        "success": second,
        "results": results,
        "statistics": {
            "evaluated_expectations": 2, "successful_expectations": held,
            "unsuccessful_expectations": 2 - held, "success_percent": 50.0 * held,
        },
        "evaluation_parameters": {},
    }  # fmt: skip
    if key == "type":
        document |= {"suite_name": "loans", "meta": {"great_expectations_version": "1.3.0"}}
    else:
        document |= {"meta": {"expectation_suite_name": "loans"}}
    return {**document, **changes}


def _read(document: Any):
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return read_expectations(content, "ge.json", ("data/run/ge.json",))


BOTH = pytest.mark.parametrize("key", ["expectation_type", "type"], ids=["0.x", "1.x"])


@BOTH
def test_a_result_that_holds_is_a_note(key: str) -> None:
    found = _read(_document(key))

    assert found.findings == ()
    (note,) = found.notes
    assert note.startswith("ge.json: 2 of 2 expectations of the suite loans held (Great Expectat")


@BOTH
def test_what_did_not_hold_is_named_by_type_and_column_and_never_by_value(key: str) -> None:
    found = _read(_document(key, second=False))

    (finding,) = found.findings
    assert (finding.kind, finding.items) == ("exception", ("data/run/ge.json",))
    assert finding.what == (
        "1 of 2 expectations of the data did not hold in ge.json: "
        "expect_column_pair_values_a_to_be_greater_than_b (income, debt)"
    )
    assert "lovelace" not in finding.model_dump_json()
    assert "1 of 2 expectations" in found.notes[0]


def _without(field: str) -> dict[str, Any]:
    document = _document("type")
    del document[field]
    return document


def _with_entry(entry: Any) -> dict[str, Any]:
    return _document("type", results=[entry])


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"\xff", "is not UTF-8"),
        (b"{", "is not strict JSON"),
        (b'{"success": NaN}', "NaN is not a JSON number"),
        (b"[" * 100, "nested deeper"),
        ([], "it has no list of results"),
        ({"success": True, "run_results": {}}, "it is a checkpoint's"),
        (_without("results"), "it has no list of results"),
        (_without("success"), "success is none, and 2 of 2 expectations held"),
        (_document("type", success=False), "success is false, and 2 of 2 expectations held"),
        (_document("type", success=1), "contradicts itself"),
        (_document("type", success=True, second=False), "success is true, and 1 of 2"),
        (_document("type", results=[]), "does not have 1 to 100000 results"),
        (_document("type", statistics=[]), "its statistics are none"),
        (_document("type", statistics={"evaluated_expectations": 3}),
         "evaluated_expectations is not 2"),
        (_document("type", statistics={"unsuccessful_expectations": False}),
         "unsuccessful_expectations is not 0"),
        (_with_entry("x"), "result 1 has no success"),
        (_with_entry({"success": "true", "expectation_config": {"type": "e"}}),
         "result 1 has no success"),
        (_with_entry({"success": True, "expectation_config": {}}), "does not name its expectation"),
        (_with_entry({"success": True, "expectation_config": {"type": "e", "kwargs": 3}}),
         "does not name its expectation"),
    ],
)  # fmt: skip
def test_what_is_no_validation_result_is_a_gap_with_the_reason(document: Any, reason: str) -> None:
    found = _read(document)

    assert found.notes == ()
    (finding,) = found.findings
    assert (finding.id, finding.kind) == ("recompute.expectations.ge.json", "gap")
    assert reason in finding.what


def test_a_file_too_large_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validation_results, "MAX_BYTES", 10)

    assert "more than 10" in _read(_document("type")).findings[0].what


def test_names_from_outside_are_cut_and_made_printable() -> None:
    entries = [
        _entry("e\x1b[2J" + "x" * 500, success=False, key="type", column_list=["c"] * 20)
        for _ in range(15)
    ]

    found = _read({"success": False, "results": entries}).findings[0].what

    assert "\x1b" not in found
    assert "x" * 200 not in found
    assert "and 8 more" in found
    assert found.endswith("; and 3 more")


def test_a_suite_that_was_run_says_so_and_names_what_could_not_be_evaluated() -> None:
    held = ExpectationResult(type="expect_table_row_count_to_equal", success=True)
    absent = ExpectationResult(
        type="expect_column_values_to_be_unique", columns=("id",), success=False, raised=True
    )
    result = SuiteResult(role="evaluation", suite="loans", results=(held, absent))

    found = suite_expectations(result, ("data/reports/expectations/evaluation.json",))

    (note,) = found.notes
    assert note == (
        "evaluation: 1 of 2 expectations of the suite loans held (Great Expectations, run on the "
        "snapshot by this build)."
    )
    (finding,) = found.findings
    assert (finding.id, finding.kind) == ("recompute.suite.evaluation", "exception")
    assert finding.what.endswith(
        "expect_column_values_to_be_unique (id), which could not be evaluated"
    )


def test_a_suite_that_holds_has_no_finding_and_without_a_name_none_is_made_up() -> None:
    held = ExpectationResult(type="expect_table_row_count_to_equal", success=True)

    found = suite_expectations(SuiteResult(role="evaluation", suite="", results=(held,)))

    assert found.findings == ()
    assert found.notes[0].startswith("evaluation: 1 of 1 expectations held (")
