"""The model's input as a registry has it: other order, more columns, other types, absent ones.

Scores are compared with the model called directly, on a frame in the types of training.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.recompute.case import binary_config, save_sklearn

from affidavit.config import Features
from affidavit.errors import AffidavitError, ConfigError, SourceError, WorkerError
from affidavit.recompute.affidavit_worker.scorer import Scorer
from affidavit.recompute.input_notes import input_notes
from affidavit.recompute.table import Table
from affidavit.recompute.worker import failures
from affidavit.recompute.worker.features import model_input
from affidavit.recompute.worker.model_files import read_plan

CHANCE = np.random.RandomState(4)
N = 80
TRAINED = pd.DataFrame({
    "n": CHANCE.randint(0, 9, N), "x": CHANCE.normal(size=N), "k": CHANCE.choice(["a", "b"], N),
    "flag": CHANCE.uniform(size=N) > 0.5,
    "on": pd.Timestamp("2025-01-01") + pd.to_timedelta(CHANCE.randint(0, 300, N), unit="D"),
})  # fmt: skip
ROWS = TRAINED.head(6)


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    """Numbers of each column, by the types that it was trained with."""
    return frame.assign(
        k=(frame["k"] == "b") * 1.0, flag=frame["flag"].astype(float),
        on=(frame["on"] - pd.Timestamp("2025-01-01")).dt.days,
    )  # fmt: skip


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """What MLmodel says of a saved pipeline, and the pipeline."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    yes = np.where(TRAINED["x"] + CHANCE.normal(size=N) > 0, "yes", "no")
    made = make_pipeline(FunctionTransformer(_flat), StandardScaler(), LogisticRegression())
    made.fit(TRAINED, yes)
    folder = save_sklearn(made, tmp_path_factory.mktemp("m") / "model", ROWS)
    return read_plan((folder / "MLmodel").read_bytes(), binary_config()), made


def given(frame: pd.DataFrame, plan: Any, *, is_text: bool = False) -> Any:
    if is_text:
        frame = frame.astype(object).where(frame.notna(), None)
        texts = {c: [None if v is None else str(v) for v in frame[c]] for c in frame}
        table = pa.table({c: pa.array(v, pa.string()) for c, v in texts.items()})
    else:
        table = pa.Table.from_pandas(frame, preserve_index=False)
    return model_input(Table("dataset evaluation", table, is_text=is_text), plan)


@pytest.mark.parametrize("is_text", [False, True], ids=["parquet", "csv"])
@pytest.mark.parametrize(
    "change",
    [
        lambda t: t,
        lambda t: t.assign(id=1, **{"Unnamed: 0": 2})[["id", "on", "k", "Unnamed: 0", "flag", "x", "n"]],
        lambda t: t.assign(n=t["n"].astype(str)),
        lambda t: t.assign(n=t["n"].astype(float)),
        lambda t: t.assign(x=t["x"].astype(str)),
        lambda t: t.assign(flag=t["flag"].astype(int)),
        lambda t: t.assign(flag=t["flag"].map({True: "TRUE", False: "false"})),
        lambda t: t.assign(on=t["on"].dt.strftime("%Y-%m-%d")),
        lambda t: t.assign(on=t["on"].dt.strftime("%Y-%m-%dT00:00:00")),
        lambda t: t.assign(k=t["k"].astype("category")),
    ],
    ids=[
        "as trained", "reordered, with an index", "whole numbers as text", "as floats",
        "numbers as text", "booleans as numbers", "booleans as words", "days as text",
        "moments as text", "categories",
    ],
)  # fmt: skip
def test_scores_are_those_of_the_model_called_directly(
    model: tuple[Any, Any], change: Any, is_text: bool
) -> None:
    plan, made = model
    order = {"flavor": "sklearn", "task": "binary", "positive": "yes", "negative": "no"}

    inputs = given(change(ROWS), plan, is_text=is_text)

    assert inputs.column_names == list(TRAINED.columns)
    scores = Scorer(made, order).score(inputs.to_pandas())[:, 0]
    np.testing.assert_allclose(scores, made.predict_proba(ROWS)[:, 1], rtol=1e-12)


