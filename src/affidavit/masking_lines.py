"""Which cells of a report hold fewer than ten people, and which others would give them away.

A block is all that is stated of one group (or of all rows, or of one class). Its numbers fall into
families that stand or fall together: how many rows there are, how many are selected, how many are
labelled the event, how labels and decisions fall together, and what is made of scores. A line is a
set of blocks that add up to a printed total.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, Literal

from affidavit.evidence import Number, Report

LEAST: Final = 10
_MOST_ROWS: Final = 2**53  # beyond, a float holds no whole number of rows
Family = Literal["size", "selected", "labelled", "joint", "scores"]
Place = tuple[tuple[tuple[str, str], ...], str | None]  # a group, sorted by attribute; a class


class Mode(IntEnum):
    """What of a family is printed.

    All of it; rows to the nearest ten, and rates to a step worth one of them, so that no rate says
    how many rows there are (`BLURRED`); nothing.
    """

    SHOWN = 0
    BLURRED = 1
    HIDDEN = 2


RATES: Final = frozenset({
    "selection_rate", "prevalence", "true_positive_rate", "false_negative_rate",
    "false_positive_rate", "true_negative_rate", "precision", "recall", "accuracy",
})  # fmt: skip
_TALLIES: Final = frozenset({
    "true_positives", "false_negatives", "false_positives", "true_negatives",
})  # fmt: skip
_JOINT: Final = (RATES | _TALLIES | {
    "f1", "f1_macro", "f1_micro", "f1_weighted", "balanced_accuracy", "matthews_correlation",
    "precision_macro", "recall_macro", "equal_opportunity", "equalized_odds",
}) - {"selection_rate", "prevalence"}  # fmt: skip
_SUFFIXES: Final = ("_difference", "_ratio", "_spread")
# What the rows of a rate are counted by: whoever knows the one knows the other.
_ROWS_OF: Final[Mapping[str, Family]] = {
    "true_positive_rate": "labelled", "false_negative_rate": "labelled", "recall": "labelled",
    "false_positive_rate": "labelled", "true_negative_rate": "labelled", "precision": "selected",
}  # fmt: skip
# A family that is masked takes these with it: they would be multiplied back.
_TAKES: Final[Mapping[Family, tuple[Family, ...]]] = {
    "size": ("selected", "labelled", "joint", "scores"),
    "selected": ("joint",), "labelled": ("joint",), "joint": (), "scores": (),
}  # fmt: skip


def is_small(count: float) -> bool:
    """Whether this many people are a small cell: 1 to 9. None at all is no cell to hide."""
    return 0 < count < LEAST


def base_of(metric: str) -> str:
    """The measure that a comparison or a summary over groups is of."""
    for suffix in _SUFFIXES:
        metric = metric.removesuffix(suffix)
    return "mean_score" if metric == "standardized_mean" else metric


def family_of(metric: str) -> Family:
    """The family of a metric, or of what it compares."""
    base = base_of(metric)
    if base == "count":
        return "size"
    if base in ("selection_rate", "demographic_parity"):
        return "selected"
    if base in ("prevalence", "calibration_gap"):  # the gap is the mean score less the prevalence
        return "labelled"
    return "joint" if base in _JOINT else "scores"


def rows_family(metric: str) -> Family:
    """The family that a number's n belongs to."""
    return _ROWS_OF.get(base_of(metric), "size")


@dataclass(slots=True)
class Block:
    """The numbers of one group, class or of all rows, and the mode of each family."""

    place: Place
    numbers: list[Number] = field(default_factory=list)
    modes: dict[Family, Mode] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return max(n.n for n in self.numbers)

    def has(self, family: Family) -> bool:
        return any(family_of(n.metric) == family and n.value is not None for n in self.numbers)

    def mode(self, family: Family) -> Mode:
        return self.modes.get(family, Mode.SHOWN)

    def mask(self, family: Family, mode: Mode) -> None:
        """Mask the family, and what would give it away within the block."""
        self.modes[family] = max(mode, self.mode(family))
        for taken in _TAKES[family]:
            self.modes[taken] = max(mode, self.mode(taken))


