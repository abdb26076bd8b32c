"""Performance, the metrics that training logged, and the thresholds that somebody set."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from affidavit.config import Config, Hold
from affidavit.evidence import Logged, Number, Report
from affidavit.holds import is_met, meant_by
from affidavit.metric_names import canonical_metric, is_training_role
from affidavit.render.context import HoldRow, LoggedRow, Measure, Performance, StatusWord
from affidavit.render.metrics import NO_EVENT, rank, wording
from affidavit.render.numbers import bound_text, quantity, value_beside, value_text
from affidavit.render.words import (
    EXCEPTION,
    HOLDS,
    MINUS,
    MISSING,
    NOT_APPLICABLE,
    day_of,
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


def performance(report: Report, config: Config | None) -> Performance:
    """One report as a table: every number with n, interval, method and where it comes from."""
    stated = config.label.positive if config else None
    positive = report.counts.positive if report.counts else stated
    event = event_words(config, positive)
    measures = []
    for number in sorted(report.numbers, key=lambda n: (*rank(n.metric), n.id)):
        words = wording(number.metric, event)
        label = words.title if not number.group else f"{words.title}, {group_words(number.group)}"
        measures.append(
            Measure(
                title=words.title,
                metric=number.metric,
                definition=words.definition,
                rows=(quantity(number, words.style, label),),
            )
        )
    return Performance(
        role=report.role,
        intro=_intro(report, config, event),
        measures=tuple(measures),
        notes=tuple(n for n in report.notes if n not in LABEL_SENTENCES),
    )


def _intro(report: Report, config: Config | None, event: str) -> str:
    text = f"{many(report.n_rows, 'row')} of the role {report.role}"
    if report.n_labelled != report.n_rows:
        text += f", {report.n_labelled:,} of them labelled"
    text += "."
    if is_training_role(report.role):
        text += " The model has learnt from these rows: they show its fit, not its performance."
    return text + (_decision_words(config, event) if config is not None else "")


def _decision_words(config: Config, event: str) -> str:
    """How a score becomes a decision: every threshold in full, as recompute applies them."""
    decision = config.decision
    own = "; ".join(
        f"{s.column} = {s.value}: {bound_text(s.threshold, 'plain')}" for s in decision.segment
    )
    if decision.threshold is not None:
        text = f" A score of {bound_text(decision.threshold, 'plain')} or more is decided {event}."
        rest = f" Other thresholds hold where, by the first that fits, {own}."
        return text + (rest if own else "")
    if own:
        return f" A score is decided {event} from the threshold of the first that fits: {own}."
    if decision.column is not None:
        return f" The decision is the column {decision.column} of the data."
    return ""


def group_words(group: dict[str, str]) -> str:
    """`afam = yes, single = no`."""
    return ", ".join(f"{name} = {value}" for name, value in group.items())


def logged_intro(rows: tuple[Logged, ...]) -> str:
    """How many logged metrics equal the recomputed ones, in a sentence."""
    if not rows:
        return "No metric that training logged was compared."
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


def hold_rows(config: Config | None, numbers: tuple[Number, ...]) -> tuple[HoldRow, ...]:
    """Each threshold of the configuration, beside every number that it speaks of."""
    if config is None:
        return ()
    rows: list[HoldRow] = []
    for place, hold in enumerate(config.hold, start=1):
        row = _row(hold, config, place)
        meant = meant_by(hold, numbers)
        rows.extend(_held(row, hold, number, config, numbers) for number in meant)
        if not meant:
            rows.append(row)
    return tuple(rows)


def _row(hold: Hold, config: Config, place: int) -> HoldRow:
    event = config.label.favourable if hold.group else config.label.positive
    words = wording(canonical_metric(hold.metric), event_words(config, event))
    ends = (("at least", hold.min), ("at most", hold.max))
    return HoldRow(
        place=place,
        metric=hold.metric,
        rates="",
        what=words.title + (f", {group_words(hold.group)}" if hold.group else ""),
        bound=", ".join(
            f"{word} {bound_text(end, words.style)}" for word, end in ends if end is not None
        ),
        found="no number of that name and group; see Findings",
        number="",
        status=MISSING,
        set_by=hold.set_by,
        set_on=day_of(hold.set_on),
    )


def _held(
    row: HoldRow, hold: Hold, number: Number, config: Config, numbers: tuple[Number, ...]
) -> HoldRow:
    words = wording(number.metric, "")
    what = row.what + (f", {' and '.join(number.attributes)}" if number.attributes else "")
    bounds = [end for end in (hold.min, hold.max) if end is not None]
    return replace(
        row,
        what=what,
        found=value_beside(number, words.style, bounds),
        number="" if number.value is None else number.id,
        status=HOLDS if is_met(hold, number) else EXCEPTION,
        rates=_rates(number, config, numbers),
        n=_rows_of_both(number, numbers) or f"{number.n:,}",
        note=_covers(number, bounds),
    )


def _covers(number: Number, bounds: Sequence[float]) -> str:
    """Said where the interval covers the bound: the rows do not settle on which side it lies."""
    if number.value is None or number.low is None:
        return ""
    high = math.inf if number.high is None else number.high
    return "the interval covers the bound" if any(
        number.low <= bound <= high for bound in bounds
    ) else ""  # fmt: skip


def _both(number: Number, numbers: tuple[Number, ...]) -> list[Number]:
    """The two rates that a comparison compares, its group's first; else none."""
    base = number.metric.removesuffix("_difference").removesuffix("_ratio")
    found = [
        n
        for group in (number.group, number.against)
        for n in numbers
        if number.against and group is not None
        and (n.metric, n.group, n.against, n.role) == (base, group, None, number.role)
    ]  # fmt: skip
    return found if len(found) == 2 else []


def _rows_of_both(number: Number, numbers: tuple[Number, ...]) -> str:
    return " and ".join(f"{n.n:,}" for n in _both(number, numbers))


def _rates(number: Number, config: Config, numbers: tuple[Number, ...]) -> str:
    """Both groups of a comparison: `74.6 % of 134 (afam = yes), 90.5 % of 818 (afam = no)`."""
    both = _both(number, numbers)
    if not both:
        return ""
    words = wording(both[0].metric, event_words(config, config.label.favourable))
    said = [f"{value_text(n, words.style)} of {n.n:,} ({group_words(n.group or {})})" for n in both]
    return f"{words.title}: {', '.join(said)}."
