"""Final decisions, segments, estimated groups, units, Clopper-Pearson; order and split of rows."""

from __future__ import annotations

import time
from random import Random

import numpy as np
import pytest
from fairlearn import metrics as fair
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint
from tests.rates.build import ROWS, SPEC, by_id, groups_of, spec_of, table_of, weighted_table

from affidavit.evidence import AttributeSpec, EffectiveRows
from affidavit.intervals import Proportion, critical, newcombe, wilson
from affidavit.rates import derive, effective_limits

Z = critical(0.95)


def test_final_decisions_have_everything_that_fairness_has_and_the_whole_beside_it() -> None:
    rows = [(g, y, d) for g in "ab" for y in ("good", "bad") for d in ("good", "bad")] * 9
    model = by_id(table_of(rows))
    ours = by_id(table_of(rows, SPEC.model_copy(update={"table": "final"})))

    fairness = {i: n for i, n in model.items() if i.startswith("fairness/")}
    for number_id, number in fairness.items():
        same = ours[number_id.replace("fairness/", "final/", 1)]
        assert same == number.model_copy(update={"id": same.id})
    whole = {n.metric for n in ours.values() if n.group is None and n.attributes is None}
    assert whole == {
        "selection_rate", "true_positive_rate", "false_positive_rate", "false_negative_rate",
        "true_negative_rate", "precision", "accuracy",
    }  # fmt: skip
    assert len(ours) == len(fairness) + 6
    # The favourable label is the event here, too.
    assert ours["final/evaluation/true_positive_rate"].value == 0.5


def test_segments_are_performance_of_the_rows_of_each_value() -> None:
    """The same numbers as of a table of these rows alone; nothing is compared."""
    spec = spec_of(table="segments", small=30, attributes=(AttributeSpec(name="region"),))
    rows = [("n", "bad", "bad")] * 5 + [("n", "good", "bad")] * 2 + [("n", "good", "good")] * 4
    rows += [("s", "bad", "good"), ("(missing)", "good", "good")]
    ours = by_id(table_of(rows, spec))
    alone = by_id(table_of([r[1:] for r in rows if r[0] == "n"], spec_of()))

    for number_id, number in alone.items():
        metric = number_id.rpartition("/")[2]
        found = ours[f"segments/evaluation/{metric}/region=n"]
        assert found == number.model_copy(update={"id": found.id, "group": {"region": "n"}})
    assert ours["segments/evaluation/count/region=s"].value == 1.0
    # One row, fewer than `small`: shown with its interval, which says how little it is.
    small = ours["segments/evaluation/accuracy/region=s"]
    assert (small.n, small.value, small.low) == (1, 0.0, 0.0)
    assert "segments/evaluation/accuracy/region=(missing)" in ours
    assert not any(" vs " in i or i.endswith("/region") for i in ours)


def test_segments_of_a_multiclass_model_have_its_averages() -> None:
    spec = spec_of(
        table="segments", task="multiclass", positive="", attributes=(AttributeSpec(name="r"),)
    )
    rows = [("n", "x", "x"), ("n", "y", "z"), ("s", "x", "y")]
    ours = by_id(table_of(rows, spec))

    assert ours["segments/evaluation/accuracy/r=n"].value == 0.5
    assert ours["segments/evaluation/f1_macro/r=n"].value == pytest.approx(1 / 3)
    assert ours["segments/evaluation/accuracy/r=s"].value == 0.0
    assert not any("class=" in i for i in ours)


ESTIMATED = spec_of("race", table="estimated", weighted=True, small=30, mean_weight=1.0)


