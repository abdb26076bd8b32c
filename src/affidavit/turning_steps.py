"""The fewest steps of one row that bring shares, or what is made of them, over a bound.

All comparisons are those of the verdict itself, `keeps`, and all quotients are of whole numbers,
divided once: so the number after a change is the very float that would have been reported.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from heapq import merge
from typing import Final, NamedTuple

from affidavit.bundle.canonical import rounded
from affidavit.config import Hold

# Values that one configuration may try, over all its thresholds: some tenths of a second. Beyond,
# it is said that nobody looked: who writes a bundle must not decide how long its verifier works.
MOST_TRIED: Final = 40_000
TOO_MANY: Final = "too many rows, groups or thresholds to look through every change"
# Twice what rounding to twelve digits moves a value by, relatively.
_NEAR: Final = 1e-11
_NOW_AND_THEN: Final = 16

Steps = tuple[int, ...]  # change of each share's numerator, in rows
Reached = Callable[[float], bool]


class SpentError(Exception):
    """The budget is used up; caught where the search was asked for."""


class Budget:
    """How many values may still be tried."""

    def __init__(self, most: int = MOST_TRIED) -> None:
        self._left = most

    def spend(self, values: int = 1) -> None:
        """Take some of it.

        Raises:
            SpentError: there is not as much left; then nothing is left.
        """
        self._left -= values
        if self._left < 0:
            raise SpentError


class Share(NamedTuple):
    """A rate as it was counted: `part` of `whole` rows."""

    part: int
    whole: int


def keeps(hold: Hold, value: float | None) -> bool:
    """Whether a value keeps to the hold; an undefined one does not.

    Compared to the digits that are reported: who reads 0.800000000000 may not be told that it
    misses 0.8.
    """
    return value is not None and not _below(hold, value) and not _above(hold, value)


def _below(hold: Hold, value: float) -> bool:
    return hold.min is not None and _is_past(-value, -hold.min)


def _above(hold: Hold, value: float) -> bool:
    return hold.max is not None and _is_past(value, hold.max)


def _is_past(value: float, bound: float) -> bool:
    """Whether `rounded(value)` is above the bound; rounded only where that can matter."""
    margin = abs(bound) * _NEAR
    if abs(value - bound) > margin and math.isfinite(value):
        return value > bound
    return rounded(value) > bound


# --- one rate, or two that are compared


def least_of_one_or_two(
    hold: Hold, shares: Sequence[Share], budget: Budget, *, ratio: bool
) -> Steps | None:
    """For one rate, or the difference or ratio of two; None where no change suffices.

    Args:
        hold: the threshold.
        shares: of the group, and of the group that it is compared with.
        budget: of values to try.
        ratio: whether two shares are divided, else subtracted.

    Raises:
        SpentError: not every change that could matter was looked at.
    """
    seek = partial(_least, shares, budget, ratio=ratio)
    value = _value(shares, (0,) * len(shares), ratio=ratio)
    if value is None:
        return None
    if keeps(hold, value):
        ways = (
            seek(partial(_above, hold), up=True) if hold.max is not None else None,
            seek(partial(_below, hold), up=False) if hold.min is not None else None,
        )
        return min((w for w in ways if w is not None), key=_total, default=None)
    low = _below(hold, value)
    past = partial(_below if low else _above, hold)
    found = seek(lambda v: not past(v), up=low)
    if found is None or keeps(hold, _value(shares, found, ratio=ratio)):
        return found
    # The fewest steps over the one bound lead beyond the other: look at every change.
    if len(shares) == 1:
        return None
    return _between(hold, shares, _total(found), budget, ratio=ratio)


def _total(steps: Steps) -> int:
    return sum(map(abs, steps))


def _value(shares: Sequence[Share], steps: Steps, *, ratio: bool) -> float | None:
    """The number after some changes; whole numbers are divided once, so correctly rounded."""
    parts = [s.part + by for s, by in zip(shares, steps, strict=True)]
    if len(parts) == 1:
        return parts[0] / shares[0].whole
    ours, theirs = parts[0] * shares[1].whole, parts[1] * shares[0].whole
    if ratio:
        return ours / theirs if theirs else None
    return (ours - theirs) / (shares[0].whole * shares[1].whole)


def _least(
    shares: Sequence[Share], budget: Budget, reached: Reached, *, up: bool, ratio: bool,
    most: int | None = None,
) -> Steps | None:  # fmt: skip
    """The fewest steps up or down, `most` at most, after which `reached` holds.

    With t changes in two groups, the difference is linear in how many of them fall to the first,
    and the ratio (a + d) / (b + d) rises or falls throughout: the farthest value lies where one
    group takes as many as it can. It moves on with every further change, so t can be halved in on.
    """

    def after(total: int) -> Steps | None:
        for steps in _splits(shares, total, up=up, ratio=ratio):
            budget.spend()
            value = _value(shares, steps, ratio=ratio)
            if value is not None and reached(value):
                return steps
        return None

    low, high = 0, sum(_rooms(shares, up=up, ratio=ratio))
    if most is not None:
        high = min(high, most)
    if after(high) is None:
        return None
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if after(middle) is not None else (middle + 1, high)
    return after(low)


def _rooms(shares: Sequence[Share], *, up: bool, ratio: bool) -> tuple[int, ...]:
    """How many changes each share has room for; a ratio keeps a row below its line."""
    first = shares[0].whole - shares[0].part if up else shares[0].part
    if len(shares) == 1:
        return (first,)
    second = shares[1].part - ratio if up else shares[1].whole - shares[1].part
    return first, max(0, second)


def _splits(shares: Sequence[Share], total: int, *, up: bool, ratio: bool) -> Iterator[Steps]:
    """The two ways of sharing `total` changes out that lead farthest, the group's own first."""
    sign = 1 if up else -1
    ours, theirs = (*_rooms(shares, up=up, ratio=ratio), 0)[:2]
    for first in dict.fromkeys((min(total, ours), max(0, total - theirs))):
        if total - first <= theirs and first <= ours:
            both = sign * first, -sign * (total - first)
            yield both[: len(shares)]


