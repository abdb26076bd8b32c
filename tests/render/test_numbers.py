"""How numbers are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from affidavit.bundle.canonical import rounded
from affidavit.evidence import Number
from affidavit.render.numbers import (
    bound_text,
    decimals,
    interval_text,
    quantity,
    shown,
    value_beside,
    value_text,
)


def _number(value: float | None, low: float | None = None, high: float | None = None) -> Number:
    return Number(
        id="x", metric="m", role="r", n=134, value=value, low=low, high=high, source="counts",
        reason=None if value is not None else "undefined, n = 134: nobody was decided so",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("low", "high", "places"),
    [(0.716, 0.809, 3), (0.735, 0.901, 3), (0.2, 0.6, 2), (0.0940, 0.0941, 6), (None, None, 3),
     (0.5, 0.5, 3)],
)  # fmt: skip
def test_rounds_to_what_the_interval_supports(low, high, places) -> None:
    assert decimals(low, high) == places


@pytest.mark.parametrize(
    ("value", "style", "text"),
    [
        (0.7463, "percent", "74.6\u2009%"), (0.0, "percent", "0.0\u2009%"),
        (1.0, "percent", "100.0\u2009%"), (0.99999, "percent", "over 99.9\u2009%"),
        (0.00001, "percent", "under 0.1\u2009%"), (0.00001, "plain", "under 0.001"),
        (0.99996, "plain", "over 0.999"), (1.0, "plain", "1.000"), (1428.5, "plain", "1,428.500"),
        (-0.2213, "points", "\N{MINUS SIGN}22.1\u2009points"), (1e-20, "plain", "under 0.001"),
        (-0.158, "plain", "\N{MINUS SIGN}0.158"), (-0.0, "plain", "0.000"),
        (-0.00001, "plain", "above \N{MINUS SIGN}0.001"), (1.00004, "plain", "1.00004"), (1428.0, "count", "1,428"),
    ],
)  # fmt: skip
def test_what_is_not_0_is_not_printed_as_0(value, style, text) -> None:
    assert shown(value, style, 3) == text


@given(st.floats(1e-12, 1 - 1e-12))
def test_a_rate_between_0_and_1_is_printed_as_neither(value: float) -> None:
    assert shown(value, "percent", 3) not in ("0.0\u2009%", "100.0\u2009%")


@given(st.floats(0.001, 0.999), st.floats(0.001, 0.999), st.sampled_from(["plain", "percent"]))
def test_beside_a_bound_the_printed_value_lies_on_its_own_side(value, bound, style) -> None:
    value, bound = rounded(value), rounded(bound)
    text = value_beside(_number(value, value - 0.05, value + 0.05), style, [bound])
    if text.startswith(("under", "over")):
        return
    shown_value, shown_bound = (
        float(t.removesuffix("\u2009%")) for t in (text, bound_text(bound, style))
    )

    assert (shown_value < shown_bound) == (value < bound)
    assert (shown_value > shown_bound) == (value > bound)


def test_a_bound_is_printed_in_full() -> None:
    assert bound_text(0.123456789012, "plain") == "0.123456789012"
    assert bound_text(0.07, "percent") == "7\u2009%"


def test_undefined_has_its_n_and_its_reason_once() -> None:
    printed = quantity(_number(None), "percent", "Precision")

    assert printed.value == "undefined, n = 134"
    assert printed.interval == ""
    assert printed.note == "nobody was decided so"


def test_an_interval_has_the_decimals_of_its_value() -> None:
    number = _number(0.8251, 0.7350, 0.9012)

    assert value_text(number, "plain") == "0.825"
    assert interval_text(number, "plain") == "0.735 to 0.901"
    assert interval_text(number, "percent") == "73.5 to 90.1\u2009%"


def test_an_end_near_0_has_the_decimals_of_the_other() -> None:
    """Never `-11.0 to 0.0389 points`, nor 0.00000206 beside 0.103."""
    assert interval_text(_number(-0.05, -0.11, 0.000389), "points") == (
        "\N{MINUS SIGN}11.0 to under 0.1\u2009points"
    )
    assert value_text(_number(0.00000206), "plain") == "under 0.001"


def test_an_upper_end_without_limit_is_said_so() -> None:
    assert interval_text(_number(3.0, 1.5, None), "plain") == "1.500 to no limit"
