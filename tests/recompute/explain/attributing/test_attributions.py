"""Which method attributions come from, and that each gives Shapley values by the definition."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.recompute.case import binary_config
from tests.support.playing import COLUMNS, N, curved, playing, right

from affidavit.recompute.explain.asking import Asker, AskFailed
from affidavit.recompute.explain.attributing.attributions import attribute, choose_scale
from affidavit.recompute.explain.attributing.readable import Readable, probe_exact
from affidavit.recompute.worker.exactness import Exact, NotExact
from affidavit.recompute.worker.interpreter import own_interpreter
from affidavit.recompute.worker.model_files import read_plan
from affidavit.recompute.worker.scoring import open_scorer

SUM = Exact(method="trees", scale="log-odds")
MISREAD = "attributions are not read from the model: "


def _reading(found: Any) -> Readable:
    return Readable(SUM, found)


def _right_of(explained: Any, background: Any) -> Any:
    return lambda _, rows, __: right(explained, rows, background)


def test_what_is_read_is_used_where_it_makes_the_scores() -> None:
    explained, ask, rows, background = playing()
    readable = _reading(_right_of(explained, background))

    found = attribute(explained, ask, rows, background, readable=readable)

    assert (found.quality.method, found.notes) == ("trees", ())
    np.testing.assert_allclose(found.values, right(explained, rows, background), atol=1e-11)
    np.testing.assert_allclose(found.base + np.sum(found.values, axis=1), found.outputs, atol=1e-9)
    assert not found.errors.any()
    assert found.quality.additivity < 1e-9
    assert found.quality.stability is None
    # The rows; 64 made of two are scored, and both are read.
    assert (found.quality.calls, found.quality.scored) == (4, 5 + 5 + 64 + 64)


def _off_by_a_little(explained: Any, background: Any) -> Any:
    return lambda _, rows, __: right(explained, rows, background) + np.array([1e-4, 0, 0, 0])


def _wrong_off_the_data(explained: Any, background: Any) -> Any:
    def read(_: Any, rows: Any, __: Any) -> Any:
        values = right(explained, rows, background)
        return values if rows.num_rows == 5 else values * 1.01

    return read


def _cancelling(explained: Any, background: Any) -> Any:
    """Sums that are right, of parts that no number can be made of."""
    return lambda _, rows, __: right(explained, rows, background) * 0 + [1e300, -1e300, 0, 0]


def _mixed(*_: Any) -> Any:
    return lambda *_: NotExact("a step mixes columns")


def _crashing(*_: Any) -> Any:
    def read(*_: Any) -> Any:
        raise AskFailed("the model's process crashed")

    return read


@pytest.mark.parametrize(
    ("lie", "reason"),
    [
        (
            _off_by_a_little,
            "what was read of its parameters does not make its scores (off by 0.0001)",
        ),
        (_wrong_off_the_data, "what was read of its parameters does not make its scores"),
        (_cancelling, "what was read of its parameters is beyond 1e+30"),
        (_mixed, "a step mixes columns"),
        (_crashing, "the model's process crashed"),
    ],
)
def test_what_was_read_wrongly_is_never_used(lie: Any, reason: str) -> None:
    explained, ask, rows, background = playing()

    found = attribute(
        explained, ask, rows, background, readable=_reading(lie(explained, background))
    )

    assert found.quality.method == "enumeration"
    assert found.notes[0].startswith(MISREAD + reason)
    np.testing.assert_allclose(found.values, right(explained, rows, background), atol=1e-11)


def test_sums_on_another_scale_are_not_used() -> None:
    explained, ask, rows, background = playing(scale="score")
    readable = _reading(_right_of(explained, background))

    found = attribute(explained, ask, rows, background, readable=readable)

    assert found.quality.method == "enumeration"
    assert found.notes == (MISREAD + "its parameters give sums on the log-odds only",)


def test_scores_too_near_one_tell_no_log_odds() -> None:
    """1 - 1e-11 has twelve digits that say nothing of its log-odds."""

    def sure(rows: Any) -> Any:
        return 1 - 1e-11 * (1 + (rows["a"] > 0))

    explained, ask, rows, background = playing(sure)
    zeros = _reading(lambda _, rows, __: np.zeros((rows.num_rows, 4)))

    found = attribute(explained, ask, rows, background, readable=zeros)

    assert "too near 0 or 1" in found.notes[0]
    assert found.quality.method == "enumeration"


@pytest.mark.parametrize(
    ("explain", "more", "expected"),
    [
        ({"method": "exact"}, {}, "enumeration"),
        ({"method": "sampled"}, {}, "permutation"),
        (
            {"method": "exact"},
            {"columns": {f"c{i}": COLUMNS["a"] for i in range(13)}},
            "permutation",
        ),
    ],
)
def test_every_set_is_asked_about_where_these_are_few_and_exact_is_wanted(
    explain: Any, more: Any, expected: str
) -> None:
    model = (lambda rows: 1 / (1 + np.exp(-rows["c0"]))) if more else curved
    explained, ask, rows, background = playing(model, explain={"samples": 2, **explain}, **more)

    found = attribute(explained, ask, rows, background, readable=NotExact("it is a function"))

    assert found.quality.method == expected
    assert len(found.notes) == (explain["method"] == "exact")


@pytest.mark.parametrize(
    ("task", "scores", "readable", "scale"),
    [
        ("binary", [0.0, 1.0], None, "log-odds"),
        ("binary", [-0.1, 0.5], None, "score"),
        ("multiclass", [0.2, 0.3], NotExact("softmax"), "log-odds"),
        ("regression", [0.2, 0.3], None, "score"),
        ("binary", [0.2], Readable(Exact(method="trees", scale="score"), _mixed), "score"),
    ],
)
def test_the_scale_is_that_of_exact_sums_or_of_probabilities(
    task: str, scores: list[float], readable: Any, scale: str
) -> None:
    assert choose_scale(task, np.array(scores), readable) == scale


def test_a_model_that_fails_loses_the_part_and_no_more() -> None:
    explained, _, rows, background = playing()

    class Failing:
        def scores(self, rows: Any) -> Any:
            raise AskFailed("the model's process crashed")

    with pytest.raises(AskFailed, match="crashed"):
        attribute(explained, Failing(), rows, background)


def test_no_row_and_one_feature_are_no_trouble() -> None:
    explained, ask, rows, background = playing(lambda r: r["a"], columns={"a": COLUMNS["a"]},
                                               scale="score")  # fmt: skip

    none = attribute(explained, ask, rows.slice(0, 0), background)
    one = attribute(explained, ask, rows, background)

    assert np.shape(none.values) == (0, 1)
    expected = COLUMNS["a"][:5, None] - background.mean_output
    np.testing.assert_allclose(one.values, expected)


# ---- with a real model in a real worker ------------------------------------------------------------

_MLMODEL = """\
flavors:
  sklearn: {pickled_model: model.pkl, serialization_format: pickle}
