"""A real MLflow server on loopback, and versions registered in it with one fact changed.

The server keeps its records in SQLite, so the same store is also read without the server. It is
started once a session; a keeper ends it even if the tests are killed.
"""

from __future__ import annotations

import json
import math
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
import requests
from tests.support.keeper import end, keep

COMMIT = "c" * 40
_NUMBERS = count(1)


@dataclass(frozen=True)
class Server:
    """A running server: its address, its database, the folder of its artifacts."""

    uri: str
    database: Path
    artifacts: Path

    @property
    def store_uri(self) -> str:
        return f"sqlite:///{self.database}"

    def post(self, path: str, **body: object) -> dict:
        answer = requests.post(f"{self.uri}/api/2.0/mlflow/{path}", json=body, timeout=60)
        assert answer.ok, f"{path}: {answer.status_code} {answer.text[:300]}"
        return answer.json()

    def put(self, location: str, path: str, content: bytes) -> None:
        below = location.removeprefix("mlflow-artifacts:/")
        url = f"{self.uri}/api/2.0/mlflow-artifacts/artifacts/{below}/{path}"
        answer = requests.put(url, data=content, timeout=60)
        assert answer.ok, f"{path}: {answer.status_code} {answer.text[:300]}"

    def folder(self, location: str) -> Path:
        """Where the server keeps the files of an `mlflow-artifacts:` location."""
        return self.artifacts / location.removeprefix("mlflow-artifacts:/")


