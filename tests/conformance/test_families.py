"""Model families in an environment that is not ours: the worker's scores are those in process.

One environment with older releases (scikit-learn 1.5 among them) is made by uv, trains every model
and keeps its answers; the worker then scores the saved models with that environment's interpreter.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.recompute.case import WORKER
from tests.support.shapley import from_the_definition

from affidavit.config import Config, Dataset, Decision, Label
from affidavit.recompute.explain.explained import log_odds
from affidavit.recompute.floats import rounded
from affidavit.recompute.rescoring import BATCH, chosen, tolerance
from affidavit.recompute.table import Table
from affidavit.recompute.worker.exactness import Exact, NotExact
from affidavit.recompute.worker.features import model_input
from affidavit.recompute.worker.interpreter import Interpreter
from affidavit.recompute.worker.model_files import read_plan
from affidavit.recompute.worker.scoring import open_scorer

pytestmark = pytest.mark.system

UV = Path(sys.executable).parent / "uv"
PINS = (
    "catboost==1.2.7", "lightgbm==4.5.0", "mlflow-skinny==2.22.0", "numpy==1.26.4", "onnx==1.17.0",
    "onnxruntime==1.20.1", "pandas==2.2.3", "pyarrow==18.1.0", "scikit-learn==1.5.2",
    "scipy==1.14.1", "skl2onnx==1.18.0", "statsmodels==0.14.4", "xgboost-cpu==2.1.4",
)  # fmt: skip

# Case -> the call that must be on record. The end of a name is its task.
CASES = {
    "sklearn-binary": "predict_proba",
    "sklearn-multiclass": "predict_proba",
    "sklearn-regression": "predict",
    "sklearn-margin-binary": "decision_function",
    "xgboost-binary": "Booster.predict (objective binary:logistic)",
    "xgboost-multiclass-012": "Booster.predict (objective multi:softprob)",
    "xgboost-regression": "Booster.predict (objective reg:squarederror)",
    "xgboost-binary-logistic-binary": "Booster.predict (objective binary:logistic)",
    "xgboost-binary-logitraw-binary": "Booster.predict (objective binary:logitraw)",
    "xgboost-rank-pairwise-binary": "Booster.predict (objective rank:pairwise)",
    "xgboost-raw-binary": "Booster.predict (objective binary:logitraw)",
    "lightgbm-binary": "predict_proba",
    "lightgbm-multiclass": "predict_proba",
    "lightgbm-regression": "predict",
    "lightgbm-native-multiclass-012": "Booster.predict (objective multiclass)",
    "lightgbm-custom-binary": "Booster.predict (objective custom)",
    "catboost-binary": "predict (probability, loss Logloss)",
    "catboost-multiclass": "predict (probability, loss MultiClass)",
    "catboost-regression": "predict (loss RMSE)",
    "catboost-general-binary": "predict (probability, loss Logloss)",
    "catboost-raw-binary": "predict (raw value, loss RMSE)",
    "statsmodels-binary": "predict of Logit, a probability",
    "statsmodels-formula-binary": "predict of Logit, a probability",
    "statsmodels-first-level-binary": "predict of GLM Binomial, a probability",
    "statsmodels-multiclass": "predict of MNLogit, a probability",
    "statsmodels-regression": "predict of OLS",
    "statsmodels-linear-binary": "predict of OLS",
    "onnx-binary": "run: output output_probability",
    "onnx-plain-binary": "run: output probabilities",
    "onnx-multiclass": "run: output probabilities",
    "onnx-regression": "run: output variable",
    "onnx-by-name-binary": "run: output probabilities",
    "pyfunc-binary": "predict of a python_function",
    "pyfunc-list-binary": "predict of a python_function",
    "pyfunc-multiclass": "predict of a python_function",
    "pyfunc-regression": "predict of a python_function",
}
NO_PROBABILITY = {
    "sklearn-margin-binary", "xgboost-binary-logitraw-binary", "xgboost-rank-pairwise-binary",
    "xgboost-raw-binary", "lightgbm-custom-binary", "catboost-raw-binary",
    "statsmodels-linear-binary",
}  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Interpreter]:
    """The folder of all cases, and the environment that made them."""
    ready = os.environ.get("AFFIDAVIT_FAMILIES")  # an environment to use again, by hand
    home = Path(ready) if ready else tmp_path_factory.mktemp("families") / "env"
    python = home / "bin" / "python"
    if not ready:
        _uv("venv", "--quiet", "--python", sys.executable, str(home))
        options = ("--quiet", "--python", str(python), "--only-binary", ":all:")
        _uv("pip", "install", *options, "--compile-bytecode", *PINS)
    out = tmp_path_factory.mktemp("trained") / "out"
    script = Path(__file__).parent / "families" / "train.py"
    done = subprocess.run(
        [str(python), str(script), str(out)], check=False, capture_output=True, text=True,
        cwd=out.parent,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return out, Interpreter(
        executable=str(python),
        readable=(str(home), sys.base_prefix, str(python.resolve().parent.parent)),
        packages=(str(home / "lib" / version / "site-packages"),),
        about="older releases",
    )


def _uv(*arguments: str) -> None:
    done = subprocess.run([str(UV), *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"uv cannot make the environment: {done.stderr.strip()[-300:]}")


def _config(case: str) -> Config:
    data = {"evaluation": Dataset(path="rows.parquet", include="embed")}
    if case.endswith("binary"):
        label = Label(column="y", kind="outcome", positive="yes", favourable="no")
        decision = Decision(threshold=0.5)
        return Config(
            version=1, task="binary", label=label, decision=decision, datasets=data, worker=WORKER
        )
    task = "regression" if case.endswith("regression") else "multiclass"
    label = Label(column="y", kind="outcome")
    return Config(version=1, task=task, label=label, datasets=data, worker=WORKER)


@pytest.mark.parametrize("case", CASES)
def test_scores_are_those_in_process(case: str, trained: tuple[Path, Interpreter]) -> None:
    out, interpreter = trained
    config, folder = _config(case), out / case / "model"
    plan = read_plan((folder / "MLmodel").read_bytes(), config)
    rows = Table("rows.parquet", pq.read_table(out / "rows.parquet"), is_text=False)

    with open_scorer(folder, plan, config, interpreter) as scorer:
        given = model_input(rows, plan)
        scores = scorer.score(given, "evaluation")
        order = chosen(given.num_rows)
        again = scorer.score(given.take(order), "evaluation", [1, 1, *[BATCH] * 5])

    apart = np.abs(again.matrix - scores.matrix[order]).max()
    assert apart <= tolerance(scores.matrix, config)  # honest models answer alike again
    expected = np.load(out / case / "expected.npy")
    found = scores.matrix if expected.ndim == 2 else scores.matrix[:, 0]
    np.testing.assert_array_equal(found, rounded(expected))  # to the twelve digits that are kept
    assert scorer.call == CASES[case]
    says = [n for n in scorer.notes if n.endswith("not probabilities")]
    assert bool(says) == (case in NO_PROBABILITY)
    if expected.ndim == 2:
        assert scores.classes == (("0", "1", "2") if case.endswith("012") else ("a", "b", "c"))
    assert scorer.versions["pyarrow"] == "18.1.0"


# Case -> which sum its output is; None: it is none that is read.
SUMS = {
    "sklearn-binary": ("linear", "log-odds"),
    "sklearn-multiclass": ("trees", "score"),
    "sklearn-regression": ("trees", "score"),
    "sklearn-margin-binary": ("linear", "score"),
    "xgboost-binary": ("trees", "log-odds"),
    "xgboost-regression": ("trees", "score"),
    "xgboost-binary-logitraw-binary": ("trees", "score"),
    "xgboost-rank-pairwise-binary": ("trees", "score"),
    "xgboost-multiclass-012": None,
    "lightgbm-binary": ("trees", "log-odds"),
    "lightgbm-regression": ("trees", "score"),
    "lightgbm-custom-binary": ("trees", "score"),
    "catboost-binary": None,
    "onnx-binary": None,
    "statsmodels-binary": None,
    "pyfunc-binary": None,
}


@pytest.mark.parametrize("case", SUMS)
def test_attributions_are_those_of_the_definition(
    case: str, trained: tuple[Path, Interpreter]
) -> None:
    """Older releases' parameters are read right: what they give is what asking the model gives."""
    out, interpreter = trained
    config, folder = _config(case), out / case / "model"
    plan = read_plan((folder / "MLmodel").read_bytes(), config)
    table = Table("rows.parquet", pq.read_table(out / "rows.parquet").slice(0, 9), is_text=False)

    with open_scorer(folder, plan, config, interpreter) as scorer:
        given = model_input(table, plan)
        classes = scorer.score(given, "evaluation").classes
        output = classes[1] if config.task == "multiclass" else None
        said = scorer.exact(output)
        if SUMS[case] is None:
            assert isinstance(said, NotExact), said
            return
        assert isinstance(said, Exact), said
        assert (said.method, said.scale) == SUMS[case]
        groups = [[i] for i in range(given.num_columns)]
        found = scorer.attribute(given.slice(0, 5), given.slice(5), groups, output)

        def outputs(frame: pd.DataFrame) -> Any:
            rows = pa.Table.from_pandas(frame, schema=given.schema, preserve_index=False)
            scores = scorer.score(rows, "evaluation").matrix[:, 1 if output else 0]
            return log_odds(scores) if said.scale == "log-odds" else scores

        frame = given.to_pandas()
        parts = frame.iloc[5:].reset_index(drop=True), frame.iloc[:5]
        right = from_the_definition(outputs, *parts, groups)

    largest = np.abs(right).max()
    assert largest > 0.01
    single = 1e-5 if case.startswith("xgboost") else 1e-9  # XGBoost adds up in single precision
    np.testing.assert_allclose(found, right, atol=single * max(largest, 1))
