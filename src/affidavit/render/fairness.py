"""Fairness: for each sensitive attribute, and each intersection, a figure and its tables."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from affidavit.config import Config
from affidavit.evidence import SMALL, AttributeSpec, Finding, Number, Report
from affidavit.masking import HIDDEN, Masked
from affidavit.places import MISSING_GROUP, UNASSIGNED_GROUP, UNMATCHED_GROUP
from affidavit.render.context import Attribute, Fairness
from affidavit.render.fairness_ends import ends, rows_text
from affidavit.render.grids import SHOWN, by_metric
from affidavit.render.group_text import group_words, names_words
from affidavit.render.masked import value_words
from affidavit.render.metrics import wording
from affidavit.render.numbers import level_text, quantity, value_text
from affidavit.render.pairs import (
    FinalDecisions,
    RowsOf,
    base_metric,
    comparison_n,
    methods,
    pair_blocks,
    rank_by_group,
    rows_of,
    tests_words,
)
from affidavit.render.performance import LABEL_SENTENCES, event_words, score_event
from affidavit.render.tables import Dot, Figure, Quantity
from affidavit.render.words import THIN, listed, many, portable

DRAWN: Final = "selection_rate"
SEES: Final = "recompute.input.sensitive."  # and the column: a finding that the model reads it
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
}
_BIAS: Final = (
    "Groups are estimated in both tables, by probability and by the threshold on it, and both are "
    "biased: either can understate a disparity or overstate it, not by the same amount, and the "
    "data do not show which way (Chen and others 2019; McCartan and others 2024)."
)
_BY_THRESHOLD: Final = (
    f"Here a row is counted in the group whose estimated probability is high enough. {_BIAS}"
)
_BY_PROBABILITY: Final = (
    "Here every row counts in each group with the estimated probability of being of it, so that a "
    f"group has as many rows as are to be expected of it. {_BIAS}"
)
# One minus what stands beside them.
_MIRRORS: Final = {
    "false_negative_rate": "true_positive_rate", "true_negative_rate": "false_positive_rate",
}  # fmt: skip
_MIRRORED: Final = (
    " False negative and true negative rates are one minus the true and the false positive rates, "
    "and stand in the report."
)
# What is printed of a role beside the main one.
_BRIEF: Final = frozenset([
    DRAWN, f"{DRAWN}_difference", f"{DRAWN}_ratio", "demographic_parity_difference",
    "demographic_parity_ratio", "equalized_odds_difference", "equalized_odds_ratio",
    "mean_prediction", "mean_prediction_difference", "mae", "mae_difference",
])  # fmt: skip
_LABEL_CHARS: Final = 25
_APART: Final = {
    MISSING_GROUP: "value not recorded",
    UNMATCHED_GROUP: "no row in the protected table",
    UNASSIGNED_GROUP: "no estimated group is likely enough",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """One report and what it is read with.

    Attributes:
        event: what rates count, the favourable outcome; empty where there is none.
        score_event: what the scores are the probability of.
        final: the final decisions on the same rows, where they are.
        seen: ids of findings.
        masks: of small cells.
    """

    report: Report
    config: Config | None
    event: str
    score_event: str
    axis: tuple[float, float]
    final: FinalDecisions
    seen: frozenset[str]
    masks: Mapping[str, Masked] = field(default_factory=dict)

    def event_of(self, number: Number) -> str:
        """Rates count the favourable outcome; scores stand for the other label, or the same."""
        return self.score_event if number.source == "scores" else self.event

    @property
    def estimated(self) -> frozenset[str]:
        """The attributes whose groups are estimated."""
        specs = self.report.counts.attributes if self.report.counts else ()
        return frozenset(s.name for s in specs if s.source == "estimated")

    @property
    def is_weighed(self) -> bool:
        """Whether every row counts in each group, with the probability of being of it."""
        return self.report.name == "estimated"

    def words(self, number: Number) -> str:
        """What the number's group is called."""
        return group_words(number.group or {}, self.estimated)

    @property
    def small(self) -> int:
        return self.report.counts.small if self.report.counts else SMALL


