"""Scores become decisions as the configuration says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import roc_curve
from tests.recompute.case import binary_config

from affidavit.config import Decision, Label, Segment
from affidavit.errors import ConfigError, SourceError
from affidavit.recompute.floats import rounded
from affidavit.recompute.predictions import Predictions, predict, write_predictions
from affidavit.recompute.rows import Rows, read_classes, read_rows
from affidavit.recompute.segments import check_segments, segment_note
from affidavit.recompute.table import Table
from affidavit.recompute.worker.scoring import Scores
from affidavit.workspace import Workspace

FRAME = pd.DataFrame(
    {"id": ["1", "2", "3"], "y": ["yes", "no", "no"], "s": ["a", "b", "b"], "final": ["no"] * 3}
)
SCORES = Scores(matrix=np.array([[0.25], [0.249999999999], [0.9]]), classes=(), are_codes=False)


def _predictions(decision: Decision, frame: pd.DataFrame = FRAME) -> Predictions:
    config = binary_config(decision=decision)
    table = Table("t.csv", pa.Table.from_pandas(frame, preserve_index=False), is_text=False)
    rows: Rows = read_rows(table, "evaluation", config)
    return predict(rows, SCORES, read_classes((rows,), config), config)


def _decide(decision: Decision, frame: pd.DataFrame = FRAME) -> list[str]:
    return list(_predictions(decision, frame).decision.texts())


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


def test_a_final_decision_beside_a_threshold_is_kept_apart_from_the_models() -> None:
    frame = FRAME.assign(final=["no", "yes", "no"])
    for decision in (
        Decision(threshold=0.25, column="final"),
        Decision(
            threshold=0.25, column="final",
            segment=(Segment(column="s", value="none", threshold=0.9),),
        ),
    ):  # fmt: skip
        found = _predictions(decision, frame)

        assert found.decision.texts().tolist() == ["yes", "no", "yes"]
        assert found.final is not None
        assert found.final.texts().tolist() == ["no", "yes", "no"]

    alone = _predictions(Decision(column="final"), frame)
    assert alone.final is None
    assert alone.decision.texts().tolist() == ["no", "yes", "no"]
    assert _predictions(Decision(threshold=0.25), frame).final is None


def test_final_decisions_beside_a_threshold_are_checked_as_those_alone_are() -> None:
    with pytest.raises(ConfigError, match="holds denied, granted; expected 'yes' or 'no'"):
        _predictions(
            Decision(threshold=0.25, column="final"),
            FRAME.assign(final=["granted", "denied", "granted"]),
        )
    with pytest.raises(SourceError, match="'final' is missing in 1 rows"):
        _predictions(
            Decision(threshold=0.25, column="final"), FRAME.assign(final=["no", None, "yes"])
        )


def test_the_prediction_table_shows_final_decisions_where_there_are_some(tmp_path: Path) -> None:
    expected = ["row_id", "label", "score", "decision", "weight", "role"]
    for number, (column, more) in enumerate(((None, []), ("final", ["final_decision"]))):
        found = _predictions(Decision(threshold=0.25, column=column), FRAME)
        work = Workspace(tmp_path / str(number))
        items = write_predictions(found, work, embedded=True)
        parquet, text = (work.locate(i) for i in items)

        assert pq.read_schema(parquet).names == [*expected, *more]
        read = pd.read_csv(text, dtype=str)
        assert list(read.columns) == [*expected, *more]
        if more:
            assert read["final_decision"].tolist() == ["no", "no", "no"]
            assert pq.read_table(parquet)["final_decision"].to_pylist() == ["no", "no", "no"]


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
