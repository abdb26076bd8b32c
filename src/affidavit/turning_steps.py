"""The fewest steps of one row that bring shares, or what is made of them, over a bound.

All comparisons are those of the verdict itself, `keeps`, and all quotients are of whole numbers,
divided once: so the number after a change is the very float that would have been reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final, NamedTuple

from affidavit.bundle.canonical import rounded
from affidavit.config import Hold

# Bounds on the searches that look at every case; beyond, it is said that nobody looked.
_MOST_STEPS: Final = 500_000
_MOST_BOTH_WAYS: Final = 300
TOO_MANY: Final = "too many rows to look through every change"

Steps = tuple[int, ...]  # change of each share's numerator, in rows
Reached = Callable[[float], bool]


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
    return hold.min is not None and rounded(value) < hold.min


def _above(hold: Hold, value: float) -> bool:
    return hold.max is not None and rounded(value) > hold.max


# --- one rate, or two that are compared


def least_of_one_or_two(hold: Hold, shares: Sequence[Share], *, ratio: bool) -> Steps | None:
    """For one rate, or the difference or ratio of two; None where no change suffices.

    Args:
        hold: the threshold.
        shares: of the group, and of the group that it is compared with.
        ratio: whether two shares are divided, else subtracted.
    """
    value = _value(shares, (0,) * len(shares), ratio=ratio)
    if value is None:
        return None
    if keeps(hold, value):
        ways = (
            _least(shares, partial(_above, hold), up=True, ratio=ratio),
            _least(shares, partial(_below, hold), up=False, ratio=ratio),
        )
        return min((w for w in ways if w is not None), key=_total, default=None)
    low = _below(hold, value)
    past = partial(_below if low else _above, hold)
    found = _least(shares, lambda v: not past(v), up=low, ratio=ratio)
    if found is None or keeps(hold, _value(shares, found, ratio=ratio)):
        return found
    # The fewest steps over the one bound lead beyond the other: look at every change.
    return _between(hold, shares, _total(found), ratio=ratio) if len(shares) == 2 else None


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


def _least(shares: Sequence[Share], reached: Reached, *, up: bool, ratio: bool) -> Steps | None:
    """The fewest steps up or down after which `reached` holds.

    With t changes in two groups, the difference is linear in how many of them fall to the first,
    and the ratio (a + d) / (b + d) rises or falls throughout: the farthest value lies where one
    group takes as many as it can. It moves on with every further change, so t can be halved in on.
    """

    def after(total: int) -> Steps | None:
        for steps in _splits(shares, total, up=up, ratio=ratio):
            value = _value(shares, steps, ratio=ratio)
            if value is not None and reached(value):
                return steps
        return None

    low, high = 0, sum(_rooms(shares, up=up, ratio=ratio))
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


def _between(hold: Hold, shares: Sequence[Share], least: int, *, ratio: bool) -> Steps | None:
    most = min(_MOST_BOTH_WAYS, sum(s.whole for s in shares))
    one, two = shares
    for total in range(least, most + 1):
        for first in range(-total, total + 1):
            for second in dict.fromkeys((total - abs(first), abs(first) - total)):
                inside = 0 <= one.part + first <= one.whole and 0 <= two.part + second <= two.whole
                if inside and keeps(hold, _value(shares, (first, second), ratio=ratio)):
                    return first, second
    return None


# --- summaries over all groups: largest minus smallest, smallest over largest


def is_one_way(hold: Hold, *, ratio: bool) -> bool:
    """Whether a summary is held as one holds it: a difference from above, a ratio from below."""
    return (hold.max is None and hold.min is not None) if ratio else (
        hold.min is None and hold.max is not None
    )  # fmt: skip


def least_of_many(hold: Hold, shares: Sequence[Share], *, ratio: bool) -> Steps | str | None:
    """For the largest minus the smallest share, or the smallest over the largest.

    Returns:
        A step for each share; None where no change suffices; text where nobody looked.
    """
    if keeps(hold, _spread(shares, ratio=ratio)):
        return _apart(hold, shares, ratio=ratio)
    return _together(hold, shares, ratio=ratio)


def _spread(shares: Sequence[Share], *, ratio: bool) -> float | None:
    low = min(shares, key=lambda s: s.part / s.whole)
    high = max(shares, key=lambda s: s.part / s.whole)
    return _gap(low, high, ratio=ratio)


def _gap(low: Share, high: Share, *, ratio: bool) -> float | None:
    below, above = low.part * high.whole, high.part * low.whole
    if ratio:
        return below / above if above else None
    return (above - below) / (low.whole * high.whole)


def _apart(hold: Hold, shares: Sequence[Share], *, ratio: bool) -> Steps | str | None:
    """Met to missed: some pair has to be set apart; the others can only widen what is found."""
    if len(shares) ** 2 * 200 > _MOST_STEPS:
        return TOO_MANY
    past = partial(_below if ratio else _above, hold)
    best: Steps | None = None
    for i, one in enumerate(shares):
        for j, other in enumerate(shares):
            if i == j:
                continue
            found = _least((one, other), past, up=not ratio, ratio=ratio)
            if found is not None and (best is None or _total(found) < _total(best)):
                own = {i: found[0], j: found[1]}
                best = tuple(own.get(k, 0) for k in range(len(shares)))
    return best


def _together(hold: Hold, shares: Sequence[Share], *, ratio: bool) -> Steps | str | None:
    """Missed to met: every rate is brought into one window, whose lower end some group takes.

    So the lower end is one of the shares that some group can have, and every one of them is tried.
    """
    if sum(s.whole for s in shares) * len(shares) > _MOST_STEPS:
        return TOO_MANY
    best: Steps | None = None
    ends = {part / s.whole: Share(part, s.whole) for s in shares for part in range(s.whole + 1)}
    lowest = min(s.part / s.whole for s in shares)
    # From where the groups are: what is found first bounds what is still worth a look.
    for _, end in sorted(ends.items(), key=lambda e: abs(e[0] - lowest)):
        most = None if best is None else _total(best)
        found = _into(hold, shares, end, most, ratio=ratio)
        if found is not None:
            best = found
    return best


def _into(
    hold: Hold, shares: Sequence[Share], end: Share, most: int | None, *, ratio: bool
) -> Steps | None:
    """The steps that bring every share to `end` or above, near enough; None if not below `most`."""
    steps: list[int] = []
    total = 0
    for s in shares:
        least = -(-end.part * s.whole // end.whole)  # ceil
        by = max(0, least - s.part)
        if not by and not keeps(hold, _gap(end, s, ratio=ratio)):
            by = -_surplus(hold, s, end, least, ratio=ratio)
        if not keeps(hold, _gap(end, Share(s.part + by, s.whole), ratio=ratio)):
            return None
        total += abs(by)
        if most is not None and total >= most:
            return None
        steps.append(by)
    return tuple(steps)


def _surplus(hold: Hold, s: Share, end: Share, least: int, *, ratio: bool) -> int:
    """How many rows too many a share has above the window; halved in on."""
    low, high = 0, s.part - least
    while low < high:
        middle = (low + high) // 2
        if keeps(hold, _gap(end, Share(s.part - middle, s.whole), ratio=ratio)):
            high = middle
        else:
            low = middle + 1
    return low
