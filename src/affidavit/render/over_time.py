"""Segments, periods and stability: the same numbers by part, and how far inputs have moved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from affidavit.config import Config
from affidavit.evidence import LEVEL, Bins, Number, Report
from affidavit.places import PERIOD
from affidavit.render.context import Segments, Stability
from affidavit.render.grids import by_column
from affidavit.render.metrics import wording
from affidavit.render.numbers import decimals, quantity, shown
from affidavit.render.performance import LABEL_SENTENCES, score_event
from affidavit.render.tables import Quantity
from affidavit.render.words import many
from affidavit.stability import noise_bound

INPUTS_SHOWN: Final = 12
_COLUMNS: Final = 4
# What is shown of a segment, the first that there are; the report has all.
_TELLING: Final = (
    "roc_auc", "roc_auc_macro", "brier_score", "prevalence", "selection_rate", "accuracy",
    "balanced_accuracy", "f1_macro", "mae", "rmse", "bias", "r2",
)  # fmt: skip


def segments(report: Report, config: Config | None) -> Segments:
    """Performance by the values of each segment, and by period."""
    event = score_event(report, config)
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
    bins = {b.number: b for b in report.bins}
    columns = {b.number: b.column for b in report.bins}
    of_inputs = [n for n in report.numbers if columns.get(n.id)]
    scores = [n for n in report.numbers if not columns.get(n.id)]
    worst = sorted(of_inputs, key=lambda n: (n.value is None, -(n.value or 0.0), n.id))
    more = len(worst) - INPUTS_SHOWN
    return Stability(
        role=report.role,
        scores=tuple(_index(n, report.role, bins) for n in scores),
        inputs=tuple(_index(n, columns[n.id], bins) for n in worst[:INPUTS_SHOWN]),
        left_out=f"And {many(more, 'more index', 'more indices')}, none larger, in the report."
        if more > 0
        else "",
        notes=report.notes,
    )


def _index(number: Number, what: str, bins: Mapping[str, Bins]) -> Quantity:
    """The index beside its expectation and the bound of chance, where its bins are there."""
    words, own = wording(number.metric, ""), bins.get(number.id)
    bound = ""
    if own is not None and number.value is not None:
        most = noise_bound(own.reference, own.found, LEVEL)
        bound = shown(most, words.style, decimals(number.low, number.high))
    period = (number.group or {}).get(PERIOD)
    label = what if period is None else f"{what}, {period}"
    return replace(quantity(number, words.style, label), bound=bound)
