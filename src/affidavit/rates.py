"""Every number that follows from counts: recompute states them, verify derives them again.

Performance counts `positive` (the label whose probability is the score) as the event; fairness
counts `favourable` (the label that is good for the person). Definitions are fairlearn's, with one
difference: a rate without a denominator is undefined, where fairlearn says 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from affidavit.confusion import Confusion, balanced_accuracy, f1, matthews_correlation
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
from affidavit.evidence import AttributeSpec, CountSpec, Number
from affidavit.intervals import Proportion, critical, koopman, newcombe, wilson

__all__ = ["Cell", "CountTable", "count_table", "derive", "read_counts", "write_counts"]

Groups = dict[str, CountTable]


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
    def exact(self) -> Fraction:
        """The value of a rate that is known to be defined."""
        if self.value is None:
            raise ValueError("an undefined rate has no value")
        return self.value

    @property
    def proportion(self) -> Proportion:
        """The share with its effective n (Kish: (Σw)² / Σw²; without weights, n)."""
        return Proportion(p=float(self.exact), n=float(self.whole.w**2 / self.whole.w2))


def derive(table: CountTable) -> tuple[Number, ...]:
    """Every number that the counts of one role give, in one order.

    Ids are `performance/<role>/<metric>` and `fairness/<role>/<metric>[/<attribute>[=<value>]]`;
    comparisons end in ` vs <reference>`.

    Returns:
        Performance rates over all rows; for each attribute the rates of each group, each group
        against the declared reference group, and fairlearn's summaries over all groups. Rows
        whose attribute is missing or unmatched are groups of their own, outside the summaries.
    """
    whole = table.merged()
    return (*_performance(whole), *_fairness(table, whole))


def _performance(whole: CountTable) -> Iterator[Number]:
    for rule in (_PREVALENCE, *_RATES):
        rate = _rate(whole, rule, whole.spec.positive)
        yield _number(whole.spec, f"performance/{whole.spec.role}/{rule.metric}", rule.metric, rate)
    yield from _scores_of_decisions(whole)


_OF_DECISIONS: tuple[tuple[str, Callable[[Confusion], float | None], str], ...] = (
    ("f1", f1, "no labelled row has the label or the decision {event}"),
    ("balanced_accuracy", balanced_accuracy, "the labelled rows do not hold both labels"),
    ("matthews_correlation", matthews_correlation, "labels or decisions are all the same"),
)


def _scores_of_decisions(whole: CountTable) -> Iterator[Number]:
    """Numbers that are no rate, and so have no interval in closed form."""
    spec = whole.spec
    found = _confusion(whole, spec.positive)
    for metric, compute, empty in _OF_DECISIONS:
        number_id, value = f"performance/{spec.role}/{metric}", compute(found)
        if value is None:
            why = empty.format(event=repr(spec.positive)) if found.n else "no labelled rows"
            yield _undefined(spec, number_id, metric, found.n, f"undefined, n = {found.n}: {why}")
        else:
            yield Number(
                id=number_id, metric=metric, role=spec.role, n=found.n, value=value,
                source="counts",
            )  # fmt: skip


def _confusion(table: CountTable, event: str) -> Confusion:
    """The confusion matrix of a count table."""

    def weight(*, labelled_so: bool, decided_so: bool) -> Fraction:
        return table.tally(
            lambda c: (
                _labelled(c)
                and (c.label == event) == labelled_so
                and (c.decision == event) == decided_so
            )
        ).w

    return Confusion(
        tp=weight(labelled_so=True, decided_so=True),
        fp=weight(labelled_so=False, decided_so=True),
        fn=weight(labelled_so=True, decided_so=False),
        tn=weight(labelled_so=False, decided_so=False),
        n=table.tally(_labelled).n,
    )


def _fairness(table: CountTable, whole: CountTable) -> Iterator[Number]:
    spec = table.spec
    if not spec.attributes:
        return
    overall = _rate(whole, SELECTION, spec.favourable)
    yield _number(spec, f"fairness/{spec.role}/selection_rate", "selection_rate", overall)
    for position, attribute in enumerate(spec.attributes):
        # Merged once: cells times groups would be quadratic where attributes have many values.
        groups = table.by_value(position)
        yield from _groups(spec, attribute, groups)
        yield from _against_reference(spec, attribute, groups)
        yield from _summaries(spec, attribute, groups)


def _rate(table: CountTable, rule: RateRule, event: str) -> Rate:
    whole = table.tally(lambda c: rule.within(c, event))
    part = table.tally(lambda c: rule.within(c, event) and rule.counted(c, event))
    reason = "" if whole.w else f"undefined, n = {whole.n}: {rule.empty.format(event=repr(event))}"
    return Rate(part.w / whole.w if whole.w else None, whole, reason)


def _number(
    spec: CountSpec, number_id: str, metric: str, rate: Rate, group: dict[str, str] | None = None
) -> Number:
    if rate.value is None:
        return _undefined(spec, number_id, metric, rate.whole.n, rate.reason, group=group)
    low, high = wilson(rate.proportion, critical(spec.level))
    return Number(
        id=number_id, metric=metric, role=spec.role, group=group, n=rate.whole.n,
        value=float(rate.value), low=low, high=high, level=spec.level,
        method=_method(spec, "Wilson"), source="counts",
    )  # fmt: skip


def _method(spec: CountSpec, name: str) -> str:
    return f"{name}, effective n" if spec.weighted else name


def _undefined(
    spec: CountSpec,
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
        id=number_id, metric=metric, role=spec.role, group=group, against=against,
        attributes=attributes, n=n, value=None, reason=reason, source="counts",
    )  # fmt: skip


def _groups(spec: CountSpec, attribute: AttributeSpec, groups: Groups) -> Iterator[Number]:
    for value, table in groups.items():
        group, place = {attribute.name: value}, f"{attribute.name}={value}"
        count = table.tally(lambda _c: True)
        yield Number(
            id=f"fairness/{spec.role}/count/{place}", metric="count", role=spec.role,
            group=group, n=count.n, value=float(count.n), source="counts",
        )  # fmt: skip
        for rule in _RATES:
            rate = _rate(table, rule, spec.favourable)
            number_id = f"fairness/{spec.role}/{rule.metric}/{place}"
            yield _number(spec, number_id, rule.metric, rate, group)


def _against_reference(
    spec: CountSpec, attribute: AttributeSpec, groups: Groups
) -> Iterator[Number]:
    reference = attribute.reference
    if reference is None:
        return
    theirs = groups.get(reference, CountTable(spec, ()))
    for value, ours in groups.items():
        if value in (reference, MISSING_GROUP, UNMATCHED_GROUP):
            continue
        for rule in _COMPARED:
            pair = Pair(
                attribute=attribute.name,
                value=value,
                reference=reference,
                ours=_rate(ours, rule, spec.favourable),
                theirs=_rate(theirs, rule, spec.favourable),
            )
            yield from _compared(spec, rule.metric, pair)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One rate of a group and of the reference group of its attribute."""

    attribute: str
    value: str
    reference: str
    ours: Rate
    theirs: Rate


