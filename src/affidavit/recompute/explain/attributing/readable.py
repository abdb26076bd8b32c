"""Attributions that the model's own parameters give, and whether they are to be believed.

They are read by the worker, from a model that may be read wrongly: so they have to add up to the
scores that the model itself gives, or they are not used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from affidavit.recompute.explain.asking import Asker, AskFailed
from affidavit.recompute.explain.attributing.hybrids import Hybrids
from affidavit.recompute.explain.explained import is_saturated
from affidavit.recompute.floats import MOST, Floats, are_held, are_single
from affidavit.recompute.worker.exactness import Exact, NotExact

AT_ONCE = 1_000  # rows a request; the background goes with each
TOLERANCE, SINGLE_TOLERANCE = 1e-6, 1e-5  # of the largest output
_UNIT, _SINGLE_UNIT = (
    5e-12,
    4 * 2.0**-24,
)  # of a score: twelve digits; a few units of the last place
_UNRESOLVED = 1e-2  # of log-odds, from scores too near 1 to tell
CHECKED = 64  # rows made of two that are scored and attributed, to see that all was read

Read = Callable[[Any, Any, Sequence[Sequence[int]]], Floats | NotExact]


@dataclass(frozen=True, slots=True)
class Readable:
    """An output that is a sum, and the way to its attributions.

    Attributes:
        exact: which sum, on which scale.
        read: of a background, rows and the places of each feature's columns, attributions.
    """

    exact: Exact
    read: Read


def probe_exact(asker: Asker, output: str | None) -> Readable | NotExact:
    """Whether the model's own parameters give exact attributions, and on which scale.

    Args:
        asker: the model in its worker.
        output: the class that is explained, of several; None for a binary task or a regression.

    Raises:
        AskFailed: the worker failed.
    """
    said = asker.through(lambda scorer: scorer.exact(output), pa.table({}))
    if isinstance(said, NotExact):
        return said

    def read(background: Any, rows: Any, groups: Sequence[Sequence[int]]) -> Floats | NotExact:
        return asker.through(lambda s: s.attribute(background, rows, groups, output), rows)

    return Readable(said, read)


def read_attributions(hybrids: Hybrids, readable: Readable) -> Floats | NotExact:
    """(n_rows, n_features): exact, and in agreement with the model's own scores.

    Raises:
        AskFailed: the worker failed.
    """
    if readable.exact.scale != hybrids.explained.scale:
        return NotExact(f"its parameters give sums on the {readable.exact.scale} only")
    values = _read(hybrids, readable, hybrids.rows)
    if isinstance(values, NotExact):
        return values
    wrong = _disagreement(hybrids, values, hybrids.scores) or _disagreement_elsewhere(
        hybrids, readable
    )
    return values if wrong is None else NotExact(wrong)


def _read(hybrids: Hybrids, readable: Readable, rows: Any) -> Floats | NotExact:
    parts = [np.empty((0, hybrids.n_features))]
    for start in range(0, rows.num_rows, AT_ONCE):
        part = rows.slice(start, AT_ONCE)
        hybrids.ask.count(part.num_rows)
        found = readable.read(hybrids.background.rows, part, hybrids.groups)
        if isinstance(found, NotExact):
            return found
        if not are_held(found):
            return NotExact(f"what was read of its parameters is beyond {MOST:g}")
        parts.append(found)
    return np.concatenate(parts)


def _disagreement_elsewhere(hybrids: Hybrids, readable: Readable) -> str | None:
    """The same of rows made of two, which is where attributions look beyond the data.

    A model that cannot be asked there is not held against what was read of it.
    """
    random = hybrids.explained.random("hybrids that attributions are checked on")
    n = CHECKED if hybrids.n else 0
    rows, others = (
        random.randint(0, most, n) for most in (max(hybrids.n, 1), hybrids.n_background)
    )
    made = hybrids.make(rows, others, random.random_sample((n, hybrids.n_features)) < 1 / 2)
    try:
        scores = hybrids.ask.scores(made)
    except AskFailed:
        return None
    values = _read(hybrids, readable, made)
    if isinstance(values, NotExact):
        return values.reason
    return _disagreement(hybrids, values, scores)


def _disagreement(hybrids: Hybrids, values: Floats, ours: Floats) -> str | None:
    """Why these attributions do not make the model's scores; None where they do."""
    is_odds, theirs = hybrids.explained.scale == "log-odds", hybrids.background.scores
    outputs = hybrids.explained.on_scale(np.concatenate([ours, theirs]))
    single = are_single(np.concatenate([ours, theirs]))
    largest = float(np.abs(outputs).max(initial=0.0)) + (1.0 if is_odds else 0.0)
    if is_odds and _start(theirs, _unit(ours, theirs)) > _UNRESOLVED:
        return "scores of the background are too near 0 or 1 to tell their log-odds"
    allowed = (SINGLE_TOLERANCE if single else TOLERANCE) * largest + left_open(hybrids, ours)
    gaps = np.abs(hybrids.background.mean_output + values.sum(axis=1) - outputs[: len(ours)])
    if (gaps <= allowed).all():
        return None
    gap = float(gaps[gaps > allowed].max())
    return f"what was read of its parameters does not make its scores (off by {gap:.2g})"


def left_open(hybrids: Hybrids, ours: Floats) -> Floats:
    """(n_rows,): how far outputs may be off because scores have so many digits only.

    Args:
        hybrids: the scale, and the background, whose mean output is off likewise.
        ours: (n_rows,): the scores.
    """
    if hybrids.explained.scale != "log-odds":
        return np.zeros(len(ours))
    theirs = hybrids.background.scores
    unit = _unit(ours, theirs)
    return _start(theirs, unit) + _resolution(ours, unit)


def _unit(ours: Floats, theirs: Floats) -> float:
    return _SINGLE_UNIT if are_single(np.concatenate([ours, theirs])) else _UNIT


def _start(theirs: Floats, unit: float) -> float:
    """How far the mean output of the background may be off."""
    return float(_resolution(theirs, unit).mean())


def _resolution(scores: Floats, unit: float) -> Floats:
    """How far log-odds may be off because a score has so many digits only: d/dp = 1/(p (1-p))."""
    held = ~is_saturated(scores)
    return np.where(held, unit / np.where(held, 1 - scores, 1.0), np.inf)
