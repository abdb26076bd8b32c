"""Shapley values from every set of features: exact for any model, where these are few."""

from __future__ import annotations

import numpy as np

from affidavit.recompute.explain.attributing.hybrids import AT_ONCE, Hybrids
from affidavit.recompute.explain.sets import members, weights_by_size
from affidavit.recompute.floats import Floats

MOST_FEATURES = 12
MOST_ASKED = 2_000_000


def asked_by_enumeration(n_rows: int, n_background: int, n_features: int) -> int:
    """How many rows the model is asked about."""
    return n_rows * n_background * ((1 << n_features) - 2) + n_rows


def is_enumerable(n_rows: int, n_background: int, n_features: int) -> bool:
    """Whether that many are asked in reasonable time."""
    if n_features > MOST_FEATURES:
        return False
    return asked_by_enumeration(n_rows, n_background, n_features) <= MOST_ASKED


def enumerate_sets(hybrids: Hybrids) -> Floats:
    """(n_rows, n_features): sum over sets S without j of |S|! (d-|S|-1)! / d! (v(S+j) - v(S)).

    Raises:
        AskFailed: the model failed at a hybrid.

    References:
        Shapley (1953), A value for n-person games.
    """
    return np.asarray(_values(hybrids) @ _weights(hybrids.n_features))


def _values(hybrids: Hybrids) -> Floats:
    """(n_rows, 2^d): the mean output with the features of each set as in the row."""
    n, n_sets, m = hybrids.n, 1 << hybrids.n_features, hybrids.n_background
    found = np.empty((n, n_sets))
    found[:, 0], found[:, -1] = hybrids.background.mean_output, hybrids.outputs
    inner, shape = np.empty(n * (n_sets - 2) * m), (n, n_sets - 2, m)
    for start in range(0, len(inner), AT_ONCE):
        at = np.arange(start, min(start + AT_ONCE, len(inner)))
        rows, sets, others = np.unravel_index(at, shape)
        inner[at] = hybrids.ask_about(rows, others, members(sets + 1, hybrids.n_features))
    found[:, 1:-1] = inner.reshape(shape).mean(axis=2)
    return found


def _weights(d: int) -> Floats:
    """(2^d, d): what the value of each set counts for each feature; 1 / (d (d-1 choose |S|))."""
    is_in = members(np.arange(1 << d), d)
    size = is_in.sum(axis=1)
    weight = weights_by_size(d)
    with_it, without = np.clip(size - 1, 0, d - 1), np.clip(size, 0, d - 1)
    found = np.where(is_in, weight[with_it][:, None], -weight[without][:, None])
    return np.asarray(found)
