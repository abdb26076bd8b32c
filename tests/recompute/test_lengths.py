"""Values that are too long to be words of a report, and names that a spreadsheet calculates."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.support.small_world import BINARY, applicants, build_small, fill_binary

from affidavit.errors import SourceError
from affidavit.recompute.coded import code
from affidavit.recompute.lengths import MAX_TEXT, require_short, require_short_names

pytestmark = pytest.mark.usefixtures("kept_model")
SECRET = "s" * 140_000


def test_two_hundred_characters_pass_and_one_more_is_refused_with_its_row() -> None:
    texts = pa.array(["a", None, "é" * MAX_TEXT])
    require_short(texts, "here")
    require_short_names(code(texts), "here")

    for refuse in (require_short, lambda t, where: require_short_names(code(t), where)):
        with pytest.raises(SourceError, match="here: row 4 holds a value of 201 characters"):
            refuse(pa.array(["a", None, "b", "é" * 201, "x" * 300]), "here")


def _with(column: str, value: str) -> pd.DataFrame:
    table = applicants(120)
    table[column] = table[column].astype(object)
    table.loc[6, column] = value
    return table


@pytest.mark.parametrize(
    ("column", "config", "says"),
    [
        ("sex", BINARY, "sensitive attribute 'sex', column 'sex': row 7"),
        ("id", BINARY, "the row id 'id': row 7"),
        ("deny", BINARY, "the label column 'deny': row 7"),
        ("overruled", BINARY.replace("threshold = 0.5\n", 'threshold = 0.5\ncolumn = "overruled"\n'),
         "the decision column 'overruled': row 7"),
        ("product", BINARY + '[segments.product]\ncolumn = "product"\n',
         "segment 'product': row 7"),
    ],
)  # fmt: skip
def test_refuses_a_long_value_by_column_and_row_and_never_says_it(
    tmp_path: Path, column: str, config: str, says: str
) -> None:
    with pytest.raises(SourceError) as refused:
        build_small(tmp_path, config, fill_binary(tmp_path, _with(column, SECRET)))

    assert says in refused.value.what
    assert "140,000 characters" in refused.value.what
    assert "sss" not in str(refused.value)


@pytest.mark.parametrize(
    "hidden",
    [
        "\x1b[31m", "\r\n\u202e",
        *(pytest.param(c, marks=pytest.mark.slow)
          for c in ("\n", "\t", "\x85", "\u2028", "\u200b", "\u202e")),
    ],
)  # fmt: skip
def test_a_group_with_a_hidden_character_gives_a_bundle_that_verifies(
    tmp_path: Path, hidden: str
) -> None:
    """Page one shows an id on one line; the report has it as it is in the data."""
    table = applicants(300)
    table["sex"] = np.where(table["sex"] == "f", f"f{hidden}x", "m")
    small = build_small(tmp_path, BINARY, fill_binary(tmp_path, table))

    verdict = small.verdict()

    assert verdict.exit_code == 0, [c for c in verdict.checks if c.status == "failed"]
    assert any(f"f{hidden}x" in (n.group or {}).values() for n in small.report("fairness").numbers)


def test_no_group_of_the_thresholds_is_a_formula(tmp_path: Path) -> None:
    table = applicants(300)
    table["sex"] = np.where(table["sex"] == "f", '=HYPERLINK("http://evil","x")', "m")
    small = build_small(tmp_path, BINARY, fill_binary(tmp_path, table))

    lines = pd.read_csv(
        io.BytesIO(small.files["data/reports/thresholds/evaluation.csv"]), dtype=str
    )
    assert set(lines[lines.attribute == "sex"].group) == {'\'=HYPERLINK("http://evil","x")', "m"}
    # The counts are read back, so their bytes stay.
    counts = small.files["data/reports/counts/evaluation.csv"].decode()
    assert '"=HYPERLINK(""http://evil"",""x"")",' in counts
    assert small.verdict().exit_code == 0


def test_refuses_infinite_values_in_a_banded_column_by_column_and_rows(tmp_path: Path) -> None:
    table = applicants(300)
    table["age"] = table["age"].astype(float)
    table.loc[[3, 5, 8], "age"] = [np.inf, -np.inf, np.inf]

    with pytest.raises(SourceError) as refused:
        build_small(tmp_path, BINARY, fill_binary(tmp_path, table))

    assert "'age'" in refused.value.what
    assert "in 3 rows" in refused.value.what


def test_evidence_names_no_group_of_one_row(tmp_path: Path) -> None:
    """A missed hold on a summary, and a reference that does not occur, over groups of one row."""
    table = applicants(600)
    table["sex"] = ["m" if i >= 40 else f"alice.{i}@example.org" for i in range(600)]
    config = BINARY.replace('reference = "m"', 'reference = "zz"') + (
        '[[hold]]\nmetric = "demographic_parity_difference"\nmax = 0.01\n'
        'set_by = "v"\nset_on = "2026-09-01"\n'
    )
    small = build_small(tmp_path, config, fill_binary(tmp_path, table))

    found = small.findings
    assert "alice" not in small.files["data/evidence.json"].decode()
    assert found["recompute.reference.sex.evaluation"]["found"] == "m, 40 others"
    missed = found["recompute.hold.01.demographic_parity_difference.sex"]["found"]
    assert "groups of fewer than 30 rows: 40" in missed
    assert small.verdict().exit_code == 0
