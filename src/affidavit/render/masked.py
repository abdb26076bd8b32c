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
from affidavit.render.numbers import shown
from affidavit.render.tables import CrosstabCell, PairRow, Quantity

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")
_NO_TEST: Final = "No test is printed: a cell is masked."
_NO_MARGIN: Final = "a cell is masked"
_DECIMALS: Final = 2  # of a value to the nearest hundredth


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
        return replace(
            one, value=value_words(number, masked), interval="", n=n, method="", expected="",
            bound="",
        )  # fmt: skip

    def pair(self, row: PairRow) -> PairRow:
        sides = [q for q in (row.difference, row.ratio) if q is not None and q.id in self.masks]
        if not sides:
            return row
        undefined = all(self.numbers[q.id].value is None for q in sides)
        return replace(row, n=sides[0].n, test=row.test if undefined else _NO_TEST)

    def cell(self, cell: CrosstabCell) -> CrosstabCell:
        masked = self.masks.get(cell.id)
        if masked is None:
            return cell
        return replace(cell, count=value_words(self.numbers[cell.id], masked), share="")


def value_words(number: Number, masked: Masked) -> str:
    """`masked`, `<10`, or `about 75 %`."""
    if masked.value is None:
        return masked.value_words
    return f"about {shown(masked.value, wording(number.metric, '').style, _DECIMALS)}"


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
