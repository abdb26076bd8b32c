"""Fairness against fairlearn; tests, families and intersections against scipy and statsmodels."""

from __future__ import annotations

import math
from decimal import Decimal
from itertools import product

import numpy as np
import pytest
from fairlearn import metrics as fair
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import fisher_exact, norm
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest
from tests.rates.build import (
    ROWS,
    SPEC,
    by_id,
    groups_of,
    spec_of,
    table_of,
    weighted_table,
)

from affidavit.counts import Cell, count_table
from affidavit.intervals import Proportion, critical, wilson
from affidavit.null_spread import Null, expected_difference, expected_ratio

Z = critical(0.95)


def fairlearn_groups(rows: list[tuple[str, str, str]]) -> dict[str, dict[str, float]]:
    """fairlearn's MetricFrame with the favourable label as the positive class."""
    group, label, decision = (np.array(c) for c in zip(*rows, strict=True))
    frame = fair.MetricFrame(
        metrics={
            "selection_rate": fair.selection_rate,
            "true_positive_rate": fair.true_positive_rate,
            "false_positive_rate": fair.false_positive_rate,
            "false_negative_rate": fair.false_negative_rate,
            "true_negative_rate": fair.true_negative_rate,
        },
        y_true=label == "good",
        y_pred=decision == "good",
        sensitive_features=group,
    )
    return {m: dict(frame.by_group[m]) for m in frame.by_group}


@settings(max_examples=25, deadline=None)  # fairlearn takes most of the time
@given(ROWS)
def test_group_rates_equal_fairlearn_where_it_is_defined(rows: list[tuple[str, str, str]]) -> None:
    """Design: 'A rate without a denominator is undefined, n = 0, never 0'; fairlearn says 0."""
    ours = by_id(table_of(rows))

    for metric, groups in fairlearn_groups(rows).items():
        for value, theirs in groups.items():
            number = ours[f"fairness/evaluation/{metric}/g={value}"]
            if number.value is None:
                assert (theirs, number.n) == (0.0, 0)
                assert number.reason is not None
                assert number.reason.startswith("undefined, n = 0")
            else:
                assert number.value == pytest.approx(theirs, rel=1e-12, abs=0)


@settings(max_examples=25, deadline=None)
@given(ROWS)
def test_summaries_equal_fairlearn_when_every_group_has_its_rates(
    rows: list[tuple[str, str, str]],
) -> None:
    rows = rows + [(g, y, d) for g in "ab" for y in ("good", "bad") for d in ("good", "bad")]
    rows = [r for r in rows if r[0] != "c"]
    group, label, decision = (np.array(c) for c in zip(*rows, strict=True))
    ours = by_id(table_of(rows))

    for name in (
        "demographic_parity_difference", "demographic_parity_ratio", "equalized_odds_difference",
        "equalized_odds_ratio", "equal_opportunity_difference", "equal_opportunity_ratio",
    ):  # fmt: skip
        theirs = getattr(fair, name)(label == "good", decision == "good", sensitive_features=group)
        assert ours[f"fairness/evaluation/{name}/g"].value == pytest.approx(theirs, rel=1e-12)


def test_a_hand_worked_table() -> None:
    """12 of group a: 9 approved, of 8 who repaid 7. 6 of group b: 3 approved, of 3 who repaid 2."""
    rows = (
        [("a", "good", "good")] * 7 + [("a", "good", "bad")] + [("a", "bad", "good")] * 2
        + [("a", "bad", "bad")] * 2
        + [("b", "good", "good")] * 2 + [("b", "good", "bad")] + [("b", "bad", "good")]
        + [("b", "bad", "bad")] * 2
    )  # fmt: skip
    ours = by_id(table_of(rows))

    assert ours["fairness/evaluation/selection_rate/g=a"].value == 0.75
    assert ours["fairness/evaluation/selection_rate_ratio/g=b vs a"].value == pytest.approx(
        2 / 3, rel=1e-15
    )
    assert ours["fairness/evaluation/selection_rate_difference/g=b vs a"].value == -0.25
    assert ours["fairness/evaluation/true_positive_rate/g=a"].value == 0.875
    assert ours["fairness/evaluation/equalized_odds_difference/g"].value == pytest.approx(
        0.875 - 2 / 3
    )
    assert ours["performance/evaluation/false_positive_rate"].value == pytest.approx(2 / 11)


