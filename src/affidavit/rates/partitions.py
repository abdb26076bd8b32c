"""The groups that one attribute makes, or several together, with their rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from affidavit.places import Groups, Values, complete_reference, is_known
from affidavit.rates.tallies import Grid, Tallied


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition(Groups):
    """All groups that occur.

    Attributes:
        grids: rows by values, in order.
    """

    grids: Mapping[Values, Grid]

    @property
    def known(self) -> Iterator[tuple[Values, Grid]]:
        """The groups whose every part is known; the others stay outside comparisons."""
        return ((v, g) for v, g in self.grids.items() if is_known(v))


def partitions(rows: Tallied) -> Iterator[Partition]:
    """Each attribute's groups, then those of each intersection, as the specification lists them."""
    attributes = rows.spec.attributes
    places = {a.name: i for i, a in enumerate(attributes)}
    for names in (*((a.name,) for a in attributes), *rows.spec.intersections):
        positions = tuple(places[n] for n in names)
        reference = complete_reference([attributes[i].reference for i in positions])
        yield Partition(names=names, reference=reference, grids=rows.grids_by(positions))
