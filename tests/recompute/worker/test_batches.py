"""Answers that agree alone, and not with those before them."""

from __future__ import annotations

import json
import struct
from typing import Any

import pyarrow as pa
import pytest
from tests.recompute.case import binary_config
from tests.recompute.worker.test_protocol_fuzz import ASKED, MULTICLASS, PLAN, Scripted

from affidavit.config import Worker
from affidavit.errors import WorkerError
from affidavit.recompute.worker.scoring import Scorer

ROWS = pa.table({"x": [0.1, 0.2, 0.9, 0.4, 0.5, 0.6]})
BY_THREE = MULTICLASS.model_copy(update={"worker": Worker(batch_rows=3)})


def _answers(*given: tuple[dict[str, Any], list[float]]) -> bytes:
    content = b""
    for batch, (header, numbers) in enumerate(given):
        text = json.dumps({**header, "batch": batch}, sort_keys=True).encode()
        body = struct.pack(f"<{len(numbers)}d", *numbers)
        content += struct.pack(">IQ", len(text), len(body)) + text + body
    return content


def _scored(*given: tuple[dict[str, Any], list[float]]) -> Any:
    scorer = Scorer(Scripted(_answers(*given)), PLAN, BY_THREE)
    return scorer.score(ROWS, "evaluation").matrix.tolist()


def test_two_batches_of_one_kind_are_taken() -> None:
    assert len(_scored(ASKED["multiclass"], ASKED["multiclass"])) == 6
    assert binary_config().worker.batch_rows > 6  # so that the configuration here matters


def test_refuses_scores_in_one_batch_and_classes_in_another() -> None:
    header, _ = ASKED["multiclass"]
    one_class = ({**header, "width": 1, "classes": ["no"]}, [-7.0, -1.0, 0.0])

    with pytest.raises(WorkerError, match="answered wrongly") as told:
        _scored(one_class, ASKED["coded"])

    assert told.value.cause == "scores in one batch and classes in another"


def test_refuses_another_number_of_classes_in_a_later_batch() -> None:
    header, _ = ASKED["multiclass"]
    wider = ({**header, "width": 3, "classes": ["no", "yes", "more"]}, [0.1] * 9)

    with pytest.raises(WorkerError, match="answered wrongly") as told:
        _scored(ASKED["multiclass"], wider)

    assert told.value.cause == "the width of its scores changed between batches"
