"""What the conditions of an anchor say, and what is said where there can be none."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.support.explained import AskOf, explained_of

from affidavit.config import Worker
from affidavit.progress import Silent
from affidavit.recompute.explain.asking import AskFailed
from affidavit.recompute.explain.backends import explainers
from affidavit.recompute.explain.backends.anchoring import anchors, condition_text
from affidavit.recompute.explain.backends.coding import number
from affidavit.recompute.explain.backends.effects import ale_curve
from affidavit.recompute.explain.backends.explainers import Explainers
from affidavit.recompute.explain.backends.interface import Unusable
from affidavit.recompute.explain.backends.process import Answer
from affidavit.recompute.worker.options import WorkerOptions

WHOLE = number(pa.chunked_array([[0.5, 1.25, 2.0, 3.0]]))
HOLED = number(pa.chunked_array([[None, 10, 20, 30]]))
COLUMNS = {"a": [0.0, 1.0, 2.0, 3.0], "s": ["x", "y", "x", None]}


@pytest.mark.parametrize(
    ("column", "low", "high", "said"),
    [
        (WHOLE, -inf, 1.0, "c ≤ 1.25"), (WHOLE, 1.0, inf, "c > 1.25"),
        (WHOLE, 0.75, 2.25, "0.5 < c ≤ 2"), (WHOLE, 1, 2, "c = 2"), (WHOLE, -inf, 0.5, "c = 0.5"),
        (HOLED, -inf, 2.0, "c ≤ 20 or is missing"), (HOLED, -inf, 0.5, "c is missing"),
        (HOLED, 0.25, inf, "c is known"), (HOLED, 1.0, inf, "c > 10"), (HOLED, 0.0, 2.0, "c ≤ 20"),
        (HOLED, 1.5, 2.5, "c = 20"),
    ],
)  # fmt: skip
def test_a_condition_is_said_in_values(column: Any, low: float, high: float, said: str) -> None:
    assert condition_text("c", column, low, high) == said


class Library:
    """Stands for alibi: says what it was given, or fails."""

    def __init__(self, facts: Any, worth: Any = (0.97, 0.25)) -> None:
        self.facts, self.worth = facts, worth
        self.versions = {"alibi": "0.9.4"}
        self.given: list[Any] = []

    def explain(self, method: str, arrays: Any, settings: Any, seed: int, answering: Any) -> Answer:
        self.given.append((arrays, settings, seed, answering(arrays["train"]).tolist()))
        return Answer(values=np.array(self.worth), facts={"conditions": self.facts})


class Holding:
    """Stands for `Explainers`, with a library that is a class here."""

    names = ("alibi",)

    def __init__(self, library: Library) -> None:
        self._library = library

    def through(self, name: str, call: Any) -> Any:
        assert name == "alibi"
        return call(self._library)


def model(columns: Any) -> Any:
    return np.where(columns["a"] >= 2, 0.9, 0.1)


def test_an_anchor_is_conditions_with_their_worth() -> None:
    explained = explained_of(COLUMNS, model)
    library = Library([[1, "=", 2.0], [0, ">", 0.5], [0, "<=", 2.0]])

    found = anchors(
        explained, AskOf(model), explained.take(np.array([2])), np.array([0.9]), Holding(library)
    )

    (one,) = found.anchors
    assert one is not None
    assert one.conditions == ("0 < a ≤ 2", "s = y")
    assert (one.precision, one.coverage, one.environment) == (0.97, 0.25, "alibi 0.9.4")
    arrays, settings, _, decided = library.given[0]
    assert decided == [0.0, 0.0, 1.0, 1.0]  # at the cut is above it
    assert settings["categories"] == [0, 3]
    assert arrays["row"].tolist() == [[2.0, 1.0]]
    assert not found.lacking


def test_no_condition_holds_for_everybody() -> None:
    explained = explained_of(COLUMNS, model)

    found = anchors(
        explained, AskOf(model), explained.take(np.array([2])), np.array([0.5]),
        Holding(Library([], (1.0, -1.0))),
    )  # fmt: skip

    assert found.anchors[0] is not None
    assert (found.anchors[0].conditions, found.anchors[0].coverage) == ((), 1.0)


def test_the_best_of_conditions_that_do_not_hold_is_none() -> None:
    explained = explained_of(COLUMNS, model)
    rows, cuts = explained.take(np.array([2, 3])), np.full(2, 0.5)

    kept, weak = (
        anchors(explained, AskOf(model), rows, cuts, Holding(Library([[1, "=", 2.0]], (p, 0.2))))
        for p in (0.95, 0.949)
    )

    assert all(kept.anchors)
    assert weak.anchors == (None, None)
    assert [(x.part, x.reason) for x in weak.lacking] == [
        (
            "anchors (2 of 2 decisions)",
            "no conditions hold the decision for 95% of rows that meet them",
        )
    ]


@pytest.mark.parametrize(
    "facts", [[[2, "=", 1.0]], [[0, "!", 1.0]], [[0, "=", True]], [["0", "=", 1.0]], [[0, "="]]]
)
def test_a_condition_that_is_none_is_refused(facts: Any) -> None:
    explained = explained_of(COLUMNS, model)

    found = anchors(
        explained, AskOf(model), explained.take(np.array([2])), np.array([0.5]),
        Holding(Library(facts)),
    )  # fmt: skip

    assert found.anchors == (None,)
    assert [x.reason for x in found.lacking] == ["alibi gave a condition that is none"]


def test_without_a_threshold_there_is_no_anchor() -> None:
    explained = explained_of(COLUMNS, model, threshold=None)
    rows = explained.take(np.array([0, 1]))

    for cuts in (None, np.array([0.5, np.nan])):
        found = anchors(explained, AskOf(model), rows, cuts, Holding(Library([])))
        assert found.anchors == (None, None)
        assert "a decision that a threshold on the score makes" in found.lacking[0].reason


def test_a_model_that_fails_loses_its_anchors_and_the_same_reason_is_said_once() -> None:
    explained = explained_of(COLUMNS, model)

    class Crashing:
        def scores(self, rows: Any) -> Any:
            raise AskFailed("the model's process crashed (SIGSEGV)")

    found = anchors(
        explained, Crashing(), explained.take(np.array([0, 1])), np.full(2, 0.5),
        Holding(Library([])),
    )  # fmt: skip

    assert found.anchors == (None, None)
    assert [x.reason for x in found.lacking] == ["the model's process crashed (SIGSEGV)"]


def test_without_alibi_the_reason_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def build(*_: object) -> None:
        raise Unusable("alibi needs Python 3.11, which is not on this machine", "install it")

    monkeypatch.setattr(explainers, "build_environment", build)
    explained = explained_of(COLUMNS, model)
    rows = explained.take(np.arange(4))

    with Explainers((), Worker(), WorkerOptions(), Silent()) as none:
        found = anchors(explained, AskOf(model), rows, np.full(4, 0.5), none)
        curve = ale_curve(
            explained, AskOf(model), rows, none, column="a", grid=np.array([0.0, 3.0])
        )

    assert found.anchors == (None,) * 4
    assert [x.reason for x in (*found.lacking, curve)] == [
        "alibi needs Python 3.11, which is not on this machine"
    ] * 2


def test_a_column_that_has_no_order_or_one_value_has_no_curve() -> None:
    explained = explained_of({**COLUMNS, "k": [1.0, 1.0, 1.0, None]}, model)
    rows, holding = explained.take(np.arange(4)), Holding(Library([]))

    said = [
        ale_curve(explained, AskOf(model), rows, holding, column=c, grid=np.array([0.0])).reason
        for c in ("s", "k")
    ]

    assert said == ["the column is not one of numbers", "the column has one value"]
