"""A model that stays started while one run of the stage after another scores with it.

To start a scikit-learn model takes its process a second, more than the rest of a small run. Where
runs follow each other with the very same files of a model, its process is kept: the real one, which
is asked all that a run asks. How a process is started and ended is seen in tests/recompute/worker,
and wherever a test brings a model of its own.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from affidavit.config import Config
from affidavit.recompute import stage
from affidavit.recompute.worker.interpreter import Interpreter
from affidavit.recompute.worker.model_files import ModelPlan
from affidavit.recompute.worker.scoring import Scorer, open_scorer


class KeptModel:
    """The one model that is started at a time, under what it was started for."""

    def __init__(self) -> None:
        self._started_for: tuple[str, ...] = ()
        self._scorer: Scorer | None = None
        self._stack = ExitStack()

    @contextmanager
    def open(
        self, model: Path, plan: ModelPlan, config: Config, interpreter: Interpreter, *,
        beside: Path, **how: Any,
    ) -> Iterator[Scorer]:  # fmt: skip
        """As `open_scorer`; a model that failed, or is asked for otherwise, is started anew."""
        if how.get("adapter") is not None:
            with open_scorer(model, plan, config, interpreter, beside=beside, **how) as scorer:
                yield scorer
            return
        wanted = (
            _digest(model), *map(repr, (plan, config.worker, config.task, config.label)),
            *map(repr, (interpreter, sorted(how.items()))),
        )  # fmt: skip
        if self._scorer is None or wanted != self._started_for:
            self.close()
            opened = open_scorer(model, plan, config, interpreter, **how)
            self._scorer = self._stack.enter_context(opened)
            self._started_for = wanted
        fresh = copy.copy(self._scorer)  # what a run notes of the model is that run's alone
        fresh._config = config
        try:
            yield fresh
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._scorer = None
        self._stack.close()


def _digest(folder: Path) -> str:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    told = [f"{p.relative_to(folder)} {hashlib.sha256(p.read_bytes()).hexdigest()}" for p in files]
    return "\n".join(told)


@pytest.fixture(scope="module")
def kept_model() -> Iterator[KeptModel]:
    """Runs of the stage in this file score with one process for as long as the model is the same."""
    kept = KeptModel()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stage, "open_scorer", kept.open)
        yield kept
    kept.close()
