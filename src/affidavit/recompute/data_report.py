"""The data report, first cut: rows, missing values, label balance, inputs of suspicious strength.

An input that alone nearly decides the label is often known only after the decision that it is to
predict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from affidavit.errors import SourceError
from affidavit.evidence import Finding
from affidavit.printable import printable
from affidavit.recompute.delong import compute_auc
from affidavit.recompute.metrics import Bools
from affidavit.recompute.rows import Rows, Strings, floats, objects

MIN_AUC, MIN_SHARE, MIN_ROWS, MIN_LIFT, MAX_VALUES = 0.95, 0.9, 30, 0.2, 50
_MAX_NAMED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class BinaryLabels:
    """The two label values of a binary task."""

    positive: str
    negative: str


def data_notes(rows: Sequence[Rows]) -> tuple[str, ...]:
    """What each role's snapshot holds, in words: rows, columns, labels, missing values."""
    notes = []
    for one in rows:
        table = one.table
        notes.append(f"{one.role}: {one.n} rows, {len(table.columns)} columns.")
        values, n = np.unique(one.labels[one.is_labelled].astype(str), return_counts=True)
        if len(values) <= _MAX_NAMED:
            shares = (f"{printable(v)} {c}" for v, c in zip(values, n.tolist(), strict=True))
            notes.append(f"{one.role}: labels {', '.join(shares)}; none {one.n - int(n.sum())}.")
        missing = {c: table.data.column(c).null_count for c in table.columns}
        holes = [f"{printable(c)} {n}" for c, n in missing.items() if n]
        shown = ", ".join(holes[:_MAX_NAMED]) + (", ..." if len(holes) > _MAX_NAMED else "")
        notes.append(f"{one.role}: missing values {shown or 'none'}.")
    return tuple(notes)


def suspicious_inputs(
    rows: Sequence[Rows], inputs: Sequence[str], labels: BinaryLabels, report: str
) -> tuple[Finding, ...]:
    """Model inputs that nearly decide the label alone, over the labelled rows of all roles.

    Either the input's own AUC is at least 0.95 (in either direction), or one of its values, in at
    least 30 rows, has at least 90 % of one label where at most 70 % of all rows have it.
    """
    positive = np.concatenate([r.labels[r.is_labelled] == labels.positive for r in rows])
    positive = positive.astype(bool)
    if not positive.any() or positive.all():
        return ()
    findings = []
    for column in inputs:
        if all(column in r.table.columns for r in rows):
            said = _by_value(rows, column, positive, labels) or _by_rank(rows, column, positive)
            if said:
                findings.append(_finding(column, said, report))
    return tuple(findings)


def _by_value(
    rows: Sequence[Rows], column: str, positive: Bools, labels: BinaryLabels
) -> str | None:
    if any(pc.count_distinct(r.table.raw(column)).as_py() > MAX_VALUES for r in rows):
        return None  # before any value becomes text
    texts: Strings = np.concatenate([objects(r.table.text(column))[r.is_labelled] for r in rows])
    values = sorted({t for t in texts if t is not None})
    if len(values) > MAX_VALUES:
        return None
    base = float(positive.sum()) / len(positive)
    for value in values:
        here = np.array(texts == value, dtype=bool)
        n, hits = int(here.sum()), int(positive[here].sum())
        if n < MIN_ROWS:
            continue
        for label, count, share in (
            (labels.positive, hits, base), (labels.negative, n - hits, 1 - base),
        ):  # fmt: skip
            if count >= MIN_SHARE * n and share <= MIN_SHARE - MIN_LIFT:
                return f"{count} of {n} rows with {printable(value)!r} have the label {label!r}"
    return None


def _by_rank(rows: Sequence[Rows], column: str, positive: Bools) -> str | None:
    try:
        parts = [floats(r.table.numbers(column, "input"))[r.is_labelled] for r in rows]
    except SourceError:  # words; they were looked at by value
        return None
    values = np.concatenate(parts)
    there = np.isfinite(values)
    area = compute_auc(positive[there], values[there])
    if area is None or there.sum() < MIN_ROWS:
        return None
    strength = max(area.value, 1 - area.value)
    return f"its own AUC is {strength:.3f}" if strength >= MIN_AUC else None


def _finding(column: str, said: str, report: str) -> Finding:
    return Finding(
        id=f"recompute.suspicious.{column}", kind="exception", stage="recompute",
        what=f"{printable(column)} alone nearly decides the label: {said}",
        expected="no single input that gives the label away", found=said,
        fix=f"find out whether {printable(column)} is known before the decision; if not, train "
        "without it",
        items=(report,),
    )  # fmt: skip
