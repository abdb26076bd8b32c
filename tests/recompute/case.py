"""Builds a workspace as resolve leaves it: a model that MLflow saved, snapshots, a run's metrics."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import pandas as pd

from affidavit.bundle import canonical
from affidavit.config import Config, Dataset, Decision, Hold, Label, Rows, Sensitive, Worker
from affidavit.evidence import Digest, Evidence, Fact, Item, Report, Subject
from affidavit.progress import Silent
from affidavit.recompute import Recomputed, recompute
from affidavit.workspace import Workspace

WORKER = Worker(memory_mb=4096, timeout_s=60, batch_rows=65536, threads=1)


def binary_config(**changes: Any) -> Config:
    """A binary task on `y` (yes/no), positive yes, favourable no, threshold 0.5."""
    base: dict[str, Any] = {
        "version": 1,
        "task": "binary",
        "rows": Rows(id="id"),
        "label": Label(column="y", kind="outcome", positive="yes", favourable="no"),
        "decision": Decision(threshold=0.5),
        "datasets": {"evaluation": Dataset(path="evaluation.csv", include="embed")},
        "worker": WORKER,
    }
    return Config(**{**base, **changes})


class Case:
    """A workspace in the making. Each method adds what one system would have given."""

    def __init__(self, root: Path) -> None:
        self.work = Workspace(root)
        self.evidence = Evidence(
            subject=Subject(name="m", version="1", run_id="r", created_at=None)
        )

    def model(self, folder: Path) -> Case:
        """The files of a saved model."""
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            name = f"data/model/{path.relative_to(folder).as_posix()}"
            self._add(name, path.read_bytes(), kind="model")
        return self

    def dataset(self, role: str, table: pd.DataFrame | bytes, name: str = "") -> Case:
        content = table if isinstance(table, bytes) else table.to_csv(index=False).encode()
        name = name or f"{role}.csv"
        self._add(f"data/dataset/{role}/{name}", content, kind="dataset", role=role)
        digest = Digest(algorithm="md5", value=hashlib.md5(content).hexdigest())
        fact = Fact(
            id=f"data.{role}.snapshot", kind="data", value=name, digest=digest, basis="claimed",
            source="test: no commit is there",
        )  # fmt: skip
        self.evidence = self.evidence.adding(facts=(fact,))
        return self

    def protected(self, table_path: str, table: pd.DataFrame) -> Case:
        content = table.to_csv(index=False).encode()
        self._add(
            f"data/protected/{Path(table_path).name}", content, kind="protected-table",
            role=table_path, embedded=False,
        )  # fmt: skip
        return self

    def challenger(self, folder: Path, ref: str = "models:/m/9") -> Case:
        """The files of a saved model beside, as resolve leaves a challenger."""
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            name = f"data/challenger/{path.relative_to(folder).as_posix()}"
            self._add(name, path.read_bytes(), kind="challenger-model", embedded=False)
        files = self.evidence.of_kind("challenger-model")
        lines = sorted((i.path.removeprefix("data/challenger/"), i.sha256) for i in files)
        listing = "".join(f"{digest}  {name}\n" for name, digest in lines)
        digest = Digest(algorithm="sha256", value=hashlib.sha256(listing.encode()).hexdigest())
        said: tuple[tuple[str, Any, Any, str], ...] = (
            ("asked", ref, None, "declared"), ("version", ref, None, "claimed"),
            ("artifact", len(files), digest, "measured"),
        )  # fmt: skip
        facts = tuple(
            Fact(id=f"challenger.{name}", kind="model", value=value, digest=digest, basis=basis,
                 source="--challenger")
            for name, value, digest, basis in said
        )  # fmt: skip
        self.evidence = self.evidence.adding(facts=facts)
        return self

    def logged(self, *metrics: dict[str, Any]) -> Case:
        entries = [
            {"step": 0, "dataset_name": None, "dataset_digest": None, "model_id": None, **m}
            for m in metrics
        ]
        document = {"schema": "affidavit/run-metrics", "version": 1, "metrics": entries}
        self._add("data/run/metrics.json", canonical.dumps(document), kind="run")
        return self

    def _add(self, path: str, content: bytes, **about: Any) -> None:
        item = self.work.copy_in(
            path, [content], origin="collected", media_type="application/octet-stream", **about
        )
        self.evidence = self.evidence.adding(items=(item,))

    def run(self, config: Config) -> Outcome:
        return Outcome(recompute(self.evidence, config, self.work, progress=Silent()), self.work)


class Outcome:
    """What recompute gave, read back from disk."""

    def __init__(self, done: Recomputed, work: Workspace) -> None:
        self.done, self.work = done, work

    def report(self, name: str) -> Report:
        content = (self.work.root / f"data/reports/{name}.json").read_bytes()
        return Report.model_validate_json(content)

    def values(self, name: str) -> dict[str, float | None]:
        return {n.id: n.value for n in self.report(name).numbers}

    def findings(self, prefix: str = "") -> dict[str, str]:
        found = self.done.evidence.findings
        return {f.id: f.what for f in found if f.id.startswith(prefix)}

    def payload(self) -> dict[str, str]:
        """path -> sha256 of every file on disk that recompute wrote."""
        items = [i for i in self.done.evidence.items if i.origin == "recomputed"]
        return {i.path: _sha(self.work.locate(i)) for i in items}

    def items(self, kind: str) -> tuple[Item, ...]:
        return tuple(i for i in self.done.evidence.items if i.kind == kind)


def _sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def save_sklearn(model: Any, folder: Path, example: pd.DataFrame | None, how: str = "cloudpickle"):
    """The model as `mlflow.sklearn.log_model` stores it, with a signature where rows are given."""
    import mlflow.sklearn
    from mlflow.models import infer_signature

    shutil.rmtree(folder, ignore_errors=True)
    signature = None if example is None else infer_signature(example)
    mlflow.sklearn.save_model(
        model, folder, signature=signature, serialization_format=how,
        pip_requirements=["scikit-learn"],
    )  # fmt: skip
    return folder


def sensitive(**changes: Any) -> Sensitive:
    return Sensitive(**{"column": "g", "source": "self-reported", "reference": "a", **changes})


def hold(metric: str, **changes: Any) -> Hold:
    return Hold(metric=metric, set_by="validation", set_on="2026-01-01", **changes)
