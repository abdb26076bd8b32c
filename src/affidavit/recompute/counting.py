"""Exact counts of rows by groups, label and decision, part by part.

Parts in any order and any split give the same table: rows are counted as integers, weights are
summed as decimals without rounding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from math import prod
from typing import Self

import numpy as np
from numpy.typing import NDArray

from affidavit.counts import UNKNOWN_LABEL, Cell, CountTable, count_table
from affidavit.errors import SourceError
from affidavit.evidence import CountSpec
from affidavit.recompute.coded import NONE, Coded
from affidavit.recompute.exact_sums import EXACT, MAX_ROWS, Floats, Ints, Sums, sums_by_key

_MAX_CHARACTERS = 40
# Up to here every possible cell has a place of its own; beyond, only those that occur.
_MAX_PLACES = 1 << 20
_BLOCK = 1 << 16
_MAX_KEY = 1 << 56
_Names = tuple[str, ...]
_Totals = tuple[int, Decimal, Decimal]
_NOTHING: _Totals = (0, Decimal(0), Decimal(0))


class Counter:
    """Counts rows by groups, label and decision, in as many parts as they come in.

    Args:
        spec: how the table is to be read; weights are read where it is weighted.
    """

    def __init__(self, spec: CountSpec) -> None:
        self._spec = spec
        self._cells: dict[_Names, _Totals] = {}

    def add(self, columns: Sequence[Coded], weights: Floats | None = None) -> Self:
        """Count some rows.

        Args:
            columns: of the same n_rows each: one an attribute, in the order of the specification,
                then the label (no code where it is not known), then the decision.
            weights: (n_rows,), finite and not negative; needed where the specification is weighted.
        """
        if len(columns) != len(self._spec.attributes) + 2:
            raise ValueError(f"{len(columns)} columns for {len(self._spec.attributes)} attributes")
        names = [(*c.names, UNKNOWN_LABEL) for c in columns]
        codes = [c.codes for c in columns]
        for places, sums in _parts(codes, [len(v) for v in names], self._weights(weights)):
            for i, place in enumerate(places.T.tolist()):
                key = tuple(v[c] for v, c in zip(names, place, strict=True))
                n = int(sums.n[i])
                w, w2 = (sums.w[i], sums.w2[i]) if sums.w else (Decimal(n), Decimal(n))
                self._count(key, (n, w, w2))
        return self

    def renamed(self, names: Sequence[Mapping[str, str]]) -> Counter:
        """The same rows under other names, a mapping a column; cells of one name become one."""
        found = Counter(self._spec)
        for key, totals in self._cells.items():
            found._count(tuple(m[v] for m, v in zip(names, key, strict=True)), totals)
        return found

    def table(self) -> CountTable:
        """The cells of all rows so far, in their one order.

        Raises:
            SourceError: weights whose sums are longer than the format holds.
        """
        cells = {k: (n, _short(w), _short(w2)) for k, (n, w, w2) in self._cells.items()}
        if any(len(f"{s:f}") > _MAX_CHARACTERS for _, *pair in cells.values() for s in pair):
            raise SourceError(
                f"{self._spec.role}: the row weights span too many orders of magnitude",
                f"their exact sums are longer than {_MAX_CHARACTERS} digits",
                "round the weights in the snapshot, to six decimals say",
            )
        return count_table(
            self._spec,
            (
                Cell(groups=k[:-2], label=k[-2], decision=k[-1], n=n, sum_w=w, sum_w2=w2)
                for k, (n, w, w2) in cells.items()
            ),
        )

    def _weights(self, weights: Floats | None) -> Floats | None:
        if not self._spec.weighted:
            return None
        if weights is None:
            raise ValueError("a weighted table needs weights")
        if not (np.isfinite(weights) & (weights >= 0)).all():
            raise ValueError("weights are finite, and not negative")
        return weights

    def _count(self, key: _Names, more: _Totals) -> None:
        n, w, w2 = self._cells.get(key, _NOTHING)
        self._cells[key] = (n + more[0], EXACT.add(w, more[1]), EXACT.add(w2, more[2]))


def count(
    groups: Sequence[Coded],
    label: Coded,
    decision: Coded,
    weights: NDArray[np.float64],
    spec: CountSpec,
) -> CountTable:
    """The count table of some rows.

    Args:
        groups: one column an attribute, in the order of the specification.
        label: no code where it is not known.
        decision: of every row.
        weights: (n_rows,), read where the specification is weighted.
        spec: how the table is to be read.

    Raises:
        SourceError: weights whose sums are longer than the format holds.
    """
    return Counter(spec).add([*groups, label, decision], weights).table()


def cell_sizes(codes: Sequence[NDArray[np.int32]], sizes: Sequence[int]) -> Ints:
    """Rows of every possible cell, by blocks that stay in the processor's cache.

    Args:
        codes: (n_rows,) a column, from 0 to its size - 2, or -1 for none: the last place.
        sizes: of the columns' places; their product is the length of what is returned.
    """
    total = np.zeros(prod(sizes), dtype=np.int64)
    n_rows, block = len(codes[0]), max(_BLOCK, len(total))
    strides = [prod(sizes[i + 1 :]) for i in range(len(sizes))]
    joined, term = np.empty((2, min(block, n_rows)), dtype=np.int32)
    for start in range(0, n_rows, block):
        stop = min(start + block, n_rows)
        key, one = joined[: stop - start], term[: stop - start]
        # Codes begin at -1: that place is counted first here, and turned to the end below.
        key.fill(sum(strides))
        for column, stride in zip(codes, strides, strict=True):
            np.add(key, np.multiply(column[start:stop], np.int32(stride), out=one), out=key)
        total += np.bincount(key, minlength=len(total))
    cells = total.reshape(sizes)
    return np.roll(cells, -1, axis=tuple(range(len(sizes)))).reshape(-1)


def _parts(
    codes: list[NDArray[np.int32]], sizes: list[int], weights: Floats | None
) -> Iterator[tuple[Ints, Sums]]:
    """Places, (n_columns, n_cells), and sums of the cells that occur; a cell may come again."""
    n_rows = len(codes[0])
    if weights is None and prod(sizes) <= _MAX_PLACES:
        n = cell_sizes(codes, sizes)
        there = np.flatnonzero(n)
        yield np.array(np.unravel_index(there, sizes)), Sums(there, n[there], [], [])
        return
    for start in range(0, n_rows, MAX_ROWS):
        rows = slice(start, start + MAX_ROWS)
        part = [c[rows] for c in codes]
        keys = _keys(part, sizes)
        sums = _unweighted(keys) if weights is None else sums_by_key(keys, weights[rows])
        yield np.array([c[sums.first] for c in part]), sums


def _unweighted(keys: Ints) -> Sums:
    _, first, n = np.unique(keys, return_index=True, return_counts=True)
    return Sums(first, n, [], [])


def _keys(codes: list[NDArray[np.int32]], sizes: list[int]) -> Ints:
    """(n_rows,): a number for each row, the same for two rows of one cell and for no others."""
    keys, distinct = np.zeros(len(codes[0]), dtype=np.int64), 1
    for column, size in zip(codes, sizes, strict=True):
        if distinct * size > _MAX_KEY:
            found, keys = np.unique(keys, return_inverse=True)
            distinct = len(found)
        keys = keys * size + (column - NONE)
        distinct *= size
    return keys


def _short(value: Decimal) -> Decimal:
    """Without final zeros, however it was summed."""
    return value.normalize(EXACT)
