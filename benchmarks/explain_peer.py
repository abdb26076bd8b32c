"""The peer of `explain`: the same calls of the libraries, with the model in their process.

Run by the interpreter and packages of the library's own environment, with nothing of Affidavit but
the module that calls the library there.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable
from typing import Any

library, method, packages, place, code, *numbers = sys.argv[1:]
runs, decisions, background, orders = map(int, numbers)
sys.path[:0] = [code]
sys.path.append(packages)
side = importlib.import_module(f"affidavit_explainer.{library}_side")
side.versions()  # before numpy and the rest: alibi has first to be mended

import numpy as np  # noqa: E402 - as said above
import pandas as pd  # noqa: E402
from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: E402

values = np.load(f"{place}/rows.npy")
names = [f"x{i}" for i in range(values.shape[1])]
label = (values[:, 0] + values[:, 1] * values[:, 2] > 0).astype(int)
model = HistGradientBoostingClassifier(max_iter=100, random_state=0).fit(
    pd.DataFrame(values, columns=names), label
)


def score(rows: Any) -> Any:
    frame = pd.DataFrame(np.atleast_2d(rows), columns=names)
    return model.predict_proba(frame)[:, 1]


def effect() -> None:
    def of_row(numbered: Any) -> Any:
        taken = values[numbered[:, 1].astype(int)].copy()
        taken[:, 0] = numbered[:, 0]
        return score(taken)

    rows = np.stack([values[:, 0], np.arange(len(values))], axis=1)
    arrays = {"rows": rows, "grid": np.linspace(-2, 2, 21)[:, None]}
    side.explain("ale", arrays, {}, 1, of_row)


def anchor() -> None:
    settings = {
        "precision": 0.95, "batch": 500, "coverage": 10_000, "categories": [0] * len(names),
    }  # fmt: skip
    for row in values[:decisions]:
        arrays = {"row": row[None], "train": values[:2000]}
        np.random.mtrand.seed(1)
        side.explain("anchor", arrays, settings, 1, lambda m: (score(m) >= 0.5).astype(float))


def attributions() -> Any:
    arrays = {"rows": values[:decisions], "background": values[100 : 100 + background]}
    samples = {"kernel": 2068, "permutation": orders}[method]
    return side.explain(method, arrays, {"samples": samples}, 1, score)[0]


run: Callable[[], Any] = {"ale": effect, "anchor": anchor}.get(method, attributions)
found, times = run(), []
for _ in range(runs):
    began = time.perf_counter()
    run()
    times.append(time.perf_counter() - began)
if method == "kernel":
    theirs = np.load(f"{place}/{library}.kernel.npy")
    assert np.allclose(found, theirs, rtol=0, atol=1e-9), abs(found - theirs).max()
print(json.dumps(min(times)))
