"""Rates against fairlearn and scikit-learn, intervals against statsmodels and printed examples."""

from __future__ import annotations

import math
from collections import Counter
from decimal import Decimal
from random import Random

import numpy as np
import pytest
from fairlearn import metrics as fair
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    f1_score,
    matthews_corrcoef,
    precision_score,
    recall_score,
)
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from affidavit.counts import Cell, CountTable, count_table, read_counts, write_counts
from affidavit.errors import BundleError
from affidavit.evidence import AttributeSpec, CountSpec, Number
from affidavit.intervals import Proportion, critical, koopman, newcombe, wilson
from affidavit.rates import derive

SPEC = CountSpec(
    role="evaluation",
    positive="bad",
    favourable="good",
    attributes=(AttributeSpec(name="g", reference="a", source="observed"),),
    small=1,
)
Z = critical(0.95)
ROWS = st.lists(
    st.tuples(
        st.sampled_from("abc"), st.sampled_from(["good", "bad"]), st.sampled_from(["good", "bad"])
    ),
    min_size=2,  # fairlearn itself fails on a single row
    max_size=80,
)


def table_of(rows: list[tuple[str, str, str]], spec: CountSpec = SPEC) -> CountTable:
    return count_table(
        spec,
        [
            Cell(groups=(g,), label=y, decision=d, n=n, sum_w=Decimal(n), sum_w2=Decimal(n))
            for (g, y, d), n in Counter(rows).items()
        ],
    )


def by_id(table: CountTable) -> dict[str, Number]:
    return {n.id: n for n in derive(table)}


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


@settings(max_examples=60, deadline=None)
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


@settings(max_examples=60, deadline=None)
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


@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_performance_counts_the_positive_label_as_scikit_learn_does(
    rows: list[tuple[str, str, str]],
) -> None:
    rows = [*rows, ("a", "bad", "bad")]
    _, label, decision = (np.array(c) for c in zip(*rows, strict=True))
    ours = by_id(table_of(rows))

    expected = {
        "accuracy": accuracy_score(label, decision),
        "true_positive_rate": recall_score(label, decision, pos_label="bad"),
        "precision": precision_score(label, decision, pos_label="bad"),
    }
    for metric, theirs in expected.items():
        assert ours[f"performance/evaluation/{metric}"].value == pytest.approx(theirs, rel=1e-12)


@settings(max_examples=80, deadline=None)
@given(ROWS)
def test_f1_balanced_accuracy_and_matthews_are_scikit_learns_where_defined(
    rows: list[tuple[str, str, str]],
) -> None:
    """Undefined, never 0: no event at all; one label only; labels or decisions all the same."""
    _, label, decision = (np.array(c) for c in zip(*rows, strict=True))
    y, d = label == "bad", decision == "bad"
    ours = by_id(table_of(rows))

    for metric, is_defined, theirs in (
        ("f1", (y | d).any(), f1_score),
        ("balanced_accuracy", y.any() and not y.all(), balanced_accuracy_score),
        ("matthews_correlation", len(set(y)) == len(set(d)) == 2, matthews_corrcoef),
    ):
        number = ours[f"performance/evaluation/{metric}"]
        assert (number.n, number.source, number.low) == (len(rows), "counts", None)
        if is_defined:
            assert number.value == pytest.approx(theirs(y, d), rel=1e-12, abs=1e-15)
        else:
            assert number.value is None
            assert str(number.reason).startswith(f"undefined, n = {len(rows)}: ")


def test_f1_and_matthews_count_weights_and_leave_out_rows_without_a_label() -> None:
    spec = SPEC.model_copy(update={"weighted": True})
    rows = (("bad", "bad", "2.5"), ("bad", "good", "1"), ("good", "bad", "0.5"),
            ("good", "good", "4"), ("", "bad", "9"))  # fmt: skip
    cells = [
        Cell(groups=("a",), label=y, decision=d, n=1, sum_w=Decimal(w), sum_w2=Decimal(w) ** 2)
        for y, d, w in rows
    ]
    y, d = ([r[i] == "bad" for r in rows[:4]] for i in (0, 1))
    weights = [float(r[2]) for r in rows[:4]]
    ours = by_id(count_table(spec, cells))

    for metric, theirs in (
        ("f1", f1_score), ("balanced_accuracy", balanced_accuracy_score),
        ("matthews_correlation", matthews_corrcoef),
    ):  # fmt: skip
        number = ours[f"performance/evaluation/{metric}"]
        assert number.value == pytest.approx(theirs(y, d, sample_weight=weights), rel=1e-12)
        assert number.n == 4


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
    rows += [("(missing)", "good", "bad"), ("(unmatched)", "bad", "bad")]
    ours = by_id(table_of(rows))

    assert ours["fairness/evaluation/selection_rate/g=(missing)"].value == 0.0
    assert not any("(missing) vs" in i or "(unmatched) vs" in i for i in ours)
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
    low, high = wilson(Proportion(p=0.75, n=0.16 / 0.06), Z)
    assert (number.low, number.high) == pytest.approx((low, high))


