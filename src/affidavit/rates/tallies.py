"""Exact sums over the cells of a count table, in whole numbers, in one pass.

Weights are counted in units of 10^-a, squared weights in units of 10^-2a, with the smallest `a`
that makes all of them whole; so (sum w)^2 / sum w^2 needs no unit, and nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from operator import itemgetter
from typing import NamedTuple

from affidavit.counts import UNKNOWN_LABEL, CountTable
from affidavit.evidence import CountSpec
from affidavit.intervals import kish
from affidavit.places import Values


class Tally(NamedTuple):
    """Rows, and their weights and squared weights in units of the table."""

    n: int = 0
    w: int = 0
    w2: int = 0

    def plus(self, other: Tally) -> Tally:
        return Tally(self.n + other.n, self.w + other.w, self.w2 + other.w2)

    def minus(self, other: Tally) -> Tally:
        return Tally(self.n - other.n, self.w - other.w, self.w2 - other.w2)


def worth(part: Tally, whole: Tally) -> float:
    """The independent rows that a weighted rate p = part / whole is worth; without weights, n.

        p (1 - p) (sum w)^2 / ((1 - p)^2 sum_part w^2 + p^2 sum_rest w^2)

    This is p (1 - p) over the linearised variance of the ratio, so it holds where weights go with
    the outcome too. Where p is 0 or 1 that variance is 0, and it is Kish's (sum w)^2 / sum w^2.

    Args:
        part: the numerator, rows of `whole`.
        whole: the denominator, of a weight above 0.

    References:
        Cochran (1977), Sampling Techniques, 3rd ed., section 2.11 (the ratio of two totals); Korn
        and Graubard (1998), Survey Methodology 24 (its effective number of rows).
    """
    rest = whole.minus(part)
    if not part.w or not rest.w:
        return kish(whole.w, whole.w2)
    # In whole numbers to the last step, where both sides have the same unit.
    return part.w * rest.w * whole.w**2 / (rest.w**2 * part.w2 + part.w**2 * rest.w2)


_NONE = Tally()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """Rows by one event against the rest.

    Attributes:
        tp, fp, fn, tn: labelled rows, by label and decision.
        selected: all rows decided as the event, labelled or not.
        right: labelled rows decided as labelled, whatever the class.
        labelled, all: rows.
    """

    tp: Tally
    fp: Tally
    fn: Tally
    tn: Tally
    selected: Tally
    right: Tally
    labelled: Tally
    all: Tally


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows by label and decision, and the margins from which any event is told from the rest.

    Attributes:
        labels: labelled rows by label. decided: labelled rows by decision. hits: by class, rows
            whose label and decision it is. unlabelled: rows without a label, by decision.
        cells: rows by label and decision, those without a label too.
    """

    labels: Mapping[str, Tally]
    decided: Mapping[str, Tally]
    hits: Mapping[str, Tally]
    unlabelled: Mapping[str, Tally]
    cells: Mapping[tuple[str, str], Tally]
    right: Tally
    labelled: Tally
    all: Tally

    def sides(self, event: str) -> Sides:
        """The rows of one event against the rest."""
        tp = self.hits.get(event, _NONE)
        chosen = self.decided.get(event, _NONE)
        fp, fn = chosen.minus(tp), self.labels.get(event, _NONE).minus(tp)
        return Sides(
            tp=tp, fp=fp, fn=fn, tn=self.labelled.minus(chosen).minus(fn),
            selected=chosen.plus(self.unlabelled.get(event, _NONE)),
            right=self.right, labelled=self.labelled, all=self.all,
        )  # fmt: skip

    @property
    def classes(self) -> tuple[str, ...]:
        """Those that occur as label or decision, sorted."""
        return tuple(sorted({*self.labels, *self.decided, *self.unlabelled}))


