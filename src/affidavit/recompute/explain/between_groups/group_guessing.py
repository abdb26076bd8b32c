"""Guessing the group of rows from the model's inputs, with models grown on other rows."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.preprocessing import TargetEncoder
from sklearn.tree import DecisionTreeClassifier

from affidavit.recompute.coded import Coded, code
from affidavit.recompute.explain.between_groups.pairwise_areas import Scored
from affidavit.recompute.explain.explained import Kind
from affidavit.recompute.floats import Floats

Ints = NDArray[np.int64]
FOLDS = 5
TREES = 30
_LEAST_LEAF = 5  # rows of a leaf, at least
_LEAF_SHARE, _FOREST_LEAF_SHARE = 40, 200  # of one tree n / 40 rows, of a forest's n / 200
_DIGITS = 12  # of a guessed share: beyond, machines may differ


@dataclass(frozen=True, slots=True, kw_only=True)
class Guessed:
    """The rows whose groups are guessed.

    Attributes:
        inputs: a pyarrow Table, (n_rows,).
        kinds: of its columns.
        group: (n_rows,), from 0 to n_groups - 1; each has at least 10 rows.
        units: (n_rows,), None where every row is independent; a unit is in one fold.
    """

    inputs: Any
    kinds: Sequence[Kind]
    group: Ints
    units: Coded | None

    @property
    def n_groups(self) -> int:
        return int(self.group.max()) + 1


def guess(
    guessed: Guessed, features: Sequence[tuple[str, ...]], random: np.random.RandomState
) -> tuple[Scored, ...]:
    """Guess the groups from each feature alone, then from all together, in five folds.

    A feature of one column is read by a tree of a few leaves, more columns by a forest, so that no
    shape of the relation is presumed. Categories are read as the shares of the groups that they
    have among the rows that the trees are grown on; for these rows themselves, among those of them
    in the other parts (Micci-Barreca 2001, with cross-fitting), or else a category of a few rows
    would give its rows away.

    Args:
        guessed: the rows.
        features: the columns of each.
        random: draws the folds.

    Returns:
        For each feature, then for all.
    """
    columns = [read_column(guessed.inputs.column(k.column), k) for k in guessed.kinds]
    place = {k.column: i for i, k in enumerate(guessed.kinds)}
    asked = [[place[c] for c in f] for f in features] + [list(range(len(columns)))]
    scores = [np.zeros((len(guessed.group), guessed.n_groups)) for _ in asked]
    fold = _folds(guessed.group, guessed.units, int(random.randint(1 << 31)))
    for k in range(FOLDS):
        is_test = fold == k
        if not is_test.any() or len(np.unique(guessed.group[~is_test])) < guessed.n_groups:
            fold[is_test] = -1
            continue
        seed = int(random.randint(1 << 31))
        parts = [_encoded(c, guessed, is_test, seed) for c in columns]
        for some, found in zip(asked, scores, strict=True):
            matrix = np.concatenate([parts[i] for i in some], axis=1)
            found[is_test] = _guess_fold(matrix, guessed.group, is_test, single=len(some) == 1)
    kept = fold >= 0
    units = None if guessed.units is None else guessed.units.where(kept)
    return tuple(
        Scored(group=guessed.group[kept], scores=s[kept], fold=fold[kept], units=units)
        for s in scores
    )


def _folds(group: Ints, units: Coded | None, seed: int) -> Ints:
    """(n_rows,): the fold of each row; every fold has about as many rows of each group."""
    kind = StratifiedKFold if units is None else StratifiedGroupKFold
    made = kind(FOLDS, shuffle=True, random_state=seed)
    fold = np.full(len(group), -1, dtype=np.int64)
    with warnings.catch_warnings():
        # A group with fewer rows than folds is not in all of them.
        warnings.filterwarnings("ignore", message="The least populated class", category=UserWarning)
        parts = made.split(group[:, None], group, None if units is None else units.codes)
        for k, (_, test) in enumerate(parts):
            fold[test] = k
    return fold


def read_column(column: Any, kind: Kind) -> Floats | Coded:
    """Numbers as their ranks (a tree sees no more; any size fits), categories as codes."""
    if kind.kind == "category":
        return code(column.cast(pa.string()))
    numbers = pc.cast(column, pa.float64(), safe=False)
    values = np.asarray(numbers.to_numpy(), dtype=np.float64)
    known = ~np.isnan(values)
    ranks = np.full(len(values), np.nan)
    ranks[known] = np.unique(values[known], return_inverse=True)[1]
    return ranks


def _encoded(
    column: Floats | Coded, guessed: Guessed, is_test: NDArray[np.bool_], seed: int
) -> Floats:
    """(n_rows, 1 or n_groups): a column as numbers, learnt from the rows outside the fold alone."""
    if not isinstance(column, Coded):
        return column[:, None]
    codes, grown = column.codes[:, None], np.flatnonzero(~is_test)
    test = np.flatnonzero(is_test)
    encoded = _shares(codes, guessed, grown, test)
    units = None if guessed.units is None else guessed.units.where(grown)
    inner = _folds(guessed.group[grown], units, seed)
    whole = np.empty((len(codes), encoded.shape[1]))
    whole[test] = encoded
    for k in range(FOLDS):
        own = grown[inner == k]
        whole[own] = _shares(codes, guessed, grown[inner != k], own)
    return whole


def _shares(codes: Any, guessed: Guessed, grown: Ints, read: Ints) -> Floats:
    """(n_read, 1 or n_groups): the shares of the groups in each row's category, smoothed.

    Args:
        codes: (n_rows, 1).
        guessed: the rows.
        grown: places of the rows that the shares are counted among.
        read: places of the rows whose categories are read.
    """
    group, n_groups = guessed.group[grown], guessed.n_groups
    encoder = TargetEncoder(target_type="binary" if n_groups == 2 else "multiclass")
    # Not fit_transform, which would draw folds of its own.
    encoder.fit(codes[grown], group)
    return np.asarray(encoder.transform(codes[read]), dtype=np.float64)


def _guess_fold(matrix: Floats, group: Ints, is_test: NDArray[np.bool_], *, single: bool) -> Floats:
    """(n_test, n_groups): the guessed share of each group."""
    n = int((~is_test).sum())
    # Neither uses more than one thread, so that the result does not depend on how many there are.
    model: Any
    if single:
        leaf = max(_LEAST_LEAF, n // _LEAF_SHARE)
        model = DecisionTreeClassifier(min_samples_leaf=leaf, random_state=0)
    else:
        leaf = max(_LEAST_LEAF, n // _FOREST_LEAF_SHARE)
        model = RandomForestClassifier(TREES, min_samples_leaf=leaf, random_state=0, n_jobs=1)
    model.fit(matrix[~is_test], group[~is_test])
    return np.asarray(np.round(model.predict_proba(matrix[is_test]), _DIGITS))
