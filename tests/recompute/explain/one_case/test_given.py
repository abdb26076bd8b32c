"""One row, by id or as a case: typed as the data are, and refused in words where it cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.recompute.case import binary_config

from affidavit.config import Config, Decision, Segment
from affidavit.errors import UsageError
from affidavit.recompute.explain.one_case.case_file import CaseFile, Value
from affidavit.recompute.explain.one_case.given import Given, row_by_id, row_of_case
from affidavit.recompute.rows import Rows, read_rows
from affidavit.recompute.segments import thresholds
from affidavit.recompute.table import Table
from affidavit.recompute.worker.model_files import Column, ModelPlan

INPUTS = pa.table({
    "age": pa.array([30, 40], pa.int64()), "income": pa.array([1.5, None], pa.float64()),
    "ratio": pa.array([0.5, 0.25], pa.float32()), "region": pa.array(["north", None]),
    "member": pa.array([True, False]),
})  # fmt: skip
GOOD: dict[str, Value] = {"age": 31, "income": 2, "ratio": 0.5, "region": "west", "member": True}
TEXTS: dict[str, Value] = {
    "age": "31",
    "income": "2",
    "ratio": "0.5",
    "region": "west",
    "member": "true",
}


def plan() -> ModelPlan:
    return ModelPlan(
        flavor="sklearn", file="", format="", kind="", code=(), is_frame=True, columns_from="test",
        columns=tuple(Column(name=n, kind=None) for n in INPUTS.column_names),
    )  # fmt: skip


def given(fields: dict[str, Any], config: Config | None = None, *, is_text: bool = False) -> Given:
    case = CaseFile(name="case.json", sha256="0" * 64, fields=fields, is_text=is_text)
    return row_of_case(case, "case", INPUTS, config or binary_config())


@pytest.mark.parametrize(("fields", "is_text"), [(GOOD, False), (TEXTS, True)])
def test_a_case_has_the_types_of_the_data(fields: dict[str, Value], is_text: bool) -> None:
    found = given(fields, is_text=is_text)

    assert found.inputs.schema == INPUTS.schema
    assert found.inputs.to_pylist() == [
        {"age": 31, "income": 2.0, "ratio": 0.5, "region": "west", "member": True}
    ]
    assert found.rows.n == 1
    assert found.rows.ids().to_pylist() == ["case"]
    assert not found.rows.is_labelled.any()


def test_the_order_is_the_model_s_whatever_the_file_s() -> None:
    turned = dict(reversed(GOOD.items()))

    assert given(turned).inputs.column_names == INPUTS.column_names


def test_what_is_missing_is_missing_where_the_data_may_lack_it() -> None:
    found = given({**GOOD, "income": None, "region": None, "member": None})

    assert [found.inputs.column(c)[0].as_py() for c in ("income", "region", "member")] == [None] * 3
    with pytest.raises(UsageError, match="age: missing, and in the data it never is"):
        given({**GOOD, "age": None})


def test_a_whole_number_keeps_its_last_digit() -> None:
    assert given({**GOOD, "age": 2**53 + 1}).inputs.column("age")[0].as_py() == 2**53 + 1
    texts = {**TEXTS, "age": str(2**53 + 1)}
    assert given(texts, is_text=True).inputs.column("age")[0].as_py() == 2**53 + 1


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"age": "31"}, "age: expected a whole number, found text"),
        ({"age": 31.5}, "age: expected a whole number, found another number"),
        ({"age": True}, "age: expected a whole number, found true or false"),
        ({"age": 2**70}, "age: expected a whole number"),
        ({"income": "2"}, "income: expected a number, found text"),
        ({"income": float("inf")}, "income: expected a number, found an infinite one"),
        ({"region": 5}, "region: expected text, found a number"),
        ({"member": 1}, "member: expected true or false, found a number"),
    ],
)
def test_a_wrong_type_in_json_is_said(changed: dict[str, Value], said: str) -> None:
    with pytest.raises(UsageError, match=said) as told:
        given({**GOOD, **changed})

    assert told.value.exit_code == 2


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"age": "old"}, "age: expected a whole number"), ({"age": "3.5"}, "age: expected a whole"),
     ({"income": "much"}, "income: expected a number"), ({"income": "inf"}, "an infinite one"),
     ({"member": "perhaps"}, "member: expected true or false")],
)  # fmt: skip
def test_a_wrong_value_in_csv_is_said(changed: dict[str, Value], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        given({**TEXTS, **changed}, is_text=True)


def test_all_wrong_types_are_told_at_once_one_a_line() -> None:
    with pytest.raises(UsageError) as told:
        given({**GOOD, "age": "x", "region": 5})

    assert [line.split(": ")[1] for line in told.value.what.splitlines()] == ["age", "region"]


def test_missing_and_extra_fields_are_named() -> None:
    less = {k: v for k, v in GOOD.items() if k not in ("age", "region")}

    with pytest.raises(UsageError, match=r"age, region are missing"):
        given(less)
    with pytest.raises(UsageError, match=r"sex: neither an input of the model nor what decides"):
        given({**GOOD, "sex": "f"})


def test_a_column_that_chooses_the_threshold_is_needed_and_taken() -> None:
    decision = Decision(
        threshold=0.5, segment=(Segment(column="product", value="card", threshold=0.3),)
    )
    config = binary_config(decision=decision)

    with pytest.raises(UsageError, match="product is missing"):
        given(GOOD, config)
    card, loan = (given({**GOOD, "product": p}, config) for p in ("card", "loan"))

    assert [float(thresholds(g.rows, config)[0]) for g in (card, loan)] == [0.3, 0.5]
    assert "product" not in card.inputs.column_names


def test_a_final_decision_may_be_given_and_without_one_none_is_known() -> None:
    config = binary_config(decision=Decision(threshold=0.5, column="final"))

    assert given(GOOD, config).config.decision.column is None
    assert given({**GOOD, "final": "no"}, config).config.decision.column == "final"
    alone = binary_config(decision=Decision(column="final"))
    with pytest.raises(UsageError, match="final is missing"):
        given(GOOD, alone)


def rows(role: str, ids: list[str]) -> Rows:
    data = pa.table({"id": ids, "y": ["yes"] * len(ids), **{
        n: pa.array([INPUTS.column(n)[i % 2].as_py() for i in range(len(ids))], INPUTS.schema.field(n).type)
        for n in INPUTS.column_names
    }})  # fmt: skip
    return read_rows(Table(f"{role}.parquet", data, is_text=False), role, binary_config())


def test_a_row_is_found_by_its_id_in_the_first_role_that_has_it() -> None:
    roles = (rows("evaluation", ["a", "b"]), rows("training", ["b", "c"]))

    second, third = (row_by_id(i, roles, plan(), binary_config()) for i in ("b", "c"))

    assert (second.rows.role, second.rows.ids().to_pylist()) == ("evaluation", ["b"])
    assert second.inputs.column("age").to_pylist() == [40]
    assert np.array_equal(second.rows.weights, [1.0])
    assert (third.rows.role, third.inputs.num_rows) == ("training", 1)


def test_an_unknown_id_says_where_was_looked_and_how_to_give_a_case() -> None:
    with pytest.raises(UsageError) as told:
        row_by_id("z", (rows("evaluation", ["a", "b"]),), plan(), binary_config())

    assert "--row z: no row has this id" in told.value.what
    assert told.value.cause == "looked at 2 of evaluation; the id is the column 'id'"
    assert "--case" in told.value.fix


def test_without_an_id_column_the_id_is_the_number(tmp_path: Path) -> None:
    config = binary_config(rows=binary_config().rows.model_copy(update={"id": None}))
    plain = rows("evaluation", ["a", "b"])
    numbered = Rows(role="evaluation", table=plain.table, id_column=None, labels=plain.labels,
                    targets=plain.targets, weights=plain.weights, is_weighted=False)  # fmt: skip

    assert row_by_id("2", (numbered,), plan(), config).inputs.column("age").to_pylist() == [40]
