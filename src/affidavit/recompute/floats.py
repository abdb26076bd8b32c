"""Arrays of doubles, and the digits that evidence keeps of them."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from affidavit.bundle.canonical import SIGNIFICANT_DIGITS

Floats = NDArray[np.float64]

MOST: Final = 1e30  # of a score or attribution: powers of it, summed over rows, are still numbers
_DIGITS: Final = SIGNIFICANT_DIGITS - 1
_POWERS: Final = np.array([float(f"1e{k}") for k in range(23)])  # larger ones are not exact
_NEAR_A_TIE: Final = 1e-3  # a product below 10^12 is off by 1.2e-4 at most


def rounded(values: Floats) -> Floats:
    """To twelve significant digits, exactly as canonical JSON writes them.

    Most values are scaled to a whole number of twelve digits, rounded, and scaled back: both that
    number and the power of ten are exact, so that their quotient, rounded once, is the double that
    the decimal text would be read as. Where the product may lie on the other side of a tie, and
    beyond the exact powers, the text is written and read.

    References:
        Clinger (1990), How to read floating point numbers accurately, PLDI, section 3.
    """
    flat = values.ravel()
    with np.errstate(divide="ignore", invalid="ignore"):
        places = _DIGITS - np.floor(np.log10(np.abs(flat)))
    has_power = (places >= 0) & (places < len(_POWERS))  # False where it is NaN
    power = _POWERS[np.where(has_power, places, 0).astype(np.intp)]
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = flat * power
        whole = np.rint(scaled)
        is_sure = np.abs(np.abs(scaled - whole) - 0.5) > _NEAR_A_TIE
        has_digits = (np.abs(scaled) >= 10.0**_DIGITS) & (np.abs(scaled) < 10.0**SIGNIFICANT_DIGITS)
        found = whole / power
    slow = ~(has_power & is_sure & has_digits)
    found[slow] = [float(f"{v:.{_DIGITS}e}") + 0.0 for v in flat[slow].tolist()]
    return np.asarray(found, dtype=np.float64).reshape(values.shape)


def are_held(values: Floats) -> bool:
    """Whether all are finite, and small enough that what is computed of them is finite too."""
    return bool((np.abs(values) <= MOST).all())  # False where one is NaN


def are_single(scores: Floats) -> bool:
    """Whether every score is a number of single precision; seen here, not asked of the model."""
    nearest = scores.astype(np.float32).astype(np.float64)
    return bool(np.array_equal(rounded(nearest), scores))