def test_missing_and_unmatched_groups_stay_out_of_comparisons() -> None:
    rows = [("a", "good", "good")] * 3 + [("b", "good", "good")] * 2
    rows += [
        ("(missing)", "good", "bad"),
        ("(unmatched)", "bad", "bad"),
        ("(unassigned)", "bad", "bad"),
    ]
    ours = by_id(table_of(rows))

    assert ours["fairness/evaluation/selection_rate/g=(missing)"].value == 0.0
    assert not any(
        "(missing) vs" in i or ("(un" in i.partition(" vs")[0] and " vs" in i) for i in ours
    )
    assert ours["fairness/evaluation/demographic_parity_difference/g"].value == 0.0


def test_small_groups_are_counted_and_not_compared() -> None:
    spec = SPEC.model_copy(update={"small": 30})
    rows = [("a", "good", "good")] * 40 + [("b", "good", "bad")] * 14

    number = by_id(table_of(rows, spec))["fairness/evaluation/selection_rate_ratio/g=b vs a"]

    assert number.value is None
    assert number.reason == "'b' has 14 rows, fewer than 30: too small to compare"


def test_rows_without_a_label_count_for_selection_only() -> None:
    rows = [("a", "good", "good")] * 2 + [("a", "", "bad")] * 2
    ours = by_id(table_of(rows))

    assert ours["fairness/evaluation/selection_rate/g=a"].n == 4
    assert ours["performance/evaluation/accuracy"].n == 2
    assert ours["performance/evaluation/false_positive_rate"].n == 2


def test_weights_enter_as_exact_sums() -> None:
    spec = SPEC.model_copy(update={"weighted": True})
    cells = [
        Cell(
            groups=("a",),
            label="good",
            decision="good",
            n=2,
            sum_w=Decimal("0.3"),
            sum_w2=Decimal("0.05"),
        ),
        Cell(
            groups=("a",),
            label="good",
            decision="bad",
            n=1,
            sum_w=Decimal("0.1"),
            sum_w2=Decimal("0.01"),
        ),
    ]
    number = by_id(count_table(spec, cells))["fairness/evaluation/selection_rate/g=a"]

    assert number.value == 0.75
    assert number.method == "Wilson, effective n"
    # p (1 - p) W^2 / ((1 - p)^2 * 0.05 + p^2 * 0.01) with W = 0.4
    effective = 0.1875 * 0.16 / (0.0625 * 0.05 + 0.5625 * 0.01)
    low, high = wilson(Proportion(p=0.75, n=effective), Z)
    assert (number.low, number.high) == pytest.approx((low, high))


def test_weighted_intervals_hold_the_truth_where_weights_go_with_the_outcome() -> None:
    """1,000 samples of 1,000 rows; events are rare and weigh ten: Kish's number covers too seldom."""
    draw, spec = np.random.RandomState(5), SPEC.model_copy(update={"weighted": True})
    truth, held, by_kish = 0.17, 0, 0
    chance = truth / (truth + 10 * (1 - truth))  # a tenth of the events are in the sample
    for _ in range(1000):
        good = int(draw.binomial(1000, chance))
        cells = [
            Cell(groups=("a",), label="good", decision=d, n=n, sum_w=Decimal(w * n),
                 sum_w2=Decimal(w * w * n))
            for d, n, w in (("good", good, 10), ("bad", 1000 - good, 1))
        ]  # fmt: skip
        number = by_id(count_table(spec, cells))["fairness/evaluation/selection_rate/g=a"]
        assert number.low is not None
        assert number.high is not None
        held += number.low <= truth <= number.high
        n = (1000 + 9 * good) ** 2 / (1000 + 99 * good)
        low, high = wilson(Proportion(p=float(number.value or 0), n=n), Z)
        by_kish += low <= truth <= high

    assert held >= 930
    assert by_kish <= 850


THREE = {"a": (70, 30), "b": (45, 55), "c": (30, 20)}


