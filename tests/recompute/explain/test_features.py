"""Features, kinds and protected columns: what the configuration names is what the model has."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from affidavit.config import Config
from affidavit.errors import ConfigError
from affidavit.recompute.explain.features import (
    code_of,
    features_of,
    kinds_of,
    protected_columns,
)

INPUTS = pa.table(
    {
        "income": [1.5, 2.0, None],
        "card": [1, 2, 3],
        "age": pa.array([30.0, None, 50.0]),
        "loan": [0.5, 0.25, 0.75],
        "north": [0, 1, 0],
        "south": [1.0, 0.0, float("nan")],
        "purpose": ["car", "home", None],
        "married": [True, False, True],
    }
)


def config(**explain: Any) -> Config:
    return Config.model_validate(
        {
            "version": 1, "task": "binary",
            "label": {"column": "y", "kind": "outcome", "positive": "1", "favourable": "0"},
            "decision": {"threshold": 0.5},
            "rows": {"id": "id", "exclude": ("name",)},
            "sensitive": {
                "sex": {"column": "sex", "source": "observed"},
                "race": {
                    "source": "estimated", "probabilities": {"a": "p_a", "b": "p_b"},
                },
            },
            "datasets": {"evaluation": {"path": "a.csv", "include": "embed"}},
            "explain": explain,
        },
        strict=False,
    )  # fmt: skip


def told(**explain: Any) -> str:
    with pytest.raises(ConfigError) as refused:
        features_of(INPUTS, config(**explain))
        kinds_of(INPUTS, config(**explain))
    return refused.value.what


def test_a_group_is_one_feature_at_its_first_column() -> None:
    found = features_of(INPUTS, config(groups={"debt": ["loan", "card"]}))

    assert [(f.name, f.columns) for f in found[:3]] == [
        ("income", ("income",)), ("debt", ("card", "loan")), ("age", ("age",)),
    ]  # fmt: skip
    assert sorted(c for f in found for c in f.columns) == sorted(INPUTS.column_names)


def test_kinds_are_of_the_values() -> None:
    kinds = {k.column: k.kind for k in kinds_of(INPUTS, config())}

    assert kinds == {
        "income": "number", "card": "integer", "age": "integer", "loan": "number",
        "north": "integer", "south": "integer", "purpose": "category", "married": "boolean",
    }  # fmt: skip


def test_a_column_of_codes_is_a_category() -> None:
    kinds = {k.column: k.kind for k in kinds_of(INPUTS, config(categories=["card"]))}

    assert (kinds["card"], kinds["north"]) == ("category", "integer")


def test_a_column_without_any_value_is_a_number() -> None:
    inputs = pa.table({"a": pa.array([None, None], pa.float64()), "b": np.array([np.nan, 1.5])})

    assert [k.kind for k in kinds_of(inputs, config())] == ["number", "number"]


CHANGES = "[explain.counterfactuals]"
FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"groups": {"debt": ["card", "lone"]}}, "[explain.groups] debt: 'lone' is no input of the model; did you mean 'loan'?"),
    ({"groups": {"age": ["card", "loan"]}}, "[explain.groups] age has the name of an input that is not in it"),
    ({"counterfactuals": {"immutable": ["agee"]}}, f"{CHANGES} immutable: 'agee' is no input of the model; did you mean 'age'?"),
    ({"categories": ["CARD"]}, "[explain] categories: 'CARD' is no input of the model; did you mean 'card'?"),
    ({"words": {"incme": "w"}}, "[explain.words]: 'incme' is no feature of the model; did you mean 'income'?"),
    ({"categories": ["cart"]}, "[explain] categories: 'cart' is no input of the model; did you mean 'card'?"),
    ({"counterfactuals": {"only_up": ["sex"]}}, f"{CHANGES} only_up: 'sex' is no input of the model"),
    ({"counterfactuals": {"bounds": {"incom": {"min": 0}}}}, f"{CHANGES} bounds: 'incom' is no input of the model; did you mean 'income'?"),
    ({"counterfactuals": {"one_hot": [["north", "east"]]}}, f"{CHANGES} one_hot: 'east' is no input of the model"),
    ({"counterfactuals": {"only_down": ["purpose"]}}, f"{CHANGES} only_down: 'purpose' is no number, it is a category"),
    ({"counterfactuals": {"bounds": {"married": {"min": 0}}}}, f"{CHANGES} bounds: 'married' is no number, it is a boolean"),
    ({"counterfactuals": {"one_hot": [["north", "card"]]}}, f"{CHANGES} one_hot: 'card' holds something else than 0 and 1"),
    ({"reason": [{"code": "R", "text": "t", "features": ["incme"]}]}, "[[explain.reason]] R: 'incme' is no feature of the model; did you mean 'income'?"),
]  # fmt: skip


@pytest.mark.parametrize(("explain", "expected"), FAULTS, ids=[f[1][:70] for f in FAULTS])
def test_names_that_the_model_does_not_have_are_refused(
    explain: dict[str, Any], expected: str
) -> None:
    assert expected in told(**explain).splitlines()[1]


def test_all_faults_are_told_at_once() -> None:
    said = told(counterfactuals={"only_up": ["x1"], "only_down": ["x2"]})

    assert said.startswith("affidavit.toml does not fit the model, 2 faults:")
    assert ("'x1'" in said, "'x2'" in said) == (True, True)


def test_the_inputs_that_there_are_stand_with_the_faults() -> None:
    with pytest.raises(ConfigError) as refused:
        features_of(INPUTS, config(categories=["postcode"]))

    assert refused.value.cause == (
        "it reads 'income', 'card', 'age', 'loan', 'north', 'south', 'purpose', 'married'"
    )


def test_immutable_may_name_what_the_model_is_not_given() -> None:
    given = config(counterfactuals={"immutable": ["sex", "p_a", "name", "id", "y", "age"]})

    assert len(features_of(INPUTS, given)) == len(INPUTS.column_names)


def test_two_codes_cannot_share_a_feature_of_two_columns() -> None:
    reason = [
        {"code": "A", "text": "a", "features": ["card"]},
        {"code": "B", "text": "b", "features": ["loan"]},
    ]
    apart = config(reason=reason)

    assert apart.explain is not None
    assert code_of(features_of(INPUTS, apart), apart.explain) == {"card": 0, "loan": 1}
    assert "each speaks of the feature 'debt'" in told(
        reason=reason, groups={"debt": ["card", "loan"]}
    )


def test_protected_are_columns_and_probabilities() -> None:
    assert protected_columns(config()) == {
        "sex": "sex", "race": "race", "p_a": "race", "p_b": "race",
    }  # fmt: skip
