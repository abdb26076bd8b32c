"""The input example that MLflow logged: scored, compared where an output lies beside it.

Two models are started once each for most of it; what becomes of an example in a whole run of the
stage, which is not stopped by a bad one, is seen in a run for each of the ways it ends.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from tests.recompute.case import Case, Outcome, binary_config

from affidavit.config import Config, Decision, Label
from affidavit.recompute.input_example import Example, check_example
from affidavit.recompute.worker.interpreter import own_interpreter
from affidavit.recompute.worker.model_files import read_plan
from affidavit.recompute.worker.scoring import Scorer, open_scorer

CHANCE = np.random.RandomState(2)
DATA = pd.DataFrame({"id": np.arange(60), "x": CHANCE.normal(size=60), "n": range(60)})
DATA["y"] = np.where(DATA["x"] > 0, "yes", "no")
DATA["c"] = np.array(["a", "b", "c"])[np.digitize(DATA["x"], [-0.5, 0.5])]
INPUTS = DATA[["x", "n"]]
FITTED = LogisticRegression().fit(INPUTS, DATA["y"])
MULTICLASS = binary_config(
    task="multiclass", decision=Decision(), label=Label(column="c", kind="outcome")
)


def _save(fitted: LogisticRegression, folder: Path, rows: int) -> Path:
    """The files that MLflow itself writes for a model with an input example."""
    import mlflow.sklearn

    mlflow.sklearn.save_model(
        fitted, folder, input_example=INPUTS.head(rows), serialization_format="cloudpickle",
        pip_requirements=["scikit-learn"],
    )  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _save(FITTED, tmp_path_factory.mktemp("saved") / "model", 5)


@pytest.fixture(scope="module")
def saved(model: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in model.iterdir() if p.is_file()}


@pytest.fixture(scope="module")
def scorer(model: Path) -> Iterator[Scorer]:
    with _opened(model, binary_config()) as scorer:
        yield scorer


def _opened(folder: Path, config: Config) -> AbstractContextManager[Scorer]:
    plan = read_plan((folder / "MLmodel").read_bytes(), config)
    return open_scorer(folder, plan, config, own_interpreter())


def _laid(folder: Path, saved: dict[str, bytes], **files: Any) -> Path:
    folder.mkdir()
    for name, content in saved.items():
        (folder / name).write_bytes(content)
    for name, content in files.items():
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        (folder / f"{name}.json").write_bytes(raw)
    return folder


def _run(root: Path, saved: dict[str, bytes], **files: Any) -> Outcome:
    """A whole run of the stage."""
    folder = _laid(root / "model", saved, **files)
    case = Case(root / "work").model(folder).dataset("evaluation", DATA)
    return case.run(binary_config())


def _checked(scorer: Scorer, folder: Path, config: Config) -> Example:
    """The example in `folder`, by a model that is running."""
    plan = read_plan((folder / "MLmodel").read_bytes(), config)
    return check_example(scorer, plan, folder, config)


def _notes(found: Outcome) -> str:
    return " ".join(n for n in found.report("performance").notes if "example" in n)


def test_without_a_logged_output_a_note_says_so_and_nothing_else(
    saved: dict[str, bytes], tmp_path: Path
) -> None:
    found = _run(tmp_path, saved)

    assert found.findings("recompute.example") == {}
    assert _notes(found) == (
        "5 of 5 rows of the input example that MLflow logged were scored; no output was logged "
        "beside it to compare with."
    )


def test_an_output_that_was_logged_is_compared(saved: dict[str, bytes], tmp_path: Path) -> None:
    output = FITTED.predict_proba(INPUTS.head(5))[:, 1].tolist()
    for place, wrong in ((tmp_path / "right", 0.0), (tmp_path / "wrong", 1e-6)):
        place.mkdir()
        found = _run(place, saved, output_example=[output[0] + wrong, *output[1:]])
        said = [f for f in found.done.evidence.findings if f.id == "recompute.example"]
        if wrong:
            assert said[0].what == "the model does not answer its input example as it was logged"
            assert said[0].found == "1 of 5 differ, by 1e-06 at most"
            assert said[0].items == ("data/model/output_example.json",)
        else:
            assert said == []
            assert "equal the output that was logged beside it" in _notes(found)


@pytest.mark.parametrize(
    ("files", "what"),
    [
        ({"input_example": b"{"}, "it is not JSON"),
        ({"input_example": {"columns": ["x", "n"], "data": []}}, "it has no columns, or no rows"),
        ({"input_example": {"columns": ["x", "x"], "data": [[1, 2]]}}, "names, each once"),
        (
            {"input_example": {"columns": ["x", "n"], "data": [[1]]}},
            "not every row has its 2 values",
        ),
        ({"input_example": {"columns": ["x", "n"], "data": [[1, "a"], [2, 3]]}}, "mixes values"),
        (
            {"input_example": b'{"columns": ["x", "n"], "data": [["\\ud800", 1]]}'},
            "mixes values",
        ),
        ({"input_example": {"columns": ["x"], "data": [[1]]}}, "'n' is not among its columns"),
        ({"input_example": {"columns": ["x", "n"], "data": [["a", 1]]}}, "input 'x'"),
        ({"output_example": [0.5]}, "expected a list of 5 outputs"),
        ({"output_example": ["yes"] * 5}, "expected a score for each row"),
        ({"output_example": [10**400] * 5}, "too large for a number"),
    ],
)
def test_what_does_not_fit_is_an_exception_and_no_crash(
    files: dict[str, Any], what: str, saved: dict[str, bytes], scorer: Scorer, tmp_path: Path
) -> None:
    found = _checked(scorer, _laid(tmp_path / "model", saved, **files), binary_config())

    (said,) = found.findings
    assert (said.id, said.kind) == ("recompute.example", "exception")
    assert what in said.what


def test_a_run_goes_on_after_an_example_that_does_not_fit(
    saved: dict[str, bytes], tmp_path: Path
) -> None:
    found = _run(tmp_path, saved, input_example=b"{")

    assert "it is not JSON" in found.findings("recompute.example")["recompute.example"]
    assert found.report("performance").numbers


def test_an_example_of_another_kind_is_said_to_be_not_read(
    saved: dict[str, bytes], scorer: Scorer, tmp_path: Path
) -> None:
    mlmodel = saved["MLmodel"].replace(b"type: dataframe", b"type: ndarray")
    mlmodel = mlmodel.replace(b"  pandas_orient: split\n", b"")
    folder = _laid(tmp_path / "model", {**saved, "MLmodel": mlmodel})

    found = _checked(scorer, folder, binary_config())

    assert found.findings == ()
    assert found.notes == ("The input example is written as ndarray, which is not read.",)


def test_missing_values_of_an_example_are_missing(saved: dict[str, bytes], tmp_path: Path) -> None:
    """Pandas writes NaN, which no JSON has; scikit-learn refuses it, and that is the finding."""
    found = _run(tmp_path, saved, input_example=b'{"columns": ["x", "n"], "data": [[NaN, 1]]}')

    said = [f for f in found.done.evidence.findings if f.id == "recompute.example"]
    assert "Input X contains NaN" in said[0].found


def test_a_multiclass_output_by_name_by_class_or_in_order(tmp_path: Path) -> None:
    fitted = LogisticRegression().fit(INPUTS, DATA["c"])
    folder = _save(fitted, tmp_path / "model", 4)
    chances = fitted.predict_proba(INPUTS.head(4)).tolist()
    outputs: dict[str, list[Any]] = {
        "names": fitted.predict(INPUTS.head(4)).tolist(),
        "by-class": [dict(zip("abc", row, strict=True)) for row in chances],
        "in-order": chances,
    }
    with _opened(folder, MULTICLASS) as scorer:
        for how, output in outputs.items():
            (folder / "output_example.json").write_text(json.dumps(output))

            found = _checked(scorer, folder, MULTICLASS)

            assert found.findings == (), how
            assert "equal the output" in found.notes[0], how
