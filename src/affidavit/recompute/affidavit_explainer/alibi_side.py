"""alibi: KernelShap and AnchorTabular on matrices of codes, ALE on one column of numbers."""

from __future__ import annotations

import os
import sys
from typing import Any

from . import mending


def versions() -> dict[str, str]:
    """Import the library; the versions of what decides its numbers."""
    os.environ["NUMBA_DISABLE_JIT"] = "1"  # as for shap, which alibi takes Kernel SHAP from
    mending.mend()
    import alibi
    import numpy as np
    import shap
    import sklearn

    return {
        "alibi": str(alibi.__version__), "shap": str(shap.__version__),
        "numpy": str(np.__version__), "scikit-learn": str(sklearn.__version__),
        "python": sys.version.split()[0],
    }  # fmt: skip


def explain(
    method: str, arrays: dict[str, Any], settings: dict[str, Any], seed: int, ask: Any
) -> tuple[Any, dict[str, Any]]:
    """What the method says; see `kernel`, `ale`, `anchor`."""
    how = {"kernel": kernel, "ale": ale, "anchor": anchor}[method]
    return how(arrays, settings, seed, ask)


def kernel(
    arrays: dict[str, Any], settings: dict[str, Any], seed: int, ask: Any
) -> tuple[Any, dict[str, Any]]:
    """(n_rows, n_features): Kernel SHAP, `samples` sets of features at most, none dropped.

    `l1_reg=False`: by default it selects features by an information criterion, and calls the
    others zero.
    """
    from alibi.explainers import KernelShap

    rows, background = arrays["rows"], arrays["background"]
    names = [str(i) for i in range(rows.shape[1])]
    explainer = KernelShap(ask, link="identity", feature_names=names, task="regression", seed=seed)
    explainer.fit(background, summarise_background=False)
    found = explainer.explain(rows, l1_reg=False, nsamples=settings["samples"], silent=True)
    return found.shap_values[0], {}


def ale(
    arrays: dict[str, Any], _settings: dict[str, Any], _seed: int, ask: Any
) -> tuple[Any, dict[str, Any]]:
    """(2, n_points): the grid as alibi took it, and the accumulated local effect at its points.

    `rows` has the column whose effect it is, and then what names the row; `grid` is (n, 1).
    """
    import numpy as np
    from alibi.explainers import ALE

    explainer = ALE(
        ask, feature_names=["x", "row"], target_names=["output"], check_feature_resolution=False
    )
    grid = arrays["grid"][:, 0]
    found = explainer.explain(arrays["rows"], features=[0], grid_points={0: grid})
    return np.stack([found.feature_values[0], found.ale_values[0][:, 0]]), {}


def anchor(
    arrays: dict[str, Any], settings: dict[str, Any], seed: int, ask: Any
) -> tuple[Any, dict[str, Any]]:
    """(2,): precision and coverage; `conditions`: on the codes of `row`, all of which hold.

    A condition is a column, one of "=", "<=", ">", and a number to compare the column's code with.
    `categories` says of each column how many codes it has, 0 where their order counts.
    """
    import numpy as np
    from alibi.explainers import AnchorTabular

    train = arrays["train"]
    conditions: list[tuple[int, str, float]] = []
    names = [str(i) for i in range(train.shape[1])]
    categories = {i: [str(v) for v in range(n)] for i, n in enumerate(settings["categories"]) if n}
    explainer = AnchorTabular(
        lambda rows: ask(rows).astype(int), names, categorical_names=categories or None, seed=seed
    )
    explainer.fit(train)
    name_them = explainer.add_names_to_exp

    def keep(explanation: dict[str, Any]) -> None:
        """Take the conditions as numbers, which alibi turns into text of two decimals."""
        conditions.extend(_condition(explainer, int(i)) for i in explanation["feature"])
        name_them(explanation)

    explainer.add_names_to_exp = keep
    found = explainer.explain(
        arrays["row"][0], threshold=settings["precision"], batch_size=settings["batch"],
        coverage_samples=settings["coverage"],
        # In batches; alibi sets aside memory for 10,000 of them at once, a gigabyte and more.
        binary_cache_size=max(1, 100_000 // settings["batch"]),
    )  # fmt: skip
    worth = np.asarray([float(found.precision), float(found.coverage)])
    return worth, {"conditions": conditions}


def _condition(explainer: Any, encoded: int) -> tuple[int, str, float]:
    """What one of alibi's encoded predicates says of a column's code."""
    import numpy as np

    column, sampler = int(explainer.enc2feat_idx[encoded]), explainer.samplers[0]
    if encoded in explainer.cat_lookup:
        return column, "=", float(explainer.cat_lookup[encoded])
    bins = explainer.ord_lookup[encoded]
    place = explainer.numerical_features.index(column)
    edges = np.unique(sampler.disc.bins(sampler.train_data)[place])
    if 0 in bins:  # the row's bin and those below
        return column, "<=", float(edges[max(bins)])
    return column, ">", float(edges[min(bins) - 1])
