"""What a log may hold and no report has, yet follows from the numbers there: averages, rows.

Precision, recall and F1 averaged over classes, as scikit-learn has them, follow from the confusion
counts of a binary task, and from the numbers of each class of another.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from affidavit.evidence import Number
from affidavit.logged_metrics import MACRO, WEIGHTED

_BASES: Final = {"precision": "precision", "recall": "true_positive_rate", "f1": "f1"}
_OF_ALL: Final = frozenset({"accuracy", "mae"})  # their n is the number of labelled rows
_FOUR: Final = ("true_positives", "false_positives", "false_negatives", "true_negatives")


def following(name: str | None, numbers: tuple[Number, ...]) -> float | None:
    """The value of `recall_macro` and the like, or of `count`; None where nothing gives it.

    The rows that count are those with a label.
    """
    if name == "count":
        whole = (n.n for n in numbers if n.metric in _OF_ALL and _is_whole(n))
        return next(map(float, whole), None)
    return average(name, numbers)


def average(name: str | None, numbers: Iterable[Number]) -> float | None:
    """The value of an average over classes; None where the name or the numbers are others.

    Args:
        name: of the metric, as ours: a base, then `macro`, `micro` or `weighted`.
        numbers: of one role.
    """
    base, _, kind = (name or "").partition("_")
    if base not in _BASES or kind not in ("macro", "micro", "weighted"):
        return None
    known = tuple(numbers)
    if kind == "micro":  # with one label a row, it is the accuracy
        return next((n.value for n in known if n.metric == "accuracy" and _is_whole(n)), None)
    classes = _classes(_BASES[base], known)
    if not classes:
        return None
    if kind == "macro":
        return sum(value for value, _ in classes) / len(classes)
    whole = sum(weight for _, weight in classes)
    return sum(value * weight for value, weight in classes) / whole if whole else None


def other_averages(metric: str | None, numbers: tuple[Number, ...]) -> Iterator[tuple[str, float]]:
    """What else goes by the name of one class's precision, recall or F1: its averages over both."""
    base = next((name for name, ours in _BASES.items() if ours == metric), None)
    if base is None or _four(numbers) is None:
        return
    for words, kind in ((WEIGHTED, "weighted"), (MACRO, "macro")):
        value = average(f"{base}_{kind}", numbers)
        if value is not None:
            yield words, value


def _is_whole(number: Number) -> bool:
    return number.group is None and number.label is None and number.attributes is None


def _classes(metric: str, numbers: tuple[Number, ...]) -> list[tuple[float, float]]:
    """Each class's value and weight; 0 where it is undefined, as scikit-learn has it."""
    four = _four(numbers)
    if four is not None:
        tp, fp, fn, tn = four
        return [
            (_of_class(metric, tp, fp, fn), tp + fn), (_of_class(metric, tn, fn, fp), tn + fp)
        ]  # fmt: skip
    by_class = {(n.metric, n.label): n.value for n in numbers if n.label is not None}
    names = sorted({label for m, label in by_class if m == "prevalence" and label is not None})
    return [
        (by_class.get((metric, name)) or 0.0, by_class["prevalence", name] or 0.0)
        for name in names
    ]  # fmt: skip


def _four(numbers: Iterable[Number]) -> tuple[float, float, float, float] | None:
    found = {n.metric: n.value for n in numbers if n.metric in _FOUR and _is_whole(n)}
    tp, fp, fn, tn = (found.get(name) for name in _FOUR)
    if tp is None or fp is None or fn is None or tn is None or not tp + fp + fn + tn:
        return None
    return tp, fp, fn, tn


def _of_class(metric: str, right: float, called: float, missed: float) -> float:
    """One class's value; 0 where it is undefined.

    Args:
        metric: f1, precision or true_positive_rate.
        right: of the class, and called so.
        called: called so, and of the other class.
        missed: of the class, and not called so.
    """
    above, below = {
        "f1": (2 * right, 2 * right + called + missed),
        "precision": (right, right + called),
        "true_positive_rate": (right, right + missed),
    }[metric]
    return above / below if below else 0.0
