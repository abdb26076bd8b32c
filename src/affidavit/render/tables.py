"""What the card's tables and figures are made of: numbers as printed, rows, axes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """One number as printed. `value` says `undefined, n = 0` where there is none.

    Attributes:
        id: the number's id in the reports and the card's JSON.
        label: what the row is called.
        n: the rows that carry it; for a comparison, those of both groups.
        level: of the interval, `95 %`; empty where there is none.
        origin: `counts` or `bins`, which `verify` derives again, or `scores`.
        expected: the value to expect where nothing differs; empty where none is stated.
        bound: what chance alone stays below in 95 of 100 cases; empty where none is stated.
        note: why it is undefined, or what fairlearn says instead.
    """

    id: str
    label: str
    value: str
    interval: str
    n: str
    method: str
    origin: str
    level: str = ""
    expected: str = ""
    bound: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One metric: its name in words, its definition, and its values."""

    title: str
    metric: str
    definition: str
    rows: tuple[Quantity, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GridRow:
    """One row of a grid; a cell is None where the report has no such number."""

    title: str
    definition: str
    cells: tuple[Quantity | None, ...]
    method: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Numbers in rows and columns, each with interval and n.

    Attributes:
        foot: how the intervals were made, where that is the same for all.
        left_out: said where rows are not printed.
        rows_word: what is counted beside each number: `n`, or the rows to expect.
    """

    caption: str
    head: str
    columns: tuple[str, ...]
    rows: tuple[GridRow, ...]
    foot: str = ""
    left_out: str = ""
    rows_word: str = "n"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRow:
    """One group against the reference group.

    Attributes:
        difference, ratio: None where the report has none.
        test: whether they differ, how that was tested, and what the test could have shown.
    """

    label: str
    n: str
    difference: Quantity | None
    ratio: Quantity | None
    test: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PairBlock:
    """Every group against the reference group in one measure."""

    title: str
    definition: str
    rows: tuple[PairRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CrosstabCell:
    """Rows of one label and one decision; `id` is that of a number, where there is one."""

    id: str
    count: str
    share: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CrosstabRow:
    """The rows of one label."""

    title: str
    cells: tuple[CrosstabCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crosstab:
    """Label by decision; without rows, `foot` says where it stands."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[CrosstabRow, ...]
    foot: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BinRow:
    """Rows of similar score: what the model says of them, and what was so."""

    scores: str
    n: str
    mean: str
    observed: str
    interval: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GainRow:
    """The rows of the highest scores, up to a share of all."""

    share: str
    n: str
    gain: str
    lift: str
    interval: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnRow:
    """One column of the data."""

    name: str
    used_as: str
    kind: str
    missing: str
    distinct: str
    range: str
    hints: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One row of a figure; `value` None where nothing is drawn, and `note` says why."""

    label: str
    n: str
    value: float | None
    low: float | None
    high: float | None
    shown: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A bin of a calibration figure."""

    mean: float
    observed: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A line of a figure: threshold and share, from left to right."""

    label: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """One row of a figure with two ranges.

    Attributes:
        low, high: ends of the interval over rows.
        least, most: smallest and largest over repeats.
    """

    label: str
    value: float
    low: float | None
    high: float | None
    least: float | None
    most: float | None
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelPoint:
    """A point of a small curve; `at` is None for a category, `name` is how it is printed."""

    at: float | None
    name: str
    value: float
    low: float | None
    high: float | None
    is_beyond: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A small curve with its band; a centred one lies around 0."""

    title: str
    kind: str
    is_centred: bool
    points: tuple[PanelPoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A drawing: dots with intervals on one scale, bins against a diagonal, lines, or curves.

    Attributes:
        title, summary: its alternative text.
        axis_low, axis_high: of the scale; with `points`, of both.
        dots: one a row.
        points: bins, in place of dots.
        curves: lines over thresholds, in place of dots; `marks` are the thresholds in force.
        spreads: rows with two ranges, in place of dots.
        panels: small curves beside each other, in place of dots.
        across: what the axis to the right shows, and `up` the other; with `points` and `curves`.
    """

    name: str
    title: str
    summary: str
    axis_low: float
    axis_high: float
    dots: tuple[Dot, ...] = ()
    points: tuple[Point, ...] = ()
    curves: tuple[Curve, ...] = ()
    marks: tuple[float, ...] = ()
    spreads: tuple[Spread, ...] = ()
    panels: tuple[Panel, ...] = ()
    across: str = ""
    up: str = ""

    @property
    def alt(self) -> str:
        return f"{self.title}. {self.summary}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How far scores and observed shares agree, bin by bin."""

    intro: str
    figure: Figure
    bins: tuple[BinRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIfRow:
    """One threshold: a cell a group, with its three rates."""

    threshold: str
    is_in_force: bool
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """What other thresholds would do to the groups of one attribute.

    Attributes:
        groups: with their rows.
        left_out: said where groups are not printed.
    """

    intro: str
    figure: Figure
    groups: tuple[str, ...]
    rows: tuple[WhatIfRow, ...]
    left_out: str = ""
