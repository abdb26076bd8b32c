"""Definitions of metrics over rows, by scikit-learn where it has them; undefined is None.

A `View` is a way to look at the rows of a role: which are positive, their scores, decisions and
weights. The same definitions give our numbers and explain the logged ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sklearn import metrics as sk

from affidavit.recompute.delong import compute_auc
from affidavit.recompute.floats import Floats
from affidavit.recompute.predictions import Predictions

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Labelled rows of a binary task. All arrays are (n_rows,)."""

    is_positive: Bools
    score: Floats
    decided: Bools
    weight: Floats | None

    @property
    def n(self) -> int:
        return len(self.score)

    @property
    def has_both(self) -> bool:
        return bool(self.is_positive.any() and not self.is_positive.all())

    @property
    def are_probabilities(self) -> bool:
        return bool(((self.score >= 0) & (self.score <= 1)).all())

    def at(self, threshold: float) -> View:
        """The same rows, decided at another threshold."""
        return replace(self, decided=self.score >= threshold)

    def mean(self, values: Floats) -> float:
        """The (weighted) mean, without a product that threads could reorder."""
        if self.weight is None:
            return float(values.sum()) / self.n
        return float((values * self.weight).sum()) / float(self.weight.sum())


def binary_view(found: Predictions, positive: str) -> View:
    """The labelled rows of a role."""
    known = found.rows.is_labelled
    return View(
        is_positive=found.rows.labels.equals(positive)[known],
        score=found.score[known],
        decided=found.decision.equals(positive)[known],
        weight=found.rows.weights[known] if found.rows.is_weighted else None,
    )


Definition = Callable[[View], float | None]


def _ranked(compute: Definition) -> Definition:
    return lambda v: compute(v) if v.has_both else None


def roc_auc(view: View) -> float | None:
    """Area under the ROC curve in [0, 1]; 0.5 is chance."""
    if not view.has_both:
        return None
    if view.weight is None:
        found = compute_auc(view.is_positive, view.score)
        return None if found is None else found.value
    return float(sk.roc_auc_score(view.is_positive, view.score, sample_weight=view.weight))


def ks(view: View) -> float:
    """Kolmogorov-Smirnov: the largest gap between the score distributions of the two classes."""
    false, true, _ = sk.roc_curve(
        view.is_positive, view.score, sample_weight=view.weight, drop_intermediate=False
    )
    return float(np.max(np.abs(true - false)))


def squared_errors(view: View) -> Floats:
    """(n_rows,): (score - label)², what the Brier score is the mean of."""
    return np.asarray((view.score - view.is_positive) ** 2, dtype=float)


def log_losses(view: View) -> Floats:
    """(n_rows,): -log of the probability given to the label, cut at the double's epsilon."""
    epsilon = np.finfo(np.float64).eps
    p = np.clip(view.score, epsilon, 1 - epsilon)
    return np.asarray(-np.log(np.where(view.is_positive, p, 1 - p)), dtype=float)


def _share(view: View, whole: Bools, part: Bools) -> float | None:
    weight = np.ones(view.n) if view.weight is None else view.weight
    below = float(weight[whole].sum())
    return float(weight[whole & part].sum()) / below if below > 0 else None


def _f1(view: View) -> float | None:
    either = view.is_positive | view.decided
    if not either.any():
        return None
    return float(sk.f1_score(view.is_positive, view.decided, sample_weight=view.weight))


def _balanced(view: View) -> float | None:
    recall = _share(view, view.is_positive, view.decided)
    specificity = _share(view, ~view.is_positive, ~view.decided)
    return None if recall is None or specificity is None else (recall + specificity) / 2


def _matthews(view: View) -> float | None:
    if not view.has_both or view.decided.all() or not view.decided.any():
        return None
    return float(sk.matthews_corrcoef(view.is_positive, view.decided, sample_weight=view.weight))


def _gini(view: View) -> float | None:
    area = roc_auc(view)
    return None if area is None else 2 * area - 1


def _tally(positive: bool, decided: bool, *, weighed: bool = True) -> Definition:
    def compute(view: View) -> float:
        rows = (view.is_positive == positive) & (view.decided == decided)
        return float(rows.sum() if view.weight is None or not weighed else view.weight[rows].sum())

    return compute


def _precision_recall(view: View) -> float:
    return float(
        sk.average_precision_score(view.is_positive, view.score, sample_weight=view.weight)
    )


# Labelled, and decided, as the event.
_CONFUSION = {
    "true_positives": (True, True), "false_positives": (False, True),
    "false_negatives": (True, False), "true_negatives": (False, False),
}  # fmt: skip
# From scores: those that are numbers of their own in the report.
SCORED: dict[str, Definition] = {
    "roc_auc": roc_auc,
    "gini": _gini,
    "ks": _ranked(ks),
    "average_precision": _ranked(_precision_recall),
    "brier_score": lambda v: v.mean(squared_errors(v)) if v.n and v.are_probabilities else None,
    "log_loss": lambda v: v.mean(log_losses(v)) if v.n and v.are_probabilities else None,
}
# From decisions: the report has these from counts; here they serve to explain what was logged.
DECIDED: dict[str, Definition] = {
    "accuracy": lambda v: _share(v, np.ones(v.n, bool), v.is_positive == v.decided),
    "true_positive_rate": lambda v: _share(v, v.is_positive, v.decided),
    "false_positive_rate": lambda v: _share(v, ~v.is_positive, v.decided),
    "false_negative_rate": lambda v: _share(v, v.is_positive, ~v.decided),
    "true_negative_rate": lambda v: _share(v, ~v.is_positive, ~v.decided),
    "precision": lambda v: _share(v, v.decided, v.is_positive),
    "selection_rate": lambda v: _share(v, np.ones(v.n, bool), v.decided),
    "prevalence": lambda v: _share(v, np.ones(v.n, bool), v.is_positive),
    **{metric: _tally(*sides) for metric, sides in _CONFUSION.items()},
    "count": lambda v: float(v.n),
    "f1": _f1,
    "balanced_accuracy": _balanced,
    "matthews_correlation": _matthews,
}


def _binned(bins: int) -> Definition:
    """Expected calibration error in bins of equal width."""

    def compute(view: View) -> float | None:
        if not view.n or not view.are_probabilities:
            return None
        place = np.minimum((view.score * bins).astype(np.intp), bins - 1)
        weight = np.ones(view.n) if view.weight is None else view.weight
        off = np.bincount(place, weight * (view.score - view.is_positive))
        return float(np.abs(off).sum()) / float(weight.sum())

    return compute


def _trapezoids(view: View) -> float | None:
    if not view.has_both:
        return None
    found = sk.precision_recall_curve(view.is_positive, view.score, sample_weight=view.weight)
    return float(sk.auc(found[1], found[0]))


# Definitions that go by the same name, yet are no equal value: the reason of a difference.
OTHERS: dict[str, tuple[tuple[str, Definition], ...]] = {
    "expected_calibration_error": tuple(
        (f"the value in {bins} bins of equal width; ours are of equally many rows", _binned(bins))
        for bins in (5, 10, 15, 20)
    ),
    **{
        metric: (("the number of rows, without their weights", _tally(*sides, weighed=False)),)
        for metric, sides in _CONFUSION.items()
    },
    "average_precision": (("the area under straight lines, which is pr_curve_area", _trapezoids),),
}
DEFINITIONS: dict[str, Definition] = {**DECIDED, **SCORED}
NEEDS_DECISION = frozenset(DECIDED) - {"prevalence", "count"}
