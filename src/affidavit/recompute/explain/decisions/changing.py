"""What a generated row may change, to which values, and how far a change is.

A unit is what is changed at once: a column, or a one-hot block. Its values come from the data's
distribution and from what is declared, never from one row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from affidavit.config import Bounds
from affidavit.recompute.explain.explained import Explained, Kind
from affidavit.recompute.explain.features import protected_columns
from affidavit.recompute.floats import Floats

Row = Mapping[str, Any]  # the values of one row, as Python has them; missing is None
Values = dict[str, Any]
_SAMPLE = 20_000  # rows that spreads, grids and categories are read from
_GRID = 16
_MOST_CATEGORIES = 20
_SEEN = 2  # rows that a category is in at least: one is a person's own
_MOST_DECIMALS = 6
_SIGNIFICANT = 3
_NEAR = 2e-7  # a number of single precision, read as double, is so near to what was written


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What is changed at once.

    Attributes:
        columns: one, or those of a one-hot block.
        grid: values to try, rising where they are numbers.
        direction: +1 can only rise, -1 only fall, 0 both.
        low, high: of numbers, both allowed.
        decimals: that numbers are written with.
        spread: of numbers: what a distance is measured in.
        is_listed: numbers that are written as few different ones: no other is tried, since what is
            between two of them may mean nothing.
    """

    columns: tuple[str, ...]
    kind: Literal["number", "category", "block"]
    grid: tuple[Any, ...]
    direction: int = 0
    low: float = 0.0
    high: float = 0.0
    decimals: int = 0
    spread: float = 1.0
    is_listed: bool = False

    def options(self, row: Row) -> list[Values]:
        """Every other value that the unit may be set to in this row."""
        if self.kind == "block":
            own = {c: row[c] for c in self.columns}
            return [v for v in self.grid if v != own]
        column, own = self.columns[0], row[self.columns[0]]
        return [{column: v} for v in self.grid if self._is_allowed(own, v)]

    def between(self, own: Any, other: Any, n: int) -> list[Values]:
        """Numbers on the way from the row's own value to another, nearest to its own first."""
        if self.kind != "number" or own is None:
            return []
        steps = [own + (other - own) * i / (n + 1) for i in range(1, n + 1)]
        found = dict.fromkeys(self.written(v) for v in steps)
        if self.is_listed:
            found = dict.fromkeys(sorted(self.grid, key=lambda v: abs(v - own)))
        low, high = min(own, other), max(own, other)
        return [
            {self.columns[0]: v}
            for v in found
            if low < v < high and self.low <= v <= self.high and self._is_allowed(own, v)
        ]

    def written(self, value: float) -> float:
        """A number with the decimals that the column has."""
        return _written(value, self.decimals)

    def distance(self, row: Row, values: Row) -> float:
        """In spreads; 1 for a category, a block, and a value that was missing."""
        own = row[self.columns[0]]
        if self.kind != "number" or own is None:
            return 1.0
        return float(abs(values[self.columns[0]] - own) / self.spread)

    def _is_allowed(self, own: Any, value: Any) -> bool:
        if value == own:
            return False
        if not self.direction:
            return True
        # What is missing may be larger or smaller than any value.
        return own is not None and (value - own) * self.direction > 0


def units_of(explained: Explained) -> tuple[Unit, ...]:
    """What may be changed, in the order of the inputs.

    Left out are columns that stay: those declared so, sensitive ones, and those that choose the
    threshold of a row, which the counterfactual keeps.
    """
    rules = explained.explain.counterfactuals
    stays = {*rules.immutable, *protected_columns(explained.config)}
    stays |= {s.column for s in explained.config.decision.segment}
    kinds = {k.column: k for k in explained.kinds}
    blocks = {c: block for block in rules.one_hot for c in block}
    sample = explained.take(explained.draw("counterfactuals.values", _SAMPLE))
    found: list[Unit] = []
    for column in explained.inputs.column_names:
        block = blocks.get(column)
        if block is not None:
            if block[0] == column and not stays.intersection(block):
                found.append(_block(block, sample.schema))
        elif column not in stays:
            found += _single(explained, kinds[column], sample.column(column))
    return tuple(found)


def rows_of(table: Any) -> list[Values]:
    """The rows as Python values; NaN is missing."""
    return [
        {c: None if isinstance(v, float) and not isfinite(v) else v for c, v in row.items()}
        for row in table.to_pylist()
    ]


