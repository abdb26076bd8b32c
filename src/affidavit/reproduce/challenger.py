"""The comparison with a challenger beside the recomputed one: number by number, then the rest."""

from __future__ import annotations

from typing import Any

from affidavit.challenger_record import ChallengerReport
from affidavit.reproduce.closeness import Judged, Rule, judged, leaves, worst
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
    theirs, mine = _numbers(signed), _numbers(ours)
    numbers = [
        _number(line.path, key, theirs.get(key), mine.get(key))
        for key in dict.fromkeys((*theirs, *mine))
    ]
    rest = judged(line.path, "the report", leaves(_rest(signed), _rest(ours), "scores"))
    compared = line.model_copy(
        update={
            "status": worst(s for s, _ in (*numbers, rest)),
            "numbers": tally(s for s, _ in numbers), "others": tally([rest[0]]),
        }
    )  # fmt: skip
    return compared, tuple(d for _, told in (*numbers, rest) for d in told)


def _numbers(report: ChallengerReport) -> dict[str, Any]:
    return {n.id: n.model_dump(mode="json") for role in report.roles for n in role.numbers}


def _rest(report: ChallengerReport) -> dict[str, Any]:
    whole = report.model_dump(mode="json")
    roles = [{k: v for k, v in role.items() if k != "numbers"} for role in whole["roles"]]
    return {**whole, "roles": roles}


def _number(path: str, number_id: str, one: Any, other: Any) -> Judged:
    if one is None or other is None:
        status: Status = "missing" if other is None else "extra"
        return status, (Difference(path=path, what=number_id, status=status),)
    # The finer rule holds for what follows from counts.
    rule: Rule = "counts" if one["from"] == "counts" else "scores"
    return judged(path, number_id, leaves(one, other, rule))
