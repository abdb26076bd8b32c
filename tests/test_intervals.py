"""Each interval against statsmodels, scipy or a published example, at any size of sample."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal, localcontext

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats import proportion as reference

from affidavit.intervals import (
    Proportion,
    clopper_pearson,
    critical,
    crossing,
    kish,
    koopman,
    mover_mean,
    newcombe,
    newcombe_paired,
    on_logit,
    wilson,
)

Z = critical(0.95)
SIZES = st.one_of(st.integers(1, 400), st.floats(1, 500), st.just(10_000_000))
PARTS = st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0.001, 0.999))


def share(x: float, n: float) -> Proportion:
    return Proportion(p=x / n, n=n)


def the_score_statistic(one: Proportion, other: Proportion, ratio: float) -> float:
    """statsmodels' test of H0: ratio, whose statistic Koopman's limits set to plus or minus z."""
    found = reference.test_proportions_2indep(
        one.p * one.n, one.n, other.p * other.n, other.n,
        value=ratio, compare="ratio", method="score", correction=False,
    )  # fmt: skip
    return float(found.statistic)


@given(p=PARTS, n=SIZES, level=st.sampled_from([0.9, 0.95, 0.99, 1 - 0.05 / 14]))
@example(p=0.0, n=1, level=0.95)
@example(p=1.0, n=1, level=0.95)
@example(p=3e-7, n=10_000_000, level=0.95)
def test_wilson_is_statsmodels_wilson(p: float, n: float, level: float) -> None:
    found = wilson(Proportion(p=p, n=n), critical(level))

    expected = reference.proportion_confint(p * n, n, alpha=1 - level, method="wilson")

    assert found == pytest.approx(expected, rel=1e-12, abs=1e-14)
    assert 0 <= found[0] <= p <= found[1] <= 1


@given(p=PARTS, n=SIZES, level=st.sampled_from([0.9, 0.95, 0.99, 1 - 0.05 / 14]))
@example(p=0.0, n=1, level=0.95)
@example(p=1.0, n=1, level=0.95)
@example(p=3e-7, n=10_000_000, level=0.95)
@example(p=1 - 3e-7, n=10_000_000, level=0.95)
@example(p=0.5, n=10_000_000, level=0.95)
@example(p=0.00867908000772409, n=1, level=1 - 0.05 / 14)  # a limit of 1e-317
def test_clopper_pearson_is_the_beta_form_also_for_effective_rows(
    p: float, n: float, level: float
) -> None:
    low, high = clopper_pearson(Proportion(p=p, n=n), level)

    expected = reference.proportion_confint(p * n, n, alpha=1 - level, method="beta")

    assert (low, high) == pytest.approx(expected, rel=1e-12, abs=1e-15)
    assert 0 <= low <= p <= high <= 1


def test_clopper_pearson_contains_wilson_nearly_everywhere_and_gives_the_rule_of_three() -> None:
    """0 of n: the upper end is 1 - (alpha/2)^(1/n), Hanley and Lippman-Hand (1983), two-sided."""
    low, high = clopper_pearson(share(0, 40), 0.95)

    assert low == 0
    assert high == pytest.approx(1 - 0.025 ** (1 / 40), rel=1e-13)


@given(p1=PARTS, n1=SIZES, p2=PARTS, n2=SIZES)
@example(p1=0.0, n1=1, p2=1.0, n2=1)
@example(p1=1.0, n1=1, p2=1.0, n2=10_000_000)
def test_newcombe_is_statsmodels_newcomb(p1: float, n1: float, p2: float, n2: float) -> None:
    found = newcombe(Proportion(p=p1, n=n1), Proportion(p=p2, n=n2), Z)

    low, high = reference.confint_proportions_2indep(
        p1 * n1, n1, p2 * n2, n2, method="newcomb", compare="diff", alpha=0.05
    )

    # statsmodels does not cut at -1 and 1.
    assert found == pytest.approx((max(-1, low), min(1, high)), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    ("x1", "n1", "x2", "n2", "low", "high"),
    [
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (6, 7, 2, 7, 0.0582, 0.8062),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
        (0, 10, 0, 10, -0.2775, 0.2775),
        (10, 10, 0, 20, 0.6791, 1.0000),
        (10, 10, 0, 10, 0.6075, 1.0000),
    ],
)
def test_newcombe_gives_the_eight_examples_of_the_paper(
    x1: int, n1: int, x2: int, n2: int, low: float, high: float
) -> None:
    """Newcombe (1998), Statistics in Medicine 17, 873-890, table II, method 10."""
    assert newcombe(share(x1, n1), share(x2, n2), Z) == pytest.approx((low, high), abs=5.1e-5)


def the_exact_statistic(one: Proportion, other: Proportion, ratio: float) -> float:
    """Koopman's statistic in 60 digits, by the textbook's formula for the likeliest shares."""
    with localcontext(prec=60):
        n1, n2, p1, p2, t = (Decimal(v) for v in (one.n, other.n, one.p, other.p, ratio))
        a, b = (n1 + n2) * t, n1 * t + p1 * n1 + n2 + p2 * n2 * t
        root = (b * b - 4 * a * (p1 * n1 + p2 * n2)).sqrt()
        likeliest = (b - root) / (2 * a)
        first = t * likeliest
        variance = first * (1 - first) / n1 + t * t * likeliest * (1 - likeliest) / n2
        return float((p1 - t * p2) / variance.sqrt())


@given(p1=PARTS, n1=st.one_of(st.integers(5, 400), st.floats(5, 500)), p2=st.floats(0.01, 0.99))
def test_koopman_ends_where_statsmodels_score_statistic_is_z(
    p1: float, n1: float, p2: float
) -> None:
    one, other = Proportion(p=p1, n=n1), Proportion(p=p2, n=73.5)

    low, high = koopman(one, other, Z)

    assert low <= p1 / p2
    assert (low == 0) == (p1 == 0)
    if low:
        assert the_score_statistic(one, other, low) == pytest.approx(Z, rel=1e-6)
    if high is not None:
        assert high >= p1 / p2
        assert the_score_statistic(one, other, high) == pytest.approx(-Z, rel=1e-6)


@given(p1=PARTS, n1=SIZES, p2=st.one_of(st.just(1.0), st.floats(0.001, 0.999)), n2=SIZES)
@example(p1=1.0, n1=5, p2=0.75, n2=10_000_000)
@example(p1=1.0, n1=50, p2=1.0, n2=1_000_000)
@example(p1=1.0, n1=10_000_000, p2=1.0, n2=10_000_000)
@example(p1=1e-6, n1=10_000_000, p2=2e-6, n2=10_000_000)
def test_koopman_keeps_its_digits_at_any_size(p1: float, n1: float, p2: float, n2: float) -> None:
    one, other = Proportion(p=p1, n=n1), Proportion(p=p2, n=n2)

    low, high = koopman(one, other, Z)

    if low:
        assert the_exact_statistic(one, other, low) == pytest.approx(Z, rel=1e-8)
    if high is not None:
        assert the_exact_statistic(one, other, high) == pytest.approx(-Z, rel=1e-8)


@pytest.mark.parametrize(
    ("x1", "n1", "x2", "n2"), [(36, 40, 16, 80), (5, 20, 9, 30), (0, 15, 4, 20), (30, 30, 20, 31)]
)
def test_koopman_is_statsmodels_score_interval(x1: int, n1: int, x2: int, n2: int) -> None:
    expected = reference.confint_proportions_2indep(
        x1, n1, x2, n2, method="score", compare="ratio", correction=False
    )

    assert koopman(share(x1, n1), share(x2, n2), Z) == pytest.approx(expected, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize(
    ("inside", "beyond", "excess", "root"),
    [
        (0.0, 2.0, lambda x: x * x - 2, math.sqrt(2)),
        (2.0, 0.0, lambda x: 2 - x * x, math.sqrt(2)),
        (0.0, 1.0, lambda x: x - 1e-9, 1e-9),
        (0.0, 10.0, lambda x: x**25 - 1, 1.0),
        (5.0, 0.0, lambda x: 1 / x - 4 if x > 0 else math.inf, 0.25),
        (0.5, 1.0, lambda x: x - 0.5, 0.5),
        (0.5, 1.0, lambda x: x - 1.0, 1.0),
    ],
)
def test_a_crossing_is_found_to_the_last_bits(
    inside: float, beyond: float, excess: Callable[[float], float], root: float
) -> None:
    assert crossing(inside, beyond, excess) == pytest.approx(root, rel=1e-15)


@given(p=st.floats(0.001, 0.999), n=SIZES)
def test_a_crossing_takes_far_fewer_steps_than_halving(p: float, n: float) -> None:
    """The score statistic of Wilson's upper limit; halving would take more than fifty."""
    share, calls = Proportion(p=p, n=n), []

    def excess(p: float) -> float:
        calls.append(p)
        return (p - share.p) / math.sqrt(p * (1 - p) / share.n) - Z if p < 1 else math.inf

    found = crossing(share.p, 1.0, excess)

    assert found == pytest.approx(wilson(share, Z)[1], rel=1e-12)
    assert len(calls) < 40


