"""Shapley values by asking about every set of features; and every way of behaving badly."""

from __future__ import annotations

import contextlib
import itertools
import math
import os
from typing import Any


def versions() -> dict[str, str]:
    import numpy as np

    return {"tiny": "1.0", "numpy": np.__version__}


def explain(method: str, arrays: dict[str, Any], settings: dict, seed: int, ask: Any):
    import numpy as np

    match method:
        case "exact":
            return _exact(arrays["rows"], arrays["background"], ask), {}
        case "drawn":
            import random

            return np.array([random.random(), np.random.mtrand.random_sample()]), {"seed": seed}
        case "not finite":
            return np.array([np.nan]), {}
        case "huge":
            return np.array([1e300, -1e300]), {}
        case "endless":
            while True:
                ask(arrays["rows"])
        case "raises":
            raise ValueError("no such thing")
        case "stubborn":  # a library that swallows what its predictor raises
            with contextlib.suppress(Exception):
                ask(arrays["rows"])
            return np.zeros(1), {}
        case "beyond":
            return ask(arrays["rows"] + 1e6), {}
        case "wide":
            return ask(np.zeros((2, 9))), {}
        case "dies":
            os._exit(3)


def _exact(rows: Any, background: Any, ask: Any) -> Any:
    import numpy as np

    n, width = rows.shape
    sets = [s for size in range(width + 1) for s in itertools.combinations(range(width), size)]
    asked = []
    for chosen in sets:
        for row in rows:
            mixed = background.copy()
            mixed[:, list(chosen)] = row[list(chosen)]
            asked.append(mixed)
    worth = ask(np.concatenate(asked)).reshape(len(sets), n, len(background)).mean(axis=2)
    value = dict(zip(sets, worth, strict=True))
    found = np.zeros((n, width))
    for chosen in sets:
        for j in set(range(width)) - set(chosen):
            weight = 1 / (width * math.comb(width - 1, len(chosen)))
            found[:, j] += weight * (value[tuple(sorted((*chosen, j)))] - value[chosen])
    return found
