"""Small questions share calls, and their answers come apart again in order."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from tests.support.explained import AskOf

from affidavit.recompute.explain.overall.queries import ask_all, repeated


def test_answers_each_query_in_few_calls() -> None:
    ask = AskOf(lambda c: c["x"] * 2)
    queries = [pa.table({"x": np.arange(n) + 10.0 * n}) for n in (3, 0, 2, 4, 5)]

    answers = list(ask_all(ask, iter(queries), most=6))

    assert [a.tolist() for a in answers] == [(q["x"].to_numpy() * 2).tolist() for q in queries]
    assert ask.calls == 3  # 3 + 0 + 2, 4, 5


def test_repeats_rows_whole() -> None:
    rows = repeated(pa.table({"x": [1, 2]}), 3)

    assert rows["x"].to_pylist() == [1, 2, 1, 2, 1, 2]
