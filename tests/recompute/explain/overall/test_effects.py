"""Accumulated local effects: a case worked by hand, and what partial dependence gets wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.support.explained import AskOf, explained_of

from affidavit.recompute.explain.overall.effects import accumulate, accumulated_effects

DRAWS = np.random.RandomState(6)


def square(columns: Any) -> Any:
    return columns["x"] ** 2


def test_equals_a_case_worked_by_hand() -> None:
    """x² at 0 to 4: bins (0, 1], (1, 2], (2, 3], (3, 4] with two, one, one, one rows.

    Steps 1, 3, 5, 7; accumulated 0, 1, 4, 9, 16; rows in the middle of their bins have 0.5, 0.5,
    2.5, 6.5, 12.5, on average 4.5, which is taken off.
    """
    explained = explained_of(
        {"x": [0.0, 1.0, 2.0, 3.0, 4.0]}, square, task="regression", labels=["0"] * 5
    )

    (curve,) = accumulated_effects(explained, AskOf(square), explained.features)

    assert [p.at for p in curve.points] == [0, 1, 2, 3, 4]
    assert [p.value for p in curve.points] == pytest.approx([-4.5, -3.5, -0.5, 4.5, 11.5])
    assert {p.low for p in curve.points} == {None}  # bins of one row say nothing of their spread


def test_stays_within_the_data_where_features_go_together() -> None:
    """The model jumps where x and its twin part, which they never do: nothing of it is seen."""
    x = DRAWS.uniform(size=2_000)

    def off_data(columns: Any) -> Any:
        return columns["x"] + 100 * (np.abs(columns["x"] - columns["twin"]) > 0.2)

    explained = explained_of({"x": x, "twin": x}, off_data, task="regression", labels=["0"] * 2_000)

    curve, _ = accumulated_effects(explained, AskOf(off_data), explained.features)

    ats = np.array([float(p.at or 0) for p in curve.points])
    values = np.array([p.value for p in curve.points])
    assert values == pytest.approx(ats - ats.mean(), abs=0.03)
    assert np.diff(values) == pytest.approx(np.diff(ats))


def test_the_interval_is_that_of_the_means_within_bins() -> None:
    """Errors against draws of the differences, made again and again."""
    counts = np.array([40, 60, 100])
    bins = np.repeat(np.arange(3), counts)
    spreads = np.array([1.0, 2.0, 0.5])
    drawn = []
    for _ in range(2_000):
        values, errors = accumulate(spreads[bins] * DRAWS.normal(size=200), bins, counts)
        drawn.append(values)

    assert errors == pytest.approx(np.std(drawn, axis=0), rel=0.25)


def test_has_no_curve_for_categories_and_constants_and_leaves_missing_out() -> None:
    columns = {"x": [1.0, None, 2.0, 3.0], "word": list("abab"), "one": [1.0] * 4}
    explained = explained_of(columns, lambda c: np.nan_to_num(c["x"]) / 4)
    ask = AskOf(lambda c: c["x"] / 4)

    curves = accumulated_effects(explained, ask, explained.features)

    assert [c.feature for c in curves] == ["x"]
    assert ask.scored == 2 * 3
