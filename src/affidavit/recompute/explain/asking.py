"""Asking the model about rows that are not in the data, in few large batches.

A model that crashes on a made-up row ends its process, and no more: the worker is opened again for
what is still to ask, and the part of the report that asked so is lacking, with the reason.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from typing import Any, Protocol, Self, TypeVar

import numpy as np

from affidavit.errors import WorkerError
from affidavit.recompute.floats import MOST, Floats, are_held
from affidavit.recompute.worker.scoring import Scorer, Scores
from affidavit.recompute.worker.session import Raised
from affidavit.wording import count_text

MOST_CRASHES = 12  # each costs a worker's start
MOST_HANGS = 3  # each costs a worker's whole time
_T = TypeVar("_T")
# Gives the model, loaded in a worker of its own.
Opening = Callable[[], AbstractContextManager[Scorer]]


class AskFailed(Exception):
    """The model failed on rows that it was asked about; `cause_line` says how, in one line."""

    def __init__(self, cause_line: str) -> None:
        super().__init__(cause_line)
        self.cause_line = cause_line


class NotAsked(AskFailed):
    """It does not open, or failed too often before: this says nothing about the rows."""


class Ask(Protocol):
    """What every explainer is given of the model."""

    def scores(self, rows: Any) -> Floats:
        """(n_rows,): the score of the output that is explained, as the model answers.

        Args:
            rows: a pyarrow Table with the model's columns, in their order and types.

        Raises:
            AskFailed: the model crashed, hung, or answered with something else than finite
                numbers, or with one so large that sums of its powers are not.
        """
        ...


class Asker:
    """The model in a worker that is opened when first asked, and again after a crash.

    Attributes:
        calls, scored: how often it was asked, and about how many rows.
        seconds: that its answers took, starts of workers not counted.
    """

    def __init__(
        self,
        opening: Opening,
        chosen: Callable[[Scores], Floats],
        role: str,
        *,
        session_s: float = math.inf,
    ) -> None:
        """Ask for `chosen` of the scores.

        Args:
            opening: gives the model in a worker.
            chosen: the output, of all scores.
            role: names the rows in errors.
            session_s: how long a worker may live; a new one is opened in good time.
        """
        self._opening, self._chosen, self._role = opening, chosen, role
        self._renew_after, self._opened_at = session_s / 2, 0.0
        self._stack = ExitStack()
        self._scorer: Scorer | None = None
        self._crashes, self._lost_s, self._most_lost_s = 0, 0.0, MOST_HANGS * session_s
        self._over: str | None = None
        self.calls = 0
        self.scored = 0
        self.seconds = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def scores(self, rows: Any) -> Floats:
        """As `Ask` says."""
        if not rows.num_rows:
            return np.empty(0)
        scores = self._chosen(self.all_scores(rows))
        if not are_held(scores):
            raise AskFailed(f"the model gave a score beyond {MOST:g}")
        return scores

    def all_scores(self, rows: Any) -> Scores:
        """The scores of every class, of rows that are in no data.

        Raises:
            AskFailed: as `through` says.
        """
        return self.through(lambda scorer: scorer.score(rows, self._role, made_up=True), rows)

    def through(self, call: Callable[[Scorer], _T], rows: Any) -> _T:
        """What a call of the scorer gives, counted, with a new worker after a failure.

        Raises:
            AskFailed: the call failed; `NotAsked`: too many did before.
        """
        if self._over is not None:
            raise NotAsked(self._over)
        self.calls += 1
        self.scored += rows.num_rows
        scorer, began = self._opened(), time.monotonic()
        try:
            return call(scorer)
        except Raised as error:
            raise AskFailed(_line(error)) from error
        except WorkerError as error:
            self._close()
            self._crashes += 1
            self._lost_s += time.monotonic() - began
            if self._crashes == MOST_CRASHES or self._lost_s >= self._most_lost_s > 0:
                times = count_text(self._crashes, "time")
                self._over = f"the model failed {times}; it was not asked again"
            raise AskFailed(_line(error)) from error
        finally:
            self.seconds += time.monotonic() - began

    def _opened(self) -> Scorer:
        if self._scorer is not None and time.monotonic() - self._opened_at > self._renew_after:
            self._close()
        if self._scorer is None:
            self._opened_at = time.monotonic()
            try:
                self._scorer = self._stack.enter_context(self._opening())
            except WorkerError as error:  # what does not open once does not open later
                self._over = _line(error)
                raise NotAsked(self._over) from error
        return self._scorer

    def _close(self) -> None:
        self._scorer = None
        self._stack.close()


def _line(error: WorkerError) -> str:
    """What went wrong, and the exception's class; its text, which may hold a person's values, not.

    The line goes into reports that hold no row.
    """
    name = error.cause.partition(":")[0]
    return f"{error.what}: {name}" if name.isidentifier() else error.what
