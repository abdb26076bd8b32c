"""Every number that follows from counts: recompute states them, verify derives them again.

Performance counts `positive` (the label whose probability is the score) as the event; fairness
counts `favourable` (the label that is good for the person). Definitions are fairlearn's, with one
difference: a rate without a denominator is undefined, where fairlearn says 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from affidavit.counts import (
    MISSING_GROUP,
    UNKNOWN_LABEL,
    UNMATCHED_GROUP,
    Cell,
    CountTable,
    Tally,
    count_table,
    read_counts,
    write_counts,
)
from affidavit.evidence import AttributeSpec, Number
from affidavit.intervals import Proportion, critical, koopman, newcombe, wilson

__all__ = ["Cell", "CountTable", "count_table", "derive", "read_counts", "write_counts"]

Keep = Callable[[Cell], bool]


@dataclass(frozen=True, slots=True)
class RateRule:
    """A rate: which rows are its denominator, which of those its numerator, given the event."""

    metric: str
    within: Callable[[Cell, str], bool]
    counted: Callable[[Cell, str], bool]
    empty: str


def _labelled(c: Cell) -> bool:
    return c.label != UNKNOWN_LABEL


SELECTION = RateRule("selection_rate", lambda _c, _e: True, lambda c, e: c.decision == e, "no rows")
TRUE_POSITIVE = RateRule(
    "true_positive_rate", lambda c, e: c.label == e, lambda c, e: c.decision == e,
    "no rows whose label is {event}",
)  # fmt: skip
FALSE_POSITIVE = RateRule(
    "false_positive_rate", lambda c, e: _labelled(c) and c.label != e,
    lambda c, e: c.decision == e, "no rows whose label is other than {event}",
)  # fmt: skip
_RATES = (
    SELECTION,
    TRUE_POSITIVE,
    FALSE_POSITIVE,
    RateRule(
        "false_negative_rate", TRUE_POSITIVE.within, lambda c, e: c.decision != e,
        TRUE_POSITIVE.empty,
    ),
    RateRule(
        "true_negative_rate", FALSE_POSITIVE.within, lambda c, e: c.decision != e,
        FALSE_POSITIVE.empty,
    ),
    RateRule(
        "precision", lambda c, e: _labelled(c) and c.decision == e, lambda c, e: c.label == e,
        "no labelled rows decided {event}",
    ),
    RateRule(
        "accuracy", lambda c, _e: _labelled(c), lambda c, _e: c.label == c.decision,
        "no labelled rows",
    ),
)  # fmt: skip
_PREVALENCE = RateRule(
    "prevalence", lambda c, _e: _labelled(c), lambda c, e: c.label == e, "no labelled rows"
)
_COMPARED = (SELECTION, TRUE_POSITIVE, FALSE_POSITIVE)


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate's exact value, or None where its denominator is empty, and its rows."""

    value: Fraction | None
    whole: Tally
    reason: str

    @property
    def proportion(self) -> Proportion:
        """The share with its effective n (Kish: (Σw)² / Σw²; without weights, n)."""
        if self.value is None or self.whole.w2 == 0:
            raise ValueError("an undefined rate has no proportion")
        return Proportion(p=float(self.value), n=float(self.whole.w**2 / self.whole.w2))


def derive(table: CountTable) -> tuple[Number, ...]:
    """Every number that the counts of one role give, in one order.

    Ids are `performance/<role>/<metric>` and `fairness/<role>/<metric>[/<attribute>[=<value>]]`;
    comparisons end in ` vs <reference>`.

    Returns:
        Performance rates over all rows; for each attribute the rates of each group, each group
        against the declared reference group, and fairlearn's summaries over all groups. Rows
        whose attribute is missing or unmatched are groups of their own, outside the summaries.
    """
    return (*_performance(table), *_fairness(table))


