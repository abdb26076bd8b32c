"""Intervals of numbers from scores: value +- a critical value times its standard error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from affidavit.evidence import LEVEL
from affidavit.intervals import critical
from affidavit.recompute.coded import Coded
from affidavit.student import t_critical

_LEAST_FREEDOM: Final = 9
MEAN: Final = "normal, standard error of the mean"
BY_UNIT: Final = ", by unit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Ends of a 95 % interval and how it was made; an end is None where there is no bound."""

    low: float | None
    high: float | None
    method: str


def normal(
    value: float,
    error: float | None,
    method: str,
    *,
    floor: float = -np.inf,
    ceiling: float = np.inf,
    level: float = LEVEL,
) -> Interval | None:
    """Value +- z times its standard error, cut to where the value can lie; None without one.

    A standard error of 0 is not certainty: no interval then.
    """
    if not error:
        return None
    half = critical(level) * error
    return Interval(
        low=max(floor, value - half), high=min(ceiling, value + half), method=method
    )  # fmt: skip


def student(
    value: float, error: float | None, freedom: float, method: str, level: float = LEVEL
) -> Interval | None:
    """Value +- the critical value of t times its standard error.

    None without an error, where it is 0, and below 9 degrees of freedom.
    """
    # Of errors too large for a double the freedom is NaN, which is not at least 9 either.
    if not error or not freedom >= _LEAST_FREEDOM:
        return None
    half = t_critical(level, freedom) * error
    return Interval(low=value - half, high=value + half, method=method)


def named(method: str, *, weighted: bool = False, units: Coded | None = None) -> str:
    """A method's name with what it took into account."""
    return f"{method}{', weighted' if weighted else ''}{BY_UNIT if units is not None else ''}"
