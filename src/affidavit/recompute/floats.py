"""Arrays of doubles, and the digits that evidence keeps of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from affidavit.bundle.canonical import SIGNIFICANT_DIGITS

Floats = NDArray[np.float64]


def rounded(values: Floats) -> Floats:
    """To twelve significant digits, exactly as canonical JSON writes them."""
    digits = SIGNIFICANT_DIGITS - 1
    flat = [float(f"{v:.{digits}e}") + 0.0 for v in values.ravel().tolist()]
    return np.array(flat, dtype=np.float64).reshape(values.shape)


def are_single(scores: Floats) -> bool:
    """Whether every score is a number of single precision; seen here, not asked of the model."""
    nearest = scores.astype(np.float32).astype(np.float64)
    return bool(np.array_equal(rounded(nearest), scores))