def test_koopman_gives_the_example_of_the_paper() -> None:
    """Koopman (1984): 36 of 40 against 16 of 80, 2.94 to 7.15."""
    assert koopman(share(36, 40), share(16, 80), Z) == pytest.approx((2.94, 7.15), abs=0.005)


@pytest.mark.parametrize(
    ("table", "low", "high"),
    [
        # Newcombe (1998), Statistics in Medicine 17, 2635-2650, table of examples, method 10.
        ((20, 12, 2, 16), 0.0562, 0.3292),
        ((36, 12, 2, 0), 0.0569, 0.3404),
        # Altman, Machin, Bryant, Gardner (2000), Statistics with Confidence, table 6.2.
        ((14, 5, 0, 22), 0.011, 0.226),
        # Fagerland, Lydersen, Laake (2017), Statistical Analysis of Contingency Tables, chapter 8:
        # Bentur et al. and Cavo et al.
        ((1, 1, 7, 12), -0.507, -0.026),
        ((59, 6, 16, 80), -0.1186, -0.0046),
    ],
)
def test_newcombe_paired_gives_the_published_examples(
    table: tuple[int, int, int, int], low: float, high: float
) -> None:
    digits = 5.1e-4 if round(low, 3) == low else 5.1e-5

    assert newcombe_paired(*table, Z) == pytest.approx((low, high), abs=digits)


