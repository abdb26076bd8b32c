"""A profile of each column: use, kind, counts, and hints that never hold a value."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.recompute.case import binary_config, sensitive

from affidavit.config import Decision, Label, SegmentColumn, Time
from affidavit.config import Rows as RowsConfig
from affidavit.config import Segment as DecisionSegment
from affidavit.evidence import ColumnProfile
from affidavit.recompute import columns as columns_module
from affidavit.recompute.columns import column_profiles
from affidavit.recompute.personal import is_card, is_iban, name_hints, value_hints
from affidavit.recompute.rows import Rows, read_rows
from affidavit.recompute.table import Table


def _rows(columns: dict | pa.Table, config=None) -> Rows:
    if isinstance(columns, dict):
        n = len(next(iter(columns.values())))
        columns = pa.table(
            {
                "id": [str(i) for i in range(n)],
                "y": ["yes", "no"] * (n // 2) + ["no"] * (n % 2),
                **columns,
            }
        )
    return read_rows(
        Table("t.csv", columns, is_text=False), "evaluation", config or binary_config()
    )


def _profile(values, name: str = "c") -> ColumnProfile:
    # Excluded, since infinite values are refused in what the model may see.
    config = binary_config(rows=RowsConfig(exclude=(name,)))
    found = column_profiles([_rows({name: values}, config)], [], config).columns
    return next(c for c in found if c.name == name)


@pytest.mark.parametrize(
    ("values", "kind", "missing", "distinct", "low", "high"),
    [
        ([1.5, None, 3.0, 3.0], "number", 1, 2, 1.5, 3.0),
        ([1.5, np.nan, 3.0, np.inf], "number", 1, 3, 1.5, 3.0),
        (["1.5", None, "3", " 3"], "number", 1, 2, 1.5, 3.0),
        ([1, 2, 2, None], "whole number", 1, 2, 1.0, 2.0),
        (["1", "0", "1.0", None], "whole number", 1, 2, 0.0, 1.0),
        ([Decimal("1.25"), None, Decimal("2.50")], "number", 1, 2, 1.25, 2.5),
        (["007", "1", "2"], "text", 0, 3, None, None),
        (["a", "", None, "b"], "text", 2, 2, None, None),
        (["yes", "no", "yes", "No"], "yes/no", 0, 3, None, None),
        ([True, False, None], "yes/no", 1, 2, None, None),
        (["2025-01-31", "2025-02-01 10:00:00"], "date", 0, 2, None, None),
        ([dt.date(2025, 1, 31), None], "date", 1, 1, None, None),
        ([None, None], "empty", 2, 0, None, None),
        ([[1], [1], None], "text", 1, 1, None, None),
    ],
)  # fmt: skip
def test_how_a_column_reads(values, kind, missing, distinct, low, high) -> None:
    found = _profile(pa.array(values, from_pandas=False))

    assert (found.kind, found.n, found.missing, found.distinct) == (
        kind, len(values), missing, distinct,
    )  # fmt: skip
    assert (found.low, found.high) == (low, high)


def test_what_each_column_is_used_for() -> None:
    config = binary_config(
        rows=RowsConfig(id="id", weight="w", exclude=("zip",)),
        decision=Decision(
            column="final",
            threshold=0.5,
            segment=(DecisionSegment(column="branch", value="a", threshold=0.4),),
        ),
        sensitive={
            "g": sensitive(column="g"),
            "origin": sensitive(column="", probabilities={"a": "p_a", "b": "p_b"}, reference="a"),
            "apart": sensitive(column="s", table="protected.csv", join_on="person"),
        },
        segments={"region": SegmentColumn(column="region"), "x": SegmentColumn(column="x")},
        time=Time(column="when"),
        unit="household",
    )
    names = ["id", "w", "zip", "final", "branch", "g", "p_a", "p_b", "person", "region", "x", "when",
             "household", "s", "left"]  # fmt: skip
    columns = {n: ["1", "2"] for n in names} | {"y": ["yes", "no"], "final": ["yes", "no"]}

    found = column_profiles([_rows(pa.table(columns), config)], ["x", "zip", "g"], config)

    assert {c.name: c.used_as for c in found.columns} == {
        "id": "row id", "w": "weight", "zip": "excluded", "final": "decision", "branch": "segment",
        "g": "sensitive", "p_a": "sensitive", "p_b": "sensitive", "person": "row id",
        "region": "segment", "x": "input", "when": "time", "household": "unit", "s": "unused",
        "left": "unused", "y": "label",
    }  # fmt: skip


def test_identifiers_have_no_ends() -> None:
    """The smallest account number is somebody's."""
    table = pa.table({"id": [4711, 4712], "y": ["yes", "no"], "phone": [5551234, 5559876]})

    found = column_profiles([_rows(table)], [], binary_config()).columns

    assert [(c.name, c.low, c.high) for c in found if c.name != "y"] == [
        ("id", None, None), ("phone", None, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "meaning"),
    [
        ("name", "a name"), ("customerEmail", "an e-mail address"), ("LAST_NAME", "a name"),
        ("date_of_birth", "a day of birth"), ("DOB", "a day of birth"), ("clientIP", "a device"),
        ("iban", "an account"), ("SSN", "an identity number"), ("postcode", "a place"),
        ("home.address", "an address"), ("passport-no", "an identity number"),
        ("mobilePhone", "a telephone number"), ("social_security", "an identity number"),
    ],
)  # fmt: skip
def test_words_of_a_name_are_hints(name: str, meaning: str) -> None:
    assert any(h.startswith(f"its name speaks of {meaning}") for h in name_hints(name))