@pytest.mark.parametrize(("x", "n"), [(81, 263), (15, 148), (0, 20), (1, 29), (20, 20)])
def test_wilson_equals_statsmodels(x: int, n: int) -> None:
    theirs = proportion_confint(x, n, method="wilson")
    assert wilson(Proportion(p=x / n, n=n), Z) == pytest.approx(theirs, rel=1e-12, abs=1e-15)


def test_wilson_and_newcombe_give_the_printed_examples() -> None:
    """Newcombe 1998: 81/263 gives 0.2553 to 0.3662; 56/70 - 48/80 gives 0.0524 to 0.3339."""
    assert wilson(Proportion(p=81 / 263, n=263), Z) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    found = newcombe(Proportion(p=56 / 70, n=70), Proportion(p=48 / 80, n=80), Z)
    assert found == pytest.approx((0.0524, 0.3339), abs=5e-5)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 60), st.integers(2, 60), st.data())
def test_newcombe_and_koopman_equal_statsmodels(n1: int, n2: int, data: st.DataObject) -> None:
    x1, x2 = data.draw(st.integers(1, n1 - 1)), data.draw(st.integers(1, n2 - 1))
    ours, reference = Proportion(p=x1 / n1, n=n1), Proportion(p=x2 / n2, n=n2)

    theirs = confint_proportions_2indep(x1, n1, x2, n2, method="newcomb", compare="diff")
    assert newcombe(ours, reference, Z) == pytest.approx(theirs, rel=1e-9)

    theirs = confint_proportions_2indep(
        x1, n1, x2, n2, method="score", compare="ratio", correction=False
    )
    low, high = koopman(ours, reference, Z)
    assert low == pytest.approx(theirs[0], rel=1e-4)
    assert high == pytest.approx(theirs[1], rel=1e-4)


def test_koopman_at_the_edges() -> None:
    """No approvals in one group bounds the ratio at 0 from below; equal certainty contains 1."""
    low, high = koopman(Proportion(p=0.0, n=10), Proportion(p=0.5, n=10), Z)
    assert low == 0.0
    assert high is not None
    assert 0 < high < 1
    low, high = koopman(Proportion(p=1.0, n=10), Proportion(p=1.0, n=10), Z)
    assert high is not None
    assert low < 1 < high
    assert math.isclose(low * high, 1, rel_tol=1e-9)


@settings(max_examples=50, deadline=None)
@given(ROWS, st.randoms())
def test_counts_survive_writing_and_do_not_depend_on_order(
    rows: list[tuple[str, str, str]], rng: Random
) -> None:
    table = table_of(rows)
    rng.shuffle(rows)

    assert read_counts(write_counts(table), SPEC) == table
    assert write_counts(table_of(rows)) == write_counts(table)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("a,good,good,1,1,2", "the sums differ from n"),
        ("a,good,good,-1,-1,-1", "not a number of rows"),
        ("a,good,good,1,NaN,1", "not a plain decimal"),
        ("a,good,good,1,1e9,1", "not a plain decimal"),
        ("a,good,1,1,1", "expected 6 fields, found 5"),
        ("a,good,bad,3,3,3", "a cell stands twice"),
        ("a,good,good,0,0,0", "a cell without rows"),
        ("a,good,good,2,3,0", "a weight without its square"),
        ("a,good,good,2,3,4", "no 2 weights have these sums"),
    ],
)
def test_refuses_a_count_table_that_is_not_one(line: str, complaint: str) -> None:
    good = write_counts(table_of([("a", "good", "bad")]))
    assert read_counts(good, SPEC).rows[0].n == 1

    with pytest.raises(BundleError, match=complaint):
        read_counts(good + line.encode() + b"\n", SPEC)
