"""Shapley values from sampled orders of features, with their Monte Carlo errors.

For every row and every background row, orders are drawn; along each, the features change one by one
from the background's to the row's, and each is given the change of the output that it makes. Every
order is also gone backwards (antithetic). So the attributions of a row sum to its output less the
background's mean whatever was drawn (they telescope), and each pair of a row and a background row
has orders of its own, which errs less than the same orders for all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affidavit.recompute.explain.attributing.hybrids import AT_ONCE, Hybrids
from affidavit.recompute.floats import Floats

FEWEST_PAIRS = 5  # whose spread says how far they err; that of fewer is often 0 by chance


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """What was drawn.

    Attributes:
        values: (n_rows, n_features).
        errors: (n_rows, n_features): standard errors, of the orders drawn, not of the background.
        samples: orders for each pair of a row and a background row.
        from_spread: with so few orders the error is that over background rows, and so too large
            rather than too small.
    """

    values: Floats
    errors: Floats
    samples: int
    from_spread: bool


def asked_by_permutation(n_rows: int, n_background: int, n_features: int, samples: int) -> int:
    """How many rows the model is asked about."""
    pairs = max(1, samples // 2)
    return n_rows * n_background * 2 * pairs * (n_features - 1) + n_rows


def sample_orders(
    hybrids: Hybrids, samples: int, random: np.random.RandomState, n_rows: int | None = None
) -> Sampled:
    """Attributions of the rows, or of the first n_rows of them, by orders of features.

    Args:
        hybrids: what is explained.
        samples: orders for each row and background row; an odd number loses one.
        random: draws them; the same whatever is asked at once.
        n_rows: how many rows.

    Raises:
        AskFailed: the model failed at a hybrid.

    References:
        Castro, Gomez & Tejada (2009), Polynomial calculation of the Shapley value based on
        sampling; Mitchell, Cooper, Frank & Holmes (2022), Sampling permutations for Shapley value
        estimation (antithetic orders).
    """
    n, d, m = hybrids.n if n_rows is None else n_rows, hybrids.n_features, hybrids.n_background
    pairs = max(1, samples // 2)
    is_coarse = pairs < FEWEST_PAIRS
    means, spreads = np.empty((n * m, d)), np.empty((n * m, d))
    at_once = max(1, AT_ONCE // (2 * pairs * max(d - 1, 1)))
    for start in range(0, n * m, at_once):
        at = np.arange(start, min(start + at_once, n * m))
        ranks = np.argsort(random.random_sample((len(at), pairs, d)), axis=2, kind="stable")
        found = _along(hybrids, at // m, at % m, ranks)
        means[at] = found.mean(axis=1)
        spreads[at] = 0.0 if is_coarse else found.var(axis=1, ddof=1)
    by_row = means.reshape(n, m, d)
    if is_coarse:
        errors = by_row.std(axis=1, ddof=min(1, m - 1)) / np.sqrt(m)
    else:
        # Few orders may agree by chance: each spread counts with one order of the mean spread.
        held = ((pairs - 1) * spreads + spreads.mean(axis=0)) / pairs
        errors = np.sqrt(held.reshape(n, m, d).sum(axis=1) / pairs) / m
    return Sampled(
        values=by_row.mean(axis=1), errors=errors, samples=2 * pairs, from_spread=is_coarse
    )


def _along(
    hybrids: Hybrids, rows: NDArray[np.int64], others: NDArray[np.int64], ranks: NDArray[np.int64]
) -> Floats:
    """(n, n_pairs, d): what each feature changes, mean of an order and the same backwards.

    Args:
        hybrids: what is explained.
        rows: (n,).
        others: (n,): their background rows.
        ranks: (n, n_pairs, d): the place of each feature in the order.
    """
    n, pairs, d = ranks.shape
    steps = np.arange(1, d)
    forward = ranks[:, :, None, :] < steps[:, None]
    is_own = np.stack([forward, ranks[:, :, None, :] >= d - steps[:, None]], axis=2)
    outputs = np.empty((n, pairs, 2, d + 1))
    outputs[..., 0] = hybrids.background.outputs[others][:, None, None]
    outputs[..., -1] = hybrids.outputs[rows][:, None, None]
    if d > 1:
        each = 2 * pairs * (d - 1)
        outputs[..., 1:-1] = hybrids.ask_about(
            np.repeat(rows, each), np.repeat(others, each), is_own.reshape(-1, d)
        ).reshape(n, pairs, 2, d - 1)
    changes = np.diff(outputs, axis=-1)
    onward = np.take_along_axis(changes[:, :, 0], ranks, axis=2)
    backward = np.take_along_axis(changes[:, :, 1], d - 1 - ranks, axis=2)
    return np.asarray((onward + backward) / 2)
