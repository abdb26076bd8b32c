"""Every number of the reports as a card may print it: cells below ten people are masked.

Render masks by this rule, and verify holds the card against it, so that nobody can mask a large
cell to hide it. The rule, its reason and its limits: docs/decisions/008-masking.md.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Final, Literal

from affidavit.bundle.canonical import rounded
from affidavit.card_record import CardNumber
from affidavit.evidence import Number, Report
from affidavit.masking_lines import (
    LEAST,
    Block,
    Mode,
    Place,
    base_of,
    blocks_of,
    family_of,
    is_small,
    place_of,
    rows_family,
)
from affidavit.places import UNKNOWN_GROUPS

FEW: Final = f"<{LEAST}"
HIDDEN: Final = "masked"
_STEPS: Final = (0.01, 0.02, 0.05, 0.1)
_TENS: Final = 10
_End = tuple[float, Place]
# Summaries over groups, and the rates whose extremes they are made of.
_ENDS: Final = {
    "demographic_parity": ("selection_rate",), "equal_opportunity": ("true_positive_rate",),
    "equalized_odds": ("true_positive_rate", "false_positive_rate"),
}  # fmt: skip


__all__ = ["FEW", "HIDDEN", "LEAST", "Masked", "blurred_step", "card_number", "hidden_cells",
           "is_small", "masks"]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """What a card says in place of a number.

    Attributes:
        how: `hidden`, or `rounded`.
        value: None where hidden.
        low, high: the interval, rounded with the value; None where it would give the rows away.
        step: what value and interval are rounded to; None where they are not.
        n: the rows, to the nearest ten where they are rounded too; None where hidden.
        n_how: the same of the rows; empty where they are exact.
        is_few, is_few_rows: whether the value itself, or the rows, are a count below ten.
    """

    how: Literal["hidden", "rounded"]
    value: float | None
    low: float | None = None
    high: float | None = None
    step: float | None = None
    n: int | None
    n_how: Literal["", "hidden", "rounded"]
    is_few: bool = False
    is_few_rows: bool = False

    @property
    def value_words(self) -> str:
        """What stands in place of a hidden value."""
        return FEW if self.is_few else HIDDEN

    @property
    def n_words(self) -> str:
        """What stands in place of rows that are not printed exactly."""
        if self.n is None:
            return FEW if self.is_few_rows else HIDDEN
        return f"about {self.n:,}"


def masks(reports: Iterable[Report]) -> dict[str, Masked]:
    """What stands in place of each number that is not printed as it is, by its id."""
    found: dict[str, Masked] = {}
    for report in reports:
        known = _Known(blocks_of(report))
        for number in report.numbers:
            told = _masked(number, known)
            if told is not None:
                found[number.id] = told
    return found


def card_number(number: Number, masked: Masked | None) -> CardNumber:
    """A number for the card's JSON."""
    if masked is None:
        return CardNumber(
            id=number.id, value=number.value, low=number.low, high=number.high, n=number.n
        )
    return CardNumber(
        id=number.id, value=masked.value, low=masked.low, high=masked.high, n=masked.n,
        masked=masked.how,
    )  # fmt: skip


class _Known:
    """The blocks of a report, and which groups have the lowest and the highest of a rate."""

    def __init__(self, blocks: Mapping[Place, Block]) -> None:
        self.blocks = blocks
        self._ends: dict[tuple[tuple[str, ...], str], tuple[_End, _End]] = {}
        self._groups: dict[tuple[str, ...], list[Block]] = {}
        for block in blocks.values():
            self._groups.setdefault(tuple(name for name, _ in block.place[0]), []).append(block)
            if UNKNOWN_GROUPS.isdisjoint(value for _, value in block.place[0]):
                self._widen(block)

    def _widen(self, block: Block) -> None:
        names = tuple(name for name, _ in block.place[0])
        for one in block.numbers:
            if one.value is not None:
                here = (one.value, block.place)
                low, high = self._ends.get((names, one.metric), (here, here))
                ends = (min(low, here, key=_by_value), max(high, here, key=_by_value))
                self._ends[names, one.metric] = ends

    def behind(self, number: Number) -> list[Block]:
        """The blocks that a number is made from: its own, both sides of a comparison, the ends."""
        if number.attributes:
            names, base = tuple(sorted(number.attributes)), base_of(number.metric)
            ends = (self._ends.get((names, metric), ()) for metric in _ENDS.get(base, (base,)))
            return [self.blocks[place] for pair in ends for _, place in pair]
        places = [place_of(number.group, number.label)]
        if number.against:
            places.append(place_of(number.against, number.label))
        return [self.blocks[place] for place in places if place in self.blocks]

    def counted(self, number: Number) -> list[Block]:
        """The blocks whose rows make up those of a number: of a summary, of every group."""
        if number.attributes:
            return self._groups.get(tuple(sorted(number.attributes)), [])
        return self.behind(number)


