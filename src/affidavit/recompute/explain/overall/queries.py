"""Many small questions to the model, put in few calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np
import pyarrow as pa

from affidavit.recompute.explain.asking import Ask
from affidavit.recompute.floats import Floats

MOST_ROWS: Final = 200_000


def ask_all(ask: Ask, queries: Iterable[Any], most: int = MOST_ROWS) -> Iterator[Floats]:
    """The scores of each query, in order; queries are made when they are asked, then forgotten.

    Args:
        ask: the model.
        queries: pyarrow Tables of one schema.
        most: rows of one call; a query that has more is asked alone.

    Raises:
        AskFailed: the model failed on a query, or on another of the same call.
    """
    held: list[Any] = []
    n = 0
    for query in queries:
        if held and n + query.num_rows > most:
            yield from _asked(ask, held)
            held, n = [], 0
        held.append(query)
        n += query.num_rows
    if held:
        yield from _asked(ask, held)


def _asked(ask: Ask, held: list[Any]) -> list[Floats]:
    scores = ask.scores(pa.concat_tables(held))
    ends = np.cumsum([query.num_rows for query in held])
    return np.split(scores, ends[:-1])


def repeated(rows: Any, times: int) -> Any:
    """The rows, all of them, so many times over; takes no more room than once."""
    return pa.concat_tables([rows] * times)
