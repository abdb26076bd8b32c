"""Explanations beside the recomputed ones: every value of both files, part by part.

Of single decisions no value is told, since rows are data of persons: only where one differs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from affidavit.bundle.layout import DECISIONS
from affidavit.explanation_record import Decisions, Explainability
from affidavit.reproduce.closeness import leaves, worst
from affidavit.reproduce.lacking import Lacking
from affidavit.reproduce.record import Compared, Difference, NotRun, Status, tally

_BY_GROUP: Final = frozenset({"groups", "decompositions", "proxies"})
_BUDGET: Final = (
    "its samples were lowered to keep within the time of [explain] budget, and another machine "
    "draws others"
)
Record = Explainability | Decisions


def compare_explanations(
    line: Compared, signed: Record, ours: Record, lacking: Lacking
) -> tuple[Compared, tuple[Difference, ...], tuple[NotRun, ...]]:
    """Each part of a file, and each entry of its lists; what needs absent groups is not run.

    Args:
        line: of the file, to be filled.
        signed: what the bundle says.
        ours: what recomputing gave.
        lacking: what was not there to recompute.
    """
    if signed.quality is not None and signed.quality.by_budget:
        told = NotRun(what=line.path, why=_BUDGET, fix="pin [explain] samples, and build again")
        return _told(line, ["not-run"]), (), (told,)
    if lacking.attributes and line.path == DECISIONS:
        why = "which rows are explained follows from groups that are not here"
        told = NotRun(what=line.path, why=why, fix="give the protected table by --data")
        return _told(line, ["not-run"]), (), (told,)
    statuses: list[Status] = []
    found: list[Difference] = []
    for what, one, other in _parts(signed, ours):
        if lacking.attributes and what.partition(":")[0] in _BY_GROUP:
            statuses.append("not-run")
            continue
        differing = tuple(leaves(one, other, "scores"))
        statuses.append(worst(leaf.status for leaf in differing))
        found += [
            Difference(
                path=line.path, what=what, field=leaf.where, status=leaf.status,
                signed=None if line.path == DECISIONS else leaf.signed,
                recomputed=None if line.path == DECISIONS else leaf.recomputed,
            )
            for leaf in differing
        ]  # fmt: skip
    return _told(line, statuses), tuple(found), ()


def _told(line: Compared, statuses: list[Status]) -> Compared:
    told = [s for s in statuses if s != "not-run"]
    status = worst(iter(told)) if told else "not-run"
    return line.model_copy(update={"status": status, "others": tally(statuses)})


def _parts(signed: Record, ours: Record) -> Iterator[tuple[str, Any, Any]]:
    """The fields of both; of lists, entry by entry, at its place from 1."""
    theirs, mine = (r.model_dump(mode="json") for r in (signed, ours))
    for key in dict.fromkeys((*theirs, *mine)):
        one, other = theirs.get(key), mine.get(key)
        if isinstance(one, list) and isinstance(other, list):
            for place in range(max(len(one), len(other))):
                entry, its = (s[place] if place < len(s) else None for s in (one, other))
                yield f"{key}: {place + 1}", entry, its
        else:
            yield key, one, other
