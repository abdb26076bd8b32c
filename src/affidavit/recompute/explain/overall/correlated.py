"""Features that go together: changing one of them alone makes rows that are not in the data."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from affidavit.explanation_record import Correlated, FeatureName
from affidavit.recompute.explain.explained import Explained
from affidavit.recompute.explain.overall.values import (
    code_columns,
    is_numeric,
    kinds_of,
    numbers_of,
)
from affidavit.recompute.floats import Floats

THRESHOLD: Final = 0.7
MOST_ROWS: Final = 10_000
JOINED: Final = " + "
_FEWEST = 10  # rows that have both values
_RANKS = "absolute Spearman correlation"
_CLASSES = "Cramér's V, corrected for bias"
_RATIO = "correlation ratio of ranks, corrected for bias"


def find_correlated(explained: Explained) -> tuple[Correlated, ...]:
    """Groups of features of which each goes with another of the group, by `THRESHOLD` or more.

    Two numbers: absolute Spearman correlation. Two categories: Cramér's V, corrected for bias
    (Bergsma 2013), since many categories look alike by chance. A number and a category: the
    correlation ratio of the number's ranks (Fisher 1925), corrected likewise (Kelley 1935). Of
    features of several columns the largest over their pairs of columns. At most 10,000 rows, drawn.
    0.7 is where regressions were seen to be distorted (Dormann et al. 2013).

    Returns:
        By strength, the strongest first. `strength` is the least, over the group's features, of
        how strongly each goes with the one it goes with most.

    References:
        Bergsma (2013), A bias-correction for Cramér's V and Tschuprow's T, Journal of the Korean
        Statistical Society 42; Kelley (1935), the corrected correlation ratio, PNAS 21;
        Dormann et al. (2013), Collinearity, Ecography 36.
    """
    rows = explained.take(explained.draw("correlated", MOST_ROWS))
    measured = _between_columns(explained, rows)
    names = [f.name for f in explained.features]
    strength = _between_features(explained.features, measured)
    found = [
        _group(explained, members, strength, names) for members in _components(strength)
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda c: (-c.strength, c.features)))


def as_features(explained: Explained, correlated: Sequence[Correlated]) -> tuple[FeatureName, ...]:
    """Each group as one feature, named by its features with " + " between them."""
    columns = {f.name: f.columns for f in explained.features}
    return tuple(
        FeatureName(
            name=JOINED.join(c.features), columns=tuple(x for f in c.features for x in columns[f])
        )
        for c in correlated
    )


def _group(
    explained: Explained, members: list[int], strength: Floats, names: list[str]
) -> Correlated:
    numeric = {name: is_numeric(kind) for name, kind in kinds_of(explained).items()}
    columns = [numeric[c] for i in members for c in explained.features[i].columns]
    within = strength[np.ix_(members, members)]
    return Correlated(
        features=tuple(names[i] for i in members), strength=float(within.max(axis=1).min()),
        measure=_measure(columns),
    )  # fmt: skip


def _measure(are_numeric: list[bool]) -> str:
    """What the strength of a group is, by what its columns are."""
    if all(are_numeric):
        return _RANKS
    if not any(are_numeric):
        return _CLASSES
    if len(are_numeric) == 2:
        return _RATIO
    return f"by the columns' kinds: {_RANKS}; {_CLASSES}; {_RATIO}"


def _components(strength: Floats) -> list[list[int]]:
    """Places of features that are joined by pairs at the threshold or above, two or more."""
    left, found = list(range(len(strength))), []
    while left:
        members, open_ = {left[0]}, [left[0]]
        while open_:
            joined = set(np.flatnonzero(strength[open_.pop()] >= THRESHOLD).tolist()) - members
            members |= joined
            open_ += sorted(joined)
        left = [i for i in left if i not in members]
        if len(members) > 1:
            found.append(sorted(members))
    return found


def _between_features(
    features: Sequence[FeatureName], measured: dict[tuple[str, str], float]
) -> Floats:
    """(n_features, n_features): the largest over their columns; 0 with itself."""
    strength = np.zeros((len(features), len(features)))
    for i, j in combinations(range(len(features)), 2):
        pairs = ((a, b) for a in features[i].columns for b in features[j].columns)
        strength[i, j] = strength[j, i] = max(
            max(measured.get((a, b), 0.0), measured.get((b, a), 0.0)) for a, b in pairs
        )
    return strength


def _between_columns(explained: Explained, rows: Any) -> dict[tuple[str, str], float]:
    """Each pair of columns, in their order."""
    numbers = [k.column for k in explained.kinds if is_numeric(k)]
    others = [k.column for k in explained.kinds if not is_numeric(k)]
    frame = pd.DataFrame({c: numbers_of(rows, c) for c in numbers})
    codes = {c: code_columns(rows, (c,))[0] for c in others}
    found: dict[tuple[str, str], float] = {}
    if numbers:
        ranked = frame.corr(method="spearman", min_periods=_FEWEST).abs().fillna(0.0).to_numpy()
        for (i, a), (j, b) in combinations(enumerate(numbers), 2):
            found[a, b] = float(ranked[i, j])
    for a, b in combinations(others, 2):
        found[a, b] = cramers_v(codes[a], codes[b])
    for a in numbers:
        for b in others:
            found[a, b] = correlation_ratio(frame[a], codes[b])
    return found


def cramers_v(first: NDArray[np.int32], second: NDArray[np.int32]) -> float:
    """Cramér's V of two columns of codes, corrected for bias, in [0, 1]; 0 where undefined.

    Args:
        first: (n_rows,); -1 where missing, and then the row is left out.
        second: (n_rows,), likewise.
    """
    keep = (first >= 0) & (second >= 0)
    n = int(keep.sum())
    if n < _FEWEST:
        return 0.0
    table = pd.crosstab(first[keep], second[keep]).to_numpy().astype(float)
    r, c = table.shape
    if min(r, c) < 2:
        return 0.0
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / n
    phi = float(((table - expected) ** 2 / expected).sum()) / n
    phi = max(0.0, phi - (r - 1) * (c - 1) / (n - 1))
    least = min(r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)) - 1
    return float(np.sqrt(min(1.0, phi / least))) if least > 0 else 0.0


def correlation_ratio(numbers: pd.Series[float], codes: NDArray[np.int32]) -> float:
    """How much of the ranks' variance lies between the categories: its root, corrected for bias.

    Args:
        numbers: (n_rows,); NaN where missing, and then the row is left out.
        codes: (n_rows,); -1 where missing, likewise.

    Returns:
        In [0, 1]; 0 where undefined.
    """
    keep = (codes >= 0) & numbers.notna().to_numpy()
    n = int(keep.sum())
    if n < _FEWEST:
        return 0.0
    ranks = numbers[keep].rank().to_numpy()
    _, places = np.unique(codes[keep], return_inverse=True)
    sizes = np.bincount(places)
    whole = float(((ranks - ranks.mean()) ** 2).sum())
    if len(sizes) < 2 or len(sizes) >= n or whole <= 0:
        return 0.0
    means = np.bincount(places, ranks) / sizes
    within = float(((ranks - means[places]) ** 2).sum())
    share = 1 - (within / (n - len(sizes))) / (whole / (n - 1))
    return float(np.sqrt(max(0.0, share)))