def test_each_difference_has_the_test_and_the_interval_of_its_family() -> None:
    """Two pairs beside each other: Newcombe at 97.5 %, Pearson's test, Holm over both."""
    ours = by_id(table_of(groups_of(THREE)))

    found = {g: ours[f"fairness/evaluation/selection_rate_difference/g={g} vs a"] for g in "bc"}

    raw = [proportions_ztest([x, 70], [x + y, 100])[1] for x, y in (THREE["b"], THREE["c"])]
    adjusted = multipletests(raw, method="holm")[1]
    for (group, number), p, holm in zip(found.items(), raw, adjusted, strict=True):
        x, y = THREE[group]
        low, high = confint_proportions_2indep(
            x, x + y, 70, 100, method="newcomb", compare="diff", alpha=0.05 / 2
        )
        test = number.significance
        assert (number.low, number.high) == pytest.approx((low, high), rel=1e-12)
        assert (number.level, number.method) == (0.95, "Newcombe, simultaneous over 2 pairs")
        assert test is not None
        assert (test.p_value, test.adjusted) == pytest.approx((p, holm), rel=1e-12)
        assert (test.method, test.family, test.reason) == ("score", 2, None)


def test_a_pair_that_stands_alone_has_an_interval_of_its_own_level() -> None:
    number = by_id(table_of(groups_of({"a": (70, 30), "b": (45, 55)})))[
        "fairness/evaluation/selection_rate_difference/g=b vs a"
    ]

    low, high = confint_proportions_2indep(45, 100, 70, 100, method="newcomb", compare="diff")
    assert (number.low, number.high) == pytest.approx((low, high), rel=1e-12)
    assert number.method == "Newcombe"
    assert number.significance is not None
    assert number.significance.adjusted == number.significance.p_value


def test_the_ratio_is_at_the_family_level_too() -> None:
    number = by_id(table_of(groups_of(THREE)))["fairness/evaluation/selection_rate_ratio/g=b vs a"]

    low, high = confint_proportions_2indep(
        45, 100, 70, 100, method="score", compare="ratio", correction=False, alpha=0.05 / 2
    )
    assert number.value == pytest.approx(45 / 70, rel=1e-15)
    # statsmodels searches its ends to some 1e-5; ours are held against sixty digits elsewhere.
    assert (number.low, number.high) == pytest.approx((low, high), rel=1e-4)
    assert number.method == "Koopman, simultaneous over 2 pairs"
    assert number.significance is None


def test_few_expected_events_are_tested_exactly() -> None:
    number = by_id(table_of(groups_of({"a": (38, 2), "b": (31, 6)})))[
        "fairness/evaluation/selection_rate_difference/g=b vs a"
    ]

    assert number.significance is not None
    assert number.significance.method == "Fisher exact"
    assert number.significance.p_value == pytest.approx(
        fisher_exact([[31, 6], [38, 2]]).pvalue, rel=1e-12
    )


def test_the_detectable_gap_has_eighty_percent_power_in_either_direction() -> None:
    """A large group beside a larger one: the power of statsmodels' test at that gap is 0.8."""
    number = by_id(table_of(groups_of({"a": (5000, 5000), "b": (2480, 2520)})))[
        "fairness/evaluation/selection_rate_difference/g=b vs a"
    ]
    test = number.significance
    assert test is not None
    assert test.detectable_below is not None
    assert test.detectable_above == pytest.approx(test.detectable_below, rel=1e-12)
    assert test.adjusted is not None
    assert test.adjusted > 0.05

    effect = 2 * (math.asin(math.sqrt(0.5)) - math.asin(math.sqrt(0.5 - test.detectable_below)))
    power = NormalIndPower().power(effect, 5000, 0.05, ratio=2)
    assert power == pytest.approx(0.8, abs=0.01)


def test_a_reference_rate_near_an_end_leaves_a_gap_to_the_other_side() -> None:
    test = by_id(table_of(groups_of({"a": (2, 98), "b": (1, 99)})))[
        "fairness/evaluation/selection_rate_difference/g=b vs a"
    ].significance

    assert test is not None
    assert test.detectable_below is None  # even a rate of 0 would not show
    assert test.detectable_above == pytest.approx(0.115, abs=0.02)


