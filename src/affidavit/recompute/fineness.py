"""Groups that are too many to count together: each is left out with a gap, never cut silently.

A count table holds every combination of attributes that occurs. It travels, and is derived again
by a reader without numpy, so it stays small however large the data is.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from affidavit.evidence import Finding
from affidavit.gap_ids import gap_id
from affidavit.recompute.groups import MAX_GROUPS, Grouping

MAX_COMBINATIONS = 20_000
_MAX_CODE = 2**60


def coarse_enough(
    groupings: Sequence[Grouping], role: str
) -> tuple[tuple[Grouping, ...], tuple[Finding, ...]]:
    """The attributes whose combinations fit one table; those of most groups go first."""
    kept, gaps = list(groupings), []
    while kept and (n := combinations(kept)) > MAX_COMBINATIONS:
        finest = max(kept, key=lambda g: (len(g.column.names), g.spec.name))
        kept.remove(finest)
        gaps.append(_too_fine(finest.spec.name, role, n))
    return tuple(kept), tuple(gaps)


def few_intersections(
    groupings: Sequence[Grouping], wanted: Sequence[tuple[str, ...]], role: str
) -> tuple[tuple[tuple[str, ...], ...], tuple[Finding, ...]]:
    """The intersections of attributes that are there, of at most 200 groups, and gaps for more."""
    by_name = {g.spec.name: g for g in groupings}
    there = [names for names in wanted if by_name.keys() >= set(names)]
    sizes = {names: combinations([by_name[name] for name in names]) for names in there}
    kept = tuple(names for names in there if sizes[names] <= MAX_GROUPS)
    gaps = tuple(_too_many(n, role, sizes[n]) for n in there if sizes[n] > MAX_GROUPS)
    return kept, gaps


def combinations(groupings: Sequence[Grouping]) -> int:
    """How many combinations of groups occur; their product, where that is small anyway."""
    sizes = [len(g.column.names) for g in groupings]
    if prod(sizes) <= MAX_GROUPS or not sizes:
        return prod(sizes)
    codes = [g.column.codes.astype(np.int64) for g in groupings]
    if prod(sizes) > _MAX_CODE:
        return int(np.unique(np.stack(codes), axis=1).shape[1])
    return len(np.unique(np.ravel_multi_index(tuple(codes), tuple(sizes))))


def _too_fine(name: str, role: str, n: int) -> Finding:
    return Finding(
        id=gap_id("sensitive", role, name), kind="gap", stage="recompute",
        what=f"fairness by {name} is not computed on {role}: with the other attributes it makes "
        f"{n:,} combinations",
        expected=f"at most {MAX_COMBINATIONS:,}", found=f"{n:,}",
        fix=f"declare bands for [sensitive.{name}], or name a coarser column",
    )  # fmt: skip


def _too_many(names: tuple[str, ...], role: str, n: int) -> Finding:
    return Finding(
        id=gap_id("intersection", role, *names), kind="gap", stage="recompute",
        what=f"{' and '.join(names)} are not compared together on {role}: they make {n} groups",
        expected=f"at most {MAX_GROUPS}", found=str(n),
        fix="declare bands, or take the intersection out of [fairness] intersections",
    )  # fmt: skip