@given(cells=st.tuples(*[st.integers(0, 60)] * 4).filter(any))
def test_newcombe_paired_holds_the_difference_and_turns_with_the_order(
    cells: tuple[int, int, int, int],
) -> None:
    both, first, second, neither = cells
    difference = (first - second) / sum(cells)

    low, high = newcombe_paired(both, first, second, neither, Z)

    assert -1 <= low <= difference <= high <= 1
    turned = newcombe_paired(both, second, first, neither, Z)
    assert turned == pytest.approx((-high, -low), abs=1e-12)
    opposite = newcombe_paired(neither, second, first, both, Z)
    assert opposite == pytest.approx((-high, -low), abs=1e-12)


def test_newcombe_paired_without_correlation_is_newcombe_of_two_samples() -> None:
    """With an empty margin the correlation is 0: the formula is then that of two samples."""
    found = newcombe_paired(0, 30, 0, 0, Z)

    assert found == pytest.approx(newcombe(share(30, 30), share(0, 30), Z), abs=1e-14)


def test_mover_mean_is_half_of_newcombes_difference_to_the_opposite_event() -> None:
    """(p1 + p2) / 2 = (p1 - (1 - p2) + 1) / 2, and Wilson turns with the event."""
    one, other, opposite = share(12, 40), share(27, 60), share(33, 60)

    low, high = mover_mean((one, other), Z)

    expected = [(1 + end) / 2 for end in newcombe(one, opposite, Z)]
    assert (low, high) == pytest.approx(expected, abs=1e-14)
    assert mover_mean((other, one), Z) == pytest.approx((low, high), abs=1e-15)