def fairness(
    report: Report,
    config: Config | None,
    findings: Sequence[Finding] = (),
    *,
    final: Report | None = None,
    first: int = 1,
    masks: Mapping[str, Masked] | None = None,
) -> Fairness:
    """One report: every group, every comparison, every summary that it holds.

    Args:
        report: named `fairness` or `estimated`.
        config: affidavit.toml, where there is one.
        findings: of the record.
        final: the report on the final decisions of the same rows.
        first: the number of the report's first figure.
        masks: of small cells.
    """
    event = event_words(config, _favourable(report, config))
    view = _View(
        report=report, config=config, event=event,
        score_event=_score_event(report, config, event), seen=frozenset(f.id for f in findings),
        axis=_axis([n for n in report.numbers if n.metric == DRAWN and n.group]),
        final=FinalDecisions.of(final), masks=masks or {},
    )  # fmt: skip
    undefined = any(
        n.value is None and n.group and not n.against and n.metric in _ZERO_IN_FAIRLEARN
        for n in report.numbers
    )
    return Fairness(
        role=report.role,
        intro=_intro(view),
        convention=_FAIRLEARN if undefined else "",
        attributes=tuple(
            _attribute(view, specs, place, defined=place == first)
            for place, specs in enumerate(_parts(report, config), first)
        ),
        notes=tuple(
            n for n in (*report.notes, *(final.notes if final else ())) if n not in LABEL_SENTENCES
        ),
    )


def brief_fairness(report: Report, config: Config | None) -> Fairness:
    """A role beside the main one: what each attribute alone tells, in few columns."""
    event = event_words(config, _favourable(report, config))
    scores = _score_event(report, config, event)
    specs = report.counts.attributes if report.counts else ()
    estimated = frozenset(s.name for s in specs if s.source == "estimated")
    behind, few = rows_of(report.numbers), _few(report)
    rows = []
    for number in report.numbers:
        alone = len(number.group or number.attributes or ()) == 1
        if not alone or number.metric not in _BRIEF:
            continue
        words = wording(number.metric, scores if number.source == "scores" else event)
        where = group_words(number.group or {}, estimated)
        where = where or f"by {names_words(number.attributes or (), estimated)}"
        where += f" against {', '.join(number.against.values())}" if number.against else ""
        where += ", too small to compare" if group_words(number.group or {}) in few else ""
        n = comparison_n(number, behind) if number.against else None
        rows.append(quantity(number, words.style, f"{words.title}; {where}", n=n))
    text = (
        f"{many(report.n_rows, 'row')} of the role {report.role}, in short: the report has every "
        "number."
    )
    return Fairness(role=report.role, intro=text, brief=tuple(rows))


def _score_event(report: Report, config: Config | None, event: str) -> str:
    """What the scores are the probability of; of several classes the favourable one's are taken."""
    is_multiclass = report.counts is not None and report.counts.task == "multiclass"
    return event if is_multiclass else score_event(report, config)


def _few(report: Report) -> frozenset[str]:
    """The groups that are too small to compare, in words."""
    small = report.counts.small if report.counts else SMALL
    return frozenset(
        group_words(n.group or {}) for n in report.numbers
        if n.metric == "count" and not n.against and (n.value or 0) < small
    )  # fmt: skip


def _declared(report: Report, config: Config | None) -> dict[str, AttributeSpec]:
    """The attributes of a report without a count table, as the configuration has them."""
    against = {k: v for n in report.numbers for k, v in (n.against or {}).items()}
    specs = {}
    for name in {name: None for n in report.numbers for name in (n.group or {})}:
        told = config.sensitive.get(name) if config else None
        specs[name] = AttributeSpec(
            name=name, source=told.source if told else None,
            reference=told.reference if told else against.get(name),
        )  # fmt: skip
    return specs


def _parts(report: Report, config: Config | None) -> tuple[tuple[AttributeSpec, ...], ...]:
    """Each attribute, then each intersection."""
    if report.counts is None:
        declared = _declared(report, config)
        found = dict.fromkeys(tuple(n.group) for n in report.numbers if n.group)
        return tuple(
            tuple(declared[name] for name in names) for names in sorted(found, key=len)
        )  # fmt: skip
    specs = {a.name: a for a in report.counts.attributes}
    together = [tuple(specs[n] for n in names) for names in report.counts.intersections]
    return (*((a,) for a in specs.values()), *together)


def _favourable(report: Report, config: Config | None) -> str | None:
    if report.counts is not None:
        return report.counts.favourable or None
    return config.label.favourable if config else None


def _intro(view: _View) -> str:
    report, text = view.report, ""
    if _favourable(report, view.config) is not None:
        text = f"The favourable outcome is {view.event}, as the configuration states it. "
    text += (
        f"The numbers are over {many(report.n_rows, 'row')} of the role {report.role}. They are "
        "measurements, not a legal test: base rates differ between groups, and the measures cannot "
        "all be at parity at once. A small group can hide a gap; its interval says how large."
    )
    if any(n.metric in _MIRRORS for n in report.numbers):
        text += _MIRRORED
    if view.final.numbers:
        text += (
            " Beside the model's decisions stand the final ones, after rules and overrides; figures"
            " show the model's."
        )
    return text


