"""What an input is set to, or moved by, to see whether the model stays reasonable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa

from affidavit.recompute.explain.explained import Explained, Kind, Places
from affidavit.recompute.explain.overall.values import (
    Distinct,
    distinct,
    is_numeric,
    numbers_of,
    plain,
    shown,
    value_codes,
)
from affidavit.recompute.floats import Floats

SMALL_MOVE: Final = 0.01  # of the interquartile range
UNSEEN_WORD: Final = "a value never seen"

Family = Literal["seen", "beyond", "unseen", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One question about one column.

    Attributes:
        at: in words.
        family: `seen` where such values are in the data; else how they are not: `beyond` the
            numbers there are, a category that is `unseen`, `missing` where none is.
        values: an Arrow array, one for each probed row; of a type that casts to the column's.
        asked: places of the probed rows that are asked about; the others have no value to move.
        step: how far a number is moved, in its own spreads (`spread_of`); None else.
    """

    column: str
    kind: Literal["sensitivity", "stress"]
    at: str
    family: Family
    values: Any
    asked: Places
    step: float | None = None

    @property
    def is_seen(self) -> bool:
        return self.family == "seen"


def settings_of(explained: Explained, rows: Any, kind: Kind) -> Iterator[Setting]:
    """What to ask about a column.

    Numbers: moved up and down by a hundredth of their interquartile range (integers by 1 at least);
    set to the least and the largest value of the data, as far beyond either as these are apart, to
    zero, and below zero where no value is. Categories: switched to another seen one; set to one
    never seen. All: missing.

    Args:
        explained: all rows, whose values are the seen ones.
        rows: a pyarrow Table, those that are asked about.
        kind: of the column.
    """
    if is_numeric(kind):
        seen = numbers_of(explained.inputs, kind.column)
        known = seen[~np.isnan(seen)]
        if len(known):
            yield from _moves(rows, kind, known)
            yield from _extremes(rows, kind, known)
        yield _missing(rows, kind.column, is_seen=len(known) < len(seen))
        return
    found = distinct(explained.inputs, kind.column)
    yield from _switches(explained, rows, kind.column, found)
    if kind.kind == "category":
        yield from _unseen(rows, kind.column, found)
    yield _missing(rows, kind.column, is_seen=found.missing > 0)


def _moves(rows: Any, kind: Kind, known: Floats) -> Iterator[Setting]:
    """A little up and a little down; nothing where the column is constant."""
    spread = spread_of(known)
    step = SMALL_MOVE * spread
    if kind.kind == "integer":
        step = float(max(1, round(step))) if step else 0.0
    if not step:
        return
    numbers = numbers_of(rows, kind.column)
    asked = np.flatnonzero(~np.isnan(numbers))
    for sign, word in ((1, "up"), (-1, "down")):
        moved = np.where(np.isnan(numbers), 0.0, numbers + sign * step)
        # A move beyond the data is stress, not a small change of what was seen.
        moved = np.clip(moved, known.min(), known.max())
        yield Setting(
            column=kind.column, kind="sensitivity", at=f"moved {word} by {shown(step)}",
            family="seen", values=pa.array(moved), asked=asked, step=step / spread,
        )  # fmt: skip


def spread_of(known: Floats) -> float:
    """The interquartile range; where it is 0, the 5th to the 95th percentile, then the range.

    Args:
        known: (n,), at least one, no NaN.
    """
    for low, high in ((25, 75), (5, 95), (0, 100)):
        ends = np.percentile(known, [low, high])
        if ends[1] > ends[0]:
            return float(ends[1] - ends[0])
    return 0.0


def _extremes(rows: Any, kind: Kind, known: Floats) -> Iterator[Setting]:
    least, most = float(known.min()), float(known.max())
    far = (most - least) or max(abs(most), 1.0)
    below = "below zero, never seen" if least >= 0 else "below the least seen"
    lower = least - far if least < far else -far
    named = [
        ("the least seen", least), ("the largest seen", most),
        ("beyond the largest seen", most + far), (below, lower), ("zero", 0.0),
    ]  # fmt: skip
    taken: set[float] = set()
    for words, value in named:
        if value in taken or not fits(value, rows.schema.field(kind.column).type):
            continue
        taken.add(value)
        family: Family = "seen" if bool((known == value).any()) else "beyond"
        yield _set(rows, kind.column, f"{words}: {shown(value)}", pa.scalar(value), family)


def fits(value: float, kind: Any) -> bool:
    """Whether the column's type can hold the number, so that the model can be given it."""
    try:
        held = pa.scalar(value, pa.float64()).cast(kind)
    except pa.ArrowInvalid:
        return False
    return bool(np.isfinite(float(held.as_py())))


def _switches(
    explained: Explained, rows: Any, column: str, found: Distinct
) -> Iterator[Setting]:  # fmt: skip
    """Each row's value to another that the data has, drawn; nothing where there is one alone."""
    if len(found.values) < 2:
        return
    here = value_codes(rows, column, found.values)
    asked = np.flatnonzero(here >= 0)
    chance = explained.random(f"probing: {column}")
    steps = chance.randint(1, len(found.values), size=rows.num_rows)
    other = np.where(here >= 0, (here + steps) % len(found.values), 0)
    yield Setting(
        column=column, kind="sensitivity", at="switched to another value seen", family="seen",
        values=found.values.take(pa.array(other)), asked=asked,
    )  # fmt: skip


def _unseen(rows: Any, column: str, found: Distinct) -> Iterator[Setting]:
    """A category that the data does not have: a word, or a number beyond those there are."""
    kind = plain(rows.column(column)).type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        word = UNSEEN_WORD
        while word in set(found.values.to_pylist()):
            word += "_"
        value: Any = pa.scalar(word, kind)
    elif pa.types.is_integer(kind) or pa.types.is_floating(kind):
        value = pa.scalar(float(max(found.values.to_pylist(), default=0) + 1))
        if not fits(value.as_py(), kind):
            return
    else:
        return
    at = f"a category never seen: {shown(value.as_py())}"
    yield _set(rows, column, at, value, "unseen")


def _missing(rows: Any, column: str, *, is_seen: bool) -> Setting:
    kind = plain(rows.column(column)).type
    return _set(rows, column, "missing", pa.scalar(None, kind), "seen" if is_seen else "missing")


def _set(rows: Any, column: str, at: str, value: Any, family: Family) -> Setting:
    return Setting(
        column=column, kind="stress", at=at, family=family,
        values=pa.repeat(value, rows.num_rows), asked=np.arange(rows.num_rows),
    )  # fmt: skip
