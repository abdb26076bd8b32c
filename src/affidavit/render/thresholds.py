"""The thresholds that somebody set, beside the numbers held against them, and how solid that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from affidavit.config import Config, Hold
from affidavit.evidence import Number
from affidavit.holds import held_numbers, is_met, least_turns
from affidavit.metric_names import canonical_metric
from affidavit.render.context import HoldRow
from affidavit.render.group_text import group_words
from affidavit.render.metrics import wording
from affidavit.render.numbers import bound_text, value_beside, value_text
from affidavit.render.performance import event_words
from affidavit.render.words import EXCEPTION, HOLDS, MISSING, day_of
from affidavit.turning import Turn, base_metric, by_metric, rates_behind


def hold_rows(config: Config | None, numbers: tuple[Number, ...]) -> tuple[HoldRow, ...]:
    """Each threshold of the configuration, beside every number that it speaks of."""
    if config is None:
        return ()
    rows: list[HoldRow] = []
    held, known = held_numbers(config, numbers), by_metric(numbers)
    turns = least_turns(config, held, numbers)
    for place, hold in enumerate(config.hold, start=1):
        row = _row(hold, config, place)
        for number in held[place - 1]:
            told = _held(row, hold, number, turns[place, number.id])
            both = _both(number, known.get(base_metric(number.metric), ()))
            rows.append(_with_both(told, both, config))
        if not held[place - 1]:
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


def _held(row: HoldRow, hold: Hold, number: Number, turn: Turn) -> HoldRow:
    words = wording(number.metric, "")
    what = row.what + (f", {' and '.join(number.attributes)}" if number.attributes else "")
    bounds = [end for end in (hold.min, hold.max) if end is not None]
    met = is_met(hold, number)
    return replace(
        row,
        what=what,
        found=value_beside(number, words.style, bounds),
        number="" if number.value is None else number.id,
        status=HOLDS if met else EXCEPTION,
        n=f"{number.n:,}",
        note=_covers(number, bounds),
        margin=f"{turn.words} would {'miss' if met else 'meet'} it" if turn.words else "",
        no_margin=turn.reason if number.value is not None else "",
    )


def _covers(number: Number, bounds: Sequence[float]) -> str:
    """Said where the interval covers the bound: the rows do not settle on which side it lies."""
    if number.value is None or number.low is None:
        return ""
    high = math.inf if number.high is None else number.high
    return "the interval covers the bound" if any(
        number.low <= bound <= high for bound in bounds
    ) else ""  # fmt: skip


def _both(number: Number, numbers: Sequence[Number]) -> tuple[Number, ...]:
    """The two rates that a comparison compares, its group's first; else none."""
    if not number.against:
        return ()
    return rates_behind(number, base_metric(number.metric), numbers)


def _with_both(row: HoldRow, both: Sequence[Number], config: Config) -> HoldRow:
    """Both groups of a comparison: `74.6 % of 134 (afam = yes) and 90.5 % of 818 (afam = no)`.

    What the model would do is said so: nobody is approved by a measurement.
    """
    if not both:
        return row
    words = wording(both[0].metric, event_words(config, config.label.favourable))
    said = [f"{value_text(n, words.style)} of {n.n:,} ({group_words(n.group or {})})" for n in both]
    rows = " and ".join(f"{n.n:,}" for n in both)
    text = f"{words.title}: {', '.join(said)}."
    if both[0].metric == "selection_rate":
        cut = None if config.decision.segment else config.decision.threshold
        at = "The" if cut is None else f"At threshold {bound_text(cut, 'plain')} the"
        event = event_words(config, config.label.favourable)
        text = f"{at} model would decide {event} for {' and '.join(said)}."
    return replace(row, rates=text, n=rows)
