"""Decisions split over the features: by hand, by all orders, and drawn ones against these."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.support.explained import AskOf, Model, explained_of

from affidavit.explanation_record import FeatureName
from affidavit.recompute.coded import chosen
from affidavit.recompute.explain.between_groups import decision_game
from affidavit.recompute.explain.between_groups.decision_game import NoGame, Played, n_asked, play
from affidavit.recompute.explain.explained import Explained
from affidavit.recompute.explain.mixing import Mixed
from affidavit.recompute.floats import Floats

RANDOM = np.random.RandomState(5)
COLUMNS = {name: RANDOM.randn(80) for name in "abcd"}


def model(columns: Any) -> Floats:
    """An interaction, a step and a feature that does nothing."""
    x = columns["a"] * columns["b"] + (columns["c"] > 0.3)
    return np.asarray(1 / (1 + np.exp(-x)))


def played(explained: Explained, with_model: Model, rows: int, background: int) -> Played:
    places = np.arange(rows)
    return play(explained, AskOf(with_model), places, explained.inputs.slice(rows, background))


def test_two_features_that_are_both_needed_share_the_decision() -> None:
    """v(none) = v(a) = v(b) = 0, v(both) = 1: half each; the favourable decision is below 0.5."""

    def both(columns: Any) -> Floats:
        return np.asarray(1.0 - columns["a"] * columns["b"])

    explained = explained_of({"a": [1.0, 1.0, 0.0], "b": [1.0, 0.0, 0.0]}, both)

    found = played(explained, both, 2, 1)

    assert found.values.tolist() == [[0.5, 0.5], [0.0, 0.0]]
    assert found.decided.tolist() == [1.0, 0.0]
    assert found.empty.tolist() == [0.0, 0.0]
    assert (found.is_exact, found.n_background) == (True, 1)


def by_all_orders(rows: Any, background: Any, cut: float) -> Floats:
    """The definition: a feature's mean gain over all orders, by the model itself."""
    names = rows.column_names

    def share(row: int, given: tuple[str, ...]) -> float:
        mixed = {
            c: np.full(background.num_rows, rows.column(c)[row].as_py())
            if c in given
            else background.column(c).to_numpy()
            for c in names
        }
        return float((model(mixed) < cut).mean())

    found = np.zeros((rows.num_rows, len(names)))
    orders = list(permutations(names))
    for row in range(rows.num_rows):
        for order in orders:
            for k, name in enumerate(order):
                gain = share(row, order[: k + 1]) - share(row, order[:k])
                found[row, names.index(name)] += gain / len(orders)
    return found


def test_equals_the_definition_over_all_orders() -> None:
    explained = explained_of(COLUMNS, model, threshold=0.6)

    found = played(explained, model, 6, 9)

    expected = by_all_orders(explained.inputs.slice(0, 6), explained.inputs.slice(6, 9), 0.6)
    assert np.abs(expected).max() > 0.2
    assert found.values == pytest.approx(expected, abs=1e-12)
    assert found.values.sum(axis=1) == pytest.approx(found.decided - found.empty, abs=1e-12)
    assert (found.values[:, 3] == 0).all()


def test_drawn_orders_give_the_same_means_within_their_spread_and_the_exact_sum() -> None:
    explained = explained_of(COLUMNS, model, threshold=0.6)
    sampled = explained_of(COLUMNS, model, threshold=0.6, explain={"method": "sampled"})

    exact, drawn = played(explained, model, 50, 30), played(sampled, model, 50, 30)

    assert (exact.is_exact, drawn.is_exact) == (True, False)
    assert drawn.values.sum(axis=1) == pytest.approx(drawn.decided - drawn.empty, abs=1e-12)
    apart = drawn.values - exact.values
    error = apart.std(axis=0, ddof=1) / np.sqrt(50)
    assert (error[:3] > 0).all()
    assert (np.abs(apart.mean(axis=0)) <= 4 * error).all()
    assert np.abs(apart).max() < 0.4
    again = played(sampled, model, 50, 30)
    assert again.values.tobytes() == drawn.values.tobytes()


def test_an_order_and_its_reverse_are_all_orders_of_two_features() -> None:
    def product(columns: Any) -> Floats:
        return np.asarray(0.5 + columns["a"] * columns["b"])

    columns = {c: COLUMNS[c] for c in "ab"}
    exact, drawn = (
        played(explained_of(columns, product, explain={"method": m}), product, 20, 10)
        for m in ("exact", "sampled")
    )

    assert np.abs(exact.values).max() > 0.2
    assert drawn.values == pytest.approx(exact.values, abs=1e-12)


