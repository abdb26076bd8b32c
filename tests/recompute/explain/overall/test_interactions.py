"""Interactions are found where planted, with the H of a loop, and absent where not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.support.explained import AskOf, explained_of

from affidavit.explanation_record import FeatureName
from affidavit.recompute.explain.explained import Explained
from affidavit.recompute.explain.overall.interactions import find_interactions

N = 300
DRAWS = np.random.RandomState(8)
COLUMNS = {name: DRAWS.normal(size=N) for name in "abcd"}


def planted(columns: Any) -> Any:
    return columns["a"] * columns["b"] + np.sin(columns["c"]) + 0.5 * columns["a"]


def made(model: Any, **more: Any) -> Explained:
    return explained_of(COLUMNS, model, task="regression", labels=["0"] * N, **more)


def test_finds_the_planted_pair_and_no_other() -> None:
    explained, ask = made(planted), AskOf(planted)

    found = find_interactions(explained, ask, explained.features)

    assert ask.calls == 1
    assert len(found) == 6
    first, *others = found
    assert {first.first, first.second} == {"a", "b"}
    assert first.h.low is not None
    assert first.h.low > 0.5
    for other in others:
        if {other.first, other.second} == {"b", "d"} or other.h.value is None:
            continue
        assert other.h.value == pytest.approx(0, abs=1e-6)
        assert other.h.high == pytest.approx(0, abs=1e-6)


def test_equals_a_loop_over_points_and_rows() -> None:
    explained = made(planted)

    found = find_interactions(explained, AskOf(planted), explained.features[:2])

    at = explained.draw("interactions: points", 50)
    behind = explained.draw("interactions: rows behind", 100)

    def dependence(names: str) -> Any:
        rows = {name: values[behind] for name, values in COLUMNS.items()}
        means = [
            planted({**rows, **{k: np.full(100, COLUMNS[k][i]) for k in names}}).mean() for i in at
        ]
        return np.array(means) - np.mean(means)

    rest = dependence("ab") - dependence("a") - dependence("b")
    assert found[0].h.value == pytest.approx(
        np.sqrt((rest**2).sum() / (dependence("ab") ** 2).sum())
    )
    assert found[0].strength == pytest.approx(np.sqrt((rest**2).mean()))


def test_a_pair_that_moves_nothing_has_no_h() -> None:
    explained = made(lambda c: c["a"])

    found = find_interactions(explained, AskOf(lambda c: c["a"]), explained.features[2:])

    assert found[0].h.value is None
    assert found[0].h.reason == "undefined: the pair does not move the output"


def test_takes_features_of_several_columns() -> None:
    explained = made(planted, features={"both": ("a", "b"), "c": ("c",), "d": ("d",)})
    both, c, _ = explained.features

    (found,) = find_interactions(explained, AskOf(planted), [both, c])

    assert found.h.value == pytest.approx(0, abs=1e-6)
    assert isinstance(both, FeatureName)
