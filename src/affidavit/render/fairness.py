"""Fairness: for each sensitive attribute a figure, its groups, their comparisons, the summaries."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

from affidavit.config import Config
from affidavit.evidence import AttributeSpec, Finding, Number, Report
from affidavit.render.context import Attribute, Dot, Fairness, Figure, Measure, Quantity
from affidavit.render.metrics import rank, wording
from affidavit.render.numbers import level_text, quantity, value_text
from affidavit.render.performance import LABEL_SENTENCES, event_words, group_words
from affidavit.render.words import THIN, listed, many, portable

DRAWN: Final = "selection_rate"
SEES: Final = "recompute.input.sensitive."  # and the column: a finding that the model reads it
# Metric, attribute and value to the rows behind that rate.
RowsOf = dict[tuple[str, str, str], int]
# Rates for which fairlearn (and scikit-learn beneath it) answers 0.0 without a denominator.
_ZERO_IN_FAIRLEARN: Final = frozenset(
    ["true_positive_rate", "false_positive_rate", "false_negative_rate", "true_negative_rate",
     "precision", "recall"]
)  # fmt: skip
_FAIRLEARN: Final = (
    "fairlearn reports 0.0 for a rate without a denominator and lets it into its differences and "
    "ratios. Here such a rate is undefined, and its group is left out of the summaries; there the "
    "numbers below differ from fairlearn's on purpose."
)
_SOURCE: Final[dict[str | None, str]] = {
    "self-reported": "as the people concerned reported it",
    "observed": "as somebody observed it",
    "estimated": "estimated, so every number below carries that error too",
}
_APART: Final = {
    "(missing)": "value not recorded",
    "(unmatched)": "no row in the protected table",
}


def fairness(
    report: Report, config: Config | None, findings: Sequence[Finding] = ()
) -> Fairness:  # fmt: skip
    """One report: every group, every comparison, every summary that it holds."""
    seen = frozenset(f.id for f in findings)
    specs = report.counts.attributes if report.counts else _specs_of(report.numbers)
    event = event_words(config, _favourable(report, config))
    axis = _axis([n for n in report.numbers if n.metric == DRAWN and n.group])
    undefined = any(
        n.value is None and n.group and not n.against and n.metric in _ZERO_IN_FAIRLEARN
        for n in report.numbers
    )
    return Fairness(
        role=report.role,
        intro=_intro(report, event),
        convention=_FAIRLEARN if undefined else "",
        attributes=tuple(
            _attribute(report, spec, config=config, event=event, axis=axis, place=place, seen=seen)
            for place, spec in enumerate(specs, start=1)
        ),
        notes=tuple(n for n in report.notes if n not in LABEL_SENTENCES),
    )


def _specs_of(numbers: Iterable[Number]) -> tuple[AttributeSpec, ...]:
    names = {name: None for n in numbers for name in (n.group or {})}
    return tuple(AttributeSpec(name=name, source="observed") for name in names)


def _favourable(report: Report, config: Config | None) -> str | None:
    if report.counts is not None:
        return report.counts.favourable
    return config.label.favourable if config else None


def _intro(report: Report, event: str) -> str:
    return (
        f"The favourable outcome is {event}, as the configuration states it. The numbers are over "
        f"{many(report.n_rows, 'row')} of the role {report.role}. They are measurements, not a "
        "legal test: base rates differ between groups, and the measures cannot all be at parity "
        "at once. A small group can hide a gap; its interval says how large."
    )


def _attribute(
    report: Report,
    spec: AttributeSpec,
    *,
    config: Config | None,
    event: str,
    axis: tuple[float, float],
    place: int,
    seen: frozenset[str],
) -> Attribute:
    own = [n for n in report.numbers if n.group and set(n.group) == {spec.name}]
    groups = [n for n in own if not n.against and n.metric != "count"]
    return Attribute(
        name=spec.name,
        anchor=f"attribute-{place}",
        intro=_attribute_intro(spec, config, [_value(n) for n in groups], seen),
        figure=_figure(
            spec,
            groups,
            sizes={_value(n): n.n for n in own if n.metric == "count"},
            small=report.counts.small if report.counts else 0,
            event=event,
            axis=axis,
            name=f"fairness-{portable(report.role)}-{place}",
        ),
        groups=tuple(_measures(groups, event)),
        comparisons=tuple(_comparisons(own, groups, event)),
        summaries=tuple(_summaries(report.numbers, spec.name, event)),
    )


def _value(number: Number) -> str:
    return next(iter((number.group or {}).values()))


def _attribute_intro(
    spec: AttributeSpec, config: Config | None, values: list[str], seen: frozenset[str]
) -> str:
    text = f"Recorded {_SOURCE[spec.source]}." if spec.source != "estimated" else "Estimated."
    sensitive = config.sensitive.get(spec.name) if config else None
    if sensitive is not None and sensitive.table:
        text += " Held apart in a table of its own, and joined only for these numbers."
    if sensitive is not None and SEES + sensitive.column in seen:
        text += " The model is given it as an input: see Findings."
    elif sensitive is not None:
        text += " The model is not given it; other columns may still stand for it."
    if spec.reference is not None:
        text += f" Groups are compared with {spec.name} = {spec.reference}."
    for value, means in _APART.items():
        if value in values:
            text += f" {value}: {means}; counted, and outside the summaries."
    return text


def _measures(groups: list[Number], event: str) -> Iterable[Measure]:
    for metric in sorted({n.metric for n in groups}, key=rank):
        words = wording(metric, event)
        yield Measure(
            title=words.title,
            metric=metric,
            definition=words.definition,
            rows=tuple(
                quantity(n, words.style, group_words(n.group or {}), note=_fairlearn_note(n))
                for n in groups
                if n.metric == metric
            ),
        )


def _fairlearn_note(number: Number) -> str:
    zero = number.value is None and number.metric in _ZERO_IN_FAIRLEARN
    return "fairlearn reports 0.0 here" if zero else ""


def _comparisons(own: list[Number], groups: list[Number], event: str) -> Iterable[Measure]:
    rows_of = _rows_of(groups)
    compared = [n for n in own if n.against]
    for metric in sorted({n.metric for n in compared}, key=_comparison_rank):
        words = wording(metric, event)
        yield Measure(
            title=words.title,
            metric=metric,
            definition=words.definition,
            rows=tuple(
                quantity(n, words.style, _against(n), n=comparison_n(n, rows_of))
                for n in compared
                if n.metric == metric
            ),
        )


def base_metric(metric: str) -> str:
    """The rate that a comparison compares."""
    return metric.removesuffix("_difference").removesuffix("_ratio")


def _comparison_rank(metric: str) -> tuple[int, str]:
    return (rank(base_metric(metric))[0], metric)


def _against(number: Number) -> str:
    return f"{group_words(number.group or {})} against {group_words(number.against or {})}"


def comparison_label(number: Number) -> str:
    """`yes against no`."""
    return f"{_value(number)} against {next(iter((number.against or {}).values()))}"


def comparison_n(number: Number, rows_of: RowsOf) -> str | None:
    """`134 and 818`: the denominators of both groups, where the report has them."""
    base = base_metric(number.metric)
    ours, theirs = (
        rows_of.get((base, *pair))
        for group in (number.group or {}, number.against or {})
        for pair in group.items()
    )
    return None if ours is None or theirs is None else f"{ours:,} and {theirs:,}"


def group_rows(report: Report) -> RowsOf:
    """The rows behind each group's rates, over all attributes."""
    return _rows_of(n for n in report.numbers if n.group and not n.against)


