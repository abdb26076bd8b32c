"""Calibration against statsmodels, a simulation and cases worked by hand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW
from tests.recompute.scored_rows import binary, by_metric, coded, sample

from affidavit.recompute import ranking
from affidavit.recompute.binary_numbers import binary_numbers
from affidavit.recompute.calibration import calibration_bins
from affidavit.recompute.sample import labelled_sample


def _sample(n: int = 800, seed: int = 1):
    random = np.random.RandomState(seed)
    score = np.round(random.beta(1.5, 4, n), 3).clip(0.001, 0.999)
    logit = np.log(score / (1 - score))
    positive = random.rand(n) < 1 / (1 + np.exp(-(0.3 + 0.8 * logit)))
    return positive, score, logit


def _found(positive, score, **how):
    return by_metric(binary_numbers(sample(positive, score, **how), "evaluation"))


def test_slope_and_intercept_are_statsmodels_with_their_wald_intervals() -> None:
    positive, score, logit = _sample()
    slope = sm.Logit(positive, sm.add_constant(logit)).fit(disp=0, tol=1e-14)
    intercept = sm.GLM(
        positive, np.ones(len(score)), family=sm.families.Binomial(), offset=logit
    ).fit(tol=1e-14)

    found = _found(positive, score)

    for number, value, ends in (
        (found["calibration_slope"], slope.params[1], slope.conf_int()[1]),
        (found["calibration_intercept"], intercept.params[0], intercept.conf_int()[0]),
    ):
        assert number.method == "Wald"
        assert number.value == pytest.approx(value, rel=1e-9)
        assert (number.low, number.high) == pytest.approx(tuple(ends), rel=1e-9)


def test_weights_stand_in_the_likelihood_and_the_sandwich() -> None:
    positive, score, logit = _sample(300)
    weight = np.random.RandomState(3).randint(1, 4, 300).astype(float)
    fit = sm.GLM(
        positive, sm.add_constant(logit), family=sm.families.Binomial(), freq_weights=weight
    ).fit(tol=1e-14)
    p = fit.predict(sm.add_constant(logit))
    part = np.linalg.inv(_information(logit, weight, p))[1]
    each = (part[0] + part[1] * logit) * weight * (positive - p)

    number = _found(positive, score, weights=weight)["calibration_slope"]

    assert number.value == pytest.approx(fit.params[1], rel=1e-9)
    assert number.method == "Wald, sandwich variance, weighted"
    half = 1.959963984540054 * np.sqrt((each**2).sum() * 300 / 299)
    assert number.high - number.value == pytest.approx(half, rel=1e-9)


def _information(logit, weight, p):
    design = sm.add_constant(logit)
    return (design * (weight * p * (1 - p))[:, None]).T @ design


def test_rows_of_one_unit_widen_as_statsmodels_clusters_do() -> None:
    """statsmodels' cluster covariance, whose small-sample factor is G / (G - 1) (n - 1) / (n - k)."""
    positive, score, logit = _sample(100)
    positive, score, logit = (np.repeat(x, 3) for x in (positive, score, logit))
    unit = np.repeat(np.arange(100), 3)
    fit = sm.Logit(positive, sm.add_constant(logit)).fit(
        disp=0, tol=1e-14, cov_type="cluster", cov_kwds={"groups": unit, "use_correction": False}
    )

    number = _found(positive, score, units=coded([f"u{i}" for i in unit]))["calibration_slope"]

    half = 1.959963984540054 * fit.bse[1] * np.sqrt(100 / 99)
    assert number.high - number.value == pytest.approx(half, rel=1e-9)
    assert number.method == "Wald, sandwich variance, by unit"


def test_ten_bins_of_equal_rows_have_wilsons_intervals() -> None:
    positive, score, _ = _sample()

    bins = calibration_bins(sample(positive, score))

    assert sum(b.n for b in bins) == 800
    assert len(bins) == 10
    for b, after in pairwise(bins):
        assert b.last < after.first
    for b in bins:
        inside = (score >= b.first) & (score <= b.last)
        assert b.n == inside.sum()
        assert b.observed == pytest.approx(positive[inside].mean(), rel=1e-14)
        assert b.mean_score == pytest.approx(score[inside].mean(), rel=1e-13)
        ends = proportion_confint(positive[inside].sum(), b.n, method="wilson")
        assert (b.low, b.high) == pytest.approx(ends, rel=1e-12)


def test_a_tie_is_not_split_so_that_there_are_fewer_bins() -> None:
    """Of 10 rows, 7 share one score: its middle row belongs to the 5th bin."""
    bins = calibration_bins(sample([True, False] * 5, [0.1] + [0.4] * 7 + [0.8, 0.9]))

    assert [(b.first, b.last, b.n) for b in bins] == [
        (0.1, 0.1, 1), (0.4, 0.4, 7), (0.8, 0.8, 1), (0.9, 0.9, 1),
    ]  # fmt: skip


def test_no_bins_where_scores_are_no_probabilities_or_no_label_is_known() -> None:
    unknown = labelled_sample(binary([True], [0.5], known=np.zeros(1, bool)), "yes")

    assert calibration_bins(sample([True, False], [0.5, 1.5])) == ()
    assert calibration_bins(unknown) == ()
    assert len(calibration_bins(sample([True, False], [0.5, 1.0]))) == 2  # the twin


