"""Where a number stands: the parts of its id, its groups, and our own words for groups.

Numbers from counts and numbers from scores are named here alone, so that both kinds name a group,
a pair of groups and a summary alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self, TypeVar

MISSING_GROUP: Final = "(missing)"
UNMATCHED_GROUP: Final = "(unmatched)"
UNASSIGNED_GROUP: Final = "(unassigned)"  # no estimated group is likely enough
PERIOD: Final = "period"  # the segment that [time] makes
UNKNOWN_GROUPS: Final = frozenset({MISSING_GROUP, UNMATCHED_GROUP, UNASSIGNED_GROUP})
Values = tuple[str, ...]


def is_known(values: Values) -> bool:
    """Whether no part of a group is missing, unmatched or unassigned."""
    return UNKNOWN_GROUPS.isdisjoint(values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Which numbers of which role: the parts of an id, and the fields that say the same.

    Attributes:
        kind: the first part of the id: a report, such as `performance` or `segments`.
        where: the last part of the id; empty for all rows.
    """

    kind: str
    role: str
    where: str = ""
    label: str | None = None
    group: dict[str, str] | None = None
    against: dict[str, str] | None = None
    attributes: tuple[str, ...] | None = None

    def at(
        self,
        where: str,
        *,
        label: str | None = None,
        group: dict[str, str] | None = None,
        against: dict[str, str] | None = None,
        attributes: tuple[str, ...] | None = None,
    ) -> Self:
        """The same report and role, at a class, group, pair or summary."""
        return replace(
            self, where=where, label=label, group=group, against=against, attributes=attributes
        )

    def number_id(self, metric: str) -> str:
        """`<kind>/<role>/<metric>[/<where>]`."""
        whole = f"{self.kind}/{self.role}/{metric}"
        return f"{whole}/{self.where}" if self.where else whole


AnyPlace = TypeVar("AnyPlace", bound=Place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """The groups that one attribute makes, or several together.

    Attributes:
        names: of the attributes.
        reference: a value each; None unless every attribute has one.
    """

    names: tuple[str, ...]
    reference: Values | None

    def text(self, values: Values) -> str:
        """One value as it is; several joined by +, with % and + written %25 and %2B."""
        if len(values) == 1:
            return values[0]
        return "+".join(v.replace("%", "%25").replace("+", "%2B") for v in values)

    def place(self, values: Values, on: AnyPlace) -> AnyPlace:
        """`<attribute>=<value>`, `<a>+<b>=<v>+<w>`.

        Args:
            values: of the group, one an attribute.
            on: all rows of the report and role.
        """
        return on.at(f"{self._joined}={self.text(values)}", group=self._group(values))

    def pair(self, values: Values, reference: Values, on: AnyPlace) -> AnyPlace:
        """`<attribute>=<value> vs <reference>`."""
        where = f"{self._joined}={self.text(values)} vs {self.text(reference)}"
        return on.at(where, group=self._group(values), against=self._group(reference))

    def summary(self, on: AnyPlace) -> AnyPlace:
        """`<attribute>`."""
        return on.at(self._joined, attributes=self.names)

    @property
    def _joined(self) -> str:
        return "+".join(self.names)

    def _group(self, values: Values) -> dict[str, str]:
        return dict(zip(self.names, values, strict=True))


def complete_reference(values: Sequence[str | None]) -> Values | None:
    """The reference group of some attributes; None unless every one of them has a value."""
    known = tuple(v for v in values if v is not None)
    return known if len(known) == len(values) else None
