"""What a reader of the numbers must know of the rows behind them, in words."""

from __future__ import annotations

import numpy as np

from affidavit.places import UNKNOWN_GROUPS
from affidavit.printable import printable
from affidavit.recompute.coded import Coded
from affidavit.recompute.groups import Grouping
from affidavit.recompute.rows import Rows
from affidavit.wording import first_text

_MAX_NAMED = 12


def unlabelled_note(rows: Rows) -> tuple[str, ...]:
    """How many rows have no label, and among which share the other numbers are."""
    known = int(rows.is_labelled.sum())
    if known == rows.n:
        return ()
    note = (
        f"{rows.n - known} of {rows.n} rows have no label: they count for selection only, and "
        f"numbers that need a label are among the {100 * known / rows.n:.1f} % whose label is "
        "known."
    )
    return (note,)


def labelled_shares(rows: Rows, grouping: Grouping) -> tuple[str, ...]:
    """The share of labelled rows in each group, where the groups differ in it."""
    sizes, known = grouping.column.sizes(), grouping.column.sizes(rows.is_labelled)
    shares = [f"{100 * k / n:.1f} %" for n, k in zip(sizes, known, strict=True)]
    if len(set(shares)) < 2:
        return ()
    named = [
        f"{printable(v)} {s}" for v, s in sorted(zip(grouping.column.names, shares, strict=True))
    ]
    note = (
        f"The share of rows whose label is known differs by {grouping.spec.name}: "
        f"{first_text(named, _MAX_NAMED)}."
    )
    return (note,)


def small_groups(grouping: Grouping, small: int) -> tuple[str, ...]:
    """Groups too small to compare that the summaries over all groups nevertheless hold."""
    sizes = zip(grouping.column.names, grouping.column.sizes(), strict=True)
    few = [
        f"{printable(v)} ({n} row{'' if n == 1 else 's'})"
        for v, n in sorted(sizes)
        if n < small and v not in UNKNOWN_GROUPS
    ]
    if not few:
        return ()
    note = (
        f"{grouping.spec.name}: fewer than {small} rows in {first_text(few, _MAX_NAMED)}; not "
        "compared with the reference, but part of the summaries over all groups (largest minus "
        "smallest, smallest over largest)."
    )
    return (note,)


def straddling_units(grouping: Grouping, unit: Coded | None) -> tuple[str, ...]:
    """Units with rows in more than one group, whose differences are not between other people."""
    if unit is None:
        return ()
    column, names = grouping.column, grouping.column.names
    known = column.is_known & ~np.isin(
        column.codes, [i for i, name in enumerate(names) if name in UNKNOWN_GROUPS]
    )
    pairs = np.unique(unit.codes[known].astype(np.int64) * len(names) + column.codes[known])
    groups = np.unique(pairs // max(1, len(names)), return_counts=True)[1]
    apart = int((groups > 1).sum())
    if not apart:
        return ()
    note = (
        f"{apart} of {len(groups)} units have rows in more than one group of {grouping.spec.name}: "
        "its differences are computed as if the groups were independent of each other."
    )
    return (note,)
