"""What the snapshots hold, in words: rows, labels, missing values, duplicates, labels by group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from affidavit.config import Config
from affidavit.evidence import Finding
from affidavit.masking_lines import LEAST, is_small
from affidavit.printable import printable
from affidavit.recompute.coded import Coded
from affidavit.recompute.columns import plain
from affidavit.recompute.groups import Grouping
from affidavit.recompute.rows import Rows
from affidavit.wording import first_text

MAX_CELLS = 200_000_000
MANY_DUPLICATES = 0.01
_MAX_NAMED = 12
# Steele's SplitMix64: each step is one-to-one, so only the sum over columns can collide.
_GOLDEN, _MIX1, _MIX2 = (
    np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB),
)  # fmt: skip
Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicates:
    """Rows of one role that are equal to an earlier one.

    Attributes:
        n: None where they were not looked for.
    """

    n: int | None
    notes: tuple[str, ...]
    findings: tuple[Finding, ...] = ()


def data_notes(rows: Sequence[Rows]) -> tuple[str, ...]:
    """What each role's snapshot holds, in words: rows, columns, labels, missing values."""
    notes = []
    for one in rows:
        table = one.table
        notes.append(f"{one.role}: {one.n} rows, {len(table.columns)} columns.")
        notes += [f"{one.role}: {note}" for note in table.notes]
        n = dict(sorted(zip(one.labels.names, one.labels.sizes(), strict=True)))
        if 0 < sum(n.values()) < LEAST:
            notes.append(f"{one.role}: labels of fewer than {LEAST} rows are not told here.")
        elif len(n) <= _MAX_NAMED:
            shares = ", ".join(f"{printable(v)} {c}" for v, c in n.items())
            notes.append(f"{one.role}: labels {shares}; none {one.n - sum(n.values())}.")
        missing = {c: plain(table.raw(c)).null_count for c in table.columns}
        holes = [f"{printable(c)} {n}" for c, n in missing.items() if n]
        notes.append(f"{one.role}: missing values {first_text(holes, _MAX_NAMED) or 'none'}.")
    return tuple(notes)


def group_notes(rows: Rows, groupings: Sequence[Grouping], config: Config) -> tuple[str, ...]:
    """The label of each group of each sensitive attribute: its share with n, and how many lack it.

    Of a binary task the share of `positive`, of a multiclass one the largest class, of a
    regression the mean. Cards print these notes, so an attribute with a group of few rows, or of
    few with the label or without it, is told of without its shares: they would be persons' labels.
    """
    notes = []
    for grouping in groupings:
        column = grouping.column
        by = f"by {printable(grouping.spec.name)}"
        if any(_is_few(rows, column.equals(name), config) for name in column.names):
            notes.append(
                f"{rows.role}: {_balance_of(config)} {by} is not told here: it would be that of "
                f"fewer than {LEAST} rows; the counts have it."
            )
            continue
        said = [
            f"{printable(name)} {_balance(rows, column.equals(name), config)}"
            for name in sorted(column.names)
        ]
        notes.append(f"{rows.role}: {_balance_of(config)} {by}: {first_text(said, _MAX_NAMED)}.")
    return tuple(notes)


def _is_few(rows: Rows, here: NDArray[np.bool_], config: Config) -> bool:
    """Whether one to nine rows are known, or have the label, or do not have it."""
    known = here & rows.is_labelled
    n = int(known.sum())
    if config.task == "regression" or not n:
        return is_small(n)
    hits = int(
        rows.labels.equals(config.label.positive or _largest(rows.labels, known))[known].sum()
    )
    return is_small(n) or is_small(hits) or is_small(n - hits)


def _balance_of(config: Config) -> str:
    if config.task == "regression":
        return "mean of the label"
    positive = config.label.positive
    return f"share of the label {printable(positive)!r}" if positive else "most frequent label"


