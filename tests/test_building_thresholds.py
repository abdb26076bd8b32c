"""The table of thresholds of honest bundles is verified, however the decisions came about."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.support.small_world import BINARY, applicants, build_small, fill_binary

pytestmark = pytest.mark.usefixtures("kept_model")
WEIGHTED = BINARY.replace('id = "id"\n', 'id = "id"\nweight = "weight"\n')
SEGMENTED = WEIGHTED.replace("[decision]\nthreshold = 0.5\n", """\
[decision]
threshold = 0.5
[[decision.segment]]
column = "product"
value = "card"
threshold = 0.3
[[decision.segment]]
column = "product"
value = "none such"
threshold = 0.9
""")  # fmt: skip
# The favourable label is the positive one: scores at or above a threshold are selected.
BY_COLUMN = BINARY.replace("threshold = 0.5\n", 'column = "overruled"\n').replace(
    'favourable = "no"', 'favourable = "yes"'
)


@pytest.mark.parametrize(
    "config", [SEGMENTED, BY_COLUMN], ids=["segments-and-weights", "column-and-upwards"]
)
def test_every_way_to_decide_has_a_table_that_holds(tmp_path: Path, config: str) -> None:
    """Scores in a few hundred steps, some labels not known."""
    table = applicants(500)
    table[["x1", "x2", "x3"]] = table[["x1", "x2", "x3"]].round(1)
    table.loc[np.arange(500) % 17 == 3, "deny"] = None
    bundle = build_small(tmp_path, config, fill_binary(tmp_path, table))

    verdict = bundle.verdict()

    assert verdict.exit_code == 0, [(c.what, c.expected, c.found) for c in verdict.failed]
    held = [c for c in verdict.checks if c.id == "threshold-table" and c.status == "passed"]
    assert [c.what.split()[-1] for c in held] == ["counts", "do", "counts"]  # training by reference


def test_few_distinct_scores_each_have_their_line(tmp_path: Path) -> None:
    table = applicants(300)
    table[["x1", "x2", "x3"]] = np.round(table[["x1", "x2", "x3"]] / 2)
    bundle = build_small(tmp_path, BINARY, fill_binary(tmp_path, table))

    verdict = bundle.verdict()

    assert verdict.exit_code == 0, [(c.what, c.expected, c.found) for c in verdict.failed]
    lines = bundle.files["data/reports/thresholds/evaluation.csv"].decode().splitlines()
    assert len({line.split(",")[0] for line in lines}) < 200
