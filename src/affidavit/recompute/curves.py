"""Metrics of a binary task from scores in their order, each in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import fsum
from typing import Any, Final

import numpy as np

from affidavit.recompute.floats import Floats
from affidavit.recompute.ranking import Blocks, Ranked

EPSILON: Final = float(np.finfo(np.float64).eps)
Loss = Callable[[Floats], tuple[Floats, Floats]]


def ks(ranked: Ranked) -> float:
    """Kolmogorov-Smirnov: the largest gap between the score distributions, in [0, 1].

    Args:
        ranked: holds both labels.

    References:
        Smirnov (1939); for scorecards, Thomas, Edelman, Crook (2002), Credit scoring, section 7.
    """
    top: float = 0
    p: Any = 0
    n: Any = 0
    positive, negative = _totals(ranked)
    for b in ranked.parts():
        up_p, up_n = np.cumsum(np.r_[p, b.positive]), np.cumsum(np.r_[n, b.negative])
        top = max(top, np.abs(up_p * negative - up_n * positive).max())
        p, n = up_p[-1], up_n[-1]
    return float(top) / (float(positive) * float(negative))


def average_precision(ranked: Ranked) -> float:
    """The sum of (R_i - R_i-1) P_i over thresholds from the highest score, in [0, 1].

    Args:
        ranked: holds both labels.

    References:
        scikit-learn, `average_precision_score`; Boyd, Eng, Page (2013), section 3.
    """
    positive, _ = _totals(ranked)
    parts = (_precisions(b, *above) for b, above in _from_above(ranked))
    return fsum(fsum((b * at).tolist()) for b, at, _ in parts) / float(positive)


def pr_curve_area(ranked: Ranked) -> float:
    """The area under the precision-recall curve by straight lines, in [0, 1].

    Args:
        ranked: holds both labels.

    References:
        scikit-learn, `auc` of `precision_recall_curve`, which begins at recall 0, precision 1.
    """
    positive, _ = _totals(ranked)
    parts = (_precisions(b, *above) for b, above in _from_above(ranked))
    sums = (fsum((b * (at + before)).tolist()) for b, at, before in parts)
    return fsum(sums) / 2 / float(positive)


def _precisions(block: Blocks, above_p: Any, above_n: Any) -> tuple[Any, Floats, Floats]:
    """Positives of each score; the precision from it up, and from the next higher score up."""
    tp = above_p + np.cumsum(block.positive[::-1])
    fp = above_n + np.cumsum(block.negative[::-1])
    at = tp / (tp + fp)
    start = above_p / (above_p + above_n) if above_p + above_n > 0 else 1.0
    return block.positive[::-1], at, np.r_[start, at[:-1]]


def _from_above(ranked: Ranked) -> Iterator[tuple[Blocks, tuple[Any, Any]]]:
    """The parts, each with the positives and negatives above it."""
    above: list[tuple[Any, Any]] = [(0, 0)]
    for p, n in reversed(ranked.sums[1:]):
        above.append((above[-1][0] + p, above[-1][1] + n))
    yield from zip(ranked.parts(), reversed(above), strict=True)


def _totals(ranked: Ranked) -> tuple[Any, Any]:
    return ranked.weights if ranked.is_weighted else (ranked.n_positive, ranked.n_negative)


def squared_error(score: Floats) -> tuple[Floats, Floats]:
    """(score - label) squared, were the row positive, and were it negative."""
    return (1.0 - score) ** 2, score**2


def log_loss(score: Floats) -> tuple[Floats, Floats]:
    """-log of the probability of the label, cut at the double's epsilon: positive, negative."""
    p = np.clip(score, EPSILON, 1 - EPSILON)
    return -np.log(p), -np.log(1 - p)


def mean_loss(ranked: Ranked, loss: Loss) -> tuple[float, float | None]:
    """The mean of a loss over all rows, and its standard error.

    Args:
        ranked: at least one row.
        loss: of a score, were the row positive, and were it negative.

    Returns:
        The standard error sd / sqrt(n); with weights that of the ratio sum(w l) / sum(w),
        linearized; None below two rows.

    References:
        Cochran (1977), Sampling techniques, section 6.3, for the ratio.
    """
    total = sum(ranked.weights)
    mean = fsum(
        fsum((b.positive * up + b.negative * down).tolist())
        for b in ranked.parts()
        for up, down in (loss(b.score),)
    ) / total  # fmt: skip
    if ranked.n < 2:
        return mean, None
    squares = fsum(
        fsum(
            (b.positive_squares * (up - mean) ** 2 + b.negative_squares * (down - mean) ** 2)
            .tolist()
        )
        for b in ranked.parts()
        for up, down in (loss(b.score),)
    )  # fmt: skip
    n = ranked.n
    return mean, float(np.sqrt(squares * n / (n - 1))) / total
