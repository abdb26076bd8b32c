"""Partial dependence against a loop over rows and points, and points that say where data is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.support.explained import AskOf, explained_of

from affidavit.explanation_record import Correlated, FeatureName
from affidavit.recompute.explain.explained import log_odds
from affidavit.recompute.explain.overall.curves import (
    make_grid,
    partial_dependence,
    quantile_points,
    rows_near,
)

N = 200
DRAWS = np.random.RandomState(1)
X = DRAWS.normal(size=N)
LETTERS = [str(v) for v in DRAWS.choice(["a", "b", "c"], size=N, p=[0.5, 0.3, 0.2])]


def model(columns: Any) -> Any:
    x = np.nan_to_num(columns["x"])
    return 1 / (1 + np.exp(-x * (1 + (columns["letter"] == "b"))))


def test_equals_a_loop_over_points_and_rows() -> None:
    explained = explained_of(
        {"x": X, "letter": LETTERS}, model, scale="log-odds", explain={"rows": 1000}
    )
    ask = AskOf(model)

    x, letter = partial_dependence(explained, ask, explained.features)

    assert ask.calls == 1
    assert len(x.points) == 20
    for point in x.points:
        set_ = np.full(N, float(point.at or 0))
        own = log_odds(model({"x": set_, "letter": np.array(LETTERS)}))
        assert point.value == pytest.approx(own.mean())
        assert (point.low, point.high) == pytest.approx(tuple(np.percentile(own, [10, 90])))
    assert [p.at for p in letter.points] == ["a", "b", "c"]
    assert [p.n for p in letter.points] == [LETTERS.count(c) for c in "abc"]
    own = log_odds(model({"x": X, "letter": np.full(N, "b")}))
    assert letter.points[1].value == pytest.approx(own.mean())


def test_points_are_values_of_the_data_with_the_rows_near_them() -> None:
    points = quantile_points(X, 20)

    near = rows_near(points, X)

    assert set(points.tolist()) <= set(X.tolist())
    assert (points[0], points[-1]) == (X.min(), X.max())
    nearest = np.abs(X[:, None] - points[None, :]).argmin(axis=1)
    assert near.tolist() == np.bincount(nearest, minlength=20).tolist()


def test_missing_whole_numbers_and_switches_have_points_of_their_own() -> None:
    columns = {
        "x": [None, 1.0, 2.0, 2.0], "letter": ["a", None, "a", "b"],
        "count": [7, 7, 9, 9], "is_new": [True, False, True, True],
    }  # fmt: skip
    explained = explained_of(columns, model)

    curves = partial_dependence(explained, AskOf(model), explained.features)

    assert [[(p.at, p.n) for p in c.points] for c in curves] == [
        [(1.0, 1), (2.0, 2), (None, 1)],
        [("a", 2), ("b", 1), (None, 1)],
        [(7.0, 2), (9.0, 2)],
        [(True, 3), (False, 1)],
    ]


def test_says_what_is_not_shown_and_what_goes_together() -> None:
    many = [f"c{i:02d}" for i in range(25)]
    explained = explained_of({"x": np.arange(25.0), "letter": many}, lambda c: c["x"] / 50)
    together = [Correlated(features=("x", "letter"), strength=0.9, measure="m")]

    x, letter = partial_dependence(explained, AskOf(model), explained.features, together)

    assert x.notes == (
        "x goes together with letter: set alone, it makes rows that are unlike those in the data",
    )
    assert len(letter.points) == 20
    assert letter.notes[-1] == "5 rarer values are not shown"


def test_a_feature_of_several_columns_has_no_curve() -> None:
    explained = explained_of({"x": X, "letter": LETTERS}, model)
    both = FeatureName(name="both", columns=("x", "letter"))

    assert partial_dependence(explained, AskOf(model), [both]) == ()


def test_a_column_without_any_value_has_one_point() -> None:
    explained = explained_of({"x": np.full(4, np.nan), "letter": ["a"] * 4}, model)

    assert make_grid(explained, "x").near == (4,)