def duplicates(rows: Rows, config: Config, items: tuple[str, ...] = ()) -> Duplicates:
    """Rows that are equal to an earlier one in every column but the row id.

    An exception where they are more than 1 % of the rows, and some column has another value in
    more than half of the rows that differ: tables of a few coarse columns have equal rows by
    chance.
    """
    table = rows.table
    columns = [c for c in table.columns if c != config.rows.id]
    if rows.n * len(columns) > MAX_CELLS:
        note = f"{rows.role}: duplicates were not looked for: more than {MAX_CELLS:,} values."
        return Duplicates(n=None, notes=(note,))
    n = _count_equal([table.raw(c) for c in columns], rows.n)
    share = f"{n} of {rows.n} rows"
    notes = (f"{rows.role}: {share} equal an earlier row in all columns but the row id.",)
    if n <= MANY_DUPLICATES * rows.n:
        return Duplicates(n=n, notes=notes)
    finest = max((_distinct(table.raw(c)) for c in columns), default=0)
    if 2 * finest <= rows.n - n:
        return Duplicates(n=n, notes=notes)
    finding = Finding(
        id=f"recompute.duplicates.{rows.role}", kind="exception", stage="recompute",
        what=f"{share} of {rows.role} equal an earlier row in everything but the row id: they "
        "count several times, and intervals take them for cases of their own",
        expected=f"at most {100 * MANY_DUPLICATES:g} % of the rows", found=share,
        fix="take out what is there twice; or, if each is a case of its own, say so where the "
        "data is described",
        items=items,
    )  # fmt: skip
    return Duplicates(n=n, notes=notes, findings=(finding,))


def _balance(rows: Rows, here: NDArray[np.bool_], config: Config) -> str:
    known = here & rows.is_labelled
    n, lacking = int(known.sum()), int((here & ~rows.is_labelled).sum())
    none = f", none {lacking}" if lacking else ""
    if not n:
        return f"no label known of {int(here.sum())}"
    if config.task == "regression":
        return f"{float(rows.targets[known].mean()):.4g} (n {n}{none})"
    name = config.label.positive or _largest(rows.labels, known)
    shown = "" if config.label.positive else f"{printable(name)!r} "
    hits = int(rows.labels.equals(name)[known].sum())
    return f"{shown}{100 * hits / n:.1f} % (n {n}{none})"


def _largest(labels: Coded, keep: NDArray[np.bool_]) -> str:
    sizes = zip(labels.sizes(keep), labels.names, strict=True)
    return min(sizes, key=lambda pair: (-pair[0], pair[1]))[1]


def _count_equal(columns: Sequence[Any], n: int) -> int:
    """Rows equal to an earlier one: by hashes first, then exactly among those that share one."""
    if not columns:
        return 0
    hashes = np.zeros(n, dtype=np.uint64)
    for place, column in enumerate(columns, 1):
        hashes += _mixed(_cells(column) ^ _mixed(np.full(1, place, dtype=np.uint64)))
    _, inverse, sizes = np.unique(hashes, return_inverse=True, return_counts=True)
    alike = np.flatnonzero(sizes[inverse] > 1)
    groups = inverse[alike].astype(np.int64)
    for column in columns:
        _, cells = np.unique(_cells(column)[alike], return_inverse=True)
        _, groups = np.unique(groups * (int(cells.max(initial=0)) + 1) + cells, return_inverse=True)
    return len(alike) - len(np.unique(groups))


def _cells(column: Any) -> Hashes:
    """(n_rows,): a number for each value, the same for equal values only."""
    values = plain(column)
    if pa.types.is_floating(values.type):  # a missing one is NaN, which no other value is now
        numbers = pc.fill_null(values.cast(pa.float64()), np.nan).to_numpy(zero_copy_only=False)
        return np.ascontiguousarray(numbers + 0.0).view(np.uint64)
    if pa.types.is_integer(values.type) and not values.null_count:
        return np.asarray(values.to_numpy(zero_copy_only=False)).astype(np.int64).view(np.uint64)
    try:
        coded = pc.dictionary_encode(values, null_encoding="encode").indices
    except pa.ArrowNotImplementedError:  # lists and records
        texts = pa.array([None if v is None else repr(v) for v in values.to_pylist()], pa.string())
        coded = pc.dictionary_encode(texts, null_encoding="encode").indices
    return np.asarray(coded.to_numpy(zero_copy_only=False)).astype(np.uint64)


def _mixed(values: Hashes) -> Hashes:
    mixed = values + _GOLDEN
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX1
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX2
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))


def _distinct(column: Any) -> int:
    return len(np.unique(_cells(column)))
