"""How numbers of an explanation are printed: three digits of the largest beside it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

from affidavit.explanation_record import Cell, Estimate
from affidavit.render.numbers import UNDEFINED, decimals, shown
from affidavit.render.words import MINUS

_DIGITS: Final = 3
_MOST: Final = 6
NONE: Final = "none"


def places(values: Iterable[float | None]) -> int:
    """Decimals that show three digits of the largest of these."""
    largest = max((abs(v) for v in values if v is not None), default=0.0)
    if not largest or not math.isfinite(largest):
        return _DIGITS
    return min(_MOST, max(0, _DIGITS - 1 - math.floor(math.log10(largest))))


def number(value: float | None, decimals: int) -> str:
    """A value; what is not 0 is never printed as 0."""
    return NONE if value is None else shown(value, "plain", decimals)


def estimate(found: Estimate | None) -> str:
    """`0.094`, or `undefined`; the reason is for a note."""
    if found is None:
        return "not made"
    if found.value is None:
        return UNDEFINED
    return shown(found.value, "plain", estimate_places(found))


def interval(low: float | None, high: float | None, decimals: int) -> str:
    """`0.09 to 0.098`; empty where there is none."""
    if low is None or high is None:
        return ""
    return f"{number(low, decimals)} to {number(high, decimals)}"


def estimate_interval(found: Estimate | None) -> str:
    """The interval of an estimate, with the value's decimals."""
    return "" if found is None else interval(found.low, found.high, estimate_places(found))


def reasons(named: Iterable[tuple[str, Estimate | None]]) -> tuple[str, ...]:
    """Why some of the numbers are undefined, each once."""
    return tuple(
        dict.fromkeys(
            f"{name} is undefined: {found.reason}."
            for name, found in named
            if found is not None and found.value is None and found.reason
        )
    )


def estimate_places(found: Estimate) -> int:
    """Decimals that its interval supports."""
    if found.low is None or found.high is None:
        return places([found.value])
    return decimals(found.low, found.high)


def cell(value: Cell) -> str:
    """One value of an input."""
    if value is None:
        return "missing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else f"{value:.6g}".replace("-", MINUS)
