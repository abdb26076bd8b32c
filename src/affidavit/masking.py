"""Every number of the reports as a card may print it: cells below ten people are masked.

Render masks by this rule, and verify holds the card against it, so that nobody can mask a large
cell to hide it. The rule, its reason and its limits: docs/decisions/008-masking.md.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from affidavit.bundle.canonical import rounded
from affidavit.card_record import CardNumber
from affidavit.evidence import Number, Report
from affidavit.masking_lines import (
    LEAST,
    RATES,
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
_STEPS: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
_TENS: Final = 10
# Summaries over groups, and the rates whose extremes they are made of.
_ENDS: Final = {
    "demographic_parity": ("selection_rate",), "equal_opportunity": ("true_positive_rate",),
    "equalized_odds": ("true_positive_rate", "false_positive_rate"),
}  # fmt: skip


__all__ = ["FEW", "HIDDEN", "LEAST", "Masked", "card_number", "hidden_cells", "is_small",
           "masks"]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """What a card says in place of a number.

    Attributes:
        how: `hidden`, or `rounded` to a step that leaves at least ten people open.
        value: rounded; None where hidden.
        n: the rows, to the nearest ten where they are rounded too; None where hidden.
        n_how: the same of the rows; empty where they are exact.
        is_few: whether the value itself is a count below ten.
    """

    how: Literal["hidden", "rounded"]
    value: float | None
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
        blocks = blocks_of(report)
        for number in report.numbers:
            told = _masked(number, blocks)
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
        id=number.id, value=masked.value, low=None, high=None, n=masked.n, masked=masked.how
    )


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


def _masked(number: Number, blocks: Mapping[Place, Block]) -> Masked | None:
    behind = _behind(number, blocks)
    family, counted = family_of(number.metric), rows_family(number.metric)
    if is_small(number.n):
        mode = n_mode = Mode.HIDDEN
    elif number.attributes:
        mode, n_mode = max((b.mode(family) for b in behind), default=Mode.SHOWN), Mode.SHOWN
    else:
        mode = max((b.mode(family) for b in behind), default=Mode.SHOWN)
        n_mode = max((b.mode(counted) for b in behind), default=Mode.SHOWN)
    if number.value is None:  # undefined, and that is said; only its rows can be too few
        mode = Mode.SHOWN
    if mode == n_mode == Mode.SHOWN:
        return None
    rows = min((_rows(b, number.metric) for b in behind), default=number.n)
    value = _coarse(number, rows) if mode is not Mode.HIDDEN else None
    n = None if n_mode is Mode.HIDDEN else _tens(number.n) if n_mode else number.n
    return Masked(
        how="rounded" if value is not None else "hidden", value=value, n=n,
        n_how=("", "rounded", "hidden")[n_mode],
        is_few=number.metric not in RATES and _is_people(number) and is_small(number.value or 0),
        is_few_rows=is_small(number.n),
    )  # fmt: skip


def _is_people(number: Number) -> bool:
    return number.metric == "count" or number.metric.endswith(("_positives", "_negatives"))


def _behind(number: Number, blocks: Mapping[Place, Block]) -> list[Block]:
    """The blocks that a number is made from: its own, both sides of a comparison, the ends."""
    if number.attributes:
        return _ends(number, blocks)
    places = [place_of(number.group, number.label)]
    if number.against:
        places.append(place_of(number.against, number.label))
    return [blocks[place] for place in places if place in blocks]


def _ends(number: Number, blocks: Mapping[Place, Block]) -> list[Block]:
    """The groups with the highest and the lowest rate, of each rate that a summary is made of."""
    names, base = sorted(number.attributes or ()), base_of(number.metric)
    found = []
    for metric in _ENDS.get(base, (base,)):
        known = [
            (one.value, block) for block in blocks.values() for one in block.numbers
            if one.metric == metric and one.value is not None
            and [name for name, _ in block.place[0]] == names
            and UNKNOWN_GROUPS.isdisjoint(value for _, value in block.place[0])
        ]  # fmt: skip
        ordered = [block for _, block in sorted(known, key=lambda k: (k[0], k[1].place[0]))]
        found += [ordered[0], ordered[-1]] if ordered else []
    return found


def _rows(block: Block, metric: str) -> int:
    """The rows of the rate in a block that a number is made from."""
    base = base_of(metric)
    wanted = _ENDS.get(base, (base,))
    return min((n.n for n in block.numbers if n.metric in wanted), default=block.rows)


def _coarse(number: Number, rows: int) -> float | None:
    """The value to the finest step worth ten people; None where no step is."""
    if number.value is None or family_of(number.metric) == "scores":
        return number.value
    if _is_people(number):
        return float(_tens(round(number.value)))
    step = next((s for s in _STEPS if s * rows >= LEAST), None)
    return None if step is None else rounded(round(number.value / step) * step)


def _tens(count: int) -> int:
    return round(count / _TENS) * _TENS
