"""Some rows scored again, in another order and other batches: a model's answer is of its row alone.

A model that keeps state between calls, that uses the place of a row or the rest of the batch, or
that answers for other rows than it was asked about, gives another score the second time. What a
model can do against it: know a row again and repeat what it said. So this finds mistakes, and
cheats that do not remember; it is no proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affidavit.config import Config
from affidavit.errors import WorkerError
from affidavit.evidence import Finding
from affidavit.recompute.floats import Floats, are_single
from affidavit.recompute.rows import Rows
from affidavit.recompute.segments import thresholds
from affidavit.recompute.worker.scoring import Scorer, Scores

MAX_ROWS = 512
SEED = 20240229
BATCH = 97  # a prime, which no usual batch size is a multiple of
ALONE = 8
TOLERANCE = 1e-9
SINGLE_TOLERANCE = 1e-6  # single precision keeps about seven digits, and sums differ by batch size


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """The rows of a role, what the model was given of them, and what it answered."""

    rows: Rows
    given: Any  # pyarrow.Table, which has no types
    scores: Scores


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescored:
    """What scoring some rows of a role again showed.

    Attributes:
        note: for the performance report: how many rows, how, with which result.
        findings: an exception where a score or a decision differed.
    """

    note: str
    findings: tuple[Finding, ...] = ()


def rescore(scorer: Scorer, roles: Sequence[Scored], config: Config) -> dict[str, Rescored]:
    """Score a seeded part of each role again, after all roles were scored once.

    A model that fails now has no second answer, for this role and those after it.
    """
    found: dict[str, Rescored] = {}
    failed: WorkerError | None = None
    for one in roles:
        role = one.rows.role
        if failed is None:
            try:
                found[role] = _rescore(scorer, one, config)
                continue
            except WorkerError as error:
                failed = error
        found[role] = _unanswered(role, failed)
    return found


def chosen(n_rows: int) -> NDArray[np.int64]:
    """Which rows are scored again, in which order; the same for every build.

    RandomState, because its sequence is frozen: numpy promises that of no other generator.
    """
    order: NDArray[np.int64] = np.random.RandomState(SEED).permutation(n_rows)
    return order[:MAX_ROWS]


def tolerance(scores: Floats, config: Config) -> float:
    """How far two answers for a row may be apart.

    1e-9 for a probability, 1e-6 where scores are in single precision (ONNX graphs, neural
    networks); for larger scores, and for amounts, that part of the largest one.
    """
    largest = float(np.abs(scores).max(initial=0.0))
    allowed = SINGLE_TOLERANCE if are_single(scores) else TOLERANCE
    return allowed * (largest if config.task == "regression" else max(1.0, largest))


def _rescore(scorer: Scorer, one: Scored, config: Config) -> Rescored:
    at = chosen(one.rows.n)
    alone = min(ALONE, len(at))
    sizes = [1] * alone + [BATCH] * -(-(len(at) - alone) // BATCH)
    again = scorer.score(one.given.take(at), f"{one.rows.role}, again", sizes)
    apart = _apart(one.scores, again, at)
    allowed = tolerance(one.scores.matrix[at], config)
    differing = apart > allowed
    turned = _turned(one, again, at, config)
    n, changed = len(at), int((differing | turned).sum())
    how = (
        f"{n:,} of {one.rows.n:,} rows were scored again (seed {SEED}, in another order, "
        f"{alone} alone, the others in batches of {BATCH})"
    )
    largest = float(apart.max())
    if not changed:
        alike = f"the same within {allowed:.2g} (largest difference {largest:.2g})"
        return Rescored(note=f"{how}: every score was {alike if largest else 'the same'}.")
    said = (
        f"{changed:,} of {n:,} scores differ, by {largest:.2g} at most; "
        f"{int(turned.sum()):,} decisions changed"
    )
    return Rescored(
        note=f"{how}: {said}.", findings=(_finding(one.rows.role, said, f"{allowed:.2g}"),)
    )


def _apart(first: Scores, again: Scores, at: NDArray[np.int64]) -> Floats:
    """The largest difference of each row; codes of classes are compared by name, as 0 or 1."""
    if first.are_codes:
        return np.asarray(_names(first)[at] != _names(again), dtype=np.float64)
    if first.matrix.shape[1] != again.matrix.shape[1]:
        return np.full(len(at), np.inf)
    return np.asarray(np.abs(first.matrix[at] - again.matrix).max(axis=1), dtype=np.float64)


def _turned(one: Scored, again: Scores, at: NDArray[np.int64], config: Config) -> NDArray[np.bool_]:
    """The rows whose decision is another one now."""
    if config.task == "regression":
        return np.zeros(len(at), dtype=np.bool_)
    if config.task == "multiclass":
        return np.asarray(_names(one.scores)[at] != _names(again))
    cut = thresholds(one.rows, config)[at]  # NaN where a column alone decides: then none turns
    before, after = one.scores.matrix[at, 0] >= cut, again.matrix[:, 0] >= cut
    return np.asarray(before != after, dtype=np.bool_)


def _names(scores: Scores) -> NDArray[np.str_]:
    codes = scores.matrix[:, 0] if scores.are_codes else np.argmax(scores.matrix, axis=1)
    return np.array(scores.classes, dtype=np.str_)[codes.astype(np.int64)]


def _finding(role: str, said: str, allowed: str) -> Finding:
    fix = (
        "look in the model for state that it keeps between calls, for what it computes over a "
        "batch (means, ranks), for random numbers, and for answers in another order than the rows"
    )
    return Finding(
        id=f"recompute.rescored.{role}", kind="exception", stage="recompute",
        what=f"the model gives rows of {role} other scores when it is asked again",
        expected=f"the same scores in another order and other batches, within {allowed}",
        found=said, fix=fix, items=("data/model/MLmodel",),
    )  # fmt: skip


def _unanswered(role: str, error: WorkerError) -> Rescored:
    finding = Finding(
        id=f"recompute.rescored.{role}", kind="exception", stage="recompute",
        what=f"the model gave no second answer for rows of {role}: {error.what}",
        expected="the same scores in another order and other batches",
        found=error.cause or "no answer", fix=error.fix, items=("data/model/MLmodel",),
    )  # fmt: skip
    return Rescored(note=f"Rows of {role} could not be scored again.", findings=(finding,))
