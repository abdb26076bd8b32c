"""Exact sums of decimal weights and their squares, by cell, at the speed of integers.

A weight of twelve significant digits is an integer m below 10^13 times a power of ten. Sums of m
and of its parts squared stay below 2^63 over a block of rows, so int64 adds them without rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal, Inexact

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# Over so many rows, sums of products of 22-bit parts stay below 2 * 2^44 * 2^17 = 2^62.
MAX_ROWS = 1 << 17
# Wide enough for any sum of twelve-digit weights; an inexact step would raise.
EXACT = Context(prec=200, traps=[Inexact])
_PART = 22
_DIGITS = 12
# 10^22 is the last power of ten that a float holds exactly.
_POWERS = np.array([float(f"1e{e}") for e in range(_DIGITS - 23, _DIGITS)])
_SCALES = np.array([float(10 ** (22 - i)) for i in range(23)])


@dataclass(frozen=True, slots=True)
class Sums:
    """Of each cell: rows, weight, squared weight.

    Attributes:
        first: (n_cells,), the first row of each cell.
    """

    first: Ints
    n: Ints
    w: list[Decimal]
    w2: list[Decimal]


def exact(weight: float) -> Decimal:
    """A weight as the decimal that its shortest digits show, so that sums are exact."""
    return Decimal(repr(weight))


def sums_by_key(keys: Ints, weights: Floats) -> Sums:
    """Exact sums over the rows of each key.

    Args:
        keys: (n_rows,), at most `MAX_ROWS`, from 0 to 2^57.
        weights: (n_rows,), finite and not negative.
    """
    whole, power, is_exact = _scaled(weights)
    # One run of rows for each key and power of ten; the rare others are added one by one.
    power = np.where(is_exact, power, len(_SCALES))
    joined = keys * (len(_SCALES) + 1) + power
    order = np.argsort(joined, kind="stable")
    ordered = joined[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    runs = _Runs(order, starts, whole, weights)
    of_run = ordered[starts]
    return _by_cell(of_run // (len(_SCALES) + 1), of_run % (len(_SCALES) + 1), runs)


def _scaled(weights: Floats) -> tuple[Ints, Ints, NDArray[np.bool_]]:
    """Integers m and i with weight = m / _SCALES[i], and whether that is so to the last digit."""
    place = np.clip(np.searchsorted(_POWERS, weights, side="right") - 1, 0, len(_SCALES) - 1)
    scale = _SCALES[place]
    whole = np.rint(np.minimum(weights * scale, 1e13))
    # A quotient of two exact floats is rounded once, as the decimal was when it was read.
    is_exact = (whole / scale == weights) & (whole < 1e13)
    return whole.astype(np.int64), place.astype(np.int64), is_exact


class _Runs:
    """Sums over runs of rows that share key and power of ten."""

    def __init__(self, order: Ints, starts: Ints, whole: Ints, weights: Floats) -> None:
        self.order, self.starts, self._weights = order, starts, weights
        self.n = np.diff(np.append(starts, len(order)))
        ordered = whole[order]
        high, low = ordered >> _PART, ordered & ((1 << _PART) - 1)
        self._w = np.add.reduceat(ordered, starts)
        self._squares = [
            np.add.reduceat(part, starts) for part in (high * high, 2 * high * low, low * low)
        ]

    def sums(self, run: int, place: int) -> tuple[Decimal, Decimal]:
        if place == len(_SCALES):
            return self._one_by_one(run)
        scale = 22 - place
        high, middle, low = (int(s[run]) for s in self._squares)
        square = (high << (2 * _PART)) + (middle << _PART) + low
        return _decimal(int(self._w[run]), scale), _decimal(square, 2 * scale)

    def _one_by_one(self, run: int) -> tuple[Decimal, Decimal]:
        start = int(self.starts[run])
        rows = self.order[start : start + int(self.n[run])]
        w = w2 = Decimal(0)
        for weight, n in zip(*np.unique(self._weights[rows], return_counts=True), strict=True):
            one, times = exact(float(weight)), Decimal(int(n))
            w = EXACT.add(w, EXACT.multiply(one, times))
            w2 = EXACT.add(w2, EXACT.multiply(EXACT.multiply(one, one), times))
        return w, w2


def _decimal(whole: int, scale: int) -> Decimal:
    return EXACT.scaleb(Decimal(whole), -scale)


def _by_cell(keys: Ints, places: Ints, runs: _Runs) -> Sums:
    """The runs of one key lie side by side: their sums are its cell's."""
    first, n, w, w2 = [], [], [], []
    last = -1
    for run, (key, place) in enumerate(zip(keys.tolist(), places.tolist(), strict=True)):
        one, square = runs.sums(run, place)
        if key != last:
            last = key
            first.append(int(runs.order[int(runs.starts[run])]))
            n.append(0)
            w.append(Decimal(0))
            w2.append(Decimal(0))
        n[-1] += int(runs.n[run])
        w[-1], w2[-1] = EXACT.add(w[-1], one), EXACT.add(w2[-1], square)
    return Sums(np.array(first, dtype=np.int64), np.array(n, dtype=np.int64), w, w2)
