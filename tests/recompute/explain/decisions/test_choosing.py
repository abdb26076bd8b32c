"""Which rows are explained: near the threshold, of groups, named, drawn; each once."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from tests.support.explained import explained_of

from affidavit.recompute.explain.decisions.choosing import choose
from affidavit.recompute.explain.explained import Explained

NONE = {"near": 0, "per_group": 0, "drawn": 0}


def explained(decisions: dict[str, Any], n: int = 41, **more: Any) -> Explained:
    x = np.linspace(0, 1, n)
    return explained_of(
        {"x": x}, lambda c: c["x"], explain={"decisions": {**NONE, **decisions}}, **more
    )


def test_nearest_to_the_threshold_on_each_side() -> None:
    rows = explained({"near": 3})  # scores 0, 0.025, ..., 1; the threshold is row 20's own score

    choice = choose(rows)

    assert list(choice.places) == [17, 18, 19, 20, 21, 22]
    assert set(choice.chosen) == {("near the threshold",)}


def test_the_earlier_row_where_scores_are_equal() -> None:
    rows = explained_of(
        {"x": [0.6] * 9 + [0.4] * 9}, lambda c: c["x"], explain={"decisions": {**NONE, "near": 2}}
    )

    assert list(choose(rows).places) == [0, 1, 9, 10]


def test_each_row_is_near_the_threshold_that_decides_it() -> None:
    rows = explained({"near": 1})
    cut = np.where(np.arange(41) < 10, 0.1, np.nan)  # the others are decided by none

    assert list(choose(dataclasses.replace(rows, cut=cut)).places) == [3, 4]


def test_a_side_without_rows_is_a_note() -> None:
    choice = choose(explained({"near": 2}, threshold=0.0))

    assert list(choice.places) == [0, 1]
    assert choice.notes == ("0 of 2 rows near the threshold are there below it.",)


def test_without_a_threshold_none_is_near_one() -> None:
    choice = choose(explained({"near": 2}, threshold=None, task="regression", labels=["1"] * 41))

    assert (len(choice.places), choice.notes) == (
        0,
        ("No decision was chosen for being near a threshold: none is made by one.",),
    )


def test_one_of_each_group_and_none_of_unknown_ones() -> None:
    groups = ["a"] * 20 + ["b"] * 20 + ["(missing)"]
    rows = explained({"per_group": 2}, sensitive={"race": groups})

    places = choose(rows).places

    assert [groups[p] for p in places] == ["a", "a", "b", "b"]
    assert list(choose(rows).places) == list(places)


def test_a_row_that_several_rules_choose_is_there_once() -> None:
    rows = explained(
        {"near": 1, "per_group": 1, "drawn": 100, "ids": ["r20"]},
        sensitive={"race": ["b"] * 20 + ["a"] + ["b"] * 20},
    )

    choice = choose(rows)

    assert list(choice.places) == list(range(41))
    assert choice.chosen[20] == ("near the threshold", "of a group", "named", "drawn")


def test_ids_that_are_not_there_are_a_gap_that_names_none() -> None:
    choice = choose(explained({"ids": ["r3", "secret", "r1"]}))

    assert list(choice.places) == [1, 3]
    assert [g.reason for g in choice.lacking] == [
        "1 of 3 row ids that [explain.decisions] names is not in evaluation: in the list, number 2"
    ]


@pytest.mark.parametrize("seed", [1, 2])
def test_draws_are_of_the_seed(seed: int) -> None:
    x = np.linspace(0, 1, 500)

    def drawn(seed: int) -> list[int]:
        rows = explained_of(
            {"x": x}, lambda c: c["x"],
            explain={"seed": seed, "decisions": {**NONE, "drawn": 5, "per_group": 1}},
            sensitive={"g": ["a", "b"] * 250},
        )  # fmt: skip
        return list(choose(rows).places)

    assert drawn(seed) == drawn(seed) != drawn(seed + 1)
