"""Train the sample's versions, each from its own clean commit, and register them."""

from __future__ import annotations

import json
import re
import urllib.request

from lay_out import Project
from steps import StepFailed, Steps
from versions import Version

_REGISTERED = re.compile(r"^run (\w+): ([\w.-]+) version (\d+)$", re.MULTILINE)
_METRIC = re.compile(r"\b(accuracy|roc_auc) (\d\.\d{3})")


def train(project: Project, steps: Steps, version: Version, uri: str) -> str:
    """Train one version where the project stands; return what it logged, in a few words.

    Not by `dvc repro`, which would change dvc.lock after the commit that the run names.

    Raises:
        StepFailed: training failed, or registered another version than this.
    """
    ended = steps.run(
        "python", "train.py", cwd=project.repository, extra={"MLFLOW_TRACKING_URI": uri}
    )
    found = _REGISTERED.search(ended.stdout)
    if found is None or found[3] != version.number:
        raise StepFailed(
            f"training should register version {version.number}, and says:\n{ended.stdout}"
        )
    logged = dict(_METRIC.findall(ended.stdout))
    return f"logged accuracy {logged['accuracy']}, AUC {logged['roc_auc']}"


def set_alias(uri: str, name: str, alias: str, version: str) -> None:
    """Point an alias at a version, by the registry's REST interface."""
    request = urllib.request.Request(
        f"{uri}/api/2.0/mlflow/registered-models/alias",
        data=json.dumps({"name": name, "alias": alias, "version": version}).encode(),
        headers={"Content-Type": "application/json"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=30):
        pass
