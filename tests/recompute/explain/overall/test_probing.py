"""Probes find cliffs, senseless answers and failures, and nothing where the model is sound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.support.explained import AskOf, explained_of

from affidavit.explanation_record import Lacking, Probe
from affidavit.progress import Silent
from affidavit.recompute.explain.asking import AskFailed, NotAsked
from affidavit.recompute.explain.explained import Explained
from affidavit.recompute.explain.overall.probe_asking import FAILURES
from affidavit.recompute.explain.overall.probing import run_probes
from affidavit.recompute.floats import Floats

N = 300
DRAWS = np.random.RandomState(12)
X = DRAWS.uniform(10, 20, size=N)
COUNT = [int(v) for v in DRAWS.randint(0, 40, size=N)]
LETTERS = [str(v) for v in DRAWS.choice(["a", "b"], size=N)]
COLUMNS = {"x": X, "count": COUNT, "letter": LETTERS}


def sound(columns: Any) -> Any:
    """Smooth, bounded, indifferent to what it has not seen."""
    x, count = (np.nan_to_num(np.asarray(columns[c], float)) for c in ("x", "count"))
    return 1 / (1 + np.exp(-(x - 15) / 3 - count / 100 - 0.2 * (columns["letter"] == "b")))


class FailingAsk(AskOf):
    """A model that fails on some rows, and is asked no more after `most` failures."""

    def __init__(self, fails: Callable[[Any], Any], most: int = 8) -> None:
        super().__init__(sound)
        self._fails, self._most, self.failures = fails, most, 0

    def scores(self, rows: Any) -> Floats:
        if self.failures >= self._most:
            raise NotAsked("the model failed often; it was not asked again")
        columns = {c: np.array(rows.column(c).to_pylist(), object) for c in rows.column_names}
        if self._fails(columns).any():
            self.failures += 1
            raise AskFailed("the model crashed")
        return super().scores(rows)


def made(columns: Any = None, model: Any = sound, **more: Any) -> Explained:
    return explained_of(columns or COLUMNS, model, **more)


def probed(explained: Explained, ask: AskOf) -> tuple[dict[tuple[str, str], Probe], Lacking | str]:
    found = run_probes(explained, ask, Silent())
    return {(p.feature, p.at.partition(":")[0]): p for p in found.probes}, found.not_asked


def test_a_sound_model_is_as_expected_everywhere() -> None:
    ask = AskOf(sound)

    probes, lacking = probed(made(), ask)

    assert {p.outcome for p in probes.values()} == {"as expected"}
    assert lacking == ""
    assert ask.calls == 4  # seen, beyond, unseen, missing
    step = np.diff(np.percentile(X, [25, 75]))[0] / 100
    assert list(probes) == [
        ("x", f"moved up by {step:.6g}"), ("x", f"moved down by {step:.6g}"),
        ("x", "the least seen"), ("x", "the largest seen"), ("x", "beyond the largest seen"),
        ("x", "below zero, never seen"), ("x", "zero"), ("x", "missing"),
        ("count", "moved up by 1"), ("count", "moved down by 1"),
        ("count", "the least seen"), ("count", "the largest seen"),
        ("count", "beyond the largest seen"), ("count", "below zero, never seen"),
        ("count", "missing"),
        ("letter", "switched to another value seen"), ("letter", "a category never seen"),
        ("letter", "missing"),
    ]  # fmt: skip


def test_states_changes_and_flips_by_hand() -> None:
    probe = probed(made(), AskOf(sound))[0]["x", "the largest seen"]

    before = sound({"x": X, "count": COUNT, "letter": np.array(LETTERS)})
    after = sound({"x": np.full(N, X.max()), "count": COUNT, "letter": np.array(LETTERS)})
    assert probe.n == N
    assert probe.median == pytest.approx(np.median(np.abs(after - before)))
    assert probe.largest == pytest.approx(np.abs(after - before).max())
    assert probe.flips == ((after >= 0.5) != (before >= 0.5)).sum() > 0


def test_finds_a_cliff() -> None:
    edge = np.sort(X)[N // 2]

    def cliff(columns: Any) -> Any:
        return np.clip(sound(columns) / 10 + 0.8 * (columns["x"] > edge), 0, 1)

    probes, _ = probed(made(model=cliff), AskOf(cliff))

    jumps = {k for k, p in probes.items() if p.outcome == "jumps" and p.kind == "sensitivity"}
    (up,) = (k for k in probes if k[0] == "x" and k[1].startswith("moved up"))
    assert up in jumps
    assert {column for column, _ in jumps} == {"x"}
    assert "of the scores' interquartile range" in str(probes[up].note)


def test_finds_what_an_unseen_value_does_that_no_seen_one_does() -> None:
    def odd(columns: Any) -> Any:
        known = np.isin(columns["letter"], ["a", "b"])
        return np.where(known, sound(columns) / 2, 0.99)

    probes, _ = probed(made(model=odd), AskOf(odd))

    found = {k for k, p in probes.items() if p.outcome == "jumps"}
    assert found == {("letter", "a category never seen"), ("letter", "missing")}
    assert probes["letter", "missing"].note is not None
    assert "far beyond their scores" in str(probes["letter", "missing"].note)


def test_a_straight_line_that_goes_on_is_no_jump_and_far_answers_are_unreasonable() -> None:
    def line(columns: Any) -> Any:
        return 2 * columns["x"] + 0.01 * columns["count"]

    def power(columns: Any) -> Any:
        return np.exp(columns["x"])

    numbers = {"x": X, "count": [float(c) for c in COUNT]}
    labels = ["0"] * N
    straight, _ = probed(
        made(numbers, line, task="regression", labels=labels),
        AskOf(lambda c: np.nan_to_num(line(c))),
    )
    curved, _ = probed(
        made(numbers, power, task="regression", labels=labels),
        AskOf(lambda c: np.nan_to_num(power(c))),
    )

    assert straight["x", "beyond the largest seen"].outcome == "as expected"
    assert straight["x", "beyond the largest seen"].flips is None
    assert curved["x", "beyond the largest seen"].outcome == "unreasonable"


def test_finds_probabilities_that_are_none() -> None:
    def beyond(columns: Any) -> Any:
        return (np.nan_to_num(columns["x"]) - 8) / 14

    probes, _ = probed(made(model=beyond), AskOf(beyond))

    assert {k[1] for k, p in probes.items() if p.outcome == "unreasonable"} == {
        "beyond the largest seen", "below zero, never seen", "zero", "missing",
    }  # fmt: skip
    assert "outside 0 to 1" in str(probes["x", "zero"].note)


def test_answers_that_are_no_numbers_have_failed() -> None:
    def nowhere(columns: Any) -> Any:
        return np.where(np.asarray(columns["x"], float) < 0, np.nan, sound(columns))

    probes, _ = probed(made(model=nowhere), AskOf(nowhere))

    failed = {k for k, p in probes.items() if p.outcome == "failed"}
    assert failed == {("x", "below zero, never seen")}
    assert probes["x", "below zero, never seen"].largest is None


def test_finds_the_column_that_makes_it_fail_and_keeps_the_rest() -> None:
    ask = FailingAsk(lambda c: c["letter"] == "a value never seen")

    probes, lacking = probed(made(), ask)

    assert {k for k, p in probes.items() if p.outcome == "failed"} == {
        ("letter", "a category never seen")
    }
    assert probes["letter", "a category never seen"].note == "the model crashed"
    assert (len(probes), lacking, ask.failures) == (18, "", 1)


def test_few_failures_tell_one_column_from_many() -> None:
    columns = {f"x{i}": DRAWS.normal(size=60) for i in range(7)}

    def model(given: Any) -> Any:
        return 1 / (1 + np.exp(-sum(np.nan_to_num(v) for v in given.values())))

    ask = FailingAsk(lambda c: np.array([v is None for v in c["x5"]]))
    ask._model = model

    probes, lacking = probed(made(columns, model), ask)

    assert [k for k, p in probes.items() if p.outcome == "failed"] == [("x5", "missing")]
    assert sum(k[1] == "missing" for k in probes) == 7
    assert lacking == ""
    assert ask.failures <= 3


def test_columns_that_were_not_told_apart_each_say_so() -> None:
    """Every column fails when missing: after three failures they are asked apart no more."""
    columns = {f"x{i}": DRAWS.normal(size=60) for i in range(20)}

    def model(given: Any) -> Any:
        return 1 / (1 + np.exp(-sum(given.values())))

    ask = FailingAsk(lambda c: np.any([[v is None for v in x] for x in c.values()], axis=0))
    ask._model = model

    probes, lacking = probed(made(columns, model), ask)

    failed = [p for p in probes.values() if p.outcome == "failed"]
    assert [p.feature for p in failed] == list(columns)
    assert {p.at for p in failed} == {"missing"}
    told = f"asked together ({', '.join(columns)}), at least one of them makes the model fail"
    assert {str(p.note).partition(":")[0] for p in failed} == {told}
    assert (lacking, ask.failures) == ("", 3)


def test_says_what_was_not_asked_any_more() -> None:
    """Whoever failed before left none: that is no failure of these rows."""
    probes, lacking = probed(made(), FailingAsk(lambda c: c["x"] == 0, most=0))

    assert probes == {}
    assert isinstance(lacking, Lacking)
    assert lacking.part == "sensitivity and stress"
    assert "not asked again" in lacking.reason


def test_a_model_that_always_fails_is_left_alone() -> None:
    ask = FailingAsk(lambda c: np.ones(len(c["x"]), dtype=bool), most=100)

    probes, lacking = probed(made(), ask)

    assert ask.failures <= FAILURES
    assert {p.outcome for p in probes.values()} == {"failed"}
    assert "were not made: the model failed often" in str(lacking)


def test_constants_and_small_types_are_probed_where_they_can_be() -> None:
    """A column of bytes cannot be below zero; a constant cannot be moved."""
    import pyarrow as pa

    columns = {
        "one": np.ones(20),
        "byte": pa.array(range(236, 256), pa.uint8()),
        "is_in": [True] * 20,
    }

    def model(given: Any) -> Any:
        return np.linspace(0.1, 0.9, len(given["one"]))

    probes, lacking = probed(made(columns, model), AskOf(model))

    assert list(probes) == [
        ("one", "the least seen"), ("one", "beyond the largest seen"),
        ("one", "below zero, never seen"), ("one", "zero"), ("one", "missing"),
        ("byte", "moved up by 1"), ("byte", "moved down by 1"), ("byte", "the least seen"),
        ("byte", "the largest seen"), ("byte", "zero"), ("byte", "missing"), ("is_in", "missing"),
    ]  # fmt: skip
    assert lacking == ""
