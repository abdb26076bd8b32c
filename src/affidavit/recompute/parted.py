"""The groups of one attribute, or of several together, as metrics from scores see them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from affidavit.places import Groups, Values, complete_reference, is_known
from affidavit.recompute.coded import Bools
from affidavit.recompute.groups import Grouping

__all__ = ["Parts", "Values", "is_known", "parted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts(Groups):
    """All groups that occur, each with its rows.

    Attributes:
        values: of each group, in order.
        code: (n_rows,), the place of each row's group in `values`.
    """

    values: tuple[Values, ...]
    code: NDArray[np.intp]

    def rows(self, values: Values) -> Bools:
        """(n_rows,): the rows of a group, which may hold none."""
        if values not in self.values:
            return np.zeros(len(self.code), dtype=bool)
        return np.equal(self.code, self.values.index(values))


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
    return Parts(
        names=tuple(g.spec.name for g in groupings),
        reference=complete_reference([g.spec.reference for g in groupings]),
        values=tuple(texts[i] for i in order), code=rank[dense],
    )  # fmt: skip