def _performance(table: CountTable) -> Iterator[Number]:
    for rule in (_PREVALENCE, *_RATES):
        rate = _rate(table, rule, table.spec.positive, lambda _c: True)
        yield _number(table, f"performance/{table.spec.role}/{rule.metric}", rule.metric, rate)


def _fairness(table: CountTable) -> Iterator[Number]:
    if not table.spec.attributes:
        return
    whole = _rate(table, SELECTION, table.spec.favourable, lambda _c: True)
    yield _number(table, f"fairness/{table.spec.role}/selection_rate", "selection_rate", whole)
    for position, attribute in enumerate(table.spec.attributes):
        yield from _groups(table, position, attribute)
        yield from _against_reference(table, position, attribute)
        yield from _summaries(table, position, attribute)


def _within(position: int, value: str) -> Keep:
    return lambda c: c.groups[position] == value


def _rate(table: CountTable, rule: RateRule, event: str, keep: Keep) -> Rate:
    whole = table.tally(lambda c: keep(c) and rule.within(c, event))
    part = table.tally(lambda c: keep(c) and rule.within(c, event) and rule.counted(c, event))
    reason = "" if whole.w else f"undefined, n = {whole.n}: {rule.empty.format(event=repr(event))}"
    return Rate(part.w / whole.w if whole.w else None, whole, reason)


def _number(
    table: CountTable, number_id: str, metric: str, rate: Rate, group: dict[str, str] | None = None
) -> Number:
    if rate.value is None:
        return _undefined(table, number_id, metric, rate.whole.n, rate.reason, group=group)
    low, high = wilson(rate.proportion, critical(table.spec.level))
    return Number(
        id=number_id, metric=metric, role=table.spec.role, group=group, n=rate.whole.n,
        value=float(rate.value), low=low, high=high, level=table.spec.level,
        method=_method(table, "Wilson"), source="counts",
    )  # fmt: skip


def _method(table: CountTable, name: str) -> str:
    return f"{name}, effective n" if table.spec.weighted else name


def _undefined(
    table: CountTable,
    number_id: str,
    metric: str,
    n: int,
    reason: str,
    *,
    group: dict[str, str] | None = None,
    against: dict[str, str] | None = None,
    attributes: tuple[str, ...] | None = None,
) -> Number:
    return Number(
        id=number_id, metric=metric, role=table.spec.role, group=group, against=against,
        attributes=attributes, n=n, value=None, reason=reason, source="counts",
    )  # fmt: skip


def _groups(table: CountTable, position: int, attribute: AttributeSpec) -> Iterator[Number]:
    for value in table.values_of(position):
        group, keep = {attribute.name: value}, _within(position, value)
        place = f"{attribute.name}={value}"
        count = table.tally(keep)
        yield Number(
            id=f"fairness/{table.spec.role}/count/{place}", metric="count", role=table.spec.role,
            group=group, n=count.n, value=float(count.n), source="counts",
        )  # fmt: skip
        for rule in _RATES:
            rate = _rate(table, rule, table.spec.favourable, keep)
            number_id = f"fairness/{table.spec.role}/{rule.metric}/{place}"
            yield _number(table, number_id, rule.metric, rate, group)


def _against_reference(
    table: CountTable, position: int, attribute: AttributeSpec
) -> Iterator[Number]:
    reference = attribute.reference
    if reference is None:
        return
    for value in table.values_of(position):
        if value in (reference, MISSING_GROUP, UNMATCHED_GROUP):
            continue
        for rule in _COMPARED:
            yield from _compared(
                table, position, attribute.name, value=value, reference=reference, rule=rule
            )


