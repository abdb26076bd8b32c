"""shap: KernelExplainer and PermutationExplainer, on matrices of codes.

Codes stand for values: a column is a feature, and equal codes are equal values. Of real numbers
KernelExplainer takes two for equal that differ by less than one in 100,000; of codes it cannot.
"""

from __future__ import annotations

import os
import sys
from typing import Any


def versions() -> dict[str, str]:
    """Import the library; the versions of what decides its numbers.

    Not compiled: numba would take eight seconds to, anew in each process, for loops that take a
    tenth of one.
    """
    os.environ["NUMBA_DISABLE_JIT"] = "1"
    import numpy as np
    import shap
    import sklearn

    return {
        "shap": str(shap.__version__), "numpy": str(np.__version__),
        "scikit-learn": str(sklearn.__version__), "python": sys.version.split()[0],
    }  # fmt: skip


def explain(
    method: str, arrays: dict[str, Any], settings: dict[str, Any], seed: int, ask: Any
) -> tuple[Any, dict[str, Any]]:
    """Attributions of `rows` against `background`; see `kernel` and `permutation`."""
    how = {"kernel": kernel, "permutation": permutation}[method]
    return how(arrays["rows"], arrays["background"], settings, seed, ask)


def kernel(
    rows: Any, background: Any, settings: dict[str, Any], _seed: int, ask: Any
) -> tuple[Any, dict[str, Any]]:
    """(n_rows, n_features): Kernel SHAP, `samples` sets of features at most, none dropped.

    `l1_reg=0`: by default it keeps ten features and calls the others zero.
    """
    import shap

    explainer = shap.KernelExplainer(ask, background)
    found = explainer.shap_values(rows, nsamples=settings["samples"], l1_reg=0, silent=True)
    return found, {}


def permutation(
    rows: Any, background: Any, settings: dict[str, Any], seed: int, ask: Any
) -> tuple[Any, dict[str, Any]]:
    """(2, n_rows, n_features): means over orders of features, and their standard deviations.

    Each order is walked forwards and backwards; the deviation is of both walks' contributions.
    """
    import numpy as np
    import shap

    sets = 2 * rows.shape[1] + 1
    masker = shap.maskers.Independent(background, max_samples=len(background))
    explainer = shap.PermutationExplainer(ask, masker, seed=seed)
    found = explainer(
        rows, max_evals=settings["samples"] * sets, error_bounds=True, batch_size=sets, silent=True
    )
    return np.stack([found.values, found.error_std]), {}
