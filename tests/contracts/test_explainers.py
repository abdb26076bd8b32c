"""Every explainer answers alike: exact where it asks about everything, else within its own error.

The tiny one, which came by an entry point, runs here; shap and alibi in `make conformance`, since
their environments have first to be built.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.support import built_explainers
from tests.support.explained import AskOf, explained_of
from tests.support.explainers import linear_values, tiny
from tests.support.shap_trees import tree_values

from affidavit.explanation_record import Curve
from affidavit.recompute.explain.asking import AskFailed
from affidavit.recompute.explain.backends.anchoring import anchors
from affidavit.recompute.explain.backends.choosing import OURS
from affidavit.recompute.explain.backends.effects import ale_curve
from affidavit.recompute.explain.backends.explainers import Explainers
from affidavit.recompute.explain.backends.second import Opinions, second_opinions

Open = Callable[[], AbstractContextManager[Explainers]]
BUILT = [pytest.param(n, marks=pytest.mark.system) for n in ("shap", "alibi")]
DRAWN = np.random.RandomState(11)
N = 120
COLUMNS: dict[str, Any] = {
    "a": DRAWN.normal(size=N), "big": (2**53 + DRAWN.randint(0, 4, N)).tolist(),
    "s": DRAWN.choice(["x", "y", "z"], N).tolist(),
    "holed": [None if v < 0.3 else float(v) for v in DRAWN.uniform(size=N)],
}  # fmt: skip
WEIGHTS = (0.7, 0.25, -0.4, 1.1)


@pytest.fixture(scope="module")
def kept() -> Iterator[Callable[[str], Open]]:
    """Ours, each in one process for all tests: starting one takes seconds."""
    with ExitStack() as stack:
        running: dict[str, Explainers] = {}

        def start(name: str) -> Explainers:
            if name not in running:
                running[name] = stack.enter_context(built_explainers.opened(name))
            return running[name]

        yield lambda name: lambda: nullcontext(start(name))


@pytest.fixture(params=["tiny", *BUILT])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def opening(name: str, kept: Callable[[str], Open], monkeypatch: pytest.MonkeyPatch) -> Open:
    return (lambda: tiny(monkeypatch)) if name == "tiny" else kept(name)


def table(columns: Any) -> Any:
    """(n, 4): what of the columns is weighted; the last two places of a large number count."""
    return np.stack(
        [
            columns["a"], np.array([int(v) - 2**53 for v in columns["big"]], dtype=float),
            np.array([s == "x" for s in columns["s"]], dtype=float),
            np.nan_to_num(np.array(columns["holed"], dtype=float), nan=0.0),
        ],
        axis=1,
    )  # fmt: skip


def linear(columns: Any) -> Any:
    return 1 / (1 + np.exp(-table(columns) @ np.array(WEIGHTS)))


def asked(opening: Open, model: Any = linear, columns: Any = COLUMNS, rows: int = 3) -> Opinions:
    explained = explained_of(columns, model, scale="log-odds" if model is linear else "score")
    with opening() as explainers:
        return second_opinions(
            explained, AskOf(model), explained.take(np.arange(rows)),
            explained.take(np.arange(40, 60)), explainers,
        )  # fmt: skip


def test_the_values_of_a_linear_model_are_the_formula_s(opening: Open) -> None:
    found = asked(opening)

    exact = linear_values(WEIGHTS, table(COLUMNS)[:3], table(COLUMNS)[40:60])
    assert not found.lacking
    assert found.opinions
    for one in found.opinions:
        assert np.abs(one.values - exact).max() < 1e-9, one.quality.method
        assert one.quality.additivity < 1e-9
        assert one.quality.environment
        assert one.quality.licence


def parity(columns: Any) -> Any:
    """Three features that matter only together, and ten that are summed."""
    x = np.stack(list(columns.values()), axis=1)
    return 1 / (1 + np.exp(-0.3 * x.sum(axis=1) - np.sign(x[:, 0] * x[:, 1] * x[:, 2])))


@pytest.mark.parametrize("name", BUILT)
def test_a_sampled_value_is_within_its_stated_error(opening: Open) -> None:
    """Thirteen features: too many to ask about every set."""
    width = 13
    columns = {f"f{i}": np.random.RandomState(i).normal(size=80) for i in range(width)}
    rows = np.stack(list(columns.values()), axis=1)

    found = asked(opening, parity, columns, rows=2)

    exact = enumerated(parity, rows[:2], rows[40:60])
    for one in found.opinions:
        gap = np.abs(one.values - exact)
        assert 1e-6 < one.errors.max() < 0.1
        assert one.quality.monte_carlo == one.errors.max()
        assert (gap <= 5 * one.errors + 1e-9).all(), (one.quality.method, gap.max())


def enumerated(model: Any, rows: Any, background: Any) -> Any:
    """Shapley values by every set of features, 8,192 of thirteen."""
    width = rows.shape[1]
    masks = np.array(list(itertools.product([False, True], repeat=width)))
    found = np.zeros(rows.shape)
    for i, row in enumerate(rows):
        mixed = np.where(masks[:, None, :], row, background[None]).reshape(-1, width)
        outputs = model({f"f{j}": mixed[:, j] for j in range(width)})
        worth = outputs.reshape(len(masks), -1).mean(axis=1)
        size = masks.sum(axis=1)
        weights = np.array([1 / (width * _choose(width - 1, k)) for k in range(width)])
        for j in range(width):
            without = ~masks[:, j]
            gain = worth[masks[:, j]] - worth[without]
            found[i, j] = (weights[size[without]] * gain).sum()
    return found


def _choose(n: int, k: int) -> int:
    return len(list(itertools.combinations(range(n), k)))


def test_two_processes_give_the_same_bytes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def opening() -> Any:
        return tiny(monkeypatch) if name == "tiny" else built_explainers.opened(name)

    columns = {f"f{i}": np.random.RandomState(i).normal(size=80) for i in range(6)}

    first, again = (asked(opening, parity, columns) for _ in range(2))

    assert first.opinions
    for one, other in zip(first.opinions, again.opinions, strict=True):
        assert one.values.tobytes() == other.values.tobytes()
        assert one.quality == other.quality


class Crashing:
    """A model that fails off the data, and answers on it."""

    def __init__(self, columns: Any) -> None:
        self._seen = set(np.asarray(columns["a"]).tolist())
        self._ask = AskOf(linear)

    def scores(self, rows: Any) -> Any:
        if rows.num_rows > 60:
            raise AskFailed("the model's process crashed (SIGSEGV)")
        return self._ask.scores(rows)


def test_a_model_that_fails_off_the_data_loses_that_opinion_alone(opening: Open) -> None:
    explained = explained_of(COLUMNS, linear)
    rows, background = explained.take(np.arange(3)), explained.take(np.arange(40, 60))

    with opening() as explainers:
        lost = second_opinions(explained, Crashing(COLUMNS), rows, background, explainers)
        found = second_opinions(explained, AskOf(linear), rows, background, explainers)

    assert not lost.opinions
    assert {x.reason for x in lost.lacking} == {"the model's process crashed (SIGSEGV)"}
    assert len(found.opinions) == len(lost.lacking)


# -- of alibi alone ------------------------------------------------------------------------------


@pytest.mark.system
def test_alibi_finds_the_rule_that_was_planted(kept: Callable[[str], Open]) -> None:
    columns = {
        "age": DRAWN.randint(18, 80, 600), "s": DRAWN.choice(["x", "y", "z"], 600).tolist(),
        "noise": DRAWN.normal(size=600),
    }  # fmt: skip

    def rule(c: Any) -> Any:
        return np.where((c["s"] == "x") & (c["age"] >= 25), 0.9, 0.1)

    explained = explained_of(columns, rule)
    place = int(np.argmax(rule({k: np.asarray(v) for k, v in columns.items()}) > 0.5))
    rows = explained.take(np.array([place]))

    found = []
    for _ in range(2):
        with kept("alibi")() as explainers:
            found.append(anchors(explained, AskOf(rule), rows, np.array([0.5]), explainers))

    (one,) = found[0].anchors
    assert one is not None
    assert one.conditions[-1] == "s = x"
    assert all(c.startswith(("age", "s = x")) for c in one.conditions)
    assert one.precision >= 0.95
    assert found[0] == found[1]


@pytest.mark.system
def test_alibi_s_effect_of_a_column_is_the_hand_worked_one(kept: Callable[[str], Open]) -> None:
    """Of 0.1 a on a uniform grid the effect rises by 0.1 a step, and its mean over rows is 0."""
    columns = {"a": [0.0, 1.0, 2.0, 3.0, 4.0], "b": [1.0, 0.0, 1.0, 0.0, 1.0]}
    explained = explained_of(columns, lambda c: 0.1 * c["a"] + 0.2 * c["b"])

    with kept("alibi")() as explainers:
        curve = ale_curve(
            explained, AskOf(lambda c: 0.1 * c["a"] + 0.2 * c["b"]), explained.inputs, explainers,
            column="a", grid=np.array([0.0, 2.0, 4.0]),
        )  # fmt: skip

    assert isinstance(curve, Curve)
    assert [p.at for p in curve.points] == [0.0, 2.0, 4.0]
    # Bins (0, 2] with three rows, whose middle is 0.1, and (2, 4] with two: 0.3; mean 0.18.
    assert np.allclose([p.value for p in curve.points], [-0.18, 0.02, 0.22], atol=1e-12)
    assert [p.n for p in curve.points] == [1, 2, 2]


# -- of the environments -------------------------------------------------------------------------


@pytest.mark.parametrize("name", BUILT)
def test_the_licence_is_the_one_that_the_package_states(name: str) -> None:
    folders = built_explainers.environment(name).packages
    (package,) = (d for d in distributions(path=list(folders)) if d.metadata["Name"] == name)

    # `get`: with importlib_metadata imported, a key that is not there raises.
    said = f"{package.metadata.get('License')} {package.metadata.get('License-Expression')}"
    assert {"shap": "MIT", "alibi": "Apache"}[name] in said
    assert OURS[name].licence.split("-")[0] in said


@pytest.mark.system
@pytest.mark.parametrize("kind", ["GradientBoostingClassifier", "HistGradientBoostingClassifier"])
def test_shap_s_trees_are_enumeration_s_too(kind: str, tmp_path: Path) -> None:
    """So that they can stand as a reference for exact trees of our own.

    On rows that the model was not fitted on: nearly half of the thresholds of a histogram boosting
    are values of its own rows, and for a value that is a threshold shap 0.51 takes the other side
    (0.012 of log-odds apart here).
    """
    from sklearn import ensemble

    drawn = np.random.RandomState(5).normal(size=(323, 5))
    rows, fresh = drawn[:300], drawn[300:]
    label = (rows[:, 0] * rows[:, 1] > 0) ^ (rows[:, 2] > 0.5)
    options = {"max_iter": 20} if kind.startswith("Hist") else {"n_estimators": 20}
    model = getattr(ensemble, kind)(random_state=0, **options).fit(rows, label)

    found = tree_values(built_explainers.environment("shap"), tmp_path, model, fresh[:3], fresh[3:])

    exact = enumerated(
        lambda c: model.decision_function(np.stack(list(c.values()), axis=1)), fresh[:3], fresh[3:]
    )
    assert np.abs(exact).max() > 0.1
    assert np.abs(found - exact).max() < 1e-6
