"""Codes stand for cells, and every cell comes back as it was."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affidavit.explanation_record import FeatureName
from affidavit.recompute.explain.backends.coding import CodedRows, WrongCodes, number

CELLS = {
    "int": st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=8),
    "float": st.lists(st.none() | st.floats(allow_nan=False), min_size=1, max_size=8),
    "text": st.lists(st.none() | st.text(max_size=3), min_size=1, max_size=8),
    "bool": st.lists(st.none() | st.booleans(), min_size=1, max_size=8),
}
TYPES = {"int": pa.int64(), "float": pa.float64(), "text": pa.string(), "bool": pa.bool_()}


def one_each(rows: pa.Table) -> tuple[FeatureName, ...]:
    return tuple(FeatureName(name=c, columns=(c,)) for c in rows.column_names)


@settings(max_examples=25, deadline=None)
@given(st.data(), st.sampled_from(sorted(CELLS)))
def test_every_row_comes_back_from_its_codes(data: st.DataObject, kind: str) -> None:
    cells = data.draw(CELLS[kind])
    rows = pa.table({"a": pa.array(cells, TYPES[kind]), "n": pa.array(range(len(cells)))})

    coded = CodedRows(rows, one_each(rows))

    assert coded.decode(coded.matrix).equals(rows)
    whole = CodedRows(rows, (FeatureName(name="both", columns=("n", "a")),))
    assert whole.matrix.shape == (len(cells), 1)
    assert whole.decode(whole.matrix).equals(rows)


def test_numbers_rise_from_a_missing_one_and_equal_cells_have_equal_codes() -> None:
    column = number(pa.chunked_array([[3.5, None], [1.0, 3.5, float("nan")]]))

    assert column.codes.tolist() == [2, 0, 1, 2, 3]
    assert column.has_missing
    assert column.values.to_pylist()[:3] == [None, 1.0, 3.5]
    assert not number(pa.chunked_array([[2, 1]])).has_missing


def test_a_dictionary_column_is_coded_by_its_values() -> None:
    rows = pa.table({"c": pa.array(["x", "y", "x"]).dictionary_encode()})

    coded = CodedRows(rows, one_each(rows))

    assert coded.matrix[:, 0].tolist() == [0, 1, 0]
    assert coded.decode(coded.matrix).column("c").to_pylist() == ["x", "y", "x"]


def test_a_mix_of_two_rows_takes_whole_features() -> None:
    rows = pa.table({"a": [1, 2], "b": ["p", "q"], "c": [True, False]})
    features = (FeatureName(name="ab", columns=("a", "b")), FeatureName(name="c", columns=("c",)))
    coded = CodedRows(rows, features)

    mixed = coded.decode(np.array([[coded.matrix[0, 0], coded.matrix[1, 1]]]))

    assert mixed.to_pylist() == [{"a": 1, "b": "p", "c": False}]


@pytest.mark.parametrize(
    ("matrix", "said"),
    [
        ([[0.0, 2.0]], "a code of b beyond its 2 values"),
        ([[-1.0, 0.0]], "a code of a beyond its 2 values"),
        ([[0.0, np.nan]], "a code that is no number"),
        ([[0.0]], "rows of 1 codes, not 2"),
    ],
)
def test_refuses_what_names_no_row(matrix: list[list[float]], said: str) -> None:
    rows = pa.table({"a": [1, 2], "b": ["p", "q"]})
    coded = CodedRows(rows, one_each(rows))
    assert coded.decode(np.array([[0.0, 1.0]])).to_pylist() == [{"a": 1, "b": "q"}]

    with pytest.raises(WrongCodes) as caught:
        coded.decode(np.array(matrix))

    assert str(caught.value) == said