Line = tuple[list[Block], Block | None]  # and the block that they add up to


def place_of(group: Mapping[str, str] | None, label: str | None = None) -> Place:
    """Where a number of this group and class stands."""
    return tuple(sorted((group or {}).items())), label


def blocks_of(report: Report) -> dict[Place, Block]:
    """Every block of a report with the modes of its families."""
    blocks: dict[Place, Block] = {}
    for number in report.numbers:
        if not number.against and not number.attributes:
            place = place_of(number.group, number.label)
            blocks.setdefault(place, Block(place)).numbers.append(number)
    # A weighted share does not say how many people it is of.
    exact = report.counts is None or not (
        report.counts.weighted or report.counts.table == "estimated"
    )
    for block in blocks.values():
        for number in block.numbers:
            if is_hit(number, exact=exact):
                block.mask(family_of(number.metric), Mode.HIDDEN)
    _complete_all(list(_lines(blocks)))
    return blocks


def _complete_all(lines: Sequence[Line]) -> None:
    """Complete every line, and again those that a block masked on the way stands in."""
    crossing: dict[Place, list[int]] = {}
    for index, (line, whole) in enumerate(lines):
        for block in line if whole is None else [*line, whole]:
            crossing.setdefault(block.place, []).append(index)
    waiting = deque(range(len(lines)))
    queued = set(waiting)
    while waiting:
        index = waiting.popleft()
        queued.discard(index)
        for block in _complete(*lines[index]):
            again = [i for i in crossing[block.place] if i not in queued]
            waiting.extend(again)
            queued.update(again)


def is_hit(number: Number, *, exact: bool) -> bool:
    """Whether a number is, or gives, the count of a small cell or of what it leaves over."""
    if is_small(number.n):
        return True
    if number.value is None or not exact:
        return False
    if number.metric in _TALLIES or number.metric == "count":
        return is_small(round(number.value))
    if number.metric not in RATES or not 0 <= number.value <= 1 or number.n > _MOST_ROWS:
        return False  # verify is also given what no rows can have, and says so elsewhere
    part = round(number.value * number.n)
    return is_small(part) or is_small(number.n - part)


def _lines(blocks: Mapping[Place, Block]) -> Iterable[Line]:
    """Blocks that add up, and the block that they add up to; single attributes come first."""
    found: dict[tuple[Place, tuple[str, ...], str], list[Block]] = {}
    for (group, label), block in blocks.items():
        names = tuple(name for name, _ in group)
        if label is not None:
            found.setdefault(((group, None), names, "class"), []).append(block)
        for name, _ in group:
            rest = tuple(pair for pair in group if pair[0] != name)
            found.setdefault(((rest, label), names, name), []).append(block)
    for whole, names, name in sorted(found, key=lambda key: len(key[1])):
        yield found[whole, names, name], blocks.get(whole)


def _complete(line: Sequence[Block], whole: Block | None) -> list[Block]:
    """Mask the smallest others until no masked block of the line follows by subtraction.

    Under a total that is printed one masked block follows from the rest: it takes two. Under one
    that is masked itself, the rest would give the total: it takes one. Of a group that is masked
    for its number of rows alone, only these are blurred: its rates are what a card is for, and who
    left three values out would else hide them. Returns the blocks masked now.
    """
    changed = []
    families: tuple[Family, ...] = ("size", "selected", "labelled", "joint")
    for family in families:
        own = [b for b in line if b.has(family)]
        masked = [b for b in own if b.mode(family)]
        total_masked = whole is not None and bool(whole.mode(family))
        needed = 1 if total_masked else 2 if masked else 0
        others = sorted((b for b in own if not b.mode(family)), key=lambda b: (b.rows, b.place[0]))
        for block in others[: max(0, needed - len(masked))]:
            block.mask(family, Mode.BLURRED if family == "size" else Mode.HIDDEN)
            changed.append(block)
    return changed
