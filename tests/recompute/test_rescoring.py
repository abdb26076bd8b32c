"""Scored again in another order: models whose answer is not of its row alone are found out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from tests.attacks.models.hostile import write_model
from tests.recompute.case import Case, Outcome, binary_config, save_sklearn

from affidavit.config import Decision, Label
from affidavit.recompute.floats import rounded
from affidavit.recompute.rescoring import MAX_ROWS, chosen, tolerance

CHANCE = np.random.RandomState(11)
N = 700
DATA = pd.DataFrame({"id": np.arange(N), "x": CHANCE.uniform(size=N).round(6)})
DATA["y"] = np.where(DATA["x"] + CHANCE.normal(scale=0.2, size=N) > 0.5, "yes", "no")
DATA["c"] = CHANCE.choice(["a", "b", "c"], N)
DATA["amount"] = 1e6 * DATA["x"] + CHANCE.normal(size=N)

# What predict_proba does -> that is no answer of the row alone.
CHEATS = {
    "keeps-state": "self.n = getattr(self, 'n', 0) + 1; return right * (1 - self.n / 1e6)",
    "uses-the-order": "ranks = np.argsort(np.argsort(frame['x'])) / len(frame); right[:, 1] = ranks; return right",
    "rotates-its-answers": "return np.roll(right, 1, axis=0)",
    "answers-by-the-mean": "right[:, 1] -= right[:, 1].mean() / 1e3; return right",
    "is-random": "return right * np.random.uniform(0.999, 1, size=(len(right), 1))",
    "fails-later": """\
        if len(frame) < 700:
            raise ValueError('one row')
        return right
    """,
}


def _run(root: Path, folder: Path, **changes) -> Outcome:
    return Case(root).model(folder).dataset("evaluation", DATA).run(binary_config(**changes))


def _said(found: Outcome) -> str:
    notes = [n for n in found.report("performance").notes if "scored again" in n]
    assert len(notes) == 1
    return notes[0]


@pytest.mark.parametrize("how", CHEATS)
def test_an_answer_that_is_not_of_the_row_alone_is_an_exception(how: str, tmp_path: Path) -> None:
    found = _run(tmp_path / "work", write_model(tmp_path / "model", CHEATS[how]))

    findings = [f for f in found.done.evidence.findings if f.id == "recompute.rescored.evaluation"]
    assert [f.kind for f in findings] == ["exception"]
    if how == "fails-later":
        assert findings[0].what.startswith("the model gave no second answer for rows of evaluation")
        assert findings[0].found == "ValueError: one row"
        assert "could not be scored again" in _said(found)
    else:
        assert (
            findings[0].what
            == "the model gives rows of evaluation other scores when it is asked again"
        )
        assert " of 512 scores differ, by " in findings[0].found
        assert findings[0].found in _said(found)


def test_the_number_of_changed_decisions_and_the_largest_difference_are_those(
    tmp_path: Path,
) -> None:
    """Rotating by one: what each row was told the second time is known here."""
    found = _run(tmp_path / "work", write_model(tmp_path / "model", CHEATS["rotates-its-answers"]))

    x, at = DATA["x"].to_numpy(), chosen(N)
    first = np.roll(x, 1)[at]
    given = x[at]
    parts = [given[i : i + 1] for i in range(8)]
    parts += [given[i : min(i + 97, 512)] for i in range(8, 512, 97)]
    again = np.concatenate([np.roll(p, 1) for p in parts])
    turned = int(((first >= 0.5) != (again >= 0.5)).sum())
    differing = int((np.abs(first - again) > 1e-9).sum())
    largest = np.abs(first - again).max()
    said = f"{differing} of 512 scores differ, by {largest:.2g} at most; {turned} decisions changed"
    assert said in _said(found)


def test_an_honest_model_answers_alike_and_the_report_says_so(tmp_path: Path) -> None:
    fitted = LogisticRegression().fit(DATA[["x"]], DATA["y"])
    save_sklearn(fitted, tmp_path / "model", DATA[["x"]])

    found = _run(tmp_path / "work", tmp_path / "model")

    assert found.findings("recompute.rescored") == {}
    assert _said(found) == (
        "512 of 700 rows were scored again (seed 20240229, in another order, 8 alone, the others in "
        "batches of 97): every score was the same."
    )


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_honest_models_of_other_tasks_do_too(task: str, tmp_path: Path) -> None:
    if task == "multiclass":
        fitted, column = LogisticRegression().fit(DATA[["x"]], DATA["c"]), "c"
    else:
        fitted = RandomForestRegressor(5, random_state=1).fit(DATA[["x"]], DATA["amount"])
        column = "amount"
    save_sklearn(fitted, tmp_path / "model", DATA[["x"]])

    found = _run(
        tmp_path / "work", tmp_path / "model", task=task, decision=Decision(),
        label=Label(column=column, kind="outcome"),
    )  # fmt: skip

    assert found.findings("recompute.rescored") == {}
    assert "every score was the same" in _said(found)


def test_the_rows_are_the_same_for_every_build_and_bounded() -> None:
    assert chosen(10**6).tolist() == chosen(10**6).tolist()
    assert len(set(chosen(10**6).tolist())) == MAX_ROWS
    assert sorted(chosen(5).tolist()) == [0, 1, 2, 3, 4]


def test_scores_in_single_precision_may_differ_by_its_rounding_and_others_may_not() -> None:
    double = np.array([[0.1], [0.7]])
    single = rounded(double.astype(np.float32).astype(np.float64))

    assert tolerance(double, binary_config()) == 1e-9
    assert tolerance(single, binary_config()) == 1e-6
    amounts = binary_config(task="regression", decision=Decision())
    assert tolerance(1000 * double + 0.01, amounts) == pytest.approx(7e-7, rel=1e-4)