def test_blocks_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = [
        explained_of(COLUMNS, model, threshold=0.6, explain={"method": m})
        for m in ("exact", "sampled")
    ]
    whole = [played(e, model, 20, 10) for e in kinds]

    monkeypatch.setattr(decision_game, "_AT_ONCE", 150)

    for explained, one in zip(kinds, whole, strict=True):
        assert played(explained, model, 20, 10).values.tobytes() == one.values.tobytes()


def test_one_feature_carries_all() -> None:
    def alone(columns: Any) -> Floats:
        return np.asarray(columns["a"])

    for method in ("exact", "sampled"):
        explained = explained_of(
            {"a": [0.1, 0.9, 0.2, 0.3, 0.9]}, alone, explain={"method": method}
        )
        found = played(explained, alone, 2, 3)
        assert found.values[:, 0] == pytest.approx([1 - 2 / 3, -2 / 3])


def test_each_row_is_held_against_its_own_threshold() -> None:
    """With several thresholds the background's own share differs from row to row."""
    explained = explained_of(COLUMNS, model, threshold=0.6)
    cut = np.where(np.arange(80) % 2 == 0, 0.6, 0.75)
    is_yes = explained.scores >= cut
    explained = replace(
        explained, cut=cut, is_favourable=~is_yes, decision=chosen(is_yes, "yes", "no")
    )

    found = played(explained, model, 6, 20)

    alone = model({c: v[6:26] for c, v in COLUMNS.items()})
    assert found.empty == pytest.approx([(alone < c).mean() for c in cut[:6]])
    assert found.values.sum(axis=1) == pytest.approx(found.decided - found.empty, abs=1e-12)
    assert len(set(found.empty.tolist())) == 2


def test_asks_no_more_than_the_samples_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decision_game, "ASKED_A_SAMPLE", 300)
    explained = explained_of(COLUMNS, model, threshold=0.6, explain={"samples": 10})
    ask = AskOf(model)

    found = play(explained, ask, np.arange(40), explained.inputs.slice(40, 40))

    assert (found.is_exact, found.n_background) == (False, 12)
    assert ask.scored == n_asked(40, 4, 12, is_exact=False) + 12 <= 3_000
    assert ask.calls == 2


def test_says_why_there_is_no_game() -> None:
    explained = explained_of(COLUMNS, model, threshold=0.6)
    assert explained.cut is not None
    assert explained.is_favourable is not None
    cut = explained.cut.copy()
    cut[1] = np.nan
    turned = explained.is_favourable.copy()
    turned[0] = not turned[0]

    several = explained.config.model_copy(update={"task": "multiclass"})
    for broken, said in (
        (replace(explained, config=several), "the class with the highest score does"),
        (replace(explained, is_favourable=None), "nobody said which decision is the favourable"),
        (replace(explained, cut=None), "does not come from a threshold"),
        (replace(explained, cut=cut), "does not come from a threshold"),
        (replace(explained, is_favourable=turned), "not those that the threshold gives"),
    ):
        with pytest.raises(NoGame, match=said) as error:
            played(broken, model, 5, 5)
        assert error.value.fix


def test_columns_of_one_feature_go_together_and_keep_their_types() -> None:
    rows = pa.table(
        {
            "n": pa.array([1, 2], pa.int32()), "job": pa.array(["x", None]).dictionary_encode(),
            "m": pa.array([1.5, None]),
        }
    )  # fmt: skip
    other = pa.table(
        {
            "n": pa.array([7], pa.int32()), "job": pa.array(["y"]).dictionary_encode(),
            "m": pa.array([9.5]),
        }
    )  # fmt: skip
    features = (FeatureName(name="nm", columns=("m", "n")), FeatureName(name="j", columns=("job",)))
    own = np.array([[True, False], [False, True], [True, True]])

    made = Mixed(features, rows, other).rows(np.array([0, 1, 1]), np.zeros(3, dtype=int), own)

    assert made.schema == rows.schema
    assert made.to_pydict() == {"n": [1, 7, 2], "job": ["y", None, None], "m": [1.5, 9.5, None]}
