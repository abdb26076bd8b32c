"""Second opinions of a third explainer, which asks about every set; and of those that cannot run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.support.explained import AskOf, explained_of
from tests.support.explainers import TINY, EntryPoint, linear_values, plug_in, tiny

from affidavit.config import Worker
from affidavit.progress import Silent
from affidavit.recompute.explain.asking import AskFailed
from affidavit.recompute.explain.backends import explainers
from affidavit.recompute.explain.backends.explainers import Explainers
from affidavit.recompute.explain.backends.second import most_samples, second_opinions
from affidavit.recompute.worker.options import WorkerOptions

WEIGHTS = (0.5, -0.7)
DRAWN = np.random.RandomState(3)
COLUMNS = {
    "a": DRAWN.normal(size=40), "n": DRAWN.randint(0, 9, 40),
    "s": DRAWN.choice(["x", "y", "z"], 40).tolist(),
}  # fmt: skip


def linear(columns: Any) -> Any:
    z = WEIGHTS[0] * columns["a"] + WEIGHTS[1] * columns["n"] + (columns["s"] == "x")
    return 1 / (1 + np.exp(-z))


def due(rows: slice, background: slice) -> Any:
    """The exact values of the three features, on log-odds."""
    table = np.stack([COLUMNS["a"], COLUMNS["n"], np.array(COLUMNS["s"]) == "x"], axis=1)
    return linear_values((*WEIGHTS, 1.0), table[rows], table[background])


def test_a_plug_in_gives_the_exact_values_of_a_linear_model(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    explained = explained_of(COLUMNS, linear, scale="log-odds")
    ask = AskOf(linear)

    with tiny(monkeypatch) as explainers:
        found = second_opinions(
            explained, ask, explained.take(np.arange(3)), explained.take(np.arange(10, 30)),
            explainers,
        )  # fmt: skip

    assert found.lacking == ()
    (one,) = found.opinions
    assert np.abs(one.values - due(slice(3), slice(10, 30))).max() < 1e-9
    assert (one.quality.method, one.quality.settings) == ("plug-in", {"explainer": "tiny.exact"})
    assert one.quality.additivity < 1e-12
    assert (one.quality.licence, one.quality.rows) == ("MIT", 3)
    assert one.quality.calls == ask.calls == 3
    assert one.quality.scored == ask.scored == 8 * 3 * 20 + 3 + 20


def test_columns_explained_together_are_one_feature(monkeypatch: pytest.MonkeyPatch) -> None:
    features = {"a": ("a",), "both": ("s", "n")}
    explained = explained_of(COLUMNS, linear, scale="log-odds", features=features)

    with tiny(monkeypatch) as explainers:
        found = second_opinions(
            explained, AskOf(linear), explained.take(np.arange(2)),
            explained.take(np.arange(10, 30)), explainers,
        )  # fmt: skip

    exact = due(slice(2), slice(10, 30))
    both = np.stack([exact[:, 0], exact[:, 1] + exact[:, 2]], axis=1)
    assert np.abs(found.opinions[0].values - both).max() < 1e-9


def test_a_model_that_fails_loses_one_opinion_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    explained = explained_of(COLUMNS, linear)

    class Crashing:
        def scores(self, rows: Any) -> Any:
            raise AskFailed("the model's process crashed (SIGSEGV)")

    with tiny(monkeypatch) as explainers:
        rows, background = explained.take(np.arange(2)), explained.take(np.arange(5))
        lost = second_opinions(explained, Crashing(), rows, background, explainers)
        again = second_opinions(explained, AskOf(linear), rows, background, explainers)

    assert [(x.part, x.reason) for x in lost.lacking] == [
        ("second opinion (tiny, exact)", "the model's process crashed (SIGSEGV)")
    ]
    assert len(again.opinions) == 1


def test_what_cannot_run_is_lacking_with_its_reason_and_the_rest_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    explained = explained_of(COLUMNS, linear)

    def broken() -> None:
        raise OSError("secret")

    with tiny(monkeypatch, "gone", "broken", "odd", "tiny") as explainers:
        plug_in(
            monkeypatch, *(EntryPoint("broken", broken), EntryPoint("odd", dict)),
            EntryPoint("tiny", lambda: TINY),
        )  # fmt: skip
        found = second_opinions(
            explained, AskOf(linear), explained.take(np.arange(2)),
            explained.take(np.arange(5)), explainers,
        )  # fmt: skip

    assert len(found.opinions) == 1
    assert [x.part for x in found.lacking] == [
        f"second opinion ({n})" for n in ("gone", "broken", "odd")
    ]
    assert [x.reason for x in found.lacking] == [
        "there is no explainer of the name gone",
        "the explainer broken, which is a plug-in, failed with OSError",
        "the explainer odd, which is a plug-in, gave no Backend",
    ]
    assert "shap" in found.lacking[0].fix


def test_an_environment_that_cannot_be_built_is_tried_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tried = []

    def build(backend: Any, *_: object) -> None:
        tried.append(backend.name)
        raise explainers.Unusable("no index", "name one")

    monkeypatch.setattr(explainers, "build_environment", build)
    explained = explained_of(COLUMNS, linear)
    rows = explained.take(np.arange(2))

    with Explainers(("shap", "alibi"), Worker(), WorkerOptions(), Silent()) as both:
        found = [second_opinions(explained, AskOf(linear), rows, rows, both) for _ in range(2)]

    assert tried == ["shap", "alibi"]
    assert all([x.reason for x in f.lacking] == ["no index", "no index"] for f in found)
    assert not found[0].opinions


@pytest.mark.parametrize(
    ("n_features", "n_background", "sets"), [(10, 100, 2068), (10, 5000, 671), (33, 5000, 203)]
)
def test_what_a_kernel_method_makes_up_is_bounded(
    n_features: int, n_background: int, sets: int
) -> None:
    assert most_samples(n_features, n_background) == sets
    assert sets * n_features * n_background * 8 <= 256 << 20
