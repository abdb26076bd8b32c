"""Inputs of suspicious strength: one that alone nearly decides the label.

Such an input is often known only after the decision that it is to predict.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc

from affidavit.evidence import LEVEL, Finding
from affidavit.intervals import critical
from affidavit.printable import printable
from affidavit.recompute.coded import Bools, code
from affidavit.recompute.columns import as_floats
from affidavit.recompute.delong import compute_auc
from affidavit.recompute.floats import Floats
from affidavit.recompute.rows import Rows

MIN_AUC, MIN_LOW = 0.95, 0.9
MIN_SHARE, MAX_BASE = 0.9, 0.7
MIN_LIFT = 10
MIN_ROWS, MIN_EACH, MAX_VALUES = 30, 10, 50
MIN_R, MIN_R2 = 0.95, 0.95
MAX_CLASSES = 20
_MAX_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class BinaryLabels:
    """The two label values of a binary task."""

    positive: str
    negative: str


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
    positive = _flags(rows, labels.positive)
    if not positive.any() or positive.all():
        return ()
    named = (labels.positive, labels.negative)
    findings = []
    for column in _in_all(rows, inputs):
        said = _by_value(rows, column, positive, named) or _by_rank(rows, column, positive)
        if said:
            findings.append(_finding(column, said, report))
    return tuple(findings)


def suspicious_of_classes(
    rows: Sequence[Rows], inputs: Sequence[str], classes: Sequence[str], report: str
) -> tuple[Finding, ...]:
    """The same for a multiclass label: each of its first 20 classes against the rest.

    By value only the class itself counts, not the rest: of many classes most rows are always
    of another.
    """
    flags = {c: _flags(rows, c) for c in sorted(classes)[:MAX_CLASSES]}
    decidable = {c: f for c, f in flags.items() if f.any() and not f.all()}
    findings = []
    for column in _in_all(rows, inputs):
        said = [
            found
            for name, flag in decidable.items()
            if (found := _by_value(rows, column, flag, (name, None)) or _of_class(
                name, _by_rank(rows, column, flag)
            ))
        ]  # fmt: skip
        if said:
            more = len(said) - _MAX_NAMED
            text = "; ".join(said[:_MAX_NAMED]) + (f"; and {more} more" if more > 0 else "")
            findings.append(_finding(column, text, report))
    return tuple(findings)


def suspicious_of_targets(
    rows: Sequence[Rows], inputs: Sequence[str], report: str
) -> tuple[Finding, ...]:
    """The same for a number to be predicted, over at least 30 rows that have both.

    By rank of straightness: Pearson's correlation with the target is above 0.95 in either
    direction. By value (of at most 50, ten rows each on average): the means of its values leave
    less than 5 % of the target's variance.
    """
    target = np.concatenate([r.targets[r.is_labelled] for r in rows])
    findings = []
    for column in _in_all(rows, inputs):
        said = _by_line(rows, column, target) or _by_means(rows, column, target)
        if said:
            findings.append(_finding(column, said, report))
    return tuple(findings)


def _flags(rows: Sequence[Rows], name: str) -> Bools:
    return np.concatenate([r.labels.equals(name)[r.is_labelled] for r in rows])


def _in_all(rows: Sequence[Rows], inputs: Sequence[str]) -> list[str]:
    """The inputs that every role has."""
    return [c for c in inputs if all(c in r.table.columns for r in rows)]


def _of_class(name: str, said: str | None) -> str | None:
    return said and f"for {printable(name)!r} against the rest {said}"


def _by_line(rows: Sequence[Rows], column: str, target: Floats) -> str | None:
    values = _numbers(rows, column)
    if values is None:
        return None
    there = np.isfinite(values) & np.isfinite(target)
    x, y = values[there], target[there]
    if len(x) < MIN_ROWS or x.min() == x.max() or y.min() == y.max():
        return None
    x, y = _scaled(x), _scaled(y)
    spread = float((x * x).sum()) * float((y * y).sum())
    r = float((x * y).sum()) / spread**0.5 if spread > 0 else 0.0
    return f"its correlation with the target is {r:.3f}" if abs(r) > MIN_R else None


def _scaled(values: Floats) -> Floats:
    """Centred, within [-1, 1], so that squares neither overflow nor vanish."""
    centred = values / np.abs(values).max()
    centred = centred - centred.mean()
    return np.asarray(centred / np.abs(centred).max() if centred.any() else centred)


def _by_means(rows: Sequence[Rows], column: str, target: Floats) -> str | None:
    if any(pc.count_distinct(r.table.raw(column)).as_py() > MAX_VALUES for r in rows):
        return None
    coded = [code(r.table.text(column)).where(r.is_labelled) for r in rows]
    values = sorted({v for c in coded for v in c.names})
    there = np.isfinite(target)
    if len(values) > MAX_VALUES or there.sum() < max(MIN_ROWS, MIN_EACH * len(values)):
        return None
    y = _scaled(target[there]) if target[there].any() else target[there]
    total, within = float((y * y).sum()), 0.0
    for value in (*values, None):
        flags = [c.equals(value) if value is not None else ~c.is_known for c in coded]
        part = y[np.concatenate(flags)[there]]
        within += float(((part - part.mean()) ** 2).sum()) if len(part) else 0.0
    if total <= 0 or 1 - within / total <= MIN_R2:
        return None
    return f"its values alone explain {100 * (1 - within / total):.1f} % of the target's variance"


def _numbers(rows: Sequence[Rows], column: str) -> Floats | None:
    """The labelled rows' values as numbers; None for words, which are looked at by value."""
    parts = [as_floats(r.table.raw(column)) for r in rows]
    known = [p[r.is_labelled] for p, r in zip(parts, rows, strict=True) if p is not None]
    return np.concatenate(known) if len(known) == len(rows) else None


def _by_value(
    rows: Sequence[Rows], column: str, positive: Bools, labels: tuple[str, str | None]
) -> str | None:
    for where, here in _parts(rows, column):
        n, hits = int(here.sum()), int(positive[here].sum())
        for label, count, base in (
            (labels[0], hits, float(positive.mean())),
            (labels[1], n - hits, 1 - float(positive.mean())),
        ):
            if label is not None and _gives_away(count, n, base):
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
    values = _numbers(rows, column)
    if values is None:
        return None
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
