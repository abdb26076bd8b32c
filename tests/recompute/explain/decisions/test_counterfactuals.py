"""Generated rows flip the decision, obey every constraint, and are nobody's."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.support.explained import AskOf, explained_of

from affidavit.explanation_record import Counterfactual
from affidavit.recompute.explain.decisions import counterfactuals, searching
from affidavit.recompute.explain.decisions.counterfactuals import Found, are_in, counterfactuals_of
from affidavit.recompute.explain.decisions.judging import ByClasses, ByThreshold
from affidavit.recompute.explain.explained import Explained, Kind
from affidavit.recompute.worker.scoring import Scores

Model = Callable[[Mapping[str, Any]], Any]
CITIES = ("north", "south", "east")


def searched(explained: Explained, model: Model, at: Any = None) -> list[Found]:
    places = np.arange(explained.n) if at is None else np.asarray(at)
    assert explained.cut is not None
    judge = ByThreshold(
        ask=AskOf(model), cut=explained.cut[places],
        is_above=(explained.scores >= explained.cut)[places], positive="yes", negative="no",
    )  # fmt: skip
    return counterfactuals_of(explained, explained.take(places), judge)


def told(found: Found) -> list[tuple[tuple[str, Any, Any], ...]]:
    return [tuple((c.column, c.was, c.now) for c in one.changes) for one in found.counterfactuals]


# --- one thousand of them ---------------------------------------------------------------------


def world(seed: int) -> tuple[dict[str, Any], Model]:
    """Columns of every kind, some missing, and a model with a jump and an interaction."""
    draws = np.random.RandomState(seed)
    n = 120
    income = np.round(draws.lognormal(3, 0.6, n), 2)
    income[draws.rand(n) < 0.05] = np.nan
    home = draws.randint(0, 3, n)
    columns = {
        "income": income,
        "age": draws.randint(18, 80, n),
        "debts": draws.randint(0, 9, n).astype(float),
        "ratio": draws.rand(n).astype(np.float32),
        "married": draws.rand(n) < 0.5,
        "city": [CITIES[i] for i in draws.randint(0, 3, n)],
        "owns": (home == 0).astype(int), "rents": (home == 1).astype(int),
        "other": (home == 2).astype(int),
        "sex": draws.randint(0, 2, n),
    }  # fmt: skip
    w = draws.normal(size=8)

    def model(c: Mapping[str, Any]) -> Any:
        x = np.asarray(c["income"], dtype=float)
        z = (
            w[0] * np.nan_to_num(x, nan=15.0) / 15 + w[1] * c["age"] / 20 + w[2] * c["debts"] / 3
            + 2 * w[3] * c["ratio"] + w[4] * np.asarray(c["married"], dtype=float)
            + w[5] * (np.asarray(c["city"]) == "north") + w[6] * c["owns"] - w[7] * c["rents"]
            + w[0] * w[1] * (c["debts"] > 4) * (c["ratio"] > 0.5) + 0.4 * c["sex"]
        )  # fmt: skip
        return 1 / (1 + np.exp(-np.asarray(z, dtype=float)))

    return columns, model


RULES: dict[str, Any] = {
    "most": 5, "immutable": ("married",), "only_up": ("age",), "only_down": ("debts",),
    "one_hot": (("owns", "rents", "other"),),
    "bounds": {"income": {"min": 10.0, "max": 60.0}, "ratio": {"max": 1.5}},
}  # fmt: skip


def broken_rules(one: Counterfactual, row: dict[str, Any], data: dict[str, Any]) -> list[str]:
    """Every constraint that a generated row breaks, read from RULES and the data alone."""
    now = {**row, **{c.column: c.now for c in one.changes}}
    names = {c.column for c in one.changes}
    income, ratio, debts, age = (
        np.asarray(data[c], dtype=float) for c in ("income", "ratio", "debts", "age")
    )
    rules = {
        "was": all(
            c.was == (None if row[c.column] != row[c.column] else row[c.column])
            for c in one.changes
        ),
        "changed": all(c.now is not None and c.now != c.was for c in one.changes),
        "immutable": not names & {"married", "sex"},
        "up": now["age"] >= row["age"] and now["age"] <= age.max(),
        "down": debts.min() <= now["debts"] <= row["debts"],
        "integer": all(float(now[c]).is_integer() for c in ("age", "debts")),
        "income": "income" not in names or 10 <= now["income"] <= 60,
        "ratio": "ratio" not in names or ratio.min() <= now["ratio"] <= 1.5,
        "category": now["city"] in CITIES,
        "one-hot": sorted(now[c] for c in ("owns", "rents", "other")) == [0, 0, 1],
    }
    assert np.isfinite(income).any()
    return [name for name, holds in rules.items() if not holds]


def test_a_thousand_obey_every_constraint_flip_and_are_nobodys() -> None:
    n, apart = 0, 0
    for seed in (0, 1, 3, 4):
        columns, model = world(seed)
        explained = explained_of(
            columns, model, explain={"counterfactuals": RULES},
            sensitive={"sex": [str(s) for s in columns["sex"]]},
        )  # fmt: skip
        rows, people = explained.inputs.to_pylist(), set(map(repr, explained.inputs.to_pylist()))

        found = searched(explained, model)

        assert all(bool(f.counterfactuals) == (f.none_found is None) for f in found)
        assert all(len(f.counterfactuals) <= RULES["most"] for f in found)
        assert not any(_holds_another(f) for f in found)
        shown = [(place, one) for place, f in enumerate(found) for one in f.counterfactuals]
        assert [broken_rules(one, rows[place], columns) for place, one in shown] == [[]] * len(
            shown
        )
        made = pa.Table.from_pylist(
            [{**rows[p], **{c.column: c.now for c in one.changes}} for p, one in shown],
        ).select(list(columns)).cast(explained.inputs.schema)  # fmt: skip
        assert not people.intersection(map(repr, made.to_pylist()))
        scores = AskOf(model).scores(made)
        for (place, one), score in zip(shown, scores, strict=True):
            assert (score, "yes" if score >= 0.5 else "no") == (one.score, one.decision)
            assert (score >= 0.5) != (explained.scores[place] >= 0.5)
        n += len(shown)
        apart += sum(len({_changed(one) for one in f.counterfactuals}) > 1 for f in found)
    assert n >= 1000
    assert apart > 100  # several for one row change different inputs


def _holds_another(found: Found) -> bool:
    """Whether one changes all that another one does, and so says nothing new."""
    sets = [_changed(one) for one in found.counterfactuals]
    return any(a >= b for i, a in enumerate(sets) for j, b in enumerate(sets) if i != j)


def _changed(one: Counterfactual) -> frozenset[str]:
    return frozenset(c.column for c in one.changes)


# --- hand-worked ------------------------------------------------------------------------------


def line(c: Mapping[str, Any]) -> Any:
    return c["a"] / 10 + 0 * c["b"]


GRID = {"a": np.arange(0.0, 10.1, 0.1).round(1), "b": np.linspace(3, 4, 101).round(2)}


def test_the_nearest_value_that_flips_is_found() -> None:
    """The score is a / 10 and the threshold 0.5, so 5.0 is the least that flips a = 1.0."""
    explained = explained_of(GRID, line)

    found = searched(explained, line, [10, 70])

    assert told(found[0]) == [(("a", 1.0, 5.0),)]
    assert told(found[1]) == [(("a", 7.0, 4.9),)]
    quarter, three = np.quantile(GRID["a"], [0.25, 0.75])
    assert found[0].counterfactuals[0].distance == pytest.approx(4 / (three - quarter))


def test_one_change_comes_before_two_and_what_need_not_change_does_not() -> None:
    def model(c: Mapping[str, Any]) -> Any:
        return 0.3 * (c["a"] > 0.5) + 0.3 * (c["b"] > 0.5) + 0.6 * (c["c"] > 0.5)

    data = {k: np.linspace(0, 1, 21).round(2) for k in "abc"}
    explained = explained_of({**data, "b": data["b"][::-1], "c": np.roll(data["c"], 5)}, model)
    start = int(np.argmin(explained.scores))
    assert explained.scores[start] < 0.5

    [found] = searched(explained, model, [start])

    assert [c.column for c in found.counterfactuals[0].changes] == ["c"]
    assert found.counterfactuals[0].changes[0].now == 0.51  # the least above 0.5 of two decimals
    assert all(len(one.changes) <= 2 for one in found.counterfactuals)


@pytest.mark.parametrize("width", [2, 3])
def test_finds_what_no_single_change_hints_at(width: int) -> None:
    """Granted where all of some inputs are high at once: alone, or two of three, do nothing."""
    names = [f"x{i}" for i in range(4)]

    def model(c: Mapping[str, Any]) -> Any:
        return np.min([np.asarray(c[k]) > 0.7 for k in names[:width]], axis=0).astype(float)

    draws = np.random.RandomState(1)
    data = {k: draws.rand(200).round(3) for k in names}
    for k in names:
        data[k][0] = 0.1
    explained = explained_of(data, model)

    [found] = searched(explained, model, [0])

    assert {c.column for c in found.counterfactuals[0].changes} == set(names[:width])
    assert all(0.7 < c.now <= 0.75 for c in found.counterfactuals[0].changes)


def test_as_few_changes_as_a_search_of_everything_finds() -> None:
    """Against all 216 rows that three inputs of six values can make, for models without order."""
    for seed in range(8):
        draws, k = np.random.RandomState(seed), 6
        table = (draws.rand(k, k, k) < 0.06).astype(float)
        data = {n: np.r_[np.arange(k), draws.randint(0, k, 200)] for n in "abc"}

        def model(c: Mapping[str, Any], table: Any = table) -> Any:
            return table[tuple(np.asarray(c[n], dtype=int) for n in "abc")]

        explained = explained_of({**data, "row": np.arange(206.0)}, model)
        for place, found in enumerate(searched(explained, model, np.arange(6))):
            own = np.array([data[n][place] for n in "abc"])
            others = np.argwhere(table != table[tuple(own)])
            least = min((others != own).sum(axis=1))
            assert len(found.counterfactuals[0].changes) == least


def test_each_row_keeps_its_own_threshold() -> None:
    explained = explained_of(GRID, line)
    cut = np.where(np.arange(101) < 50, 0.3, 0.8)
    judge = ByThreshold(
        ask=AskOf(line), cut=cut[[10, 60]], is_above=np.array([False, False]),
        positive="yes", negative="no",
    )  # fmt: skip

    found = counterfactuals_of(explained, explained.take(np.array([10, 60])), judge)

    assert [told(f) for f in found] == [[(("a", 1.0, 3.0),)], [(("a", 6.0, 8.0),)]]


def test_where_none_exists_it_says_so() -> None:
    def constant(c: Mapping[str, Any]) -> Any:
        return 0 * c["a"] + 0.2

    [found] = searched(explained_of(GRID, constant), constant, [3])

    assert found.counterfactuals == ()
    assert found.none_found is not None
    assert found.none_found.startswith("None of ")
    assert "no proof" in found.none_found


@pytest.mark.parametrize(
    "rules",
    [{"immutable": ["a", "b"]}, {"immutable": ["b"], "only_down": ["a"]},
     {"immutable": ["b"], "bounds": {"a": {"min": 0, "max": 0}}}],
)  # fmt: skip
def test_where_the_constraints_leave_nothing_it_says_so(rules: dict[str, Any]) -> None:
    explained = explained_of(GRID, line, explain={"counterfactuals": rules})

    [found] = searched(explained, line, [0])  # a = 0, the least

    assert found.none_found is not None
    assert "by the constraints that are declared" in found.none_found


def test_where_the_direction_forbids_the_flip_it_says_so() -> None:
    rules = {"only_down": ["a"]}

    [found] = searched(explained_of(GRID, line, explain={"counterfactuals": rules}), line, [20])

    assert found.counterfactuals == ()
    assert found.none_found is not None
    assert found.none_found.startswith("None of ")


@pytest.mark.parametrize(
    ("bounds", "start", "now"), [({"max": 5.27}, 0, 5.2), ({"min": 4.93}, 100, 5.0)]
)
def test_a_bound_between_two_written_numbers_is_kept(
    bounds: dict[str, float], start: int, now: float
) -> None:
    """The last number within the bound flips, and nothing before it does."""

    def model(c: Mapping[str, Any]) -> Any:
        return (c["a"] >= now) * 1.0 if start == 0 else (c["a"] > now) * 1.0

    rules = {"immutable": ["b"], "bounds": {"a": bounds}}
    explained = explained_of(GRID, model, explain={"counterfactuals": rules})

    [found] = searched(explained, model, [start])

    assert told(found) == [(("a", GRID["a"][start], now),)]


@pytest.mark.parametrize("start", [0, 1])
def test_pairs_are_made_of_the_inputs_that_go_furthest(start: int) -> None:
    """Of twelve inputs the last two decide, and only together; in both directions."""
    names = [f"x{i:02}" for i in range(12)]

    def model(c: Mapping[str, Any]) -> Any:
        high = (c["x10"] > 0.5) * 1.0 + (c["x11"] > 0.5)
        return 0.3 + 0.1 * high + 0.2 * (high == 2) if start == 0 else 0.4 + 0.1 * high

    draws = np.random.RandomState(2)
    data = {n: draws.rand(60).round(2) for n in names}
    data["x10"][0] = data["x11"][0] = 0.9 * start
    explained = explained_of(data, model, threshold=0.5 if start == 0 else 0.45)

    [found] = searched(explained, model, [0])

    assert _changed(found.counterfactuals[0]) == {"x10", "x11"}


def test_a_change_that_is_not_needed_is_taken_back() -> None:
    """Three of six inputs must be in their middle at once; the others help a little, alone."""
    weights = dict(zip("abcdef", (0.010, 0.009, 0.008, 0.007, 0.006, 0.005), strict=True))

    def middle(c: Mapping[str, Any], name: str) -> Any:
        return np.abs(np.asarray(c[name]) - 5) < 1

    def model(c: Mapping[str, Any]) -> Any:
        few = sum(w * middle(c, n) for n, w in weights.items())
        return few + 0.8 * (middle(c, "a") & middle(c, "b") & middle(c, "f"))

    draws = np.random.RandomState(3)
    data = {n: (draws.rand(200) * 10).round(2) for n in "abcdef"}
    for values in data.values():
        values[0] = 0.0
    explained = explained_of(data, model)

    [found] = searched(explained, model, [0])

    assert _changed(found.counterfactuals[0]) == {"a", "b", "f"}


def test_what_does_not_flip_when_asked_again_is_not_shown() -> None:
    explained = explained_of(GRID, line)
    assert explained.cut is not None
    at = np.array([10])

    class Forgetful(AskOf):
        """Says at the end that nothing changes, whatever it said before."""

        def scores(self, rows: Any) -> Any:
            found = super().scores(rows)
            return found if rows.num_rows > 3 else 0 * found

    for ask, expected in ((AskOf(line), 1), (Forgetful(line), 0)):
        judge = ByThreshold(
            ask=ask, cut=explained.cut[at], is_above=np.array([False]), positive="yes",
            negative="no",
        )  # fmt: skip
        [found] = counterfactuals_of(explained, explained.take(at), judge)
        assert len(found.counterfactuals) == expected
    assert "asked about again" in str(found.none_found)


def test_a_declared_bound_may_reach_beyond_the_data() -> None:
    data = {**GRID, "a": GRID["a"] / 10}  # no score in the data is above 0.1
    rules = {"immutable": ["b"], "bounds": {"a": {"max": 9.0}}}

    [found] = searched(explained_of(data, line, explain={"counterfactuals": rules}), line, [5])

    assert told(found) == [(("a", 0.05, 5.0),)]
    [none] = searched(explained_of(data, line), line, [5])
    assert none.counterfactuals == ()  # the twin: without the bound the data's own largest holds


def test_a_row_that_somebody_has_is_not_shown() -> None:
    def model(c: Mapping[str, Any]) -> Any:
        return np.asarray(c["a"], dtype=float)

    whole = {"a": [False, True] * 5, "b": [1, 1] * 5}
    explained = explained_of(whole, model)

    [found] = searched(explained, model, [0])

    assert found.counterfactuals == ()
    assert found.none_found is not None
    assert "rows of the data" in found.none_found
    [other] = searched(explained_of({"a": [False, True] * 5, "b": [1, 2] * 5}, model), model, [0])
    assert told(other) == [(("a", False, True),)]  # the twin: nobody has a = true and b = 1


def test_membership_is_of_all_inputs_and_missing_equals_missing() -> None:
    data = pa.table({"a": [1.0, None, float("nan")], "b": ["x", "y", None]})
    rows = pa.table({"a": [1.0, 1.0, None, None], "b": ["x", "y", "y", None]})

    assert list(are_in(data, rows)) == [True, False, True, True]


def test_a_category_of_a_single_row_is_not_used() -> None:
    def model(c: Mapping[str, Any]) -> Any:
        return np.isin(np.asarray(c["k"]), ["rare", "b"]).astype(float)

    kinds = ["a"] * 10 + ["b"] * 2 + ["rare"]
    explained = explained_of({"k": kinds, "x": np.arange(13)}, model)

    assert told(searched(explained, model, [0])[0]) == [(("k", "a", "b"),)]
    alone = explained_of({"k": ["a"] * 12 + ["rare"], "x": np.arange(13)}, model)
    assert searched(alone, model, [0])[0].counterfactuals == ()


def test_codes_are_set_to_codes_and_few_whole_numbers_to_those_in_the_data() -> None:
    """Purposes 1, 2, 31, 32: there is no purpose 17, though a score would be found for it."""

    def model(c: Mapping[str, Any]) -> Any:
        return (np.asarray(c["purpose"]) > 15) * 1.0

    purpose = np.array([1, 2, 31, 32] * 8)
    cases: tuple[tuple[Any, Any, float], ...] = (
        (purpose, "integer", 31.0),
        (np.arange(32), "integer", 16.0),  # the twin: of a count, each number means something
        (np.r_[np.arange(31), 30], "category", 30.0),  # the one that two rows have
    )
    for columns, kind, expected in cases:
        explained = explained_of({"purpose": columns, "x": np.arange(32) / 4}, model)
        kinds = (Kind(column="purpose", kind=kind), explained.kinds[1])

        [found] = searched(dataclasses.replace(explained, kinds=kinds), model, [0])

        assert {c.now for one in found.counterfactuals for c in one.changes} == {expected}


def test_numbers_are_written_as_the_data_are() -> None:
    """One decimal, though single precision made 4.300000190734863 of 4.3; measurements: three digits."""
    single = np.linspace(3, 9, 61).round(1).astype(np.float32).astype(float)
    measured = np.linspace(1, 3, 61) * np.pi

    for values, expected in ((single, 6.3), (measured, 6.21)):
        explained = explained_of({"a": values, "b": np.arange(61)}, lambda c: (c["a"] > 6.2) * 1.0)

        [found] = searched(explained, lambda c: (c["a"] > 6.2) * 1.0, [0])

        assert [c.now for one in found.counterfactuals for c in one.changes] == [expected]


def test_parts_of_a_question_give_what_the_whole_does(monkeypatch: pytest.MonkeyPatch) -> None:
    columns, model = world(1)
    explained = explained_of(columns, model)
    whole = searched(explained, model, range(5))

    monkeypatch.setattr(searching, "_CELLS", 1000)
    monkeypatch.setattr(counterfactuals, "_CASES", 2)
    monkeypatch.setattr(counterfactuals, "_PART", 7)

    assert searched(explained, model, range(5)) == whole


def test_a_missing_value_may_be_filled_and_nothing_becomes_missing() -> None:
    def model(c: Mapping[str, Any]) -> Any:
        return np.where(np.isnan(c["a"]), 0.1, 0.9 * (c["a"] > 2))

    a = np.array([np.nan, *np.arange(0, 5, 0.25)])
    explained = explained_of({"a": a, "b": np.arange(21)}, model)

    first, high = searched(explained, model, [0, 20])

    assert told(first)[0][0][:2] == ("a", None)
    assert all(c.now is not None for one in high.counterfactuals for c in one.changes)
    rules = {"only_up": ["a"], "immutable": ["b"]}
    [none] = searched(
        explained_of({"a": a, "b": np.arange(21)}, model, explain={"counterfactuals": rules}),
        model,
        [0],
    )
    assert none.none_found is not None  # what is missing cannot be said to rise


def test_columns_that_choose_the_threshold_stay() -> None:
    explained = explained_of(GRID, line)
    config = explained.config.model_copy(
        update={"decision": explained.config.decision.model_validate(
            {"threshold": 0.5, "segment": ({"column": "a", "value": "1", "threshold": 0.5},)})}
    )  # fmt: skip
    object.__setattr__(explained, "config", config)

    assert searched(explained, line, [10])[0].counterfactuals == ()


def test_classes_are_led_to_the_favourable_one_else_to_any_other() -> None:
    def whole(rows: Any) -> Scores:
        a = rows.column("a").to_numpy()
        scores = np.stack([np.exp(-((a - m) ** 2)) for m in (1, 4, 8)], axis=1)
        return Scores(matrix=scores, classes=("deny", "refer", "grant"), are_codes=False)

    explained = explained_of(GRID, line)
    at = np.array([10, 80])
    for codes in (False, True):

        def asked(rows: Any, codes: bool = codes) -> Scores:
            found = whole(rows)
            best = np.argmax(found.matrix, axis=1)[:, None].astype(float)
            return Scores(matrix=best, classes=found.classes, are_codes=True) if codes else found

        judge = ByClasses(whole=asked, of="grant", was=["deny", "grant"], wanted=["grant", None])
        found = counterfactuals_of(explained, explained.take(at), judge)

        assert [[c.decision for c in f.counterfactuals] for f in found] == [["grant"], ["refer"]]
        assert [c.now for f in found for one in f.counterfactuals for c in one.changes] == [
            6.1,
            6.0,
        ]


def test_the_model_is_asked_in_few_batches() -> None:
    columns, model = world(3)
    explained = explained_of(columns, model)
    ask = AskOf(model)
    assert explained.cut is not None
    judge = ByThreshold(
        ask=ask, cut=explained.cut, is_above=explained.scores >= 0.5, positive="yes", negative="no"
    )

    rows = explained.inputs.slice(0, 12)
    first = counterfactuals_of(explained, rows, judge)

    assert (
        ask.calls <= 4 + 3 * 6
    )  # singles, pairs, more, the end; thrice for each change drawn back
    assert first == counterfactuals_of(explained, rows, judge)


def test_none_is_looked_for_where_none_is_wanted() -> None:
    explained = explained_of(GRID, line, explain={"counterfactuals": {"most": 0}})

    [found] = searched(explained, line, [10])

    assert found.counterfactuals == ()
    assert "most is 0" in str(found.none_found)
