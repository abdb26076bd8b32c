"""The groups of one sensitive attribute among the rows that are explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from affidavit.places import UNKNOWN_GROUPS
from affidavit.recompute.coded import NONE
from affidavit.recompute.explain.explained import Places
from affidavit.recompute.groups import Grouping

LEAST = 30  # rows of a group below which no share of a limited number may take it


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """One attribute over the explained rows.

    Attributes:
        rows: each group that occurs in the role, by name, with the rows that stand for it: places
            among the explained ones, perhaps none.
        sizes: how many explained rows each group has, whether or not they all stand for it.
        reference: what the others are compared with: as declared, else the largest known group of
            the role, the first by name of several; None where there is no such group.
        declared: the reference that the configuration names.
        small: groups with fewer explained rows have no numbers.
    """

    attribute: str
    rows: Mapping[str, Places]
    sizes: Mapping[str, int]
    reference: str | None
    declared: str | None
    small: int

    def why_not(self, name: str) -> str | None:
        """Why a group has no numbers; None where it has."""
        n = self.sizes[name]
        if n == 0:
            return "n = 0: none of the explained rows is of this group"
        if n < self.small:
            return f"{n} of the explained rows, fewer than {self.small}: too small to show"
        return None

    @property
    def compared(self) -> tuple[str, ...]:
        """The groups that are held against the reference: all known ones, large or small."""
        return tuple(g for g in self.rows if g not in UNKNOWN_GROUPS and g != self.reference)

    def narrowed(self, keep: NDArray[np.bool_]) -> Sides:
        """The same groups, some of their rows standing for them.

        Args:
            keep: (n_explained,).
        """
        return replace(self, rows={g: p[keep[p]] for g, p in self.rows.items()})


def sides_of(grouping: Grouping, places: Places, small: int) -> Sides:
    """The groups of an attribute.

    Args:
        grouping: over all rows of the role.
        places: (n_explained,), of the explained rows in the role.
        small: `[fairness] smallest_group`.
    """
    column = grouping.column
    codes = column.codes[places]
    rows = {g: np.flatnonzero(codes == column.names.index(g)) for g in sorted(column.names)}
    return Sides(
        attribute=grouping.spec.name, rows=rows, sizes={g: len(p) for g, p in rows.items()},
        reference=_reference(grouping), declared=grouping.spec.reference, small=small,
    )  # fmt: skip


def _reference(grouping: Grouping) -> str | None:
    declared, names = grouping.spec.reference, grouping.column.names
    if declared is not None:
        return declared if declared in names else None
    sizes = dict(zip(names, grouping.column.sizes(), strict=True))
    known = sorted(set(names) - UNKNOWN_GROUPS)
    return max(known, key=sizes.__getitem__, default=None)


def share_out(
    codes: Sequence[NDArray[np.int32]], order: NDArray[np.int64], most: int
) -> tuple[NDArray[np.bool_], ...]:
    """The rows that stand for each attribute's groups, where there may be at most `most` in all.

    Rows are in one random order, and each group has the first of its own, as many as any other
    group, or all. So they are a simple random sample of each group, whatever else its rows are;
    and the attributes share most rows. A group keeps 30 rows even where that makes more than
    `most`.

    Args:
        codes: for each attribute (n_rows,), the group of each row; -1 where it is of none.
        order: (n_rows,), a permutation: the place of each row in the random order.
        most: of all rows that are taken, for whatever attribute.

    Returns:
        For each attribute (n_rows,): whether the row stands for its group.
    """
    within = [_rank_in_group(c, order) for c in codes]
    earliest = np.sort(np.min(within, axis=0))
    n = len(order)
    first = n if n <= most else max(LEAST, int(earliest[most]))
    return tuple((w < first) & (c != NONE) for w, c in zip(within, codes, strict=True))


def _rank_in_group(codes: NDArray[np.int32], order: NDArray[np.int64]) -> NDArray[np.int64]:
    """(n_rows,): how many rows of its group come before each; no group: after all."""
    by_group = np.lexsort((order, codes))
    grouped = codes[by_group]
    starts = np.flatnonzero(np.r_[True, grouped[1:] != grouped[:-1]])
    sizes = np.diff(starts, append=len(codes))
    rank = np.empty(len(codes), dtype=np.int64)
    rank[by_group] = np.arange(len(codes)) - np.repeat(starts, sizes)
    return np.where(codes == NONE, len(codes), rank)