def _by_value(end: _End) -> tuple[float, Place]:
    return end[0], (end[1][0], end[1][1] or "")


def hidden_cells(
    names: Sequence[str], people: Mapping[tuple[str, str], int], masked: Container[str]
) -> frozenset[tuple[str, str]]:
    """The cells of labels by decisions that are masked, by label and decision.

    Small ones, those of masked classes on the diagonal (a class's recall gives its own), and
    where a row or column would hold one alone, the smallest other: off the diagonal, and one with
    people in it before an empty one.

    Args:
        names: of the classes.
        people: rows by label and decision.
        masked: classes whose recall and precision are masked.
    """
    hidden = {(a, b) for a in names for b in names
              if is_small(people.get((a, b), 0)) or (a == b and a in masked)}  # fmt: skip
    lines = [[(a, b) for b in names] for a in names] + [[(a, b) for a in names] for b in names]
    changed = True
    while changed:
        changed = False
        for line in lines:
            if sum(cell in hidden for cell in line) == 1:
                others = [cell for cell in line if cell not in hidden]
                hidden.add(min(others, key=lambda c: _rank(c, people.get(c, 0))))
                changed = True
    return frozenset(hidden)


def _rank(cell: tuple[str, str], count: int) -> tuple[bool, bool, int, tuple[str, str]]:
    """The first is masked first: off the diagonal, with people in it, the smallest."""
    return (cell[0] == cell[1], not count, count, cell)


def _masked(number: Number, known: _Known) -> Masked | None:
    behind = known.behind(number)
    family, counted = family_of(number.metric), rows_family(number.metric)
    mode = max((b.mode(family) for b in behind), default=Mode.SHOWN)
    n_mode = max((b.mode(counted) for b in known.counted(number)), default=Mode.SHOWN)
    if number.attributes:  # the rows of all its groups: what is left out of them would follow
        n_mode = min(n_mode, Mode.BLURRED)
    if is_small(number.n):
        mode = n_mode = Mode.HIDDEN
    if number.value is None:  # undefined, and that is said; only its rows can be too few
        mode = Mode.SHOWN
    if mode == n_mode == Mode.SHOWN:
        return None
    return replace(
        _coarse(number, min((_rows(b, number.metric) for b in behind), default=number.n), mode),
        n=None if n_mode is Mode.HIDDEN else _rounded_rows(number, behind) if n_mode else number.n,
        n_how="hidden" if n_mode is Mode.HIDDEN else "rounded" if n_mode else "",
        is_few=_is_people(number) and is_small(number.value or 0),
        is_few_rows=is_small(number.n),
    )


def _rounded_rows(number: Number, behind: Sequence[Block]) -> int:
    """The rows to the nearest ten; of a comparison each side alone, or both would be narrower."""
    if not number.against:
        return _tens(number.n)
    family = rows_family(number.metric)
    sides = ((_rows(b, number.metric), b.mode(family)) for b in behind)
    return sum(_tens(rows) if mode else rows for rows, mode in sides)


def _is_people(number: Number) -> bool:
    return number.metric == "count" or number.metric.endswith(("_positives", "_negatives"))


def _rows(block: Block, metric: str) -> int:
    """The rows of the rate in a block that a number is made from."""
    base = base_of(metric)
    wanted = _ENDS.get(base, (base,))
    return min((n.n for n in block.numbers if n.metric in wanted), default=block.rows)


def _coarse(number: Number, rows: int, mode: Mode) -> Masked:
    """The value as far as its mode lets it be printed."""
    hidden = Masked(how="hidden", value=None, n=None, n_how="")
    if mode is Mode.HIDDEN:
        return hidden
    told = replace(hidden, how="rounded", value=number.value, low=number.low, high=number.high)
    if number.value is None or family_of(number.metric) == "scores" or mode is Mode.SHOWN:
        return told
    if _is_people(number):
        return replace(told, value=float(_tens(round(number.value))), low=None, high=None)
    step = blurred_step(rows)
    value, low, high = (_stepped(v, step) for v in (number.value, number.low, number.high))
    return replace(told, value=value, low=low, high=high, step=step)


def blurred_step(rows: int) -> float:
    """The finest step worth one of about so many people: every number of rows can have such."""
    return next((s for s in _STEPS if rows >= 1 / s), _STEPS[-1])


def _stepped(value: float | None, step: float) -> float | None:
    if value is None or not isfinite(value / step):
        return value
    return rounded(round(value / step) * step)


def _tens(count: int) -> int:
    return (count + _TENS // 2) // _TENS * _TENS
