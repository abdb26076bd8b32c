"""Regression numbers against scikit-learn, scipy and resampling."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as sk
from tests.recompute.scored_rows import by_metric, coded, regression

from affidavit.recompute.quantiles import quantile, quantile_interval
from affidavit.recompute.regression import regression_numbers

N = 500


@pytest.fixture(scope="module")
def rows():
    random = np.random.RandomState(4)
    target = random.gamma(2, 3, N)
    return target, target * 0.9 + random.normal(0.3, 1.5, N)


@pytest.mark.parametrize("weighted", [False, True])
def test_every_number_is_scikit_learns(rows, weighted: bool) -> None:
    target, said = rows
    weight = np.random.RandomState(1).uniform(0.5, 2, N) if weighted else None

    found = by_metric(regression_numbers(regression(target, said, weight)))

    for metric, value in {
        "mae": sk.mean_absolute_error(target, said, sample_weight=weight),
        "mse": sk.mean_squared_error(target, said, sample_weight=weight),
        "rmse": sk.root_mean_squared_error(target, said, sample_weight=weight),
        "r2": sk.r2_score(target, said, sample_weight=weight),
        "bias": np.average(said - target, weights=weight),
    }.items():
        assert found[metric].value == pytest.approx(value, rel=1e-12), metric
        assert found[metric].low < value < found[metric].high, metric
    for q in (5, 25, 50, 75, 95):
        value = np.quantile(said - target, q / 100, method="inverted_cdf", weights=weight)
        assert found[f"error_quantile_{q:02d}"].value == value


def test_intervals_of_rmse_and_r2_are_those_of_resampled_rows(rows) -> None:
    target, said = rows
    random = np.random.RandomState(2)
    draws = [random.randint(0, N, N) for _ in range(2000)]

    found = by_metric(regression_numbers(regression(target, said)))

    for metric, compute in (("rmse", sk.root_mean_squared_error), ("r2", sk.r2_score)):
        spread = np.std([compute(target[d], said[d]) for d in draws])
        number = found[metric]
        assert number.method == "delta method"
        assert (number.high - number.low) / 2 == pytest.approx(1.96 * spread, rel=0.08), metric


@pytest.mark.parametrize(("n", "percent"), [(200, 5), (200, 50), (77, 95), (5000, 25), (1000, 50)])
def test_quantiles_have_exact_intervals_by_the_binomial_distribution(n: int, percent: int) -> None:
    q, values = percent / 100, np.arange(1.0, n + 1)

    found = quantile_interval(values, None, None, q)

    assert found is not None
    low, high = int(found.low), int(found.high)
    below = stats.binom(n, q)
    assert below.cdf(low - 1) <= 0.025 < below.cdf(low)
    assert below.sf(high - 1) <= 0.025 < below.sf(high - 2)
    assert found.method == "order statistics, exact"


def test_too_few_rows_for_a_quantile_have_no_interval() -> None:
    """P(no value below the 5 % quantile) = 0.95**n is at most 2.5 % from n = 72 on."""
    assert quantile_interval(np.arange(71.0), None, None, 0.05) is None
    assert quantile_interval(np.arange(72.0), None, None, 0.05) is not None


@settings(deadline=None, max_examples=200)
@given(
    st.lists(st.tuples(st.integers(-9, 9), st.integers(1, 4)), min_size=1, max_size=40),
    st.sampled_from([0.05, 0.25, 0.5, 0.75, 0.95]),
)
def test_a_weighted_quantile_is_that_of_copies(rows: list[tuple[int, int]], q: float) -> None:
    rows = sorted(rows)
    values, weight = (np.array(x, dtype=float) for x in zip(*rows, strict=True))
    copies = np.repeat(values, weight.astype(int))

    assert quantile(values, weight, q) == quantile(copies, None, q)
    assert quantile(copies, None, q) == np.quantile(copies, q, method="inverted_cdf")


def test_weights_and_units_have_woodruffs_interval(rows) -> None:
    target, said = rows
    plain = by_metric(regression_numbers(regression(target, said)))["error_quantile_50"]
    alike = by_metric(regression_numbers(regression(target, said, np.full(N, 2.0))))
    units = coded([f"u{i:03d}" for i in np.repeat(np.arange(N), 3)])
    copies = regression(np.repeat(target, 3), np.repeat(said, 3))
    by_unit = by_metric(regression_numbers(copies, units=units))

    assert alike["error_quantile_50"].method == "Woodruff, weighted"
    assert by_unit["error_quantile_50"].method == "Woodruff, by unit"
    for number in (alike["error_quantile_50"], by_unit["error_quantile_50"]):
        assert (number.low, number.high) == pytest.approx((plain.low, plain.high), abs=0.05)
    for metric in ("mae", "mse", "rmse", "r2", "bias"):
        single = by_metric(regression_numbers(regression(target, said)))[metric]
        width = by_unit[metric].high - by_unit[metric].low
        assert width == pytest.approx(single.high - single.low, rel=0.01), metric


def test_a_constant_target_has_no_r2() -> None:
    found = by_metric(regression_numbers(regression([0.1] * 40, np.arange(40))))

    assert found["r2"].reason == "undefined: the target does not vary"
    assert found["mae"].value == pytest.approx(19.405)


def test_one_row_has_values_and_no_interval() -> None:
    found = by_metric(regression_numbers(regression([1.0], [3.0])))

    assert [found[m].value for m in ("mae", "mse", "rmse", "bias")] == [2, 4, 2, 2]
    assert found["r2"].value is None
    assert {n.low for n in found.values()} == {None}


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid value")
def test_errors_too_large_to_be_squared_are_undefined_and_never_infinite() -> None:
    target = np.arange(40.0)

    found = by_metric(regression_numbers(regression(target, target + 1e300)))

    for metric in ("mse", "rmse", "r2"):
        assert found[metric].value is None
        assert "too large for a number of 64 bits" in str(found[metric].reason)
    assert found["bias"].value == pytest.approx(1e300)
    assert found["error_quantile_50"].value == pytest.approx(1e300)


def test_no_target_says_so() -> None:
    found = by_metric(regression_numbers(regression([np.nan], [3.0])))

    assert {n.reason for n in found.values()} == {"undefined, n = 0: no labelled rows"}
    assert len(found) == 10


def test_errors_that_are_too_skew_for_their_rows_have_no_interval() -> None:
    """A mean of long-tailed squares is not normal yet; of even errors it is."""
    random = np.random.RandomState(4)
    for error, n, has_interval in (
        (random.normal(size=400), 400, True),
        (np.exp(2 * random.normal(size=400)), 400, False),
        (random.normal(size=99), 99, False),
    ):
        found = by_metric(regression_numbers(regression(np.arange(n) + 0.0, np.arange(n) + error)))
        assert (found["mae"].low is not None) is has_interval
        assert found["mae"].value == pytest.approx(np.abs(error).mean())
