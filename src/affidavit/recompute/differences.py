"""Two groups compared: a value and its standard error, before anyone says how sure to be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import hypot, inf

from affidavit.evidence import LEVEL
from affidavit.intervals import critical, on_logit
from affidavit.recompute.score_intervals import Interval, normal, student
from affidavit.recompute.scored import Found, undefined


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A difference, all but the level of its interval.

    Attributes:
        n: rows of both groups.
        value: None with a reason.
        error: its standard error, None where there is none.
        freedom: degrees of freedom of t; None for a normal interval.
        limit: no difference is further from 0.
        areas: of two independent areas, value and standard error of each: the interval is then
            made of those on the log odds (Zou and Donner 2008), since near 1 the normal form
            misses on one side.
    """

    metric: str
    n: int
    value: float | None
    reason: str = ""
    error: float | None = None
    freedom: float | None = None
    method: str = ""
    limit: float = inf
    areas: tuple[tuple[float, float], tuple[float, float]] | None = None

    def found(self, pairs: int = 1) -> Found:
        """With an interval that holds together with those of the other pairs (Bonferroni)."""
        if self.value is None:
            return undefined(self.metric, self.n, self.reason)
        level = LEVEL if pairs < 2 else 1 - (1 - LEVEL) / pairs
        if self.areas is not None:
            interval: Interval | None = self._of_areas(*self.areas, critical(level))
        elif self.freedom is None:
            interval = normal(
                self.value, self.error, self.method, floor=-self.limit, ceiling=self.limit,
                level=level,
            )  # fmt: skip
        else:
            interval = student(self.value, self.error, self.freedom, self.method, level)
        if interval is not None and pairs > 1:
            together = f"{interval.method}, simultaneous over {pairs} pairs"
            interval = replace(interval, method=together)
        return Found(metric=self.metric, n=self.n, value=self.value, interval=interval)

    def _of_areas(
        self, ours: tuple[float, float], theirs: tuple[float, float], z: float
    ) -> Interval | None:
        """None where an area is certain: 0, 1, or without a standard error."""
        if not all(0 < value < 1 and error > 0 for value, error in (ours, theirs)):
            return None
        (a, _), (b, _) = ours, theirs
        (low1, high1), (low2, high2) = on_logit(*ours, z), on_logit(*theirs, z)
        return Interval(
            low=a - b - hypot(a - low1, high2 - b), high=a - b + hypot(high1 - a, b - low2),
            method=self.method,
        )  # fmt: skip
