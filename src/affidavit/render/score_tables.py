"""Calibration and gains: what the scores say beside what was so, in tables and a figure."""

from __future__ import annotations

from typing import Final

from affidavit.evidence import Report
from affidavit.render.merged_bins import Bin, merged_bins, merged_gains
from affidavit.render.numbers import shown
from affidavit.render.tables import BinRow, Calibration, Figure, GainRow, Point
from affidavit.render.words import THIN, listed, many, portable

_AGREEMENT: Final = {
    "past-decision": "The share is of the lender's past decision: this shows agreement with it, "
    "not with repayment.",
    "proxy": "The share is of the stand-in for the outcome: this shows agreement with it.",
}


def calibration(report: Report, event: str) -> Calibration | None:
    """The bins over all rows, drawn and in a table; None where the report has none."""
    bins = merged_bins(report)
    if not bins:
        return None
    by_group = sum(b.group is not None for b in report.calibration)
    points = tuple(_point(b) for b in bins)
    intro = (
        f"Rows by score, {many(len(bins), 'bin')}: the mean score of each beside the share that is "
        f"labelled {event}, with its 95{THIN}% interval. Calibrated scores lie on the diagonal."
    )
    intro += f" {_AGREEMENT[report.label_kind]}" if report.label_kind in _AGREEMENT else ""
    if len(bins) < len(report.calibration) - by_group:
        intro += " Bins with fewer than ten rows of a label are merged; the report has each."
    intro += " The bins of each group are in the report." if by_group else ""
    said = listed([f"{_score(p.mean)} to {_percent(p.observed)}" for p in points])
    return Calibration(
        intro=intro,
        figure=Figure(
            name=f"calibration-{portable(report.role)}",
            title=f"Calibration, role {report.role}",
            summary=f"Mean score to share labelled {event}: {said}".replace(THIN, " "),
            axis_low=0.0,
            axis_high=_top(points),
            points=points,
            across="Mean score",
            up=f"Share labelled {event}",
        ),
        bins=tuple(_row(b) for b in bins),
    )


def _top(points: tuple[Point, ...]) -> float:
    """The end of both axes: the tenth above all that is drawn."""
    most = max(max(p.mean, p.high) for p in points)
    return next((k / 10 for k in range(1, 10) if most <= k / 10), 1.0)


def _point(one: Bin) -> Point:
    low, high = one.interval or (one.observed, one.observed)
    return Point(mean=one.mean_score, observed=one.observed, low=low, high=high)


def _row(one: Bin) -> BinRow:
    ends = [_percent(v) for v in one.interval or ()]
    return BinRow(
        scores=f"{_score(one.first)} to {_score(one.last)}",
        n=f"{one.n:,}",
        mean=_score(one.mean_score),
        observed=_percent(one.observed),
        interval=f"{ends[0].removesuffix(f'{THIN}%')} to {ends[1]}" if ends else "none",
    )


def gain_rows(report: Report) -> tuple[GainRow, ...]:
    """The gains table: the highest scores, tenth by tenth, as far as no small cell follows."""
    return tuple(
        GainRow(
            share=_percent(g.share),
            n=f"{g.n:,}",
            gain=_percent(g.gain),
            lift=shown(g.lift, "plain", 2),
            interval="" if g.low is None or g.high is None
            else f"{shown(g.low, 'plain', 2)} to {shown(g.high, 'plain', 2)}",
        )
        for g in merged_gains(report)
    )  # fmt: skip


def _score(value: float) -> str:
    return shown(value, "plain", 3)


def _percent(value: float) -> str:
    return shown(value, "percent", 1)
