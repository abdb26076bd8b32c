"""Label values against what the configuration says of them, over all roles."""

from __future__ import annotations

import pyarrow as pa
import pytest
from tests.recompute.case import binary_config

from affidavit.config import Label
from affidavit.errors import ConfigError
from affidavit.recompute.rows import Classes, read_classes, read_rows
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
