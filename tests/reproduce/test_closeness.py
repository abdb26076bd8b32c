"""The tolerance is what is stated: neither side of its edge is on the other."""

from __future__ import annotations

import pytest

from affidavit.reproduce.closeness import float_status, leaves, score_status, worst


@pytest.mark.parametrize(
    ("one", "other", "rule", "status"),
    [
        (0.25, 0.25, "counts", "equal"),
        (0.333333333333, 0.333333333334, "counts", "within"),
        (0.333333333333, 0.333333333335, "counts", "different"),
        (1.00000000000, 1.00000000001, "counts", "within"),
        (123456.789012, 123456.789013, "counts", "within"),
        (123456.789012, 123456.789014, "counts", "different"),
        (0.0, 1e-13, "counts", "different"),
        (0.5, 0.5 + 4e-10, "scores", "within"),
        (0.5, 0.5 + 6e-10, "scores", "different"),
        (0.0, 9e-13, "scores", "within"),
        (0.0, 2e-12, "scores", "different"),
        (-0.5, 0.5, "scores", "different"),
    ],
)
def test_floats_are_near_by_the_rule_of_their_source(one, other, rule, status) -> None:
    assert float_status(one, other, rule) == status
    assert float_status(other, one, rule) == status


def test_whole_numbers_and_texts_have_to_be_equal() -> None:
    signed = {"n": 1_000_000_000, "method": "Wilson", "value": 0.5}
    ours = {"n": 1_000_000_001, "method": "wilson", "value": 0.5}

    found = list(leaves(signed, ours, "scores"))

    assert [(f.where, f.status) for f in found] == [("n", "different"), ("method", "different")]


def test_what_stands_on_one_side_alone_is_missing_or_extra() -> None:
    found = list(leaves({"a": [1, 2], "b": None}, {"a": [1], "b": 3}, "counts"))

    assert [(f.where, f.status) for f in found] == [("a[2]", "missing"), ("b", "extra")]
    assert worst(f.status for f in found) == "different"


def test_a_score_of_a_table_is_near_within_1e_9_and_no_number_is_never_near() -> None:
    assert score_status("0.123456789", "0.1234567891") == "within"
    assert score_status("0.123456789", "0.123456791") == "different"
    assert score_status("", "0.5") == "different"
    assert score_status("nan", "NaN") == "different"