@pytest.mark.parametrize(
    "name", ["income", "shipment", "tip", "zipper", "hirat", "unemp", "tinted"]
)
def test_parts_of_words_are_no_hints(name: str) -> None:
    assert name_hints(name) == ()


# The IBAN registry's own examples, and the test numbers that card schemes publish.
@pytest.mark.parametrize(
    "value", ["DE89370400440532013000", "GB29 NWBK 6016 1331 9268 19", "NO9386011117947",
              "fr1420041010050500013M02606"],
)  # fmt: skip
def test_an_iban_is_known_by_its_check_digits(value: str) -> None:
    assert is_iban(value)
    wrong = value[:-1] + ("1" if value[-1] != "1" else "2")
    assert not is_iban(wrong)


@pytest.mark.parametrize("value", ["4111111111111111", "5500-0000-0000-0004", "378282246310005"])
def test_a_card_is_known_by_luhn(value: str) -> None:
    assert is_card(value)
    assert not is_card(value[:-1] + str((int(value[-1]) + 1) % 10))
    assert not is_card("0000000000000000")
    assert not is_card("٤١١١١١١١١١١١١١١١")


@pytest.mark.parametrize(
    ("values", "meaning"),
    [
        (["a@b.org", "x.y@bank.example"], "an e-mail address"),
        (["DE89370400440532013000", "GB29NWBK60161331926819", *["-"] * 50], "an IBAN"),
        (["+49 30 901820", "020 7946 0018", "(212) 555-0142"], "a telephone number"),
        (["4111111111111111", "5500000000000004"], "a card number"),
        (["10.0.0.1", "2001:db8::1"], "an IP address"),
    ],
)
def test_values_of_a_shape_are_hints(values: list[str], meaning: str) -> None:
    hints = value_hints(values)

    assert len(hints) == 1
    assert hints[0].endswith(f"of {len(values)} values looked at have the form of {meaning}")


@pytest.mark.parametrize(
    "values",
    [
        ["2025-01-31", "2025-02-01"], ["31.12.2024", "01.01.2025"], ["12.5", "13.75"], ["yes", "no"],
        ["1234567890123456", "1234567890123457"], ["a@b", "@", "x@y."], ["999.1.1.1", "1.2.3"],
        ["one@b.org"], [],
    ],
)  # fmt: skip
def test_other_values_are_no_hints(values: list[str]) -> None:
    assert value_hints(values) == ()


def test_no_value_of_a_text_column_is_in_the_record() -> None:
    secret = [f"ada{i}@lovelace.example" for i in range(40)]

    found = _profile(pa.array(secret), "contact")

    assert found.hints == ("40 of 40 values looked at have the form of an e-mail address",)
    assert "lovelace" not in json.dumps(found.model_dump())


def test_a_wide_table_is_bounded_and_what_is_left_out_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(columns_module, "MAX_COLUMNS", 4)
    table = pa.table({**{f"x{i}": [1, 2] for i in range(5)}, "id": ["1", "2"], "y": ["yes", "no"]})

    found = column_profiles([_rows(table)], ["x0", "x4"], binary_config())

    assert [c.name for c in found.columns] == ["x0", "x1", "id", "y"]
    assert found.notes == (
        "evaluation: 3 of 7 columns are not profiled; those that affidavit.toml names come first.",
    )


def test_a_thousand_columns_are_profiled_within_seconds() -> None:
    random = np.random.RandomState(0)
    frame = pd.DataFrame(random.normal(size=(2000, 1200)), columns=[f"x{i}" for i in range(1200)])
    table = pa.Table.from_pandas(frame.assign(id=range(2000), y="no"), preserve_index=False)

    found = column_profiles([_rows(table)], list(frame.columns), binary_config())

    assert len(found.columns) == 1000
    assert {"id", "y"} <= {c.name for c in found.columns}


def test_a_label_without_the_other_value_is_profiled_too() -> None:
    config = binary_config(label=Label(column="c", kind="outcome", positive="1", favourable="0"))

    found = column_profiles([_rows({"c": ["1", "1"]}, config)], [], config).columns

    assert next(c.used_as for c in found if c.name == "c") == "label"
