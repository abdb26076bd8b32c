"""Scores become decisions as the configuration says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.metrics import roc_curve
from tests.recompute.case import binary_config

from affidavit.config import Decision, Label, Segment
from affidavit.errors import ConfigError, SourceError
from affidavit.recompute.predictions import predict
from affidavit.recompute.rows import Rows, read_classes, read_rows
from affidavit.recompute.scoring import Scores, rounded
from affidavit.recompute.segments import check_segments, segment_note
from affidavit.recompute.table import Table

FRAME = pd.DataFrame(
    {"id": ["1", "2", "3"], "y": ["yes", "no", "no"], "s": ["a", "b", "b"], "final": ["no"] * 3}
)
SCORES = Scores(matrix=np.array([[0.25], [0.249999999999], [0.9]]), classes=(), are_codes=False)


def _decide(decision: Decision, frame: pd.DataFrame = FRAME) -> list[str]:
    config = binary_config(decision=decision)
    table = Table("t.csv", pa.Table.from_pandas(frame, preserve_index=False), is_text=False)
    rows: Rows = read_rows(table, "evaluation", config)
    return list(predict(rows, SCORES, read_classes((rows,), config), config).decision.texts())


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


def _final(values: list[str], **label: str | None) -> list[str]:
    config = binary_config(
        decision=Decision(column="final"),
        label=Label(column="y", kind="outcome", **{"positive": "yes", "favourable": "no"} | label),
    )  # fmt: skip
    frame = FRAME.assign(final=values) if label == {} else FRAME.assign(final=values, y=None)
    table = Table("t.csv", pa.Table.from_pandas(frame, preserve_index=False), is_text=False)
    rows = read_rows(table, "evaluation", config)
    return list(predict(rows, SCORES, read_classes((rows,), config), config).decision.texts())


def test_refuses_final_decisions_that_are_not_written_as_the_label_is() -> None:
    assert _final(["no", "yes", "no"]) == ["no", "yes", "no"]  # the twin

    with pytest.raises(ConfigError) as caught:
        _final(["denied", "approved", "refer"])

    assert caught.value.what == (
        "t.csv: the decision column 'final' holds approved, denied, refer; expected 'yes' or 'no'"
    )
    assert "in the label's values" in caught.value.fix


def test_without_a_known_other_label_one_other_decision_is_taken_for_it() -> None:
    assert _final(["open", "yes", "open"], favourable="yes") == ["open", "yes", "open"]

    with pytest.raises(ConfigError, match="holds refer; expected 'yes'"):
        _final(["open", "yes", "refer"], favourable="yes")


def test_refuses_a_threshold_beside_a_final_decision() -> None:
    for decision in (
        Decision(threshold=0.25, column="final"),
        Decision(segment=(Segment(column="s", value="b", threshold=0.5),), column="final"),
    ):
        with pytest.raises(ConfigError, match="declare one"):
            _decide(decision)


def test_a_threshold_that_is_a_score_decides_that_row_whatever_its_digits() -> None:
    """roc_curve gives thresholds with all digits of the scores; ours have twelve."""
    chance = np.random.default_rng(5)
    raw = chance.uniform(size=200)
    frame = pd.DataFrame(
        {"id": np.arange(200).astype(str), "y": np.where(raw > 0.5, "yes", "no"), "s": "b"}
    )
    table = Table("t.csv", pa.Table.from_pandas(frame, preserve_index=False), is_text=False)
    scores = Scores(matrix=rounded(raw.reshape(-1, 1)), classes=(), are_codes=False)
    cuts = roc_curve(chance.uniform(size=200) < raw, raw, drop_intermediate=False)[2][1:]

    for cut in cuts.tolist():
        for decision in (
            Decision(threshold=cut),
            Decision(threshold=2.0, segment=(Segment(column="s", value="b", threshold=cut),)),
        ):
            config = binary_config(decision=decision)
            rows = read_rows(table, "evaluation", config)
            found = predict(rows, scores, read_classes((rows,), config), config).decision.texts()
            assert ((found == "yes") == (raw >= cut)).all()


def test_a_segment_that_decides_no_row_is_an_exception_and_the_note_counts_the_others() -> None:
    segments = (
        Segment(column="s", value="b", threshold=0.3),
        Segment(column="s", value="B", threshold=0.4),
        Segment(column="s", value="b", threshold=0.5),
    )
    config = binary_config(decision=Decision(threshold=0.25, segment=segments))
    table = Table("t.csv", pa.Table.from_pandas(FRAME, preserve_index=False), is_text=False)
    rows = read_rows(table, "evaluation", config)

    found = check_segments((rows,), config)

    assert [(f.id, f.kind, f.found) for f in found] == [
        ("recompute.segment.02", "exception", "no row has this value"),
        (
            "recompute.segment.03",
            "exception",
            "none; the 2 that fit are taken by segments above it",
        ),
    ]
    (note,) = segment_note(rows, config)
    assert note.startswith("Thresholds, and the rows that each decides: 0.3 where s = 'b': 2; ")
    assert note.endswith("0.4 where s = 'B': 0; 0.5 where s = 'b': 0; 0.25 for the rest: 1.")


def test_a_segment_needs_a_row_in_one_role_only() -> None:
    config = binary_config(decision=Decision(threshold=0.25, segment=(Segment(
        column="s", value="b", threshold=0.3),)))  # fmt: skip
    frames = (FRAME, FRAME.assign(s="a"))
    rows = [
        read_rows(Table("t.csv", pa.Table.from_pandas(f), is_text=False), role, config)
        for f, role in zip(frames, ("training", "evaluation"), strict=True)
    ]

    assert check_segments(rows, config) == ()
    assert len(check_segments(rows[1:], config)) == 1


def test_scores_are_rounded_as_the_reports_round() -> None:
    found = rounded(np.array([[0.1234567890123456], [-0.0], [1e-300]]))

    assert found.ravel().tolist() == [0.123456789012, 0.0, 1e-300]
    assert not np.signbit(found[1, 0])
