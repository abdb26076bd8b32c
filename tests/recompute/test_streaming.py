"""Counting a Parquet file batch by batch gives what the whole file in memory gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from affidavit.counts import CountTable
from affidavit.errors import ConfigError, SourceError
from affidavit.evidence import AttributeSpec, CountSpec
from affidavit.recompute.coded import code
from affidavit.recompute.counting import count
from affidavit.recompute.rows import row_weights
from affidavit.recompute.streaming import Columns, count_parquet
from affidavit.recompute.table import read_tables
from affidavit.recompute.table_files import TableFile

_COLUMNS = Columns(groups=("g", "h"), label="y", decision="d", weight="w")


def _spec(*, weighted: bool = False) -> CountSpec:
    return CountSpec(
        role="evaluation", positive="1", favourable="1", weighted=weighted,
        attributes=(AttributeSpec(name="g"), AttributeSpec(name="h")),
    )  # fmt: skip


def _frame(rows: int, **changes: Any) -> pd.DataFrame:
    chance = np.random.RandomState(5)
    columns = {
        "g": chance.choice(["a", "b", "c", None], rows),
        "h": pd.Categorical(chance.choice(["x", "y"], rows), categories=["never", "x", "y"]),
        "y": chance.choice([0.0, 1.0, np.nan], rows),
        "d": chance.choice([0, 1], rows),
        "w": np.round(chance.gamma(2, 1, rows) + 0.01, 6),
    }
    return pd.DataFrame({**columns, **changes})


def _stream(
    folder: Path, frame: pd.DataFrame | pa.Table, *, weighted: bool = False, **how: Any
) -> CountTable:
    table = frame if isinstance(frame, pa.Table) else pa.Table.from_pandas(frame)
    pq.write_table(table, folder / "t.parquet", **how)
    return count_parquet(folder / "t.parquet", _COLUMNS, _spec(weighted=weighted))


def _in_memory(folder: Path, *, weighted: bool) -> CountTable:
    table = read_tables([TableFile("t.parquet", folder / "t.parquet")], "dataset")
    groups = [code(pa.compute.fill_null(table.text(c), "(missing)")) for c in ("g", "h")]
    weights = row_weights(table.numbers("w", "weight"), "w")
    return count(groups, table.coded("y"), table.coded("d"), weights, _spec(weighted=weighted))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("rows_a_group", [700, 1 << 20])
def test_the_table_is_that_of_the_whole_file(
    rows_a_group: int, weighted: bool, tmp_path: Path
) -> None:
    """70,000 rows are two batches; row groups of 700 have dictionaries of their own."""
    found = _stream(tmp_path, _frame(70_000), weighted=weighted, row_group_size=rows_a_group)

    assert found == _in_memory(tmp_path, weighted=weighted)
    assert sum(c.n for c in found.rows) == 70_000
    assert {c.label for c in found.rows} == {"0", "1", ""}
    assert {c.groups[0] for c in found.rows} == {"a", "b", "c", "(missing)"}


def test_the_order_of_the_rows_and_their_row_groups_leave_no_trace(tmp_path: Path) -> None:
    frame = _frame(5000)

    one = _stream(tmp_path, frame, weighted=True)
    other = _stream(
        tmp_path, frame.sample(frac=1, random_state=1), weighted=True, row_group_size=333,
        use_dictionary=False,
    )  # fmt: skip

    assert one == other


def test_a_rule_over_the_whole_column_holds_across_batches(tmp_path: Path) -> None:
    """1.0 is 1 only where all values are whole numbers, however late another stands."""
    numbers = _frame(70_000, y=["1.0"] * 69_999 + ["2"])
    assert {c.label for c in _stream(tmp_path, numbers).rows} == {"1", "2"}

    words = _frame(70_000, y=["1.0"] * 69_999 + ["x"])
    assert {c.label for c in _stream(tmp_path, words).rows} == {"1.0", "x"}


def test_refuses_what_cannot_be_counted_and_says_where(tmp_path: Path) -> None:
    _stream(tmp_path, _frame(50))  # the twin

    with pytest.raises(ConfigError, match=r"t\.parquet: the column to count 'h' is not among"):
        _stream(tmp_path, _frame(50).drop(columns="h"))
    with pytest.raises(SourceError, match="decision column 'd' is missing in 1 rows"):
        _stream(tmp_path, _frame(50, d=[None] + ["1"] * 49))
    with pytest.raises(SourceError, match=r"group column 'g' holds the value '\(missing\)'"):
        _stream(tmp_path, _frame(50, g="(missing)"))
    with pytest.raises(SourceError, match="the row weight 'w' is not a number from"):
        _stream(tmp_path, _frame(50, w=[0.0] + [1.0] * 49), weighted=True)
    with pytest.raises(SourceError, match="'g' holds list"):
        _stream(tmp_path, pa.table({"g": [["a"]], "h": ["b"], "y": [1], "d": [1], "w": [1.0]}))


def test_refuses_a_file_that_is_no_parquet(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(b"PAR1 and then nothing")

    with pytest.raises(SourceError, match=r"t\.parquet cannot be read as a Parquet file"):
        count_parquet(tmp_path / "t.parquet", _COLUMNS, _spec())
