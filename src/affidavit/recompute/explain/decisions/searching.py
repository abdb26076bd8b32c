"""Generated rows that are decided otherwise, with few inputs changed: the search.

All decisions are searched together, so that each step is one question to the model:

1. every value of every unit alone;
2. pairs, of the units that alone brought a decision furthest;
3. where nothing was found yet, three at once, and the best values of more and more units;
4. each change drawn back towards the row's own value, or taken back, while the decision is still
   the other one.

Nothing is drawn: the same rows and the same model give the same result. It is a search, not a
proof: what it does not find may still be there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product

import numpy as np
import pyarrow as pa

from affidavit.recompute.explain.decisions.changing import Row, Unit, Values, changed
from affidavit.recompute.explain.decisions.judging import Judge
from affidavit.recompute.explain.explained import Places
from affidavit.recompute.floats import Floats

MOST_CHANGES = 6
_LEADING = 8  # units that pairs and threes are made of,
_TOGETHER = 500  # and about so many rows of each decision
_CELLS = 1 << 22  # of rows that are asked about at once
_STEPS = 12  # values between a row's own and a change,
_REFINED = 3  # so many times: to a 2,197th of the change, or to the last decimal
_SPARE = 2  # times as many as are shown are drawn back: some turn out alike


@dataclass(frozen=True, slots=True)
class State:
    """A generated row: a case, and what is changed, by the unit's place.

    Attributes:
        case: whose row it is made from.
        changes: of each changed unit, its new values.
    """

    case: int
    changes: dict[int, Values]

    @property
    def values(self) -> Values:
        found: Values = {}
        for values in self.changes.values():
            found.update(values)
        return found

    def with_unit(self, unit: int, values: Values | None) -> State:
        """The same with another value of one unit, or (None) with its own again."""
        rest = {u: v for u, v in self.changes.items() if u != unit}
        return State(self.case, rest if values is None else {**rest, unit: values})


@dataclass(slots=True)
class _Case:
    """What is known of one decision: the answers of step 1, and the rows found."""

    base: float = 0.0
    alone: dict[int, list[tuple[float, Values]]] = field(default_factory=dict)
    found: list[State] = field(default_factory=list)

    @property
    def leading(self) -> list[int]:
        """Units by how far the best of their values goes, the first where equal."""
        return sorted(self.alone, key=lambda u: (-max(m for m, _ in self.alone[u]), u))

    def best(self, unit: int) -> Values:
        return max(self.alone[unit], key=lambda answer: answer[0])[1]

    def tries(self, unit: int, most: int) -> list[Values]:
        """Some values of a unit: the two ends of its grid, then those that go furthest."""
        answers = self.alone[unit]
        order = sorted(range(len(answers)), key=lambda i: (-answers[i][0], i))
        places = dict.fromkeys([0, len(answers) - 1, *order])
        return [answers[i][1] for i in list(places)[:most]]


class Search:
    """The search over all decisions.

    Attributes:
        own: the values of each case's row.
        asked: (n_cases,): generated rows of each that the model was asked about.
    """

    def __init__(
        self, judge: Judge, units: Sequence[Unit], rows: pa.Table, own: Sequence[Row]
    ) -> None:
        """Search from `rows` (a pyarrow Table), whose values are `own`."""
        self._judge, self._units, self._rows, self.own = judge, units, rows, own
        self.asked = np.zeros(len(own), dtype=np.int64)

    def run(self, cases: Sequence[int], most: int) -> list[list[tuple[State, ...]]]:
        """Of each case, at most twice `most` rows that flip: each drawn back, and as it was found.

        Raises:
            AskFailed: the model failed on generated rows.
        """
        known = {c: _Case() for c in cases}
        self._singles(known)
        self._extend(known, self._pairs, {c for c, k in known.items() if len(_sets(k)) < most})
        self._extend(known, self._more, {c for c, k in known.items() if not k.found})
        nearest = [s for c in cases for s in self.nearest(known[c].found, _SPARE * most)]
        drawn: dict[int, list[tuple[State, ...]]] = {c: [] for c in cases}
        for before, after in zip(nearest, self._drawn_back(nearest), strict=True):
            drawn[before.case].append((after,) if after == before else (after, before))
        return [drawn[c] for c in cases]

    def order(self, state: State) -> tuple[int, float, tuple[int, ...]]:
        """Few changes first, then near ones, then those of earlier inputs."""
        return len(state.changes), self.distance(state), tuple(sorted(state.changes))

    def distance(self, state: State) -> float:
        """Of all changes, in the units' spreads, summed."""
        own = self.own[state.case]
        return sum(self._units[u].distance(own, v) for u, v in state.changes.items())

    def _ask(self, states: Sequence[State]) -> tuple[Floats, list[bool]]:
        """Margins and flips of generated rows."""
        margins, flips = [], list[bool]()
        size = max(1, _CELLS // max(1, self._rows.num_columns))
        for start in range(0, len(states), size):
            part = states[start : start + size]
            places = np.array([s.case for s in part], dtype=np.int64)
            judged = self._judge.judge(self.table(part), places)
            np.add.at(self.asked, places, 1)
            margins.append(judged.margin)
            flips += [bool(f) for f in judged.flips]
        return np.concatenate(margins) if margins else np.empty(0), flips

    def table(self, states: Sequence[State]) -> pa.Table:
        """The generated rows, as the model is given them."""
        places: Places = np.array([s.case for s in states], dtype=np.int64)
        return changed(self._rows.take(pa.array(places)), [s.values for s in states])

    def _singles(self, known: dict[int, _Case]) -> None:
        states = [
            State(c, {u: values})
            for c in known
            for u, unit in enumerate(self._units)
            for values in unit.options(self.own[c])
        ]
        margins, flips = self._ask(states)
        for state, margin, flip in zip(states, margins, flips, strict=True):
            case, [(unit, values)] = known[state.case], state.changes.items()
            case.alone.setdefault(unit, []).append((float(margin), values))
            if flip:
                case.found.append(state)

    def _extend(
        self,
        known: dict[int, _Case],
        make: Callable[[int, _Case], list[State]],
        cases: Iterable[int],
    ) -> None:
        states = [s for c in sorted(cases) for s in make(c, known[c])]
        _, flips = self._ask(states)
        for state, flip in zip(states, flips, strict=True):
            if flip:
                known[state.case].found.append(state)

    def _pairs(self, place: int, case: _Case) -> list[State]:
        """Pairs of units neither of which does it alone."""
        done = {u for s in case.found for u in s.changes}
        units = [u for u in case.leading if u not in done][:_LEADING]
        return _together(place, case, list(combinations(units, 2)))

    def _more(self, place: int, case: _Case) -> list[State]:
        units = case.leading
        threes = _together(place, case, list(combinations(units[:_LEADING], 3)))
        most = range(3, min(len(units), MOST_CHANGES) + 1)
        return threes + [State(place, {u: case.best(u) for u in units[:n]}) for n in most]

    def nearest(self, found: Sequence[State], most: int) -> list[State]:
        """The nearest of each set of units; no set that holds another; those apart first."""
        by_units: dict[frozenset[int], State] = {}
        for state in sorted(found, key=self.order):
            units = frozenset(state.changes)
            if not any(units >= other for other in by_units):
                by_units[units] = state
        return _apart(list(by_units.values()), most)

    def _drawn_back(self, states: Sequence[State]) -> list[State]:
        """Each change nearer to the row's own value, or taken back, one unit after another.

        The furthest unit first: what it gives back is the most.
        """
        now = list(states)
        turns = [self._furthest_first(s) for s in states]
        for turn in range(max(map(len, turns), default=0)):
            units = {i: t[turn] for i, t in enumerate(turns) if turn < len(t)}
            low = {i: self.own[now[i].case][self._units[u].columns[0]] for i, u in units.items()}
            for refining in range(_REFINED):
                self._draw(now, units, low, may_leave=refining == 0)
        return now

    def _furthest_first(self, state: State) -> list[int]:
        own = self.own[state.case]
        return sorted(
            state.changes, key=lambda u: (-self._units[u].distance(own, state.changes[u]), u)
        )

    def _draw(
        self, now: list[State], units: dict[int, int], low: dict[int, object], *, may_leave: bool
    ) -> None:
        """One question: values between `low`, where it does not flip, and the present one.

        The nearest that flips is taken, and `low` moves to the one before it.
        """
        tries: list[tuple[int, State]] = []
        for i, u in units.items():
            if u not in now[i].changes:
                continue
            if may_leave and len(now[i].changes) > 1:
                tries.append((i, now[i].with_unit(u, None)))
            present = now[i].changes[u][self._units[u].columns[0]]
            tries += [
                (i, now[i].with_unit(u, v)) for v in self._units[u].between(low[i], present, _STEPS)
            ]
        _, flips = self._ask([s for _, s in tries])
        done: set[int] = set()
        for (i, state), flip in zip(tries, flips, strict=True):
            if i in done:
                continue
            if flip:
                now[i] = state
                done.add(i)
            elif units[i] in state.changes:
                low[i] = state.changes[units[i]][self._units[units[i]].columns[0]]


def _together(place: int, case: _Case, sets: Sequence[tuple[int, ...]]) -> list[State]:
    """Values of several units at once, as many of each as the number of sets leaves room for."""
    if not sets:
        return []
    each = max(2, int((_TOGETHER / len(sets)) ** (1 / len(sets[0]))))
    return [
        State(place, dict(zip(units, values, strict=True)))
        for units in sets
        for values in product(*(case.tries(u, each) for u in units))
    ]


def _apart(states: Sequence[State], most: int) -> list[State]:
    """At most so many, in their order; first those that share no unit with an earlier one."""
    kept: list[State] = []
    for may_share in (False, True):
        for state in states:
            used = {u for s in kept for u in s.changes}
            is_new = state not in kept and (may_share or not used.intersection(state.changes))
            if is_new and len(kept) < most:
                kept.append(state)
    return kept


def _sets(case: _Case) -> set[frozenset[int]]:
    return {frozenset(s.changes) for s in case.found}
