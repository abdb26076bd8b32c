"""Student's quantiles against scipy."""

from __future__ import annotations

import pytest
from scipy import stats

from affidavit.recompute.student import t_critical


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.99, 0.999])
def test_quantiles_are_those_of_scipy(level: float) -> None:
    for freedom in (*range(1, 40), 99, 199, 200, 201, 202, 400, 1000, 10**6, 10**9):
        expected = stats.t.ppf(0.5 + level / 2, freedom)
        assert t_critical(level, freedom) == pytest.approx(expected, rel=2e-10), freedom
