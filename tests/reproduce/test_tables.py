"""Count tables cell by cell, rows one by one."""

from __future__ import annotations

import pytest

from affidavit.errors import BundleError
from affidavit.reproduce.tables import compare_counts, compare_rows, csv_rows

PATH = "data/reports/counts/evaluation.csv"
SIGNED = b"sex,age,label,decision,n,sum_w,sum_w2\nf,old,yes,no,3,3,3\nf,young,yes,no,2,2,2\nm,old,no,no,4,4,4\n"


def test_equal_tables_have_every_cell_equal() -> None:
    counted, told = compare_counts(PATH, SIGNED, SIGNED)

    assert (counted.equal, counted.wrong, told) == (3, 0, ())


def test_an_invented_count_is_told_by_its_cell() -> None:
    invented = SIGNED.replace(b"f,old,yes,no,3,3,3", b"f,old,yes,no,4,4,4")

    counted, (told,) = compare_counts(PATH, invented, SIGNED)

    assert (counted.equal, counted.different) == (2, 1)
    assert told.what == "sex f, age old, label yes, decision no"
    assert (told.signed, told.recomputed) == ("4, 4, 4", "3, 3, 3")


def test_a_cell_that_was_left_out_is_extra_and_one_that_was_added_is_missing() -> None:
    shorter = SIGNED.replace(b"m,old,no,no,4,4,4\n", b"")

    assert [d.status for d in compare_counts(PATH, shorter, SIGNED)[1]] == ["extra"]
    assert [d.status for d in compare_counts(PATH, SIGNED, shorter)[1]] == ["missing"]


def test_without_an_attribute_its_cells_are_added_up() -> None:
    ours = b"age,label,decision,n,sum_w,sum_w2\nold,no,no,4,4,4\nold,yes,no,3,3,3\nyoung,yes,no,2,2,2\n"

    counted, told = compare_counts(PATH, SIGNED, ours, gone={"sex"})

    assert (counted.equal, told) == (3, ())


@pytest.mark.parametrize(
    "content", [b"a,b\n1\n", b"sex,n\nf,3\n", b"\xff\xfe", b"a,n,sum_w,sum_w2\nf,x,1,1\n"]
)
def test_what_is_no_count_table_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(BundleError, match=PATH):
        compare_counts(PATH, content, SIGNED)


def test_a_row_is_told_by_number_and_column_never_by_its_id() -> None:
    signed = list(csv_rows(PATH, b"row_id,score,decision\nana,0.5,yes\nbob,0.25,no\n"))
    ours = list(csv_rows(PATH, b"row_id,score,decision\nana,0.5000000001,yes\nbob,0.75,yes\n"))

    counted, told = compare_rows(PATH, signed, ours, ("score",))

    assert (counted.within, counted.different) == (1, 1)
    assert [(d.what, d.field, d.status) for d in told] == [
        ("row 1", "score", "within"), ("row 2", "score", "different"),
        ("row 2", "decision", "different"),
    ]  # fmt: skip
    assert "ana" not in str(told)
    assert "bob" not in str(told)


def test_more_or_fewer_rows_are_different() -> None:
    rows = list(csv_rows(PATH, b"score\n1\n2\n"))

    assert compare_rows(PATH, rows, rows[:1], ("score",))[0].different == 1
    assert compare_rows(PATH, rows[:1], rows, ("score",))[0].different == 1
