"""Permutation importance through the pipe: its time, its model calls, its memory.

A gradient boosting of scikit-learn (60 trees, as in the published comparison of explainers) on
30,000 rows of 33 columns, five shuffles each: 4.95 million rows to score. All columns hold
different numbers, so that no row keeps its value and none is spared. The peer asks the same model
in process about as many rows, without any importance made of the answers. Memory is the parent's
own, above rows and scores, with a model that is a function: 50,000 of the rows are drawn.
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
from benchmarks.figures import Figure, at_most, children_processor_s
from benchmarks.models import save

ROOT = Path(__file__).resolve().parents[1]
ROWS, COLUMNS, REPEATS, TREES = 30_000, 33, 5, 60
SMALL, LARGE = 250_000, 1_000_000
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "model"
        _child("write", model)
        found = _child("speed", model)
    few, many = (_child("memory", Path(), n)["peak_mb"] for n in (SMALL, LARGE))
    used = (
        f"processor: ours {found['own_s']:.1f} s, worker {found['worker_s']:.1f} s with its start"
    )
    note = f"{found['calls']} calls, {found['scored']:,} rows; {used}"
    return [
        at_most("importance, 30,000 x 33, five repeats", "s", found["ours_s"], 20, note=note),
        at_most(
            "the same beside the model in process", "s", found["ours_s"], 1.5,
            peer=found["inside_s"],
            note=f"peer: best of three passes x 165, processor {found['inside_own_s']:.1f} s",
        ),
        at_most("importance: memory beside rows, 0.25 M", "MB", few, 64),
        at_most(
            "importance: memory beside rows, 1 M", "MB", many, 64,
            note=f"{max(0.0, many - few) * 1e6 / (LARGE - SMALL):.0f} bytes a row more",
        ),
    ]  # fmt: skip


def _child(what: str, folder: Path, rows: int = ROWS) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.importance", what, str(folder), str(rows)]
    done = subprocess.run(
        command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True,
        env={**os.environ, **_ONE_THREAD},
    )  # fmt: skip
    return dict(json.loads(done.stdout or "{}"))


def _columns(n: int, width: int) -> dict[str, Any]:
    chance = np.random.default_rng(7)
    return {f"x{i}": chance.normal(size=n) for i in range(width)}


def _labels(columns: dict[str, Any]) -> list[str]:
    chance = np.random.default_rng(8)
    sums = columns["x0"] + columns["x1"] * columns["x2"]
    return ["yes" if v > 0 else "no" for v in sums + chance.normal(size=len(sums))]


def _write(folder: Path) -> dict[str, Any]:
    import pandas as pd
    from sklearn.ensemble import HistGradientBoostingClassifier

    columns = _columns(ROWS, COLUMNS)
    frame = pd.DataFrame(columns)
    label = (np.array(_labels(columns)) == "yes").astype(int)
    model = HistGradientBoostingClassifier(max_iter=TREES, early_stopping=False, random_state=0)
    model.fit(frame, label)
    save(model, frame, folder)
    return {}


def _speed(folder: Path) -> dict[str, Any]:
    from benchmarks.worker import _opened
    from tests.support.explained import explained_of

    from affidavit.progress import Silent
    from affidavit.recompute.explain.asking import Asker
    from affidavit.recompute.explain.overall.importance import permutation_importance
    from affidavit.recompute.explain.overall.losses import Loss, loss_of

    columns = _columns(ROWS, COLUMNS)
    scores, inside = _inside(folder, columns)
    explained = explained_of(
        columns, lambda _: scores, labels=_labels(columns), explain={"repeats": REPEATS}
    )
    loss = loss_of(explained)
    assert isinstance(loss, Loss)
    with Asker(lambda: _opened(folder), lambda s: s.matrix[:, 0], "evaluation") as ask:
        ask.scores(explained.inputs.slice(0, 10))
        began, before = time.perf_counter(), time.process_time()
        found = permutation_importance(explained, ask, loss, explained.features, Silent())
        ours_s = time.perf_counter() - began
        own_s = time.process_time() - before
        calls, scored = ask.calls, ask.scored
    assert {i.feature for i in sorted(found, key=lambda i: -i.loss.value)[:3]} == {"x0", "x1", "x2"}
    return {
        "ours_s": ours_s, "own_s": own_s, "worker_s": children_processor_s(), "calls": calls,
        "scored": scored, **inside,
    }  # fmt: skip


def _inside(folder: Path, columns: dict[str, Any]) -> tuple[Any, dict[str, float]]:
    """The scores, and what 165 such passes take by the best of three, clock and processor."""
    import mlflow.sklearn
    import pandas as pd

    model, frame = mlflow.sklearn.load_model(str(folder)), pd.DataFrame(columns)
    passes, clock, processor = COLUMNS * REPEATS, [], []
    for _ in range(3):
        began, before = time.perf_counter(), time.process_time()
        scores = model.predict_proba(frame)[:, 1]
        clock.append(time.perf_counter() - began)
        processor.append(time.process_time() - before)
    return scores, {"inside_s": passes * min(clock), "inside_own_s": passes * min(processor)}


def _memory(n: int) -> dict[str, float]:
    from benchmarks.worker import _peak_mb
    from tests.support.explained import AskOf, explained_of

    from affidavit.progress import Silent
    from affidavit.recompute.explain.overall.importance import permutation_importance
    from affidavit.recompute.explain.overall.losses import Loss, loss_of

    def model(given: Any) -> Any:
        return np.clip(0.5 + given["x0"] / 20, 0.01, 0.99)

    columns = _columns(n, 4)
    explained = explained_of(columns, model, labels=_labels(columns), explain={"repeats": 2})
    loss = loss_of(explained)
    assert isinstance(loss, Loss)
    # The peak so far is that of making the rows: from here on it is that of what follows.
    Path("/proc/self/clear_refs").write_text("5")
    before = _peak_mb()
    permutation_importance(explained, AskOf(model), loss, explained.features, Silent())
    return {"peak_mb": _peak_mb() - before}


if __name__ == "__main__":
    order, place, size = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    run = {
        "write": lambda: _write(place), "speed": lambda: _speed(place),
        "memory": lambda: _memory(size),
    }[order]  # fmt: skip
    print(json.dumps(run()))