def test_estimated_groups_weigh_each_row_with_its_probability() -> None:
    """fairlearn with the probabilities as sample weights; the count is what to expect."""
    random = np.random.RandomState(3)
    label, decision = (random.choice(["good", "bad"], 300) for _ in range(2))
    share = np.round(random.random_sample(300), 3)
    rows = [
        ((group, y, d), repr(float(p)))
        for y, d, one in zip(label, decision, share, strict=True)
        for group, p in (("a", one), ("b", round(1 - one, 3)))
        if p > 0
    ]
    ours = by_id(weighted_table(rows, ESTIMATED))

    number = ours["estimated/evaluation/selection_rate/race=a"]
    theirs = fair.selection_rate(label == "good", decision == "good", sample_weight=share)
    assert number.value == pytest.approx(theirs, rel=1e-12)
    squares = (share**2 * np.where(decision == "good", 1 - theirs, theirs) ** 2).sum()
    effective = theirs * (1 - theirs) * share.sum() ** 2 / squares
    assert (number.low, number.high) == pytest.approx(
        wilson(Proportion(p=theirs, n=effective), Z), rel=1e-12
    )
    assert number.method == "Wilson, weighted by estimated probability"
    count = ours["estimated/evaluation/count/race=a"]
    assert (count.value, count.n) == (pytest.approx(share.sum(), rel=1e-12), (share > 0).sum())
    pair = ours["estimated/evaluation/selection_rate_difference/race=b vs a"]
    assert pair.method == "Newcombe, weighted by estimated probability"
    # Weighing draws the groups together: no test, and no detectable gap, could speak of them.
    assert all(n.significance is None for n in ours.values())
    assert not any(n.attributes for n in ours.values())


def test_an_estimated_group_is_small_by_the_rows_to_expect() -> None:
    """Three hundred rows that are of the group with 1 % each are three people, not 300."""
    rows = [((g, "good", "good"), p) for g, p in (("a", "0.99"), ("b", "0.01"))] * 300
    number = by_id(weighted_table(rows, ESTIMATED))[
        "estimated/evaluation/selection_rate_difference/race=b vs a"
    ]

    assert (number.value, number.n) == (None, 600)
    assert number.reason == "'b' has 3.0 rows to expect, fewer than 30: too small to compare"


def test_row_weights_do_not_make_more_rows_to_expect() -> None:
    """Three hundred rows of weight 1000 that are of the group with 1 % each are three people still."""
    rows = [((g, "good", "good"), p) for g, p in (("a", "990"), ("b", "10"))] * 300
    spec = ESTIMATED.model_copy(update={"mean_weight": 1000.0})
    ours = by_id(weighted_table(rows, spec))

    assert ours["estimated/evaluation/count/race=b"].value == 3.0
    assert ours["estimated/evaluation/selection_rate_difference/race=b vs a"].reason == (
        "'b' has 3.0 rows to expect, fewer than 30: too small to compare"
    )


def unit_spec(units: int = 60, **of: float):
    entries = tuple(
        EffectiveRows(metric="selection_rate", event="good", group={"g": g}, n=n, units=units)
        for g, n in of.items()
    )
    return spec_of("g", unit="person", effective=entries)


def test_effective_rows_of_the_units_stand_in_for_the_rows() -> None:
    rows = groups_of({"a": (70, 30), "b": (45, 55)})
    ours = by_id(table_of(rows, unit_spec(a=40.0, b=25.5)))

    number = ours["fairness/evaluation/selection_rate/g=b"]
    assert (number.n, number.value, number.method) == (100, 0.45, "Wilson, by unit")
    narrower = (Z / stats.t.ppf(0.975, 59)) ** 2
    group = Proportion(p=0.45, n=25.5 * narrower)
    reference = Proportion(p=0.7, n=40.0 * narrower)
    assert (number.low, number.high) == pytest.approx(wilson(group, Z))
    pair = ours["fairness/evaluation/selection_rate_difference/g=b vs a"]
    assert (pair.low, pair.high) == pytest.approx(newcombe(group, reference, Z))
    assert pair.method == "Newcombe, by unit"
    assert pair.significance is not None
    assert pair.significance.method == "score, by unit"
    pooled = (0.45 * 25.5 + 0.7 * 40) / 65.5
    z = 0.25 / np.sqrt(pooled * (1 - pooled) * (1 / 25.5 + 1 / 40))
    freedom = 59 * (1 / 25.5 + 1 / 40) ** 2 / (1 / 25.5**2 + 1 / 40**2)
    assert pair.significance.p_value == pytest.approx(2 * stats.t.sf(z, freedom), rel=1e-12)


