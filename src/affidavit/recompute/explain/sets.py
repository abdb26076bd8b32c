"""Sets of features as whole numbers, and what each counts in a Shapley value."""

from __future__ import annotations

from math import comb

import numpy as np
from numpy.typing import NDArray

from affidavit.recompute.floats import Floats


def members(sets: NDArray[np.int64], n_features: int) -> NDArray[np.bool_]:
    """(n_sets, n_features): which features a set holds; the bit j of a set stands for feature j."""
    return np.asarray((sets[:, None] >> np.arange(n_features)) & 1, dtype=bool)


def weights_by_size(n_features: int) -> Floats:
    """(n_features,): 1 / (d (d-1 choose s)), what a set of s features counts for another one."""
    return np.array([1 / (n_features * comb(n_features - 1, s)) for s in range(n_features)])
