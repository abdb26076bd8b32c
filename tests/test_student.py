"""Student's quantiles and tails against scipy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from affidavit.student import t_critical, t_tails


@pytest.mark.parametrize("level", [0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 1 - 0.05 / 4950, 1 - 1e-7])
def test_quantiles_are_those_of_scipy(level: float) -> None:
    whole = (*range(1, 40), 99, 200, 201, 1000, 100_000, 100_001, 10**6, 10**9)
    for freedom in (*whole, 0.5, 2.75, 9.01, 57.25, 200.5, 12345.6):
        expected = stats.t.isf((1 - level) / 2, freedom)

        assert t_critical(level, freedom) == pytest.approx(expected, rel=1e-9), freedom


@given(st.floats(1.0, 1e7), st.integers(1, 10_000))
def test_simultaneous_levels_of_any_freedom_are_those_of_scipy(freedom: float, m: int) -> None:
    """Welch's degrees of freedom are fractions; m pairs are each at 1 - 0.05 / m."""
    level = 1 - 0.05 / m

    expected = stats.t.isf((1 - level) / 2, freedom)

    assert t_critical(level, freedom) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("at", [0.0, 0.1, 1.0, 2.5, 8.0])
def test_tails_are_those_of_scipy(at: float) -> None:
    for freedom in (1, 2.5, 7, 40.25, 1000, 99_999, 10**6, 10**9):
        assert t_tails(at, freedom) == pytest.approx(2 * stats.t.sf(at, freedom), rel=1e-8), freedom
