"""One report beside the recomputed one: number by number, then everything else that it states."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from affidavit.evidence import Number, Report
from affidavit.reproduce.closeness import Judged, Rule, judged, leaves, shown, worst
from affidavit.reproduce.lacking import Lacking
from affidavit.reproduce.record import Compared, Difference, Status, tally

Named = Mapping[str, object]
# What tells the entries of a list apart; where nothing does, it is their place.
_LISTS: Final[Mapping[str, Callable[[Any], str] | None]] = {
    "calibration": None,
    "gains": None,
    "bins": lambda b: str(b["number"]),
    "columns": lambda c: f"{c['role']}: {c['name']}",
    "logged": None,
    "notes": None,
}
_WITH_GROUP_NOTES: Final = frozenset({"fairness", "data"})


def compare_reports(
    path: str, signed: Report, ours: Report, lacking: Lacking
) -> tuple[Compared, tuple[Difference, ...]]:
    """Every number by its id, then counts, calibration, gains, bins, columns, the log and notes.

    Args:
        path: of the signed report.
        signed: what the bundle says.
        ours: what recomputing gave.
        lacking: what was not there to recompute; what follows from it is not run.
    """
    numbers = list(_numbers(path, signed, ours, lacking))
    others = list(_others(path, signed, ours, lacking))
    statuses = [s for s, _ in (*numbers, *others)]
    compared = Compared(
        path=path, kind="report", role=signed.role, status=worst(iter(statuses)),
        numbers=tally(s for s, _ in numbers), others=tally(s for s, _ in others),
    )  # fmt: skip
    return compared, tuple(d for _, found in (*numbers, *others) for d in found)


_NOT_RUN: Final[Judged] = ("not-run", ())


def _numbers(path: str, signed: Report, ours: Report, lacking: Lacking) -> Iterator[Judged]:
    theirs, mine = ({n.id: n for n in r.numbers} for r in (signed, ours))
    for number_id in dict.fromkeys((*theirs, *mine)):
        one, other = theirs.get(number_id), mine.get(number_id)
        if any(n is not None and lacking.needs_more(n) for n in (one, other)):
            yield _NOT_RUN
        else:
            yield _number(path, number_id, one, other)


def _number(path: str, number_id: str, one: Number | None, other: Number | None) -> Judged:
    if one is None or other is None:
        status: Status = "missing" if other is None else "extra"
        told = Difference(
            path=path, what=number_id, field="value", status=status,
            signed=None if one is None else shown(one.value) or one.reason,
            recomputed=None if other is None else shown(other.value) or other.reason,
        )  # fmt: skip
        return status, (told,)
    rule: Rule = "scores" if one.source == "scores" else "counts"
    return judged(path, number_id, leaves(_dumped(one), _dumped(other), rule))


def _dumped(record: Number | Report) -> dict[str, Any]:
    return record.model_dump(mode="json")


def _others(path: str, signed: Report, ours: Report, lacking: Lacking) -> Iterator[Judged]:
    theirs, mine = (_dumped(r) for r in (signed, ours))
    yield _head(path, theirs, mine, lacking)
    for part, named in _LISTS.items():
        pair = [_listed(part, side[part], named, lacking) for side in (theirs, mine)]
        for key in dict.fromkeys((*pair[0], *pair[1])):
            one, other = (side.get(key) for side in pair)
            found = judged(path, f"{part}: {key}", leaves(one, other, "scores"))
            if found[0] not in ("equal", "within") and _is_beyond(part, signed, lacking):
                found = _NOT_RUN
            yield found
        left_out = len(theirs[part]) - len(pair[0])
        yield from itertools.repeat(_NOT_RUN, left_out)


def _head(path: str, theirs: Named, mine: Named, lacking: Lacking) -> Judged:
    """What the report is about, how many rows it has, and how its count table is to be read."""
    if theirs["role"] in lacking.roles:  # the data report alone, which is about every role
        return _NOT_RUN
    keys = [k for k in theirs if k not in {"numbers", *_LISTS}]
    one, other = ({k: _pruned(side[k], lacking) for k in keys} for side in (theirs, mine))
    return judged(path, "the report", leaves(one, other, "counts"))


def _pruned(value: object, lacking: Lacking) -> object:
    """The specification of a count table without the attributes that are not there."""
    if not isinstance(value, dict) or not lacking.attributes:
        return value
    gone = lacking.attributes
    return {
        **value,
        "attributes": [a for a in value["attributes"] if a["name"] not in gone],
        "intersections": [names for names in value["intersections"] if not gone & set(names)],
        "effective": [e for e in value["effective"] if not gone & set(e["group"] or {})],
    }


def _listed(
    part: str, entries: list[Any], named: Callable[[Any], str] | None, lacking: Lacking
) -> dict[str, Any]:
    """The entries of one list by what they are called, without those that cannot be run."""
    kept = [e for e in entries if not _is_lacking(part, e, lacking)]
    if named is None:
        return {str(place): e for place, e in enumerate(kept, 1)}
    return {named(e): e for e in kept}


def _is_lacking(part: str, entry: Any, lacking: Lacking) -> bool:
    if part == "columns":
        return entry["role"] in lacking.roles
    return part == "calibration" and bool(lacking.attributes & set(entry["group"] or {}))


def _is_beyond(part: str, report: Report, lacking: Lacking) -> bool:
    """Whether a part that differs may do so for what is not there."""
    if part == "logged":
        return lacking.is_any
    if part != "notes":
        return False
    of_groups = bool(lacking.attributes) and report.name in _WITH_GROUP_NOTES
    return of_groups or (bool(lacking.roles | lacking.suites) and report.name == "data")
