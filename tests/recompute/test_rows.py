"""Label values against what the configuration says of them, over all roles."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from tests.recompute.case import binary_config

from affidavit.config import Decision, Label
from affidavit.config import Rows as RowsConfig
from affidavit.errors import ConfigError, SourceError
from affidavit.recompute.rows import Classes, Rows, read_classes, read_rows
from affidavit.recompute.table import Table


def _classes(*roles: list[str | None], positive: str = "yes", favourable: str | None = "no"):
    label = Label(column="y", kind="outcome", positive=positive, favourable=favourable)
    config = binary_config(label=label)
    rows = []
    for values in roles:
        ids = [str(i) for i in range(len(values))]
        table = Table("t.csv", pa.table({"id": ids, "y": pa.array(values, pa.string())}), True)
        rows.append(read_rows(table, "evaluation", config))
    return read_classes(tuple(rows), config)


@pytest.mark.parametrize(
    ("values", "positive", "favourable", "negative"),
    [
        (["yes", "no"], "yes", "no", "no"),
        (["no", "no"], "yes", "no", "no"),
        (["yes"], "yes", "no", "no"),
        ([None], "yes", "no", "no"),
        (["no"], "yes", "yes", "no"),
        (["yes", "bad"], "yes", None, "bad"),
    ],
)
def test_one_label_value_is_enough_where_it_is_one_of_the_two(
    values: list[str | None], positive: str, favourable: str | None, negative: str
) -> None:
    found = _classes(values, positive=positive, favourable=favourable)

    assert (found.positive, found.negative) == (positive, negative)
    assert found.is_negative_known


def test_the_other_label_is_unknown_where_nothing_names_it() -> None:
    assert _classes(["yes"], favourable="yes") == Classes(
        values=("yes",), positive="yes", negative="not yes", is_negative_known=False
    )


@pytest.mark.parametrize(
    ("values", "positive", "favourable", "expected"),
    [
        (["1", "1"], "yes", "no", "positive = 'yes' is no value of 'y'"),
        (["yes", "good"], "yes", "no", "favourable = 'no' is no value of 'y'"),
        (["YES", "no"], "yes", "no", "positive = 'yes' is no value of 'y'"),
        (["good", "bad"], "yes", "yes", "positive = 'yes' is no value of 'y'"),
        (["good", "bad"], "yes", None, "positive = 'yes' is no value of 'y'"),
    ],
)
def test_refuses_label_values_that_are_neither_of_the_two(
    values: list[str | None], positive: str, favourable: str | None, expected: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        _classes(values, positive=positive, favourable=favourable)

    assert expected in caught.value.what


def test_whole_floats_of_one_role_are_the_integers_of_another() -> None:
    found = _classes(["0", "1", "1"], ["0.0", "1.0", None], positive="1", favourable="0")

    assert found.values == ("0", "1")


def _read(task: str = "binary", weight: str | None = "w", **columns: Any) -> Rows:
    label = Label(column="y", kind="outcome", positive="1", favourable="0")
    config = binary_config(
        task=task, label=label, rows=RowsConfig(id="id", weight=weight),
        decision=Decision(threshold=0.5, column="d" if "d" in columns else None),
    )  # fmt: skip
    base = {"id": ["a", "b", "c"], "y": ["1", "0", "1"], "w": [1.0, 2.0, 0.5]}
    data = {k: v for k, v in {**base, **columns}.items() if v is not None}
    rows = read_rows(Table("t.parquet", pa.table(data), is_text=False), "evaluation", config)
    read_classes((rows,), config)
    return rows


@pytest.mark.parametrize(
    "labels",
    [
        [1.0, 0.0, None], [1, 0, 1], pa.array([1.0, 0.0, float("nan")]), ["1", "0", "1"],
        ["1.0", "0.0", ""], pa.array([1, 0, 1], pa.int8()),
        pa.array(["1", "0", "never"]).dictionary_encode().take(pa.array([0, 1, 0])),
    ],
)  # fmt: skip
def test_labels_are_the_same_words_whatever_their_type(labels: Any) -> None:
    assert set(_read(y=labels).labels.names) == {"1", "0"}


@pytest.mark.parametrize(
    ("labels", "shown"),
    [
        ([True, False, True], "false, true"),
        ([1.5, 0.5, 1.5], "0.5, 1.5"),
        (["Y", "N", "Y"], "N, Y"),
    ],
)
def test_labels_of_another_kind_are_refused_with_what_there_is(labels: Any, shown: str) -> None:
    with pytest.raises(ConfigError) as caught:
        _read(y=labels)

    assert caught.value.what == "affidavit.toml: [label] positive = '1' is no value of 'y'"
    assert caught.value.cause == f"it holds {shown}"
    assert caught.value.fix == "set positive to one of them"


@pytest.mark.parametrize(
    "weights",
    [
        [1.0, 2.0, 0.0], [1.0, 2.0, -1.0], [1.0, 2.0, None], [1.0, 2.0, float("inf")],
        [1.0, 2.0, float("nan")], [1.0, 2.0, 1e10], ["1", "2", "-inf"],
    ],
)  # fmt: skip
def test_weights_that_are_no_positive_numbers_are_refused(weights: Any) -> None:
    assert _read(w=["1", "2.0", " 0.5"]).weights.tolist() == [1.0, 2.0, 0.5]  # the twin

    with pytest.raises(SourceError) as caught:
        _read(w=weights)

    assert caught.value.what == (
        "t.parquet: the row weight 'w' is not a number from 1e-06 to 1e+09 in 1 rows"
    )
    assert "correct the weights" in caught.value.fix


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"y": ["1", "high", "2"]}, "t.parquet: the label column 'y': row 2 holds no number"),
        ({"y": [1.0, float("inf"), 2.0]}, "t.parquet: the label column 'y' holds infinite values"),
        ({"y": ["1", "-inf", "2"]}, "t.parquet: the label column 'y' holds infinite values"),
        ({"y": pa.array([1, 2, 3], pa.date32())}, "t.parquet: the label column 'y': date32"),
    ],
)
def test_labels_of_a_regression_are_finite_numbers(columns: Any, expected: str) -> None:
    assert _read("regression", y=["1", "2.5", None]).targets.tolist()[:2] == [1.0, 2.5]  # the twin

    with pytest.raises(SourceError) as caught:
        _read("regression", **columns)

    assert caught.value.what.startswith(expected)
    assert "correct the snapshot" in caught.value.fix


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"y": None}, "the label column 'y'"),
        ({"id": None}, "the row id 'id'"),
        ({"w": None}, "the row weight 'w'"),
        ({"d": None}, "the decision column 'd'"),
    ],
)
def test_a_column_that_is_not_there_is_named_with_the_file(columns: Any, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        _read(**columns)

    assert caught.value.what == f"t.parquet: {expected} is not among its columns"
    assert caught.value.fix == "correct affidavit.toml, or the snapshot that it names"


@pytest.mark.parametrize("values", [[["a"], ["b"], ["c"]], [{"k": 1}, {"k": 2}, {"k": 3}]])
def test_a_column_of_lists_or_records_is_no_label(values: Any) -> None:
    with pytest.raises(SourceError, match=r"t\.parquet: the column 'y' holds (list|struct)<"):
        _read(y=values)


def test_ids_that_are_missing_or_stand_twice_are_refused_without_being_named() -> None:
    for ids, expected in (
        (["a", None, "c"], "missing in 1 rows"),
        (["a", "a", "c"], "not distinct"),
    ):
        with pytest.raises(SourceError, match=expected) as caught:
            _read(id=ids)
        assert "'a'" not in str(caught.value)
