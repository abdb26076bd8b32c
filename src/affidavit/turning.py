"""How solid a verdict is: the least number of changed decisions that would turn it.

A number that is held against a threshold and is a share of counted decisions moves in steps of one
row. The fewest rows that would have to be decided otherwise, labels as they are, follow from the
counts alone: exactly, by search, with the comparison that gave the verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from affidavit.bundle.canonical import rounded
from affidavit.config import Config, Hold
from affidavit.evidence import Number
from affidavit.places import UNKNOWN_GROUPS
from affidavit.printable import printable
from affidavit.turning_steps import (
    TOO_MANY,
    Budget,
    Share,
    SpentError,
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
_MAX_NAMED: Final = 12
_NOT_THESE: Final = "not worked out for this measure"
_NOTHING: Final = "no change of decisions alone would turn it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """What a decision is called, and why decisions may not be counted one by one.

    Attributes:
        obstacle: empty where they may.
        small: groups with fewer rows are not named in a summary over groups.
    """

    column: str
    positive: str
    favourable: str
    obstacle: str = ""
    small: int = 0

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
            small=config.fairness.smallest_group,
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
    hold: Hold,
    number: Number,
    numbers: Sequence[Number],
    counting: Counting,
    budget: Budget | None = None,
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
        budget: of values to try, shared with other thresholds; None for one of its own.
    """
    if reason := _not_counted(number, counting):
        return Turn(changes=None, reason=reason)
    rates = _rates(number, numbers)
    shares = [s for s in map(_share, rates) if s is not None]
    if not shares or len(shares) < len(rates):
        return Turn(changes=None, reason=_NOT_THESE)
    try:
        steps = _steps(hold, number, shares, budget or Budget())
    except SpentError:
        return Turn(changes=None, reason=TOO_MANY)
    if steps is None or isinstance(steps, str):
        return Turn(changes=None, reason=steps or _NOTHING)
    moved = [(n, by) for n, by in zip(rates, steps, strict=True) if by]
    told = _told(moved, counting, small=counting.small if number.attributes else 0)
    return Turn(changes=sum(map(abs, steps)), words=told)


def _steps(
    hold: Hold, number: Number, shares: Sequence[Share], budget: Budget
) -> Steps | str | None:
    """A step for each share, or why none is worked out; None where no change suffices."""
    ratio = number.metric.endswith("_ratio")
    if number.attributes is None:
        return least_of_one_or_two(hold, shares, budget, ratio=ratio)
    if len(shares) < 2 or not is_one_way(hold, ratio=ratio):
        return _NOT_THESE
    return least_of_many(hold, shares, budget, ratio=ratio)


def _not_counted(number: Number, counting: Counting) -> str:
    if number.value is None:
        return "it has no value"
    if number.source != "counts":
        return "it follows from scores, not from counted decisions"
    return counting.obstacle


def rates_behind(number: Number, metric: str, numbers: Sequence[Number]) -> tuple[Number, ...]:
    """The groups' numbers of one metric that a comparison or a summary of groups is made of.

    They are those of its own report: `fairness` and `estimated` speak of groups of the same name,
    and of other rows.

    Args:
        number: a comparison, or a summary over attributes.
        metric: what to find of each group, such as `selection_rate` or `count`.
        numbers: to look among.

    Returns:
        Of a comparison the group's and the reference's; of a summary each group's, those apart
        (missing, unmatched) left out; none where it is neither, or one of the two is not there.
    """
    beside = [
        n for n in numbers
        if n.metric == metric and n.group and not n.against and n.role == number.role
        and heading(n) == heading(number)
    ]  # fmt: skip
    # A class has rates of its own; how many rows a group has, it shares.
    beside = [n for n in beside if n.label == number.label] or [n for n in beside if not n.label]
    if number.against is not None:
        both = [n for g in (number.group, number.against) for n in beside if n.group == g]
        return tuple(both) if [n.group for n in both] == [number.group, number.against] else ()
    if number.attributes is not None:
        return tuple(n for n in beside if _is_of(n, number.attributes))
    return ()


def heading(number: Number) -> str:
    """The report that a number stands in, as its id begins: `fairness`."""
    return number.id.partition("/")[0]


def base_metric(metric: str) -> str:
    """The rate that a comparison or summary compares; else the metric itself."""
    return _SUMMARIES.get(metric) or metric.removesuffix("_difference").removesuffix("_ratio")


def _rates(number: Number, numbers: Sequence[Number]) -> list[Number]:
    """The rates that a number is made of; empty where they are none that decisions move."""
    base = base_metric(number.metric)
    if base not in _RATES:
        return []
    if number.against is None and number.attributes is None:
        return [number] if number.metric == base else []
    found = rates_behind(number, base, numbers)
    return [n for n in found if number.attributes is None or n.value is not None]


def by_metric(numbers: Sequence[Number]) -> Mapping[str, Sequence[Number]]:
    """Numbers by metric, in their order: what each threshold looks among."""
    found: dict[str, list[Number]] = {}
    for number in numbers:
        found.setdefault(number.metric, []).append(number)
    return found


def _is_of(number: Number, attributes: tuple[str, ...]) -> bool:
    """Whether a group is one of those that a summary over these attributes is made of."""
    group = number.group or {}
    apart = UNKNOWN_GROUPS & set(group.values())
    return set(group) == set(attributes) and not apart


def _share(number: Number) -> Share | None:
    """Value times n is a whole number of rows; None where it is not."""
    if number.value is None or not number.n:
        return None
    part = round(number.value * number.n)
    if not 0 <= part <= number.n or rounded(part / number.n) != rounded(number.value):
        return None
    return Share(part, number.n)


def _told(moved: Sequence[tuple[Number, int]], counting: Counting, *, small: int) -> str:
    """The changes in words: group by group, twelve at most, and no group that is too small.

    A finding stands in the evidence, which names nobody: the only row of a group is a person.
    """
    named = [(n, by) for n, by in moved if n.n >= small]
    words = [_words(n, by, counting) for n, by in named[:_MAX_NAMED]]
    if more := named[_MAX_NAMED:]:
        words.append(f"{_numeral(_size(more))} in {len(more)} other groups")
    if few := [(n, by) for n, by in moved if n.n < small]:
        words.append(f"{_numeral(_size(few))} changed in groups of fewer than {small} such rows")
    return " and ".join(words)


def _size(moved: Sequence[tuple[Number, int]]) -> int:
    return sum(abs(by) for _, by in moved)


def _numeral(n: int) -> str:
    return _NUMERALS[n] if n < len(_NUMERALS) else f"{n:,}"


def _words(number: Number, by: int, counting: Counting) -> str:
    """`four more decided deny = no among the 134 (afam = yes)`."""
    among, for_event = _RATES[number.metric]
    more = "more" if (by > 0) == for_event else "fewer"
    counted = _numeral(abs(by))
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
