"""What explaining costs: told before, and close to what it takes."""

from __future__ import annotations

import numpy as np
from tests.support.explained import AskOf, explained_of

from affidavit.config import Explain
from affidavit.progress import Silent
from affidavit.recompute.explain.attributing.attributions import attribute
from affidavit.recompute.explain.attributing.background import choose_background
from affidavit.recompute.explain.between_groups.by_group import Given, explain_groups
from affidavit.recompute.explain.budget import Remaining, asked, plan_within
from affidavit.recompute.explain.overall.whole import explain_whole

N = 400
CHANCE = np.random.default_rng(11)
COLUMNS = {f"x{i}": CHANCE.normal(size=N) for i in range(6)}


def _model(columns):
    return 1 / (1 + np.exp(-(columns["x0"] + columns["x1"] * columns["x2"])))


class _SlowAsk(AskOf):
    """Takes a tenth of a second for a call."""

    def scores(self, rows):
        import time

        time.sleep(0.1)
        return super().scores(rows)


def test_the_estimate_is_within_three_times_of_what_is_asked() -> None:
    explained = explained_of(
        COLUMNS, _model, sensitive={"g": ["a", "b"] * (N // 2)},
        explain={"method": "sampled", "rows": 200, "background": 50, "samples": 4},
    )  # fmt: skip
    ask, background = AskOf(_model), choose_background(explained)
    places = explained.draw("rows", 200)

    found = attribute(explained, ask, explained.take(places), background, samples=2)
    given = Given(values=found.values, errors=found.errors)
    explain_groups(
        explained, ask, given, places=places, background=background.rows, progress=Silent()
    )
    explain_whole(explained, ask, found.values, Silent())

    estimate = asked(explained.explain, N, len(COLUMNS))
    assert ask.scored / 3 < estimate < ask.scored * 3


def test_without_a_budget_nothing_is_asked_or_lowered() -> None:
    ask = AskOf(_model)
    planned = plan_within(Explain(), explained_of(COLUMNS, _model).inputs, ask)

    assert (planned.explain, planned.is_lowered, ask.calls) == (Explain(), False, 0)


def test_a_budget_that_is_enough_lowers_nothing_and_a_small_one_all_alike() -> None:
    inputs = explained_of(COLUMNS, _model).inputs
    enough = plan_within(Explain(budget="9999m"), inputs, _SlowAsk(_model))
    small = plan_within(Explain(budget="1s"), inputs, _SlowAsk(_model))

    assert not enough.is_lowered
    assert small.is_lowered
    assert small.explain.background < Explain().background
    assert "rows 500 to" in small.words
    assert small.too_small is not None
    assert "the budget is 1s" in small.too_small.reason


def test_says_how_long_is_left_once_it_knows() -> None:
    told: list[str] = []

    class Told(Silent):
        def step(self, text: str) -> None:
            told.append(text)

    class Asked:
        scored, seconds = 0, 0.0

    asker = Asked()
    progress = Remaining(Told(), asker, 100_000)
    progress.step("drawing curves")
    asker.scored, asker.seconds = 50_000, 20.0
    progress.step("drawing curves")
    asker.scored, asker.seconds = 99_000, 40.0
    progress.step("drawing curves")

    assert told == ["drawing curves", "drawing curves, about 20 s left", "drawing curves"]
