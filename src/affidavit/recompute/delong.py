"""The area under the ROC curve with DeLong's variance, from one sort."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from affidavit.recompute.scoring import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Auc:
    """An area in [0, 1], 0.5 is chance, and its standard error (None below two rows a class)."""

    value: float
    standard_error: float | None


def compute_auc(is_positive: NDArray[np.bool_], score: Floats) -> Auc | None:
    """P(score of a positive > score of a negative), ties counted half.

    With V10 the share of negatives below each positive and V01 the share of positives above each
    negative: variance = var(V10) / n_positive + var(V01) / n_negative.

    Args:
        is_positive: (n_rows,).
        score: (n_rows,), finite.

    Returns:
        None where one of the classes has no rows.

    References:
        DeLong, DeLong, Clarke-Pearson (1988), Comparing the areas under two or more correlated
        ROC curves, Biometrics 44, 837-845; by mid-ranks as in Sun and Xu (2014), Fast
        implementation of DeLong's algorithm, IEEE Signal Processing Letters 21, eq. 5 and 8.
    """
    positive, negative = score[is_positive], score[~is_positive]
    m, n = len(positive), len(negative)
    if m == 0 or n == 0:
        return None
    together = midranks(np.concatenate([positive, negative]))
    v10 = (together[:m] - midranks(positive)) / n
    v01 = 1.0 - (together[m:] - midranks(negative)) / m
    value = float(v10.sum()) / m
    if m < 2 or n < 2:
        return Auc(value=value, standard_error=None)
    return Auc(value=value, standard_error=sqrt(_variance(v10) / m + _variance(v01) / n))


def _variance(values: Floats) -> float:
    centred = values - float(values.sum()) / len(values)
    return float((centred * centred).sum()) / (len(values) - 1)


def midranks(values: Floats) -> Floats:
    """Ranks from 1; equal values share the mean of theirs."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    ends = np.r_[starts[1:], len(values)]
    ranks = np.empty(len(values))
    ranks[order] = np.repeat((starts + ends + 1) / 2, ends - starts)
    return ranks
