"""How well scores tell two or more groups apart: the mean area over all pairs of groups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from affidavit.recompute.coded import Coded
from affidavit.recompute.floats import Floats
from affidavit.recompute.linearized import by_unit

Ints = NDArray[np.int64]
SHUFFLES = 200
_PERCENTILE = 95
_AT_ONCE = 1 << 20  # numbers of a table of shuffles


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """Rows with a group, and scores of each group from models that were grown without them.

    Attributes:
        group: (n_rows,), from 0 to n_groups - 1.
        scores: (n_rows, n_groups): how much a row looks like each group.
        fold: (n_rows,): rows of one fold have their scores from one model, and only such scores
            are compared.
        units: (n_rows,), which rows are not independent of each other; None: all are.
    """

    group: Ints
    scores: Floats
    fold: Ints
    units: Coded | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Areas:
    """A mean area, 0.5 where scores tell nothing, 1 where they tell all.

    Attributes:
        error: its standard error; None below two units.
    """

    value: float
    error: float | None


def compute_areas(scored: Scored) -> Areas | None:
    """The mean area over pairs of groups, each the mean over the folds that hold both.

        A(i|j) = P(score of i is higher for a row of i than for one of j), ties counted half

    averaged over all ordered pairs (Hand & Till 2001, A simple generalisation of the area under the
    ROC curve for multiple class classification problems, eq. 3 and 7); of two groups it is the
    area. The variance is DeLong's, as the sum over rows of what each contributes (DeLong et al.
    1988), fold by fold, the models taken as given (LeDell, Petersen & van der Laan 2015,
    Computationally efficient confidence intervals for cross-validated area under the ROC curve
    estimates).

    Returns:
        None where no fold holds two groups of some pair.
    """
    pairs = _pairs(scored)
    folds = dict.fromkeys(pairs, 0)
    for part in _folds(scored):
        for p in pairs:
            folds[p] += part.holds(p)
    if not pairs or not all(folds.values()):
        return None
    value, contributions = 0.0, np.zeros(len(scored.group))
    for part in _folds(scored):
        for p in (p for p in pairs if part.holds(p)):
            share = 1 / (folds[p] * len(pairs))
            won, lost = part.placements(p)
            value += share * float(won.mean())
            contributions[part.members(p[0])] += share * _contribution(won)
            contributions[part.members(p[1])] += share * _contribution(lost)
    sums = contributions if scored.units is None else by_unit(contributions, scored.units)
    n = len(sums)
    if n < 2:
        return Areas(value=value, error=None)
    more = 1.0 if scored.units is None else n / (n - 1)
    return Areas(value=value, error=sqrt(more * float((sums * sums).sum())))


def _contribution(placement: Floats) -> Floats:
    """(n,): of each row of a group to an area; their squares sum to var(placements) / n."""
    n = len(placement)
    apart = (placement - placement.mean()) / n
    return np.asarray(apart * sqrt(n / (n - 1)) if n > 1 else apart)


def _pairs(scored: Scored) -> tuple[tuple[int, int], ...]:
    """The group whose score is looked at, and the other; of two groups one order says all."""
    n = scored.scores.shape[1]
    if n == 2:
        return ((1, 0),)
    return tuple((i, j) for i in range(n) for j in range(n) if i != j)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fold:
    """The rows of one fold.

    Attributes:
        rows: (n_fold,), places among all rows.
        group: (n_fold,).
        level: (n_fold, n_groups): the rank of each score among the different ones of its column.
    """

    rows: Ints
    group: Ints
    level: Ints

    def holds(self, pair: tuple[int, int]) -> bool:
        return all(bool((self.group == g).any()) for g in pair)

    def members(self, group: int) -> Ints:
        return np.asarray(self.rows[self.group == group])

    def placements(self, pair: tuple[int, int]) -> tuple[Floats, Floats]:
        """For rows of the first group the share of the second that they beat; and conversely."""
        own, other = (self.level[self.group == g, pair[0]] for g in pair)
        return _beaten(own, other), 1 - _beaten(other, own)


def _beaten(ours: Ints, theirs: Ints) -> Floats:
    """(n_ours,): the share of theirs that each is above, ties counted half."""
    ordered = np.sort(theirs)
    below = np.searchsorted(ordered, ours, "left") + np.searchsorted(ordered, ours, "right")
    return np.asarray(below / (2 * len(theirs)))


def _folds(scored: Scored) -> Iterator[_Fold]:
    for fold in np.unique(scored.fold):
        rows = np.flatnonzero(scored.fold == fold)
        columns = [np.unique(c, return_inverse=True)[1] for c in scored.scores[rows].T]
        yield _Fold(rows=rows, group=scored.group[rows], level=np.stack(columns, axis=1))


def shuffle_groups(scored: Scored, random: np.random.RandomState) -> tuple[Ints, ...]:
    """The groups shuffled among the rows of each fold.

    Returns:
        For each fold, in their order, (n_shuffles, n_fold): they hold for any scores of the rows.
    """
    found = []
    for fold in np.unique(scored.fold):
        group = scored.group[scored.fold == fold]
        order = np.argsort(random.random_sample((SHUFFLES, len(group))), axis=1, kind="stable")
        found.append(group[order])
    return tuple(found)


def chance_level(scored: Scored, shuffled: tuple[Ints, ...]) -> float:
    """The 95th percentile of the mean area when groups are shuffled among the rows of each fold.

    The scores stay, as they came from models that did not see these rows: shuffled groups have
    nothing to do with them.

    Args:
        scored: `compute_areas` gives a value for it.
        shuffled: by `shuffle_groups`, of the same rows.
    """
    found = np.zeros(SHUFFLES)
    pairs, parts = _pairs(scored), list(_folds(scored))
    folds = {p: sum(part.holds(p) for part in parts) for p in pairs}
    for part, groups in zip(parts, shuffled, strict=True):
        found += _shuffled(part, groups, folds)
    return float(np.percentile(found, _PERCENTILE, method="higher"))


def _shuffled(part: _Fold, groups: Ints, folds: dict[tuple[int, int], int]) -> Floats:
    """(n_shuffles,): what a fold adds to the mean area, for each shuffle of its groups."""
    n_groups = part.level.shape[1]
    found = np.zeros(len(groups))
    for i in sorted({i for i, _ in folds}):
        n_levels = int(part.level[:, i].max()) + 1
        step = max(1, _AT_ONCE // (n_levels * n_groups))
        for start in range(0, len(groups), step):
            some = groups[start : start + step]
            areas = _areas_of_tables(_tables(part.level[:, i], some, n_levels, n_groups), i)
            for j in (j for k, j in folds if k == i and part.holds((i, j))):
                found[start : start + step] += areas[:, j] / (folds[i, j] * len(folds))
    return found


def _tables(level: Ints, groups: Ints, n_levels: int, n_groups: int) -> Floats:
    """(n_shuffles, n_levels, n_groups): rows at each level of score, by group."""
    n = len(groups)
    place = (np.arange(n)[:, None] * n_levels + level) * n_groups + groups
    counts = np.bincount(place.ravel(), minlength=n * n_levels * n_groups)
    return counts.reshape(n, n_levels, n_groups).astype(np.float64)


def _areas_of_tables(counts: Floats, i: int) -> Floats:
    """(n_shuffles, n_groups): A(i|j) for each j that has rows; NaN where it has none."""
    below = np.cumsum(counts, axis=1) - counts / 2
    own = counts[:, :, i]
    won = np.einsum("sl,slg->sg", own, below)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(won / (own.sum(axis=1)[:, None] * counts.sum(axis=1)))
