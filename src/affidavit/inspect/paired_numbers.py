"""Paired measures of the common rows, and the decisions that changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from math import isnan
from typing import Final

from affidavit.config import Config
from affidavit.counts import UNKNOWN_LABEL
from affidavit.evidence import LEVEL
from affidavit.inspect.common_rows import Common
from affidavit.inspect.difference import PairedNumber, Turned
from affidavit.inspect.predicted import PredictedRow
from affidavit.paired import (
    Paired,
    compare_areas,
    compare_means,
    compare_shares,
    fourfold,
    weighted_areas,
    weighted_means,
    weighted_shares,
)

# Squares of larger errors would leave the range of a float.
_LARGEST_ERROR: Final = 1e100
Counted = Callable[[PredictedRow], bool]


def pair_numbers(common: Common, old: Config, new: Config) -> tuple[PairedNumber, ...]:
    """The measures of the task; labels are read as the later configuration declares them.

    Binary: area under the ROC curve, Brier score, selection rate, accuracy, true and false
    positive rate. Multiclass: accuracy. Regression: mean absolute error.
    """
    if new.task == "regression":
        return (_absolute_error(common),)
    if new.task == "multiclass":
        return (_accuracy(common),)
    positive = new.label.positive or ""
    return (
        *_of_scores(common, positive, old.label.positive or ""),
        selection_rate(common, range(common.n), favourable(new)),
        _accuracy(common),
        _rate(common, "true_positive_rate", positive, is_positive=True),
        _rate(common, "false_positive_rate", positive, is_positive=False),
    )


def favourable(config: Config) -> str:
    """The label that is good for the person; `positive` where none is declared."""
    return config.label.favourable or config.label.positive or ""


def turned_rows(common: Common, rows: Iterable[int]) -> tuple[Turned, ...]:
    """Decisions that changed among these rows, by what they were and what they are."""
    counts: Counter[tuple[str, str]] = Counter()
    known: Counter[tuple[str, str, str]] = Counter()
    for i in rows:
        before, after = common.before[i].decision, common.after[i].decision
        if before == after:
            continue
        counts[before, after] += 1
        if common.labels[i] != UNKNOWN_LABEL:
            right = "before" if common.labels[i] == before else ""
            known[before, after, "after" if common.labels[i] == after else right] += 1
    return tuple(
        Turned(
            before=a, after=b, n=counts[a, b],
            n_labelled=sum(known[a, b, which] for which in ("before", "after", "")),
            right_before=known[a, b, "before"], right_after=known[a, b, "after"],
        )
        for a, b in sorted(counts)
    )  # fmt: skip


def selection_rate(
    common: Common, rows: Sequence[int], event: str, *, over: int = 1
) -> PairedNumber:
    """The share of these rows that each version decides as the favourable outcome.

    Args:
        common: the common rows.
        rows: positions of those that count, labelled or not.
        event: the favourable label.
        over: how many groups stand beside each other.
    """
    found = _share(common, rows, lambda r: r.decision == event, over=over)
    return _number("selection_rate", found, event)


def _accuracy(common: Common) -> PairedNumber:
    found = _share(common, common.labelled, lambda r: r.decision == r.label)
    return _number("accuracy", _explained(found, "no labelled rows"))


def _rate(common: Common, metric: str, event: str, *, is_positive: bool) -> PairedNumber:
    rows = [i for i in common.labelled if (common.labels[i] == event) == is_positive]
    found = _share(common, rows, lambda r: r.decision == event)
    kind = "" if is_positive else "other than "
    return _number(metric, _explained(found, f"no rows whose label is {kind}{event!r}"), event)


def _explained(found: Paired, empty: str) -> Paired:
    return found if found.n else Paired(n=0, reason=f"undefined, n = 0: {empty}")


def _share(common: Common, rows: Sequence[int], counted: Counted, *, over: int = 1) -> Paired:
    before, after = ([counted(side[i]) for i in rows] for side in (common.before, common.after))
    if common.weights is not None:
        return weighted_shares(before, after, [common.weights[i] for i in rows])
    found = compare_shares(fourfold(before, after), over=over)
    return _independent(common, found)


def _independent(common: Common, found: Paired) -> Paired:
    return found.without_interval(common.no_interval) if common.no_interval else found


def _of_scores(common: Common, event: str, other: str) -> tuple[PairedNumber, PairedNumber]:
    rows = common.labelled
    scores = [[_float(side[i].score) for i in rows] for side in (common.before, common.after)]
    area, brier = "roc_auc", "brier_score"
    missing = sum(isnan(s) for side in scores for s in side)
    reason = ""
    if event != other:
        reason = f"the scores are of different labels, {other!r} and {event!r}"
    elif missing:
        reason = f"{missing:,} scores of labelled rows are missing"
    if reason:
        nothing = Paired(n=len(rows), reason=reason)
        return _number(area, nothing, event), _number(brier, nothing, event)
    is_event = [common.labels[i] == event for i in rows]
    weights = None if common.weights is None else [common.weights[i] for i in rows]
    if weights is None:
        found = _independent(common, compare_areas(is_event, scores[0], scores[1]))
    else:
        found = weighted_areas(is_event, scores[0], scores[1], weights)
    return _number(area, found, event), _number(
        brier, _brier(common, scores, is_event, weights), event
    )


def _brier(
    common: Common,
    scores: list[list[float]],
    is_event: list[bool],
    weights: list[float] | None,
) -> Paired:
    outside = sum(not 0 <= s <= 1 for side in scores for s in side)
    if outside:
        return Paired(n=len(is_event), reason=f"{outside:,} scores lie outside [0, 1]")
    losses = [
        [(s - event) * (s - event) for s, event in zip(side, is_event, strict=True)]
        for side in scores
    ]
    return _means(common, losses, weights)


def _absolute_error(common: Common) -> PairedNumber:
    rows = common.labelled
    targets = [_float(common.labels[i]) for i in rows]
    losses = [
        [abs(_float(side[i].score) - t) for i, t in zip(rows, targets, strict=True)]
        for side in (common.before, common.after)
    ]
    bad = sum(not loss <= _LARGEST_ERROR for side in losses for loss in side)
    if bad:
        reason = f"{bad:,} predictions or targets are not finite, or beyond {_LARGEST_ERROR:g}"
        return _number("mae", Paired(n=len(rows), reason=reason))
    weights = None if common.weights is None else [common.weights[i] for i in rows]
    return _number("mae", _means(common, losses, weights))


def _means(common: Common, losses: list[list[float]], weights: list[float] | None) -> Paired:
    if weights is not None:
        return weighted_means(losses[0], losses[1], weights)
    return _independent(common, compare_means(losses[0], losses[1]))


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def _number(metric: str, found: Paired, event: str | None = None) -> PairedNumber:
    return PairedNumber(
        metric=metric, event=event, n=found.n, before=found.before, after=found.after,
        difference=found.difference, low=found.low, high=found.high,
        level=None if found.low is None else LEVEL, method=found.method, p_value=found.p_value,
        test=found.test, reason=found.reason,
    )  # fmt: skip
