"""Which single decisions are explained: `[explain.decisions]`.

A row may be chosen for several reasons and is explained once. Nothing here looks at more than
scores, thresholds, groups and ids.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from affidavit.explanation_record import Lacking
from affidavit.places import UNKNOWN_GROUPS
from affidavit.recompute.explain.explained import Explained, Places
from affidavit.recompute.floats import Floats
from affidavit.wording import first_text

_LISTED = 20  # places of ids that are not there
Chosen = Literal["near the threshold", "of a group", "named", "drawn", "given"]
_ORDER: tuple[Chosen, ...] = ("near the threshold", "of a group", "named", "drawn", "given")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The rows whose decisions are explained.

    Attributes:
        places: (n_chosen,): rising, each once.
        chosen: why each is here.
        lacking: named ids that the role does not have.
        notes: where fewer rows are there than were asked for.
    """

    places: Places
    chosen: tuple[tuple[Chosen, ...], ...]
    lacking: tuple[Lacking, ...] = ()
    notes: tuple[str, ...] = ()


def choose(explained: Explained) -> Choice:
    """The rows that `[explain.decisions]` asks for, in the order of the data."""
    asked = explained.explain.decisions
    near, notes = _near(explained, asked.near)
    named, lacking = _named(explained, asked.ids)
    found: dict[int, set[Chosen]] = {}
    for why, places in (
        ("near the threshold", near), ("of a group", _of_groups(explained, asked.per_group)),
        ("named", named), ("drawn", explained.draw("decisions.drawn", asked.drawn)),
    ):  # fmt: skip
        _add(found, places, why)
    places = sorted(found)
    return Choice(
        places=np.array(places, dtype=np.int64),
        chosen=tuple(tuple(w for w in _ORDER if w in found[p]) for p in places),
        lacking=lacking, notes=notes,
    )  # fmt: skip


def _add(found: dict[int, set[Chosen]], places: Iterable[int], why: Any) -> None:
    for place in places:
        found.setdefault(int(place), set()).add(why)


def _near(explained: Explained, most: int) -> tuple[list[int], tuple[str, ...]]:
    """Nearest to the threshold in force for the row, on each side; the earlier row where equal."""
    if not most:
        return [], ()
    if explained.cut is None:
        return [], ("No decision was chosen for being near a threshold: none is made by one.",)
    distance = explained.scores - explained.cut
    places, notes = [], []
    for side, is_there in (("at or above", distance >= 0), ("below", distance < 0)):
        # A row without a threshold has distance NaN and is on neither side.
        found = _smallest(np.abs(distance), np.flatnonzero(is_there), most)
        places += found
        if len(found) < most:
            notes.append(f"{len(found)} of {most} rows near the threshold are there {side} it.")
    return places, tuple(notes)


def _smallest(values: Floats, places: Places, most: int) -> list[int]:
    """The places of the smallest values, the earlier place where equal, without sorting all."""
    own = values[places]
    if len(own) > most:
        largest = np.partition(own, most - 1)[most - 1]
        places, own = places[own <= largest], own[own <= largest]
    return [int(p) for p in places[np.argsort(own, kind="stable")][:most]]


def _of_groups(explained: Explained, most: int) -> list[int]:
    found: list[int] = []
    for grouping in explained.groupings if most else ():
        for group in sorted(set(grouping.column.names) - UNKNOWN_GROUPS):
            members = np.flatnonzero(grouping.column.equals(group))
            if len(members) > most:
                draws = explained.random(f"decisions.group.{grouping.spec.name}.{group}")
                members = draws.choice(members, size=most, replace=False)
            found += [int(m) for m in members]
    return found


def _named(explained: Explained, ids: tuple[str, ...]) -> tuple[list[int], tuple[Lacking, ...]]:
    """Places of ids; of those that are not there the place in the list: an id is personal data."""
    if not ids:
        return [], ()
    places = pc.index_in(pa.array(ids, pa.string()), value_set=explained.rows.ids())
    found = [p for p in places.to_pylist() if p is not None]
    absent = [str(n) for n, p in enumerate(places.to_pylist(), 1) if p is None]
    if not absent:
        return found, ()
    lacking = Lacking(
        part="decisions",
        reason=f"{len(absent)} of {len(ids)} row ids that [explain.decisions] names "
        f"{'is' if len(absent) == 1 else 'are'} not in {explained.rows.role}: in the list, "
        f"number {first_text(absent, _LISTED)}",
        fix="name ids as the [rows] id column has them (without one, row numbers from 1)",
    )
    return found, (lacking,)
