"""The tree imitates what a tree can, says so in words, and is measured on other rows."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import r2_score
from tests.support.explained import explained_of

from affidavit.explanation_record import Lacking, Surrogate
from affidavit.recompute.explain.overall.surrogate import explained_variance, grow_surrogate

N = 400
DRAWS = np.random.RandomState(3)
X = np.round(DRAWS.uniform(0, 10, size=N), 1)
LETTERS = [str(v) for v in DRAWS.choice(["a", "b", "c"], size=N)]


def steps(columns: Any) -> Any:
    is_b = columns["letter"] == "b"
    return np.where(np.nan_to_num(columns["x"]) <= 5, 0.1, np.where(is_b, 0.9, 0.6))


def grown(columns: Any, model: Any, **more: Any) -> Surrogate:
    found = grow_surrogate(explained_of(columns, model, **more))
    assert isinstance(found, Surrogate)
    return found


def test_says_a_tree_again_in_the_features_own_words() -> None:
    found = grown({"x": X, "letter": LETTERS}, steps)

    assert (found.depth, found.leaves) == (2, 3)
    assert found.fidelity.value == pytest.approx(1)
    assert found.agreement is not None
    assert found.agreement.value == 1
    words = [line.partition(" (")[0] for line in found.lines]
    threshold = float(words[0].split()[3].rstrip(":"))
    assert threshold == pytest.approx(5, abs=0.15)
    assert words == [
        f"x at most {threshold:.6g}: 0.1000",
        f"x above {threshold:.6g}",
        "  letter is not b: 0.6000",
        "  letter is b: 0.9000",
    ]
    counted = [int(line.split("(")[1].split()[0]) for line in found.lines if "(" in line]
    assert sum(counted) == N // 2


def test_is_measured_on_rows_that_it_was_not_grown_on() -> None:
    """Outputs that no feature tells anything of: a tree fits them, and imitates nothing."""
    noise = DRAWS.uniform(size=N)
    found = grown({"x": X, "letter": LETTERS}, lambda _: noise)

    assert found.fidelity.value is not None
    assert found.fidelity.value < 0.1


def test_on_the_log_odds_scale_it_agrees_with_decisions_too() -> None:
    found = grown({"x": X, "letter": LETTERS}, steps, scale="log-odds")

    assert found.agreement is not None
    assert found.agreement.value == 1


def test_says_which_way_missing_values_go() -> None:
    gone = [None if i % 5 == 0 else v for i, v in enumerate(X)]
    words = [None if i % 7 == 0 else v for i, v in enumerate(LETTERS)]

    def model(columns: Any) -> Any:
        missing = np.array([v is None for v in columns["letter"]])
        return np.where(np.nan_to_num(columns["x"]) <= 5, 0.1, 0.6 + 0.3 * missing)

    text = "\n".join(grown({"x": gone, "letter": words}, model).lines)

    assert "x at most" in text
    assert "or missing: 0.1000" in text
    assert "letter is missing: 0.9000" in text


def test_fidelity_is_the_share_of_variance() -> None:
    outputs = DRAWS.normal(size=500)
    said = outputs + DRAWS.normal(size=500)

    found = explained_variance(outputs, said)

    assert found.value == pytest.approx(r2_score(outputs, said))
    boot = []
    for _ in range(300):
        rows = DRAWS.randint(0, 500, size=500)
        boot.append(r2_score(outputs[rows], said[rows]))
    assert found.low is not None
    assert found.high is not None
    assert (found.high - found.low) / 3.92 == pytest.approx(np.std(boot), rel=0.2)


def test_says_why_there_is_none() -> None:
    alike = grow_surrogate(explained_of({"x": X}, lambda c: np.full(len(c["x"]), 0.5)))
    few = grow_surrogate(explained_of({"x": X[:30]}, lambda c: c["x"] / 10))

    assert isinstance(alike, Lacking)
    assert alike.reason == "every row has the same output"
    assert isinstance(few, Lacking)
    assert few.reason == "30 rows; expected at least 40"


@pytest.mark.parametrize("n", [40, 100, 700])
def test_no_line_speaks_of_fewer_than_ten_rows(n: int) -> None:
    x = np.random.RandomState(0).normal(size=n)

    tree = grow_surrogate(explained_of({"x": x}, lambda rows: np.exp(rows["x"]), threshold=None))

    assert isinstance(tree, Surrogate)
    sizes = [int(m[1]) for line in tree.lines if (m := re.search(r"\((\d+) rows\)", line))]
    assert len(sizes) == tree.leaves >= 2
    assert min(sizes) >= 10
    assert sum(sizes) == n // 2