def _compared(
    table: CountTable, position: int, name: str, *, value: str, reference: str, rule: RateRule
) -> Iterator[Number]:
    event, z = table.spec.favourable, critical(table.spec.level)
    ours = _rate(table, rule, event, _within(position, value))
    theirs = _rate(table, rule, event, _within(position, reference))
    n = ours.whole.n + theirs.whole.n
    stem = f"fairness/{table.spec.role}/{rule.metric}"
    place = f"{name}={value} vs {reference}"
    group, against = {name: value}, {name: reference}
    for kind in ("difference", "ratio"):
        metric = f"{rule.metric}_{kind}"
        if reason := _no_comparison(
            table, ours, theirs, kind=kind, value=value, reference=reference
        ):
            yield _undefined(
                table, f"{stem}_{kind}/{place}", metric, n, reason, group=group, against=against
            )
            continue
        if ours.value is None or theirs.value is None:
            raise RuntimeError("an undefined rate passed as comparable")
        if kind == "difference":
            exact, method = ours.value - theirs.value, "Newcombe"
            interval: tuple[float, float | None] = newcombe(ours.proportion, theirs.proportion, z)
        else:
            exact, method = ours.value / theirs.value, "Koopman"
            interval = koopman(ours.proportion, theirs.proportion, z)
        low, high = interval
        yield Number(
            id=f"{stem}_{kind}/{place}", metric=metric, role=table.spec.role, group=group,
            against=against, n=n, value=float(exact), low=low, high=high,
            level=table.spec.level, method=_method(table, method), source="counts",
        )  # fmt: skip


def _no_comparison(
    table: CountTable, ours: Rate, theirs: Rate, *, kind: str, value: str, reference: str
) -> str:
    small = table.spec.small
    for rate, name in ((ours, value), (theirs, reference)):
        if rate.value is None:
            return f"{name!r}: {rate.reason}"
        if rate.whole.n < small:
            return f"{name!r} has {rate.whole.n} rows, fewer than {small}: too small to compare"
    if kind == "ratio" and theirs.value == 0:
        return f"the rate of {reference!r} is 0, so the ratio has no value"
    return ""


def _summaries(table: CountTable, position: int, attribute: AttributeSpec) -> Iterator[Number]:
    event = table.spec.favourable
    values = [v for v in table.values_of(position) if v not in (MISSING_GROUP, UNMATCHED_GROUP)]
    spreads = {
        rule.metric: _spread([_rate(table, rule, event, _within(position, v)) for v in values])
        for rule in _COMPARED
    }
    n = table.tally(lambda c: c.groups[position] in values).n
    selection = spreads[SELECTION.metric]
    tpr, fpr = spreads[TRUE_POSITIVE.metric], spreads[FALSE_POSITIVE.metric]
    rows = (
        ("demographic_parity_difference", selection.difference),
        ("demographic_parity_ratio", selection.ratio),
        ("equal_opportunity_difference", tpr.difference),
        ("equal_opportunity_ratio", tpr.ratio),
        ("equalized_odds_difference", _worst(tpr.difference, fpr.difference, max)),
        ("equalized_odds_ratio", _worst(tpr.ratio, fpr.ratio, min)),
    )
    for metric, value in rows:
        number_id = f"fairness/{table.spec.role}/{metric}/{attribute.name}"
        attributes = (attribute.name,)
        if value is None:
            reason = "a rate that it compares is undefined in all groups but one, or 0 in all"
            yield _undefined(table, number_id, metric, n, reason, attributes=attributes)
        else:
            yield Number(
                id=number_id, metric=metric, role=table.spec.role, attributes=attributes, n=n,
                value=float(value), source="counts",
            )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spread:
    """max - min and min / max over the groups that have the rate; None where undefined."""

    difference: Fraction | None
    ratio: Fraction | None


def _spread(rates: list[Rate]) -> Spread:
    known = [r.value for r in rates if r.value is not None]
    if len(known) < 2:
        return Spread(None, None)
    top, bottom = max(known), min(known)
    return Spread(top - bottom, bottom / top if top else None)


def _worst(
    first: Fraction | None,
    second: Fraction | None,
    choose: Callable[[Fraction, Fraction], Fraction],
) -> Fraction | None:
    return None if first is None or second is None else choose(first, second)
