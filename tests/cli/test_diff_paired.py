"""The block of a paired comparison: short, signed, safe to print."""

from __future__ import annotations

from typing import Any

import pytest

from affidavit.cli.diff_paired import MINUS, has_changed, paired_lines, signed
from affidavit.inspect.difference import PairedNumber, PairedRole, RoleRows, Turned

SAME = RoleRows(role="evaluation", same=True, reason="the same rows with equal labels")


def number(**changed: Any) -> PairedNumber:
    facts: dict[str, Any] = {
        "metric": "accuracy", "n": 100, "before": 0.8, "after": 0.7, "difference": -0.1,
        "low": -0.16, "high": -0.04, "level": 0.95, "method": "m", "p_value": 0.0004,
    }  # fmt: skip
    return PairedNumber(**(facts | changed))


def lines_of(*numbers: PairedNumber, **changed: Any) -> list[str]:
    role = PairedRole(role="evaluation", n=100, numbers=numbers, **changed)
    lines = paired_lines(role, SAME, limit=8)
    assert all(len(line) <= 80 for line in lines)
    return lines


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (-0.0004, 3, "0.000"), (0.0004, 3, "0.000"), (-0.0, 2, "0.00"),
        (-0.0006, 3, f"{MINUS}0.001"), (0.25, 2, "+0.25"), (-1.0, 2, f"{MINUS}1.00"),
    ],
)  # fmt: skip
def test_a_difference_has_its_sign_and_zero_has_none(value: float, places: int, text: str) -> None:
    assert signed(value, places) == text


def test_says_the_interval_before_the_p_value() -> None:
    _, line = lines_of(number())

    assert line.split("accuracy")[1].strip() == (
        f"0.800 → 0.700  {MINUS}0.100 ({MINUS}0.160 to {MINUS}0.040)  p <0.001"
    )
    assert lines_of(number(p_value=0.0431))[1].endswith("p 0.043")
    assert lines_of(number(p_value=0.1931))[1].endswith("p 0.19")
    assert lines_of(number(p_value=None))[1].endswith("0.040)")


def test_says_why_a_number_is_not_there() -> None:
    nothing: dict[str, Any] = dict.fromkeys(
        ("before", "after", "difference", "low", "high", "level", "method", "p_value")
    )
    undefined = number(**nothing, reason="undefined, n = 0: no labelled rows")
    bare = dict.fromkeys(("low", "high", "level", "method", "p_value"))
    without = number(metric="roc_auc", **bare, reason="no interval: because")
    alike = number(metric="brier_score", **bare, difference=0.0, reason="no interval: alike")

    lines = lines_of(undefined, without, alike)

    assert lines[1].endswith("not compared: undefined, n = 0: no labelled rows")
    assert lines[2].endswith(f"0.800 → 0.700  {MINUS}0.100  (no interval)")
    assert lines[3].endswith("0.800 both times")
    assert lines[4:] == ["    no interval: because"]


def test_many_kinds_of_change_are_summed() -> None:
    turned = [
        Turned(before=str(i), after=str(j), n=10, n_labelled=9, right_before=4, right_after=3)
        for i in range(3) for j in range(3) if i != j
    ]  # fmt: skip

    shown = " ".join(" ".join(lines_of(turned=tuple(turned))).split())

    assert "60: of 54 with a label 24 were as labelled before, 18 are now" in shown
    few = " ".join(" ".join(lines_of(turned=tuple(turned[:4]))).split())
    assert "20 to '2', 6 as labelled, of 18 with a label" in few  # 0 to 2, and 1 to 2


def test_labels_from_a_bundle_are_cut_and_made_safe() -> None:
    event = "\x1b[31mapproved without conditions"

    shown = "\n".join(lines_of(number(metric="selection_rate", event=event)))

    assert "\x1b" not in shown
    assert "…'" in shown


def test_a_reason_that_was_said_is_not_said_again() -> None:
    said = RoleRows(role="evaluation", same=None, reason="row ids are missing or stand twice")
    role = PairedRole(role="evaluation", reason="row ids are missing or stand twice")

    assert paired_lines(role, said, limit=8) == []
    assert paired_lines(role, SAME, limit=8) == [
        "    not compared row by row: row ids are missing or stand twice"
    ]


def test_nothing_has_changed_where_nothing_differs() -> None:
    same = PairedRole(role="evaluation", numbers=(number(difference=0.0),))

    assert not has_changed(None)
    assert not has_changed(same)
    assert has_changed(same.model_copy(update={"numbers": (number(),)}))
