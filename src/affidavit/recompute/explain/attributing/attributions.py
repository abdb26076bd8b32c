"""What each feature adds to each row's output: read from the model, asked for, or sampled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from affidavit.evidence import Scale
from affidavit.explanation_record import Method, Quality
from affidavit.recompute.explain.asking import Ask, AskFailed
from affidavit.recompute.explain.attributing.background import Chosen
from affidavit.recompute.explain.attributing.enumeration import enumerate_sets, is_enumerable
from affidavit.recompute.explain.attributing.hybrids import Hybrids
from affidavit.recompute.explain.attributing.permutation import sample_orders
from affidavit.recompute.explain.attributing.readable import (
    TOLERANCE,
    Readable,
    left_open,
    read_attributions,
)
from affidavit.recompute.explain.explained import Explained, is_saturated
from affidavit.recompute.floats import Floats, rounded
from affidavit.recompute.worker.exactness import NotExact
from affidavit.wording import count_text

STABILITY_ROWS = 50  # that are explained a second time, with another seed
_NOTHING = 1e-12  # of the largest attribution
_GAME = "interventional: the features that are not known are the background's"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributed:
    """Attributions on the scale: outputs == base + values.sum(axis=1), as far as `quality` says.

    Attributes:
        values: (n_rows, n_features), to twelve significant digits.
        errors: (n_rows, n_features): Monte Carlo standard errors; 0 where exact.
        outputs: (n_rows,): of the rows, on the scale.
        base: the mean output of the background.
        notes: why the method is not the one that was asked for.
    """

    values: Floats
    errors: Floats
    outputs: Floats
    base: float
    quality: Quality
    notes: tuple[str, ...] = ()


def choose_scale(task: str, scores: Floats, readable: Readable | NotExact | None) -> Scale:
    """The scale that attributions are on.

    That on which they are exact; else the log-odds of what can be a probability, else the score.

    Args:
        task: of the configuration.
        scores: (n_rows,): of the output that is explained.
        readable: what `probe_exact` found; None where attributions are to be sampled.
    """
    if isinstance(readable, Readable):
        return readable.exact.scale
    within = bool(((scores >= 0) & (scores <= 1)).all())
    return "log-odds" if task != "regression" and within else "score"


def attribute(
    explained: Explained,
    ask: Ask,
    rows: Any,
    background: Chosen,
    *,
    readable: Readable | NotExact | None = None,
    samples: int | None = None,
) -> Attributed:
    """The attributions of these rows.

    Args:
        explained: features, scale, seed and settings.
        ask: the model.
        rows: a pyarrow Table with the model's columns: of the data, or not.
        background: what they are compared with.
        readable: what `probe_exact` found.
        samples: orders of features for each row and background row, where these are sampled; as
            configured where not given.

    Raises:
        AskFailed: the model failed at a row or a hybrid.
    """
    hybrids = Hybrids(explained, ask, rows, background)
    notes: list[str] = []
    if explained.explain.method == "exact":
        found = _exact(hybrids, readable, notes)
        if found is not None:
            return _attributed(explained, hybrids, *found, notes)
    return _sampled(explained, hybrids, samples or explained.explain.samples, notes)


def _exact(
    hybrids: Hybrids, readable: Readable | NotExact | None, notes: list[str]
) -> tuple[Method, Floats] | None:
    if isinstance(readable, Readable):
        try:
            found = read_attributions(hybrids, readable)
        except AskFailed as error:
            found = NotExact(error.cause_line)
        if not isinstance(found, NotExact):
            return readable.exact.method, found
        readable = found
    if isinstance(readable, NotExact):
        notes.append(f"attributions are not read from the model: {readable.reason}")
    if not is_enumerable(hybrids.n, hybrids.n_background, hybrids.n_features):
        return None
    return "enumeration", enumerate_sets(hybrids)


def _attributed(
    explained: Explained, hybrids: Hybrids, method: Method, values: Floats, notes: list[str]
) -> Attributed:
    values = _tidy(values)
    _note_saturated(hybrids, explained.scale, notes)
    gaps, unresolved = _gaps(hybrids, values), np.zeros(hybrids.n)
    if method != "enumeration":  # which attributes what the scores say, and not the parameters
        is_wide = gaps > TOLERANCE * np.abs(hybrids.outputs).max(initial=1.0)
        unresolved = np.where(is_wide, np.minimum(gaps, left_open(hybrids, hybrids.scores)), 0.0)
    quality = Quality(
        method=method, scale=explained.scale, seed=explained.explain.seed, rows=hybrids.n,
        additivity=float((gaps - unresolved).max(initial=0.0)),
        unresolved=float(unresolved.max()) if unresolved.any() else None,
        calls=hybrids.ask.calls, scored=hybrids.ask.scored, settings=_settings(hybrids),
    )  # fmt: skip
    return Attributed(
        values=values, errors=np.zeros(values.shape), outputs=hybrids.outputs,
        base=hybrids.background.mean_output, quality=quality, notes=tuple(notes),
    )  # fmt: skip


def _sampled(explained: Explained, hybrids: Hybrids, samples: int, notes: list[str]) -> Attributed:
    first = sample_orders(hybrids, samples, explained.random("orders"))
    n_again = min(hybrids.n, STABILITY_ROWS)
    second = sample_orders(hybrids, samples, explained.random("orders again"), n_again)
    values, errors = _tidy(first.values), _tidy(first.errors)
    apart = np.abs(first.values[:n_again] - second.values)
    _note_saturated(hybrids, explained.scale, notes)
    measured = "over background rows, so too large" if first.from_spread else "over orders"
    quality = Quality(
        method="permutation", scale=explained.scale, seed=explained.explain.seed, rows=hybrids.n,
        samples=first.samples, additivity=float(_gaps(hybrids, values).max(initial=0.0)),
        monte_carlo=float(errors.max(initial=0.0)), stability=float(apart.max(initial=0.0)),
        calls=hybrids.ask.calls, scored=hybrids.ask.scored,
        settings={
            **_settings(hybrids), "orders": "for each row and background row, each also backwards",
            "monte_carlo": measured, "stability": f"on the first {n_again} rows",
        },
    )  # fmt: skip
    return Attributed(
        values=values, errors=errors, outputs=hybrids.outputs,
        base=hybrids.background.mean_output, quality=quality, notes=tuple(notes),
    )  # fmt: skip


def _note_saturated(hybrids: Hybrids, scale: Scale, notes: list[str]) -> None:
    n = int(is_saturated(hybrids.scores).sum()) if scale == "log-odds" else 0
    if n:
        have = f"{count_text(n, 'row')} {'has' if n == 1 else 'have'}"
        notes.append(f"{have} a score too near 0 or 1 for its log-odds to be told")


def _tidy(values: Floats) -> Floats:
    """To twelve digits, and 0 for what is only the rounding of the others' sums."""
    least = _NOTHING * float(np.abs(values).max(initial=0.0))
    return rounded(np.where(np.abs(values) < least, 0.0, values))


def _settings(hybrids: Hybrids) -> dict[str, str]:
    return {"game": _GAME, "background": f"{hybrids.n_background} rows"}


def _gaps(hybrids: Hybrids, values: Floats) -> Floats:
    """(n_rows,): how far the sums of attributions are from the outputs."""
    sums = hybrids.background.mean_output + values.sum(axis=1)
    return np.asarray(np.abs(sums - hybrids.outputs))
