"""The groups that one attribute makes, or several together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from affidavit.counts import MISSING_GROUP, UNMATCHED_GROUP
from affidavit.rates.sheet import Place
from affidavit.rates.tallies import Grid, Tallied, Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """All groups that occur.

    Attributes:
        names: of the attributes.
        reference: a value each; None unless every attribute has one.
        grids: rows by values, in order.
    """

    names: tuple[str, ...]
    reference: Values | None
    grids: Mapping[Values, Grid]

    @property
    def known(self) -> Iterator[tuple[Values, Grid]]:
        """The groups whose every part is known; the others stay outside comparisons."""
        return ((v, g) for v, g in self.grids.items() if is_known(v))

    def place(self, values: Values) -> Place:
        """`/<attribute>=<value>`, `/<a>+<b>=<v>+<w>`."""
        return Place(path=f"/{self._joined}={self.text(values)}", group=self._group(values))

    def pair(self, values: Values, reference: Values) -> Place:
        """`/<attribute>=<value> vs <reference>`."""
        path = f"/{self._joined}={self.text(values)} vs {self.text(reference)}"
        return Place(path=path, group=self._group(values), against=self._group(reference))

    @property
    def summary(self) -> Place:
        """`/<attribute>`."""
        return Place(path=f"/{self._joined}", attributes=self.names)

    def text(self, values: Values) -> str:
        """One value as it is; several joined by +, with % and + written %25 and %2B."""
        if len(values) == 1:
            return values[0]
        return "+".join(v.replace("%", "%25").replace("+", "%2B") for v in values)

    @property
    def _joined(self) -> str:
        return "+".join(self.names)

    def _group(self, values: Values) -> dict[str, str]:
        return dict(zip(self.names, values, strict=True))


def is_known(values: Values) -> bool:
    """Whether no part of a group is missing or unmatched."""
    return not {MISSING_GROUP, UNMATCHED_GROUP}.intersection(values)


def partitions(rows: Tallied) -> Iterator[Partition]:
    """Each attribute's groups, then those of each intersection, as the specification lists them."""
    attributes = rows.spec.attributes
    places = {a.name: i for i, a in enumerate(attributes)}
    for names in (*((a.name,) for a in attributes), *rows.spec.intersections):
        positions = tuple(places[n] for n in names)
        found = [attributes[i].reference for i in positions]
        reference = tuple(r for r in found if r is not None)
        yield Partition(
            names=names, reference=reference if len(reference) == len(names) else None,
            grids=rows.grids_by(positions),
        )  # fmt: skip