def _rows_of(groups: Iterable[Number]) -> RowsOf:
    return {(n.metric, name, value): n.n for n in groups for name, value in (n.group or {}).items()}


def _summaries(numbers: Iterable[Number], name: str, event: str) -> Iterable[Quantity]:
    for number in numbers:
        if number.attributes == (name,):
            words = wording(number.metric, event)
            label = f"{words.title}: {words.definition}" if words.definition else words.title
            yield quantity(number, words.style, label)


def _axis(drawn: list[Number]) -> tuple[float, float]:
    ends = [v for n in drawn for v in (n.low, n.value, n.high) if v is not None]
    if not ends:
        return (0.0, 1.0)
    low = math.floor(min(ends) * 10 + 1e-9) / 10
    high = math.ceil(max(ends) * 10 - 1e-9) / 10
    return (max(0.0, low), min(1.0, max(high, low + 0.1)))


def _figure(
    spec: AttributeSpec,
    groups: list[Number],
    *,
    sizes: dict[str, int],
    small: int,
    event: str,
    axis: tuple[float, float],
    name: str,
) -> Figure | None:
    drawn = [n for n in groups if n.metric == DRAWN]
    if not drawn:
        return None
    dots = tuple(_dot(n, sizes.get(_value(n), n.n), small) for n in drawn)
    level = next((level_text(n) for n in drawn if n.level), "")
    said = listed([f"{d.label} {d.shown or d.note}, {d.n}" for d in dots])
    return Figure(
        name=name,
        title=f"Share decided {event}, by {spec.name}",
        summary=f"Dots{f' with {level} intervals' if level else ''}: {said}",
        axis_low=axis[0],
        axis_high=axis[1],
        dots=dots,
    )


def _dot(number: Number, rows: int, small: int) -> Dot:
    label, n = group_words(number.group or {}), f"n = {number.n:,}"
    if number.value is None:
        return Dot(label=label, n=n, value=None, low=None, high=None, shown="", note="undefined")
    if rows < small:
        note = f"too small to compare (fewer than {small})"
        return Dot(label=label, n=n, value=None, low=None, high=None, shown="", note=note)
    return Dot(
        label=label, n=n, value=number.value, low=number.low, high=number.high,
        shown=value_text(number, "percent").replace(THIN, " "),
    )  # fmt: skip