@pytest.mark.parametrize(
    ("change", "what", "cause"),
    [
        (lambda t: t.drop(columns="x"), "the model's input 'x' is not among its columns", "n, k"),
        (lambda t: t.rename(columns={"flag": "FLAG_"}),
         "the model's input 'flag' (nearest: 'FLAG_') is not among its columns", "n, x, k, FLAG_"),
        (lambda t: t[["n", "on"]],
         "3 of the model's 5 inputs are not among its columns: 'x', 'k', 'flag'", "has n, on"),
        (lambda t: t.assign(flag="yes"),
         "input 'flag' holds something else than true and false in row 1", "never guessed"),
        (lambda t: t.assign(on="31.03.2026"),
         "input 'on' holds something else than dates", "2026-03-31"),
        (lambda t: t.assign(n=["1", "2", "many", "4", "5", "6"]),
         "input 'n': row 3 holds no number", ""),
    ],
    ids=["absent", "renamed", "several", "yes and no", "another date", "words"],
)  # fmt: skip
def test_what_does_not_fit_is_told_in_a_line_with_what_to_do(
    model: tuple[Any, Any], change: Any, what: str, cause: str
) -> None:
    with pytest.raises((ConfigError, SourceError)) as told:
        given(change(ROWS), model[0])

    error: AffidavitError = told.value
    assert error.what == f"dataset evaluation: {what}"
    assert cause in error.cause
    assert error.fix
    assert "\n" not in str(error.what)


def test_without_a_signature_the_columns_are_those_of_features(tmp_path: Path) -> None:
    from sklearn.linear_model import LogisticRegression

    columns = ["x", "n"]
    made = LogisticRegression().fit(TRAINED[columns], TRAINED["k"])
    folder = save_sklearn(made, tmp_path / "model", None)
    content = (folder / "MLmodel").read_bytes()

    with pytest.raises(ConfigError, match="which columns the model takes is not on record") as told:
        read_plan(content, binary_config())
    assert "[features] columns" in told.value.fix

    plan = read_plan(content, binary_config(features=Features(columns=tuple(columns))))
    for is_text in (False, True):
        frame = given(ROWS, plan, is_text=is_text).to_pandas()
        np.testing.assert_array_equal(made.predict_proba(frame), made.predict_proba(ROWS[columns]))


def test_whole_numbers_that_are_not_are_given_as_they_are_and_that_is_said(
    model: tuple[Any, Any],
) -> None:
    broken = ROWS.assign(n=[1.0, 2.5, 3, 4, 5, 6]), ROWS.assign(n=[1.0, None, 3, 4, 5, 6])
    for frame in broken:
        inputs = given(frame, model[0])
        (note,) = input_notes({"evaluation": inputs}, model[0])["evaluation"]

        np.testing.assert_array_equal(inputs.to_pandas()["n"], frame["n"])
        assert note.startswith("n is of whole numbers by the model's signature; in evaluation some")
    whole = given(ROWS.assign(n=ROWS["n"].astype(float)), model[0])
    assert whole.schema.field("n").type == pa.int64()
    assert input_notes({"evaluation": whole}, model[0])["evaluation"] == ()


def test_values_that_training_did_not_have_are_counted_and_not_told(model: tuple[Any, Any]) -> None:
    plan = model[0]
    training = given(TRAINED, plan)
    new = given(pd.concat([ROWS] * 3).assign(k=["secret"] * 12 + ["a"] * 6), plan)
    few = given(ROWS.assign(k=["secret", None, "a", "b", "a", "a"]), plan)

    notes = input_notes({"training": training, "evaluation": new, "recent": few}, plan)

    assert notes["training"] == ()
    assert [len(notes[role]) for role in ("evaluation", "recent")] == [1, 1]
    assert "no row of training has: k (12 rows)" in notes["evaluation"][0]
    assert "k (fewer than 10 rows)" in notes["recent"][0]
    assert "secret" not in str(notes)
    assert input_notes({"evaluation": new}, plan)["evaluation"] == ()  # nothing to compare with


def test_an_encoder_that_refuses_a_category_is_told_with_what_to_do() -> None:
    from sklearn.preprocessing import OneHotEncoder

    encoder = OneHotEncoder(handle_unknown="error").fit([["a"], ["b"]])
    with pytest.raises(ValueError, match="unknown categories") as raised:
        encoder.transform([["z"]])

    error = failures.raised("ValueError", str(raised.value), "scoring rows 1 to 9 of x", 4096)

    assert isinstance(error, WorkerError)
    assert "a category that the model was not trained on" in error.fix
