"""Scores become decisions as the configuration says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from tests.recompute.case import binary_config

from affidavit.config import Decision, Segment
from affidavit.errors import SourceError
from affidavit.recompute.predictions import predict
from affidavit.recompute.rows import Rows, read_classes, read_rows
from affidavit.recompute.scoring import Scores, rounded
from affidavit.recompute.table import Table

FRAME = pd.DataFrame(
    {"id": ["1", "2", "3"], "y": ["yes", "no", "no"], "s": ["a", "b", "b"], "final": ["no"] * 3}
)
SCORES = Scores(matrix=np.array([[0.25], [0.249999999999], [0.9]]), classes=(), are_codes=False)


def _decide(decision: Decision, frame: pd.DataFrame = FRAME) -> list[str]:
    config = binary_config(decision=decision)
    table = Table("t.csv", pa.Table.from_pandas(frame, preserve_index=False), is_text=False)
    rows: Rows = read_rows(table, "evaluation", config)
    return list(predict(rows, SCORES, read_classes((rows,), config), config).decision)


def test_a_score_at_the_threshold_is_decided_positive() -> None:
    assert _decide(Decision(threshold=0.25)) == ["yes", "no", "yes"]


def test_the_first_segment_that_fits_decides() -> None:
    segments = (
        Segment(column="s", value="b", threshold=0.95),
        Segment(column="s", value="b", threshold=0.1),
    )

    assert _decide(Decision(threshold=0.25, segment=segments)) == ["yes", "no", "no"]


def test_rows_in_no_segment_and_without_a_threshold_are_refused() -> None:
    segments = (Segment(column="s", value="b", threshold=0.5),)

    with pytest.raises(SourceError, match="1 rows are in no"):
        _decide(Decision(segment=segments))


def test_the_column_of_the_final_decision_is_taken_as_it_is() -> None:
    assert _decide(Decision(column="final")) == ["no", "no", "no"]

    with pytest.raises(SourceError, match="'final' is missing in 1 rows"):
        _decide(Decision(column="final"), FRAME.assign(final=["no", None, "yes"]))


def test_scores_are_rounded_as_the_reports_round() -> None:
    found = rounded(np.array([[0.1234567890123456], [-0.0], [1e-300]]))

    assert found.ravel().tolist() == [0.123456789012, 0.0, 1e-300]
    assert not np.signbit(found[1, 0])
