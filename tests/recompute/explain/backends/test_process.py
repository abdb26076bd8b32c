"""A library at work: what it asks, what it may answer, and that the model's failing is not its own."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from tests.support.explainers import TINY

from affidavit.config import Worker
from affidavit.recompute.explain.asking import AskFailed
from affidavit.recompute.explain.backends import process
from affidavit.recompute.explain.backends.choosing import OURS
from affidavit.recompute.explain.backends.coding import WrongCodes
from affidavit.recompute.explain.backends.interface import Unusable
from affidavit.recompute.explain.backends.process import Library, open_library
from affidavit.recompute.floats import Floats
from affidavit.recompute.worker.interpreter import own_interpreter

ROWS = {"rows": np.array([[1.0, 2.0]]), "background": np.array([[0.0, 0.0], [2.0, 0.0]])}


@pytest.fixture(scope="module")
def library() -> Iterator[Library]:
    with open_library(TINY, own_interpreter(), Worker()) as opened:
        yield opened


def total(matrix: Floats) -> Floats:
    return matrix.sum(axis=1)


def fail(_: Floats) -> Floats:
    raise AskFailed("the model crashed")


def test_it_is_asked_and_asks_in_few_large_batches(library: Library) -> None:
    asked: list[tuple[int, ...]] = []

    def answer(matrix: Floats) -> Floats:
        asked.append(matrix.shape)
        return total(matrix)

    found = library.explain("exact", ROWS, {}, 1, answer)

    assert found.values.tolist() == [[0.0, 2.0]]
    assert asked == [(8, 2)]
    assert library.versions["tiny"] == "1.0"


def test_when_the_model_fails_the_library_stops_and_lives_on(library: Library) -> None:
    for method in ("exact", "stubborn"):
        with pytest.raises(AskFailed) as caught:
            library.explain(method, ROWS, {}, 1, fail)
        assert caught.value.cause_line == "the model crashed"

    assert library.explain("exact", ROWS, {}, 1, total).values.tolist() == [[0.0, 2.0]]


def test_draws_are_the_seed_s_alone(library: Library) -> None:
    first, again, other = (
        library.explain("drawn", ROWS, {}, seed, total).values.tolist() for seed in (7, 7, 8)
    )

    assert first == again
    assert first[0] != other[0]
    assert first[1] != other[1]


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("raises", "tiny failed while explaining (raises): ValueError: no such thing"),
        ("not finite", "it found a number that is NaN or beyond 1e+30"),
        ("huge", "it found a number that is NaN or beyond 1e+30"),
        ("endless", "it asked 20 times, and comes to no end"),
        ("dies", "tiny's process ended by itself (exit 3) while explaining (dies)"),
        ("wide", "it asked about 9 wide"),
    ],
)
def test_a_library_that_misbehaves_is_named(
    method: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "MOST_ASKS", 20)

    def strict(matrix: Floats) -> Floats:
        if matrix.shape[1] != 2:
            raise WrongCodes(f"{matrix.shape[1]} wide")
        return total(matrix)

    with (
        open_library(TINY, own_interpreter(), Worker()) as library,
        pytest.raises(Unusable) as caught,
    ):
        library.explain(method, ROWS, {}, 1, strict)

    assert said in caught.value.reason
    assert "leave tiny out of [explain] second" in caught.value.fix


def test_an_environment_without_its_library_is_named() -> None:
    with (
        pytest.raises(Unusable) as caught,
        open_library(OURS["shap"], own_interpreter(), Worker()),
    ):
        pass

    assert caught.value.reason == (
        "shap failed while loading: ModuleNotFoundError: No module named 'shap'"
    )