def _compared(spec: CountSpec, metric: str, pair: Pair) -> Iterator[Number]:
    z = critical(spec.level)
    n = pair.ours.whole.n + pair.theirs.whole.n
    place = f"{pair.attribute}={pair.value} vs {pair.reference}"
    group, against = {pair.attribute: pair.value}, {pair.attribute: pair.reference}
    for kind in ("difference", "ratio"):
        number_id = f"fairness/{spec.role}/{metric}_{kind}/{place}"
        if reason := _no_comparison(spec, pair, kind):
            yield _undefined(
                spec, number_id, f"{metric}_{kind}", n, reason, group=group, against=against
            )
            continue
        ours, theirs = pair.ours.proportion, pair.theirs.proportion
        if kind == "difference":
            exact, method = pair.ours.exact - pair.theirs.exact, "Newcombe"
            interval: tuple[float, float | None] = newcombe(ours, theirs, z)
        else:
            exact, method = pair.ours.exact / pair.theirs.exact, "Koopman"
            interval = koopman(ours, theirs, z)
        low, high = interval
        yield Number(
            id=number_id, metric=f"{metric}_{kind}", role=spec.role, group=group,
            against=against, n=n, value=float(exact), low=low, high=high,
            level=spec.level, method=_method(spec, method), source="counts",
        )  # fmt: skip


def _no_comparison(spec: CountSpec, pair: Pair, kind: str) -> str:
    for rate, name in ((pair.ours, pair.value), (pair.theirs, pair.reference)):
        if rate.value is None:
            return f"{name!r}: {rate.reason}"
        if rate.whole.n < spec.small:
            few = f"{rate.whole.n} rows, fewer than {spec.small}"
            return f"{name!r} has {few}: too small to compare"
    if kind == "ratio" and pair.theirs.value == 0:
        return f"the rate of {pair.reference!r} is 0, so the ratio has no value"
    return ""


def _summaries(spec: CountSpec, attribute: AttributeSpec, groups: Groups) -> Iterator[Number]:
    known = [t for v, t in groups.items() if v not in (MISSING_GROUP, UNMATCHED_GROUP)]
    spreads = {
        rule.metric: _spread([_rate(t, rule, spec.favourable) for t in known]) for rule in _COMPARED
    }
    n = sum(t.tally(lambda _c: True).n for t in known)
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
        number_id = f"fairness/{spec.role}/{metric}/{attribute.name}"
        attributes = (attribute.name,)
        if value is None:
            reason = "a rate that it compares is undefined in all groups but one, or 0 in all"
            yield _undefined(spec, number_id, metric, n, reason, attributes=attributes)
        else:
            yield Number(
                id=number_id, metric=metric, role=spec.role, attributes=attributes, n=n,
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
