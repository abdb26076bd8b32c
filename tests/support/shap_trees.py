"""shap's TreeExplainer on a pickled model, in shap's own environment: a reference for exact trees.

The model is one of our own making, so it is unpickled there without a sandbox.
"""

from __future__ import annotations

import pickle
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from affidavit.recompute.worker.interpreter import Interpreter

_SCRIPT = """
import os, pickle, sys
os.environ["NUMBA_DISABLE_JIT"] = "1"
sys.path.append(sys.argv[1])
import numpy as np, shap
folder = sys.argv[2]
model = pickle.load(open(folder + "/model.pkl", "rb"))
given = np.load(folder + "/given.npz")
explainer = shap.TreeExplainer(
    model, data=given["background"], feature_perturbation="interventional", model_output="raw"
)
np.save(folder + "/found.npy", explainer.shap_values(given["rows"], check_additivity=False))
"""


def tree_values(
    environment: Interpreter, folder: Path, model: Any, rows: Any, background: Any
) -> Any:
    """(n_rows, n_features): interventional attributions of the raw output (log-odds of a booster).

    Args:
        environment: shap's, of `tests.support.built_explainers`.
        folder: an empty one.
        model: a scikit-learn ensemble of trees.
        rows, background: arrays of numbers.
    """
    (folder / "model.pkl").write_bytes(pickle.dumps(model))
    np.savez(folder / "given.npz", rows=rows, background=background)
    command = [environment.executable, "-S", "-s", "-P", "-B", "-c", _SCRIPT]
    subprocess.run([*command, environment.packages[0], str(folder)], check=True, cwd=folder)
    return np.load(folder / "found.npy")
