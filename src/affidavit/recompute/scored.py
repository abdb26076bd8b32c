"""How a number that needs scores is written into a report."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from affidavit import places
from affidavit.evidence import LEVEL, Number
from affidavit.recompute.score_intervals import Interval

NO_ROWS = "undefined, n = 0: no labelled rows"
NO_BOTH = "undefined: the labelled rows do not hold both labels"
TOO_LARGE = "undefined: a sum over the rows is too large for a number of 64 bits"
NO_PROBABILITY = "undefined: scores outside [0, 1] are no probabilities"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A value with its interval, or the reason why there is none.

    Attributes:
        n: rows that carry it.
        expected: the value to expect where nothing is wrong.
    """

    metric: str
    n: int
    value: float | None
    reason: str | None = None
    interval: Interval | None = None
    expected: float | None = None


class Place(places.Place):
    """Where numbers from scores stand."""

    __slots__ = ()

    def number(self, found: Found) -> Number:
        """The number as reports have it; what no double can hold is undefined."""
        if found.value is not None and not isfinite(found.value):
            found = undefined(found.metric, found.n, TOO_LARGE)
        interval = found.interval
        if interval is not None and not all(
            isfinite(e or 0.0) for e in (interval.low, interval.high)
        ):
            interval = None
        return Number(
            id=self.number_id(found.metric), metric=found.metric, role=self.role,
            label=self.label, group=self.group, against=self.against,
            attributes=self.attributes, n=found.n, value=found.value,
            reason=found.reason, low=None if interval is None else interval.low,
            high=None if interval is None else interval.high,
            level=None if interval is None else LEVEL,
            method=None if interval is None else interval.method, expected=found.expected,
            source="scores",
        )  # fmt: skip


def undefined(metric: str, n: int, reason: str) -> Found:
    """A number that has no value, and why."""
    return Found(metric=metric, n=n, value=None, reason=reason)
