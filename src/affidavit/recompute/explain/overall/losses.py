"""How wrong scores are, and what each row adds to that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from affidavit.explanation_record import Lacking
from affidavit.recompute.coded import Bools
from affidavit.recompute.explain.explained import Explained, Places
from affidavit.recompute.floats import Floats

_NEAREST: Final = 1e-12  # of a probability of 0 or 1, whose loss no number holds
MOST_ROWS: Final = 50_000  # more take hours, and move no digit that is read
_PART = "permutation importance"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A loss over rows.

    Attributes:
        value: smaller is better.
        contributions: (n_rows,), centred: the loss's standard error is that of their mean.
    """

    value: float
    contributions: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """How wrong scores are for rows whose label is known.

    Attributes:
        metric: its name, in words.
        places: of these rows, rising; 50,000 of them at most, drawn.
        of: the loss of scores, (n_places,).
    """

    metric: str
    places: Places
    of: Callable[[Floats], Lost]


def loss_of(explained: Explained) -> Loss | Lacking:
    """The loss that goes with the task.

    Mean squared error of a regression. Else the log loss of `explained.of` against the rest, where
    the scores can be probabilities; where they are not (outside [0, 1], or 0 and 1 alone), one
    minus the area under the ROC curve, which asks for their order only.
    """
    if explained.config.task == "regression":
        targets = explained.rows.targets
        places = _some(explained, ~np.isnan(targets))
        if not len(places):
            return _lacking("no row has a label")
        known = targets[places]
        return Loss(
            metric="mean squared error", places=places,
            of=lambda scores: _mean((scores - known) ** 2),
        )  # fmt: skip
    places = _some(explained, explained.rows.is_labelled)
    if not len(places):
        return _lacking("no row has a label")
    is_positive = explained.rows.labels.equals(explained.of)[places]
    rest = "" if explained.config.task == "binary" else ", one class against the rest"
    if _are_probabilities(explained.scores):
        return Loss(
            metric=f"log loss{rest}", places=places,
            of=lambda scores: _mean(_log_losses(is_positive, scores)),
        )  # fmt: skip
    if is_positive.all() or not is_positive.any():
        return _lacking(f"the labelled rows do not hold both {explained.of!r} and another label")
    return Loss(
        metric=f"1 - AUC{rest}", places=places, of=lambda scores: _misranked(is_positive, scores)
    )


def _some(explained: Explained, is_known: Bools) -> Places:
    places = np.flatnonzero(is_known)
    if len(places) <= MOST_ROWS:
        return places
    chance = explained.random("importance: rows")
    return np.sort(chance.choice(places, size=MOST_ROWS, replace=False))


def _lacking(reason: str) -> Lacking:
    return Lacking(part=_PART, reason=reason, fix="explain a role whose rows are labelled")


def _are_probabilities(scores: Floats) -> bool:
    within = bool(((scores >= 0) & (scores <= 1)).all())
    return within and bool(((scores > 0) & (scores < 1)).any())


def _mean(losses: Floats) -> Lost:
    value = float(losses.mean())
    return Lost(value=value, contributions=losses - value)


def _log_losses(is_positive: Bools, scores: Floats) -> Floats:
    """(n_rows,): -ln of the probability that was given to what came true."""
    right = np.where(is_positive, scores, 1 - scores)
    return np.asarray(-np.log(np.clip(right, _NEAREST, 1.0)))


def _misranked(is_positive: Bools, scores: Floats) -> Lost:
    """1 - AUC: the share of pairs in the wrong order, ties counted half.

    References:
        DeLong, DeLong, Clarke-Pearson (1988), Biometrics 44, 837-845: a row's part is the share of
        the other class that it is on the wrong side of.
    """
    ours, others = np.sort(scores[is_positive]), np.sort(scores[~is_positive])
    wrong = np.empty(len(scores))
    wrong[is_positive] = 1 - _below(others, scores[is_positive])
    wrong[~is_positive] = _below(ours, scores[~is_positive])
    value = float(wrong[is_positive].mean())
    share = np.where(is_positive, is_positive.mean(), 1 - is_positive.mean())
    return Lost(value=value, contributions=(wrong - value) / share)


def _below(ranked: NDArray[np.float64], scores: Floats) -> Floats:
    """The share of `ranked` below each score, ties counted half."""
    twice = np.searchsorted(ranked, scores) + np.searchsorted(ranked, scores, side="right")
    return np.asarray(twice / (2 * len(ranked)))
