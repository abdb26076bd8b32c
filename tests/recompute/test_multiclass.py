"""Multiclass numbers from scores, against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk
from tests.recompute.scored_rows import by_id, by_metric, coded, multiclass

from affidavit.recompute.delong import compute_auc
from affidavit.recompute.multiclass import multiclass_numbers

NAMES = ("blue", "green", "red")
N = 400


@pytest.fixture(scope="module")
def rows():
    random = np.random.RandomState(5)
    chances = random.dirichlet([1.0, 2.0, 3.0], N)
    labels = np.array([random.choice(NAMES, p=p) for p in chances])
    return labels, chances


@pytest.mark.parametrize("weighted", [False, True])
def test_every_number_is_scikit_learns(rows, weighted: bool) -> None:
    labels, chances = rows
    weight = np.random.RandomState(1).uniform(0.5, 2, N) if weighted else None

    numbers = multiclass_numbers(multiclass(labels, chances, NAMES, weight))

    found = by_metric(numbers)
    one_hot = (labels[:, None] == np.array(NAMES)).astype(float)
    w = np.ones(N) if weight is None else weight
    areas = [
        sk.roc_auc_score(labels == c, chances[:, i], sample_weight=weight)
        for i, c in enumerate(NAMES)
    ]
    for metric, value in {
        "log_loss": sk.log_loss(labels, chances, sample_weight=weight),
        "brier_score": np.average(((chances - one_hot) ** 2).sum(axis=1), weights=w),
        "roc_auc_macro": np.mean(areas),
    }.items():
        assert found[metric].value == pytest.approx(value, rel=1e-12)
        assert found[metric].low < value < found[metric].high
    assert "accuracy" not in found  # it is counted
    for name, value in zip(NAMES, areas, strict=True):
        number = by_id(numbers)[f"performance/evaluation/roc_auc/class={name}"]
        assert (number.label, number.group) == (name, None)
        assert number.value == pytest.approx(value, rel=1e-12)


def test_brier_is_scikit_learns_sum_over_the_classes(rows) -> None:
    labels, chances = rows
    expected = sk.brier_score_loss(labels, chances, labels=list(NAMES), scale_by_half=False)

    found = by_metric(multiclass_numbers(multiclass(labels, chances, NAMES)))

    assert found["brier_score"].value == pytest.approx(expected, rel=1e-12)


def logit(share: float) -> float:
    return float(np.log(share / (1 - share)))


def test_a_class_has_delongs_interval(rows) -> None:
    labels, chances = rows
    area = compute_auc(labels == "green", chances[:, 1])

    number = by_id(multiclass_numbers(multiclass(labels, chances, NAMES)))[
        "performance/evaluation/roc_auc/class=green"
    ]

    assert number.method == "DeLong, log odds"
    on_log_odds = 1.959963984540054 * area.standard_error / (area.value * (1 - area.value))
    assert logit(number.high) - logit(number.value) == pytest.approx(on_log_odds)
    assert logit(number.value) - logit(number.low) == pytest.approx(on_log_odds)


def test_the_interval_of_the_mean_area_is_that_of_resampled_rows(rows) -> None:
    labels, chances = rows
    random, means = np.random.RandomState(2), []
    for _ in range(800):
        of = random.randint(0, N, N)
        means.append(
            np.mean(
                [compute_auc(labels[of] == c, chances[of, i]).value for i, c in enumerate(NAMES)]
            )
        )

    number = by_metric(multiclass_numbers(multiclass(labels, chances, NAMES)))["roc_auc_macro"]

    assert number.method == "linearized"
    half = (number.high - number.low) / 2
    assert half == pytest.approx(1.96 * np.std(means), rel=0.1)


def test_a_class_that_is_no_label_leaves_the_mean_undefined(rows) -> None:
    labels, chances = rows
    labels = np.where(labels == "blue", "red", labels)

    numbers = multiclass_numbers(multiclass(labels, chances, NAMES))

    assert by_metric(numbers)["roc_auc_macro"].reason == (
        "undefined: class 'blue' is the label of none of the rows, or of all"
    )
    assert by_id(numbers)["performance/evaluation/roc_auc/class=blue"].value is None


def test_a_class_of_9_rows_has_areas_without_interval(rows) -> None:
    labels, chances = rows
    blue = np.flatnonzero(labels == "blue")
    for n in (9, 10):
        kept = labels.copy()
        kept[blue[n:]] = "red"

        numbers = multiclass_numbers(multiclass(kept, chances, NAMES))

        for found in (
            by_metric(numbers)["roc_auc_macro"],
            by_id(numbers)["performance/evaluation/roc_auc/class=blue"],
        ):
            assert found.value is not None
            assert (found.low is None) == (n == 9)


def test_a_label_that_is_no_class_has_no_loss(rows) -> None:
    labels, chances = rows
    labels = np.where(np.arange(N) < 3, "violet", labels)

    found = by_metric(multiclass_numbers(multiclass(labels, chances, NAMES)))

    for metric in ("log_loss", "brier_score"):
        assert found[metric].reason == "undefined: labels that are none of the model's classes"


def test_scores_that_are_no_probabilities_have_areas_and_no_loss(rows) -> None:
    labels, chances = rows

    found = by_metric(multiclass_numbers(multiclass(labels, 2 * chances, NAMES)))

    assert found["log_loss"].value is None
    assert found["roc_auc_macro"].value is not None


def test_copies_by_unit_are_as_wide_as_single_rows(rows) -> None:
    labels, chances = rows
    units = coded([f"u{i:03d}" for i in np.repeat(np.arange(N), 3)])
    copies = multiclass(np.repeat(labels, 3), np.repeat(chances, 3, axis=0), NAMES)

    single = multiclass_numbers(multiclass(labels, chances, NAMES))
    copied = by_id(multiclass_numbers(copies, units=units))

    for number in single:
        other = copied[number.id]
        assert other.high - other.low == pytest.approx(number.high - number.low, rel=0.02)
        assert ", by unit" in other.method
