"""What follows from a confusion matrix and is no rate: F1, balanced accuracy, Matthews correlation.

Undefined is None, where scikit-learn says 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import sqrt


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """The labelled rows by label and decision, in weight; positive is the event.

    Attributes:
        tp, fp, fn, tn: exact sums.
        n: labelled rows.
    """

    tp: Fraction
    fp: Fraction
    fn: Fraction
    tn: Fraction
    n: int


def f1(found: Confusion) -> float | None:
    """2 TP / (2 TP + FP + FN), in [0, 1]; None where no row has the event as label or decision."""
    below = 2 * found.tp + found.fp + found.fn
    return float(2 * found.tp / below) if below else None


def balanced_accuracy(found: Confusion) -> float | None:
    """The mean of true positive and true negative rate, in [0, 1]; None where either has none."""
    positives, negatives = found.tp + found.fn, found.tn + found.fp
    if not positives or not negatives:
        return None
    return float((found.tp / positives + found.tn / negatives) / 2)


def matthews_correlation(found: Confusion) -> float | None:
    """The correlation of label and decision, in [-1, 1]; None where either does not vary.

    (TP TN - FP FN) / sqrt((TP + FP) (TP + FN) (TN + FP) (TN + FN)): the square is exact, so that
    only its conversion and its root round, once each.

    References:
        Matthews (1975), Biochimica et Biophysica Acta 405.
    """
    below = (
        (found.tp + found.fp) * (found.tp + found.fn)
        * (found.tn + found.fp) * (found.tn + found.fn)
    )  # fmt: skip
    if not below:
        return None
    above = found.tp * found.tn - found.fp * found.fn
    size = sqrt(float(above * above / below))
    return size if above >= 0 else -size