def _between(
    hold: Hold, shares: Sequence[Share], least: int, budget: Budget, *, ratio: bool
) -> Steps | None:
    one, two = shares
    for total in range(least, one.whole + two.whole + 1):
        for first in range(-min(total, one.part), min(total, one.whole - one.part) + 1):
            budget.spend()
            for second in dict.fromkeys((total - abs(first), abs(first) - total)):
                inside = 0 <= two.part + second <= two.whole
                if inside and keeps(hold, _value(shares, (first, second), ratio=ratio)):
                    return first, second
    return None


# --- summaries over all groups: largest minus smallest, smallest over largest


def is_one_way(hold: Hold, *, ratio: bool) -> bool:
    """Whether a summary is held as one holds it: a difference from above, a ratio from below."""
    return (hold.max is None and hold.min is not None) if ratio else (
        hold.min is None and hold.max is not None
    )  # fmt: skip


def least_of_many(
    hold: Hold, shares: Sequence[Share], budget: Budget, *, ratio: bool
) -> Steps | None:
    """For the largest minus the smallest share, or the smallest over the largest.

    Returns:
        A step for each share; None where no change suffices.

    Raises:
        SpentError: not every change that could matter was looked at.
    """
    budget.spend(len(shares))
    if keeps(hold, _spread(shares, ratio=ratio)):
        return _apart(hold, shares, budget, ratio=ratio)
    return _together(hold, shares, budget, ratio=ratio)


def _spread(shares: Sequence[Share], *, ratio: bool) -> float | None:
    low = min(shares, key=lambda s: s.part / s.whole)
    high = max(shares, key=lambda s: s.part / s.whole)
    return _gap(low, high, ratio=ratio)


def _gap(low: Share, high: Share, *, ratio: bool) -> float | None:
    below, above = low.part * high.whole, high.part * low.whole
    if ratio:
        return below / above if above else None
    return (above - below) / (low.whole * high.whole)


def _apart(hold: Hold, shares: Sequence[Share], budget: Budget, *, ratio: bool) -> Steps | None:
    """Met to missed: some pair has to be set apart; the others can only widen what is found."""
    past = partial(_below if ratio else _above, hold)
    best: Steps | None = None
    for i, one in enumerate(shares):
        for j, other in enumerate(shares):
            if i == j:
                continue
            most = None if best is None else _total(best) - 1
            found = _least((one, other), budget, past, up=not ratio, ratio=ratio, most=most)
            if found is not None:
                own = {i: found[0], j: found[1]}
                best = tuple(own.get(k, 0) for k in range(len(shares)))
    return best


