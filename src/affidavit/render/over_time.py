"""Segments, periods and stability: the same numbers by part, and how far inputs have moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from affidavit.config import Config
from affidavit.evidence import LEVEL, Bins, Number, Report
from affidavit.metric_names import is_training_role
from affidavit.places import PERIOD
from affidavit.render.context import Segments, Stability
from affidavit.render.grids import NameOf, by_column
from affidavit.render.metrics import wording
from affidavit.render.numbers import decimals, quantity, shown
from affidavit.render.performance import LABEL_SENTENCES, score_event
from affidavit.render.tables import Grid, Quantity
from affidavit.render.words import many
from affidavit.stability import noise_bound

INPUTS_SHOWN: Final = 12
_COLUMNS: Final = 4
# What is shown of a segment, the first that there are; the report has all.
_TELLING: Final = (
    "roc_auc", "roc_auc_macro", "brier_score", "prevalence", "selection_rate", "accuracy",
    "balanced_accuracy", "f1_macro", "mae", "rmse", "bias", "r2",
)  # fmt: skip


# What is shown of a period, and of a snapshot beside others: all that people ask for first.
_MAIN: Final = (
    "roc_auc", "roc_auc_macro", "ks", "brier_score", "calibration_gap", "prevalence",
    "selection_rate", "accuracy", "f1", "f1_macro", "log_loss", "balanced_accuracy", "f1_weighted",
    "mae", "rmse", "bias", "r2",
)  # fmt: skip
_MOST: Final = 8


def segments(report: Report, config: Config | None) -> Segments:
    """Performance by the values of each segment, and by period."""
    event = score_event(report, config)
    names = list(dict.fromkeys(k for n in report.numbers for k in (n.group or {})))
    tables: list[Grid] = []
    for name in names:
        own = [n for n in report.numbers if n.group and set(n.group) == {name}]
        chosen = _MAIN if name == PERIOD else _TELLING
        tables += _tables(
            own, _value, chosen, most=_MOST if name == PERIOD else _COLUMNS, event=event,
            caption=f"By {name}, role {report.role}", head=name,
        )  # fmt: skip
    notes = tuple(n for n in report.notes if n not in LABEL_SENTENCES)
    return Segments(role=report.role, tables=tuple(tables), notes=notes)


def snapshots(reports: Sequence[Report], config: Config | None) -> tuple[Grid, ...]:
    """The snapshots beside each other, a row each; none unless there are two besides training's."""
    own = [r for r in reports if r.name == "performance" and not is_training_role(r.role)]
    if len(own) < 2:
        return ()
    rows = {r.role: f"{r.role} ({many(r.n_rows, 'row')})" for r in own}
    return _tables(
        [n for r in own for n in r.numbers if not n.group and n.label is None],
        lambda n: rows[n.role], _MAIN, most=_MOST, event=score_event(own[0], config),
        caption="Main measures by snapshot", head="Role",
    )  # fmt: skip


def _tables(
    numbers: Sequence[Number], row_of: NameOf, chosen: Sequence[str], *, most: int, event: str,
    caption: str, head: str,
) -> tuple[Grid, ...]:  # fmt: skip
    """The chosen metrics that there are, four beside each other, as many tables as it takes."""
    there = {n.metric for n in numbers}
    metrics = [m for m in chosen if m in there][:most]
    return tuple(
        by_column(
            [n for n in numbers if n.metric in part], row_of, part, event=event,
            caption=caption + (", continued" if start else ""), head=head,
        )
        for start in range(0, len(metrics), _COLUMNS)
        for part in (metrics[start : start + _COLUMNS],)
    )  # fmt: skip


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