@given(shares=st.lists(st.tuples(st.integers(0, 60), st.integers(60, 90)), min_size=1, max_size=6))
def test_mover_mean_of_several_is_zou_and_donners_with_statsmodels_wilson_limits(
    shares: list[tuple[int, int]],
) -> None:
    p = np.array([x / n for x, n in shares])
    ends = np.array([reference.proportion_confint(x, n, method="wilson") for x, n in shares])
    below, above = np.linalg.norm(ends.T - p, axis=1) / len(shares)

    found = mover_mean([share(x, n) for x, n in shares], Z)

    expected = max(0.0, p.mean() - below), min(1.0, p.mean() + above)
    assert found == pytest.approx(expected, abs=1e-12)


def test_kishs_rows_are_those_whose_mean_varies_as_much() -> None:
    """Var of a weighted mean over s^2 is sum (w / sum w)^2: one over the rows that it is worth."""
    weights = np.array([0.5, 1.25, 3.0, 3.0])

    assert kish(weights.sum(), (weights**2).sum()) == pytest.approx(
        1 / ((weights / weights.sum()) ** 2).sum()
    )
    assert kish(7, 7) == 7


def test_on_logit_is_the_interval_of_the_log_odds() -> None:
    """By statsmodels' logit link: the delta method's standard error is s / (A (1 - A))."""
    low, high = on_logit(0.9, 0.03, Z)

    half = Z * 0.03 / 0.09
    odds = math.log(0.9 / 0.1)
    assert (low, high) == pytest.approx(
        (stats.logistic.cdf(odds - half), stats.logistic.cdf(odds + half))
    )
    assert on_logit(0.1, 0.03, Z) == pytest.approx((1 - high, 1 - low), rel=1e-12)


def test_on_logit_stays_within_bounds_where_the_value_is_nearly_one() -> None:
    low, high = on_logit(1 - 1e-12, 1e-3, Z)

    assert 0 <= low < 1 - 1e-12 <= high <= 1


def test_the_critical_value_is_scipys() -> None:
    levels = np.array([0.5, 0.9, 0.95, 1 - 0.05 / 200])

    found = [critical(float(level)) for level in levels]

    assert found == pytest.approx(stats.norm.ppf(0.5 + levels / 2), rel=1e-14)


@pytest.mark.parametrize("n", [1e-6, 0.62, 1.0, 1e9, 4e13, 2.0**53])
@pytest.mark.parametrize("p", [0.0, 1e-9, 0.3, 0.5, 0.999, 1.0])
def test_exact_limits_hold_the_share_at_any_size(p: float, n: float) -> None:
    low, high = clopper_pearson(Proportion(p=p, n=n), 0.95)

    assert 0 <= low <= p <= high <= 1
    if n * min(p, 1 - p) > 1e6:  # the normal form serves, with half a row for continuity
        half = 1.959963984540054 * math.sqrt(p * (1 - p) / n) + 1 / (2 * n)
        assert (high - low) / 2 == pytest.approx(half, rel=1e-5)


@pytest.mark.parametrize("n", [0.0, -1.0, 2.0**54, 1e308, math.inf, math.nan])
def test_exact_limits_refuse_rows_that_a_float_does_not_count(n: float) -> None:
    with pytest.raises(ValueError, match="an exact interval needs"):
        clopper_pearson(Proportion(p=0.5, n=n), 0.95)


def test_next_to_no_rows_say_nothing_of_a_share() -> None:
    assert wilson(Proportion(p=0.5, n=1e-300), 1.96) == (0.0, 1.0)
    assert wilson(Proportion(p=0.5, n=5e-324), 1.96) == (0.0, 1.0)
