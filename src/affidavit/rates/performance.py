"""Performance from counts: of all rows, of each class, of each segment."""

from __future__ import annotations

from collections.abc import Iterator

from affidavit.evidence import Number
from affidavit.places import Place
from affidavit.rates.decisions import (
    NO_LABELS,
    binary_decisions,
    f1_number,
    multiclass_averages,
)
from affidavit.rates.definitions import CLASS_RATES, GROUP_RATES, PREVALENCE
from affidavit.rates.partitions import Partition
from affidavit.rates.sheet import Sheet
from affidavit.rates.tallies import Grid, Sides, Tallied


def performance(sheet: Sheet, rows: Tallied, grid: Grid) -> Iterator[Number]:
    """All rows: rates of the positive label, or averages and every class against the rest."""
    if sheet.spec.task == "binary":
        yield from _binary(sheet, rows, grid, sheet.whole)
        return
    yield from multiclass_averages(sheet, grid, sheet.whole)
    for name in grid.classes:
        place = sheet.whole.at(f"class={name}", label=name)
        sides = grid.sides(name)
        for rule in CLASS_RATES:
            yield sheet.rate_number(rule, sides, name, place)
        yield f1_number(sheet, sides, name, place)


def by_segment(rows: Tallied) -> Iterator[Number]:
    """The same of each value of each segment: no comparison, so a small one has its interval."""
    sheet = Sheet.of(rows.spec, "segments")
    for position, segment in enumerate(rows.spec.attributes):
        grids = rows.grids_by((position,))
        partition = Partition(names=(segment.name,), reference=None, grids=grids)
        for values, grid in grids.items():
            place = partition.place(values, sheet.whole)
            yield sheet.number("count", place, n=grid.all.n, value=float(grid.all.n))
            if sheet.spec.task == "binary":
                yield from _binary(sheet, rows, grid, place)
            else:
                yield from multiclass_averages(sheet, grid, place)


def _binary(sheet: Sheet, rows: Tallied, grid: Grid, place: Place) -> Iterator[Number]:
    event = sheet.spec.positive
    sides = grid.sides(event)
    for rule in (PREVALENCE, *GROUP_RATES):
        yield sheet.rate_number(rule, sides, event, place)
    yield from _confusion(sheet, rows, sides, place)
    yield from binary_decisions(sheet, grid, event, place)


def _confusion(sheet: Sheet, rows: Tallied, sides: Sides, place: Place) -> Iterator[Number]:
    """The labelled rows by label and decision, in weight; n is how many rows are labelled."""
    n = sides.labelled.n
    for metric, tally in (
        ("true_positives", sides.tp), ("false_positives", sides.fp),
        ("true_negatives", sides.tn), ("false_negatives", sides.fn),
    ):  # fmt: skip
        if n:
            yield sheet.number(metric, place, n=n, value=rows.weight(tally))
        else:
            yield sheet.number(metric, place, n=0, value=None, reason=NO_LABELS)
