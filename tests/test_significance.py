"""Each test against scipy or statsmodels, and against a simulation where it plans one."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats import contingency_tables, multitest, proportion

from affidavit import significance
from affidavit.intervals import Proportion, critical, newcombe
from affidavit.significance import (
    detectable_gap,
    difference_test,
    fisher_exact,
    holm,
    mcnemar_exact,
    score_test,
)


@st.composite
def two_by_two(draw: st.DrawFn, most: int = 300) -> tuple[int, int, int, int]:
    n1, n2 = draw(st.integers(1, most)), draw(st.integers(1, most))
    return draw(st.integers(0, n1)), n1, draw(st.integers(0, n2)), n2


def scipys(x1: int, n1: int, x2: int, n2: int) -> float:
    return float(stats.fisher_exact([[x1, n1 - x1], [x2, n2 - x2]]).pvalue)


@given(table=two_by_two())
@example(table=(0, 1, 0, 1))
@example(table=(1, 1, 1, 1))
@example(table=(0, 20, 20, 20))
@example(table=(7, 20, 13, 20))
def test_fisher_is_scipys(table: tuple[int, int, int, int]) -> None:
    assert fisher_exact(*table) == pytest.approx(scipys(*table), rel=1e-12, abs=1e-300)


def test_fisher_gives_the_lady_who_tastes_tea() -> None:
    """Fisher (1935): 3 of 4 cups named rightly, 34/70 with both sides."""
    assert fisher_exact(3, 4, 1, 4) == pytest.approx(34 / 70, rel=1e-14)
    assert fisher_exact(4, 4, 0, 4) == pytest.approx(2 / 70, rel=1e-14)


@pytest.mark.parametrize(
    "table",
    [
        (3, 1_000_000, 2, 9_000_000),
        (0, 10_000_000, 3, 10_000_000),
        (2, 40, 90, 10_000_000),
        (39, 40, 9_999_000, 10_000_000),
        (5_000_000, 10_000_000, 5_003_000, 10_000_000),
        (5_053_000, 10_000_000, 5_000_000, 10_000_000),
        (5_000_000, 10_000_000, 5_053_000, 10_000_000),
    ],
)
def test_fisher_holds_at_ten_million_rows_within_milliseconds(
    table: tuple[int, int, int, int],
) -> None:
    began = time.process_time()
    found = fisher_exact(*table)
    seconds = time.process_time() - began

    # scipy's own sums of log-gammas have some 1e-9 of error at this size.
    assert found == pytest.approx(scipys(*table), rel=1e-7)
    assert seconds < 0.5


def test_fisher_says_nought_only_where_a_float_cannot_hold_it() -> None:
    assert fisher_exact(1000, 1000, 0, 10_000_000) == 0
    assert 0 < fisher_exact(40, 1000, 0, 10_000_000) < 1e-100
    began = time.process_time()
    assert fisher_exact(6_000_000, 10_000_000, 5_000_000, 10_000_000) == 0
    assert time.process_time() - began < 0.5


@given(table=two_by_two())
def test_the_score_test_is_statsmodels_pooled_z(table: tuple[int, int, int, int]) -> None:
    x1, n1, x2, n2 = table
    found = score_test(Proportion(p=x1 / n1, n=n1), Proportion(p=x2 / n2, n=n2))

    if x1 + x2 in (0, n1 + n2):
        assert found is None
    else:
        expected = proportion.proportions_ztest([x1, x2], [n1, n2])[1]
        assert found == pytest.approx(expected, rel=1e-12)
        square = stats.chi2_contingency([[x1, n1 - x1], [x2, n2 - x2]], correction=False)
        assert found == pytest.approx(square.pvalue, rel=1e-12)


def test_the_score_test_takes_effective_rows() -> None:
    found = score_test(Proportion(p=0.3, n=40.5), Proportion(p=0.45, n=60.25))

    expected = proportion.proportions_ztest([0.3 * 40.5, 0.45 * 60.25], [40.5, 60.25])[1]
    assert found == pytest.approx(expected, rel=1e-12)


@given(table=two_by_two(60))
def test_the_test_is_exact_just_where_an_expected_count_is_below_five(
    table: tuple[int, int, int, int],
) -> None:
    x1, n1, x2, n2 = table
    expected = [n * part / (n1 + n2) for n in (n1, n2) for part in (x1 + x2, n1 + n2 - x1 - x2)]

    found = difference_test(*table)

    if min(expected) < 5 - 1e-9:
        assert found == significance.Tested(p_value=fisher_exact(*table), method="Fisher exact")
    elif min(expected) > 5 + 1e-9:
        assert found.method == "score"
        assert found.p_value == score_test(Proportion(p=x1 / n1, n=n1), Proportion(p=x2 / n2, n=n2))


def test_five_expected_are_enough_for_the_score_test() -> None:
    assert difference_test(4, 20, 6, 20).method == "score"
    assert difference_test(4, 20, 5, 20).method == "Fisher exact"


@settings(max_examples=20)
@given(p_values=st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_is_statsmodels(p_values: list[float]) -> None:
    found = holm(p_values)

    assert found == pytest.approx(multitest.multipletests(p_values, method="holm")[1], rel=1e-12)


def test_holm_gives_a_case_by_hand_and_keeps_the_order() -> None:
    """0.01 x 4, 0.02 x 3, then 0.03 x 2 = 0.06 and 0.04 x 1, never less than the one before."""
    assert holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx((0.06, 0.04, 0.06, 0.06))
    assert holm([]) == ()


@given(first=st.integers(0, 400), second=st.integers(0, 400))
@example(first=500_000, second=503_000)
def test_mcnemar_is_statsmodels_exact_form(first: int, second: int) -> None:
    expected = contingency_tables.mcnemar([[10, first], [second, 10]], exact=True).pvalue

    assert mcnemar_exact(first, second) == pytest.approx(min(1.0, expected), rel=1e-12, abs=1e-300)


@pytest.mark.parametrize(
    ("p", "n_reference", "n_group"), [(0.3, 300, 150), (0.02, 2000, 500), (0.9, 100, 100)]
)
@pytest.mark.parametrize("below", [True, False])
@pytest.mark.parametrize("alpha", [0.05, 0.05 / 4])
def test_the_detectable_gap_is_shown_with_the_power_that_it_states(
    p: float, n_reference: int, n_group: int, below: bool, alpha: float
) -> None:
    reference = Proportion(p=p, n=n_reference)
    gap = detectable_gap(reference, n_group, alpha=alpha, below=below)
    if gap is None:
        # The largest gap there is falls short of the power asked for.
        assert below == (p < 0.5)
        assert the_power(0.0 if below else 1.0, n_group, reference, alpha) < 0.9
        return

    at_gap = the_power(p - gap if below else p + gap, n_group, reference, alpha)

    assert 0.74 < at_gap < 0.9


def the_power(p: float, n: int, reference: Proportion, alpha: float) -> float:
    """How often the score test rejects, in 40,000 pairs of binomial counts."""
    random = np.random.RandomState(7)
    ours = random.binomial(n, p, 40_000) / n
    theirs = random.binomial(int(reference.n), reference.p, 40_000) / reference.n
    pooled = (ours * n + theirs * reference.n) / (n + reference.n)
    deviation = np.sqrt(np.maximum(pooled * (1 - pooled), 1e-300) * (1 / n + 1 / reference.n))
    return float(np.mean(np.abs(ours - theirs) / deviation >= critical(1 - alpha)))


def test_the_detectable_gap_allows_for_fishers_test_where_few_events_are_expected() -> None:
    """The exact power of the test that is then used; without the allowance it would be 71 %."""
    n, most, p = 40, 400, 0.02
    gap = detectable_gap(Proportion(p=p, n=most), n, alpha=0.01, below=False)
    assert gap is not None

    ours, theirs = stats.binom.pmf(range(n + 1), n, p + gap), stats.binom.pmf(range(31), most, p)
    power = sum(
        ours[x1] * theirs[x2]
        for x1 in range(n + 1)
        for x2 in range(31)
        if difference_test(x1, n, x2, most).p_value <= 0.01
    )

    assert 0.78 <= power < 0.94


@pytest.mark.parametrize("below", [True, False])
def test_the_detectable_gap_has_the_sample_size_that_statsmodels_plans(below: bool) -> None:
    """Equal groups of the size planned for a gap detect that gap (pooled null, own variances)."""
    p2, gap = 0.4, 0.12
    p1 = p2 - gap if below else p2 + gap
    n = proportion.samplesize_proportions_2indep_onetail(
        p1 - p2, p2, 0.8, ratio=1, alpha=0.05, alternative="two-sided"
    )

    found = detectable_gap(Proportion(p=p2, n=n), n, alpha=0.05, below=below)

    assert found == pytest.approx(gap, rel=1e-6)


def test_no_gap_is_detectable_where_even_none_or_all_would_not_be_shown() -> None:
    assert detectable_gap(Proportion(p=0.05, n=40), 40, alpha=0.05, below=True) is None
    assert detectable_gap(Proportion(p=0.95, n=40), 40, alpha=0.05, below=False) is None
    assert detectable_gap(Proportion(p=0.0, n=40), 40, alpha=0.05, below=True) is None
    assert detectable_gap(Proportion(p=0.0, n=40), 40, alpha=0.05, below=False) is not None


@given(n=st.floats(20, 1000), p=st.floats(0.2, 0.8))
def test_more_rows_show_smaller_gaps(n: float, p: float) -> None:
    few = detectable_gap(Proportion(p=p, n=100), n, alpha=0.05, below=True)
    many = detectable_gap(Proportion(p=p, n=100), 2 * n, alpha=0.05, below=True)

    if few is not None:
        assert many is not None
        assert 0 < many < few <= p


def test_a_detected_gap_and_newcombes_interval_agree_in_a_plain_case() -> None:
    """80 of 400 against 130 of 400: the test rejects and the interval leaves 0 out."""
    tested = difference_test(80, 400, 130, 400)
    low, high = newcombe(Proportion(p=0.2, n=400), Proportion(p=0.325, n=400), critical(0.95))

    assert tested.p_value < 0.05
    assert high < 0
    assert low < -0.125 < high
