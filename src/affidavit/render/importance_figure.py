"""Importance drawn: a dot a feature, a thin line of its interval over rows, a band over repeats."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from affidavit.render.marks import ACCENT, INK, RULE, SOFT, label, line
from affidavit.render.tables import Figure, Spread
from affidavit.render.threshold_figure import ticks
from affidavit.render.words import MINUS

_LEFT: Final = 190.0
_RIGHT: Final = 604.0
_ROW: Final = 26
_TOP: Final = 10
_BAND: Final = 9.0  # height of the range over repeats
_CHARS: Final = 25
_END: Final = 'text-anchor="end" font-size="12.5"'
_MIDDLE: Final = 'text-anchor="middle" font-size="11.5"'
_KEY: Final = 'text-anchor="start" font-size="11.5"'


def height(figure: Figure) -> int:
    """Of the whole drawing."""
    return _TOP + _ROW * len(figure.spreads) + 52


def over_features(figure: Figure) -> Iterator[str]:
    """The scale, 0 among it; a row a feature; and what is what, below."""
    bottom = _TOP + _ROW * len(figure.spreads)
    for value in ticks(figure.axis_low, figure.axis_high):
        x = _x(figure, value)
        yield line((x, _TOP - 4), (x, bottom + 2), name="grid", stroke=RULE, width=1)
        said = f"{value:.6g}".replace("-", MINUS)
        yield label(round(x, 1), f"{bottom + 18}", name="tick", text=said, look=_MIDDLE, fill=SOFT)
    zero = _x(figure, 0.0)
    yield line((zero, _TOP - 4), (zero, bottom + 2), name="even", stroke=SOFT, width=1.2)
    for place, spread in enumerate(figure.spreads):
        yield from _row(figure, spread, _TOP + _ROW * place + _ROW / 2)
    yield from _key(bottom + 40)


def _x(figure: Figure, value: float) -> float:
    width = figure.axis_high - figure.axis_low
    share = (value - figure.axis_low) / width if width else 0.0
    return _LEFT + (_RIGHT - _LEFT) * min(1.0, max(0.0, share))


def _row(figure: Figure, one: Spread, y: float) -> Iterator[str]:
    name = one.label if len(one.label) <= _CHARS else f"{one.label[: _CHARS - 1]}…"
    yield label(_LEFT - 14, f"{y + 4:.1f}", name="lab", text=name, look=_END, fill=INK)
    yield label(
        _RIGHT + 14, f"{y + 4:.1f}", name="val", text=one.shown, look='font-size="11.5"', fill=INK
    )
    if one.least is not None and one.most is not None:
        yield _band(_x(figure, one.least), _x(figure, one.most), y)
    if one.low is not None and one.high is not None:
        yield line(
            (_x(figure, one.low), y), (_x(figure, one.high), y), name="ci", stroke=ACCENT, width=2.0
        )
    x = f"{_x(figure, one.value):.1f}"
    yield f'<circle class="dot" cx="{x}" cy="{y:.1f}" r="4" fill="{ACCENT}"/>'


def _band(left: float, right: float, y: float) -> str:
    return (
        f'<rect class="band" x="{left:.1f}" y="{y - _BAND / 2:.1f}" '
        f'width="{max(1.0, right - left):.1f}" height="{_BAND}" fill="{ACCENT}" '
        'fill-opacity="0.25"/>'
    )


def _key(y: float) -> Iterator[str]:
    """What line and band are, in words beside them."""
    yield line((_LEFT, y - 4), (_LEFT + 26, y - 4), name="ci", stroke=ACCENT, width=2.0)
    yield label(_LEFT + 34, f"{y:.1f}", name="tick", text="interval over rows", look=_KEY,
                fill=SOFT)  # fmt: skip
    yield _band(_LEFT + 160, _LEFT + 186, y - 4)
    yield label(_LEFT + 194, f"{y:.1f}", name="tick", text="range over repeats", look=_KEY,
                fill=SOFT)  # fmt: skip
