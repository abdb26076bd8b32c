"""Calibration drawn: bins with intervals against the diagonal on which scores are right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from affidavit.render.marks import ACCENT, INK, RULE, SOFT, label, line
from affidavit.render.tables import Figure

_SIDE: Final = 260.0
_LEFT: Final = 62.0
_TOP: Final = 14.0
_BOTTOM: Final = _TOP + _SIDE
_BESIDE: Final = _LEFT + _SIDE + 30
_CHARS: Final = 46
HEIGHT: Final = round(_BOTTOM + 34)
_MIDDLE: Final = 'text-anchor="middle" font-size="11.5"'
_END: Final = 'text-anchor="end" font-size="11.5"'
_START: Final = 'font-size="12.5"'


def against_diagonal(figure: Figure) -> Iterator[str]:
    """Both axes on one scale, so that the diagonal is one; words stand to the right."""
    yield from _grid(figure)
    yield line((_LEFT, _BOTTOM), (_LEFT + _SIDE, _TOP), name="even", stroke=SOFT, width=1.2)
    for point in figure.points:
        x, y = _LEFT + _along(figure, point.mean), _BOTTOM - _along(figure, point.observed)
        low, high = (_BOTTOM - _along(figure, end) for end in (point.low, point.high))
        yield line((x, low), (x, high), name="ci", stroke=ACCENT, width=2.2)
        yield f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{ACCENT}"/>'
    words = (f"Up: {figure.up}", f"Across: {figure.across}", "Line: where the two agree")
    for row, said in enumerate(words):
        short = said if len(said) <= _CHARS else f"{said[: _CHARS - 1]}…"
        yield label(
            _BESIDE, f"{_TOP + 12 + 22 * row:.1f}", name="lab", text=short, look=_START, fill=INK
        )


def _along(figure: Figure, value: float) -> float:
    share = (value - figure.axis_low) / (figure.axis_high - figure.axis_low)
    return _SIDE * min(1.0, max(0.0, share))


def _grid(figure: Figure) -> Iterator[str]:
    step = 0.1 if figure.axis_high <= 0.6 else 0.2  # of shares: 10 or 20 per cent
    for tick in range(int(figure.axis_high / step + 1e-9) + 1):
        along, said = _along(figure, tick * step), f"{100 * tick * step:.0f} %"
        x, y = _LEFT + along, _BOTTOM - along
        yield line((x, _TOP), (x, _BOTTOM), name="grid", stroke=RULE, width=1)
        yield line((_LEFT, y), (_LEFT + _SIDE, y), name="grid", stroke=RULE, width=1)
        yield label(
            round(x, 1), f"{_BOTTOM + 18:.1f}", name="tick", text=said, look=_MIDDLE, fill=SOFT
        )
        yield label(_LEFT - 10, f"{y + 4:.1f}", name="tick", text=said, look=_END, fill=SOFT)
