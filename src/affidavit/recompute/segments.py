"""The threshold in force for each row: the first segment that fits, else the one for the rest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from affidavit.bundle.canonical import rounded
from affidavit.config import Config, Segment
from affidavit.evidence import Finding
from affidavit.printable import printable
from affidavit.recompute.floats import Floats
from affidavit.recompute.rows import Rows


def thresholds(rows: Rows, config: Config) -> Floats:
    """(n_rows,): the threshold in force for each row, NaN if none.

    To twelve significant digits, as the scores are: a threshold that is itself a score, with all
    its digits, must decide that row.
    """
    base, segments = config.decision.threshold, config.decision.segment
    cuts = [rounded(s.threshold) for s in segments]
    return np.array([*cuts, np.nan if base is None else rounded(base)])[_in_force(rows, config)]


def in_force(rows: Rows, config: Config) -> tuple[float, ...]:
    """The different thresholds that decide rows of a role, rising."""
    cuts = np.unique(thresholds(rows, config))
    return tuple(float(c) for c in cuts if not np.isnan(c))


def segment_note(rows: Rows, config: Config) -> tuple[str, ...]:
    """Each segment with the rows that it decides, in one note; none without segments."""
    segments, base = config.decision.segment, config.decision.threshold
    if not segments:
        return ()
    n = _counts(rows, config)
    parts = [f"{s.threshold:g} where {_where(s)}: {c}" for s, c in zip(segments, n, strict=False)]
    parts += [f"{base:g} for the rest: {n[-1]}"] if base is not None else []
    return (f"Thresholds, and the rows that each decides: {'; '.join(parts)}.",)


def check_segments(rows: Sequence[Rows], config: Config) -> tuple[Finding, ...]:
    """An exception for each segment that decides no row of any role."""
    segments = config.decision.segment
    if not segments:
        return ()
    decided = np.sum([_counts(r, config) for r in rows], axis=0)
    fitting = [sum(int(_fits(r, s).sum()) for r in rows) for s in segments]
    return tuple(
        _unused(position, segment, fitting[position - 1])
        for position, segment in enumerate(segments, 1)
        if decided[position - 1] == 0
    )


def _fits(rows: Rows, segment: Segment) -> NDArray[np.bool_]:
    rows.table.require(segment.column, "the column of a [[decision.segment]]")
    return rows.table.coded(segment.column).equals(segment.value)


def _in_force(rows: Rows, config: Config) -> NDArray[np.int64]:
    """(n_rows,): which segment decides each row; one beyond the last for none."""
    segments = config.decision.segment
    found = np.full(rows.n, len(segments), dtype=np.int64)
    for i, segment in reversed(list(enumerate(segments))):
        found[_fits(rows, segment)] = i
    return found


def _counts(rows: Rows, config: Config) -> list[int]:
    """The rows that each segment decides, and last those that none does."""
    size = len(config.decision.segment) + 1
    return [int(c) for c in np.bincount(_in_force(rows, config), minlength=size)]


def _where(segment: Segment) -> str:
    return f"{printable(segment.column)} = {printable(segment.value)!r}"


def _unused(position: int, segment: Segment, fitting: int) -> Finding:
    taken = f"the {fitting} that fit are taken by segments above it"
    return Finding(
        id=f"recompute.segment.{position:02d}", kind="exception", stage="recompute",
        what=f"[[decision.segment]] {position}, {_where(segment)}, decides no row of any role",
        expected="at least one row", found=f"none; {taken}" if fitting else "no row has this value",
        fix="correct its value or its place in affidavit.toml, or take it out",
    )  # fmt: skip