def test_the_expected_error_worked_by_hand() -> None:
    """Two bins of 2: |0.2 - 0.5| and |0.7 - 1|; expected sqrt(2 p (1 - p) / (2 pi)) each, halved."""
    found = _found([True, False, True, True], [0.2, 0.2, 0.7, 0.7])["expected_calibration_error"]

    assert found.value == pytest.approx(0.3, rel=1e-14)
    by_hand = (np.sqrt(0.16 / np.pi) + np.sqrt(0.21 / np.pi)) / 2
    assert found.expected == pytest.approx(by_hand, rel=1e-14)


@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(0, 40), st.sampled_from([0.5, 1.0, 2.75])),
        min_size=1, max_size=80,
    ),
    st.booleans(),
)  # fmt: skip
def test_the_expected_error_is_numpys(rows: list[tuple[bool, int, float]], weighted: bool) -> None:
    """The bin of a row: ten times the share of rows below the middle of its ties."""
    positive, score = np.array([p for p, _, _ in rows]), np.array([s for _, s, _ in rows]) / 40
    weight = np.array([w for _, _, w in rows]) if weighted else np.ones(len(rows))
    middle = (score[:, None] > score).sum(axis=1) * 2 + (score[:, None] == score).sum(axis=1)
    bins = middle * 10 // (2 * len(rows))
    expected = np.abs(np.bincount(bins, weight * (score - positive))).sum() / weight.sum()

    found = _found(positive, score, weights=weight if weighted else None)

    assert found["expected_calibration_error"].value == pytest.approx(
        expected, rel=1e-12, abs=1e-15
    )


def test_a_perfect_model_shows_the_expected_error_on_average() -> None:
    random = np.random.RandomState(7)
    score = np.sort(random.beta(2, 5, 2000))
    expected = _found(random.rand(2000) < score, score)["expected_calibration_error"].expected
    place = np.arange(2000) // 200

    shown = [
        np.abs(np.bincount(place, score - (random.rand(2000) < score))).sum() / 2000
        for _ in range(4000)
    ]

    assert expected == pytest.approx(np.mean(shown), rel=0.02)


@pytest.mark.slow
def test_the_error_of_a_perfect_model_has_0_in_its_interval_nearly_always() -> None:
    """Here a percentile interval never holds the truth: resampling adds its own error."""
    random, held = np.random.RandomState(8), 0
    for _ in range(60):
        score = random.beta(2, 5, 400)
        number = _found(random.rand(400) < score, score)["expected_calibration_error"]
        held += number.low == 0

    assert held >= 52


@pytest.mark.parametrize(
    ("positive", "score", "reason"),
    [
        ([True, False, True], [0.2, 0.4, 1.0], "1 scores are exactly 0 or 1"),
        ([False, False, True], [0.2, 0.4, 0.4], "a score divides the labels"),
        ([True, False, True], [0.4, 0.4, 0.4], "all scores are the same"),
        ([True, True, True], [0.1, 0.2, 0.3], "do not hold both labels"),
    ],
)
def test_a_slope_without_bound_is_undefined(positive, score, reason: str) -> None:
    found = _found(positive, score)["calibration_slope"]

    assert found.value is None
    assert reason in str(found.reason)


def test_overlapping_labels_have_a_slope() -> None:
    """The twin of those that have none."""
    assert _found([True, False, True, False], [0.2, 0.3, 0.4, 0.5])["calibration_slope"].value


def test_the_gap_has_the_interval_of_a_mean_difference() -> None:
    positive, score, _ = _sample(200)
    low, high = DescrStatsW(score - positive).zconfint_mean()

    found = _found(positive, score)["calibration_gap"]

    assert found.value == pytest.approx(score.mean() - positive.mean(), rel=1e-12)
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-12)


def test_the_gap_of_few_rows_is_wilsons_interval_turned_around() -> None:
    positive, score, _ = _sample(25)
    low, high = proportion_confint(positive.sum(), 25, method="wilson")

    found = _found(positive, score)["calibration_gap"]

    assert found.low == pytest.approx(score.mean() - high, rel=1e-12)
    assert found.high == pytest.approx(score.mean() - low, rel=1e-12)


@pytest.mark.parametrize("n", [29, 30])
def test_walds_intervals_need_30_rows(n: int) -> None:
    found = _found(np.arange(n) % 3 == 0, np.linspace(0.1, 0.9, n))

    for metric in ("calibration_slope", "calibration_intercept"):
        assert found[metric].value is not None
        assert (found[metric].low is not None) is (n == 30)


def test_bins_and_recalibration_of_many_parts_are_those_of_one(monkeypatch) -> None:
    positive, score, _ = _sample(3000)
    whole = _found(positive, score), calibration_bins(sample(positive, score))
    monkeypatch.setattr(ranking, "PART_ROWS", 70)
    monkeypatch.setattr(ranking, "_KEPT_ROWS", 0)

    parts = _found(positive, score), calibration_bins(sample(positive, score))

    assert len(list(sample(positive, score).ranked.parts())) > 20
    for metric, number in whole[0].items():
        ends = (number.value, number.low, number.high)
        other = parts[0][metric]
        assert (other.value, other.low, other.high) == pytest.approx(ends, rel=1e-11), metric
    for one, other in zip(*(w[1] for w in (whole, parts)), strict=True):
        assert (one.first, one.last, one.n) == (other.first, other.last, other.n)
        told = [(b.mean_score, b.observed, b.low, b.high) for b in (one, other)]
        assert told[1] == pytest.approx(told[0], rel=1e-13)
