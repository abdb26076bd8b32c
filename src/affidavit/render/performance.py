"""Performance, and the metrics that training logged beside the recomputed ones."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace

from affidavit.config import Config
from affidavit.counts import CountTable
from affidavit.evidence import Logged, Number, Report
from affidavit.masking import Masked
from affidavit.metric_names import is_training_role
from affidavit.render.confusion import CELLS, crosstab
from affidavit.render.context import LoggedRow, Performance, StatusWord
from affidavit.render.grids import by_metric
from affidavit.render.group_text import group_words
from affidavit.render.metrics import NO_EVENT, rank, wording
from affidavit.render.numbers import bound_text, quantity
from affidavit.render.score_tables import calibration, gain_rows
from affidavit.render.tables import Measure
from affidavit.render.words import (
    EXCEPTION,
    HOLDS,
    MINUS,
    NOT_APPLICABLE,
    many,
)

_LABEL_KIND = {
    "past-decision": (
        "The label is the lender's own past decision: these numbers measure agreement with it, "
        "not repayment."
    ),
    "outcome": "The label is an observed outcome.",
    "proxy": (
        "The label is a stand-in for the outcome of interest: these numbers measure agreement "
        "with the stand-in."
    ),
}
LABEL_SENTENCES = frozenset(_LABEL_KIND.values())
_VERDICT = {"equal": HOLDS, "different": EXCEPTION, "not-recomputable": NOT_APPLICABLE}
_VERDICT_WORD = {"equal": "Equal", "different": "Different", "not-recomputable": "Not recomputed"}


def event_words(config: Config | None, label: str | None) -> str:
    """The event in words, `deny = yes`; without a configuration, `the event`."""
    if label is None:
        return NO_EVENT
    return f"{config.label.column} = {label}" if config else label


def label_intro(config: Config | None, reports: Iterable[Report]) -> str:
    """What the label really measures, in a sentence; empty where nothing says."""
    kinds = {r.label_kind for r in reports if r.label_kind is not None}
    if config is not None:
        kinds.add(config.label.kind)
    said = " ".join(_LABEL_KIND[kind] for kind in sorted(kinds))
    if config is not None and config.label.horizon:
        said += f" Horizon: {config.label.horizon}."
    return said


def performance(
    report: Report, config: Config | None, table: CountTable | None = None,
    masks: Mapping[str, Masked] | None = None,
) -> Performance:  # fmt: skip
    """One report in full: every number with n, interval, method and where it comes from.

    Args:
        report: of the main role.
        config: for the words of the event.
        table: the counts that the report names, where they were read.
        masks: of small cells.
    """
    event = score_event(report, config)
    together = crosstab(report, event, table, masks or {})
    apart = () if together is None else CELLS
    whole = [n for n in report.numbers if not n.group and n.label is None and n.metric not in apart]
    classes = [n for n in report.numbers if not n.group and n.label is not None]
    return Performance(
        role=report.role,
        intro=_intro(report, config, event),
        measures=tuple(
            _measure(n, event) for n in sorted(whole, key=lambda n: (*rank(n.metric), n.id))
        ),
        classes=by_metric(
            classes, lambda n: n.label or "", event=lambda _: "the class",
            caption=f"Each class against the rest, role {report.role}",
        ),
        crosstab=together,
        calibration=calibration(report, event),
        gains=gain_rows(report),
        notes=tuple(n for n in report.notes if n not in LABEL_SENTENCES),
    )  # fmt: skip


def brief_performance(report: Report, config: Config | None) -> Performance:
    """A role beside the main one: its numbers in few columns."""
    event = score_event(report, config)
    numbers = sorted(report.numbers, key=lambda n: (*rank(n.metric), n.id))
    return Performance(
        role=report.role,
        intro=_rows_words(report),
        brief=tuple(
            replace(measure.rows[0], label=_brief_label(n, measure.title))
            for n in numbers
            for measure in (_measure(n, event),)
        ),
    )


def _brief_label(number: Number, title: str) -> str:
    return title if number.label is None else f"{title}; class {number.label}"


def score_event(report: Report, config: Config | None) -> str:
    """What the scores of a report are the probability of, in words."""
    stated = config.label.positive if config else None
    return event_words(config, (report.counts.positive if report.counts else stated) or None)


def _measure(number: Number, event: str) -> Measure:
    words = wording(number.metric, event if number.label is None else "the class")
    label = words.title if not number.group else f"{words.title}, {group_words(number.group)}"
    expected = ""
    shown = quantity(number, words.style, label)
    if shown.expected:
        expected = f"{shown.expected} is to be expected of scores that are calibrated"
    return Measure(
        title=words.title,
        metric=number.metric,
        definition=words.definition,
        rows=(replace(shown, note="; ".join(filter(None, (shown.note, expected)))),),
    )


def _intro(report: Report, config: Config | None, event: str) -> str:
    return _rows_words(report) + (_decision_words(config, event) if config is not None else "")


def _rows_words(report: Report) -> str:
    text = f"{many(report.n_rows, 'row')} of the role {report.role}"
    if report.n_labelled != report.n_rows:
        text += f", {report.n_labelled:,} of them labelled"
    text += "."
    if is_training_role(report.role):
        text += " The model has learnt from these rows: they show its fit, not its performance."
    return text


def _decision_words(config: Config, event: str) -> str:
    """How a score becomes a decision: every threshold in full, as recompute applies them."""
    decision = config.decision
    own = "; ".join(
        f"{s.column} = {s.value}: {bound_text(s.threshold, 'plain')}" for s in decision.segment
    )
    if decision.threshold is not None:
        text = (
            f" At threshold {bound_text(decision.threshold, 'plain')} the model would decide "
            f"{event}, from that score upwards."
        )
        rest = f" Other thresholds hold where, by the first that fits, {own}."
        return text + (rest if own else "")
    if own:
        return f" The model would decide {event} from the threshold of the first that fits: {own}."
    if decision.column is not None:
        return f" The decision is the column {decision.column} of the data."
    return ""


def logged_intro(rows: tuple[Logged, ...]) -> str:
    """How many logged metrics equal the recomputed ones, in a sentence."""
    if not rows:
        return "Training logged no metric."
    equal, different, left = (
        sum(r.verdict == v for r in rows) for v in ("equal", "different", "not-recomputable")
    )
    text = f"Training logged {many(len(rows), 'metric')}: {equal} equal to what was recomputed"
    text += f", {different} different" if different else ""
    return text + (f", {left} that cannot be recomputed here." if left else ".")


def logged_row(row: Logged) -> LoggedRow:
    """One logged metric beside the recomputed one, to six digits, or to as many as differ."""
    tone = _VERDICT[row.verdict]
    logged, recomputed = _beside(row, 6)
    if row.verdict == "different" and logged == recomputed:
        logged, recomputed = _beside(row, 12)
    return LoggedRow(
        key=row.key,
        dataset=row.dataset or "not named",
        logged=logged,
        recomputed=recomputed,
        number=(row.number or "") if row.recomputed is not None else "",
        status=StatusWord(word=_VERDICT_WORD[row.verdict], mark=tone.mark, tone=tone.tone),
        reason=row.reason or "",
    )


def _beside(row: Logged, digits: int) -> tuple[str, str]:
    logged = row.value if isinstance(row.value, str) else _digits(row.value, digits)
    return logged, "none" if row.recomputed is None else _digits(row.recomputed, digits)


def _digits(value: float, digits: int) -> str:
    return str(value) if not math.isfinite(value) else f"{value:.{digits}g}".replace("-", MINUS)
