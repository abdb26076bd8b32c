"""Parameters of a python_function: those of its signature and no others, given on each call."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.recompute.case import binary_config

from affidavit.config import Model
from affidavit.errors import ConfigError
from affidavit.recompute.affidavit_worker.families import PythonFunction
from affidavit.recompute.affidavit_worker.refusing import Refused
from affidavit.recompute.affidavit_worker.scorer import Scorer
from affidavit.recompute.worker.interpreter import own_interpreter
from affidavit.recompute.worker.model_files import read_plan
from affidavit.recompute.worker.parameters import checked_params
from affidavit.recompute.worker.scoring import open_scorer

SCHEMA = [
    {"name": "mode", "type": "string", "default": "a", "shape": None},
    {"name": "n", "type": "long", "default": 1, "shape": None},
    {"name": "cut", "type": "double", "default": 0.5, "shape": None},
    {"name": "strict", "type": "boolean", "default": False, "shape": None},
    {"name": "weights", "type": "double", "default": [1.0], "shape": [-1]},
    {"name": "deep", "type": "object", "default": None, "shape": None},
]
SIGNATURE = {"inputs": "[]", "params": json.dumps(SCHEMA)}
ROWS = pd.DataFrame({"x": [0.1, 0.4, 0.9]})


def checked(params: dict[str, Any], signature: Any = SIGNATURE, flavor: str = "python_function"):
    return checked_params(signature, flavor, binary_config(model=Model(params=params)))


def test_values_are_sent_in_the_signatures_types() -> None:
    given = {"mode": "b", "n": 3, "cut": 1, "strict": True, "weights": (1, 2.5)}

    sent = checked(given)

    assert sent == {"mode": "b", "n": 3, "cut": 1.0, "strict": True, "weights": [1.0, 2.5]}
    assert [type(v) for v in (sent["n"], sent["cut"], sent["weights"][0])] == [int, float, float]
    assert checked({}, None, "sklearn") == {}


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"mod": "b"}, "[model] params mod: the model has no such parameter; did you mean mode?"),
        ({"zz": 1}, "[model] params zz: the model has no such parameter"),
        ({"mode": 3}, "[model] params mode: expected text, found 3"),
        ({"n": 1.5}, "[model] params n: expected a whole number, found 1.5"),
        ({"n": True}, "[model] params n: expected a whole number, found true"),
        ({"strict": 1}, "[model] params strict: expected true or false, found 1"),
        ({"cut": "high"}, "[model] params cut: expected a number, found 'high'"),
        ({"weights": 1.0}, "[model] params weights: expected a list, each a number, found 1.0"),
        ({"cut": (0.5,)}, "[model] params cut: expected a number, found [0.5]"),
        ({"deep": "x"}, "[model] params deep: it is of the type object, which cannot be given"),
    ],
)
def test_what_the_signature_does_not_have_is_refused(params: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as told:
        checked(params)

    assert told.value.what.splitlines()[0].endswith("1 fault:")
    assert told.value.what.splitlines()[1].startswith(said)
    assert "mode, n, cut, strict" in told.value.cause


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(ConfigError, match="2 faults") as told:
        checked({"mode": 1, "nn": 2})

    assert len(told.value.what.splitlines()) == 3


@pytest.mark.parametrize(
    "signature", [None, {}, {"params": None}, {"params": "{"}, {"params": "3"}]
)
def test_without_a_schema_they_are_refused_since_mlflow_would_ignore_them(signature: Any) -> None:
    with pytest.raises(ConfigError) as told:
        checked({"n": 3}, signature)

    assert told.value.what.endswith("the model's signature names no parameter")
    assert "MLflow would ignore them" in told.value.cause


def test_a_model_that_is_asked_by_another_flavor_takes_none() -> None:
    with pytest.raises(ConfigError, match="asked by its flavor sklearn, which takes none"):
        checked({"n": 3}, flavor="sklearn")


def saved(folder: Path, model: Any) -> Path:
    import mlflow.pyfunc
    from mlflow.models import infer_signature

    signature = infer_signature(ROWS, params={"power": 1.0, "mode": "plain"})
    mlflow.pyfunc.save_model(
        folder, python_model=model, signature=signature, pip_requirements=["pandas"]
    )
    return folder


def scores(folder: Path, params: dict[str, Any]) -> np.ndarray:
    config = binary_config(model=Model(params=params))
    plan = read_plan((folder / "MLmodel").read_bytes(), config)
    with open_scorer(folder, plan, config, own_interpreter()) as scorer:
        given = pa.Table.from_pandas(ROWS, preserve_index=False)
        return scorer.score(given, "evaluation", [2, 1]).matrix[:, 0]


def test_a_logged_python_function_is_given_them_on_each_call(tmp_path: Path) -> None:
    """Real MLflow model; the model empties what it is given, so that a shared object would show."""
    import mlflow.pyfunc

    class Powered(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input, params=None):
            power, mode = params.pop("power"), params.pop("mode")
            risen = model_input["x"] ** power
            return risen if mode == "plain" else 1 - risen

    folder = saved(tmp_path / "model", Powered())

    direct = mlflow.pyfunc.load_model(str(folder))
    asked = {"power": 2.0, "mode": "turned"}
    expected = np.asarray(direct.predict(ROWS, params=asked.copy()), dtype=float)
    np.testing.assert_allclose(scores(folder, {"power": 2, "mode": "turned"}), expected, rtol=1e-11)
    np.testing.assert_allclose(expected, 1 - ROWS["x"] ** 2)


def test_a_predict_without_the_argument_is_refused(tmp_path: Path) -> None:
    import mlflow.pyfunc

    class Deaf(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input):
            return model_input["x"]

    loaded = mlflow.pyfunc.load_model(str(saved(tmp_path / "model", Deaf())))

    assert PythonFunction(loaded, {}).ask(ROWS).tolist() == ROWS["x"].tolist()
    with pytest.raises(Refused, match="no argument params: MLflow would ignore"):
        PythonFunction(loaded, {"power": 2.0})


YES = ROWS["x"].to_numpy()
SHAPES = {
    "n x 2": "np.column_stack([1 - x, x])",
    "frame of both": "pd.DataFrame({'no': 1 - x, 'yes': x})",
    "frame of one": "pd.DataFrame({'score': x})",
    "series": "pd.Series(x)",
    "list": "x.tolist()",
    "list of lists": "[[1 - v, v] for v in x]",
    "records": "[{'yes': v, 'no': 1 - v} for v in x]",
    "labels": "np.where(x > 0.5, 'yes', 'no')",
    "list of labels": "['yes' if v > 0.5 else 'no' for v in x]",
    "true and false": "x > 0.5",
}
UNCLEAR = {
    "too short": ("x[1:]", "one answer for each of 3 rows, got 2"),
    "too long": ("np.append(x, x)", "one answer for each of 3 rows, got 6"),
    "generator": ("(v for v in x)", "got a single value"),
    "nothing": ("None", "got a single value"),
    "text": ("x.astype(str)", "labels '0.1', '0.4', '0.9'; expected 'yes' or 'no'"),
    "label and score": ("pd.DataFrame({'label': 'yes', 'score': x})", "none is 'yes'"),
    "shuffled": ("pd.Series(x, index=[2, 1, 0])", "another order than the rows"),
}


@pytest.fixture(scope="module")
def shaped(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A hand-made python_function, saved and loaded by MLflow, that answers in the shape asked."""
    import mlflow.pyfunc
    from mlflow.models import infer_signature

    class Shaped(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input, params=None):
            import numpy as np
            import pandas as pd

            return eval(params["how"], {"x": model_input["x"].to_numpy(), "np": np, "pd": pd})

    folder = tmp_path_factory.mktemp("shaped") / "model"
    signature = infer_signature(ROWS, params={"how": "x"})
    mlflow.pyfunc.save_model(
        folder, python_model=Shaped(), signature=signature, pip_requirements=["pandas"]
    )
    return mlflow.pyfunc.load_model(str(folder))


def asked(shaped: Any, how: str) -> Scorer:
    order = {"flavor": "python_function", "task": "binary", "positive": "yes", "negative": "no"}
    return Scorer(shaped, {**order, "params": {"how": how}})


@pytest.mark.parametrize("how", SHAPES)
def test_a_hand_made_model_can_answer_in_any_of_these_shapes(shaped: Any, how: str) -> None:
    is_label = "label" in how or "true" in how

    found = asked(shaped, SHAPES[how]).score(ROWS)[:, 0]

    np.testing.assert_array_equal(found, YES > 0.5 if is_label else YES)


@pytest.mark.parametrize("how", UNCLEAR)
def test_an_answer_that_is_not_clear_is_refused_in_one_line(shaped: Any, how: str) -> None:
    answer, says = UNCLEAR[how]

    with pytest.raises(Refused) as told:
        asked(shaped, answer).score(ROWS)

    assert says in str(told.value)
    assert "\n" not in str(told.value)