def changed(table: Any, changes: Sequence[Values]) -> Any:
    """The rows with each one's changes, in the table's own types."""
    by_column: dict[str, dict[int, Any]] = {}
    for place, values in enumerate(changes):
        for column, value in values.items():
            by_column.setdefault(column, {})[place] = value
    for column, by_row in by_column.items():
        kind = table.schema.field(column).type
        mask = np.zeros(table.num_rows, dtype=bool)
        mask[list(by_row)] = True
        new = pa.array(list(by_row.values()), from_pandas=True)  # in the order of the rows
        array = table.column(column).combine_chunks()
        array = pc.replace_with_mask(array, pa.array(mask), new.cast(kind))
        table = table.set_column(table.schema.get_field_index(column), column, array)
    return table


def _block(block: tuple[str, ...], schema: Any) -> Unit:
    def one(column: str, chosen: str) -> Any:
        is_flag = pa.types.is_boolean(schema.field(column).type)
        return column == chosen if is_flag else int(column == chosen)

    grid = tuple({c: one(c, chosen) for c in block} for chosen in block)
    return Unit(columns=block, kind="block", grid=grid)


def _single(explained: Explained, kind: Kind, values: Any) -> Iterator[Unit]:
    """The unit of one column; none where there is nothing else that it could be set to."""
    column, rules = kind.column, explained.explain.counterfactuals
    if kind.kind in ("number", "integer"):
        bounds = rules.bounds.get(column, Bounds())
        direction = (column in rules.only_up) - (column in rules.only_down)
        unit = _numeric(explained, kind, values, bounds, direction)
    else:
        unit = Unit(columns=(column,), kind="category", grid=_categories(kind, values))
    if unit is not None and unit.grid:
        yield unit


def _numeric(
    explained: Explained, kind: Kind, values: Any, bounds: Bounds, direction: int
) -> Unit | None:
    known = np.asarray(pc.fill_null(values.cast(pa.float64()), np.nan).to_numpy(), dtype=float)
    known = known[np.isfinite(known)]
    if not len(known):
        return None
    ends = _ends(explained.inputs.column(kind.column))
    low = ends[0] if bounds.min is None else bounds.min
    high = ends[1] if bounds.max is None else bounds.max
    spread = _spread(known)
    decimals = 0 if kind.kind == "integer" else _decimals(known, spread)
    listed = np.unique(known)
    is_listed = kind.kind == "integer" and len(listed) <= _GRID
    spaced = listed if is_listed else np.quantile(known, np.linspace(0, 1, _GRID))
    tries = [*spaced, *(e for e in (bounds.min, bounds.max) if e is not None)]
    grid = {v for t in tries if (v := _inside(float(t), low, high, decimals)) is not None}
    return Unit(
        columns=(kind.column,), kind="number", grid=tuple(sorted(grid)), direction=direction,
        low=low, high=high, decimals=decimals, spread=spread, is_listed=is_listed,
    )  # fmt: skip


def _ends(column: Any) -> tuple[float, float]:
    """The smallest and largest known value of all rows."""
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_finite(column), column, pa.scalar(None, column.type))
    ends = pc.min_max(column).as_py()
    return float(ends["min"]), float(ends["max"])


def _spread(known: Floats) -> float:
    """The interquartile range; where it is 0 the whole range, and where that is 0, 1."""
    quarter, three = np.quantile(known, (0.25, 0.75))
    return float(three - quarter) or float(known.max() - known.min()) or 1.0


def _decimals(known: Floats, spread: float) -> int:
    """As many as the data are written with, and no more than three digits of the spread need."""
    needed = max(0, _SIGNIFICANT - 1 - floor(log10(spread)))
    near = _NEAR * np.maximum(1.0, np.abs(known))
    for decimals in range(min(needed, _MOST_DECIMALS)):
        if bool((np.abs(known - np.round(known, decimals)) <= near).all()):
            return decimals
    return needed


def _inside(value: float, low: float, high: float, decimals: int) -> float | None:
    """The written number nearest to a value that is within the bounds; None where none is."""
    step = 10.0**-decimals
    found = _written(value, decimals)
    if found < low:
        found = _written(ceil(low / step) * step, decimals)
    if found > high:
        found = _written(floor(high / step) * step, decimals)
    return found if low <= found <= high else None


def _written(value: float, decimals: int) -> float:
    return float(round(value, decimals))


def _categories(kind: Kind, values: Any) -> tuple[Any, ...]:
    """Values that several rows have, the most frequent first; both of a boolean."""
    if kind.kind == "boolean":
        return (False, True)
    try:
        counted = pc.value_counts(values.drop_null())
    except pa.ArrowNotImplementedError:  # lists and records
        return ()
    seen = [(-c["counts"], str(c["values"]), c["values"]) for c in counted.to_pylist()]
    kept = sorted((s for s in seen if -s[0] >= _SEEN), key=lambda s: s[:2])
    return tuple(value for _, _, value in kept[:_MOST_CATEGORIES])
