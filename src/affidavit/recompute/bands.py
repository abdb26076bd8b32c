"""Numbers cut into bands, which are named as people write them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa

from affidavit.errors import ConfigError
from affidavit.recompute.rows import floats
from affidavit.recompute.table import as_numbers


def cut(raw: Any, edges: tuple[float, ...], *, key: str, where: str) -> Any:
    """A column as the names of its bands, an Arrow string array; missing is null.

    Args:
        raw: an Arrow column of numbers.
        edges: in rising order.
        key: of the configuration, for messages: `sensitive.age`.
        where: file and column, for messages.

    Raises:
        ConfigError: edges that do not rise.
        SourceError: a value that is no number.
    """
    if any(high <= low for low, high in pairwise(edges)):
        raise ConfigError(
            f"affidavit.toml: [{key}] bands = {list(edges)} do not rise",
            fix="write the edges in rising order",
        )
    numbers = floats(as_numbers(raw, where))
    names = band_names(edges)
    place = np.searchsorted(np.array(edges), numbers, side="right")
    chosen = np.array(names, dtype=object)[place]
    return pa.array(chosen, type=pa.string(), mask=np.isnan(numbers))


def band_names(edges: tuple[float, ...]) -> tuple[str, ...]:
    """[25, 60] makes `<25`, `25-59` and `>=60`; edges that are not whole make `25.5-<60.5`."""
    middle = [
        f"{low:g}-{high - 1:g}"
        if float(low).is_integer() and float(high).is_integer()
        else f"{low:g}-<{high:g}"
        for low, high in pairwise(edges)
    ]
    return (f"<{edges[0]:g}", *middle, f">={edges[-1]:g}")
