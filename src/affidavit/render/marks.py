"""Lines and words of a figure, and the colours that paper shows them in."""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import escape

INK: Final = "#1b1f24"
SOFT: Final = "#59616b"
RULE: Final = "#d5d9de"
ACCENT: Final = "#1d4e79"

Place = tuple[float, float]  # x, y


def text(words: str) -> str:
    """Words as XML takes them, in an attribute too."""
    return escape(words, {'"': "&quot;"})


def label(x: float, y: str, *, name: str, text: str, look: str, fill: str) -> str:
    """Words at a place; `name` is the class that the screen's sheet knows."""
    said = escape(text, {'"': "&quot;"})
    return f'<text class="{name}" x="{x}" y="{y}" {look} fill="{fill}">{said}</text>'


def line(start: Place, end: Place, *, name: str, stroke: str, width: float) -> str:
    """A line with round ends."""
    (x1, y1), (x2, y2) = start, end
    return (
        f'<line class="{name}" x1="{x1:.1f}" x2="{x2:.1f}" y1="{y1:.1f}" y2="{y2:.1f}" '
        f'stroke="{stroke}" stroke-width="{width}" stroke-linecap="round"/>'
    )