def _attribute(
    view: _View, specs: tuple[AttributeSpec, ...], place: int, *, defined: bool
) -> Attribute:
    """One attribute or intersection; definitions are printed with the first of a report."""
    names = tuple(s.name for s in specs)
    own = [n for n in view.report.numbers if n.group and set(n.group) == set(names)]
    there = {n.metric for n in own}
    own = [n for n in own if _MIRRORS.get(base_metric(n.metric)) not in there]
    sizes = {view.words(n): n for n in own if n.metric == "count"}
    kept, left_out = _kept([n for n in own if not n.against], sizes, view.words)
    groups = [n for n in kept if n.metric != "count"]
    rows = rows_of(own) if not view.is_weighed else _rows_to_expect(own)
    few = {g for g, n in sizes.items() if (n.value or 0) < view.small}
    shown = {view.words(n) for n in kept} - few
    compared = [
        n for n in own
        if n.against and view.words(n) in shown
        and group_words(n.against, view.estimated) not in few
    ]  # fmt: skip
    pairs = pair_blocks(
        compared, rows, event=view.event_of, estimated=view.estimated, final=view.final
    )
    title = f"{names_words(names, view.estimated)}, role {view.report.role}"
    weighed = view.is_weighed
    name = f"{'estimated' if weighed else 'fairness'}-{portable(view.report.role)}-{place}"
    return Attribute(
        name=names_words(names, view.estimated) + (", by probability" if weighed else ""),
        anchor=f"{'estimated' if weighed else 'attribute'}-{place}",
        intro=_attribute_intro(view, specs, [v for n in own for v in (n.group or {}).values()]),
        figure=_figure(
            view, groups, sizes=sizes, by=names_words(names, view.estimated), name=name
        ),
        rows_head="expected rows" if weighed else "n",
        pairs=pairs,
        methods=methods(pairs),
        tests=tests_words(compared),
        groups=by_metric(
            [n for n in groups if view.words(n) not in few],
            view.words,
            event=view.event_of, caption=f"{title}, each group", note=_fairlearn_note,
            defined=defined,
            order=rank_by_group,
            beside=view.final.beside,
            rows=_of_group(rows) if weighed else None,
        ),
        summaries=tuple(_summaries(view, names, defined=defined)),
        small=_too_small(few, sizes, specs, view.masks),
        left_out=left_out,
        together=len(names),
    )  # fmt: skip


def _rows_to_expect(own: Sequence[Number]) -> RowsOf:
    """Of groups by probability: the sum of the probabilities, for each of their numbers."""
    sizes = {_group_key(n): n.value or 0.0 for n in own if n.metric == "count"}
    return {
        (n.metric, _group_key(n)): round(sizes[_group_key(n)])
        for n in own if not n.against and _group_key(n) in sizes
    }  # fmt: skip


def _group_key(number: Number) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((number.group or {}).items()))


def _of_group(rows: RowsOf) -> Callable[[Number], str]:
    return lambda n: f"{rows.get((n.metric, _group_key(n)), n.n):,}"


def _kept(
    numbers: list[Number], sizes: dict[str, Number], words: Callable[[Number], str]
) -> tuple[list[Number], str]:
    """The numbers of the largest groups, and a sentence for those that are not printed."""
    if len(sizes) <= SHOWN:
        return numbers, ""
    largest = sorted(sizes, key=lambda g: (-(sizes[g].value or 0), g))[:SHOWN]
    more = len(sizes) - SHOWN
    return (
        [n for n in numbers if words(n) in largest],
        f"The {SHOWN} largest groups are printed; {many(more, 'more group')} in the report.",
    )


def _too_small(
    few: set[str], sizes: dict[str, Number], specs: tuple[AttributeSpec, ...],
    masks: Mapping[str, Masked],
) -> str:  # fmt: skip
    if not few:
        return ""
    said = [f"{g}: too small (n = {rows_text(sizes[g], masks)})" for g in sizes if g in few]
    more = f"; and {len(said) - SHOWN} more" if len(said) > SHOWN else ""
    text = "; ".join(said[:SHOWN]) + more + ". Their counts are in the report."
    reference = {s.name: s.reference or "" for s in specs}
    estimated = [s.name for s in specs if s.source == "estimated"]
    if all(reference.values()) and group_words(reference, estimated) in few:
        text += " The reference group is one of them, so that nothing is compared."
    return text


def _attribute_intro(view: _View, specs: tuple[AttributeSpec, ...], values: list[str]) -> str:
    text = ""
    for spec in specs:
        text += f" {_recorded(view, spec)}" if len(specs) == 1 else ""
    if all(s.reference is not None for s in specs):
        reference = group_words({s.name: s.reference or "" for s in specs}, view.estimated)
        text += f" Groups are compared with {reference}."
    else:
        text += " No reference group is declared: groups are not compared one by one."
    for value, means in _APART.items():
        if value in values:
            text += f" {value}: {means}; counted, and outside the summaries."
    return text.strip()


