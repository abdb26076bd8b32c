"""The table of thresholds against the scores of a predictions table, row by row in one pass."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from math import isclose
from typing import Final

from affidavit.threshold_lines import Line
from affidavit.verify.checks import Fault
from affidavit.verify.threshold_table import STEPS, Curve

_TOLERANCE: Final = 1e-9
_MAX_SHOWN: Final = 20
_UNKNOWN, _GOOD, _BAD = range(3)


@dataclass(slots=True)
class CurveRows:
    """Takes one row after the other: in memory stay the thresholds, not the rows."""

    curve: Curve
    _weights: list[list[float]] = field(init=False)
    _rows: list[int] = field(init=False)
    _at: list[int] = field(init=False)
    _scores: set[float] = field(default_factory=set)

    def __post_init__(self) -> None:
        size = len(self.curve.cuts) + 1
        self._weights = [[0.0] * size for _ in range(3)]
        self._rows, self._at = [0] * size, [0] * size

    def take(self, row: Mapping[str, str]) -> None:
        """One row; one without a score that is a number has a check of its own."""
        try:
            score = float(row.get("score", ""))
            weight = float(row["weight"]) if self.curve.is_weighted else 1.0
        except (KeyError, ValueError):
            return
        place = bisect_right(self.curve.cuts, score)
        label, good = row["label"], self.curve.favourable
        state = _UNKNOWN if label == "" else _GOOD if label == good else _BAD
        self._weights[state][place] += weight
        self._rows[place] += 1
        self._at[place] += place > 0 and self.curve.cuts[place - 1] == score
        if len(self._scores) <= STEPS:
            self._scores.add(score)

    def faults(self) -> Iterator[Fault]:
        """Lines over all rows that the scores do not give, and thresholds that are none of them."""
        below = [list(accumulate(side)) for side in self._weights]
        whole = [side[-1] for side in below]
        shown = 0
        for place, line in enumerate(self.curve.whole):
            chosen = [
                all_ - side[place] if self.curve.at_least else side[place]
                for side, all_ in zip(below, whole, strict=True)
            ]
            ours = {
                "selected": sum(chosen), "favourable_selected": chosen[_GOOD],
                "unfavourable_selected": chosen[_BAD],
            }  # fmt: skip
            for name, value in ours.items():
                if not self._near(value, line.sums[name], sum(whole)) and shown < _MAX_SHOWN:
                    shown += 1
                    yield self._fault(line, f"{name} is not what the scores give", repr(value),
                                      repr(line.sums[name]))  # fmt: skip
        yield from self._threshold_faults()

    def _threshold_faults(self) -> Iterator[Fault]:
        """Every distinct score up to 200, else the scores of 200 quantiles; and those in force."""
        if len(self._scores) <= STEPS:
            due = self._scores
            missing = sorted(due - set(self.curve.cuts))
        else:
            due, missing = self._quantiles()
        strange = [c for c in self.curve.cuts if c not in due and c not in self.curve.allowed]
        for cut, what, expected, found in (
            *((c, "is a threshold that the scores do not give", "no line", "a line")
              for c in strange[:1]),
            *((c, "is a score or quantile without a line", "a line", "none")
              for c in missing[:1]),
        ):  # fmt: skip
            yield Fault(f"{self.curve.path}, {cut!r}: {what}", self.curve.path, expected, found)

    def _quantiles(self) -> tuple[set[float], list[float]]:
        """The thresholds that are the score of a quantile, and the quantiles that none is.

        A score is the quantile q of n rows if fewer than q n lie below it, and at least as many at
        it or below. Where q n is whole, two neighbouring scores are taken for it.
        """
        under = list(accumulate(self._rows))
        n = under[-1]
        cuts = self.curve.cuts
        highs = [low + at for low, at in zip(under, self._at[1:], strict=False)]  # rows at or below
        due, missing = set[float](), list[float]()
        for step in range(STEPS):
            share = n * (2 * step + 1) / (2 * STEPS)
            # Both rise with the threshold.
            first = bisect_left(highs, share - _TOLERANCE * n, hi=len(cuts))
            last = bisect_left(under, share + _TOLERANCE * n, hi=len(cuts))
            hit = [cuts[i] for i in range(first, last) if highs[i] > under[i]]
            due.update(hit)
            if not hit:
                missing.append((2 * step + 1) / (2 * STEPS))
        return due, missing

    def _near(self, one: float, other: float, whole: float) -> bool:
        if not self.curve.is_weighted:
            return one == other
        return isclose(one, other, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE * max(1.0, whole))

    def _fault(self, line: Line, what: str, expected: str, found: str) -> Fault:
        path = self.curve.path
        return Fault(f"{path}, {line.name}: {what}", path, expected, found)
