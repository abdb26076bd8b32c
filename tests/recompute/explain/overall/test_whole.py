"""All parts together: each is there, or lacking with the reason; the same bytes every time."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.support.explained import AskOf, explained_of

from affidavit.explanation_record import Explainability
from affidavit.progress import Silent
from affidavit.recompute.explain.asking import AskFailed
from affidavit.recompute.explain.explained import Explained
from affidavit.recompute.explain.overall.whole import Whole, explain_whole
from affidavit.recompute.floats import Floats

N = 400
DRAWS = np.random.RandomState(21)
X = DRAWS.normal(size=N)
COLUMNS = {
    "minor": DRAWS.normal(size=N),
    "x": X,
    "twin": X + 0.1 * DRAWS.normal(size=N),
    "letter": [str(v) for v in DRAWS.choice(["a", "b", "c"], size=N)],
    "one": np.ones(N),
}


def model(columns: Any) -> Any:
    x, minor = (np.nan_to_num(columns[c]) for c in ("x", "minor"))
    return 1 / (1 + np.exp(-2 * x - 0.3 * minor * (columns["letter"] == "a")))


IS_YES = DRAWS.uniform(size=N) < model({k: np.asarray(v) for k, v in COLUMNS.items()})
LABELS = ["yes" if y else "no" for y in IS_YES]

FEW = {"rows": 50, "repeats": 2}


def made(**more: Any) -> Explained:
    return explained_of(COLUMNS, model, **{"labels": LABELS, "explain": FEW, **more})


def whole(explained: Explained, ask: AskOf | None = None, attributions: Any = None) -> Whole:
    return explain_whole(explained, ask or AskOf(model), attributions, Silent())


@cache
def sound() -> Whole:
    return whole(made())


def as_bytes(found: Whole, explained: Explained) -> bytes:
    parts = {n: getattr(found, n) for n in found.__dataclass_fields__}
    report = Explainability(
        role="evaluation", n_rows=N, of="yes", scale="score", features=explained.features, **parts
    )
    return report.model_dump_json().encode()


def test_every_part_is_there_in_few_calls() -> None:
    explained, ask = made(), AskOf(model)

    found = whole(explained, ask, DRAWS.normal(size=(50, 5)))

    assert found.metric == "log loss"
    assert [i.feature for i in found.importance[:1]] == ["x"]
    assert found.importance[-1].feature == "x + twin"
    assert all(i.loss and i.mean_absolute for i in found.importance)
    assert [c.features for c in found.correlated] == [("x", "twin")]
    assert {(c.kind, c.feature) for c in found.curves if c.feature == "x"} == {
        ("partial-dependence", "x"), ("accumulated-local-effects", "x"),
    }  # fmt: skip
    assert len(found.interactions) == 6
    assert found.surrogate is not None
    assert {p.feature for p in found.probes} == set(COLUMNS)
    assert found.lacking == ()
    assert ask.calls <= 8


def test_the_same_inputs_and_seed_give_the_same_bytes() -> None:
    explained = made()

    again, other = whole(explained), whole(made(explain={**FEW, "seed": 1}))

    assert as_bytes(again, explained) == as_bytes(sound(), explained)
    assert as_bytes(other, explained) != as_bytes(sound(), explained)


def test_without_labels_attributions_say_which_features_are_main() -> None:
    attributions = np.tile([0.0, 0.1, 0.0, 3.0, 0.0], (20, 1))

    found = whole(made(labels=[None] * N), attributions=attributions)

    assert [part.part for part in found.lacking] == ["permutation importance"]
    assert found.metric is None
    assert found.importance[0].feature == "letter"
    assert found.importance[0].loss is None
    assert found.curves[0].feature == "letter"


class FailsAt(AskOf):
    """Fails in one of its calls, by their order."""

    def __init__(self, call: int) -> None:
        super().__init__(model)
        self._call = call

    def scores(self, rows: Any) -> Floats:
        scores = super().scores(rows)
        if self.calls == self._call:
            raise AskFailed("the model ran out of memory")
        return scores


@pytest.mark.parametrize(
    ("call", "part", "name"),
    [
        (1, "permutation importance", "importance"),
        (2, "partial dependence", "curves"),
        (3, "accumulated local effects", "curves"),
        (4, "interactions", "interactions"),
    ],
)
def test_a_part_that_the_model_fails_at_is_lacking_alone(call: int, part: str, name: str) -> None:
    found = whole(made(), FailsAt(call))

    assert [(lack.part, lack.reason) for lack in found.lacking] == [
        (part, "the model ran out of memory")
    ]
    assert len(getattr(found, name)) < len(getattr(sound(), name))
    assert found.probes == sound().probes
    assert found.surrogate == sound().surrogate


def test_labels_only_and_a_handful_of_rows_end_in_words() -> None:
    """One constant input, ten rows: nothing to say is no reason to fail."""
    explained = explained_of({"one": np.ones(10)}, lambda c: np.full(len(c["one"]), 0.5))

    found = whole(explained, AskOf(lambda c: np.full(len(c["one"]), 0.5)))

    assert found.importance[0].loss is not None
    assert found.importance[0].loss.value == 0
    assert found.interactions == ()
    assert [lack.part for lack in found.lacking] == ["surrogate tree"]


def test_a_feature_of_several_columns_has_all_but_curves() -> None:
    several = {"both": ("x", "twin"), "rest": ("minor",), "letter": ("letter",), "one": ("one",)}

    found = whole(made(features=several))

    assert found.importance[0].feature == "both"
    assert {i.first for i in found.interactions} | {i.second for i in found.interactions} == {
        *several
    }
    assert [lack.part for lack in found.lacking] == ["curves of both"]
    assert "both" not in {c.feature for c in found.curves}


def test_texts_in_dictionaries_are_texts() -> None:
    """Parquet columns of few texts come so."""
    coded = pa.array(COLUMNS["letter"]).dictionary_encode()
    explained = explained_of({**COLUMNS, "letter": coded}, model, labels=LABELS, explain=FEW)

    assert as_bytes(whole(explained), explained) == as_bytes(sound(), explained)