def test_a_group_too_small_to_compare_is_not_counted_in_the_family() -> None:
    spec = spec_of("g", small=30)
    ours = by_id(table_of(groups_of({**THREE, "d": (3, 4)}), spec))

    small = ours["fairness/evaluation/selection_rate_difference/g=d vs a"]
    other = ours["fairness/evaluation/selection_rate_difference/g=b vs a"]
    assert (small.value, small.significance) == (None, None)
    assert small.reason == "'d' has 7 rows, fewer than 30: too small to compare"
    assert other.significance is not None
    assert other.significance.family == 2
    # Its rate and count stay on record: they follow from the counts that travel with it.
    assert ours["fairness/evaluation/selection_rate/g=d"].value == 3 / 7
    assert ours["fairness/evaluation/count/g=d"].value == 7.0


def test_weighted_groups_are_tested_on_effective_rows_or_not_at_all() -> None:
    spec = spec_of("g", weighted=True)
    sizes = {"a": (70, 30), "b": (45, 55), "c": (4, 3)}
    rows = [(r, "2" if i % 2 else "1") for i, r in enumerate(groups_of(sizes))]
    ours = by_id(weighted_table(rows, spec))

    large = ours["fairness/evaluation/selection_rate_difference/g=b vs a"].significance
    small = ours["fairness/evaluation/selection_rate_difference/g=c vs a"].significance

    def share(group: str) -> tuple[float, float]:
        mine = [(r[2] == "good", float(w)) for r, w in rows if r[0] == group]
        total = sum(w for _, w in mine)
        p = sum(w for e, w in mine if e) / total
        # The linearised variance of the ratio, row by row.
        variance = sum((w * (e - p)) ** 2 for e, w in mine) / total**2
        return p, p * (1 - p) / variance

    (p1, n1), (p2, n2) = share("b"), share("a")
    pooled = (p1 * n1 + p2 * n2) / (n1 + n2)
    z = (p1 - p2) / math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    assert large is not None
    assert large.p_value == pytest.approx(2 * norm.sf(abs(z)), rel=1e-12)
    assert large.method == "score, effective n"
    assert large.adjusted == pytest.approx(2 * large.p_value)  # the other still counts
    assert small is not None
    assert (small.p_value, small.adjusted, small.method, small.family) == (None, None, None, 2)
    assert small.reason is not None
    assert "below 5" in small.reason


def test_six_rates_have_differences_and_three_have_ratios() -> None:
    rows = [(g, y, d) for g in "ab" for y in ("good", "bad") for d in ("good", "bad")] * 9
    ours = by_id(table_of([*rows, ("b", "good", "bad"), ("b", "bad", "bad")]))

    compared = {i.split("/")[2] for i in ours if i.endswith("g=b vs a")}

    rates = ("selection_rate", "true_positive_rate", "false_positive_rate")
    more = ("false_negative_rate", "precision", "accuracy")
    assert compared == {
        *(f"{r}_difference" for r in (*rates, *more)), *(f"{r}_ratio" for r in rates),
    }  # fmt: skip
    for metric in (*rates, *more):
        group, reference = (ours[f"fairness/evaluation/{metric}/g={g}"].value for g in "ba")
        found = ours[f"fairness/evaluation/{metric}_difference/g=b vs a"].value
        assert found == pytest.approx(group - reference, rel=1e-12, abs=1e-15)


def test_summaries_stand_beside_what_no_difference_would_give() -> None:
    """Six equal groups of 100 at 0.5, alike: parity misses by some 12.7 points on average."""
    ours = by_id(table_of(groups_of(dict.fromkeys("abcdef", (50, 50)))))

    gap = ours["fairness/evaluation/demographic_parity_difference/g"]
    ratio = ours["fairness/evaluation/demographic_parity_ratio/g"]

    draws = np.random.RandomState(7).binomial(100, 0.5, (20000, 6)) / 100
    assert (gap.value, ratio.value) == (0.0, 1.0)
    assert gap.expected == pytest.approx(float(np.ptp(draws, axis=1).mean()), abs=0.001)
    assert ratio.expected == pytest.approx(float((draws.min(1) / draws.max(1)).mean()), abs=0.002)
    assert (gap.low, gap.high, gap.method, gap.significance) == (None, None, None, None)