def _together(hold: Hold, shares: Sequence[Share], budget: Budget, *, ratio: bool) -> Steps | None:
    """Missed to met: every rate is brought into one window, whose lower end some group takes.

    So the lower end is one of the shares that some group can have. They are tried from the lowest
    that there is: upwards more and more has to rise, downwards more and more has to fall, so each
    way ends where that alone takes no fewer steps than the best that was found.
    """
    if not keeps(hold, 1.0 if ratio else 0.0):
        return None
    best: Steps | None = None
    lowest = min(shares, key=lambda s: s.part / s.whole)
    highest = max(shares, key=lambda s: s.part / s.whole)
    fewest = _of_two(hold, shares, (lowest, highest), budget, ratio=ratio)
    if fewest is not None and keeps(hold, _spread(_after(shares, fewest), ratio=ratio)):
        return fewest
    for up in (True, False):
        for place, end in enumerate(_ends(shares, lowest, up=up)):
            most = None if best is None else _total(best)
            found = _into(hold, shares, end, most, budget, ratio=ratio)
            if found is not None:
                best = found
            elif most is not None and place % _NOW_AND_THEN == 0:
                budget.spend(len(shares))
                if _forced(hold, shares, end, up=up, ratio=ratio) >= most:
                    break
    return best


def _of_two(
    hold: Hold, shares: Sequence[Share], two: tuple[Share, Share], budget: Budget, *, ratio: bool
) -> Steps | None:
    """The fewest steps that bring two of the shares near enough: fewer will not do for all."""
    past = partial(_below if ratio else _above, hold)
    low, high = two
    pair, up = ((low, high), True) if ratio else ((high, low), False)
    found = _least(pair, budget, lambda v: not past(v), up=up, ratio=ratio)
    if found is None:
        return None
    steps = [0] * len(shares)
    for share, by in zip(pair, found, strict=True):
        steps[shares.index(share)] = by
    return tuple(steps)


def _after(shares: Sequence[Share], steps: Steps) -> list[Share]:
    return [Share(s.part + by, s.whole) for s, by in zip(shares, steps, strict=True)]


def _ends(shares: Sequence[Share], lowest: Share, *, up: bool) -> Iterator[Share]:
    """Every share that a group can have, from the lowest that one has on, each once."""
    sign = 1 if up else -1

    def of(whole: int) -> Iterator[tuple[float, Share]]:
        start = -(-lowest.part * whole // lowest.whole)  # ceil
        parts = range(start, whole + 1) if up else range(start - 1, -1, -1)
        return ((sign * part / whole, Share(part, whole)) for part in parts)

    before: float | None = None
    for place, end in merge(*(of(whole) for whole in sorted({s.whole for s in shares}))):
        if place != before:
            yield end
        before = place


def _forced(hold: Hold, shares: Sequence[Share], end: Share, *, up: bool, ratio: bool) -> int:
    """The steps that this end and every farther one take: rises on the way up, falls down."""
    if up:
        return sum(max(0, _lifted(s, end) - s.part) for s in shares)
    return sum(_surplus(hold, s, end, 0, ratio=ratio) for s in shares)


def _lifted(s: Share, end: Share) -> int:
    return -(-end.part * s.whole // end.whole)  # ceil


def _into(
    hold: Hold, shares: Sequence[Share], end: Share, most: int | None, budget: Budget, *,
    ratio: bool,
) -> Steps | None:  # fmt: skip
    """The steps that bring every share to `end` or above, near enough; None if not below `most`."""
    steps: list[int] = []
    total = 0
    for s in shares:
        budget.spend()
        least = _lifted(s, end)
        by = max(0, least - s.part)
        if not by:
            by = -_surplus(hold, s, end, least, ratio=ratio)
        if not keeps(hold, _gap(end, Share(s.part + by, s.whole), ratio=ratio)):
            return None
        total += abs(by)
        if most is not None and total >= most:
            return None
        steps.append(by)
    return tuple(steps)


def _surplus(hold: Hold, s: Share, end: Share, least: int, *, ratio: bool) -> int:
    """How many rows too many a share has above the window, down to `least`.

    Guessed by the quotient, and put right by the comparison that gives the verdict.
    """

    def is_in(by: int) -> bool:
        return keeps(hold, _gap(end, Share(s.part - by, s.whole), ratio=ratio))

    low, high = 0, max(0, s.part - least)
    guess = s.part - _top(hold, s, end, ratio=ratio)
    # Where no whole number of rows is in, the last try says so.
    tries = iter((0, guess - 1, guess, guess + 1, high - 1))
    while low < high:
        by = next(tries, (low + high) // 2)
        if low <= by < high:
            low, high = (low, by) if is_in(by) else (by + 1, high)
    return low


def _top(hold: Hold, s: Share, end: Share, *, ratio: bool) -> int:
    """About the most rows that a share may have for a window from `end` on."""
    top = end.part / end.whole
    if not ratio:
        top += hold.max or 0.0
    elif hold.min is not None and hold.min > 0:
        top /= hold.min
    return math.floor(max(0.0, min(1.0, top)) * s.whole)
