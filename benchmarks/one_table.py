"""A registered model and its one table of a thousand rows, as a build finds them.

The rows are the first of the card-default sample; names and age bands are written so that the peer
reads them too, which takes only names in small letters and bands that are words.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.figures import run_timed
from tests.support.dvc_world import dvc
from tests.support.git_world import GitWorld

from affidavit.seal.keys import generate_key

SAMPLE = Path(__file__).resolve().parents[1] / "samples" / "card-default"
ROWS = 1000
TABLE, LABEL = "data/rows.csv", "default_payment_next_month"
SENSITIVE = ("sex", "age_group")
PASSPHRASE = "correct horse battery staple"
_NOT_FEATURES = ("id", "age", *SENSITIVE, LABEL)
_CONFIG = f"""\
version = 1
task = "binary"

[rows]
id = "id"

[label]
column = "{LABEL}"
kind = "outcome"
horizon = "one month"
positive = "1"
favourable = "0"
favourable_means = "the client paid in October 2005"

[decision]
threshold = 0.3

[datasets.evaluation]
path = "{TABLE}"
include = "embed"

[sensitive.sex]
column = "sex"
reference = "0"
source = "self-reported"

[sensitive.age_group]
column = "age_group"
reference = "25-39"
source = "self-reported"

[fairness]
intersections = [["sex", "age_group"]]

[[hold]]
metric = "roc_auc"
min = 0.75
set_by = "validation@bank.example"
set_on = "2026-10-01"
"""


@dataclass(frozen=True, slots=True)
class OneTable:
    """Where everything lies."""

    root: Path

    @property
    def table(self) -> Path:
        return self.root / "project" / TABLE

    @property
    def tracking_uri(self) -> str:
        return f"sqlite:///{self.root / 'mlflow.db'}"

    def features(self) -> list[str]:
        """The columns that the model reads, in the table's order."""
        header = self.table.read_text().partition("\n")[0].split(",")
        return [c for c in header if c not in _NOT_FEATURES and not c.startswith("marriage")]

    def build_command(self, affidavit: str, out: Path) -> list[str]:
        """`affidavit build` with everything that it makes, the PDF too, signed."""
        return [
            affidavit, "build", "models:/one-table/1", "--tracking-uri", self.tracking_uri,
            "--repo", str(self.root / "project"), "--remote", str(self.root / "remote"),
            "--signer", str(self.root / "release.pem"), "--out", str(out),
        ]  # fmt: skip


def lay_out(root: Path) -> OneTable:
    """The repository with the table in a DVC remote, and a key; no model yet."""
    made = OneTable(root)
    project = GitWorld.create(root / "project")
    dvc(project.folder, "init", "-q")
    (root / "remote").mkdir()
    dvc(project.folder, "remote", "add", "-q", "-d", "storage", "../remote")
    project.write("affidavit.toml", _CONFIG)
    shutil.copy(SAMPLE / "declarations.toml", project.folder)
    project.write(TABLE, _rows())
    dvc(project.folder, "add", "-q", TABLE)
    dvc(project.folder, "push", "-q")
    project.commit("Rate by boosted trees")
    generate_key("ed25519", root / "release.pem", root / "release.pub", PASSPHRASE)
    return made


def _rows() -> str:
    import pandas as pd

    (source,) = (SAMPLE / "data").glob("*.csv")
    table = pd.read_csv(source, nrows=ROWS)
    table.columns = [name.lower().replace("-", "_") for name in table.columns]
    bands = ["under 25", "25-39", "40-59", "60 and above"]
    table["age_group"] = pd.cut(table["age"], [0, 24, 39, 59, 200], labels=bands)
    return str(table.to_csv(index=False, lineterminator="\n"))


def register(made: OneTable, booster_text: str) -> None:
    """Log and register a LightGBM booster, given as its text; apart, since MLflow talks much."""
    given = made.root / "booster.txt"
    given.write_text(booster_text)
    command = [sys.executable, "-m", "benchmarks.one_table", str(made.root), str(given)]
    quiet = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
    run_timed(command, cwd=SAMPLE.parents[1], env=quiet)


def _register(made: OneTable, booster_file: Path) -> None:
    import lightgbm
    import mlflow
    import mlflow.lightgbm
    import pandas as pd
    from mlflow.models import infer_signature
    from sklearn.metrics import roc_auc_score

    table = pd.read_csv(made.table)
    inputs, booster = table[made.features()], lightgbm.Booster(model_file=booster_file)
    scores: Any = booster.predict(inputs)
    md5 = hashlib.md5(made.table.read_bytes()).hexdigest()
    rows = mlflow.data.from_pandas(
        table, source=TABLE, targets=LABEL, name="evaluation", digest=md5
    )
    mlflow.set_tracking_uri(made.tracking_uri)
    kept = (made.root / "artifacts").as_uri()
    experiment = mlflow.create_experiment("one-table", artifact_location=kept)
    commit = GitWorld(made.root / "project").git("rev-parse", "HEAD")
    tags = {"mlflow.source.git.commit": commit, "affidavit.git.dirty": "false"}
    with mlflow.start_run(experiment_id=experiment, tags=tags):
        mlflow.log_input(rows, context="evaluation", tags={"dvc.path": TABLE, "dvc.md5": md5})
        info = mlflow.lightgbm.log_model(
            booster, name="model", registered_model_name="one-table",
            signature=infer_signature(inputs, scores), input_example=inputs.head(3),
            pip_requirements=_requirements(),
        )  # fmt: skip
        auc = float(roc_auc_score(table[LABEL], scores))
        mlflow.log_metric("roc_auc", auc, dataset=rows, model_id=info.model_id)


def _requirements() -> list[str]:
    lines = (SAMPLE / "requirements.txt").read_text().splitlines()
    return [line for line in lines if line.startswith(("lightgbm", "mlflow", "numpy", "pandas"))]


if __name__ == "__main__":
    _register(OneTable(Path(sys.argv[1])), Path(sys.argv[2]))
