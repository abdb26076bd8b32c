"""How the model is asked, and what decides beside it, in words that mean one thing."""

from __future__ import annotations

import pytest

from affidavit.errors import ConfigError
from affidavit.toml_reader import read_config

BASE = """\
version = 1
task = "binary"

[label]
column = "deny"
kind = "past-decision"
positive = "yes"
favourable = "no"

[model]
adapter = "prep.features:prepare"
params = { mode = "x", n = 3, cut = 0.5, strict = true, weights = [1, 2.5] }

[features]
columns = ["income", "debt"]

[decision]
threshold = 0.25
beside = ["policy rules", "models:/fraud/7"]

[datasets.evaluation]
path = "data/evaluation.csv"
include = "embed"
"""


def told(old: str, new: str) -> list[str]:
    assert old in BASE
    with pytest.raises(ConfigError) as refused:
        read_config(BASE.replace(old, new, 1).encode(), "affidavit.toml")
    return str(refused.value.what).splitlines()[1:]


def test_it_is_read_as_written() -> None:
    read = read_config(BASE.encode(), "affidavit.toml")

    assert read.model.adapter == "prep.features:prepare"
    assert read.model.params == {
        "mode": "x", "n": 3, "cut": 0.5, "strict": True, "weights": (1, 2.5),
    }  # fmt: skip
    assert type(read.model.params["strict"]) is bool
    assert type(read.model.params["n"]) is int
    assert read.decision.beside == ("policy rules", "models:/fraud/7")


@pytest.mark.parametrize(
    "name", ["prepare", "prep/features.py:prepare", "prep:", ":f", "prep..x:f", "a:b:c", "1a:f", "a b:f"]
)  # fmt: skip
def test_an_adapter_is_a_module_and_a_function(name: str) -> None:
    (line,) = told('"prep.features:prepare"', f'"{name}"')

    assert 'model.adapter: expected a function of a module, as in "prep.features:prepare"' in line


def test_an_adapter_needs_the_columns_that_it_is_given() -> None:
    (line,) = told('[features]\ncolumns = ["income", "debt"]\n', "")

    assert line.startswith("line 11: model.adapter needs [features] columns")


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("2026-01-01T10:00:00", "found a time"),
        ("{ a = 1 }", "found a table"),
        ("[]", "found a list"),
        ("[[1]]", "found a list"),
        ("9007199254740993", "found a huge number"),
        ("inf", "expected a number, found inf"),
        ('""', "is empty"),
    ],
)
def test_a_parameter_is_a_plain_value_or_a_list_of_them(value: str, found: str) -> None:
    (line,) = told("n = 3", f"n = {value}")

    assert "model.params.n" in line
    assert found in line


def test_a_parameter_has_a_name_that_a_function_can_have() -> None:
    (line,) = told("n = 3", '"n m" = 3')

    assert "cannot be a parameter's name" in line


def test_what_decides_beside_the_model_fits_on_page_one() -> None:
    (again,) = told('"models:/fraud/7"', '"policy rules"')
    (long,) = told('"models:/fraud/7"', f'"{"x" * 201}"')
    (many,) = told('["policy rules", "models:/fraud/7"]', str([f"rule {n}" for n in range(9)]))

    assert 'decision.beside[2] names "policy rules" again' in again
    assert "has 201 characters; page one has room for 200" in long
    assert "names 9; page one has room for 8" in many


def test_a_misspelt_key_is_told_with_the_right_one() -> None:
    (line,) = told("adapter =", "adaptor =")

    assert "model.adaptor is not a known key; did you mean" in line
