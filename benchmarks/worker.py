"""What it costs to keep the model in a process of its own.

A gradient boosting of scikit-learn on a million rows of twenty columns: through the worker, at the
strongest level that holds here, and in this process, in the same batches, with as many threads, the
scores asserted equal. Starting is timed apart, with ten rows. Memory is the parent's own, above
what it has before it scores.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.figures import Figure, at_most
from benchmarks.models import save

ROOT = Path(__file__).resolve().parents[1]
ROWS, COLUMNS, BATCH = 1_000_000, 20, 65_536
RUNS = 3
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model"
        _child("write", model)
        found = [_child("speed", model) for _ in range(RUNS)]
        ours, peer = min(f["worker_s"] for f in found), min(f["inside_s"] for f in found)
        level = found[0]["isolation"].partition(":")[0]
        small, large = (_child("memory", model, rows) for rows in (ROWS, 4 * ROWS))
        figures = [
            at_most(
                "1 M x 20 through the worker", "s", ours, 1.3, peer=peer,
                note=f"{level}; peer: the same batches in process",
            ),
            at_most("worker started, model loaded", "s", min(f["start_s"] for f in found), 2),
        ]  # fmt: skip
        for rows, found_mb in ((1, small), (4, large)):
            name = f"parent's memory beside rows and scores, {rows} M"
            figures.append(at_most(name, "MB", found_mb["peak_mb"], 64))
    return [*figures, _again()]


def _again() -> Figure:
    """A second build's environment: from the cache, the package index out of reach."""
    with tempfile.TemporaryDirectory() as folder:
        first = _child("environment", Path(folder))
        # The same index by name, which is part of the question, and no way to it.
        nowhere = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9")
        second = _child("environment", Path(folder), extra=nowhere)
    note = f"made in {first['seconds']:.1f} s; then the index is behind a closed port"
    return at_most("environment of a second build", "s", second["seconds"], 5, note=note)


def _child(
    what: str, folder: Path, rows: int = ROWS, *, extra: dict[str, str] | None = None
) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.worker", what, str(folder), str(rows)]
    done = subprocess.run(
        command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True,
        env={**os.environ, **_ONE_THREAD, **(extra or {})},
    )  # fmt: skip
    return dict(json.loads(done.stdout or "{}"))


def _write(folder: Path) -> dict[str, Any]:
    import pandas as pd
    from sklearn.ensemble import HistGradientBoostingClassifier

    chance = np.random.default_rng(3)
    frame = pd.DataFrame(chance.normal(size=(20_000, COLUMNS)), columns=_names())
    label = (frame["x0"] + frame["x1"] * frame["x2"] > 0).astype(int)
    model = HistGradientBoostingClassifier(max_iter=100, random_state=0).fit(frame, label)
    save(model, frame, folder)
    return {}


def _names() -> list[str]:
    return [f"x{i}" for i in range(COLUMNS)]


def _rows(n: int) -> Any:
    import pyarrow as pa

    chance = np.random.default_rng(4)
    return pa.table({name: chance.normal(size=n) for name in _names()})


def _config() -> Any:
    from affidavit import config as c

    return c.Config(
        version=1, task="binary", label=c.Label(column="y", kind="outcome", positive="1"),
        decision=c.Decision(threshold=0.5), worker=c.Worker(batch_rows=BATCH),
        datasets={"evaluation": c.Dataset(path="e.parquet", include="reference")},
    )  # fmt: skip


def _opened(folder: Path) -> Any:
    from affidavit.recompute.worker.interpreter import own_interpreter
    from affidavit.recompute.worker.model_files import read_plan
    from affidavit.recompute.worker.scoring import open_scorer

    config = _config()
    plan = read_plan((folder / "MLmodel").read_bytes(), config)
    return open_scorer(folder, plan, config, own_interpreter())


def _speed(folder: Path, n: int) -> dict[str, Any]:
    rows = _rows(n)
    opened = _opened(folder)  # our own modules are loaded by then: the worker's start is measured
    began = time.perf_counter()
    with opened as scorer:
        scorer.score(rows.slice(0, 10), "evaluation")
        start_s = time.perf_counter() - began
        began = time.perf_counter()
        theirs = scorer.score(rows, "evaluation").matrix[:, 0]
        worker_s = time.perf_counter() - began
        isolation = scorer.isolation
    inside, inside_s = _inside(folder, rows)
    assert np.allclose(theirs, inside, rtol=1e-11, atol=0), "the worker answers otherwise"
    return {
        "start_s": start_s, "worker_s": worker_s, "inside_s": inside_s, "isolation": isolation,
    }  # fmt: skip


def _inside(folder: Path, rows: Any) -> tuple[Any, float]:
    import mlflow.sklearn

    model = mlflow.sklearn.load_model(str(folder))
    model.predict_proba(rows.slice(0, 10).to_pandas())
    began = time.perf_counter()
    parts = [
        model.predict_proba(rows.slice(start, BATCH).to_pandas())[:, 1]
        for start in range(0, rows.num_rows, BATCH)
    ]
    return np.concatenate(parts), time.perf_counter() - began


def _memory(folder: Path, n: int) -> dict[str, float]:
    """Above the rows that are given and the 8 bytes a row of the scores that are kept."""
    rows = _rows(n)
    with _opened(folder) as scorer:
        scorer.score(rows.slice(0, BATCH), "evaluation")
        before = _peak_mb()
        scorer.score(rows, "evaluation")
        return {"peak_mb": _peak_mb() - before - 8 * n / 1e6}


_PINS = "scikit-learn==1.5.2\nnumpy==1.26.4\npandas==2.2.3\nscipy==1.14.1\n"


def _environment(folder: Path) -> dict[str, float]:
    """Seconds until an environment other than ours is ready, kept in this folder."""
    from affidavit.evidence import Evidence, Subject
    from affidavit.progress import Silent
    from affidavit.recompute.environments import prepare_environment
    from affidavit.recompute.worker.options import WorkerOptions
    from affidavit.workspace import new_workspace

    began = time.perf_counter()
    with new_workspace(folder) as work:
        work.place("data/environment/requirements.txt").write_text(_PINS)
        evidence = Evidence(subject=Subject(name="m", version="1"))
        options = WorkerOptions(cache_dir=folder / "cache")
        prepare_environment(evidence, _config(), work, options, Silent())
        return {"seconds": time.perf_counter() - began}


def _peak_mb() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6


if __name__ == "__main__":
    order, place, size = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    run = {
        "write": lambda: _write(place), "speed": lambda: _speed(place, size),
        "memory": lambda: _memory(place, size), "environment": lambda: _environment(place),
    }[order]  # fmt: skip
    print(json.dumps(run()))
