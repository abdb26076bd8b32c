"""Inputs that nearly decide the label alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.recompute.case import binary_config

from affidavit.recompute.data_report import BinaryLabels, data_notes, suspicious_inputs
from affidavit.recompute.rows import Rows, read_rows
from affidavit.recompute.table import Table

LABELS = BinaryLabels(positive="yes", negative="no")
N = 400
Y = np.where(np.arange(N) % 4 == 0, "yes", "no")
CHANCE = np.random.default_rng(11)


def _rows(**columns) -> Rows:
    frame = pd.DataFrame({"id": np.arange(N).astype(str), "y": Y, **columns})
    table = Table("t.csv", pa.Table.from_pandas(frame, preserve_index=False), is_text=False)
    return read_rows(table, "evaluation", binary_config())


def _named(column, parts: int = 1) -> list[str]:
    found = suspicious_inputs([_rows(c=column)] * parts, ["c"], LABELS, "r.json")
    return [f.what for f in found]


def test_a_number_that_orders_the_labels_is_named_in_either_direction() -> None:
    strong = (Y == "yes") + CHANCE.normal(size=N) * 0.2

    assert _named(strong)[0].startswith("c alone nearly decides the label: its own AUC is ")
    assert _named(-strong) == _named(strong)
    assert _named((Y == "yes") + CHANCE.normal(size=N)) == []


@pytest.mark.parametrize(
    ("n", "hits", "is_named"), [(30, 27, True), (29, 29, False), (40, 35, False)]
)
def test_a_value_is_named_from_30_rows_and_90_percent(n: int, hits: int, is_named: bool) -> None:
    positive, negative = np.flatnonzero(Y == "yes"), np.flatnonzero(Y == "no")
    word = np.full(N, "other", dtype=object)
    word[positive[:hits]] = word[negative[: n - hits]] = "late"

    found = _named(word)

    assert bool(found) == is_named
    if is_named:
        assert "27 of 30 rows with 'late' have the label 'yes'" in found[0]


def test_a_label_that_most_rows_have_anyway_is_no_news() -> None:
    """75 % are `no`; a value with 95 % of them says little."""
    word = np.where((Y == "no") & (np.arange(N) % 2 == 1), "odd", "even")

    assert _named(word) == []


def test_rows_of_all_roles_count_together() -> None:
    word = np.full(N, "other", dtype=object)
    word[np.flatnonzero(Y == "yes")[:20]] = "late"

    assert _named(word) == []
    assert "40 of 40 rows" in _named(word, parts=2)[0]


def test_the_notes_say_what_the_snapshot_holds() -> None:
    notes = data_notes([_rows(c=[None] * 3 + [1.5] * (N - 3))])

    assert notes == (
        "evaluation: 400 rows, 3 columns.",
        "evaluation: labels no 300, yes 100; none 0.",
        "evaluation: missing values c 3.",
    )
