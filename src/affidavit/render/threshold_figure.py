"""The share selected of each group, over all thresholds: a line a group, those in force marked."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from affidavit.render.marks import ACCENT, INK, RULE, SOFT, label, line
from affidavit.render.tables import Curve, Figure
from affidavit.render.words import MINUS

_LEFT: Final = 62.0
_RIGHT: Final = 430.0
_TOP: Final = 24.0
_BOTTOM: Final = _TOP + 220.0
_BESIDE: Final = _RIGHT + 30
_CHARS: Final = 28
HEIGHT: Final = round(_BOTTOM + 50)
# Told apart without colours, on paper and by everybody.
DASHES: Final = ("", "7 4", "2 3", "9 3 2 3")
_MIDDLE: Final = 'text-anchor="middle" font-size="11.5"'
_END: Final = 'text-anchor="end" font-size="11.5"'
_START: Final = 'font-size="12.5"'
_TICKS: Final = 6


def over_thresholds(figure: Figure) -> Iterator[str]:
    """Shares upwards from 0 to 100 per cent, thresholds to the right; the names stand beside."""
    yield from _grid(figure)
    for mark in figure.marks:
        x = _across(figure, mark)
        yield line((x, _TOP), (x, _BOTTOM), name="even", stroke=SOFT, width=1.2)
    if figure.marks:
        shown = _across(figure, figure.marks[0])
        yield label(round(shown, 1), f"{_TOP - 8:.1f}", name="tick", text="in force",
                    look=_MIDDLE, fill=SOFT)  # fmt: skip
    for curve, dash in zip(figure.curves, DASHES, strict=False):
        yield _path(figure, curve, dash)
    yield from _names(figure)
    middle = f"{(_LEFT + _RIGHT) / 2:.1f}"
    yield label(float(middle), f"{_BOTTOM + 40:.1f}", name="tick", text=figure.across,
                look=_MIDDLE, fill=SOFT)  # fmt: skip


def _names(figure: Figure) -> Iterator[str]:
    for row, (curve, dash) in enumerate(zip(figure.curves, DASHES, strict=False)):
        y = _TOP + 12 + 24 * row
        yield (
            f'<line class="ci" x1="{_BESIDE:.1f}" x2="{_BESIDE + 34:.1f}" y1="{y - 4:.1f}" '
            f'y2="{y - 4:.1f}" stroke="{ACCENT}" stroke-width="2"{_dashed(dash)}/>'
        )
        short = curve.label if len(curve.label) <= _CHARS else f"{curve.label[: _CHARS - 1]}…"
        yield label(_BESIDE + 42, f"{y:.1f}", name="lab", text=short, look=_START, fill=INK)


def _path(figure: Figure, curve: Curve, dash: str) -> str:
    points = " ".join(
        f"{_across(figure, x):.1f},{_BOTTOM - (_BOTTOM - _TOP) * y:.1f}" for x, y in curve.points
    )
    return (
        f'<polyline class="ci" points="{points}" fill="none" stroke="{ACCENT}" stroke-width="2" '
        f'stroke-linejoin="round"{_dashed(dash)}/>'
    )


def _dashed(dash: str) -> str:
    return f' stroke-dasharray="{dash}"' if dash else ""


def _across(figure: Figure, value: float) -> float:
    width = figure.axis_high - figure.axis_low
    share = (value - figure.axis_low) / width if width else 0.5
    return _LEFT + (_RIGHT - _LEFT) * min(1.0, max(0.0, share))


def _grid(figure: Figure) -> Iterator[str]:
    for tick in range(0, 101, 20):
        y = _BOTTOM - (_BOTTOM - _TOP) * tick / 100
        yield line((_LEFT, y), (_RIGHT, y), name="grid", stroke=RULE, width=1)
        yield label(_LEFT - 10, f"{y + 4:.1f}", name="tick", text=f"{tick} %", look=_END, fill=SOFT)
    for value in ticks(figure.axis_low, figure.axis_high):
        x = _across(figure, value)
        yield line((x, _TOP), (x, _BOTTOM), name="grid", stroke=RULE, width=1)
        said = f"{value:.6g}".replace("-", MINUS)
        yield label(round(x, 1), f"{_BOTTOM + 18:.1f}", name="tick", text=said, look=_MIDDLE,
                    fill=SOFT)  # fmt: skip


def ticks(low: float, high: float) -> tuple[float, ...]:
    """At most six even values: steps of 1, 2 or 5 at some power of ten."""
    if not high > low:
        return (low,)
    least = (high - low) / _TICKS
    power = 10.0 ** math.floor(math.log10(least))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= least * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return tuple(k * step for k in range(first, last + 1))