@contextmanager
def serve(folder: Path) -> Iterator[Server]:
    """Start a server in a folder; it is gone when the block is left."""
    port = _free_port()
    server = Server(f"http://127.0.0.1:{port}", folder / "mlflow.db", folder / "artifacts")
    command = [
        sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port),
        "--workers", "1", "--backend-store-uri", server.store_uri,
        "--artifacts-destination", str(server.artifacts),
    ]  # fmt: skip
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW_")} | {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # three more processes, for nothing here
    }
    with (folder / "server.log").open("wb") as log:
        keeper = keep(command, environ=environment, cwd=folder, log=log)
        try:
            _wait(server, keeper, folder / "server.log")
            yield server
        finally:
            end(keeper)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait(server: Server, keeper: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        if keeper.poll() is not None:
            break
        try:
            if requests.get(f"{server.uri}/health", timeout=30).ok:
                return
        except (requests.ConnectionError, requests.Timeout):
            pass
        time.sleep(0.1)
    raise AssertionError(f"the MLflow server did not start:\n{log.read_text()[-2000:]}")


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for the session; models in it have names of their own."""
    with serve(tmp_path_factory.mktemp("mlflow")) as server:
        yield server


@dataclass(frozen=True)
class Registered:
    """A registered version and what it was made from."""

    name: str
    version: str
    run_id: str
    model_id: str
    location: str

    @property
    def ref(self) -> str:
        return f"models:/{self.name}/{self.version}"


@dataclass(kw_only=True)
class Training:
    """What a training script would log; change a field, then `register`."""

    server: Server
    name: str = field(default_factory=lambda: f"credit-{next(_NUMBERS)}")
    commit: str | None = COMMIT
    tags: dict[str, str] = field(default_factory=lambda: {"affidavit.git.dirty": "false"})
    params: dict[str, str] = field(default_factory=lambda: {"C": "1.0", "penalty": "l2"})
    # key, value, dataset name, dataset digest
    metrics: list[tuple[str, float, str, str]] = field(
        default_factory=lambda: [("roc_auc", 0.8125, "evaluation", "e" * 32)]
    )
    # name, digest, tags
    inputs: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=lambda: dict(FILES))
    artifact_location: str | None = None
    mlmodel: Mapping[str, str] = field(default_factory=dict)
    version_tags: dict[str, str] = field(default_factory=dict)
    description: str = ""
    alias: str | None = None

    def register(self) -> Registered:
        """Log and register; every fact goes through the server, as a client would send it."""
        post = self.server.post
        extra = {"artifact_location": self.artifact_location} if self.artifact_location else {}
        experiment = post(
            "experiments/create", name=f"experiment-{next(_NUMBERS)}", **extra
        )["experiment_id"]  # fmt: skip
        run_id = self._log_run(experiment)
        created = post(
            "logged-models", experiment_id=experiment, name="model", source_run_id=run_id
        )["model"]["info"]
        model_id, location = created["model_id"], created["artifact_uri"]
        self._log_files(run_id, model_id, location)
        for number, (key, value, dataset, digest) in enumerate(self.metrics):
            post(
                "runs/log-metric", run_id=run_id, key=key, value=_wire(value),
                timestamp=1_795_460_913_000 + number, step=0, model_id=model_id, dataset_name=dataset,
                dataset_digest=digest,
            )  # fmt: skip
        requests.patch(
            f"{self.server.uri}/api/2.0/mlflow/logged-models/{model_id}",
            json={"model_id": model_id, "status": "LOGGED_MODEL_READY"},
            timeout=60,
        ).raise_for_status()
        post("runs/update", run_id=run_id, status="FINISHED", end_time=1_795_460_914_000)
        return self._register_version(run_id, model_id, location)

    def _log_run(self, experiment: str) -> str:
        post = self.server.post
        tags = dict(self.tags)
        if self.commit is not None:
            tags["mlflow.source.git.commit"] = self.commit
        run_id = post(
            "runs/create", experiment_id=experiment, run_name="train", user_id="ada",
            start_time=1_795_460_908_867, tags=_pairs(tags),
        )["run"]["info"]["run_id"]  # fmt: skip
        post("runs/log-batch", run_id=run_id, params=_pairs(self.params))
        datasets = [
            {
                "dataset": {
                    "name": name, "digest": digest, "source_type": "local",
                    "source": json.dumps({"uri": name}),
                },
                "tags": _pairs(tags),
            }
            for name, digest, tags in self.inputs
        ]  # fmt: skip
        if datasets:
            post("runs/log-inputs", run_id=run_id, datasets=datasets)
        return run_id

    def _log_files(self, run_id: str, model_id: str, location: str) -> None:
        said = {"run_id": run_id, "model_id": model_id} | dict(self.mlmodel)
        files = dict(self.files)
        if "MLmodel" in files:
            files["MLmodel"] += "".join(f"{k}: {v}\n" for k, v in said.items()).encode()
        for path, content in files.items():
            if location.startswith("mlflow-artifacts:"):
                self.server.put(location, path, content)
            else:
                target = Path(location.removeprefix("file://")) / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)

    def _register_version(self, run_id: str, model_id: str, location: str) -> Registered:
        post = self.server.post
        if not requests.get(
            f"{self.server.uri}/api/2.0/mlflow/registered-models/get",
            params={"name": self.name},
            timeout=60,
        ).ok:
            post("registered-models/create", name=self.name)
        version = post(
            "model-versions/create", name=self.name, source=f"models:/{model_id}", run_id=run_id,
            model_id=model_id, description=self.description, tags=_pairs(self.version_tags),
        )["model_version"]["version"]  # fmt: skip
        if self.alias is not None:
            post("registered-models/alias", name=self.name, alias=self.alias, version=version)
        return Registered(self.name, version, run_id, model_id, location)


def log_sklearn_model(server: Server, name: str, commit: str = COMMIT) -> str:
    """Train and register a tiny scikit-learn model with MLflow itself, in a process of its own.

    Returns:
        The version.
    """
    done = subprocess.run(
        [sys.executable, "-c", _SKLEARN, server.uri, name, commit],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"},
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip().splitlines()[-1]


_SKLEARN = """
import sys
import mlflow, pandas as pd
from sklearn.linear_model import LogisticRegression
uri, name, commit = sys.argv[1:]
mlflow.set_tracking_uri(uri)
mlflow.set_experiment(name)
x, y = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0] * 5, "b": [1.0, 0.0] * 10}), [0, 0, 1, 1] * 5
with mlflow.start_run(tags={"mlflow.source.git.commit": commit}):
    data = mlflow.data.from_pandas(x, name="training", digest="d" * 32)
    mlflow.log_input(data, context="training", tags={"dvc.path": "t.csv", "dvc.md5": "d" * 32})
    info = mlflow.sklearn.log_model(
        LogisticRegression().fit(x, y), name="model", input_example=x.head(2),
        registered_model_name=name, pip_requirements=["scikit-learn==1.9.1"],
    )
    mlflow.log_metric("accuracy", 1.0, dataset=data, model_id=info.model_id)
    mlflow.log_metric("undefined", float("nan"), dataset=data, model_id=info.model_id)
print(info.registered_model_version)
"""

FILES: Mapping[str, bytes] = {
    "MLmodel": b"flavors:\n  python_function:\n    loader_module: mlflow.sklearn\n"
    b"    python_version: 3.11.7\n  sklearn:\n    pickled_model: model.pkl\n",
    "model.pkl": bytes(range(256)) * 8,
    "requirements.txt": b"scikit-learn==1.9.1\nnumpy==2.4.6\n",
    "python_env.yaml": b"python: 3.11.7\ndependencies:\n- -r requirements.txt\n",
    "conda.yaml": b"name: mlflow-env\n",
    "input_example.json": b'{"columns": ["a"], "data": [[1.0]]}',
    "extra/notes.txt": b"read me\n",
}


def _pairs(texts: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": k, "value": v} for k, v in texts.items()]


def _wire(value: float) -> float | str:
    """Protobuf's JSON words for what JSON has none for."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
