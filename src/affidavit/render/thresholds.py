"""The thresholds that somebody set, beside the numbers held against them, and how solid that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from affidavit.config import Config, Hold
from affidavit.evidence import Number
from affidavit.holds import is_met, meant_by
from affidavit.metric_names import canonical_metric
from affidavit.render.context import HoldRow
from affidavit.render.metrics import wording
from affidavit.render.numbers import bound_text, value_beside, value_text
from affidavit.render.pairs import base_metric, group_words
from affidavit.render.performance import event_words
from affidavit.render.words import EXCEPTION, HOLDS, MISSING, day_of
from affidavit.turning import Counting, least_changes


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
    met, turn = is_met(hold, number), least_changes(hold, number, numbers, Counting.of(config))
    return replace(
        row,
        what=what,
        found=value_beside(number, words.style, bounds),
        number="" if number.value is None else number.id,
        status=HOLDS if met else EXCEPTION,
        rates=_rates(number, config, numbers),
        n=_rows_of_both(number, numbers) or f"{number.n:,}",
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


def _both(number: Number, numbers: tuple[Number, ...]) -> list[Number]:
    """The two rates that a comparison compares, its group's first; else none."""
    base = base_metric(number.metric)
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
