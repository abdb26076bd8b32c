"""How a number is printed: rounded to what its interval supports, never without its n."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from affidavit.bundle.canonical import rounded
from affidavit.evidence import Number
from affidavit.render.group_text import in_words
from affidavit.render.metrics import Style
from affidavit.render.tables import Quantity
from affidavit.render.words import MINUS, THIN

UNDEFINED: Final = "undefined"
_DEFAULT_DECIMALS: Final = 3
_MOST_DECIMALS: Final = 15
# Shares are printed times 100, with their unit.
_UNITS: Final[dict[str, str]] = {"percent": f"{THIN}%", "points": f"{THIN}points"}
_LEAST_P: Final = 0.0001


def decimals(low: float | None, high: float | None) -> int:
    """Decimals such that the last one is at most a tenth of the interval's half width, 2 to 6."""
    if low is None or high is None or not high > low:
        return _DEFAULT_DECIMALS
    return min(6, max(2, math.ceil(-math.log10((high - low) / 20))))


def shown(value: float, style: Style, places: int) -> str:
    """A value in its style. What is not 0 is never printed as 0, nor what is not 1 as 1."""
    if style == "count":
        return f"{value:,.0f}"
    if style == "tally":  # a number of rows, or the sum of their weights
        return f"{value:,.0f}" if value == round(value) else f"{value:,.2f}"
    if style in _UNITS:
        return f"{_careful(100 * value, 1, whole=100.0)}{_UNITS[style]}"
    return _careful(value, places, whole=1.0)


def _careful(value: float, places: int, *, whole: float) -> str:
    """With these decimals; `under 0.001` or `over 0.999` where it would read 0 or the whole."""
    value, least = rounded(value), f"{10.0**-places:.{places}f}"
    near = round(value, places)
    if near == 0 != value:
        return f"under {least}" if value > 0 else f"above {MINUS}{least}"
    if near == whole != value and value < whole:
        return f"over {whole - 10.0**-places:.{places}f}"
    if near == whole != value:  # a ratio a little above 1, or a share of weights by rounding
        while round(value, places) == whole and places < _MOST_DECIMALS:
            places += 1
    text = f"{value:,.{places}f}" if value else f"{0.0:.{places}f}"
    return text.replace("-", MINUS)


def value_text(number: Number, style: Style) -> str:
    """`74.6 %`, `0.763`, or `undefined, n = 0`."""
    if number.value is None:
        return f"{UNDEFINED}, n = {number.n:,}"
    return shown(number.value, style, decimals(number.low, number.high))


def bound_text(bound: float, style: Style) -> str:
    """A threshold as somebody set it, in full: 12 significant digits, as reports have them."""
    return f"{100 * bound:.12g}{_UNITS[style]}" if style in _UNITS else f"{bound:.12g}"


def value_beside(number: Number, style: Style, bounds: Sequence[float]) -> str:
    """The value with as many digits as it takes to stand on its own side of every bound."""
    if number.value is None or style in ("count", "tally"):
        return value_text(number, style)
    scale, fewest = (100.0, 1) if style in _UNITS else (1.0, decimals(number.low, number.high))
    value, ends = rounded(scale * number.value), [rounded(scale * b) for b in bounds]
    places = fewest
    while places < _MOST_DECIMALS and any(
        _side(round(value, places), end) != _side(value, end) for end in ends
    ):
        places += 1
    if places == fewest:
        return value_text(number, style)
    text = f"{value:.{places}f}".replace("-", MINUS)
    return f"{text}{_UNITS.get(style, '')}"


def _side(value: float, bound: float) -> int:
    return (value > bound) - (value < bound)


def interval_text(number: Number, style: Style) -> str:
    """`66.6 to 81.2 %`; empty where there is none; an upper end without limit is said so."""
    if number.value is None or (number.low is None and number.high is None):
        return ""
    places = decimals(number.low, number.high)
    low, high = (
        "no limit" if end is None else shown(end, style, places)
        for end in (number.low, number.high)
    )
    unit = _UNITS.get(style, "")
    if unit and low.endswith(unit) and high.endswith(unit):
        low = low.removesuffix(unit)
    return f"{low} to {high}"


def _expected(number: Number, style: Style) -> str:
    """What would be found where nothing differs, with the decimals of the value or as it takes."""
    if number.expected is None or number.value is None:
        return ""
    return shown(number.expected, style, decimals(number.low, number.high))


def p_text(p_value: float) -> str:
    """`p = 0.032`, `p under 0.0001`; the number stays beside its letter."""
    if p_value < _LEAST_P:
        return f"p under {_LEAST_P:.4f}"
    return f"p{THIN}={THIN}{p_value:.{4 if p_value < 10 * _LEAST_P else 3}f}"


def level_text(number: Number) -> str:
    """`95 %`."""
    return "" if number.level is None else f"{100 * number.level:g}{THIN}%"


def quantity(
    number: Number, style: Style, label: str, *, n: str | None = None, note: str = ""
) -> Quantity:
    """One number with all that stands beside it.

    Args:
        number: from a report.
        style: how its metric is written.
        label: what the row is called.
        n: how the rows are said, where it is not one count: `134 and 818`.
        note: added to the number's own reason.
    """
    reason = (number.reason or "no value was recomputed") if number.value is None else ""
    for prefix in (
        f"{UNDEFINED}, n = {number.n}: ",
        f"{UNDEFINED}, n = {number.n:,}: ",
        f"{UNDEFINED}: ",
    ):
        reason = reason.removeprefix(prefix)
    reason = in_words(reason, number.group, number.against)
    level = level_text(number)
    return Quantity(
        id=number.id,
        label=label,
        value=value_text(number, style),
        interval=interval_text(number, style),
        n=n or f"{number.n:,}",
        method=f"{number.method}, {level}" if number.method and level else number.method or "",
        origin=number.source,
        expected=_expected(number, style),
        note="; ".join(part for part in (reason, note) if part),
    )