def test_simultaneous_intervals_take_the_quantile_of_t_at_their_own_level() -> None:
    """Eight units and two pairs: t at 97.5 % lies farther beyond z than at 95 %."""
    rows = groups_of({"a": (70, 30), "b": (45, 55), "c": (50, 50)})
    pair = by_id(table_of(rows, unit_spec(8, a=40.0, b=25.5, c=30.0)))[
        "fairness/evaluation/selection_rate_difference/g=b vs a"
    ]

    z = stats.norm.isf(0.0125)
    narrower = (z / stats.t.isf(0.0125, 7)) ** 2
    group = Proportion(p=0.45, n=25.5 * narrower)
    reference = Proportion(p=0.7, n=40.0 * narrower)
    assert (pair.low, pair.high) == pytest.approx(newcombe(group, reference, z))
    assert pair.method == "Newcombe, simultaneous over 2 pairs, by unit"


def test_a_rate_whose_effective_rows_are_not_stated_has_no_interval() -> None:
    rows = groups_of({"a": (70, 30), "b": (45, 55)})
    ours = by_id(table_of(rows, unit_spec(a=40.0)))

    for number_id in ("selection_rate/g=b", "selection_rate_difference/g=b vs a", "accuracy/g=a"):
        number = ours[f"fairness/evaluation/{number_id}"]
        assert number.value is not None
        assert (number.low, number.high, number.level, number.method) == (None,) * 4
    test = ours["fairness/evaluation/selection_rate_difference/g=b vs a"].significance
    assert test is not None
    assert (test.p_value, test.detectable_below, test.detectable_above) == (None, None, None)
    assert test.reason == "the rows that its units are worth are not stated"
    assert ours["fairness/evaluation/demographic_parity_difference/g"].expected is None


def test_effective_rows_are_at_most_the_rows() -> None:
    spec = unit_spec(a=40.0, b=100.0)
    foreign = EffectiveRows(metric="roc_auc", event="good", n=5.0, units=2)
    absent = EffectiveRows(metric="selection_rate", event="good", group={"g": "z"}, n=5.0, units=2)
    spec = spec.model_copy(update={"effective": (*spec.effective, foreign, absent)})
    table = table_of(groups_of({"a": (70, 30), "b": (45, 55)}), spec)

    assert [limit for _, limit in effective_limits(table)] == [
        (100.0, 100), (100.0, 100), None, None,
    ]  # fmt: skip


def test_clopper_pearson_is_called_conservative() -> None:
    table = table_of(groups_of({"a": (70, 30), "b": (45, 55)}), spec_of(
        "g", rates="clopper-pearson"
    ))  # fmt: skip
    ours = by_id(table)

    number = ours["fairness/evaluation/selection_rate/g=a"]
    assert number.method == "Clopper-Pearson (conservative)"
    assert (number.low, number.high) == pytest.approx(
        proportion_confint(70, 100, method="beta"), rel=1e-12
    )
    assert ours["fairness/evaluation/selection_rate_difference/g=b vs a"].method == "Newcombe"


@settings(max_examples=30, deadline=None)
@given(ROWS, st.randoms())
def test_derived_numbers_do_not_depend_on_the_order_of_rows(
    rows: list[tuple[str, str, str]], rng: Random
) -> None:
    first = derive(table_of(rows))
    rng.shuffle(rows)

    assert derive(table_of(rows)) == first


def test_two_hundred_groups_of_four_attributes_are_derived_in_seconds() -> None:
    """Linear in cells and groups: quadratic code would take minutes here."""
    random = np.random.RandomState(1)
    spec = spec_of("p", "q", "r", "s").model_copy(update={"small": 30})
    spec = spec.model_copy(update={"attributes": tuple(
        a.model_copy(update={"reference": "g0"}) for a in spec.attributes
    )})  # fmt: skip
    codes = random.randint(0, 200, (40_000, 4))
    outcomes = random.choice(["good", "bad"], (40_000, 2))
    rows = [(*(f"g{c}" for c in g), *o) for g, o in zip(codes.tolist(), outcomes, strict=True)]
    table = table_of(rows, spec)

    start = time.process_time()
    numbers = derive(table)
    seconds = time.process_time() - start

    assert len(numbers) > 12_000
    assert seconds < 15  # about 2 on one core; the rest is room for a busy machine
