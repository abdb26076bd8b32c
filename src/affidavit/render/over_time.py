"""Segments, periods and stability: the same numbers by part, and how far inputs have moved."""

from __future__ import annotations

from typing import Final

from affidavit.config import Config
from affidavit.evidence import Number, Report
from affidavit.render.context import Segments, Stability
from affidavit.render.grids import by_column
from affidavit.render.metrics import wording
from affidavit.render.numbers import quantity
from affidavit.render.performance import LABEL_SENTENCES, event_words
from affidavit.render.tables import Quantity
from affidavit.render.words import many

INPUTS_SHOWN: Final = 12
_COLUMNS: Final = 4
# What is shown of a segment, the first that there are; the report has all.
_TELLING: Final = (
    "roc_auc", "roc_auc_macro", "brier_score", "prevalence", "selection_rate", "accuracy",
    "balanced_accuracy", "f1_macro", "mae", "rmse", "bias", "r2",
)  # fmt: skip


def segments(report: Report, config: Config | None) -> Segments:
    """Performance by the values of each segment, and by period."""
    positive = report.counts.positive if report.counts else None
    event = event_words(config, positive or (config.label.positive if config else None))
    names = list(dict.fromkeys(k for n in report.numbers for k in (n.group or {})))
    tables = []
    for name in names:
        own = [n for n in report.numbers if n.group and set(n.group) == {name}]
        there = {n.metric for n in own}
        metrics = [m for m in _TELLING if m in there][:_COLUMNS]
        shown = [n for n in own if n.metric in metrics]
        if metrics:
            caption = f"By {name}, role {report.role}"
            tables.append(
                by_column(shown, _value, metrics, event=event, caption=caption, head=name)
            )
    notes = tuple(n for n in report.notes if n not in LABEL_SENTENCES)
    return Segments(role=report.role, tables=tuple(tables), notes=notes)


def _value(number: Number) -> str:
    return next(iter((number.group or {}).values()))


def stability(report: Report) -> Stability:
    """The score's index of the role and of each period; the inputs' farthest first."""
    columns = {b.number: b.column for b in report.bins}
    of_inputs = [n for n in report.numbers if columns.get(n.id)]
    scores = [n for n in report.numbers if not columns.get(n.id)]
    worst = sorted(of_inputs, key=lambda n: (n.value is None, -(n.value or 0.0), n.id))
    more = len(worst) - INPUTS_SHOWN
    return Stability(
        role=report.role,
        scores=tuple(_index(n, report.role) for n in scores),
        inputs=tuple(_index(n, columns[n.id]) for n in worst[:INPUTS_SHOWN]),
        left_out=f"And {many(more, 'more index', 'more indices')}, none larger, in the report."
        if more > 0
        else "",
        notes=report.notes,
    )


def _index(number: Number, what: str) -> Quantity:
    words = wording(number.metric, "")
    period = (number.group or {}).get("period")
    return quantity(number, words.style, what if period is None else f"{what}, {period}")
