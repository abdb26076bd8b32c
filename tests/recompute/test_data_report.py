"""Inputs that nearly decide the label alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.recompute.case import binary_config

from affidavit.recompute.data_report import BinaryLabels, data_notes, suspicious_inputs
from affidavit.recompute.delong import compute_auc
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


def _some(of: str, n: int) -> np.ndarray:
    """(N,): True for the first n rows with this label."""
    found = np.zeros(N, dtype=bool)
    rows = np.flatnonzero(np.equal(Y, of))
    found[rows[:n]] = True
    return found


@pytest.mark.parametrize("kind", ["number", "word"])
def test_an_input_that_is_filled_in_for_one_label_only_is_named(kind: str) -> None:
    """The value says nothing; that there is one does."""
    values = CHANCE.normal(size=N) if kind == "number" else [f"note {i}" for i in range(N)]
    there = _some("yes", 40)
    column = pd.Series(values, dtype=object if kind == "word" else float).where(there)

    assert "40 of 40 rows where it is not missing have the label 'yes'" in _named(column)[0]
    assert _named(pd.Series(column).where(_some("yes", 29))) == []


def test_an_input_that_is_missing_for_one_label_only_is_named() -> None:
    column = pd.Series(CHANCE.normal(size=N)).where(~_some("yes", 40))

    assert "40 of 40 rows where it is missing have the label 'yes'" in _named(column)[0]


def _rare(hits: int, n: int, events: int = 20, total: int = 4000) -> list[str]:
    """`events` of `total` rows are positive; the word `w` has n rows, `hits` of them positive."""
    label = np.where(np.arange(total) < events, "yes", "no")
    word = np.full(total, "other", dtype=object)
    word[:hits] = word[events : events + n - hits] = "w"
    frame = pd.DataFrame({"id": np.arange(total).astype(str), "y": label, "c": word})
    table = Table("t.csv", pa.Table.from_pandas(frame, preserve_index=False), is_text=False)
    rows = read_rows(table, "evaluation", binary_config())
    return [f.what for f in suspicious_inputs([rows], ["c"], LABELS, "r.json")]


@pytest.mark.parametrize(
    ("hits", "n", "is_named"), [(10, 40, True), (9, 40, False), (10, 200, True), (10, 201, False)]
)
def test_a_rare_event_is_given_away_by_ten_times_its_share(
    hits: int, n: int, is_named: bool
) -> None:
    found = _rare(hits, n)

    assert bool(found) == is_named
    if n == 40 and is_named:
        assert "10 of 40 rows with 'w' have the label 'yes', 50 times the share" in found[0]


def _ranked(label: np.ndarray, score: np.ndarray) -> list[str]:
    ids = np.arange(len(label)).astype(str)
    frame = pd.DataFrame({"id": ids, "y": label, "c": score})
    table = Table("t.csv", pa.Table.from_pandas(frame, preserve_index=False), is_text=False)
    rows = read_rows(table, "evaluation", binary_config())
    return [f.what for f in suspicious_inputs([rows], ["c"], LABELS, "r.json")]


@pytest.mark.parametrize(
    ("positives", "negatives", "is_named"), [(10, 300, True), (9, 300, False), (300, 9, False)]
)
def test_an_order_is_believed_from_ten_rows_of_each_label(
    positives: int, negatives: int, is_named: bool
) -> None:
    label = np.array(["yes"] * positives + ["no"] * negatives)

    found = _ranked(label, (label == "yes") + np.arange(len(label)) * 1e-6)

    assert bool(found) == is_named


@pytest.mark.parametrize(("copies", "is_named"), [(1, False), (60, True)])
def test_an_order_is_named_where_its_interval_stays_above_090(copies: int, is_named: bool) -> None:
    """Nine of ten positives lie above all negatives, one in their midst: AUC 0.96, at any size."""
    label = np.array((["yes"] * 10 + ["no"] * 100) * copies)
    score = np.concatenate([np.linspace(2, 3, 9), [0.595], np.arange(100) / 100])
    area = compute_auc(label == "yes", np.tile(score, copies))
    assert area is not None
    assert area.value == pytest.approx(0.96)

    assert bool(_ranked(label, np.tile(score, copies))) == is_named


def test_the_notes_say_what_the_snapshot_holds() -> None:
    notes = data_notes([_rows(c=[None] * 3 + [1.5] * (N - 3))])

    assert notes == (
        "evaluation: 400 rows, 3 columns.",
        "evaluation: labels no 300, yes 100; none 0.",
        "evaluation: missing values c 3.",
    )
