"""Infinite values where the model might read them are refused, by column, role and rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.recompute.case import binary_config

from affidavit.config import Features, Rows
from affidavit.errors import SourceError
from affidavit.recompute.finite import require_finite
from affidavit.recompute.table import Table, read_tables
from affidavit.recompute.table_files import TableFile

CONFIG = binary_config(rows=Rows(id="id", weight="w", exclude=("note",)))


def read(folder: Path, suffix: str = "csv", **columns: list[object]) -> Table:
    frame = pd.DataFrame({"id": [1, 2, 3], "y": ["yes", "no", "no"], **columns})
    path = folder / f"evaluation.{suffix}"
    frame.to_csv(path, index=False) if suffix == "csv" else frame.to_parquet(path)
    return read_tables([TableFile(path.name, path)], "dataset evaluation")


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_names_column_role_and_rows_of_an_infinite_value(tmp_path: Path, suffix: str) -> None:
    table = read(tmp_path, suffix, income=[1.5, np.inf, -np.inf], debt=[1, 2, 3])

    with pytest.raises(SourceError) as caught:
        require_finite(table, "evaluation", CONFIG)

    assert caught.value.what == (
        f"evaluation.{suffix}, role evaluation: infinite values in the column 'income' in 2 rows"
    )
    assert "[rows] exclude" in caught.value.fix
    require_finite(read(tmp_path, suffix, income=[1.5, np.nan, 2]), "evaluation", CONFIG)


@pytest.mark.parametrize("text", ["inf", "-Infinity", "1e999"])
def test_every_spelling_that_reads_as_infinite_counts(tmp_path: Path, text: str) -> None:
    with pytest.raises(SourceError, match="'income' in 1 row"):
        require_finite(read(tmp_path, income=["1", text, "2"]), "evaluation", CONFIG)


def test_of_many_columns_five_are_named(tmp_path: Path) -> None:
    table = read(tmp_path, **{f"x{i}": [1.0, np.inf, 2.0] for i in range(7)})

    with pytest.raises(SourceError, match="'x4' in 1 row, and 2 more columns"):
        require_finite(table, "evaluation", CONFIG)


def test_a_word_in_a_column_of_words_is_no_number(tmp_path: Path) -> None:
    require_finite(read(tmp_path, code=["inf", "abc", "x"]), "evaluation", CONFIG)


@pytest.mark.parametrize("column", ["note", "w"])
def test_columns_with_another_use_are_not_the_models(tmp_path: Path, column: str) -> None:
    table = read(tmp_path, **{column: [1.0, np.inf, 2.0]})

    require_finite(table, "evaluation", CONFIG)


def test_declared_inputs_alone_are_looked_at(tmp_path: Path) -> None:
    config = binary_config(rows=Rows(id="id"), features=Features(columns=("income",)))

    require_finite(read(tmp_path, other=[1.0, np.inf, 2.0]), "evaluation", config)
    with pytest.raises(SourceError, match="'income'"):
        require_finite(read(tmp_path, income=[1.0, np.inf, 2.0]), "evaluation", config)
