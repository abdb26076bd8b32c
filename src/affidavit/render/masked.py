"""Small cells masked on the card: what is printed in place of a number that is not printed as is.

Which numbers those are decides `affidavit.masking`, for verify too. Here the card's tree is gone
over, so that no table can forget one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from affidavit.evidence import Number
from affidavit.masking import HIDDEN, Masked
from affidavit.render.context import HoldRow, LoggedRow
from affidavit.render.metrics import wording
from affidavit.render.tables import CrosstabCell, PairRow, Quantity
from affidavit.render.words import MINUS, THIN

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")
_NO_TEST: Final = "No test is printed: a cell below ten would follow from it."
_NO_MARGIN: Final = "a cell is masked"


@dataclass(frozen=True, slots=True)
class _Masks:
    """The masks, and the numbers that they are of."""

    masks: Mapping[str, Masked]
    numbers: Mapping[str, Number]

    def quantity(self, one: Quantity) -> Quantity:
        masked = self.masks.get(one.id)
        if masked is None:
            return one
        number = self.numbers[one.id]
        n = masked.n_words if masked.n_how else one.n
        if number.value is None:
            return replace(one, n=n, value=one.value if not masked.n_how else f"undefined, n = {n}")
        if masked.how == "hidden":
            return replace(
                one, value=masked.value_words, interval="", n=n, method="", expected="", bound=""
            )
        if masked.step is None and not _is_tally(number):
            return replace(one, n=n)  # of its scores: only the rows are not printed as they are
        interval = _interval_words(number, masked) if one.interval else ""
        return replace(one, value=value_words(number, masked), interval=interval, n=n)

    def pair(self, row: PairRow) -> PairRow:
        sides = [q for q in (row.difference, row.ratio) if q is not None and q.id in self.masks]
        if not sides:
            return row
        hidden = [self.masks[q.id].how == "hidden" and self.numbers[q.id].value is not None
                  for q in sides]  # fmt: skip
        return replace(row, n=sides[0].n, test=_NO_TEST if any(hidden) else row.test)

    def cell(self, cell: CrosstabCell) -> CrosstabCell:
        masked = self.masks.get(cell.id)
        if masked is None:
            return cell
        return replace(cell, count=value_words(self.numbers[cell.id], masked), share="")


def value_words(number: Number, masked: Masked) -> str:
    """`masked`, `<10`, or `about 75 %`."""
    if masked.value is None:
        return masked.value_words
    return f"about {_rounded_text(masked.value, number)}"


def _interval_words(number: Number, masked: Masked) -> str:
    """`59 to 75 %`."""
    low, high = (
        "no limit" if end is None else _rounded_text(end, number)
        for end in (masked.low, masked.high)
    )
    unit = high[high.find(THIN) :] if THIN in high else ""
    return f"{low.removesuffix(unit)} to {high}"


def _rounded_text(value: float, number: Number) -> str:
    """Rounded values are whole hundredths, so that a percentage needs no decimals."""
    style = wording(number.metric, "").style
    if style in ("percent", "points"):
        unit = "%" if style == "percent" else "points"
        return f"{100 * value:.0f}{THIN}{unit}".replace("-", MINUS)
    return f"{value:,.0f}" if _is_tally(number) else f"{value:.2f}".replace("-", MINUS)


def _is_tally(number: Number) -> bool:
    return wording(number.metric, "").style in ("count", "tally")


def masked_card(card: T, masks: Mapping[str, Masked], numbers: Mapping[str, Number]) -> T:
    """The same tree with every small cell masked.

    Args:
        card: the context, or a part of it.
        masks: by the number's id.
        numbers: of the reports, by id.
    """
    return _walked(card, _Masks(masks, numbers)) if masks else card


def _walked(value: T, told: _Masks) -> T:
    changed: Any = value
    if isinstance(value, tuple):
        changed = tuple(_walked(v, told) for v in value)
    elif is_dataclass(value) and not isinstance(value, type):
        record = cast("DataclassInstance", value)
        parts = {f.name: _walked(getattr(record, f.name), told) for f in fields(record)}
        changed = replace(record, **parts)
        if isinstance(changed, Quantity):
            changed = told.quantity(changed)
        elif isinstance(changed, PairRow):
            changed = told.pair(changed)
        elif isinstance(changed, CrosstabCell):
            changed = told.cell(changed)
    return cast("T", changed)


def masked_hold(row: HoldRow, masks: Mapping[str, Masked]) -> HoldRow:
    """A threshold beside a number that is masked: its verdict stays, what would give it away goes.

    The rates of both groups, and how many changed decisions would turn the verdict, are such.
    """
    masked = masks.get(row.number)
    if masked is None:
        return row
    return replace(
        row, found=HIDDEN, rates="", margin="", no_margin=_NO_MARGIN,
        n=masked.n_words if masked.n_how else row.n,
    )  # fmt: skip


def masked_logged(row: LoggedRow, masks: Mapping[str, Masked]) -> LoggedRow:
    """What training logged of a masked number: it would give the number away."""
    if not row.number or row.number not in masks:
        return row
    return replace(row, logged=HIDDEN, recomputed=HIDDEN)
