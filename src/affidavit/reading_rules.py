"""How values of a table are read: what is missing, what is a number, bands, weights.

The builder reads by these with Arrow; `diff` reads the same snapshot again without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

# pandas.read_csv, `na_values`: the same words mean missing here as they did in training.
MISSING_WORDS: Final = (
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
)  # fmt: skip
# Patterns of a whole value, for RE2 and for `re`; the second's group is the number without `.0`.
NUMBER: Final = r"^-?[0-9]+(\.[0-9]+)?$"
WHOLE_FLOAT: Final = r"^(-?[0-9]+)\.0+$"
LEAST_WEIGHT: Final = 1e-6
LARGEST_WEIGHT: Final = 1e9


def band_names(edges: Sequence[float]) -> tuple[str, ...]:
    """[25, 60] makes `<25`, `25-59` and `>=60`; edges that are not whole make `25.5-<60.5`."""
    middle = [
        f"{low:g}-{high - 1:g}"
        if float(low).is_integer() and float(high).is_integer()
        else f"{low:g}-<{high:g}"
        for low, high in pairwise(edges)
    ]
    return (f"<{edges[0]:g}", *middle, f">={edges[-1]:g}")
