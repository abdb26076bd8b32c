"""Figures as SVG: dots with intervals and n at the right; calibration; lines; small curves.

Presentation attributes carry the look, because WeasyPrint gives an SVG none of the page's CSS; the
classes let the screen's stylesheet override them in the dark. No bar, no gauge, no score.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from affidavit.render import curve_figure, importance_figure
from affidavit.render.calibration_figure import HEIGHT, against_diagonal
from affidavit.render.marks import ACCENT, INK, RULE, SOFT, label, text
from affidavit.render.tables import Dot, Figure
from affidavit.render.threshold_figure import HEIGHT as LINES_HEIGHT
from affidavit.render.threshold_figure import over_thresholds

_WIDTH, _LEFT, _RIGHT, _ROW, _TOP = 680, 190, 604, 34, 14
_LABEL_CHARS: Final = 25
_END: Final = 'text-anchor="end" font-size="12.5"'
_SMALL: Final = 'font-size="11.5"'
_FONT: Final = "IBM Plex Sans, Helvetica, Arial, sans-serif"


def svg(figure: Figure) -> str:
    """The figure as one SVG document without a prologue, so that HTML can hold it as it is."""
    height, special = _special(figure)
    kind = ' class="square"' if figure.points else ""
    parts = [
        (
            f'<svg{kind} xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
            f'width="{_WIDTH}" height="{height}" font-family="{_FONT}" role="img" '
            f'aria-labelledby="{figure.name}-t {figure.name}-d">'
        ),
        f'<title id="{figure.name}-t">{text(figure.title)}</title>',
        f'<desc id="{figure.name}-d">{text(figure.summary)}</desc>',
    ]
    if special is not None:
        return "".join((*parts, *special, "</svg>"))
    parts.extend(_scale(figure, height))
    for place, dot in enumerate(figure.dots):
        parts.extend(_row(figure, dot, _TOP + _ROW * place + _ROW / 2 + 4))
    return "".join((*parts, "</svg>"))


def _special(figure: Figure) -> tuple[int, Iterator[str] | None]:
    """The height, and what draws a figure that is not of dots."""
    if figure.points:
        return HEIGHT, against_diagonal(figure)
    if figure.curves:
        return LINES_HEIGHT, over_thresholds(figure)
    if figure.spreads:
        return importance_figure.height(figure), importance_figure.over_features(figure)
    if figure.panels:
        return curve_figure.height(figure), curve_figure.small_curves(figure)
    return _TOP + _ROW * len(figure.dots) + 34, None


def _x(figure: Figure, value: float) -> str:
    share = (value - figure.axis_low) / (figure.axis_high - figure.axis_low)
    return f"{_LEFT + (_RIGHT - _LEFT) * min(1.0, max(0.0, share)):.1f}"


def _scale(figure: Figure, height: int) -> list[str]:
    step = 0.1 if figure.axis_high - figure.axis_low <= 0.6 else 0.2
    first = math.ceil(figure.axis_low / step - 1e-9)
    last = math.floor(figure.axis_high / step + 1e-9)
    parts = []
    for tick in range(first, last + 1):
        x = _x(figure, tick * step)
        parts.append(
            f'<line class="grid" x1="{x}" x2="{x}" y1="{_TOP - 6}" y2="{height - 30}" '
            f'stroke="{RULE}" stroke-width="1"/>'
            f'<text class="tick" x="{x}" y="{height - 10}" text-anchor="middle" font-size="11.5" '
            f'fill="{SOFT}">{100 * tick * step:.0f} %</text>'
        )
    return parts


def _row(figure: Figure, dot: Dot, y: float) -> list[str]:
    name = dot.label if len(dot.label) <= _LABEL_CHARS else dot.label[: _LABEL_CHARS - 1] + "…"
    middle = f"{y + 4:.1f}"
    parts = [
        label(_LEFT - 14, middle, name="lab", text=name, look=_END, fill=INK),
        label(_RIGHT + 14, middle, name="n", text=dot.n, look=_SMALL, fill=SOFT),
    ]
    if dot.value is None:
        parts.append(label(_LEFT + 6, middle, name="small", text=dot.note, look=_SMALL, fill=SOFT))
        return parts
    x = _x(figure, dot.value)
    if dot.low is not None and dot.high is not None:
        parts.append(
            f'<line class="ci" x1="{_x(figure, dot.low)}" x2="{_x(figure, dot.high)}" '
            f'y1="{y:.1f}" y2="{y:.1f}" stroke="{ACCENT}" stroke-width="2.2" '
            'stroke-linecap="round"/>'
        )
    parts.append(
        f'<circle class="dot" cx="{x}" cy="{y:.1f}" r="4.5" fill="{ACCENT}"/>'
        f'<text class="val" x="{x}" y="{y - 9:.1f}" text-anchor="middle" font-size="12" '
        f'font-weight="600" fill="{INK}">{text(dot.shown.removesuffix(" %"))}</text>'
    )
    return parts
