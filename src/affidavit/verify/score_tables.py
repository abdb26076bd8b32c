"""Calibration bins, gains and weights: tables whose rows have to fit each other and the counts."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from math import fsum
from typing import Final

from affidavit.counts import UNKNOWN_LABEL
from affidavit.evidence import LEVEL, Report
from affidavit.intervals import Proportion, critical, wilson
from affidavit.verify.checks import Fault
from affidavit.verify.count_tables import NamedTable
from affidavit.verify.nearness import WRITTEN, slack

_MOST: Final = Fraction(101, 100)  # probabilities of a row may add up to a little more than 1


def table_faults(path: str, report: Report, main: NamedTable) -> Iterator[Fault]:
    """The bins and gains of a binary task's performance report.

    Args:
        path: of the report.
        report: performance.
        main: its count table.
    """
    is_weighted = main.spec.weighted
    known = [c for c in main.table.rows if c.label != UNKNOWN_LABEL]
    positives = sum(c.n for c in known if c.label == main.spec.positive)
    values = {n.metric: n.value for n in report.numbers if n.source == "scores"}
    if report.calibration or values.get("brier_score") is not None:
        yield from _bin_faults(path, report, None if is_weighted else positives)
    if report.gains or 0 < positives < report.n_labelled:
        yield from _gain_faults(path, report)
    error = values.get("expected_calibration_error")
    if error is not None and not is_weighted and report.n_labelled:
        off = fsum(b.n * abs(b.mean_score - b.observed) for b in report.calibration)
        if not _near(off / report.n_labelled, error):
            yield Fault(
                f"{path}: the expected calibration error does not follow from the bins", path,
                repr(off / report.n_labelled), repr(error),
            )  # fmt: skip


def _bin_faults(path: str, report: Report, positives: int | None) -> Iterator[Fault]:
    bins = report.calibration
    if sum(b.n for b in bins) != report.n_labelled:
        yield Fault(f"{path}: calibration bins hold other rows than the report", path,
                    str(report.n_labelled), str(sum(b.n for b in bins)))  # fmt: skip
    if any(one.last >= other.first for one, other in pairwise(bins)):
        yield Fault(f"{path}: calibration bins overlap", path, "rising scores", "others")
    for place, b in enumerate(bins, 1):
        ordered = (
            _rises(0.0, b.first, b.mean_score, b.last, 1.0)
            and _rises(0.0, b.low, b.observed, b.high, 1.0)
        )  # fmt: skip
        # In order first: of a share below 0 or above 1 there is no interval to compare with.
        follows = positives is None or (ordered and (
            abs(b.observed * b.n - round(b.observed * b.n)) <= b.n * WRITTEN
            and all(
                _near(ours, theirs) for ours, theirs in
                zip(wilson(Proportion(p=b.observed, n=b.n), critical(LEVEL)), (b.low, b.high),
                    strict=True)
            )
        ))  # fmt: skip
        if not (ordered and follows):
            yield Fault(
                f"{path}: calibration bin {place} cannot be", path,
                "ends in order, a share of whole rows with its Wilson interval",
                f"{b.n} rows, mean score {b.mean_score}, observed {b.observed}",
            )  # fmt: skip
    found = fsum(b.observed * b.n for b in bins)
    if positives is not None and not _near(found, float(positives)):
        yield Fault(f"{path}: calibration bins hold other labels than the counts", path,
                    f"{positives} of the event", f"{found:g}")  # fmt: skip


def _gain_faults(path: str, report: Report) -> Iterator[Fault]:
    rows = report.gains
    last = rows[-1] if rows else None
    if last is None or last.n != report.n_labelled or not (_near(last.gain, 1)
                                                           and _near(last.share, 1)):  # fmt: skip
        yield Fault(f"{path}: gains do not reach all rows", path,
                    f"{report.n_labelled} rows, all events", str(last))  # fmt: skip
    for one, other in pairwise(rows):
        if not (one.n < other.n and one.share <= other.share and one.gain <= other.gain):
            yield Fault(f"{path}: gains do not rise", path, f"above {one.n} rows",
                        f"{other.n} rows, gain {other.gain}")  # fmt: skip
    for row in rows:
        low, high = row.low, row.high
        held = low is None or high is None or _rises(low, row.lift, high)
        if not (held and row.share > 0 and _near(row.lift, row.gain / row.share)):
            yield Fault(
                f"{path}: the lift of the first {row.n} rows does not follow", path,
                f"{row.gain} / {row.share}, within its interval", str(row.lift),
            )  # fmt: skip


def weight_faults(main: NamedTable, table: NamedTable) -> Iterator[Fault]:
    """Sums of weights that no rows have; probabilities that add up to more than 1."""
    is_probability = table.spec.table == "estimated" and not main.spec.weighted
    for cell in table.table.rows:
        w, w2 = Fraction(cell.sum_w), Fraction(cell.sum_w2)
        is_square = w2 <= w * w and (cell.n > 1 or _near(float(w2), float(w * w)))
        if not is_square or (is_probability and not w2 <= w <= cell.n):
            yield Fault(
                f"{table.path}: no weights have the sums of {', '.join(cell.groups)}, label "
                f"{cell.label!r}", table.path, "squares of at most the square of the sum",
                f"{cell.n} rows, {cell.sum_w}, squared {cell.sum_w2}",
            )  # fmt: skip
    if table.spec.table == "estimated":
        yield from _probability_faults(main, table)


def _probability_faults(main: NamedTable, table: NamedTable) -> Iterator[Fault]:
    """The groups of a row exclude each other, so over all of them a row counts once at most."""
    most: dict[tuple[str, str], Fraction] = {}
    found: dict[tuple[str, str], Fraction] = {}
    for sums, one in ((most, main), (found, table)):
        for cell in one.table.rows:
            key = cell.label, cell.decision
            sums[key] = sums.get(key, Fraction(0)) + Fraction(cell.sum_w)
    for key, weight in sorted(found.items()):
        if weight > most.get(key, Fraction(0)) * _MOST:
            yield Fault(
                f"{table.path}: the groups together weigh more than all rows", table.path,
                f"{float(most.get(key, Fraction(0))):g}", f"{float(weight):g}",
            )  # fmt: skip


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= slack(one, other)


def _rises(*values: float) -> bool:
    return all(a <= b + slack(b) for a, b in pairwise(values))
