"""Train the model that params.yaml describes, log the run to MLflow and register the model.

The run says everything that its evidence needs: parameters, metrics with the rows they were taken
from, the data with DVC's digest, the commit and whether the tree was clean, the model with its
signature, an example and the versions it needs.
"""

import os
import platform
import subprocess
from dataclasses import dataclass
from pathlib import Path

# No word about us to MLflow's makers; read when mlflow is imported.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import mlflow
import numpy as np
import pandas as pd
import yaml
from mlflow.data.pandas_dataset import PandasDataset
from mlflow.models import infer_signature
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss, roc_auc_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

MODEL_NAME = "credit-risk"
LABEL, POSITIVE = "deny", "yes"
ROLES = {"training": "data/prepared/train.csv", "evaluation": "data/prepared/evaluation.csv"}
# Of requirements.txt, what the model needs to answer; the rest is for training.
MODEL_NEEDS = ("mlflow", "numpy", "pandas", "scikit-learn", "skops")
# Models are kept as skops, which builds no object of a type that is not named. scikit-learn's
# own tree is one to name: its indices are not checked when it is read.
TRUSTED_TYPES = ["sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"]


@dataclass(frozen=True)
class Rows:
    """The rows of one role, and the link to their snapshot that the run shall carry."""

    role: str
    path: str
    md5: str
    table: pd.DataFrame

    def as_dataset(self) -> PandasDataset:
        """For MLflow, under DVC's digest: MLflow's own covers the first 10,000 rows only."""
        return mlflow.data.from_pandas(
            self.table, source=self.path, targets=LABEL, name=self.role, digest=self.md5
        )


def read_rows(role: str, path: str) -> Rows:
    """Rows with the MD5 that dvc.lock has for their file."""
    outs = yaml.safe_load(Path("dvc.lock").read_text())["stages"]["prepare"]["outs"]
    md5 = next(out["md5"] for out in outs if out["path"] == path)
    return Rows(role, path, md5, pd.read_csv(path))


def read_requirements() -> list[str]:
    """The pinned requirements of the model, for MLflow to keep with it."""
    lines = Path("requirements.txt").read_text().splitlines()
    return [line for line in lines if line.partition("==")[0] in MODEL_NEEDS]


def is_dirty() -> bool:
    """True if the working tree differs from the commit that MLflow will note."""
    status = subprocess.run(
        ["git", "status", "--porcelain"], capture_output=True, text=True, check=True
    )
    return bool(status.stdout.strip())


def make_model(features: pd.DataFrame, params: dict) -> Pipeline:
    """An untrained model for these columns: words become 0 or 1, numbers stay numbers."""
    numeric = list(features.select_dtypes("number").columns)
    worded = [name for name in features.columns if name not in numeric]
    words = OneHotEncoder(drop="if_binary", sparse_output=False)
    if params["model"]["kind"] == "logistic":
        numbers, last = StandardScaler(), LogisticRegression(**params["model"]["logistic"])
    else:
        numbers = "passthrough"
        last = HistGradientBoostingClassifier(**params["model"]["boosting"])
    return make_pipeline(make_column_transformer((numbers, numeric), (words, worded)), last)


def score(model: Pipeline, rows: Rows, params: dict) -> np.ndarray:
    """The probability of denial, shape (n_rows,), in [0, 1]."""
    column = list(model.classes_).index(POSITIVE)
    return model.predict_proba(rows.table[params["features"]])[:, column]


def share_right(model: Pipeline, rows: Rows, params: dict) -> float:
    """The share of rows that the model decides as the lender did, at our threshold."""
    denied = score(model, rows, params) >= params["threshold"]
    return float(accuracy_score(rows.table[LABEL] == POSITIVE, denied))


def judge_scores(model: Pipeline, rows: Rows, params: dict) -> dict[str, float]:
    """How well the probabilities rank and fit, whatever the threshold."""
    scores = score(model, rows, params)
    denied = rows.table[LABEL] == POSITIVE
    return {
        "roc_auc": float(roc_auc_score(denied, scores)),
        "brier_score_loss": float(brier_score_loss(denied, scores)),
        "log_loss": float(log_loss(denied, scores)),
    }


def flatten(params: dict, prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for key, value in params.items():
        if isinstance(value, dict):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = ",".join(value) if isinstance(value, list) else value
    return flat


def main() -> None:
    dirty = is_dirty()  # before anything is written
    params = yaml.safe_load(Path("params.yaml").read_text())
    training, evaluation = (read_rows(role, path) for role, path in ROLES.items())
    features = training.table[params["features"]]

    mlflow.set_experiment(MODEL_NAME)
    with mlflow.start_run() as run:
        mlflow.set_tag("affidavit.git.dirty", str(dirty).lower())
        mlflow.set_tag("affidavit.platform", platform.platform())
        mlflow.log_params(flatten(params))
        for rows in (training, evaluation):
            mlflow.log_input(
                rows.as_dataset(),
                context=rows.role,
                tags={"dvc.path": rows.path, "dvc.md5": rows.md5},
            )

        model = make_model(features, params).fit(features, training.table[LABEL])
        info = mlflow.sklearn.log_model(
            model,
            name="model",
            registered_model_name=MODEL_NAME,
            signature=infer_signature(features, model.predict_proba(features)),
            input_example=features.head(3),
            pip_requirements=read_requirements(),
            pyfunc_predict_fn="predict_proba",
            serialization_format="skops",
            skops_trusted_types=TRUSTED_TYPES,
        )
        metrics = judge_scores(model, evaluation, params)
        metrics["accuracy"] = share_right(model, evaluation, params)
        mlflow.log_metrics(metrics, dataset=evaluation.as_dataset(), model_id=info.model_id)

    print(f"run {run.info.run_id}: {MODEL_NAME} version {info.registered_model_version}")
    print("  ".join(f"{key} {value:.4f}" for key, value in metrics.items()))


if __name__ == "__main__":
    main()