signature:
  inputs: '[{"type": "double", "name": "a"}, {"type": "double", "name": "b"}, \
{"type": "string", "name": "e"}]'
"""


@contextmanager
def _asker(folder: Path) -> Iterator[Asker]:
    config = binary_config()
    plan = read_plan((folder / "MLmodel").read_bytes(), config)

    def opening() -> Any:
        return open_scorer(folder, plan, config, own_interpreter(), strongest="landlock+seccomp")

    with Asker(opening, lambda scores: scores.matrix[:, 0], "evaluation") as asker:
        yield asker


def test_a_worker_reads_a_pipeline_and_its_answers_are_what_asking_gives(tmp_path: Path) -> None:
    """Missing values and words go through; read and enumerated attributions are the same."""
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import GradientBoostingClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    given = pd.DataFrame({"a": COLUMNS["a"], "b": COLUMNS["b"], "e": ["u", "v", "w"] * (N // 3)})
    given.loc[[0, 7, 50], "a"] = np.nan
    steps = make_column_transformer((SimpleImputer(), ["a", "b"]), (OneHotEncoder(), ["e"]))
    model = make_pipeline(steps, GradientBoostingClassifier(n_estimators=5, random_state=0))
    model.fit(given, np.where(COLUMNS["c"] + (given["e"] == "u") > 0, "yes", "no"))
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(model))
    (tmp_path / "MLmodel").write_text(_MLMODEL)

    with _asker(tmp_path) as asker:
        readable = probe_exact(asker, None)
        assert isinstance(readable, Readable)
        assert readable.exact == Exact(method="trees", scale="log-odds")
        columns = {c: given[c].tolist() for c in given}
        columns["a"] = pa.array(columns["a"], from_pandas=True)  # null, not NaN
        explained, _, rows, background = playing(
            lambda _: model.predict_proba(given)[:, 1], columns=columns
        )
        read = attribute(explained, asker, rows, background, readable=readable)
        asked = attribute(explained, asker, rows, background)

    assert (read.quality.method, asked.quality.method) == ("trees", "enumeration")
    assert background.rows.column("a").null_count + rows.column("a").null_count
    assert np.abs(read.values).max() > 0.1
    np.testing.assert_allclose(read.values, asked.values, atol=1e-9)


def test_what_the_digits_of_a_score_leave_open_is_no_error_of_the_attributions() -> None:
    """A margin of 35 has a score of 1, whose log-odds are held at 27.6."""

    def steep(rows: Any) -> Any:
        return 1 / (1 + np.exp(-np.where(rows["a"] > 0, 35.0, 1.0)))

    explained, ask, rows, background = playing(steep)
    one = 1 / (1 + np.exp(-1.0))
    n = len(background.outputs)
    background = replace(background, outputs=np.ones(n), scores=np.full(n, one))

    def read(_: Any, given: Any, __: Any) -> Any:
        margins = np.where(given.column("a").to_numpy() > 0, 35.0, 1.0)
        return np.column_stack([margins - 1, np.zeros((given.num_rows, 3))])

    found = attribute(explained, ask, rows, background, readable=_reading(read))

    assert found.quality.method == "trees"
    assert found.quality.unresolved == pytest.approx(35 - found.outputs.max(), abs=1e-6)
    assert found.quality.additivity < 1e-6
