"""Train on the snapshot that DVC tracks, log the run to MLflow and register the model."""

import hashlib
import os
import platform
import subprocess
from pathlib import Path

# No word about us to MLflow's makers; read when mlflow is imported.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import mlflow
import pandas as pd
import yaml
from lightgbm import LGBMClassifier
from mlflow.models import infer_signature
from sklearn.metrics import accuracy_score, brier_score_loss, roc_auc_score

MODEL_NAME = "card-default"
LABEL = "default-payment-next-month"
ROLES = {"training": "data/snapshot/train.csv", "evaluation": "data/snapshot/evaluation.csv"}
MODEL_NEEDS = ("lightgbm", "mlflow", "numpy", "pandas")


def md5_of(path: str) -> str:
    """The MD5 of a file as it is read here: what DVC's listing of the folder has for it."""
    return hashlib.md5(Path(path).read_bytes()).hexdigest()


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


def main() -> None:
    dirty = is_dirty()  # before anything is written
    params = yaml.safe_load(Path("params.yaml").read_text())
    tables = {role: pd.read_csv(path) for role, path in ROLES.items()}
    datasets = {
        role: mlflow.data.from_pandas(
            tables[role], source=path, targets=LABEL, name=role, digest=md5_of(path)
        )
        for role, path in ROLES.items()
    }
    training, evaluation = tables["training"], tables["evaluation"]
    columns = [c for c in training.columns if c not in (LABEL, *params["not_features"])]

    mlflow.set_experiment(MODEL_NAME)
    with mlflow.start_run() as run:
        mlflow.set_tag("affidavit.git.dirty", str(dirty).lower())
        mlflow.set_tag("affidavit.platform", platform.platform())
        mlflow.log_params({**params["model"], "threshold": params["threshold"]})
        for role, dataset in datasets.items():
            mlflow.log_input(
                dataset,
                context=role,
                tags={"dvc.path": ROLES[role], "dvc.md5": dataset.digest},
            )

        model = LGBMClassifier(**params["model"]).fit(training[columns], training[LABEL])
        scores = model.predict_proba(evaluation[columns])[:, 1]
        # The booster alone is kept: a text file that answers with the probability of default,
        # where the classifier around it would be a pickle.
        info = mlflow.lightgbm.log_model(
            model.booster_,
            name="model",
            registered_model_name=MODEL_NAME,
            signature=infer_signature(training[columns], scores),
            input_example=training[columns].head(3),
            pip_requirements=read_requirements(),
        )
        metrics = {
            "accuracy": float(accuracy_score(evaluation[LABEL], scores >= params["threshold"])),
            "roc_auc": float(roc_auc_score(evaluation[LABEL], scores)),
            "brier_score_loss": float(brier_score_loss(evaluation[LABEL], scores)),
        }
        mlflow.log_metrics(metrics, dataset=datasets["evaluation"], model_id=info.model_id)

    print(f"run {run.info.run_id}: {MODEL_NAME} version {info.registered_model_version}")
    print("  ".join(f"{key} {value:.4f}" for key, value in metrics.items()))


if __name__ == "__main__":
    main()
