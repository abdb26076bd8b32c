"""A model that fails on a case says that the case may be at fault; on a row of the data, it is."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from affidavit.errors import WorkerError
from affidavit.recompute.explain.one_case.running import _score_given


class Failing:
    def score(self, _rows: Any, _role: str) -> None:
        raise WorkerError("the model failed while scoring", "ValueError: unknown 'maybe'", "run it")


@pytest.mark.parametrize(
    ("role", "what", "fix"),
    [("case", "the model failed on this case", "a value that the data never have"),
     ("evaluation", "the model failed while scoring", "run it")],
)  # fmt: skip
def test_the_remedy_is_where_the_fault_is(role: str, what: str, fix: str) -> None:
    given = cast("Any", SimpleNamespace(inputs=None, rows=SimpleNamespace(role=role)))

    with pytest.raises(WorkerError) as failed:
        _score_given(given, cast("Any", Failing()))

    assert failed.value.what == what
    assert fix in failed.value.fix
    assert "unknown 'maybe'" in failed.value.cause