def _recorded(view: _View, spec: AttributeSpec) -> str:
    """How an attribute was come by, and whether the model sees it."""
    if spec.source == "estimated":
        return _BY_PROBABILITY if view.report.name == "estimated" else _BY_THRESHOLD
    text = f"Recorded {_SOURCE[spec.source]}." if spec.source else ""
    sensitive = view.config.sensitive.get(spec.name) if view.config else None
    if sensitive is not None and sensitive.table:
        text += " Held apart in a table of its own, and joined only for these numbers."
    if sensitive is not None and SEES + sensitive.column in view.seen:
        text += " The model is given it as an input: see Findings."
    elif sensitive is not None:
        text += " The model is not given it; other columns may still stand for it."
    return text


def _fairlearn_note(number: Number) -> str:
    zero = number.value is None and number.metric in _ZERO_IN_FAIRLEARN
    return "fairlearn reports 0.0 here" if zero else ""


def _summaries(
    view: _View, names: tuple[str, ...], *, defined: bool
) -> Iterable[Quantity]:  # fmt: skip
    estimated = not view.estimated.isdisjoint(names)
    small = view.small
    own = [
        n for n in view.report.numbers
        if n.group and set(n.group) == set(names) and not n.against
    ]  # fmt: skip
    for number in view.report.numbers:
        if number.attributes is None or set(number.attributes) != set(names):
            continue
        words = wording(number.metric, view.event_of(number))
        title = words.title + (f" (by {names_words(names, view.estimated)})" if estimated else "")
        label = f"{title}: {words.definition}" if defined else title
        n = f"{number.n:,}"
        if view.is_weighed:
            n = f"{sum(c.value or 0.0 for c in own if c.metric == 'count'):,.0f}"
        note = ends(number, own, view.words, small=small, masks=view.masks)
        yield quantity(number, words.style, label, n=n, note=note)
        final = view.final.beside(number)
        if final is not None:
            yield quantity(final, words.style, f"{title}: final decision")


def _axis(drawn: list[Number]) -> tuple[float, float]:
    ends = [v for n in drawn for v in (n.low, n.value, n.high) if v is not None]
    if not ends:
        return (0.0, 1.0)
    low = math.floor(min(ends) * 10 + 1e-9) / 10
    high = math.ceil(max(ends) * 10 - 1e-9) / 10
    return (max(0.0, low), min(1.0, max(high, low + 0.1)))


def _figure(
    view: _View, groups: list[Number], *, sizes: dict[str, Number], by: str, name: str
) -> Figure | None:
    drawn = [n for n in groups if n.metric == DRAWN]
    if not drawn:
        return None
    dots = tuple(_dot(view, n, sizes.get(view.words(n), n)) for n in drawn)
    level = next((level_text(n) for n in drawn if n.level), "")
    said = listed([f"{d.label} {d.shown or d.note}, {d.n}" for d in dots])
    return Figure(
        name=name,
        title=f"Share that the model would decide {view.event}, by {by}",
        summary=f"Dots{f' with {level} intervals' if level else ''}: {said}",
        axis_low=view.axis[0],
        axis_high=view.axis[1],
        dots=dots,
    )


def _dot(view: _View, number: Number, count: Number) -> Dot:
    label, small = view.words(number), view.small
    if len(label) > _LABEL_CHARS:
        label = ", ".join((number.group or {}).values())
    rows = number.n if count.metric != "count" else count.value or 0
    masked = view.masks.get(number.id)
    said = f"{number.n:,}" if masked is None or not masked.n_how else masked.n_words
    blank = Dot(
        label=label, n=f"expect {rows:,.0f}" if view.is_weighed else f"n = {said}",
        value=None, low=None,
        high=None, shown="",
    )  # fmt: skip
    if number.value is None:
        return replace(blank, note="undefined")
    if rows < small:
        return replace(blank, note=f"too small to compare (fewer than {small})")
    if masked is not None and masked.low is not None:
        return replace(
            blank, value=masked.value, low=masked.low, high=masked.high,
            shown=value_words(number, masked).replace(THIN, " "),
        )  # fmt: skip
    if masked is not None:
        return replace(blank, note=f"{HIDDEN}: a cell of fewer than ten")
    return replace(
        blank, value=number.value, low=number.low, high=number.high,
        shown=value_text(number, "percent").replace(THIN, " "),
    )  # fmt: skip
