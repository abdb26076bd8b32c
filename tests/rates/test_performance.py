"""Performance against scikit-learn: binary, multiclass, and the intervals of what is no rate."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    matthews_corrcoef,
    precision_score,
    recall_score,
)
from statsmodels.stats.proportion import proportion_confint
from tests.rates.build import ROWS, SPEC, by_id, spec_of, table_of, weighted_table

from affidavit.confusion import Confusion, matthews_variance
from affidavit.counts import Cell, count_table
from affidavit.intervals import critical

Z = critical(0.95)


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
        assert (number.n, number.source) == (len(rows), "counts")
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


CONFUSION = ("true_negatives", "false_positives", "false_negatives", "true_positives")


@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_confusion_counts_are_scikit_learns(rows: list[tuple[str, str, str]]) -> None:
    _, label, decision = (np.array(c) for c in zip(*rows, strict=True))
    ours = by_id(table_of(rows))

    theirs = confusion_matrix(label, decision, labels=["good", "bad"]).ravel()
    for metric, count in zip(CONFUSION, theirs, strict=True):
        number = ours[f"performance/evaluation/{metric}"]
        assert (number.value, number.n, number.low) == (count, len(rows), None)


def test_confusion_counts_of_rows_with_weights_are_sums_of_weights() -> None:
    rows = [(("a", "bad", "bad"), "2.5"), (("b", "bad", "bad"), "0.25"),
            (("a", "good", "bad"), "1"), (("a", "", "bad"), "9")]  # fmt: skip
    ours = by_id(weighted_table(rows, SPEC.model_copy(update={"weighted": True})))

    assert [ours[f"performance/evaluation/{m}"].value for m in CONFUSION] == [0, 1, 0, 2.75]
    assert {ours[f"performance/evaluation/{m}"].n for m in CONFUSION} == {3}


def test_confusion_counts_without_labels_are_undefined_and_never_0() -> None:
    number = by_id(table_of([("a", "", "bad")]))["performance/evaluation/true_positives"]

    assert (number.value, number.reason) == (None, "undefined, n = 0: no labelled rows")


CLASSES = st.sampled_from(["low", "mid", "high"])
MULTI = spec_of(positive="", favourable="low", task="multiclass")


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(CLASSES, CLASSES), min_size=1, max_size=60))
def test_multiclass_averages_are_scikit_learns_over_the_classes_that_have_them(
    rows: list[tuple[str, str]],
) -> None:
    """A class without labelled rows has no recall, one never decided no precision: left out."""
    y, d = (list(c) for c in zip(*rows, strict=True))
    ours = by_id(table_of(rows, MULTI))

    expected = {
        "accuracy": accuracy_score(y, d),
        "f1_macro": f1_score(y, d, average="macro"),
        "f1_micro": f1_score(y, d, average="micro"),
        "f1_weighted": f1_score(y, d, average="weighted"),
        "balanced_accuracy": recall_score(y, d, average="macro", labels=sorted(set(y))),
        "recall_macro": recall_score(y, d, average="macro", labels=sorted(set(y))),
        "precision_macro": precision_score(y, d, average="macro", labels=sorted(set(d))),
    }
    for metric, theirs in expected.items():
        number = ours[f"performance/evaluation/{metric}"]
        assert number.value == pytest.approx(theirs, rel=1e-12, abs=1e-15)
        assert (number.n, number.label) == (len(rows), None)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(CLASSES, CLASSES), min_size=1, max_size=60))
def test_every_class_is_scored_against_the_rest(rows: list[tuple[str, str]]) -> None:
    y, d = (np.array(c) for c in zip(*rows, strict=True))
    ours = by_id(table_of(rows, MULTI))

    names = sorted({*y, *d})
    assert {i.partition("/class=")[2] for i in ours if "/class=" in i} == set(names)
    for name in names:
        said = {
            "prevalence": np.mean(y == name),
            "selection_rate": np.mean(d == name),
            "f1": f1_score(y == name, d == name),
            "true_positive_rate": recall_score(y == name, d == name) if name in y else None,
            "precision": precision_score(y == name, d == name) if name in d else None,
            "false_positive_rate": np.mean(d[y != name] == name) if (y != name).any() else None,
        }
        for metric, theirs in said.items():
            number = ours[f"performance/evaluation/{metric}/class={name}"]
            assert number.label == name
            if theirs is None:
                assert (number.value, number.n) == (None, 0)
            else:
                assert number.value == pytest.approx(theirs, rel=1e-12, abs=1e-15)


def test_a_multiclass_model_without_labels_has_selection_rates_alone() -> None:
    ours = by_id(table_of([("", "low"), ("", "mid"), ("", "low")], MULTI))

    assert ours["performance/evaluation/selection_rate/class=low"].value == 2 / 3
    averages = [n for n in ours.values() if n.label is None]
    assert len(averages) == 7
    assert {n.reason for n in averages} == {"undefined, n = 0: no labelled rows"}


def test_multiclass_fairness_counts_the_favourable_class_against_the_rest() -> None:
    spec = spec_of("g", positive="", favourable="low", task="multiclass")
    rows = [("a", "low", "low"), ("a", "mid", "high"), ("b", "low", "mid"), ("b", "high", "low")]
    ours = by_id(table_of(rows * 3, spec))

    assert ours["fairness/evaluation/selection_rate/g=a"].value == 0.5
    assert ours["fairness/evaluation/true_positive_rate/g=b"].value == 0.0
    assert ours["fairness/evaluation/false_positive_rate/g=b"].value == 1.0
    # Right is right, whatever the event: high where mid was labelled is wrong.
    assert ours["fairness/evaluation/accuracy/g=a"].value == 0.5


def cells(tp: int, fp: int, fn: int, tn: int) -> dict[str, object]:
    rows = {("bad", "bad"): tp, ("good", "bad"): fp, ("bad", "good"): fn, ("good", "good"): tn}
    return by_id(table_of([k for k, n in rows.items() for _ in range(n)], spec_of()))


def test_f1_has_the_interval_of_the_share_that_it_rises_with() -> None:
    """Of the 50 rows with the event as label or decision 30 are hits; F1 = 2 J / (1 + J)."""
    number = cells(30, 12, 8, 100)["performance/evaluation/f1"]

    low, high = (2 * j / (1 + j) for j in proportion_confint(30, 50, method="wilson"))
    assert number.value == 60 / 80
    assert (number.low, number.high) == pytest.approx((low, high), rel=1e-12)
    assert number.method == "Wilson on TP / (TP + FP + FN)"


def mover(shares: list[tuple[int, int]]) -> tuple[float, float]:
    """Zou and Donner's limits of a mean, from statsmodels' Wilson limits."""
    p = np.array([x / n for x, n in shares])
    low, high = np.array([proportion_confint(x, n, method="wilson") for x, n in shares]).T
    mean, k = p.mean(), len(shares)
    return mean - np.linalg.norm(p - low) / k, mean + np.linalg.norm(high - p) / k


def test_balanced_accuracy_has_the_interval_of_a_mean_of_two_shares() -> None:
    number = cells(30, 12, 8, 100)["performance/evaluation/balanced_accuracy"]

    assert (number.low, number.high) == pytest.approx(mover([(30, 38), (100, 112)]), rel=1e-12)
    assert number.method == "MOVER of Wilson limits"


def test_a_mean_over_classes_has_the_interval_of_a_mean_of_as_many_shares() -> None:
    rows = {
        ("x", "x"): 30, ("x", "y"): 6, ("y", "y"): 20, ("y", "z"): 9, ("z", "z"): 50, ("z", "x"): 1,
    }  # fmt: skip
    spec = spec_of("g", task="multiclass", positive="", favourable="")
    found = by_id(table_of([("a", *k) for k, n in rows.items() for _ in range(n)], spec))

    recall = found["performance/evaluation/recall_macro"]
    precision = found["performance/evaluation/precision_macro"]
    assert (recall.low, recall.high) == pytest.approx(mover([(30, 36), (20, 29), (50, 51)]))
    assert (precision.low, precision.high) == pytest.approx(mover([(30, 31), (20, 26), (50, 59)]))


@pytest.mark.parametrize("found", [(40, 10, 7, 60), (30, 20, 90, 300), (25, 50, 60, 37)])
def test_the_variance_of_matthews_is_that_of_its_gradient(found: tuple[int, ...]) -> None:
    """The closed form against the multinomial delta method, differentiated numerically."""

    def phi(p: np.ndarray) -> float:
        tp, fp, fn, tn = p
        return (tp * tn - fp * fn) / np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))

    n, h = sum(found), 1e-6
    p = np.array(found) / n
    slope = np.array([(phi(p + h * e) - phi(p - h * e)) / (2 * h) for e in np.eye(4)])
    variance = (p @ slope**2 - (p @ slope) ** 2) / n

    tp, fp, fn, tn = found
    ours = matthews_variance(Confusion(tp=tp, fp=fp, fn=fn, tn=tn, n=n))
    assert ours == pytest.approx(variance, rel=1e-6)
    number = cells(*found)["performance/evaluation/matthews_correlation"]
    half = Z * np.sqrt(variance) / (1 - number.value**2)
    assert (number.low, number.high) == pytest.approx(
        np.tanh([np.arctanh(number.value) - half, np.arctanh(number.value) + half]), rel=1e-6
    )


@pytest.mark.parametrize(
    ("found", "why"),
    [((10, 0, 0, 19), "29 rows"), ((4, 4, 4, 188), "few expected"), ((40, 0, 0, 60), "no width")],
)
def test_matthews_has_no_interval_where_it_would_not_hold(found: tuple[int, ...], why: str) -> None:
    number = cells(*found)["performance/evaluation/matthews_correlation"]

    assert number.value is not None, why
    assert (number.low, number.high, number.level, number.method) == (None,) * 4


@pytest.mark.slow
def test_the_intervals_of_f1_balanced_accuracy_and_matthews_cover() -> None:
    """4,000 tables a case: coverage within 92.5 and 98.5 % wherever there is an interval."""
    random = np.random.RandomState(20261123)
    for n in (60, 300):
        for p in ((0.2, 0.1, 0.1, 0.6), (0.4, 0.1, 0.1, 0.4), (0.1, 0.15, 0.15, 0.6)):
            tp, fp, fn, tn = (round(100 * x) for x in p)
            true = cells(tp, fp, fn, tn)
            draws = Counter(tuple(map(int, d)) for d in random.multinomial(n, p, 4000))
            for metric in ("f1", "balanced_accuracy", "matthews_correlation"):
                number_id = f"performance/evaluation/{metric}"
                hits = total = 0
                for draw, times in draws.items():
                    found = cells(*draw)[number_id]
                    if found.low is not None:
                        total += times
                        hits += times * (found.low <= true[number_id].value <= found.high)
                assert 0.925 <= hits / total <= 0.985, (n, p, metric, hits / total)


def test_matthews_has_the_interval_of_a_published_example() -> None:
    """ci.phi(.05, 229, 28, 96, 24) of R's statpsych: 0.1230, error 0.05477, 0.01462 to 0.22851."""
    number = cells(tp=24, fp=28, fn=96, tn=229)["performance/evaluation/matthews_correlation"]

    variance = matthews_variance(Confusion(tp=24, fp=28, fn=96, tn=229, n=377))
    assert number.value == pytest.approx(0.1229976, abs=5e-8)
    assert np.sqrt(variance) == pytest.approx(0.05477117, abs=5e-9)
    assert (number.low, number.high) == pytest.approx((0.01462398, 0.2285149), abs=5e-8)
