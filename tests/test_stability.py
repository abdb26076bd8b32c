"""The index against its definition, its expectation against simulation, its quantiles by scipy."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from affidavit.stability import (
    chi_square_quantile,
    chi_square_tail,
    expected_stability,
    noise_bound,
    stability_id,
    stability_index,
)

COUNTS = st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 10**7)), min_size=1, max_size=20)


def test_a_worked_example() -> None:
    """Two bins, 50:50 before and 60:40 after: 0.1 ln 1.2 + (-0.1) ln 0.8."""
    expected = 0.1 * math.log(1.2) - 0.1 * math.log(0.8)

    assert stability_index([50, 50], [60, 40]) == pytest.approx(expected, rel=1e-15)
    assert stability_index([5, 5], [600, 400]) == pytest.approx(expected, rel=1e-15)


def test_a_bin_without_rows_on_one_side_counts_there_as_half_a_row() -> None:
    expected = (1 - 0.9) * math.log(1 / 0.9) + (0.5 / 20 - 0.1) * math.log(0.5 / 20 / 0.1)

    assert stability_index([90, 10], [20, 0]) == pytest.approx(expected, rel=1e-14)
    assert stability_index([20, 0], [90, 10]) == pytest.approx(expected, rel=1e-14)


def test_a_side_without_rows_has_no_index() -> None:
    assert stability_index([0, 0], [3, 4]) is None
    assert stability_index([3, 4], [0, 0]) is None
    assert stability_index([], []) is None
    assert expected_stability([0, 0], [3, 4]) == 0
    assert noise_bound([0, 0], [3, 4], 0.95) == 0


@given(COUNTS)
def test_the_index_is_the_sum_over_bins(counts: list[tuple[int, int]]) -> None:
    """sum (a - e) ln(a / e), with shares as exact fractions; symmetric; at least 0."""
    reference, found = [r for r, _ in counts], [f for _, f in counts]
    index = stability_index(reference, found)
    if not sum(reference) or not sum(found):
        assert index is None
        return
    total = 0.0
    for r, f in counts:
        if r or f:
            e = Fraction(r or Fraction(1, 2)) / sum(reference)
            a = Fraction(f or Fraction(1, 2)) / sum(found)
            total += float(a - e) * (math.log(a / e) if a > e else -math.log(e / a))

    assert index == pytest.approx(total, rel=1e-12, abs=1e-15)
    assert index >= 0
    assert stability_index(found, reference) == pytest.approx(index, rel=1e-12, abs=1e-18)


@given(COUNTS, st.randoms())
def test_the_order_of_bins_and_empty_bins_change_nothing(counts, random) -> None:
    shuffled = [*counts, (0, 0)]
    random.shuffle(shuffled)
    one = stability_index([r for r, _ in counts], [f for _, f in counts])

    assert stability_index([r for r, _ in shuffled], [f for _, f in shuffled]) == one
    assert expected_stability([r for r, _ in shuffled], [f for _, f in shuffled]) == (
        expected_stability([r for r, _ in counts], [f for _, f in counts])
    )


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 9, 10, 19, 21, 39])
@pytest.mark.parametrize("level", [0.05, 0.5, 0.9, 0.95, 0.999, 1 - 0.05 / 5000])
def test_chi_square_is_scipys(freedom: int, level: float) -> None:
    quantile = chi_square_quantile(level, freedom)

    assert quantile == pytest.approx(stats.chi2.ppf(level, freedom), rel=1e-11)
    assert chi_square_tail(quantile, freedom) == pytest.approx(1 - level, rel=1e-11)


def test_one_bin_has_nothing_to_expect() -> None:
    assert expected_stability([100, 0], [40, 0]) == 0
    assert noise_bound([100, 0], [40, 0], 0.95) == 0


def test_at_100_rows_and_ten_bins_a_tenth_is_noise() -> None:
    """What is often called a shift, 0.1, is there without any: 0.09 by the limit, 0.095 drawn."""
    reference, found = [10**6] * 10, [10] * 10
    drawn = _simulated([0.1] * 10, n=None, m=100, times=20_000)

    assert expected_stability(reference, found) == pytest.approx(0.09, rel=1e-4)
    assert drawn.mean() == pytest.approx(0.0953, abs=0.001)
    assert noise_bound(reference, found, 0.95) == pytest.approx(0.169, abs=0.001)


@pytest.mark.parametrize(
    ("bins", "n", "m", "above"),
    [(10, 100, 100, 1.08), (10, 1000, 100, 1.08), (5, 100, 100, 1.06), (20, 200, 200, 1.10),
     (10, 1000, 1000, 1.02), (10, 10_000, 500, 1.03)],
)  # fmt: skip
def test_the_value_to_expect_is_what_draws_without_a_shift_give(
    bins: int, n: int, m: int, above: float
) -> None:
    """From ten rows a bin on, the mean is at most a tenth above the limit, and never below it."""
    drawn = _simulated([1 / bins] * bins, n=n, m=m, times=20_000)
    limit = expected_stability([n] * bins, [m] * bins) * bins

    assert 0.985 < drawn.mean() / limit < above


@pytest.mark.parametrize(("n", "m"), [(100, 100), (1000, 1000), (10_000, 300)])
def test_quantiles_of_the_reference_as_edges_change_nothing(n: int, m: int) -> None:
    """The reference's counts are then fixed, and its edges drawn in their place."""
    random = np.random.RandomState(5)
    indices = []
    for _ in range(2000):
        reference = np.sort(random.uniform(size=n))
        edges = reference[np.arange(1, 10) * n // 10 - 1]
        found = np.bincount(np.searchsorted(edges, random.uniform(size=m)), minlength=10)
        index = stability_index([n // 10] * 10, found.tolist())
        assert index is not None
        indices.append(index)
    limit = expected_stability([n // 10] * 10, [m // 10] * 10)

    assert 0.96 < np.mean(indices) / limit < 1.12


def test_the_bound_is_passed_by_chance_about_as_often_as_it_says() -> None:
    """One in twenty; at ten rows a bin one in fourteen."""
    for m, low, high in ((100, 0.05, 0.085), (1000, 0.04, 0.065)):
        drawn = _simulated([0.1] * 10, n=100_000, m=m, times=20_000)
        bound = noise_bound([10_000] * 10, [m // 10] * 10, 0.95)

        assert low < (drawn > bound).mean() < high


def test_no_name_of_a_column_makes_the_id_of_another() -> None:
    assert stability_id("evaluation") == "stability/evaluation/population_stability_index"
    assert stability_id("evaluation", period="2025-Q1") == (
        "stability/evaluation/population_stability_index/period=2025-Q1"
    )
    ids = {
        stability_id("r", column, period)
        for column in ("a", "a/period=2025", "a%2Fperiod=2025", "")
        for period in ("", "2025")
    }
    assert len(ids) == 8
    assert stability_id("r", "a/b%") == "stability/r/characteristic_stability_index/a%2Fb%25"


def _simulated(shares: list[float], *, n: int | None, m: int, times: int) -> np.ndarray:
    random = np.random.RandomState(1)
    found = random.multinomial(m, shares, times)
    sizes = [10**7] * len(shares)
    reference = [sizes] * times if n is None else random.multinomial(n, shares, times).tolist()
    return np.array(
        [stability_index(r, f) for r, f in zip(reference, found.tolist(), strict=True)], dtype=float
    )
