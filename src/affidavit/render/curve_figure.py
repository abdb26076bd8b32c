"""Curves drawn small: partial dependence with its band, accumulated local effects beside it.

All panels of a kind have one scale, so that a steep curve is steeper than a flat one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from affidavit.render.explained_numbers import number, places
from affidavit.render.marks import ACCENT, INK, RULE, SOFT, label, line
from affidavit.render.tables import Figure, Panel, PanelPoint

_ACROSS: Final = 4  # panels beside each other
_WIDE: Final = 170.0
_LEFT: Final = 44.0
_PLOT: Final = 112.0
_TALL: Final = 84.0
_HEAD: Final = 34.0
_FOOT: Final = 26.0
_ROW: Final = _HEAD + _TALL + _FOOT
_CHARS: Final = 20
_NAME_CHARS: Final = 9
_TITLE: Final = 'font-size="11.5" font-weight="600"'
_SMALL: Final = 'font-size="10"'
_END: Final = 'text-anchor="end" font-size="10"'
_MIDDLE: Final = 'text-anchor="middle" font-size="10"'


def height(figure: Figure) -> int:
    """Of the whole drawing."""
    return round(_ROW * -(-len(figure.panels) // _ACROSS))


def small_curves(figure: Figure) -> Iterator[str]:
    """The panels in rows of four."""
    scales = {c: _scale([p for p in figure.panels if p.is_centred == c]) for c in (True, False)}
    for place, panel in enumerate(figure.panels):
        left = _WIDE * (place % _ACROSS) + _LEFT
        top = _ROW * (place // _ACROSS) + _HEAD
        yield from _Drawn(panel, left, top, scales[panel.is_centred]).marks()


def _scale(panels: Sequence[Panel]) -> tuple[float, float]:
    """From the lowest end of a band to the highest."""
    ends = [
        v for p in panels for q in p.points for v in (q.value, q.low, q.high) if v is not None
    ] or [0.0]  # fmt: skip
    low, high = min(ends), max(ends)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


class _Drawn:
    """One panel at its place."""

    def __init__(self, panel: Panel, left: float, top: float, scale: tuple[float, float]) -> None:
        self.panel, self.left, self.top = panel, left, top
        self.low, self.high = scale
        at = [p.at for p in panel.points if p.at is not None]
        self.is_line = len(at) == len(panel.points)
        self.first, self.last = (min(at), max(at)) if at else (0.0, 1.0)

    def marks(self) -> Iterator[str]:
        yield from self._frame()
        places_x = [self._x(i, p) for i, p in enumerate(self.panel.points)]
        yield from self._band(places_x) if self.is_line else self._bars(places_x)
        if self.is_line:
            for (x1, p1), (x2, p2) in pairwise(zip(places_x, self.panel.points, strict=True)):
                yield self._piece((x1, p1), (x2, p2))
        else:
            for x, point in zip(places_x, self.panel.points, strict=True):
                y = self._y(point.value)
                yield (
                    f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{ACCENT}"'
                    f"{' fill-opacity=' + chr(34) + '0.35' + chr(34) if point.is_beyond else ''}/>"
                )

    def _x(self, place: int, point: PanelPoint) -> float:
        if self.is_line and point.at is not None:
            width = self.last - self.first
            share = (point.at - self.first) / width if width else 0.5
        else:
            share = (place + 0.5) / len(self.panel.points)
        return self.left + _PLOT * share

    def _y(self, value: float) -> float:
        return self.top + _TALL * (self.high - value) / (self.high - self.low)

    def _frame(self) -> Iterator[str]:
        name = _short(self.panel.title, _CHARS)
        yield label(self.left, f"{self.top - 20:.1f}", name="lab", text=name, look=_TITLE, fill=INK)
        yield label(self.left, f"{self.top - 7:.1f}", name="tick", text=self.panel.kind,
                    look=_SMALL, fill=SOFT)  # fmt: skip
        digits = min(2, places([self.low, self.high]))
        for value in (self.low, self.high):
            y = self._y(value)
            yield line((self.left, y), (self.left + _PLOT, y), name="grid", stroke=RULE, width=1)
            yield label(self.left - 6, f"{y + 3.5:.1f}", name="tick", text=number(value, digits),
                        look=_END, fill=SOFT)  # fmt: skip
        if self.panel.is_centred and self.low < 0 < self.high:
            zero = self._y(0.0)
            yield line((self.left, zero), (self.left + _PLOT, zero), name="even", stroke=SOFT,
                       width=0.8)  # fmt: skip
        yield from self._names()

    def _names(self) -> Iterator[str]:
        y = f"{self.top + _TALL + 15:.1f}"
        points = self.panel.points
        if self.is_line:
            ends = ((self.left, points[0], _SMALL), (self.left + _PLOT, points[-1], _END))
            for x, point, look in ends:
                yield label(round(x, 1), y, name="tick", text=point.name, look=look, fill=SOFT)
            return
        for place, point in enumerate(points):
            if place not in (0, len(points) - 1):
                continue  # two names fit; the table below has the highest and the lowest
            yield label(round(self._x(place, point), 1), y, name="tick",
                        text=_short(point.name, _NAME_CHARS), look=_MIDDLE, fill=SOFT)  # fmt: skip

    def _band(self, places_x: Sequence[float]) -> Iterator[str]:
        held = [
            (x, self._y(p.low), self._y(p.high))
            for x, p in zip(places_x, self.panel.points, strict=True)
            if p.low is not None and p.high is not None
        ]
        if len(held) > 1:
            there = [f"{x:.1f},{high:.1f}" for x, _, high in held]
            back = [f"{x:.1f},{low:.1f}" for x, low, _ in reversed(held)]
            yield (
                f'<polygon class="band" points="{" ".join((*there, *back))}" fill="{ACCENT}" '
                'fill-opacity="0.18"/>'
            )

    def _bars(self, places_x: Sequence[float]) -> Iterator[str]:
        for x, point in zip(places_x, self.panel.points, strict=True):
            if point.low is not None and point.high is not None:
                yield line((x, self._y(point.low)), (x, self._y(point.high)), name="ci",
                           stroke=ACCENT, width=1.4)  # fmt: skip

    def _piece(self, start: tuple[float, PanelPoint], end: tuple[float, PanelPoint]) -> str:
        (x1, p1), (x2, p2) = start, end
        broken = ' stroke-dasharray="2 3"' if p1.is_beyond or p2.is_beyond else ""
        return (
            f'<line class="ci" x1="{x1:.1f}" x2="{x2:.1f}" y1="{self._y(p1.value):.1f}" '
            f'y2="{self._y(p2.value):.1f}" stroke="{ACCENT}" stroke-width="1.8" '
            f'stroke-linecap="round"{broken}/>'
        )


def _short(words: str, most: int) -> str:
    return words if len(words) <= most else f"{words[: most - 1]}…"
