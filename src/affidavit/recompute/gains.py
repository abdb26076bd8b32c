"""Gains and lift: how many of the events stand among the highest scores."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from affidavit.evidence import LEVEL, GainsRow
from affidavit.intervals import Proportion, critical, koopman
from affidavit.recompute.ranking import Blocks
from affidavit.recompute.sample import Sample

TENTHS: Final = 10


def gains_rows(sample: Sample) -> tuple[GainsRow, ...]:
    """Cumulative gain and lift by tenths of the labelled rows, from the highest score.

    A tie is never split: a row of the table reaches down to the score at which its tenth is full,
    so that its share may be larger, and tenths that end at one score are one row.

    Returns:
        None unless both labels occur.
    """
    ranked = sample.ranked
    if not ranked.has_both:
        return ()
    blocks = ranked.blocks()
    rows = np.cumsum(blocks.rows[::-1])
    full = [-(-k * ranked.n // TENTHS) for k in range(1, TENTHS + 1)]
    ends = np.unique(np.searchsorted(rows, full))
    top = {
        "positive": np.cumsum(blocks.positive[::-1]), "negative": np.cumsum(blocks.negative[::-1]),
        "squares": np.cumsum((blocks.positive_squares + blocks.negative_squares)[::-1]),
    }  # fmt: skip
    return tuple(_row(int(rows[e]), {k: v[e] for k, v in top.items()}, blocks) for e in ends)


def _row(n: int, top: dict[str, Any], blocks: Blocks) -> GainsRow:
    positive, weight = float(blocks.positive.sum()), float(top["positive"] + top["negative"])
    total = positive + float(blocks.negative.sum())
    squares = float((blocks.positive_squares + blocks.negative_squares).sum())
    share, gain = weight / total, float(top["positive"]) / positive
    low, high = None, None
    if n < int(blocks.rows.sum()):
        above = Proportion(p=float(top["positive"]) / weight, n=weight**2 / float(top["squares"]))
        rest, rest_squares = total - weight, squares - float(top["squares"])
        below = Proportion(
            p=max(0.0, positive - float(top["positive"])) / rest, n=rest**2 / rest_squares
        )
        low, high = lift_interval(above, below, share)
    return GainsRow(share=share, n=n, gain=gain, lift=gain / share, low=low, high=high)


def lift_interval(above: Proportion, below: Proportion, share: float) -> tuple[float, float]:
    """An interval of the lift, from Koopman's of the ratio of the two rates.

    With q the share of rows above the cut, and r = rate below / rate above: the lift is
    1 / (q + (1 - q) r), which only falls as r rises, so that ends go over into ends. q and the
    scores are taken as given.

    Args:
        above: events among the highest scores.
        below: events among the rest; not 0 where the first is.
        share: q, in (0, 1).
    """
    z = critical(LEVEL)

    def lift(ratio: float) -> float:
        return 1 / (share + (1 - share) * ratio)

    if above.p > 0:
        low, high = koopman(below, above, z)
        return (0.0 if high is None else lift(high)), lift(low)
    # Without events above the cut only the inverse ratio has a value, which is 0.
    _, most = koopman(above, below, z)
    return 0.0, 1 / share if not most else lift(1 / most)