def test_equalized_odds_expects_the_worse_of_two_rates() -> None:
    rows = [(g, y, d) for g in "ab" for y in ("good", "bad") for d in ("good", "bad")] * 20
    ours = by_id(table_of(rows))

    one = Null(rate=0.5, sizes=(40.0, 40.0))
    odds = ours["fairness/evaluation/equalized_odds_difference/g"]
    assert odds.expected == expected_difference(one, one)
    ratio = ours["fairness/evaluation/equalized_odds_ratio/g"]
    assert ratio.expected == expected_ratio(one, one)
    assert odds.expected is not None


TWO = spec_of("g", "h", intersections=(("g", "h"),))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("ab"), st.sampled_from("ab"), st.sampled_from(["good", "bad"]),
            st.sampled_from(["good", "bad"]),
        ),
        max_size=60,
    )
)  # fmt: skip
def test_intersections_are_fairlearns_over_two_columns(rows: list[tuple[str, ...]]) -> None:
    rows += list(product("ab", "ab", ["good", "bad"], ["good", "bad"]))
    ours = by_id(table_of(rows, TWO))

    g, h, label, decision = (np.array(c) for c in zip(*rows, strict=True))
    both = np.column_stack([g, h])
    frame = fair.MetricFrame(
        metrics=fair.selection_rate, y_true=label == "good", y_pred=decision == "good",
        sensitive_features=both,
    )  # fmt: skip
    for (one, other), theirs in frame.by_group.items():
        number = ours[f"fairness/evaluation/selection_rate/g+h={one}+{other}"]
        assert number.value == pytest.approx(theirs, rel=1e-12)
        assert number.group == {"g": one, "h": other}
    gap = ours["fairness/evaluation/demographic_parity_difference/g+h"]
    assert gap.value == pytest.approx(
        fair.demographic_parity_difference(
            label == "good", decision == "good", sensitive_features=both
        ),
        rel=1e-12,
    )
    assert gap.attributes == ("g", "h")
    pair = ours["fairness/evaluation/selection_rate_difference/g+h=b+a vs a+a"]
    assert (pair.group, pair.against) == ({"g": "b", "h": "a"}, {"g": "a", "h": "a"})
    assert pair.significance is not None
    assert pair.significance.family == 3


def test_an_intersection_with_an_unknown_part_is_shown_and_not_compared() -> None:
    rows = [("a", "a", "good", "good")] * 4 + [("b", "a", "good", "good")] * 4
    rows += [("b", "(missing)", "good", "bad")] * 4
    ours = by_id(table_of(rows, TWO))

    assert ours["fairness/evaluation/selection_rate/g+h=b+(missing)"].value == 0.0
    assert not any("(missing) vs" in i for i in ours)
    summary = ours["fairness/evaluation/demographic_parity_difference/g+h"]
    assert (summary.value, summary.n) == (0.0, 8)


def test_intersections_need_a_reference_of_every_attribute() -> None:
    spec = TWO.model_copy(
        update={"attributes": (TWO.attributes[0], TWO.attributes[1].model_copy(
            update={"reference": None}))}
    )  # fmt: skip
    rows = list(product("ab", "ab", ["good"], ["good", "bad"]))

    assert any("g+h=b+a vs a+a" in i for i in by_id(table_of(rows, TWO)))
    assert not any("g+h=" in i and " vs " in i for i in by_id(table_of(rows, spec)))


def test_values_with_a_plus_cannot_pass_for_another_intersection() -> None:
    rows = [
        ("x+y", "z", "good", "good"),
        ("x", "y+z", "good", "bad"),
        ("50%2B", "z", "good", "bad"),
    ]
    ours = by_id(table_of(rows, TWO))

    assert ours["fairness/evaluation/selection_rate/g+h=x%2By+z"].value == 1.0
    assert ours["fairness/evaluation/selection_rate/g+h=x+y%2Bz"].value == 0.0
    assert ours["fairness/evaluation/selection_rate/g+h=50%252B+z"].value == 0.0
