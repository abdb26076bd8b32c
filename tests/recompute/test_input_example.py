"""The input example that MLflow logged: scored, compared where an output lies beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from tests.recompute.case import Case, Outcome, binary_config

from affidavit.config import Decision, Label

CHANCE = np.random.RandomState(2)
DATA = pd.DataFrame({"id": np.arange(60), "x": CHANCE.normal(size=60), "n": range(60)})
DATA["y"] = np.where(DATA["x"] > 0, "yes", "no")
DATA["c"] = np.array(["a", "b", "c"])[np.digitize(DATA["x"], [-0.5, 0.5])]
INPUTS = DATA[["x", "n"]]
FITTED = LogisticRegression().fit(INPUTS, DATA["y"])


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files that MLflow itself writes for a model with an input example."""
    import mlflow.sklearn

    folder = tmp_path_factory.mktemp("saved") / "model"
    mlflow.sklearn.save_model(
        FITTED, folder, input_example=INPUTS.head(5), serialization_format="cloudpickle",
        pip_requirements=["scikit-learn"],
    )  # fmt: skip
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}


def _run(root: Path, saved: dict[str, bytes], **files: Any) -> Outcome:
    folder = root / "model"
    folder.mkdir()
    for name, content in saved.items():
        (folder / name).write_bytes(content)
    for name, content in files.items():
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        (folder / f"{name}.json").write_bytes(raw)
    case = Case(root / "work").model(folder).dataset("evaluation", DATA)
    return case.run(binary_config())


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
    files: dict[str, Any], what: str, saved: dict[str, bytes], tmp_path: Path
) -> None:
    found = _run(tmp_path, saved, **files)

    said = found.findings("recompute.example")
    assert what in said["recompute.example"]
    assert found.report("performance").numbers  # the build went on


def test_an_example_of_another_kind_is_said_to_be_not_read(
    saved: dict[str, bytes], tmp_path: Path
) -> None:
    mlmodel = saved["MLmodel"].replace(b"type: dataframe", b"type: ndarray")
    mlmodel = mlmodel.replace(b"  pandas_orient: split\n", b"")

    found = _run(tmp_path, {**saved, "MLmodel": mlmodel})

    assert found.findings("recompute.example") == {}
    assert _notes(found) == "The input example is written as ndarray, which is not read."


def test_missing_values_of_an_example_are_missing(saved: dict[str, bytes], tmp_path: Path) -> None:
    """Pandas writes NaN, which no JSON has; scikit-learn refuses it, and that is the finding."""
    found = _run(tmp_path, saved, input_example=b'{"columns": ["x", "n"], "data": [[NaN, 1]]}')

    said = [f for f in found.done.evidence.findings if f.id == "recompute.example"]
    assert "Input X contains NaN" in said[0].found


@pytest.mark.parametrize("how", ["names", "by-class", "in-order"])
def test_a_multiclass_output_by_name_by_class_or_in_order(how: str, tmp_path: Path) -> None:
    import mlflow.sklearn

    fitted = LogisticRegression().fit(INPUTS, DATA["c"])
    folder = tmp_path / "model"
    mlflow.sklearn.save_model(
        fitted, folder, input_example=INPUTS.head(4), serialization_format="cloudpickle",
        pip_requirements=["scikit-learn"],
    )  # fmt: skip
    chances = fitted.predict_proba(INPUTS.head(4)).tolist()
    outputs: list[Any] = {
        "names": fitted.predict(INPUTS.head(4)).tolist(),
        "by-class": [dict(zip("abc", row, strict=True)) for row in chances],
        "in-order": chances,
    }[how]
    (folder / "output_example.json").write_text(json.dumps(outputs))
    config = binary_config(
        task="multiclass", decision=Decision(), label=Label(column="c", kind="outcome")
    )

    found = Case(tmp_path / "work").model(folder).dataset("evaluation", DATA).run(config)

    assert found.findings("recompute.example") == {}
    assert "equal the output" in _notes(found)
