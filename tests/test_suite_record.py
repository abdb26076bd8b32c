"""Expectation suites, of both shapes; what is none, or would be run as code, is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from affidavit import suite_record
from affidavit.errors import BundleError
from affidavit.suite_record import read_suite

ONE = {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "id", "mostly": 0.9}}


def _suite(*expectations: Any, **more: Any) -> bytes:
    return json.dumps({"name": "loans", "expectations": list(expectations), **more}).encode()


def test_reads_a_suite_of_1_x() -> None:
    suite = read_suite(_suite(ONE), "it")

    assert suite.name == "loans"
    (found,) = suite.expectations
    assert (found.type, found.columns) == ("expect_column_values_to_be_unique", ("id",))
    assert found.kwargs == {"column": "id", "mostly": 0.9}


def test_reads_a_suite_of_0_x_without_what_it_says_of_the_output() -> None:
    kwargs = {"column_A": "a", "column_B": "b", "result_format": "BASIC", "include_config": True}
    entry = {"expectation_type": "expect_column_pair_values_to_be_equal", "kwargs": kwargs}
    content = {"expectation_suite_name": "old", "expectations": [entry]}

    suite = read_suite(json.dumps(content).encode(), "it")

    assert suite.name == "old"
    assert suite.expectations[0].columns == ("a", "b")
    assert suite.expectations[0].kwargs == {"column_A": "a", "column_B": "b"}


def _with(**kwargs: Any) -> bytes:
    return _suite({**ONE, "kwargs": {"column": "id", **kwargs}})


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff", "it is not UTF-8"),
        (b"[]", "it is no expectation suite, it has no list of expectations"),
        (_suite(), "it does not have 1 to 10000 expectations"),
        (_suite("x"), "it, expectation 1 does not name its expectation"),
        (_suite(ONE, {"kwargs": {}}), "it, expectation 2 does not name its expectation"),
        (_suite({"type": "__import__('os')", "kwargs": {}}), "does not name its expectation"),
        (_suite({"type": "expect_x", "kwargs": []}), "does not name its expectation"),
        (_with(row_condition="@pd.io.common.os.system('id') == 0", condition_parser="pandas"),
         "has a row_condition, which pandas would run as code"),
        (_with(row_condition={"type": "pass_through", "pass_through_filter": "a"}),
         "has a row_condition, which pandas would run as code"),
        (_with(condition_parser="pandas"), "has a condition_parser, which pandas would run"),
        (_with(min_value={"$PARAMETER": "lowest"}), "has a $PARAMETER, which only a checkpoint"),
        (_with(value_set=[1, {"a": [{"$PARAMETER": "x"}]}]), "has a $PARAMETER"),
    ],
)  # fmt: skip
def test_refuses_what_is_no_suite_or_would_run_code(content: bytes, reason: str) -> None:
    with pytest.raises(BundleError) as refused:
        read_suite(content, "it")

    assert reason in str(refused.value)


def test_accepts_a_row_condition_that_is_none() -> None:
    assert read_suite(_with(row_condition=None, condition_parser=None), "it").expectations


def test_accepts_a_schema_whose_keys_begin_with_a_dollar() -> None:
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object"}

    assert read_suite(_with(json_schema=schema), "it").expectations


def test_refuses_a_suite_too_large_before_parsing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suite_record, "MAX_SUITE_BYTES", 10)

    with pytest.raises(BundleError, match="more than 10"):
        read_suite(_suite(ONE), "it")
