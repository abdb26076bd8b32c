"""reports/thresholds/<role>.csv for made rows, counted anew at each threshold: slow and plain."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache

from affidavit.threshold_lines import COLUMNS

Row = Mapping[str, str]  # label, score, decision; and the group of each attribute


def what_if_csv(
    rows: Sequence[Row], sets: Sequence[tuple[str, ...]], *, in_force: float, positive: str = "yes",
    favourable: str = "no",
) -> bytes:  # fmt: skip
    """Every line, without weights.

    Args:
        rows: of a binary task.
        sets: attributes alone, then those whose groups are formed together.
        in_force: the one threshold.
    """
    told = tuple(tuple(row.items()) for row in rows)
    return _written(told, tuple(sets), in_force, positive, favourable)


@lru_cache  # most of what a made bundle takes, and hundreds are made of the same rows
def _written(
    told: tuple[tuple[tuple[str, str], ...], ...], sets: tuple[tuple[str, ...], ...],
    in_force: float, positive: str, favourable: str,
) -> bytes:  # fmt: skip
    rows = [dict(row) for row in told]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    cuts = sorted({*_quantiles([float(r["score"]) for r in rows if r["score"]]), in_force})
    for cut in (None, *cuts):
        for names in ((), *sets):
            for values in sorted({tuple(r[n] for n in names) for r in rows}):
                own = [r for r in rows if tuple(r[n] for n in names) == values]
                line = _line(own, cut, positive, favourable)
                writer.writerow(
                    [
                        "in force" if cut is None else repr(cut),
                        "+".join(names),
                        "+".join(values),
                        *line,
                    ]
                )
    return out.getvalue().encode()


def _quantiles(scores: list[float]) -> list[float]:
    ordered = sorted(scores)
    if len(set(ordered)) <= 200:
        return ordered
    return [ordered[math.ceil(len(ordered) * (k + 0.5) / 200) - 1] for k in range(200)]


def _line(rows: Sequence[Row], cut: float | None, positive: str, favourable: str) -> list[str]:
    def is_selected(row: Row) -> bool:
        said = (
            row["decision"] if cut is None else positive if float(row["score"] or -1) >= cut else ""
        )
        return (said == positive) is (favourable == positive)

    known = [r for r in rows if r["label"]]
    good = [r for r in known if r["label"] == favourable]
    bad = [r for r in known if r["label"] != favourable]
    parts = [sum(map(is_selected, side)) for side in (rows, good, bad)]
    sizes = [len(side) for side in (rows, good, bad)]
    rates = [f"{p / n:.12g}" if n else "" for p, n in zip(parts, sizes, strict=True)]
    sums = [v for pair in zip(sizes, parts, strict=True) for v in pair]
    return [str(len(rows)), *map(str, sums), *rates]
