"""Declared segments and periods: parts of a role that performance is shown by."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from tests.recompute.case import binary_config

from affidavit.config import SegmentColumn, Time
from affidavit.errors import ConfigError, SourceError
from affidavit.recompute.declared_segments import declared_segments, few_enough
from affidavit.recompute.rows import read_rows
from affidavit.recompute.table import read_tables
from affidavit.recompute.table_files import TableFile


def segments(tmp_path: Path, **columns: list):
    table = pd.DataFrame({"id": range(3), "y": ["yes", "no", "yes"], **columns})
    path = tmp_path / "evaluation.csv"
    table.to_csv(path, index=False)
    config = binary_config(
        segments={"p": SegmentColumn(column="p"), "a": SegmentColumn(column="a", bands=(10, 20))},
        time=Time(column="t", by="year"),
    )
    rows = read_rows(read_tables([TableFile("evaluation.csv", path)], "e"), "evaluation", config)
    return declared_segments(rows, config)


T = ["2024-12-31", "2025-01-01", "2025-06-30"]


def test_values_bands_and_periods_in_the_order_of_names(tmp_path: Path) -> None:
    found = segments(tmp_path, p=["card", None, "loan"], a=[5, 10, 30], t=T)

    assert {s.spec.name: s.column.texts().tolist() for s in found} == {
        "a": ["<10", "10-19", ">=20"],
        "p": ["card", "(missing)", "loan"],
        "period": ["2024", "2025", "2025"],
    }
    assert [s.spec.name for s in found] == ["a", "p", "period"]
    assert all(s.spec.source is None for s in found)


def test_our_own_word_as_a_value_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="missing"):
        segments(tmp_path, p=["(missing)", "b", "c"], a=[1, 2, 3], t=T)


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'p'"):
        segments(tmp_path, a=[1, 2, 3], t=T)


def test_a_date_that_is_none_is_refused_with_its_row(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="row 2"):
        segments(tmp_path, p=["a", "b", "c"], a=[1, 2, 3], t=["2025-01-01", "soon", "2025-01-01"])


def test_a_segment_of_more_than_200_values_is_a_gap(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("affidavit.recompute.declared_segments.MAX_GROUPS", 2)

    kept, gaps = few_enough(segments(tmp_path, p=["a", "b", "c"], a=[1, 2, 30], t=T), "evaluation")

    assert [s.spec.name for s in kept] == ["a", "period"]
    assert [(g.id, g.kind, g.found) for g in gaps] == [
        ("recompute.segments.p.evaluation", "gap", "3")
    ]
