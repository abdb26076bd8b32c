"""Scores in their order: what every ranking and probability metric of a binary task comes from.

The scores of the positives and those of the negatives are sorted once, apart: 8 bytes a row, 16
with weights. Tied scores are taken together. Rows in any order, in memory or in a file, give the
same bits: counts are integers, weights are summed in the order of their size.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import fsum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from affidavit.recompute.floats import Floats

Bools = NDArray[np.bool_]
# Sorted scores; with weights, score + weight * 1j, which numpy sorts by score, then by weight.
Sorted = NDArray[Any]

PART_ROWS: Final = 1 << 17
MEMORY_ROWS: Final = 50_000_000
_KEPT_ROWS: Final = 2_000_000
_SAMPLE: Final = 100_000
_COPY_ROWS: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """Distinct scores ascending, with what stands at each. All arrays are (n_distinct,).

    Attributes:
        rows: of both labels, int64.
        positive, negative: rows (int64), or with weights their sums (float64).
        positive_squares, negative_squares: sums of squared weights; without weights, rows.
    """

    score: Floats
    rows: NDArray[np.int64]
    positive: Any
    negative: Any
    positive_squares: Any
    negative_squares: Any


class Ranked:
    """The rows of a binary task by score.

    Args:
        positives: (n_positive,), ascending.
        negatives: (n_negative,), ascending.
    """

    def __init__(self, positives: Sorted, negatives: Sorted) -> None:
        self.positives, self.negatives = positives, negatives

    @property
    def n_positive(self) -> int:
        return len(self.positives)

    @property
    def n_negative(self) -> int:
        return len(self.negatives)

    @property
    def n(self) -> int:
        return self.n_positive + self.n_negative

    @property
    def is_weighted(self) -> bool:
        return bool(np.iscomplexobj(self.positives))

    @property
    def has_both(self) -> bool:
        return self.n_positive > 0 and self.n_negative > 0

    @property
    def are_probabilities(self) -> bool:
        """Whether no score lies outside [0, 1]."""
        return self.n == 0 or (self.ends[0] >= 0 and self.ends[1] <= 1)

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest score of at least one row."""
        both = [s for s in (self.positives, self.negatives) if len(s)]
        return min(float(s[0].real) for s in both), max(float(s[-1].real) for s in both)

    @property
    def is_separated(self) -> bool:
        """Whether a score divides the labels, up to ties at it; False without both labels."""
        if not self.has_both:
            return False
        low, high = (float(self.positives[i].real) for i in (0, -1))
        least, most = (float(self.negatives[i].real) for i in (0, -1))
        return most <= low or high <= least

    @cached_property
    def weights(self) -> tuple[float, float]:
        """The weight of all positives and of all negatives; without weights, rows."""
        return fsum(p for p, _ in self.sums), fsum(n for _, n in self.sums)

    @cached_property
    def sums(self) -> tuple[tuple[Any, Any], ...]:
        """The weight of the positives and of the negatives of each part; without weights, rows."""
        return tuple((b.positive.sum().item(), b.negative.sum().item()) for b in self.parts())

    @cached_property
    def _kept(self) -> tuple[Blocks, ...]:
        return tuple(self._parts())

    def parts(self) -> Iterator[Blocks]:
        """The blocks in order, at most a quarter of a million rows at once (ties are not split).

        Where a part ends follows from the scores alone, so that sums by part are canonical too.
        """
        return iter(self._kept) if self.n <= _KEPT_ROWS else self._parts()

    def _parts(self) -> Iterator[Blocks]:
        p = n = 0
        while p < self.n_positive or n < self.n_negative:
            last = min(_last(self.positives, p), _last(self.negatives, n))
            above = complex(last, np.inf) if self.is_weighted else last
            to_p = p + int(np.searchsorted(self.positives[p:], above, side="right"))
            to_n = n + int(np.searchsorted(self.negatives[n:], above, side="right"))
            yield _blocks(self.positives[p:to_p], self.negatives[n:to_n])
            p, n = to_p, to_n

    def blocks(self) -> Blocks:
        """All blocks at once: 48 bytes for each distinct score."""
        parts = list(self.parts())
        if len(parts) == 1:
            return parts[0]
        empty = _blocks(self.positives[:0], self.negatives[:0])
        names = Blocks.__slots__
        return Blocks(
            **{k: np.concatenate([getattr(b, k) for b in (empty, *parts)]) for k in names}
        )


