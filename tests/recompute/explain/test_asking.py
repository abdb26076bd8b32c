"""Asking a real model about made-up rows: it may crash there, and is asked again."""

from __future__ import annotations

import itertools
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.attacks.models.hostile import processes_naming, write_model
from tests.recompute.case import binary_config

from affidavit.config import Explain, Features, Label, Worker
from affidavit.errors import WorkerError
from affidavit.explanation_record import Lacking
from affidavit.recompute.explain import asking
from affidavit.recompute.explain.asking import Asker, AskFailed, NotAsked
from affidavit.recompute.explain.output import Output, choose_output
from affidavit.recompute.worker.interpreter import own_interpreter
from affidavit.recompute.worker.model_files import read_plan
from affidavit.recompute.worker.scoring import open_scorer

# A model that answers for what it has seen, and ends its process for a value beyond it.
_BEYOND = "if (x > 1).any(): os._exit(3)\nreturn right"


def _asker(folder: Path, **more: float) -> Asker:
    config = binary_config(
        worker=Worker(memory_mb=2048, timeout_s=30), features=Features(columns=("x",)),
        label=Label(column="y", kind="outcome", positive="yes"),
    )  # fmt: skip
    plan = read_plan((folder / "MLmodel").read_bytes(), config)
    return Asker(
        lambda: open_scorer(folder, plan, config, own_interpreter()),
        lambda scores: scores.matrix[:, 0], "evaluation", **more,
    )  # fmt: skip


def _rows(*values: float) -> pa.Table:
    return pa.table({"x": pa.array(values, pa.float64())})


def test_a_model_that_crashes_beyond_its_data_is_opened_again(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model", _BEYOND, array=True)
    with _asker(folder) as ask:
        first = ask.scores(_rows(0.25, 0.5))
        with pytest.raises(AskFailed, match=r"ended by itself \(exit 3\)") as caught:
            ask.scores(_rows(0.5, 7))
        again = ask.scores(_rows(0.5, 0.25))

    np.testing.assert_array_equal(first, again[::-1])
    assert "\n" not in caught.value.cause_line
    assert "rows 1 to 2 made up from evaluation" in caught.value.cause_line  # none of its own
    assert (ask.calls, ask.scored) == (3, 6)
    assert processes_naming(str(folder)) == []


def test_a_worker_is_renewed_before_its_time_is_up(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model", array=True)
    with _asker(folder, session_s=0.0) as ask:
        first = ask.scores(_rows(0.25))
        before = processes_naming(str(folder))
        second = ask.scores(_rows(0.25))
        after = processes_naming(str(folder))

    assert first == second
    assert before
    assert after
    assert not set(before) & set(after)


def test_no_row_asks_nothing(tmp_path: Path) -> None:
    with _asker(write_model(tmp_path / "model", array=True)) as ask:
        assert ask.scores(_rows()).shape == (0,)
    assert ask.calls == 0


def test_a_model_that_does_not_load_is_asked_once(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "model", loading="raise ValueError('no')", array=True)
    with _asker(folder) as ask:
        for _ in range(3):
            with pytest.raises(AskFailed, match=r"(made up from|loading).*"):
                ask.scores(_rows(0.5))
    assert ask.calls == 1


def test_a_model_that_raises_lives_on(tmp_path: Path) -> None:
    folder = write_model(
        tmp_path / "model", "if (x > 1).any(): raise ValueError('no')\nreturn right", array=True
    )
    with _asker(folder) as ask:
        first = ask.scores(_rows(0.25))
        before = processes_naming(str(folder))
        for _ in range(20):
            with pytest.raises(AskFailed, match=r"ValueError$"):  # its text may hold a value
                ask.scores(_rows(0.5, 7))
        again = ask.scores(_rows(0.25))
        after = processes_naming(str(folder))

    assert first == again
    assert before == after != []


def test_a_model_that_fails_always_is_not_asked_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "MOST_CRASHES", 2)  # each is a process
    folder = write_model(tmp_path / "model", "os._exit(3)", array=True)
    with _asker(folder) as ask:
        for _ in range(2):
            with pytest.raises(AskFailed, match="ended by itself"):
                ask.scores(_rows(0.5))
        with pytest.raises(NotAsked, match="failed 2 times; it was not asked again"):
            ask.scores(_rows(0.5))
    assert ask.calls == 2


@pytest.mark.parametrize("score", [2e30, -1e308])
def test_a_score_whose_powers_are_no_numbers_is_a_failure_there(score: float) -> None:
    found = SimpleNamespace(matrix=np.array([[0.5], [score]]))
    scorer: Any = SimpleNamespace(score=lambda *_, **__: found)

    with Asker(lambda: nullcontext(scorer), lambda s: s.matrix[:, 0], "evaluation") as ask:
        with pytest.raises(AskFailed, match="the model gave a score beyond 1e"):
            ask.scores(_rows(0.25, 0.5))
        found.matrix = found.matrix[:1]
        assert ask.scores(_rows(0.25)).tolist() == [0.5]


def test_nothing_is_explained_of_scores_whose_powers_are_no_numbers() -> None:
    config = binary_config(label=Label(column="y", kind="outcome", positive="yes"))
    found: Any = SimpleNamespace(score=np.array([0.5, 1e99]), per_class=None)

    lacking = choose_output(found, config, Explain())

    assert isinstance(lacking, Lacking)
    assert "scores beyond 1e+30" in lacking.reason
    found.score = found.score[:1]
    assert isinstance(choose_output(found, config, Explain()), Output)


def test_a_model_that_hangs_is_given_up_sooner_than_one_that_crashes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = itertools.count(0, 100)  # each look at the clock is 100 s later
    monkeypatch.setattr(asking.time, "monotonic", lambda: float(next(now)))

    def hang(*_: Any, **__: Any) -> Any:
        raise WorkerError("it hangs")

    def asked_until_given_up(session_s: float) -> int:
        scorer: Any = SimpleNamespace(score=hang)
        with Asker(
            lambda: nullcontext(scorer), lambda s: s.matrix[:, 0], "e", session_s=session_s
        ) as ask:
            for n in range(1, 50):
                with pytest.raises(AskFailed):
                    ask.scores(_rows(0.5))
                if ask.calls < n:
                    return ask.calls
        return 0

    assert asked_until_given_up(100.0) == asking.MOST_HANGS
    assert asked_until_given_up(1e6) == asking.MOST_CRASHES
