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
        tp, fp, fn, tn: exact sums, in any one unit.
        n: labelled rows.
    """

    tp: int | Fraction
    fp: int | Fraction
    fn: int | Fraction
    tn: int | Fraction
    n: int


def f1(found: Confusion) -> float | None:
    """2 TP / (2 TP + FP + FN), in [0, 1]; None where no row has the event as label or decision."""
    below = 2 * found.tp + found.fp + found.fn
    return float(Fraction(2 * found.tp) / below) if below else None


def balanced_accuracy(found: Confusion) -> float | None:
    """The mean of true positive and true negative rate, in [0, 1]; None where either has none."""
    positives, negatives = found.tp + found.fn, found.tn + found.fp
    if not positives or not negatives:
        return None
    return float((Fraction(found.tp) / positives + Fraction(found.tn) / negatives) / 2)


def matthews_correlation(found: Confusion) -> float | None:
    """The correlation of label and decision, in [-1, 1]; None where either does not vary.

    (TP TN - FP FN) / sqrt((TP + FP) (TP + FN) (TN + FP) (TN + FN)): the square is exact, so that
    only its conversion and its root round, once each.

    References:
        Matthews (1975), Biochimica et Biophysica Acta 405.
    """
    below = _margins(found)
    if not below:
        return None
    above = found.tp * found.tn - found.fp * found.fn
    size = sqrt(float(Fraction(above * above) / below))
    return size if above >= 0 else -size


def matthews_variance(found: Confusion) -> float | None:
    """The large-sample variance of the correlation where n rows were drawn independently.

        [1 - r^2 + r (1 + r^2/2) (a - b)(c - d) / sqrt(a b c d)
         - 3/4 r^2 ((a - b)^2 / (a b) + (c - d)^2 / (c d))] / n

    with r the correlation, a = 1 - b the share labelled and c = 1 - d the share decided as the
    event. It is the multinomial delta method.

    Returns:
        None where the correlation is undefined; rounding may leave it a hair below 0.

    References:
        Bishop, Fienberg, Holland (1975), Discrete Multivariate Analysis, chapter 11.
    """
    value = matthews_correlation(found)
    if value is None:
        return None
    whole = found.tp + found.fp + found.fn + found.tn
    a, c = (float(Fraction(s) / whole) for s in (found.tp + found.fn, found.tp + found.fp))
    b, d = (float(Fraction(s) / whole) for s in (found.tn + found.fp, found.tn + found.fn))
    square = value * value
    first = value * (1 + square / 2) * (a - b) * (c - d) / sqrt(a * b * c * d)
    second = 0.75 * square * ((a - b) ** 2 / (a * b) + (c - d) ** 2 / (c * d))
    return (1 - square + first - second) / found.n


def _margins(found: Confusion) -> int | Fraction:
    return (
        (found.tp + found.fp) * (found.tp + found.fn)
        * (found.tn + found.fp) * (found.tn + found.fn)
    )  # fmt: skip
