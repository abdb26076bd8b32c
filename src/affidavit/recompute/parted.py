"""The groups of one attribute, or of several together, as metrics from scores see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affidavit.counts import MISSING_GROUP, UNMATCHED_GROUP
from affidavit.recompute.coded import Bools
from affidavit.recompute.groups import Grouping
from affidavit.recompute.scored import Place

Values = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """All groups that occur, each with its rows.

    Attributes:
        names: of the attributes.
        reference: a value each; None unless every attribute has one.
        values: of each group, in order.
        code: (n_rows,), the place of each row's group in `values`.
    """

    names: tuple[str, ...]
    reference: Values | None
    values: tuple[Values, ...]
    code: NDArray[np.intp]

    def rows(self, values: Values) -> Bools:
        """(n_rows,): the rows of a group, which may hold none."""
        if values not in self.values:
            return np.zeros(len(self.code), dtype=bool)
        return np.equal(self.code, self.values.index(values))

    def text(self, values: Values) -> str:
        """One value as it is; several joined by +, with % and + written %25 and %2B."""
        if len(values) == 1:
            return values[0]
        return "+".join(v.replace("%", "%25").replace("+", "%2B") for v in values)

    def place(self, values: Values, on: Place) -> Place:
        """`<attribute>=<value>`, `<a>+<b>=<v>+<w>`."""
        return on.at(f"{self._joined}={self.text(values)}", group=self._group(values))

    def pair(self, values: Values, reference: Values, on: Place) -> Place:
        """`<attribute>=<value> vs <reference>`."""
        where = f"{self._joined}={self.text(values)} vs {self.text(reference)}"
        return on.at(where, group=self._group(values), against=self._group(reference))

    def summary(self, on: Place) -> Place:
        """`<attribute>`."""
        return on.at(self._joined, attributes=self.names)

    @property
    def _joined(self) -> str:
        return "+".join(self.names)

    def _group(self, values: Values) -> dict[str, str]:
        return dict(zip(self.names, values, strict=True))


def is_known(values: Values) -> bool:
    """Whether no part of a group is missing or unmatched."""
    return not {MISSING_GROUP, UNMATCHED_GROUP}.intersection(values)


def parted(groupings: Sequence[Grouping]) -> Parts:
    """The groups that the attributes make together.

    Args:
        groupings: at least one; every row has a value of each.
    """
    code = np.zeros(len(groupings[0].column), dtype=np.intp)
    for g in groupings:
        code = code * len(g.column.names) + g.column.codes
    found, dense = np.unique(code, return_inverse=True)
    texts: list[Values] = []
    for one in found.tolist():
        values: list[str] = []
        rest = one
        for g in reversed(groupings):
            rest, place = divmod(rest, len(g.column.names))
            values.append(g.column.names[place])
        texts.append(tuple(reversed(values)))
    order = sorted(range(len(texts)), key=texts.__getitem__)
    rank = np.empty(len(order), dtype=np.intp)
    rank[order] = np.arange(len(order))
    reference = tuple(g.spec.reference for g in groupings if g.spec.reference is not None)
    return Parts(
        names=tuple(g.spec.name for g in groupings),
        reference=reference if len(reference) == len(groupings) else None,
        values=tuple(texts[i] for i in order), code=rank[dense],
    )  # fmt: skip
