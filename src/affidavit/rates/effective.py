"""What a specification may say of effective rows: never more than the rows themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from affidavit.counts import CountTable
from affidavit.evidence import EffectiveRows
from affidavit.places import Values
from affidavit.rates.definitions import CLASS_RATES, GROUP_RATES, RateRule
from affidavit.rates.tallies import Grid, Tallied, worth

RULES: Mapping[str, RateRule] = {rule.metric: rule for rule in (*CLASS_RATES, *GROUP_RATES)}


class Limit(NamedTuple):
    """The most that a rate's effective rows, and its units, can be."""

    n: float
    units: int


def effective_limits(table: CountTable) -> Iterator[tuple[EffectiveRows, Limit | None]]:
    """Each statement of effective rows with the most that it can be.

    Rows of one unit are no more independent than rows of different units: a rate is worth at most
    what it is without units (`worth`), without weights its rows; and no row is of two units. More
    of either would make its interval too narrow.

    Returns:
        The statement, and its limit; None where the table has no such rate or group.
    """
    rows = Tallied.of(table)
    places = {a.name: i for i, a in enumerate(table.spec.attributes)}
    seen: dict[tuple[int, ...], dict[Values, Grid]] = {}
    for entry in table.spec.effective:
        rule, group = RULES.get(entry.metric), entry.group or {}
        if rule is None or rule.counts_event != (entry.event is not None) or group.keys() - places:
            yield entry, None
            continue
        positions = tuple(sorted(places[name] for name in group))
        if positions not in seen:
            seen[positions] = rows.grids_by(positions)
        values = tuple(group[table.spec.attributes[i].name] for i in positions)
        grid = seen[positions].get(values)
        sides = None if grid is None else grid.sides(entry.event or "")
        whole = None if sides is None else rule.whole(sides)
        if sides is None or whole is None or not whole.w:
            yield entry, None
        else:
            yield entry, Limit(worth(rule.part(sides), whole), whole.n)
