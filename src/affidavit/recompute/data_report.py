"""The data report, first cut: rows, missing values, label balance, inputs of suspicious strength.

An input that alone nearly decides the label is often known only after the decision that it is to
predict.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc

from affidavit.errors import SourceError
from affidavit.evidence import LEVEL, Finding
from affidavit.intervals import critical
from affidavit.printable import printable
from affidavit.recompute.coded import code
from affidavit.recompute.delong import compute_auc
from affidavit.recompute.metrics import Bools
from affidavit.recompute.rows import Rows, floats

MIN_AUC, MIN_LOW = 0.95, 0.9
MIN_SHARE, MAX_BASE = 0.9, 0.7
MIN_LIFT = 10
MIN_ROWS, MIN_EACH, MAX_VALUES = 30, 10, 50
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
        n = dict(sorted(zip(one.labels.names, one.labels.sizes(), strict=True)))
        if len(n) <= _MAX_NAMED:
            shares = ", ".join(f"{printable(v)} {c}" for v, c in n.items())
            notes.append(f"{one.role}: labels {shares}; none {one.n - sum(n.values())}.")
        missing = {c: table.data.column(c).null_count for c in table.columns}
        holes = [f"{printable(c)} {n}" for c, n in missing.items() if n]
        shown = ", ".join(holes[:_MAX_NAMED]) + (", ..." if len(holes) > _MAX_NAMED else "")
        notes.append(f"{one.role}: missing values {shown or 'none'}.")
    return tuple(notes)


def suspicious_inputs(
    rows: Sequence[Rows], inputs: Sequence[str], labels: BinaryLabels, report: str
) -> tuple[Finding, ...]:
    """Model inputs that nearly decide the label alone, over the labelled rows of all roles.

    By value (of at most 50, and by whether there is a value at all), in at least 30 rows: at least
    90 % of them have one label where at most 70 % of all rows have it; or at least 10 of them have
    a label ten times as often as all rows, which is how a rare event is given away. By rank: the
    input's own AUC is at least 0.95 in either direction, the lower end of its interval at least
    0.9, with at least 10 rows of each label.
    """
    positive = np.concatenate([r.labels.equals(labels.positive)[r.is_labelled] for r in rows])
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
    for where, here in _parts(rows, column):
        n, hits = int(here.sum()), int(positive[here].sum())
        for label, count, base in (
            (labels.positive, hits, float(positive.mean())),
            (labels.negative, n - hits, 1 - float(positive.mean())),
        ):
            if _gives_away(count, n, base):
                times = f", {count / n / base:.0f} times the share of all rows"
                said = f"{count} of {n} rows {where} have the label {label!r}"
                return said if count >= MIN_SHARE * n else said + times
    return None


def _gives_away(count: int, n: int, base: float) -> bool:
    if n < MIN_ROWS:
        return False
    is_nearly_all = count >= MIN_SHARE * n and base <= MAX_BASE
    return is_nearly_all or (count >= MIN_EACH and count >= MIN_LIFT * base * n)


def _parts(rows: Sequence[Rows], column: str) -> Iterator[tuple[str, Bools]]:
    """Rows with and without a value, then the rows of each value where these are few."""
    raw = [(r.table.raw(column), r.is_labelled) for r in rows]
    missing = np.concatenate([_is_missing(values)[known] for values, known in raw])
    if missing.any():
        yield "where it is missing", missing
        yield "where it is not missing", ~missing
    if any(pc.count_distinct(values).as_py() > MAX_VALUES for values, _ in raw):
        return  # before any value becomes text
    coded = [code(r.table.text(column)).where(r.is_labelled) for r in rows]
    values = sorted({v for c in coded for v in c.names})
    if len(values) <= MAX_VALUES:
        for value in values:
            yield f"with {printable(value)!r}", np.concatenate([c.equals(value) for c in coded])


def _is_missing(values: Any) -> Bools:
    found = pc.is_null(values, nan_is_null=True)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)


def _by_rank(rows: Sequence[Rows], column: str, positive: Bools) -> str | None:
    try:
        parts = [floats(r.table.numbers(column, "input"))[r.is_labelled] for r in rows]
    except SourceError:  # words; they were looked at by value
        return None
    values = np.concatenate(parts)
    there = np.isfinite(values)
    each = int(positive[there].sum()), int((~positive[there]).sum())
    area = compute_auc(positive[there], values[there])
    if area is None or area.standard_error is None or min(each) < MIN_EACH:
        return None
    strength = max(area.value, 1 - area.value)
    low = strength - critical(LEVEL) * area.standard_error
    if strength < MIN_AUC or low < MIN_LOW:
        return None
    return f"its own AUC is {strength:.3f}"


def _finding(column: str, said: str, report: str) -> Finding:
    return Finding(
        id=f"recompute.suspicious.{column}", kind="exception", stage="recompute",
        what=f"{printable(column)} alone nearly decides the label: {said}",
        expected="no single input that gives the label away", found=said,
        fix=f"find out whether {printable(column)} is known before the decision; if not, train "
        "without it",
        items=(report,),
    )  # fmt: skip
