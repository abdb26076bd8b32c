"""Label by decision in a table: the four counts of a binary report, or every pair of classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

from affidavit.counts import UNKNOWN_LABEL, CountTable
from affidavit.evidence import Number, Report
from affidavit.masking import FEW, HIDDEN, Masked, hidden_cells, is_small
from affidavit.render.numbers import shown
from affidavit.render.tables import Crosstab, CrosstabCell, CrosstabRow

CELLS: Final = ("true_positives", "false_negatives", "false_positives", "true_negatives")
_MOST_CLASSES: Final = 12  # what fits side by side
_READ: Final = (
    "A row is what the label says, a column what was decided. In brackets: the share of the row."
)
_WEIGHED: Final = " Counts are sums of the rows' weights."

Counted = Mapping[tuple[str, str], tuple[Fraction, str]]


def crosstab(
    report: Report,
    event: str,
    table: CountTable | None,
    masks: Mapping[str, Masked] | None = None,
) -> Crosstab | None:
    """How labels and decisions fall together over all labelled rows of a report.

    Args:
        report: of performance.
        event: what the scores are the probability of, in words.
        table: the counts that the report names, for more than two classes.
        masks: of small cells; a class that is masked takes its cell on the diagonal with it.
    """
    caption = f"Labelled rows by label and decision, role {report.role}"
    weighed = report.counts is not None and report.counts.weighted
    foot = _READ + (_WEIGHED if weighed else "")
    four = {n.metric: n for n in report.numbers if n.metric in CELLS and n.group is None}
    if len(four) == len(CELLS) and report.n_labelled:
        return _of_event(four, event, caption, foot)
    if table is None or table.spec.task != "multiclass":
        return None
    counted: dict[tuple[str, str], tuple[Fraction, str]] = {}
    people: dict[tuple[str, str], int] = {}
    for cell in table.rows:
        if cell.label != UNKNOWN_LABEL:
            key = (cell.label, cell.decision)
            counted[key] = (counted.get(key, (Fraction(0), ""))[0] + Fraction(cell.sum_w), "")
            people[key] = people.get(key, 0) + cell.n
    names = sorted({name for key in counted for name in key})
    if not names:
        return None
    if len(names) > _MOST_CLASSES:
        where = f"data/reports/counts/{table.spec.file}"
        foot = f"{len(names)} classes: how they fall together stands in {where}."
        return Crosstab(caption=caption, columns=(), rows=(), foot=foot)
    made = _table(
        {name: f"Labelled {name}" for name in names}, {name: f"Decided {name}" for name in names},
        counted, caption, foot,
    )  # fmt: skip
    masked = {
        n.label for n in report.numbers
        if n.label is not None and n.metric in ("recall", "precision") and n.id in (masks or {})
    }  # fmt: skip
    return _masked(made, names, people, hidden_cells(names, people, masked))


def _masked(
    table: Crosstab, names: Sequence[str], people: Mapping[tuple[str, str], int],
    hidden: frozenset[tuple[str, str]],
) -> Crosstab:  # fmt: skip
    """The table with small cells masked, and what would give them away by row or column."""
    rows = []
    for label, row in zip(names, table.rows, strict=True):
        cells = []
        for decision, cell in zip(names, row.cells, strict=True):
            if (label, decision) in hidden:
                said = FEW if is_small(people.get((label, decision), 0)) else HIDDEN
                cells.append(replace(cell, count=said, share=""))
            else:
                cells.append(cell)
        rows.append(replace(row, cells=tuple(cells)))
    return replace(table, rows=tuple(rows))


def _of_event(four: Mapping[str, Number], event: str, caption: str, foot: str) -> Crosstab:
    keys = (("1", "1"), ("1", "0"), ("0", "1"), ("0", "0"))
    counted = {
        key: (Fraction(four[metric].value or 0.0), four[metric].id)
        for key, metric in zip(keys, CELLS, strict=True)
    }
    return _table(
        {"1": f"Labelled {event}", "0": "Labelled otherwise"},
        {"1": f"Decided {event}", "0": "Decided otherwise"}, counted, caption, foot,
    )  # fmt: skip


def _table(
    rows: Mapping[str, str], columns: Mapping[str, str], counted: Counted, caption: str, foot: str
) -> Crosstab:
    made = []
    for label, title in rows.items():
        cells = [counted.get((label, decision), (Fraction(0), "")) for decision in columns]
        whole = sum((weight for weight, _ in cells), Fraction(0))
        made.append(
            CrosstabRow(
                title=title,
                cells=tuple(
                    CrosstabCell(
                        id=number, count=shown(float(weight), "tally", 0),
                        share=shown(float(weight / whole), "percent", 1) if whole else "",
                    )
                    for weight, number in cells
                ),
            )
        )  # fmt: skip
    return Crosstab(caption=caption, columns=tuple(columns.values()), rows=tuple(made), foot=foot)
