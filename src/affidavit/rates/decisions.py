"""Numbers of labels and decisions that are no rate: F1, balanced accuracy, Matthews, averages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import atanh, fsum, sqrt, tanh

from affidavit.confusion import Confusion, balanced_accuracy, f1, matthews_correlation
from affidavit.confusion import matthews_variance as variance_of
from affidavit.evidence import Number
from affidavit.intervals import mover_mean
from affidavit.places import Place
from affidavit.rates.definitions import (
    ACCURACY,
    JACCARD,
    PRECISION,
    TRUE_NEGATIVE,
    TRUE_POSITIVE,
    Rate,
)
from affidavit.rates.f1_averages import macro_limits, weighted_limits
from affidavit.rates.sheet import Limits, Sheet
from affidavit.rates.tallies import Grid, Sides
from affidavit.significance import FEW_EXPECTED

_ENOUGH = 30  # labelled rows below which no delta method is trusted
NO_LABELS = "undefined, n = 0: no labelled rows"
_AVERAGES = (
    "accuracy", "balanced_accuracy", "f1_macro", "f1_micro", "f1_weighted", "precision_macro",
    "recall_macro",
)  # fmt: skip


def binary_decisions(sheet: Sheet, grid: Grid, event: str, place: Place) -> Iterator[Number]:
    """F1, balanced accuracy and Matthews correlation of one event."""
    sides = grid.sides(event)
    yield f1_number(sheet, sides, event, place)
    found = confusion(sides)
    rates = [sheet.rate(r, sides, event, place) for r in (TRUE_POSITIVE, TRUE_NEGATIVE)]
    balanced, matthews = balanced_accuracy(found), matthews_correlation(found)
    yield sheet.number(
        "balanced_accuracy", place, n=found.n, value=balanced,
        limits=mean_limits(sheet, rates) if balanced is not None else None,
        reason=_lacking(balanced, found, "the labelled rows do not hold both labels"),
    )  # fmt: skip
    yield sheet.number(
        "matthews_correlation", place, n=found.n, value=matthews,
        limits=_matthews_limits(sheet, found),
        reason=_lacking(matthews, found, "labels or decisions are all the same"),
    )  # fmt: skip


def confusion(sides: Sides) -> Confusion:
    """The confusion matrix in weight."""
    return Confusion(tp=sides.tp.w, fp=sides.fp.w, fn=sides.fn.w, tn=sides.tn.w, n=sides.labelled.n)


def f1_number(sheet: Sheet, sides: Sides, event: str, place: Place) -> Number:
    """F1 of one event; its interval is that of J = TP / (TP + FP + FN), carried over.

    F1 = 2 J / (1 + J) rises with J, and of the rows that have the event as label or decision, TP
    are a binomial share: so F1 is covered exactly as often as J is.

    References:
        Hand, Christen, Kirielle (2021), F*: an interpretable transformation of the F-measure,
        Machine Learning 110 (J is their F*).
    """
    found, rate = confusion(sides), sheet.rate(JACCARD, sides, event, place)
    value = f1(found)
    limits = sheet.limits(rate, of=" on TP / (TP + FP + FN)")
    if limits is not None:
        high = 1.0 if limits.high is None else limits.high
        limits = Limits(_from_jaccard(limits.low), _from_jaccard(high), limits.method)
    reason = _lacking(value, found, JACCARD.empty.format(event=repr(event)))
    return sheet.number("f1", place, n=found.n, value=value, limits=limits, reason=reason)


def _lacking(value: float | None, found: Confusion, empty: str) -> str | None:
    if value is not None:
        return None
    return f"undefined, n = {found.n}: {empty if found.n else 'no labelled rows'}"


def _from_jaccard(share: float) -> float:
    return 2 * share / (1 + share)


def mean_limits(sheet: Sheet, rates: Sequence[Rate]) -> Limits | None:
    """The interval of the mean of independent rates; None where the rows of one are not stated."""
    if sheet.spec.unit is not None:  # a unit's rows can be in several of the shares
        return None
    shares = [r.share for r in rates]
    known = [s for s in shares if s is not None]
    if not known or len(known) < len(shares):
        return None
    return Limits(*mover_mean(known, sheet.z), sheet.method("MOVER of Wilson limits"))


def _matthews_limits(sheet: Sheet, found: Confusion) -> Limits | None:
    """Fisher's z of the correlation, with its multinomial delta variance; rows independent.

    None with weights or units, below 30 rows, where a count expected without correlation is below
    5 (it then covers far too seldom), and where the variance is 0: no width is no certainty.

    References:
        Itaya, Tamura, Hayashi, Yamamoto (2024), Asymptotic properties of Matthews correlation
        coefficient, Statistics in Medicine 44 (Fisher's z).
    """
    value = matthews_correlation(found)
    if sheet.spec.weighted or sheet.spec.unit is not None or value is None:
        return None
    rarer_label = min(found.tp + found.fn, found.tn + found.fp)
    rarer_decision = min(found.tp + found.fp, found.tn + found.fn)
    if found.n < _ENOUGH or rarer_label * rarer_decision < FEW_EXPECTED * found.n:
        return None
    variance = variance_of(found)
    if variance is None or variance <= 0 or abs(value) >= 1:
        return None
    half = sheet.z * sqrt(variance) / (1 - value * value)
    centre = atanh(value)
    return Limits(tanh(centre - half), tanh(centre + half), "Fisher's z, delta method")


def multiclass_averages(sheet: Sheet, grid: Grid, place: Place) -> Iterator[Number]:
    """Accuracy, and the averages over classes; none is 0 where it is undefined.

    F1 is averaged over the classes that occur as label or decision, recall over those that occur
    as label, precision over those that were decided: a class without a recall or a precision is
    left out of that mean, where scikit-learn counts it 0.
    """
    n = grid.labelled.n
    if not grid.labelled.w:
        for metric in _AVERAGES:
            reason = NO_LABELS if not n else f"undefined, n = {n}: the rows have no weight"
            yield sheet.number(metric, place, n=n, value=None, reason=reason)
        return
    each = {c: grid.sides(c) for c in grid.classes}
    recalls = _defined(sheet, each, place, recall=True)
    precisions = _defined(sheet, each, place, recall=False)
    found = {c: f1(confusion(s)) for c, s in each.items()}
    scores = {c: value for c, value in found.items() if value is not None}
    support = {c: s.tp.plus(s.fn).w for c, s in each.items()}
    right = sheet.accuracy(next(iter(each.values())), place)
    accuracy, share = float(right.exact), sheet.limits(right)
    recall, recall_limits = _mean(recalls), mean_limits(sheet, recalls)
    rows: tuple[tuple[str, float, Limits | None], ...] = (
        (ACCURACY.metric, accuracy, share),
        ("balanced_accuracy", recall, recall_limits),
        ("f1_macro", fsum(scores.values()) / len(scores), macro_limits(sheet, grid, scores)),
        # With one label a row, micro-averaged F1 is the accuracy.
        ("f1_micro", accuracy, share),
        (
            "f1_weighted",
            fsum(v * support[c] for c, v in scores.items()) / grid.labelled.w,
            weighted_limits(sheet, grid, scores),
        ),
        ("precision_macro", _mean(precisions), mean_limits(sheet, precisions)),
        ("recall_macro", recall, recall_limits),
    )
    for metric, value, limits in rows:
        yield sheet.number(metric, place, n=n, value=value, limits=limits)


def _defined(sheet: Sheet, each: dict[str, Sides], place: Place, *, recall: bool) -> list[Rate]:
    rule = TRUE_POSITIVE if recall else PRECISION
    rates = (sheet.rate(rule, sides, event, place) for event, sides in each.items())
    return [r for r in rates if r.value is not None]


def _mean(rates: Sequence[Rate]) -> float:
    return fsum(float(r.exact) for r in rates) / len(rates)
