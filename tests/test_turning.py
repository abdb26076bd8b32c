"""The least change that turns a verdict, against a search through every change."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from affidavit import turning_steps
from affidavit.bundle.canonical import rounded
from affidavit.config import Config, Dataset, Decision, Hold, Label, Rows
from affidavit.evidence import Number
from affidavit.holds import is_met
from affidavit.turning import Counting, Turn, least_changes, rates_behind
from affidavit.turning_steps import MOST_TRIED, Budget, Share, SpentError, least_of_many

COUNTING = Counting(column="deny", positive="yes", favourable="no")
SIZES = st.integers(1, 7)
BOUNDS = st.fractions(0, 2, max_denominator=9).map(float) | st.sampled_from([0.1, 0.8, 1 / 3])


def hold(**bounds: float) -> Hold:
    return Hold(metric="any", set_by="model risk", set_on="2026-10-01", **bounds)


def rate(part: int, whole: int, metric: str = "selection_rate", **more: object) -> Number:
    group = more.get("group")
    heading = "fairness" if group else "performance"
    place = "" if group is None else "/" + ",".join(f"{k}={v}" for k, v in group.items())
    return Number(
        id=f"{heading}/e/{metric}{place}", metric=metric, role="e", n=whole,
        value=part / whole if whole else None, source="counts", **more,
    )  # fmt: skip


def compared(kind: str, ours: Number, theirs: Number, value: float | None) -> Number:
    return Number(
        id=f"fairness/e/{ours.metric}_{kind}/vs", metric=f"{ours.metric}_{kind}", role="e",
        group=ours.group, against=theirs.group, n=ours.n + theirs.n, value=value, source="counts",
    )  # fmt: skip


def summary(metric: str, value: float | None, *attributes: str) -> Number:
    return Number(id=f"fairness/e/{metric}/{'+'.join(attributes)}", metric=metric, role="e",
                  attributes=attributes, n=9, value=value, source="counts")  # fmt: skip


def quotient(kind: str, parts: tuple[int, ...], wholes: tuple[int, ...]) -> float | None:
    """A difference or ratio, or the widest gap, from the counts; for the search alone."""
    rates = [p / w for p, w in zip(parts, wholes, strict=True)]
    if kind == "rate":
        return rates[0]
    first, second = (0, 1)
    if kind.startswith("summary"):
        first, second = rates.index(min(rates)), rates.index(max(rates))
        kind = kind.removeprefix("summary ")
        if kind == "difference":
            first, second = second, first
    ours, theirs = parts[first] * wholes[second], parts[second] * wholes[first]
    if kind == "difference":
        return (ours - theirs) / (wholes[first] * wholes[second])
    return ours / theirs if theirs else None


def least(kind: str, parts: tuple[int, ...], wholes: tuple[int, ...], held: Hold) -> int | None:
    """Every change of every group, each held against the threshold by `is_met` itself."""

    def met(value: float) -> bool:
        return is_met(held, rate(1, 1).model_copy(update={"value": value}))

    now = quotient(kind, parts, wholes)
    assert now is not None
    found = [
        sum(abs(a - b) for a, b in zip(other, parts, strict=True))
        for other in product(*(range(w + 1) for w in wholes))
        if (value := quotient(kind, other, wholes)) is not None and met(value) is not met(now)
    ]
    return min(found, default=None)


@st.composite
def tables(draw: st.DrawFn, groups: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    wholes = tuple(draw(SIZES) for _ in range(groups))
    return tuple(draw(st.integers(0, w)) for w in wholes), wholes


@st.composite
def bounds(draw: st.DrawFn) -> Hold:
    low, high = draw(BOUNDS | st.none()), draw(BOUNDS | st.none())
    assume(low is not None or high is not None)
    assume(low is None or high is None or low <= high)
    return hold(**{k: v for k, v in (("min", low), ("max", high)) if v is not None})


@settings(max_examples=300, deadline=None)
@given(tables(1), bounds())
def test_one_rate_is_turned_by_the_fewest_changes(
    table: tuple[tuple[int, ...], tuple[int, ...]], held: Hold
) -> None:
    (part,), (whole,) = table
    number = rate(part, whole)

    turn = least_changes(held, number, (number,), COUNTING)

    assert turn.changes == least("rate", *table, held)


@settings(max_examples=600, deadline=None)
@given(tables(2), bounds(), st.sampled_from(["difference", "ratio"]))
def test_two_groups_are_turned_by_the_fewest_changes_in_either(
    table: tuple[tuple[int, ...], tuple[int, ...]], held: Hold, kind: str
) -> None:
    parts, wholes = table
    assume(quotient(kind, parts, wholes) is not None)
    ours, theirs = (
        rate(p, w, group={"g": name}) for p, w, name in zip(parts, wholes, "ab", strict=True)
    )
    number = compared(kind, ours, theirs, quotient(kind, parts, wholes))

    turn = least_changes(held, number, (theirs, number, ours), COUNTING)

    assert turn.changes == least(kind, parts, wholes, held)


@settings(max_examples=400, deadline=None)
@given(st.integers(2, 3).flatmap(tables), BOUNDS, st.sampled_from(["difference", "ratio"]))
def test_a_summary_over_groups_is_turned_by_the_fewest_changes_over_all(
    table: tuple[tuple[int, ...], tuple[int, ...]], bound: float, kind: str
) -> None:
    parts, wholes = table
    value = quotient(f"summary {kind}", parts, wholes)
    assume(value is not None)
    held = hold(max=bound) if kind == "difference" else hold(min=bound)
    rates = [
        rate(p, w, group={"g": name}) for p, w, name in zip(parts, wholes, "abc"[: len(parts)],
                                                           strict=True)
    ]  # fmt: skip
    number = summary(f"demographic_parity_{kind}", value, "g")
    apart = rate(0, 5, group={"g": "(missing)"})

    turn = least_changes(held, number, (*rates, apart, number), COUNTING)

    assert turn.changes == least(f"summary {kind}", parts, wholes, held)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 10**7), st.data(), st.sampled_from([0.8, 0.85, 0.05, 1 / 3]))
def test_large_counts_are_turned_by_this_many_and_no_fewer(
    whole: int, data: st.DataObject, bound: float
) -> None:
    number = rate(data.draw(st.integers(0, whole)), whole)
    held = hold(min=bound)

    turn = least_changes(held, number, (number,), COUNTING)

    assert turn.changes is not None
    sign = -1 if is_met(held, number) else 1
    part = round((number.value or 0) * whole)
    for changes, turned in ((turn.changes, True), (turn.changes - 1, False)):
        after = number.model_copy(update={"value": (part + sign * changes) / whole})
        assert (is_met(held, after) is not is_met(held, number)) is turned


def test_the_sample_is_four_approvals_away_and_says_where() -> None:
    ours = rate(100, 134, group={"afam": "yes"})
    theirs = rate(740, 818, group={"afam": "no"})
    ratio = (100 / 134) / (740 / 818)
    number = compared("ratio", ours, theirs, rounded(ratio))

    turn = least_changes(hold(min=0.85), number, (ours, theirs, number), COUNTING)

    assert 103 / 134 / (740 / 818) < 0.85 <= 104 / 134 / (740 / 818)
    assert turn == Turn(changes=4, words="four more decided deny = no among the 134 (afam = yes)")
    met = least_changes(hold(min=0.8), number, (ours, theirs, number), COUNTING)
    assert met.words == "four fewer decided deny = no among the 134 (afam = yes)"


@pytest.mark.parametrize(
    ("metric", "words"),
    [
        ("selection_rate", "one more decided deny = yes among the 100"),
        ("true_positive_rate", "one more decided deny = yes among the 100 labelled so"),
        ("false_negative_rate", "one fewer decided deny = yes among the 100 labelled so"),
        ("false_positive_rate", "one more decided deny = yes among the 100 labelled otherwise"),
        ("true_negative_rate", "one fewer decided deny = yes among the 100 labelled otherwise"),
        ("accuracy", "one more decided as labelled among the 100 labelled"),
    ],
)
def test_a_change_is_told_in_the_words_of_the_label(metric: str, words: str) -> None:
    number = rate(70, 100, metric)

    assert least_changes(hold(min=0.71), number, (number,), COUNTING).words == words


def test_of_a_class_its_own_label_is_named_and_many_are_in_digits() -> None:
    number = rate(100, 2000, label="late")

    turn = least_changes(hold(min=0.07), number, (number,), COUNTING)

    assert turn.words == "40 more decided deny = late among the 2,000"


def test_a_number_that_no_counted_decision_moves_is_not_turned_and_the_reason_is_said() -> None:
    known = rate(7, 10)
    precision = rate(7, 10, "precision")
    cases = {
        "it has no value": known.model_copy(update={"value": None}),
        "it follows from scores, not from counted decisions": known.model_copy(
            update={"source": "scores"}
        ),
        "not worked out for this measure": precision,
    }

    for reason, number in cases.items():
        assert least_changes(hold(min=0.8), number, (number,), COUNTING) == Turn(
            changes=None, reason=reason
        )
    # A share that no whole number of rows gives was not counted row by row.
    odd = known.model_copy(update={"value": 0.71})
    assert least_changes(hold(min=0.8), odd, (odd,), COUNTING).changes is None
    assert least_changes(hold(min=0.8), known, (known,), COUNTING).changes == 1  # the twin


def test_a_bound_that_no_decision_can_meet_is_said_to_be_one() -> None:
    number = rate(7, 10)

    turn = least_changes(hold(min=1.5), number, (number,), COUNTING)

    assert turn == Turn(changes=None, reason="no change of decisions alone would turn it")


def _config(**changes: object) -> Config:
    return Config(
        version=1, task="binary", label=Label(column="deny", kind="outcome", positive="yes",
                                              favourable="no"),
        decision=Decision(threshold=0.5), datasets={"e": Dataset(path="e.csv", include="embed")},
        **changes,
    )  # fmt: skip


def test_weights_and_units_are_no_single_decisions() -> None:
    number = rate(7, 10)

    assert Counting.of(_config()) == replace(COUNTING, small=30)
    for config, word in ((_config(rows=Rows(weight="w")), "weights"), (_config(unit="p"), "unit")):
        turn = least_changes(hold(min=0.8), number, (number,), Counting.of(config))
        assert turn.changes is None
        assert word in turn.reason


def test_a_summary_held_the_other_way_round_is_not_worked_out() -> None:
    rates = [rate(7, 10, group={"g": "a"}), rate(8, 10, group={"g": "b"})]
    number = summary("demographic_parity_difference", rounded(0.1), "g")

    turn = least_changes(hold(min=0.2), number, (*rates, number), COUNTING)

    assert turn == Turn(changes=None, reason="not worked out for this measure")


def test_groups_too_large_for_the_search_are_said_to_be() -> None:
    shares = tuple(Share(500_000 + 99_991 * i, 1_000_000 + i) for i in range(4))

    with pytest.raises(SpentError):
        least_of_many(hold(max=0.05), shares, Budget(), ratio=False)
    rates = [rate(*s, group={"g": name}) for s, name in zip(shares, "abcd", strict=True)]
    number = summary("demographic_parity_difference", 0.3, "g")
    turn = least_changes(hold(max=0.05), number, rates, COUNTING)
    assert turn == Turn(
        changes=None, reason="too many rows, groups or thresholds to look through every change"
    )


def test_an_intersection_is_compared_within_its_own_report() -> None:
    one, other = {"a": "x", "b": "y"}, {"a": "v", "b": "w"}
    ours, theirs = rate(5, 10, group=one), rate(8, 10, group=other)
    final = ours.model_copy(update={"id": "final/e/selection_rate/a+b=x+y", "value": 0.9})
    number = compared("ratio", ours, theirs, rounded(5 / 8))

    turn = least_changes(hold(min=0.75), number, (final, ours, theirs, number), COUNTING)

    assert turn.words == "one more decided deny = no among the 10 (a = x, b = y)"


@pytest.mark.parametrize("kind", ["difference", "ratio"])
@pytest.mark.parametrize("bound", [0.0, 1e-12, 0.05, 0.2, 0.6])
@pytest.mark.parametrize("size", [(2, 120_000), (15, 10_000), (40, 1_000_000), (1000, 103)])
def test_the_values_that_are_tried_are_bounded_whatever_is_held(
    kind: str, bound: float, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    groups, whole = size
    shares = tuple(Share((whole + i) * (40 + 7 * i % 20) // 100, whole + i) for i in range(groups))
    held = hold(max=bound) if kind == "difference" else hold(min=1 - bound)
    tried = 0
    keeps = turning_steps.keeps

    def counted(held: Hold, value: float | None) -> bool:
        nonlocal tried
        tried += 1
        return keeps(held, value)

    monkeypatch.setattr(turning_steps, "keeps", counted)
    with suppress(SpentError):
        least_of_many(held, shares, Budget(), ratio=kind == "ratio")

    assert tried < 8 * MOST_TRIED


def test_two_large_groups_are_brought_together_by_the_fewest_changes() -> None:
    steps = least_of_many(
        hold(max=0.05), (Share(60_000, 120_000), Share(72_000, 120_000)), Budget(), ratio=False
    )

    assert steps is not None
    assert sum(map(abs, steps)) == 6_000
    assert (72_000 + steps[1] - 60_000 - steps[0]) / 120_000 <= 0.05


def test_a_change_beyond_the_budget_is_not_said_to_be_none() -> None:
    ours, theirs = rate(1, 3_000, group={"g": "a"}), rate(2_999, 3_001, group={"g": "b"})
    number = compared("difference", ours, theirs, rounded(1 / 3_000 - 2_999 / 3_001))

    turn = least_changes(hold(min=1e-9, max=2e-9), number, (ours, theirs), COUNTING)

    assert turn.changes is None
    assert turn.reason == "too many rows, groups or thresholds to look through every change"


def test_the_rates_behind_a_comparison_are_those_of_its_own_report() -> None:
    one, other = {"race": "x"}, {"race": "y"}
    rule = rate(5, 20, group=one), rate(80, 100, group=other)
    estimated = tuple(
        n.model_copy(update={"id": n.id.replace("fairness/", "estimated/"), "n": 70}) for n in rule
    )
    number = compared("ratio", *rule, value=0.3125)

    assert rates_behind(number, "selection_rate", (*estimated, *rule)) == rule
    elsewhere = number.model_copy(update={"id": "estimated/e/selection_rate_ratio/race"})
    assert rates_behind(elsewhere, "selection_rate", (*estimated, *rule)) == estimated
    assert rates_behind(number, "selection_rate", (*estimated, rule[0])) == ()
