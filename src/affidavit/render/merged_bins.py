"""Calibration bins and rows of gains with small cells, merged: aggregated, none is left out.

Both tables cut the same rows by score. Both are merged from the highest score downwards by the one
rule, so that neither gives what the other merges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum

from affidavit.evidence import LEVEL, CalibrationBin, GainsRow, Report
from affidavit.intervals import Proportion, critical, wilson
from affidavit.masking import LEAST, is_small


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Rows of similar score; `interval` is None where merged rows are not independent."""

    first: float
    last: float
    n: int
    mean_score: float
    observed: float
    interval: tuple[float, float] | None


def merged_bins(report: Report) -> tuple[Bin, ...]:
    """The bins over all rows, ascending, each with no or at least ten rows of either label.

    A weighted share tells nothing of how many people it is of, and its bins cannot be merged
    without the weights: of those only bins of fewer than ten rows are left out.
    """
    bins = [b for b in report.calibration if b.group is None]
    if _is_weighted(report):
        return tuple(_bin([b], plain=True) for b in bins if not is_small(b.n))
    cells = [(b.n, round(b.observed * b.n)) for b in bins]
    blocks = _blocks(list(reversed(cells)))
    plain = report.counts is None or report.counts.unit is None
    descending = list(reversed(bins))
    return tuple(_bin([descending[i] for i in block], plain=plain) for block in reversed(blocks))


def merged_gains(report: Report) -> tuple[GainsRow, ...]:
    """The rows of gains between which no small cell lies; the last, of all rows, always."""
    rows = list(report.gains)
    events = _events(report)
    if events is None or not rows:
        return tuple(rows)
    totals = [(r.n, round(r.gain * events)) for r in rows]
    before = [(0, 0), *totals]
    cells = [(n - m, k - j) for (n, k), (m, j) in zip(totals, before, strict=False)]
    return tuple(rows[block[-1]] for block in _blocks(cells))


def _is_weighted(report: Report) -> bool:
    return report.counts is not None and report.counts.weighted


def _events(report: Report) -> int | None:
    """How many rows had the event; None where a weight stands between share and people."""
    found = next(
        (n for n in report.numbers if n.metric == "prevalence" and not n.group and not n.label),
        None,
    )
    if _is_weighted(report) or found is None or found.value is None:
        return None
    return round(found.value * found.n)


def _blocks(cells: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Neighbours merged until each block has none or at least ten with and without the event."""
    blocks: list[list[int]] = []
    own: list[int] = []
    for place in range(len(cells)):
        own.append(place)
        if _is_whole(cells, own):
            blocks.append(own)
            own = []
    while own and blocks and not _is_whole(cells, own):  # what is left at the end goes to the last
        own = blocks.pop() + own
    return [*blocks, own] if own else blocks


def _is_whole(cells: Sequence[tuple[int, int]], places: Sequence[int]) -> bool:
    rows, events = (sum(cells[i][side] for i in places) for side in (0, 1))
    return rows >= LEAST and not is_small(events) and not is_small(rows - events)


def _bin(parts: Sequence[CalibrationBin], *, plain: bool) -> Bin:
    if len(parts) == 1:
        one = parts[0]
        return Bin(
            first=one.first, last=one.last, n=one.n, mean_score=one.mean_score,
            observed=one.observed, interval=(one.low, one.high),
        )  # fmt: skip
    n = sum(p.n for p in parts)
    share = fsum(p.observed * p.n for p in parts) / n
    return Bin(
        first=min(p.first for p in parts), last=max(p.last for p in parts), n=n,
        mean_score=fsum(p.mean_score * p.n for p in parts) / n, observed=share,
        interval=wilson(Proportion(p=share, n=n), critical(LEVEL)) if plain else None,
    )  # fmt: skip
