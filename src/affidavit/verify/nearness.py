"""How near sums of numbers that were written to twelve digits have to be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

WRITTEN: Final = 1e-9


def slack(*values: float) -> float:
    """What rounding alone can make of a sum of these."""
    return WRITTEN * max(1.0, *(abs(v) for v in values))


def is_sum(total: float, parts: Iterable[float], *, allowed: float = 0.0) -> bool:
    """Whether the parts add up to the total, within what is allowed and rounding."""
    kept = tuple(parts)
    return abs(total - sum(kept)) <= allowed + slack(total, *kept)


def shown(value: float | None) -> str:
    """A number for a fault."""
    return "none" if value is None else f"{value:.12g}"
