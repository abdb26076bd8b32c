"""After too many failures the model is not asked, which says nothing about the rows."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import NoReturn

import pyarrow as pa
import pytest

from affidavit.errors import WorkerError
from affidavit.recompute.explain.asking import MOST_CRASHES, Asker, AskFailed, NotAsked
from affidavit.recompute.worker.scoring import Scorer


def _crash() -> AbstractContextManager[Scorer]:
    return _raise()


def _raise() -> NoReturn:
    raise WorkerError("the model crashed")


def test_is_not_asked_after_too_many_failures() -> None:
    rows = pa.table({"x": [1.0]})
    with Asker(_crash, lambda scores: scores.matrix[:, 0], "evaluation") as ask:
        for _ in range(MOST_CRASHES):
            with pytest.raises(AskFailed, match="the model crashed") as failed:
                ask.scores(rows)
            assert not isinstance(failed.value, NotAsked)

        with pytest.raises(NotAsked, match="failed 8 times; it was not asked again"):
            ask.scores(rows)

    assert ask.calls == MOST_CRASHES
