"""What it costs that a library which explains never holds the model, and asks through pipes.

shap's two explainers and alibi's three explain a gradient boosting of scikit-learn with ten
columns: in a process of their own that asks Affidavit, which asks the model's worker, codes and
all; and with the model in their own process, in the same environment (`explain_peer`). The kernel
methods' attributions are asserted alike; starting a process is timed on neither side.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks.figures import Figure, at_most
from benchmarks.models import save

ROOT = Path(__file__).resolve().parents[1]
COLUMNS, ROWS, DECISIONS, BACKGROUND, ORDERS, RUNS = 10, 4_000, 6, 100, 20, 3
_PEER = Path(__file__).parent / "explain_peer.py"
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        _child("write", folder)
        ours = _child("ours", folder)
        figures = []
        for name, seconds in ours.items():
            peer = _inside(name.partition(".")[0], name.partition(".")[2], folder)
            figures.append(
                at_most(
                    f"{name}, {DECISIONS} decisions", "s", seconds, 1.5, peer=peer,
                    note="peer: the same explainer with the model in its process",
                )
            )  # fmt: skip
        return figures


def _child(what: str, folder: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.explain", what, str(folder)]
    done = subprocess.run(
        command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True,
        env={**os.environ, **_ONE_THREAD},
    )  # fmt: skip
    return dict(json.loads(done.stdout or "{}"))


def _names() -> list[str]:
    return [f"x{i}" for i in range(COLUMNS)]


def _rows() -> Any:
    import pandas as pd

    chance = np.random.default_rng(5)
    return pd.DataFrame(chance.normal(size=(ROWS, COLUMNS)).round(3), columns=_names())


def _write(folder: Path) -> None:
    from sklearn.ensemble import HistGradientBoostingClassifier

    frame = _rows()
    label = (frame["x0"] + frame["x1"] * frame["x2"] > 0).astype(int)
    model = HistGradientBoostingClassifier(max_iter=100, random_state=0).fit(frame, label)
    save(model, frame, folder / "model")
    np.save(folder / "rows.npy", frame.to_numpy())


# -- ours: two processes beside this one ---------------------------------------------------------


def _ours(folder: Path) -> dict[str, float]:
    import pyarrow as pa
    from tests.support.explained import explained_of

    from affidavit import config as c
    from affidavit.progress import Silent
    from affidavit.recompute.explain.asking import Asker
    from affidavit.recompute.explain.backends.explainers import Explainers
    from affidavit.recompute.worker.interpreter import own_interpreter
    from affidavit.recompute.worker.model_files import read_plan
    from affidavit.recompute.worker.options import WorkerOptions
    from affidavit.recompute.worker.scoring import open_scorer

    config = c.Config(
        version=1, task="binary", label=c.Label(column="y", kind="outcome", positive="1"),
        decision=c.Decision(threshold=0.5),
        datasets={"evaluation": c.Dataset(path="e.parquet", include="reference")},
    )  # fmt: skip
    plan = read_plan((folder / "model" / "MLmodel").read_bytes(), config)
    frame = _rows()
    explained = explained_of(
        {n: frame[n].to_numpy() for n in _names()},
        lambda x: x["x0"] * 0,
        explain={"samples": ORDERS},
    )
    rows = pa.Table.from_pandas(frame, preserve_index=False)
    with (
        Asker(
            lambda: open_scorer(folder / "model", plan, config, own_interpreter()),
            lambda scores: scores.matrix[:, 0], "evaluation",
        ) as ask,
        Explainers(("shap", "alibi"), c.Worker(), WorkerOptions(), Silent()) as explainers,
    ):  # fmt: skip
        ask.scores(rows.slice(0, 10))
        return {
            name: _best(run)
            for name, run in _methods(explained, ask, rows, explainers, folder).items()
        }


def _methods(
    explained: Any, ask: Any, rows: Any, explainers: Any, folder: Path
) -> dict[str, Callable[[], None]]:
    """What is timed, the process of each library running."""
    from affidavit.recompute.explain.backends import second
    from affidavit.recompute.explain.backends.anchoring import anchors
    from affidavit.recompute.explain.backends.effects import ale_curve

    chosen, background = rows.slice(0, DECISIONS), rows.slice(100, BACKGROUND)

    def attribute(name: str, method: str) -> Callable[[], None]:
        def run() -> None:
            game = second.Game(explained, ask, chosen, background)
            opinion = second.opinion_of(game, name, method, explainers)
            np.save(folder / f"{name}.{method}.npy", opinion.values)

        run()
        return run

    def effect() -> None:
        grid = np.linspace(-2, 2, 21)
        ale_curve(explained, ask, rows, explainers, column="x0", grid=grid)

    return {
        "shap.kernel": attribute("shap", "kernel"),
        "shap.permutation": attribute("shap", "permutation"),
        "alibi.kernel": attribute("alibi", "kernel"),
        "alibi.ale": effect,
        "alibi.anchor": lambda: _searched(
            anchors(explained, ask, chosen, np.full(DECISIONS, 0.5), explainers)
        ),
    }


def _searched(found: Any) -> None:
    """No failure cut the search short; a decision may be without an anchor all the same."""
    assert all(x.part != "anchors" for x in found.lacking), found.lacking


def _best(run: Callable[[], None]) -> float:
    times = []
    for _ in range(RUNS):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return min(times)


# -- the peer: one process, the library's own environment ----------------------------------------


def _inside(library: str, method: str, folder: Path) -> float:
    """Seconds, with the model in the library's own process; one thread, as on our side."""
    from affidavit.progress import Silent
    from affidavit.recompute.explain.backends.choosing import OURS
    from affidavit.recompute.explain.backends.environment import build_environment
    from affidavit.recompute.worker.options import WorkerOptions

    environment = build_environment(OURS[library], WorkerOptions(), Silent())
    code = str(OURS[library].code.parent)
    given = [str(n) for n in (RUNS, DECISIONS, BACKGROUND, ORDERS)]
    command = [environment.executable, "-S", "-s", "-P", "-B", str(_PEER), library, method]
    done = subprocess.run(
        [*command, environment.packages[0], str(folder), code, *given], check=True,
        stdout=subprocess.PIPE, text=True, env={**os.environ, **_ONE_THREAD},
    )  # fmt: skip
    return float(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    order, place = sys.argv[1], Path(sys.argv[2])
    if order == "write":
        _write(place)
    else:
        print(json.dumps(_ours(place)))
