"""What max - min and min / max of group rates show when no group differs; pure Python.

Shuffle the outcomes among the rows, and the groups still differ: by chance, and the more so the
smaller and the more numerous they are. Here each group's events are binomial about the rate of all
rows (normal where it has many), and the groups independent. A shuffle keeps the number of events
as well; that only shifts all rates together, to which max - min is blind, so the form is as good
as the number of events is not tiny: with fewer than ten there is no value. It is summed on a grid
of rates, without any random number. `docs/metrics.md` has the error against real shuffles.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import erfc, fsum, log, prod, sqrt

_FEWEST = 10  # events, and rows without: below, the fixed number of events is no mere shift
_MANY = 64  # variance of a group's count from which the normal form serves
_REACH = 7.0  # standard deviations beyond which nothing is left
_FINE, _GROWTH = 1 / 6, 1 / 8  # of the grid: first steps, and growth of the steps with distance
_CLASSES = 16  # of group sizes; nearer sizes are taken together
_NOTHING = 1e-12
_FINEST = 1e-10  # of standard deviations: a grid of rates cannot tell smaller ones


@dataclass(frozen=True, kw_only=True)  # no slots: `extremes` is found once
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
        if len(self.sizes) < 2 or min(self.sizes) <= 0:
            return False
        rarer = min(self.rate, 1 - self.rate) * fsum(self.sizes)
        least = sqrt(max(0.0, self.rate * (1 - self.rate)) / max(self.sizes))
        return rarer >= _FEWEST * (1 - 1e-9) and least >= _FINEST

    @cached_property
    def extremes(self) -> tuple[tuple[float, float, float], ...]:
        """Lowest rate, highest rate and their chance, of a null that is known."""
        return _lowest_and_highest(self)


def expected_difference(*nulls: Null) -> float | None:
    """The mean of max - min over the groups where none differs.

        E = integral of 1 - prod F_g(x) - prod (1 - F_g(x)) over x

    Args:
        nulls: one; or several independent ones, of which the largest difference counts (for
            equalized odds: the rows of either label).

    Returns:
        In [0, 1]; None where one has fewer than two groups, an empty group, fewer than ten events
        or rows without the event, or a rate that varies by less than 1e-10.

    References:
        Tippett (1925), On the extreme individuals and the range of samples, Biometrika 17.
    """
    if not nulls or not all(null.is_known for null in nulls):
        return None
    spreads = [[(high - low, mass) for low, high, mass in null.extremes] for null in nulls]
    return _expected(spreads, largest=True)


def expected_ratio(*nulls: Null) -> float | None:
    """The mean of min / max over the groups where none differs; of several, of the smallest.

    Returns:
        In [0, 1]; None as in `expected_difference`. Where all rates are 0 there is no ratio, and
        such shuffles are left out.
    """
    if not nulls or not all(null.is_known for null in nulls):
        return None
    spreads = [[(low / high, mass) for low, high, mass in null.extremes if high] for null in nulls]
    return _expected(spreads, largest=False)


def _expected(spreads: list[list[tuple[float, float]]], *, largest: bool) -> float:
    """The mean of one spread, given as (value, chance), or of the largest or smallest of several.

    E max = integral of 1 - prod P(spread <= v) over v, summed from the smallest value up; E min =
    integral of prod P(spread >= v), from the largest down: a ratio of almost only 0 loses no digit.
    """
    wholes = [fsum([mass for _, mass in spread]) for spread in spreads]
    if len(spreads) == 1:
        return fsum([value * mass for value, mass in spreads[0]]) / wholes[0]
    steps = [(v, mass, at) for at, spread in enumerate(spreads) for v, mass in spread]
    steps.sort(reverse=not largest)
    passed = [0.0] * len(spreads)
    total, last = 0.0, 0.0 if largest else steps[0][0]
    for value, mass, at in steps:
        if value != last:
            total += (
                (value - last) * (1 - prod(passed)) if largest else (last - value) * prod(passed)
            )
            last = value
        passed[at] = min(1.0, passed[at] + mass / wholes[at])
    return total if largest else total + last * prod(passed)


def _lowest_and_highest(null: Null) -> tuple[tuple[float, float, float], ...]:
    """(min, max, chance) over the grid, where the chance is not nothing.

    From the chances W(i, j) that all groups are in the cells i to j: that the lowest is in cell i
    and the highest in j is W(i, j) - W(i, j - 1) - W(i + 1, j) + W(i + 1, j - 1).
    """
    classes = _classes(null.sizes)
    edges, values = _grid(null.rate, [n for n, _ in classes])
    shares = [(_below(edges, null.rate, n), k) for n, k in classes]
    cells = len(values)
    rows, columns = _taken(shares, cells)
    found = []
    above = [0.0] * len(columns)
    for i in reversed(range(rows.start, rows.stop + 1)):
        begin = min(max(i, columns.start), columns.stop)
        within = _all_within(shares, i, begin, columns.stop)
        here = [0.0] * (begin - columns.start) + [b - a for a, b in pairwise(within)]
        if i in rows:
            low = values[i]
            found += [
                (low, values[j], one - other)
                for j, one, other in zip(columns, here, above, strict=True)
                if one - other > _NOTHING
            ]
        above = here
    return tuple(found)


def _taken(shares: list[tuple[list[float], int]], cells: int) -> tuple[range, range]:
    """The cells where the lowest rate can be, and the highest; a pair of others has no chance."""
    lowest = [prod([(1 - f[i]) ** k for f, k in shares]) for i in range(cells + 1)]
    highest = [prod([f[i] ** k for f, k in shares]) for i in range(cells + 1)]
    rows = [i for i, (a, b) in enumerate(pairwise(lowest)) if a - b > _NOTHING]
    columns = [j for j, (a, b) in enumerate(pairwise(highest)) if b - a > _NOTHING]
    return range(rows[0], rows[-1] + 1), range(columns[0], columns[-1] + 1)


def _all_within(
    shares: list[tuple[list[float], int]], low: int, begin: int, end: int
) -> list[float]:
    """The chances that all groups are between edge `low` and each edge from `begin` to `end`."""
    chances = [1.0] * (end - begin + 1)
    for below, groups in shares:
        least, edges = below[low], below[begin : end + 1]
        if groups == 1:  # a power costs twice as much
            chances = [c * (b - least) for c, b in zip(chances, edges, strict=True)]
        else:
            chances = [c * (b - least) ** groups for c, b in zip(chances, edges, strict=True)]
    return chances


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
