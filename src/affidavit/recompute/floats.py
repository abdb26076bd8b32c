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
