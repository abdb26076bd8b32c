"""Estimated groups: weighed with their probability, and assigned by the threshold rule."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.recompute.case import binary_config, sensitive

from affidavit.errors import ConfigError, SourceError
from affidavit.recompute.estimates import Estimate, assign, portions, read_estimate
from affidavit.recompute.groups import group_rows
from affidavit.recompute.rows import read_rows
from affidavit.recompute.table import read_tables
from affidavit.recompute.table_files import TableFile

RACE = sensitive(column="", source="estimated", probabilities={"white": "pw", "black": "pb"})


def estimate(pb: list[float | None], pw: list[float | None]) -> Estimate:
    columns = {"pb": pa.array(pb, pa.float64()), "pw": pa.array(pw, pa.float64())}
    return read_estimate("race", RACE, columns.__getitem__, "a.csv")


def test_the_threshold_rule_takes_the_likeliest_group_where_it_is_sure_enough() -> None:
    found = estimate([0.9, 0.51, 0.3, None], [0.1, 0.49, 0.3, None])

    assert assign(found, 0.5).texts().tolist() == ["black", "black", None, None]
    assert assign(found, 0.8).texts().tolist() == ["black", None, None, None]


def test_two_groups_that_are_equally_likely_are_neither() -> None:
    """An order of names is no reason to choose: of both, the first would gain every such row."""
    assert assign(estimate([0.5], [0.5]), 0.5).texts().tolist() == [None]


def test_a_row_counts_for_each_group_with_its_probability_and_its_own_weight() -> None:
    parts = {
        p.name: (p.rows.tolist(), p.weights.tolist())
        for p in portions(estimate([0.25, 0.0, None], [0.75, 1.0, None]), np.array([2.0, 1.0, 1.0]))
    }

    assert parts == {"black": ([0], [0.5]), "white": ([0, 1], [1.5, 1.0])}


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_portions_of_two_groups_add_up_to_the_rows(shares: list[float]) -> None:
    found = estimate([round(p, 4) for p in shares], [round(1 - round(p, 4), 4) for p in shares])

    total = sum(p.weights.sum() for p in portions(found, np.ones(len(shares))))
    assert total == pytest.approx(len(shares), abs=1e-9)


@pytest.mark.parametrize(
    ("pb", "pw", "told"),
    [
        ([1.5], [0.0], "holds 1 values outside 0 to 1"),
        ([-0.1], [0.0], "holds 1 values outside 0 to 1"),
        ([0.9], [0.9], "add up to more than 1 in 1 rows"),
        ([float("inf")], [0.0], "outside 0 to 1"),
    ],
)
def test_what_is_no_probability_is_refused(pb: list[float], pw: list[float], told: str) -> None:
    with pytest.raises(SourceError, match=told):
        estimate(pb, pw)


def grouped(tmp_path: Path, table: pd.DataFrame):
    path = tmp_path / "evaluation.csv"
    table.to_csv(path, index=False)
    config = binary_config(sensitive={"race": RACE})
    rows = read_rows(read_tables([TableFile("evaluation.csv", path)], "e"), "evaluation", config)
    return group_rows(rows, config, {})


def test_the_attribute_is_among_the_groupings_too_with_the_bias_said(tmp_path: Path) -> None:
    table = pd.DataFrame({
        "id": [1, 2, 3], "y": ["yes", "no", "yes"], "pw": [0.9, 0.4, 0.2], "pb": [0.1, 0.4, 0.8],
    })  # fmt: skip

    found = grouped(tmp_path, table)

    (grouping,), (estimated,) = found.groupings, found.estimates
    assert grouping.column.texts().tolist() == ["white", "(unassigned)", "black"]
    assert (grouping.spec.source, estimated.spec.name) == ("estimated", "race")
    assert any("leaves out 1 of 3 rows" in note for note in found.notes)


def test_a_probability_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    table = pd.DataFrame({"id": [1], "y": ["yes"], "pw": [0.9]})

    with pytest.raises(ConfigError, match="pb"):
        grouped(tmp_path, table)
