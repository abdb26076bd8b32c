"""What max - min and min / max of group rates show when no group differs; pure Python.

Shuffle the outcomes among the rows, and the groups still differ: by chance, and the more so the
smaller and the more numerous they are. Here each group's events are binomial about the rate of all
rows (normal where it has many), and the groups independent. A shuffle keeps the number of events
as well; that only shifts all rates together, to which max - min is blind, so the form is as good
as the number of events is not tiny: with fewer than ten there is no value. It is summed on a grid
of rates, without any random number. `docs/metrics.md` has the error against real shuffles.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import erfc, fsum, log, prod, sqrt

_FEWEST = 10  # events, and rows without: below, the fixed number of events is no mere shift
_MANY = 64  # variance of a group's count from which the normal form serves
_REACH = 7.0  # standard deviations beyond which nothing is left
_FINE, _GROWTH = 1 / 6, 1 / 8  # of the grid: first steps, and growth of the steps with distance
_CLASSES = 16  # of group sizes; nearer sizes are taken together
_NOTHING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Null:
    """Groups that do not differ.

    Attributes:
        rate: of all groups together, in [0, 1].
        sizes: (effective) rows of each group.
    """

    rate: float
    sizes: tuple[float, ...]

    @property
    def is_known(self) -> bool:
        """Whether there are two groups or more, none empty, and ten events and non-events."""
        rarer = min(self.rate, 1 - self.rate) * fsum(self.sizes)
        return len(self.sizes) > 1 and min(self.sizes) > 0 and rarer >= _FEWEST * (1 - 1e-9)


def expected_difference(*nulls: Null) -> float | None:
    """The mean of max - min over the groups where none differs.

        E = integral of 1 - prod F_g(x) - prod (1 - F_g(x)) over x

    Args:
        nulls: one; or several independent ones, of which the largest difference counts (for
            equalized odds: the rows of either label).

    Returns:
        In [0, 1]; None where one has fewer than two groups, an empty group, or fewer than ten
        events or rows without the event.

    References:
        Tippett (1925), On the extreme individuals and the range of samples, Biometrika 17.
    """
    return _expected(nulls, lambda low, high: high - low, largest=True)


def expected_ratio(*nulls: Null) -> float | None:
    """The mean of min / max over the groups where none differs; of several, of the smallest.

    Returns:
        In [0, 1]; None as in `expected_difference`. Where all rates are 0 there is no ratio, and
        such shuffles are left out.
    """
    return _expected(nulls, lambda low, high: low / high if high > 0 else None, largest=False)


def _expected(
    nulls: tuple[Null, ...], spread: Callable[[float, float], float | None], *, largest: bool
) -> float | None:
    """The mean of the largest (or smallest) spread: E max = integral of 1 - prod P(spread <= v)."""
    if not nulls or not all(null.is_known for null in nulls):
        return None
    found = [_Spreads.of(null, spread) for null in nulls]
    if len(found) == 1:
        return found[0].mean
    edges = sorted({0.0, *(v for each in found for v in each.values)})
    total = 0.0
    for low, high in pairwise(edges):
        below = [each.at_most(low) for each in found]
        kept = 1 - prod(below) if largest else prod(1 - b for b in below)
        total += (high - low) * kept
    return total


@dataclass(frozen=True, slots=True)
class _Spreads:
    """The distribution of a spread: values ascending, and the chance to be at most each."""

    values: list[float]
    chances: list[float]
    mean: float

    @classmethod
    def of(cls, null: Null, spread: Callable[[float, float], float | None]) -> _Spreads:
        pairs = []
        for low, high, mass in _lowest_and_highest(null):
            value = spread(low, high)
            if value is not None:
                pairs.append((value, mass))
        pairs.sort()
        whole = sum(mass for _, mass in pairs)
        chances = [c / whole for c in accumulate(mass for _, mass in pairs)]
        mean = sum(value * mass for value, mass in pairs) / whole
        return cls([v for v, _ in pairs], chances, mean)

    def at_most(self, value: float) -> float:
        index = bisect_right(self.values, value)
        return min(1.0, self.chances[index - 1]) if index else 0.0


def _lowest_and_highest(null: Null) -> list[tuple[float, float, float]]:
    """(min, max, chance) over the grid, where the chance is not nothing."""
    classes = _classes(null.sizes)
    edges, values = _grid(null.rate, [n for n, _ in classes])
    shares = [(_below(edges, null.rate, n), k) for n, k in classes]
    cells = range(len(values))
    within = {
        (i, j): prod((f[j + 1] - f[i]) ** k for f, k in shares) for i in cells for j in cells[i:]
    }
    found = []
    for (i, j), chance in within.items():
        lowest_above = within.get((i + 1, j), 0.0) - within.get((i + 1, j - 1), 0.0)
        mass = chance - within.get((i, j - 1), 0.0) - lowest_above
        if mass > _NOTHING:
            found.append((values[i], values[j], mass))
    return found


def _classes(sizes: tuple[float, ...]) -> list[tuple[float, int]]:
    """Sizes with the number of groups; near ones together, at the mean of their variances."""
    least, most = min(sizes), max(sizes)
    if len(set(sizes)) <= _CLASSES:
        return [(n, sizes.count(n)) for n in sorted(set(sizes))]
    step = log(most / least) / (_CLASSES - 1)
    members: dict[int, list[float]] = {}
    for n in sorted(sizes):
        members.setdefault(round(log(n / least) / step), []).append(n)
    return [(len(m) / sum(1 / n for n in m), len(m)) for _, m in sorted(members.items())]


def _grid(rate: float, sizes: list[float]) -> tuple[list[float], list[float]]:
    """Edges of cells of rates, and the rate that stands for each cell.

    One small size has a cell for each count. Else cells widen with their distance from the rate,
    and those of 0 and 1 stay by themselves: a ratio is 0 exactly where the lowest rate is.
    """
    n = _whole(sizes[0])
    if len(sizes) == 1 and n * rate * (1 - rate) < _MANY:
        counts = list(_counts(n, rate))
        return [(x - 0.5) / n for x in (*counts, counts[-1] + 1)], [x / n for x in counts]
    deviations = [sqrt(rate * (1 - rate) / n) for n in sizes]
    offsets, reach = [0.5 * _FINE * min(deviations)], _REACH * max(deviations)
    while offsets[-1] < reach:
        offsets.append(offsets[-1] + max(_FINE * min(deviations), _GROWTH * offsets[-1]))
    inner = sorted(rate + side * o for side in (-1, 1) for o in offsets)
    tiny = 1e-12
    inner = [e for e in inner if tiny < e < 1 - tiny]
    edges = [-tiny, tiny, *inner, 1 - tiny, 1 + tiny]
    return edges, [min(1.0, max(0.0, (a + b) / 2)) for a, b in pairwise(edges)]


def _below(edges: list[float], rate: float, n: float) -> list[float]:
    """The chance that a group of n rows has a rate below each edge."""
    deviation = sqrt(rate * (1 - rate) / n)
    if n * rate * (1 - rate) >= _MANY:
        inner = [erfc((rate - e) / deviation / sqrt(2)) / 2 for e in edges[1:-1]]
        return [0.0, *inner, 1.0]
    whole = _whole(n)
    counts = _counts(whole, rate)
    found, total, x = [], 0.0, counts[0]
    masses = _masses(counts, whole, rate)
    for edge in edges:
        while x <= counts[-1] and x < edge * whole:
            total += masses[x - counts[0]]
            x += 1
        found.append(min(1.0, total))
    return found


def _whole(n: float) -> int:
    """An effective number of rows has no counts of its own; those of the nearest number serve."""
    return max(1, round(n))


def _counts(n: int, rate: float) -> range:
    """The counts that a binomial variable has, less those that it never has in practice."""
    reach = _REACH * sqrt(n * rate * (1 - rate)) + _REACH
    return range(max(0, round(n * rate - reach)), min(n, round(n * rate + reach)) + 1)


def _masses(counts: range, n: int, rate: float) -> list[float]:
    """Binomial probabilities of the counts, by their ratios from the likeliest on."""
    mode = min(counts[-1], max(counts[0], int((n + 1) * rate)))
    odds, masses = rate / (1 - rate), {mode: 1.0}
    for x in range(mode, counts[-1]):
        masses[x + 1] = masses[x] * odds * (n - x) / (x + 1)
    for x in range(mode, counts[0], -1):
        masses[x - 1] = masses[x] / odds * x / (n - x + 1)
    whole = sum(masses.values())
    return [masses[x] / whole for x in counts]
