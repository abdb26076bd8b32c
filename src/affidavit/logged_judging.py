"""The verdict on one logged value: recompute states it, verify derives it again by this code."""

from __future__ import annotations

from dataclasses import dataclass

from affidavit.evidence import Number
from affidavit.logged_averages import following, other_averages
from affidavit.logged_meaning import Meaning, Names, told
from affidavit.logged_metrics import agreement, averages, close
from affidavit.metric_names import Key

NO_NUMBER = "no recomputed number has this name"


@dataclass(frozen=True, slots=True)
class Judged:
    """A logged value beside what it could mean.

    Attributes:
        metric: our name for it, where it is over all rows.
        number: of a report; None where there is none, or the value follows from several.
        recomputed: None where there is nothing to hold it against.
        how: in what way it is equal, "" plainly; None where it is not.
        reason: why nothing can be said, where the value is equal to nothing.
        among: of several numbers, that it is none of them; empty where one alone is meant.
    """

    metric: str | None
    number: Number | None = None
    recomputed: float | None = None
    how: str | None = None
    reason: str = ""
    among: str = ""


def judge(value: float | str, key: Key, logged_key: str, names: Names) -> Judged:
    """Hold a logged value against every number that its key could mean.

    Args:
        value: as logged; not a number where it was NaN or infinite.
        key: taken apart.
        logged_key: as logged.
        names: the numbers of the role whose rows it speaks of.
    """
    meant = names.meaning(key)
    if not meant.numbers:
        return _following(value, key, names)
    defined = [n for n in meant.numbers if n.value is not None]
    if not defined:
        return Judged(meant.metric, meant.numbers[0], reason=meant.numbers[0].reason or NO_NUMBER)
    number, how = _agreeing(value, logged_key, meant, names)
    if number is None:
        number = defined[0]
    several = len(meant.numbers) > 1
    if several and how is not None:
        which = f"the number {told((number,))}, of {len(meant.numbers)} that it could mean"
        if len({n.metric for n in meant.numbers}) > 1:
            which = which.replace("the number", number.metric, 1)
        how = ", ".join(filter(None, (which, how)))
    among = ""
    if several:
        among = f"it is none of the {len(meant.numbers)} numbers that it could mean: "
        among += told(meant.numbers)
    reason = meant.unsure if how is None else ""
    return Judged(meant.metric, number, number.value, how, reason, among)


def _following(value: float | str, key: Key, names: Names) -> Judged:
    ours = following(key.metric, names.numbers)
    if ours is None:
        return Judged(key.metric, reason=NO_NUMBER)
    how = None if isinstance(value, str) else agreement(value, ours)
    return Judged(key.metric, None, ours, how)


def _agreeing(
    value: float | str, logged_key: str, meant: Meaning, names: Names
) -> tuple[Number | None, str | None]:
    """The number that the value equals, and how; the plainest first."""
    if isinstance(value, str):
        return None, None
    found = [(n, _how(value, n.value, meant)) for n in meant.numbers if n.value is not None]
    equal = [(n, how) for n, how in found if how is not None]
    if equal:
        return min(equal, key=lambda e: e[1] != "")
    first, accepted = meant.numbers[0], averages(meant.metric, logged_key)
    for words, other in other_averages(meant.metric, names.numbers):
        if words in accepted and close(value, other):
            return first, words
    return None, None


def _how(value: float, ours: float, meant: Meaning) -> str | None:
    how = agreement(value, ours)
    if how is None and meant.one_minus:
        other = agreement(value, 1 - ours)
        if other is not None:
            return ", ".join(filter(None, ("one minus it, which is of the other label", other)))
    return how
