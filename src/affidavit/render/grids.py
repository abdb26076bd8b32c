"""Tables with a metric a row and a group, class or segment a column, or the other way round."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

from affidavit.evidence import Number
from affidavit.render.metrics import rank, wording
from affidavit.render.numbers import quantity
from affidavit.render.tables import Grid, GridRow, Quantity
from affidavit.render.words import many

# What fits side by side on A4, each with its interval and n.
COLUMNS: Final = 4
SHOWN: Final = 40
_DERIVED: Final = "All follow from counts, which affidavit verify derives again."

NameOf = Callable[[Number], str]


def by_metric(
    numbers: Sequence[Number],
    column_of: NameOf,
    *,
    event: NameOf,
    caption: str,
    defined: bool = True,
    order: Callable[[str], tuple[object, ...]] = rank,
    note: NameOf = lambda _: "",
    beside: Callable[[Number], Number | None] = lambda _: None,
    rows: NameOf | None = None,
) -> tuple[Grid, ...]:
    """A metric a row, a group a column, as many tables as it takes.

    Args:
        numbers: of one role; one for a metric and column.
        column_of: the column that a number stands in.
        event: the label that a number counts, in words.
        caption: of the table; of several, each says which part it is.
        defined: whether definitions are printed; they stand above already otherwise.
        order: of the metrics.
        note: what is said beside a number.
        beside: the same number of the final decisions, where there is one.
        rows: the rows to expect behind a number, where those that carry it say little.
    """
    names = list(dict.fromkeys(map(column_of, numbers)))
    counted = {n.metric: event(n) for n in numbers}
    metrics = sorted(counted, key=order)
    found = {(n.metric, column_of(n)): n for n in numbers}
    made, parts = [], math.ceil(len(names) / COLUMNS)
    for part, start in enumerate(range(0, len(names), COLUMNS), start=1):
        columns = names[start : start + COLUMNS]
        made_rows = []
        for metric in metrics:
            own = [found.get((metric, c)) for c in columns]
            words = wording(metric, counted[metric])
            definition = words.definition if defined else ""
            made_rows.append(_row(own, words.title, definition, note, rows))
            final = [None if n is None else beside(n) for n in own]
            if any(final):
                made_rows.append(_row(final, f"{words.title}: final decision", "", note, rows))
        made.append(_with_foot(Grid(
            caption=caption if parts == 1 else f"{caption}, part {part} of {parts}",
            head="Measure", columns=tuple(columns), rows=tuple(made_rows),
            rows_word="n" if rows is None else "expected rows",
        )))  # fmt: skip
    return tuple(made)


def by_column(
    numbers: Sequence[Number], row_of: NameOf, metrics: Sequence[str], *, event: str, caption: str,
    head: str,
) -> Grid:  # fmt: skip
    """A segment's value a row, a few metrics beside each other."""
    names = list(dict.fromkeys(map(row_of, numbers)))
    found = {(row_of(n), n.metric): n for n in numbers}
    rows = []
    for name in names[:SHOWN]:
        cells = tuple(_cell(found.get((name, m)), lambda _: "") for m in metrics)
        rows.append(GridRow(title=name, definition="", cells=cells, method=_methods(cells)))
    more = len(names) - len(rows)
    left_out = f"And {many(more, 'more value', 'more values')} in the report." if more else ""
    titles = tuple(wording(m, event).title for m in metrics)
    grid = Grid(caption=caption, head=head, columns=titles, rows=tuple(rows), left_out=left_out)
    # One method a metric: said once, under the table.
    said = dict.fromkeys(c.method for r in rows for c in r.cells if c is not None and c.method)
    return replace(
        grid, rows=tuple(replace(r, method="") for r in rows),
        foot=f"Intervals: {'; '.join(said)}." if said else "",
    )  # fmt: skip


def _row(
    numbers: Iterable[Number | None], title: str, definition: str, note: NameOf,
    rows: NameOf | None,
) -> GridRow:  # fmt: skip
    cells = tuple(_cell(n, note, rows) for n in numbers)
    return GridRow(title=title, definition=definition, cells=cells, method=_methods(cells))


def _cell(
    number: Number | None, note: NameOf, rows: NameOf | None = None
) -> Quantity | None:  # fmt: skip
    if number is None:
        return None
    n = None if rows is None else rows(number)
    return quantity(number, wording(number.metric, "").style, "", n=n, note=note(number))


def _methods(cells: Iterable[Quantity | None]) -> str:
    """`Wilson, 95 %, from counts`: how a row's numbers were made."""
    known = [c for c in cells if c is not None]
    methods = dict.fromkeys(c.method for c in known if c.method)
    origins = dict.fromkeys(f"from {c.origin}" for c in known)
    return ", ".join((*methods, *origins))


def _with_foot(grid: Grid) -> Grid:
    """What most rows share is said once under the table; the others say their own."""
    methods = [r.method for r in grid.rows if r.method]
    if not methods:
        return grid
    usual = max(dict.fromkeys(methods), key=methods.count)
    rows = tuple(replace(r, method="") if r.method == usual else r for r in grid.rows)
    everything = len(set(methods)) == 1 and usual.endswith("from counts")
    others = "" if len(set(methods)) == 1 else " where no other method is named"
    foot = f"{usual[:1].upper()}{usual[1:]}{others}." + (f" {_DERIVED}" if everything else "")
    return replace(grid, rows=rows, foot=foot)
