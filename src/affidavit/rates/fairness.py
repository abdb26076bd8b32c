"""Fairness from counts: each group, each group against the reference, all groups in one number."""

from __future__ import annotations

from collections.abc import Iterator

from affidavit.evidence import Number
from affidavit.rates.comparisons import against_reference
from affidavit.rates.definitions import GROUP_RATES, SELECTION
from affidavit.rates.partitions import Partition, partitions
from affidavit.rates.sheet import Sheet
from affidavit.rates.summaries import summaries
from affidavit.rates.tallies import Grid, Tallied


def fairness(sheet: Sheet, rows: Tallied, whole: Grid) -> Iterator[Number]:
    """The model's decisions by group; the selection rate of all rows first."""
    event = sheet.spec.favourable
    if not sheet.spec.attributes or not event:
        return
    yield sheet.rate_number(SELECTION, whole.sides(event), event, sheet.whole)
    yield from _by_group(sheet, rows)


def final(sheet: Sheet, rows: Tallied, whole: Grid) -> Iterator[Number]:
    """The final decisions: all rates of all rows, then by group."""
    event = sheet.spec.favourable
    if not event:  # nobody says which label is good for the person, and it is never guessed
        return
    sides = whole.sides(event)
    for rule in GROUP_RATES:
        yield sheet.rate_number(rule, sides, event, sheet.whole)
    yield from _by_group(sheet, rows)


def estimated(sheet: Sheet, rows: Tallied) -> Iterator[Number]:
    """Groups of one attribute whose rows count with the probability of being of the group."""
    if not sheet.spec.favourable:
        return
    for partition in partitions(rows):
        yield from _groups(sheet, partition, rows)
        yield from against_reference(sheet, partition, rows)


def _by_group(sheet: Sheet, rows: Tallied) -> Iterator[Number]:
    for partition in partitions(rows):
        yield from _groups(sheet, partition, rows)
        yield from against_reference(sheet, partition, rows)
        yield from summaries(sheet, partition)


def _groups(sheet: Sheet, partition: Partition, rows: Tallied) -> Iterator[Number]:
    """The count and the rates of each group, whatever its size: they follow from the counts."""
    event = sheet.spec.favourable
    for values, grid in partition.grids.items():
        place, sides = partition.place(values, sheet.whole), grid.sides(event)
        size = float(grid.all.n)
        if sheet.spec.table == "estimated":  # the rows to expect, not those with any probability
            size = rows.size(grid.all)
        yield sheet.number("count", place, n=grid.all.n, value=size)
        for rule in GROUP_RATES:
            yield sheet.rate_number(rule, sides, event, place)
