"""Numbers cut into bands, which are named as people write them."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from affidavit.errors import ConfigError, SourceError
from affidavit.reading_rules import band_names
from affidavit.recompute.coded import NONE, Coded, of_used
from affidavit.recompute.rows import floats
from affidavit.recompute.table import as_numbers


def cut(raw: Any, edges: tuple[float, ...], *, key: str, where: str) -> Coded:
    """A column as the names of its bands; no code where it is missing.

    Args:
        raw: an Arrow column of numbers.
        edges: in rising order.
        key: of the configuration, for messages: `sensitive.age`.
        where: file and column, for messages.

    Raises:
        ConfigError: edges that do not rise.
        SourceError: a value that is no number, or infinite.
    """
    if any(high <= low for low, high in pairwise(edges)):
        raise ConfigError(
            f"affidavit.toml: [{key}] bands = {list(edges)} do not rise",
            fix="write the edges in rising order",
        )
    numbers = floats(as_numbers(raw, where))
    if infinite := int(np.isinf(numbers).sum()):
        raise SourceError(
            f"{where} holds infinite values in {infinite} rows, which lie in no band",
            fix="correct the snapshot; leave empty what is not known",
        )
    names = band_names(edges)
    place = np.searchsorted(np.array(edges), numbers, side="right")
    codes = np.where(np.isnan(numbers), NONE, place).astype(np.int32)
    return of_used(Coded(codes, tuple(names)))
