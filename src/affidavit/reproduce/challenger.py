"""The comparison with a challenger beside the recomputed one: number by number, then the rest."""

from __future__ import annotations

from typing import Any

from affidavit.challenger_record import ChallengerReport
from affidavit.reproduce.closeness import Rule, leaves, worst
from affidavit.reproduce.record import Compared, Difference, Status, tally


def compare_challengers(
    line: Compared, signed: ChallengerReport, ours: ChallengerReport
) -> tuple[Compared, tuple[Difference, ...]]:
    """Every number of every role by its id, then roles, rows, notes and how counts are read.

    Args:
        line: of the file, to be filled.
        signed: what the bundle says.
        ours: what recomputing gave.
    """
    told: list[Difference] = []
    theirs, mine = _numbers(signed), _numbers(ours)
    numbers = [
        _judged(line.path, key, theirs.get(key), mine.get(key), told)
        for key in dict.fromkeys((*theirs, *mine))
    ]
    others = [_judged(line.path, "the report", _rest(signed), _rest(ours), told)]
    compared = line.model_copy(
        update={
            "status": worst(iter((*numbers, *others))), "numbers": tally(numbers),
            "others": tally(others),
        }
    )  # fmt: skip
    return compared, tuple(told)


def _numbers(report: ChallengerReport) -> dict[str, Any]:
    return {n.id: n.model_dump(mode="json") for role in report.roles for n in role.numbers}


def _rest(report: ChallengerReport) -> dict[str, Any]:
    whole = report.model_dump(mode="json")
    roles = [{k: v for k, v in role.items() if k != "numbers"} for role in whole["roles"]]
    return {**whole, "roles": roles}


def _judged(path: str, what: str, one: Any, other: Any, told: list[Difference]) -> Status:
    if one is None or other is None:
        status: Status = "missing" if other is None else "extra"
        told.append(Difference(path=path, what=what, status=status))
        return status
    # The finer rule holds for what follows from counts.
    rule: Rule = "counts" if one.get("from") == "counts" else "scores"
    found = tuple(leaves(one, other, rule))
    told += [
        Difference(
            path=path, what=what, field=leaf.where, status=leaf.status, signed=leaf.signed,
            recomputed=leaf.recomputed,
        )
        for leaf in found
    ]  # fmt: skip
    return worst(leaf.status for leaf in found)
