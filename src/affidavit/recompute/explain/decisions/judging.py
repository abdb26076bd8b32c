"""Whether a generated row is decided otherwise than the row that it was made from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from affidavit.recompute.explain.asking import Ask
from affidavit.recompute.explain.explained import Places
from affidavit.recompute.floats import Floats
from affidavit.recompute.worker.scoring import Scores

Bools = NDArray[np.bool_]
Whole = Callable[[Any], Scores]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the model makes of generated rows.

    Attributes:
        scores: (n_rows,): of the output that is explained.
        labels: of each row, what is decided.
        flips: (n_rows,): whether the decision is the one that was looked for.
        margin: (n_rows,): how far towards it; the larger, the nearer.
    """

    scores: Floats
    labels: Sequence[str]
    flips: Bools
    margin: Floats


class Judge(Protocol):
    """The model's decisions on generated rows."""

    def judge(self, rows: Any, cases: Places) -> Judged:
        """Score and decide rows.

        Args:
            rows: a pyarrow Table as the model is given.
            cases: (n_rows,): which decision each row was made from.

        Raises:
            AskFailed: as `Ask` says.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ByThreshold:
    """A binary decision: `positive` at or above the threshold of the row that it was made from.

    Attributes:
        cut, is_above: (n_cases,): the threshold, and on which side the case itself is.
    """

    ask: Ask
    cut: Floats
    is_above: Bools
    positive: str
    negative: str

    def judge(self, rows: Any, cases: Places) -> Judged:
        """As `Judge` says; the margin is the way past the threshold, in score."""
        scores = self.ask.scores(rows)
        beyond = scores - self.cut[cases]
        was, now = self.is_above[cases], scores >= self.cut[cases]
        return Judged(
            scores=scores, labels=[self.positive if a else self.negative for a in now],
            flips=was != now, margin=np.where(was, -beyond, beyond),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ByClasses:
    """A decision among several classes: the one with the highest score, the first where equal.

    Attributes:
        whole: the scores of all classes, or codes of the decided ones.
        of: the class whose score is explained.
        was: the class that each case was given.
        wanted: the class that is looked for; None for any but its own.
    """

    whole: Whole
    of: str
    was: Sequence[str]
    wanted: Sequence[str | None]

    def judge(self, rows: Any, cases: Places) -> Judged:
        """As `Judge` says; the margin is the lead of what is looked for over the other classes."""
        found = self.whole(rows)
        matrix = found.matrix
        if found.are_codes:  # no scores: the decided class leads by 1
            matrix = np.eye(len(found.classes))[found.matrix[:, 0].astype(np.int64)]
        classes = {name: i for i, name in enumerate(found.classes)}
        best = np.argmax(matrix, axis=1)
        own = np.array([classes.get(w, -1) for w in self.was])[cases]
        wanted = np.array([-1 if w is None else classes.get(w, -1) for w in self.wanted])[cases]
        is_any = np.array([w is None for w in self.wanted], dtype=bool)[cases]
        lead = _lead(matrix, np.where(is_any, own, wanted))
        of = classes.get(self.of)
        return Judged(
            scores=np.zeros(len(matrix)) if of is None else matrix[:, of],
            labels=[found.classes[i] for i in best],
            flips=np.where(is_any, best != own, best == wanted),
            margin=np.where(is_any, -lead, lead),
        )


def _lead(matrix: Floats, places: Places) -> Floats:
    """(n_rows,): how far the class at each row's place leads the best other one."""
    rows = np.arange(len(matrix))
    others = matrix.copy()
    others[rows, places] = -np.inf
    return np.asarray(matrix[rows, places] - others.max(axis=1, initial=-np.inf))