def rank(
    is_positive: Bools,
    score: Floats,
    weight: Floats | None = None,
    *,
    memory_rows: int = MEMORY_ROWS,
) -> Ranked:
    """Sort the rows by score, positives and negatives apart.

    Args:
        is_positive: (n_rows,).
        score: (n_rows,), finite.
        weight: (n_rows,), positive; None where all rows count alike.
        memory_rows: beyond this many rows the sorted scores lie in a temporary file, and that many
            are sorted at once; the result is the same, bit for bit.
    """
    if not np.isfinite(score).all():
        raise ValueError("a score that is not finite has no place in an order")
    return Ranked(
        _sorted(is_positive, score, weight, memory_rows),
        _sorted(~is_positive, score, weight, memory_rows),
    )


def _sorted(chosen: Bools, score: Floats, weight: Floats | None, memory_rows: int) -> Sorted:
    if len(score) <= memory_rows:
        found = _taken(chosen, score, weight)
        found.sort()
        return found
    n = int(chosen.sum())
    kind = np.float64 if weight is None else np.complex128
    out = _on_disk(n, kind)
    start = 0
    for low, high in pairwise(_edges(score, memory_rows)):
        part = _taken(chosen & (score >= low) & (score < high), score, weight)
        part.sort()
        out[start : start + len(part)] = part
        start += len(part)
    return out


def _on_disk(n: int, kind: type) -> Sorted:
    if n == 0:  # a file of no bytes cannot be mapped
        return np.empty(0, dtype=kind)
    # The mapping keeps the file, which has no name, until it is gone itself.
    with tempfile.TemporaryFile() as file:
        return np.memmap(file, dtype=kind, mode="w+", shape=(n,))


def _taken(chosen: Bools, score: Floats, weight: Floats | None) -> Sorted:
    if weight is None:
        return score[chosen]
    found, end = np.empty(int(chosen.sum()), dtype=np.complex128), 0
    for start in range(0, len(score), _COPY_ROWS):
        rows = slice(start, start + _COPY_ROWS)
        part = score[rows][chosen[rows]]
        found.real[end : end + len(part)] = part
        found.imag[end : end + len(part)] = weight[rows][chosen[rows]]
        end += len(part)
    return found


def _edges(score: Floats, memory_rows: int) -> list[float]:
    """Scores that divide the rows into buckets of about half of what memory may hold."""
    sample = np.sort(score[:: max(1, len(score) // _SAMPLE)])
    n_buckets = -(-2 * len(score) // memory_rows)
    inner = sample[(np.arange(1, n_buckets) * len(sample)) // n_buckets]
    return [-np.inf, *np.unique(inner).tolist(), np.inf]


def _last(values: Sorted, start: int) -> float:
    end = start + PART_ROWS - 1
    return float(values[end].real) if end < len(values) else np.inf


def _blocks(positives: Sorted, negatives: Sorted) -> Blocks:
    first, second = _runs(positives), _runs(negatives)
    score = np.unique(np.concatenate([first.score, second.score])) + 0.0
    places = np.searchsorted(score, first.score), np.searchsorted(score, second.score)

    def spread(values: Any, place: Any) -> Any:
        out = np.zeros(len(score), dtype=values.dtype)
        out[place] = values
        return out

    rows = spread(first.rows, places[0]) + spread(second.rows, places[1])
    return Blocks(
        score=score, rows=rows,
        positive=spread(first.weight, places[0]), negative=spread(second.weight, places[1]),
        positive_squares=spread(first.squares, places[0]),
        negative_squares=spread(second.squares, places[1]),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Runs:
    score: Floats
    rows: NDArray[np.int64]
    weight: Any
    squares: Any


def _runs(ordered: Sorted) -> _Runs:
    """Equal scores taken together."""
    score = np.ascontiguousarray(ordered.real)
    if len(score) == 0:
        nothing = np.empty(0, dtype=np.int64)
        sums = np.empty(0, dtype=float) if np.iscomplexobj(ordered) else nothing
        return _Runs(np.empty(0), nothing, sums, sums)
    starts = np.flatnonzero(np.r_[True, score[1:] != score[:-1]])
    rows = np.diff(starts, append=len(score)).astype(np.int64)
    if not np.iscomplexobj(ordered):
        return _Runs(score[starts], rows, rows, rows)
    weight = np.ascontiguousarray(ordered.imag)
    return _Runs(
        score[starts], rows, np.add.reduceat(weight, starts),
        np.add.reduceat(weight * weight, starts),
    )  # fmt: skip
