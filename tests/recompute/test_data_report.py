"""What the notes say: rows, missing values, rows that are there twice, labels by group."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.recompute.case import binary_config

from affidavit.config import Config, Label
from affidavit.evidence import AttributeSpec
from affidavit.recompute import data_report as data_report_module
from affidavit.recompute.coded import code
from affidavit.recompute.data_report import data_notes, duplicates, group_notes
from affidavit.recompute.groups import Grouping
from affidavit.recompute.rows import Rows, read_rows
from affidavit.recompute.table import Table

N = 400
Y = np.where(np.arange(N) % 4 == 0, "yes", "no")


def _rows(**columns) -> Rows:
    frame = pd.DataFrame({"id": np.arange(N).astype(str), "y": Y, **columns})
    table = Table("t.csv", pa.Table.from_pandas(frame, preserve_index=False), is_text=False)
    return read_rows(table, "evaluation", binary_config())


def test_the_notes_say_what_the_snapshot_holds() -> None:
    notes = data_notes([_rows(c=[None] * 3 + [1.5] * (N - 3))])

    assert notes == (
        "evaluation: 400 rows, 3 columns.",
        "evaluation: labels no 300, yes 100; none 0.",
        "evaluation: missing values c 3.",
    )


def test_missing_values_are_those_that_no_number_can_be_read_from() -> None:
    notes = data_notes(
        [_rows(c=[float("nan")] * 3 + [1.5] * (N - 3), d=[""] * 2 + ["x"] * (N - 2))]
    )

    assert notes[2] == "evaluation: missing values c 3, d 2."


def _duplicates(**columns):
    n = len(next(iter(columns.values())))
    frame = pd.DataFrame({"id": np.arange(n).astype(str), "y": ["no"] * n, **columns})
    table = Table("t.csv", pa.Table.from_pandas(frame, preserve_index=False), is_text=False)
    return duplicates(read_rows(table, "evaluation", binary_config()), binary_config(), ("r.json",))


def test_rows_that_are_there_twice_are_counted_whatever_their_id() -> None:
    values = np.r_[np.arange(190.0), np.zeros(10)]

    found = _duplicates(x=values, word=["a"] * 200)

    assert found.n == 10
    assert found.notes == (
        "evaluation: 10 of 200 rows equal an earlier row in all columns but the row id.",
    )
    assert [(f.id, f.kind, f.found) for f in found.findings] == [
        ("recompute.duplicates.evaluation", "exception", "10 of 200 rows")
    ]


def test_one_percent_is_no_finding_and_coarse_tables_are_none() -> None:
    assert _duplicates(x=np.r_[np.arange(198.0), 0, 1]).findings == ()
    assert len(_duplicates(x=np.r_[np.arange(197.0), 0, 1, 2]).findings) == 1
    coarse = _duplicates(x=np.arange(200) % 10, word=[f"w{i % 7}" for i in range(200)])
    assert coarse.n == 130
    assert coarse.findings == ()


CELLS = st.sampled_from([None, 0.0, -0.0, 1.5, float("nan"), 1e300])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(CELLS, st.sampled_from(["a", "b", "", None]), st.booleans()), min_size=1))
def test_duplicates_are_those_that_a_set_of_rows_finds(cells) -> None:
    """Missing is missing, however written; 0 and -0 are one number."""
    numbers = pa.array([c[0] for c in cells], pa.float64())
    words, flags = pa.array([c[1] for c in cells], pa.string()), pa.array([c[2] for c in cells])
    n = len(cells)
    table = pa.table({"id": [str(i) for i in range(n)], "y": ["no"] * n, "number": numbers,
                      "word": words, "flag": flags})  # fmt: skip
    rows = read_rows(Table("t.parquet", table, is_text=False), "evaluation", binary_config())

    plain = {
        (None if c[0] is None or c[0] != c[0] else c[0] + 0.0, c[1] or None, c[2]) for c in cells
    }

    assert duplicates(rows, binary_config()).n == n - len(plain)


def test_duplicates_are_found_among_lists_and_dates_too() -> None:
    days = pd.to_datetime(["2025-01-01", "2025-01-01", "2025-01-02"])

    assert _duplicates(c=[[1], [1], [2]], when=days).n == 1


def test_a_table_too_large_to_look_for_them_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_report_module, "MAX_CELLS", 399)

    found = _duplicates(x=np.zeros(200))

    assert found.n is None
    assert found.notes == ("evaluation: duplicates were not looked for: more than 399 values.",)


def _grouping(values) -> Grouping:
    spec = AttributeSpec(name="sex", reference=None, source="observed")
    return Grouping(spec=spec, column=code(pa.array(values)))


def _notes(labels, groups, **changes) -> tuple[str, ...]:
    config = Config(**{**binary_config().model_dump(), **changes})
    frame = pd.DataFrame({"id": [str(i) for i in range(len(labels))], "y": labels})
    table = Table("t.csv", pa.Table.from_pandas(frame, preserve_index=False), is_text=False)
    return group_notes(read_rows(table, "evaluation", config), [_grouping(groups)], config)


OTHER = Label(column="y", kind="outcome")


def test_labels_are_shown_by_group_with_those_that_lack_one() -> None:
    labels = ["yes"] * 10 + ["no"] * 30 + [None] + ["no"] * 12 + [None] * 3

    notes = _notes(labels, ["f"] * 41 + ["m"] * 12 + ["x"] * 3)

    (note,) = notes
    assert note == (
        "evaluation: share of the label 'yes' by sex: f 25.0 % (n 40, none 1), m 0.0 % (n 12), x no "
        "label known of 3."
    )


@pytest.mark.parametrize(("yes", "no"), [(1, 0), (0, 9), (9, 40), (40, 9), (9, 0)], ids=str)
def test_labels_of_few_persons_of_a_group_are_not_told(yes: int, no: int) -> None:
    """Neither of the group nor of the others, whose shares would give it by subtraction."""
    labels = ["yes"] * 20 + ["no"] * 20 + ["yes"] * yes + ["no"] * no

    notes = _notes(labels, ["f"] * 40 + ["m"] * (yes + no))

    (note,) = notes
    assert note == (
        "evaluation: share of the label 'yes' by sex is not told here: it would be that of fewer "
        "than 10 rows; the counts have it."
    )


def test_a_regression_shows_the_mean_of_each_group() -> None:
    notes = _notes(
        [1.0, 2.0] * 10 + [7.0] * 10, ["f"] * 20 + ["m"] * 10, task="regression", label=OTHER
    )
    assert notes == ("evaluation: mean of the label by sex: f 1.5 (n 20), m 7 (n 10).",)

    (note,) = _notes([1.0] * 20 + [7.0] * 9, ["f"] * 20 + ["m"] * 9, task="regression", label=OTHER)
    assert note.startswith("evaluation: mean of the label by sex is not told here")


def test_a_multiclass_label_shows_the_largest_class_of_each_group() -> None:
    labels = ["a"] * 20 + ["b"] * 10 + ["a", "b"] * 10

    notes = _notes(labels, ["f"] * 30 + ["m"] * 20, task="multiclass", label=OTHER)

    assert notes == (
        "evaluation: most frequent label by sex: f 'a' 66.7 % (n 30), m 'a' 50.0 % (n 20).",
    )
