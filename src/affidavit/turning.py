"""How solid a verdict is: the least number of changed decisions that would turn it.

A number that is held against a threshold and is a share of counted decisions moves in steps of one
row. The fewest rows that would have to be decided otherwise, labels as they are, follow from the
counts alone: exactly, by search, with the comparison that gave the verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from affidavit.bundle.canonical import rounded
from affidavit.config import Config, Hold
from affidavit.counts import MISSING_GROUP, UNMATCHED_GROUP
from affidavit.evidence import Number
from affidavit.printable import printable
from affidavit.turning_steps import (
    Share,
    Steps,
    is_one_way,
    least_of_many,
    least_of_one_or_two,
)

# A rate's denominator in words, and whether its numerator counts decisions for the event.
_RATES: Final[dict[str, tuple[str, bool]]] = {
    "selection_rate": ("", True),
    "true_positive_rate": (" labelled so", True),
    "false_negative_rate": (" labelled so", False),
    "false_positive_rate": (" labelled otherwise", True),
    "true_negative_rate": (" labelled otherwise", False),
    "accuracy": (" labelled", True),
}
_SUMMARIES: Final = {
    "demographic_parity_difference": "selection_rate",
    "demographic_parity_ratio": "selection_rate",
    "equal_opportunity_difference": "true_positive_rate",
    "equal_opportunity_ratio": "true_positive_rate",
}
_NUMERALS: Final = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve",
)  # fmt: skip
_NOT_THESE: Final = "not worked out for this measure"
_NOTHING: Final = "no change of decisions alone would turn it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """What a decision is called, and why decisions may not be counted one by one.

    Attributes:
        obstacle: empty where they may.
    """

    column: str
    positive: str
    favourable: str
    obstacle: str = ""

    @staticmethod
    def of(config: Config) -> Counting:
        """As a configuration has it."""
        obstacle = ""
        if config.rows.weight is not None:
            obstacle = "rows carry weights, so that decisions do not count one each"
        elif config.unit is not None:
            obstacle = "several rows are of one unit, so that they are not decided one by one"
        return Counting(
            column=config.label.column, positive=config.label.positive or "",
            favourable=config.label.favourable or "", obstacle=obstacle,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The least change that turns a verdict.

    Attributes:
        changes: decisions; None where no number can be given, and then `reason` says why.
        words: which, such as `four more decided deny = no among the 134 (afam = yes)`.
    """

    changes: int | None
    words: str = ""
    reason: str = ""


def least_changes(
    hold: Hold, number: Number, numbers: Sequence[Number], counting: Counting
) -> Turn:
    """The fewest decisions that, had they gone the other way, would turn met into missed or back.

    A rate of one group takes changes there; a difference or ratio of two groups in either, the
    least total of both; a summary over groups in any of them. Changes that leave the number
    without a value do not count.

    Args:
        hold: the threshold.
        number: what is held against it.
        numbers: all of the role; the rates that the number compares are among them.
        counting: what the decisions are called.
    """
    if reason := _not_counted(number, counting):
        return Turn(changes=None, reason=reason)
    rates = _rates(number, numbers)
    shares = [s for s in map(_share, rates) if s is not None]
    if not shares or len(shares) < len(rates):
        return Turn(changes=None, reason=_NOT_THESE)
    ratio = number.metric.endswith("_ratio")
    steps: Steps | str | None
    if number.attributes is None:
        steps = least_of_one_or_two(hold, shares, ratio=ratio)
    elif len(shares) < 2 or not is_one_way(hold, ratio=ratio):
        steps = _NOT_THESE
    else:
        steps = least_of_many(hold, shares, ratio=ratio)
    if steps is None or isinstance(steps, str):
        return Turn(changes=None, reason=steps or _NOTHING)
    told = (_words(n, by, counting) for n, by in zip(rates, steps, strict=True) if by)
    return Turn(changes=sum(map(abs, steps)), words=" and ".join(told))


def _not_counted(number: Number, counting: Counting) -> str:
    if number.value is None:
        return "it has no value"
    if number.source != "counts":
        return "it follows from scores, not from counted decisions"
    return counting.obstacle


def _rates(number: Number, numbers: Sequence[Number]) -> list[Number]:
    """The rates that a number is made of; empty where they are none that decisions move."""
    if number.against is not None:
        base = number.metric.removesuffix("_difference").removesuffix("_ratio")
        beside = _rates_of(base, number, numbers)
        ours = [n for n in beside if n.group == number.group]
        theirs = [n for n in beside if n.group == number.against]
        return [*ours, *theirs] if len(ours) == len(theirs) == 1 else []
    if number.attributes is not None:
        beside = _rates_of(_SUMMARIES.get(number.metric, ""), number, numbers)
        return [n for n in beside if _is_of(n, number.attributes) and n.value is not None]
    return [number] if number.metric in _RATES else []


def _rates_of(base: str, number: Number, numbers: Sequence[Number]) -> list[Number]:
    """The groups' rates in the same report as a comparison of them."""
    heading = number.id.split("/", 1)[0]
    return [
        n for n in numbers
        if base in _RATES and n.metric == base and n.group and not n.against
        and n.role == number.role and n.label == number.label
        and n.id.split("/", 1)[0] == heading
    ]  # fmt: skip


def _is_of(number: Number, attributes: tuple[str, ...]) -> bool:
    """Whether a group is one of those that a summary over these attributes is made of."""
    group = number.group or {}
    apart = {MISSING_GROUP, UNMATCHED_GROUP} & set(group.values())
    return set(group) == set(attributes) and not apart


def _share(number: Number) -> Share | None:
    """Value times n is a whole number of rows; None where it is not."""
    if number.value is None or not number.n:
        return None
    part = round(number.value * number.n)
    if not 0 <= part <= number.n or rounded(part / number.n) != rounded(number.value):
        return None
    return Share(part, number.n)


def _words(number: Number, by: int, counting: Counting) -> str:
    """`four more decided deny = no among the 134 (afam = yes)`."""
    among, for_event = _RATES[number.metric]
    more = "more" if (by > 0) == for_event else "fewer"
    few = abs(by)
    counted = _NUMERALS[few] if few < len(_NUMERALS) else f"{few:,}"
    what = "as labelled" if number.metric == "accuracy" else _event(number, counting)
    group = ", ".join(
        f"{printable(name)} = {printable(value)}" for name, value in (number.group or {}).items()
    )
    where = f" ({group})" if group else ""
    return f"{counted} {more} decided {what} among the {number.n:,}{among}{where}"


def _event(number: Number, counting: Counting) -> str:
    """Performance and segments count the label whose probability is the score; groups the good."""
    whole = number.id.startswith(("performance/", "segments/"))
    event = number.label or (counting.positive if whole else counting.favourable)
    return f"{printable(counting.column)} = {printable(event)}"
