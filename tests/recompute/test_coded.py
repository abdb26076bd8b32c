"""Columns as codes: the same texts, however Arrow holds them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affidavit.recompute.coded import Coded, chosen, code, constant
from affidavit.recompute.table import as_coded, as_text

_TEXTS = st.lists(st.one_of(st.none(), st.sampled_from(["a", "b", "1.0", "2", "", "é"])))


@given(parts=st.lists(_TEXTS, min_size=1, max_size=3))
def test_chunks_and_dictionaries_are_coded_as_one_array_is(parts: list[list[str | None]]) -> None:
    plain = pa.chunked_array([pa.array(p, pa.string()) for p in parts])
    apart = pa.chunked_array([pa.array(p, pa.string()).dictionary_encode() for p in parts])
    expected = [v for p in parts for v in p]

    for column in (plain, apart):
        found = code(column)
        assert found.texts().tolist() == expected
        assert set(found.names) == set(expected) - {None}
        assert len(set(found.names)) == len(found.names)


def test_a_dictionary_may_hold_words_twice_null_and_words_that_no_row_has() -> None:
    column = pa.DictionaryArray.from_arrays(
        pa.array([3, None, 1, 0, 2], pa.int8()), ["a", "b", None, "a", "never"]
    )

    found = code(column)

    assert found.texts().tolist() == ["a", None, "b", "a", None]
    assert sorted(found.names) == ["a", "b"]


@pytest.mark.parametrize(
    "values",
    [
        pa.array([1.0, 0.0, None, float("nan"), 1.0]),
        pa.array([1.5, 1.0, -0.0, 0.0]),
        pa.array([2.0**60, 1.0]),
        pa.array([True, False, None]),
        pa.array(["1.0", "0.0", None, ""]),
        pa.array(["1.0", "x"]),
        pa.array([3, 1, 3], pa.int8()),
        pa.array([None, None]),
        pa.array(["a", "b", "a"], pa.large_string()),
        pa.array([1, 2], pa.date32()),
        pa.array([], pa.string()),
    ],
)
def test_any_column_is_coded_as_its_text_reads(values: pa.Array) -> None:
    expected = as_text(values).to_pylist()

    for column in (values, pa.chunked_array([values, values])):
        times = len(column) // max(len(values), 1) or 1
        found = as_coded(column)
        assert found.texts().tolist() == expected * times
        assert set(found.names) == set(expected) - {None}


def test_a_coded_column_answers_for_its_rows() -> None:
    column = Coded(np.array([0, 1, -1, 0], dtype=np.int32), ("a", "b"))

    assert column.equals("a").tolist() == [True, False, False, True]
    assert column.equals("c").tolist() == [False] * 4
    assert column.sizes() == [2, 1]
    assert column.sizes(np.array([True, True, True, False])) == [1, 1]
    assert column.arrow().to_pylist() == ["a", "b", None, "a"]
    assert column.where(slice(1, 3)).texts().tolist() == ["b", None]
    assert constant("x", 2).texts().tolist() == ["x", "x"]
    assert chosen(np.array([True, False]), "y", "n").texts().tolist() == ["y", "n"]
