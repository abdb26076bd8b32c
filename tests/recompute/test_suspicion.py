"""Inputs that alone nearly decide a label of two values, of several, or a number."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.recompute.case import binary_config

from affidavit.config import Config, Decision, Label
from affidavit.recompute.delong import compute_auc
from affidavit.recompute.rows import Rows, read_rows
from affidavit.recompute.suspicion import (
    BinaryLabels,
    suspicious_inputs,
    suspicious_of_classes,
    suspicious_of_targets,
)
from affidavit.recompute.table import Table

CHANCE = np.random.RandomState(5)
M = 600
LABELS = BinaryLabels(positive="yes", negative="no")
N = 400
Y = np.where(np.arange(N) % 4 == 0, "yes", "no")
CLASSES = np.array(["a", "b", "c"])[np.arange(M) % 3]
TARGET = CHANCE.normal(size=M) * 1000


def _rows_of(label, task: str, **columns) -> Rows:
    base = binary_config().model_dump()
    config = Config(**{**base, "task": task, "label": Label(column="y", kind="outcome"),
                       "decision": Decision()})  # fmt: skip
    frame = pd.DataFrame({"id": np.arange(len(label)).astype(str), "y": label, **columns})
    table = Table("t.csv", pa.Table.from_pandas(frame, preserve_index=False), is_text=False)
    return read_rows(table, "evaluation", config)


def _class(column, label=CLASSES) -> list[str]:
    found = suspicious_of_classes([_rows_of(label, "multiclass", c=column)], ["c"], "abc", "r.json")
    assert all(f.id == "recompute.suspicious.c" and f.items == ("r.json",) for f in found)
    return [str(f.found) for f in found]


def _target(column, target=TARGET) -> list[str]:
    found = suspicious_of_targets([_rows_of(target, "regression", c=column)], ["c"], "r.json")
    return [str(f.found) for f in found]


def test_an_input_that_ranks_one_class_above_the_rest_is_named() -> None:
    strong = (CLASSES == "b") * 1.0 + CHANCE.normal(size=M) * 0.1

    assert _class(strong)[0].startswith("for 'b' against the rest its own AUC is ")
    assert _class(CHANCE.normal(size=M)) == []


def test_a_value_that_one_class_has_is_named() -> None:
    word = np.where((CLASSES == "c") & (np.arange(M) < 200), "late", "other")

    assert _class(word) == ["66 of 66 rows with 'late' have the label 'c'"]


def test_a_value_that_excludes_a_class_is_no_news() -> None:
    """Two thirds of all rows are not `a` anyway."""
    word = np.where(CLASSES == "a", np.where(np.arange(M) % 2 == 0, "x", "y"), "y")

    assert _class(np.where(CLASSES == "a", "y", np.where(np.arange(M) % 2 == 0, "z", "y"))) == []
    assert _class(word) != []


def test_an_input_that_gives_away_all_classes_names_three() -> None:
    found = _class(CLASSES)

    assert found[0].count("have the label") == 3
    assert found[0].startswith("200 of 200 rows with 'a' have the label 'a'; ")


@pytest.mark.parametrize("sign", [1, -1])
def test_a_line_through_the_target_is_named(sign: int) -> None:
    """Against numpy's own correlation coefficient."""
    near = sign * TARGET + CHANCE.normal(size=M) * 200
    r = np.corrcoef(near, TARGET)[0, 1]
    assert abs(r) > 0.95

    assert _target(near) == [f"its correlation with the target is {r:.3f}"]
    assert _target(pd.Series(near).where(np.arange(M) % 2 == 0)) != []
    assert _target(sign * TARGET + CHANCE.normal(size=M) * 400) == []


def test_values_of_any_size_have_a_correlation() -> None:
    for scale in (1e-300, 1e300):
        assert _target(TARGET / np.abs(TARGET).max() * scale) != []
    assert _target(TARGET, target=TARGET / np.abs(TARGET).max() * 1e300) != []


def test_fewer_than_30_rows_are_too_few_and_constants_say_nothing() -> None:
    assert _target(TARGET[:29], target=TARGET[:29]) == []
    assert _target(TARGET[:30], target=TARGET[:30]) != []
    assert _target(np.ones(M)) == []
    assert _target(TARGET, target=np.ones(M)) == []
    assert _target(TARGET, target=np.zeros(M)) == []


def test_words_whose_means_are_the_target_are_named() -> None:
    """Between the words 98.9 % of the variance, by the definition of eta squared."""
    level = np.arange(M) % 4
    word = np.array(["p", "q", "r", "s"])[level]
    target = np.array([0.0, 50.0, -20.0, 7.0])[level] + CHANCE.normal(size=M) * 2.5
    means = pd.Series(target).groupby(word).transform("mean")
    share = 1 - ((target - means) ** 2).sum() / ((target - target.mean()) ** 2).sum()

    assert _target(word, target=target) == [
        f"its values alone explain {100 * share:.1f} % of the target's variance"
    ]
    assert _target(word, target=CHANCE.permutation(target)) == []


def test_a_word_for_each_row_explains_nothing() -> None:
    """51 values, or fewer than ten rows a value: means of single rows fit any target."""
    few = np.array([f"w{i}" for i in np.arange(60) % 10])

    assert _target(few, target=np.arange(60.0) % 10) == []
    assert _target(np.array([f"w{i}" for i in np.arange(M) % 51]), target=np.arange(M) % 51.0) == []


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