@dataclass(frozen=True, slots=True)
class Tallied:
    """The cells of a table in whole units: groups, label and decision, sums.

    Attributes:
        places: a; a weight counts units of 10^-a.
    """

    spec: CountSpec
    places: int
    cells: tuple[tuple[Values, tuple[str, str], Tally], ...]

    @staticmethod
    def of(table: CountTable) -> Tallied:
        """A table's cells; without weights, sums are the rows themselves."""
        places = 0
        if table.spec.weighted:
            single = max((_places(c.sum_w) for c in table.rows), default=0)
            squared = max((_places(c.sum_w2) for c in table.rows), default=0)
            places = max(single, (squared + 1) // 2)
            sums = [
                Tally(c.n, _units(c.sum_w, places), _units(c.sum_w2, 2 * places))
                for c in table.rows
            ]
        else:
            # Many cells have the same few rows, and one object each would keep the collector busy.
            alike = {n: Tally(n, n, n) for n in {c.n for c in table.rows}}
            sums = [alike[c.n] for c in table.rows]
        return Tallied(table.spec, places, tuple(
            (c.groups, (c.label, c.decision), one)
            for c, one in zip(table.rows, sums, strict=True)
        ))  # fmt: skip

    def weight(self, tally: Tally) -> float:
        """The sum of a tally's weights; without weights, its rows."""
        return float(Fraction(tally.w, int(10**self.places)))

    def size(self, tally: Tally) -> float:
        """The rows to expect behind a tally of an estimated group: its weight, in mean weights."""
        return tally.w / int(10**self.places) / (self.spec.mean_weight or 1.0)

    def whole(self) -> Grid:
        """All rows."""
        return self.grids_by(()).get((), grid_of({}))

    def grids_by(self, positions: tuple[int, ...]) -> dict[Values, Grid]:
        """The grid of each combination of values that occurs in some columns, in order.

        One pass over the cells, whatever the number of groups.

        Args:
            positions: which columns of groups; none gives one grid of all rows, under ().
        """
        apart: dict[Values, dict[tuple[str, str], list[int]]] = {}
        taken = _picker(positions)
        for groups, key, (n, w, w2) in self.cells:
            values = taken(groups)
            sums = apart.get(values)
            if sums is None:
                sums = apart[values] = {}
            found = sums.get(key)
            if found is None:
                sums[key] = [n, w, w2]
            else:
                found[0] += n
                found[1] += w
                found[2] += w2
        return {
            values: grid_of({key: Tally(*found) for key, found in apart[values].items()})
            for values in sorted(apart)
        }


def _picker(positions: tuple[int, ...]) -> Callable[[Values], Values]:
    """What takes some columns of a cell's groups; each runs in C, a loop over cells needs it."""
    if len(positions) > 1:
        return itemgetter(*positions)
    # Of one position, or none, an item would be no tuple.
    return itemgetter(slice(positions[0], positions[0] + 1) if positions else slice(0))


def grid_of(sums: Mapping[tuple[str, str], Tally]) -> Grid:
    """The margins of rows by label and decision."""
    labels: dict[str, Tally] = {}
    decided: dict[str, Tally] = {}
    unlabelled: dict[str, Tally] = {}
    hits: dict[str, Tally] = {}
    for (label, decision), one in sums.items():
        if label == UNKNOWN_LABEL:
            _put(unlabelled, decision, one)
            continue
        _put(labels, label, one)
        _put(decided, decision, one)
        if label == decision:
            _put(hits, label, one)
    labelled = total(labels.values())
    return Grid(
        labels=labels, decided=decided, hits=hits, unlabelled=unlabelled, cells=sums,
        right=total(hits.values()), labelled=labelled,
        all=labelled.plus(total(unlabelled.values())),
    )  # fmt: skip


def total(tallies: Iterable[Tally]) -> Tally:
    """The sum of some tallies."""
    found = _NONE
    for one in tallies:
        found = found.plus(one)
    return found


def _put(sums: dict[str, Tally], key: str, one: Tally) -> None:
    found = sums.get(key)
    sums[key] = one if found is None else found.plus(one)


def _places(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _units(value: Decimal, places: int) -> int:
    above, below = value.as_integer_ratio()
    return above * int(10**places) // below
