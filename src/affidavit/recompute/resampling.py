"""Intervals by bootstrap, for what has none in closed form: whole units are drawn, else rows.

Rows are put into at most 1,024 cells of neighbouring scores (ties stay together), and a resample is
a draw of how often each row comes; a statistic sees the positives and negatives of each cell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from affidavit.evidence import LEVEL, MIN_CLASS, SMALL
from affidavit.recompute.coded import Coded
from affidavit.recompute.floats import Floats
from affidavit.recompute.linearized import n_units
from affidavit.recompute.ranking import Bools, Ranked
from affidavit.recompute.score_intervals import BY_UNIT, Interval

RESAMPLES: Final = 500
CELLS: Final = 1024
# Drawing rows one by one costs about 15 ns a row and resample; beyond these, 3 seconds and more.
_ROW_DRAWS: Final = 200_000_000
_LEAST: Final = 200
MAX_DRAWN_ROWS: Final = _ROW_DRAWS // _LEAST
_SEED: Final = 20260101

Statistic = Callable[[Floats, Floats], float]
Distance = Callable[[Floats, Floats], Floats]


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Rows by score and label, and how they can be drawn again.

    Attributes:
        score: (n_cells,), the mean score of each, rising.
        positive, negative: (n_cells,), rows or weight.
        drawn: None where every row counts alike and is its own unit; else each row.
    """

    score: Floats
    positive: Floats
    negative: Floats
    drawn: _Rows | None

    @property
    def method(self) -> str:
        """`bootstrap, 500 resamples`, by unit where units are drawn."""
        unit = BY_UNIT if self.drawn is not None and self.drawn.is_by_unit else ""
        return f"bootstrap, {self.resamples} resamples{unit}"

    @property
    def resamples(self) -> int:
        if self.drawn is None:
            return RESAMPLES
        return max(_LEAST, min(RESAMPLES, _ROW_DRAWS // max(1, len(self.drawn.place))))

    @cached_property
    def draws(self) -> tuple[tuple[Floats, Floats], ...]:
        """Positives and negatives of each cell in each resample that has both; at most 8 MB."""
        random = np.random.RandomState(_SEED)
        n = len(self.score)
        found = []
        for _ in range(self.resamples):
            cell = self._multinomial(random) if self.drawn is None else self.drawn.draw(random, n)
            # Of 10 rows none comes in 1 of 20,000 resamples; such a one has no value.
            if cell[:n].any() and cell[n:].any():
                found.append((cell[:n], cell[n:]))
        return tuple(found)

    def _multinomial(self, random: np.random.RandomState) -> Floats:
        sizes = np.concatenate([self.positive, self.negative])
        total = sizes.sum()
        return random.multinomial(int(total), sizes / total).astype(float)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    """Rows of a canonical order that are drawn whole units at a time.

    Attributes:
        place: (n_rows,), the row's cell, plus the number of cells where it is negative.
        weight: (n_rows,).
        unit: (n_rows,), 0 to n_units - 1; None where each row is its own.
    """

    place: NDArray[np.intp]
    weight: Floats
    unit: NDArray[np.intp] | None
    n_units: int

    @property
    def is_by_unit(self) -> bool:
        return self.unit is not None

    def draw(self, random: np.random.RandomState, n_cells: int) -> Floats:
        n = self.n_units
        times = np.bincount(random.randint(0, n, n), minlength=n)
        of_row = times if self.unit is None else times[self.unit]
        return _sums(self.place, of_row * self.weight, 2 * n_cells)


def why_not(n_positive: int, n_negative: int, drawn: int | None, n_units: int | None) -> str:
    """Why nothing can be learnt from resampling; empty where it can.

    Args:
        n_positive: rows.
        n_negative: rows.
        drawn: rows that have to be drawn one by one, None where counts of cells are.
        n_units: None where every row is its own unit.
    """
    if n_positive + n_negative < SMALL:
        return f"fewer than {SMALL} rows"
    if min(n_positive, n_negative) < MIN_CLASS:
        return f"fewer than {MIN_CLASS} rows of one label"
    if n_units is not None and n_units < SMALL:
        return f"fewer than {SMALL} units"
    if drawn is not None and drawn > MAX_DRAWN_ROWS:
        return f"more than {MAX_DRAWN_ROWS:,} rows would have to be drawn one by one"
    return ""


def cells_of(ranked: Ranked, by_row: ByRow | None) -> Cells | None:
    """The cells of all rows; None where nothing can be learnt from resampling.

    Args:
        ranked: both labels.
        by_row: where rows carry weights or share units.
    """
    drawn = None if by_row is None else len(by_row.score)
    count = None if by_row is None or by_row.units is None else n_units(by_row.units)
    if why_not(ranked.n_positive, ranked.n_negative, drawn, count):
        return None
    first, rows, summed, positive, negative = _cut(ranked)
    return Cells(
        score=summed / rows, positive=positive, negative=negative,
        drawn=None if by_row is None else by_row.rows(first),
    )  # fmt: skip


def _cut(ranked: Ranked) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Neighbouring scores together, so that cells have about as many rows each.

    Returns:
        (n_cells,) each: the lowest score, the rows, the sum of their scores, the positives and the
        negatives (rows or weight).
    """
    few = sum(len(b.score) for b in ranked.parts()) <= CELLS
    sums, lowest, below = np.zeros((4, CELLS)), np.full(CELLS, np.inf), 0
    at = 0
    for b in ranked.parts():
        middle = below + np.cumsum(b.rows) - b.rows / 2
        cell = (middle * CELLS / ranked.n).astype(np.intp)
        if few:
            cell = at + np.arange(len(b.score))
        np.minimum.at(lowest, cell, b.score)
        for i, values in enumerate((b.rows, b.score * b.rows, b.positive, b.negative)):
            sums[i] += _sums(cell, values, CELLS)
        below, at = below + int(b.rows.sum()), at + len(b.score)
    used = sums[0] > 0
    return lowest[used], *sums[:, used]


def _sums(place: NDArray[np.intp], values: Any, size: int) -> Floats:
    return np.asarray(np.bincount(place, values, minlength=size), dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class ByRow:
    """Rows that carry weights or share units. Arrays are (n_rows,)."""

    is_positive: Bools
    score: Floats
    weight: Floats | None
    units: Coded | None

    def rows(self, first: Floats) -> _Rows:
        """The rows in one order, whatever order they came in.

        Args:
            first: (n_cells,), the lowest score of each cell.
        """
        cell = np.searchsorted(first, self.score, side="right") - 1
        place = cell + np.where(self.is_positive, 0, len(first))
        weight = np.ones(len(self.score)) if self.weight is None else self.weight
        if self.units is None:
            order = np.lexsort((weight, place))
            return _Rows(
                place=place[order], weight=weight[order], unit=None, n_units=len(self.score)
            )
        unit = _numbered(self.units)
        order = np.lexsort((weight, place, unit))
        _, dense = np.unique(unit[order], return_inverse=True)
        return _Rows(
            place=place[order], weight=weight[order], unit=dense, n_units=n_units(self.units)
        )  # fmt: skip


def _numbered(units: Coded) -> NDArray[np.intp]:
    """Each row's unit as a number, its code; rows without one follow, each its own."""
    out = units.codes.astype(np.intp)
    known = units.is_known
    out[~known] = len(units.names) + np.arange(int((~known).sum()))
    return out


def percentile_intervals(
    cells: Cells, statistics: Mapping[str, Statistic], values: Mapping[str, float]
) -> dict[str, Interval]:
    """The middle 95 % of each statistic over the resamples.

    Where cells hold several scores, the interval is moved by what that changes the value itself.

    Args:
        cells: of the rows.
        statistics: of the positives and the negatives of each cell.
        values: of the same statistics over all rows, exactly.

    References:
        Efron, Tibshirani (1993), An introduction to the bootstrap, section 13.3.
    """
    found: dict[str, list[float]] = {name: [] for name in statistics}
    for positive, negative in cells.draws:
        for name, statistic in statistics.items():
            found[name].append(statistic(positive, negative))
    return {
        name: _middle(
            np.array(found[name]), values[name] - statistic(cells.positive, cells.negative), cells
        )
        for name, statistic in statistics.items()
    }


def _middle(found: Floats, moved: float, cells: Cells) -> Interval:
    low, high = np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(
        low=max(0.0, float(low) + moved), high=min(1.0, float(high) + moved), method=cells.method
    )  # fmt: skip


def band(
    cells: Cells, curve: Distance, size: Callable[[Any], float], value: float
) -> Interval | None:
    """An interval of the size of a curve, from how far resampled curves lie from it.

    A largest gap or a sum of gaps is biased upwards, and so are its resamples: a percentile
    interval misses the truth. But sizes differ by no more than the size of the difference, so
    value +- the 95 % quantile of size(resampled curve - curve) holds the truth at least as often.

    Args:
        cells: of the rows.
        curve: of the positives and negatives of each cell.
        size: a norm of curves: the largest absolute value, or a weighted sum of them.
        value: the size over all rows.

    Returns:
        None where no resample differs: that is not certainty.
    """
    base = curve(cells.positive, cells.negative)
    off = [size(curve(p, n) - base) for p, n in cells.draws]
    half = float(np.quantile(off, LEVEL))
    if not half:
        return None
    return Interval(
        low=max(0.0, value - half), high=min(1.0, value + half), method=f"{cells.method}, as a band"
    )  # fmt: skip
