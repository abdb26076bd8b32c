"""The expected spread against real shuffles of the outcomes."""

from __future__ import annotations

import time

import numpy as np
import pytest
from scipy import stats

from affidavit.null_spread import Null, expected_difference, expected_ratio

DRAWS = 20_000
SPREAD_WITHIN, RATIO_WITHIN = 0.03, 0.01  # as docs/metrics.md says
SIZES = [
    (100,) * 6,
    (200,) * 5,
    (30,) * 10,
    (30,) * 50,
    (1000,) * 60,
    (40, 40),
    (30, 50, 100, 1000),
    (5, 1000),
    (8, 9, 11, 30, 60, 213),
    (30, 300, 3000),
    (7, 8, 14, 20, 33, 180, 180),
    tuple(range(20, 420, 10)),
    (10, 100, 100_000),
    tuple(round(10 * 1.16**k) for k in range(60)),
]


def shuffled(sizes: tuple[int, ...], events: int, seed: int = 1) -> np.ndarray:
    """Rates of each group in real shuffles, (draws, groups): the outcomes are dealt out."""
    random = np.random.default_rng(seed)
    counts = random.multivariate_hypergeometric(sizes, events, size=DRAWS, method="marginals")
    return counts / np.array(sizes)


def cases() -> list[tuple[tuple[int, ...], int]]:
    found = []
    for sizes in SIZES:
        for rate in (0.02, 0.1, 0.3, 0.5, 0.95):
            events = round(rate * sum(sizes))
            if min(events, sum(sizes) - events) >= 10:
                found.append((sizes, events))
    return found


@pytest.mark.parametrize(("sizes", "events"), cases())
def test_the_expected_spread_is_that_of_shuffles(sizes: tuple[int, ...], events: int) -> None:
    null = Null(rate=events / sum(sizes), sizes=sizes)
    rates = shuffled(sizes, events)
    top, bottom = rates.max(axis=1), rates.min(axis=1)

    difference, ratio = expected_difference(null), expected_ratio(null)

    assert difference == pytest.approx((top - bottom).mean(), rel=SPREAD_WITHIN)
    assert ratio == pytest.approx((bottom / top).mean(), abs=RATIO_WITHIN)


@pytest.mark.parametrize(
    ("positives", "negatives"),
    [(((60,) * 4, 90), ((140,) * 4, 100)), (((20, 50, 200), 150), ((80, 100, 900), 60))],
)
def test_the_worse_of_two_is_that_of_two_independent_shuffles(
    positives: tuple[tuple[int, ...], int], negatives: tuple[tuple[int, ...], int]
) -> None:
    """Equalized odds: true positive rates among positives, false ones among negatives."""
    nulls = [Null(rate=e / sum(s), sizes=s) for s, e in (positives, negatives)]
    tpr, fpr = shuffled(*positives, seed=2), shuffled(*negatives, seed=3)
    gaps = np.maximum(np.ptp(tpr, axis=1), np.ptp(fpr, axis=1))
    ratios = np.minimum(tpr.min(axis=1) / tpr.max(axis=1), fpr.min(axis=1) / fpr.max(axis=1))

    assert expected_difference(*nulls) == pytest.approx(gaps.mean(), rel=SPREAD_WITHIN)
    assert expected_ratio(*nulls) == pytest.approx(ratios.mean(), abs=RATIO_WITHIN)


def counted(groups: int, n: int, rate: float) -> dict[tuple[int, int], float]:
    """(least, most) events of binomial groups of one size, by the chance of each pair of counts."""
    upto = stats.binom.cdf(np.arange(-1, n + 1), n, rate)
    within = np.clip(upto[None, 1:] - upto[:-1, None], 0, None) ** groups
    return {
        (i, j): within[i, j] - (within[i, j - 1] if j > i else 0)
        - (within[i + 1, j] if j > i else 0) + (within[i + 1, j - 1] if j > i + 1 else 0)
        for i in range(n + 1) for j in range(i, n + 1)
    }  # fmt: skip


@pytest.mark.parametrize(
    ("groups", "n", "rate"), [(2, 30, 0.5), (6, 40, 0.1), (12, 40, 0.03), (20, 60, 0.9)]
)
def test_small_groups_of_one_size_are_counted_out(groups: int, n: int, rate: float) -> None:
    """All pairs of counts, and for two independent nulls all pairs of those."""
    pairs = counted(groups, n, rate)
    null = Null(rate=rate, sizes=(float(n),) * groups)
    gaps, ratios = np.zeros(n + 1), dict.fromkeys({i / j for i, j in pairs if j}, 0.0)
    for (i, j), chance in pairs.items():
        gaps[j - i] += chance
        if j:
            ratios[i / j] += chance
    values = np.array(sorted(ratios))
    chances = np.array([ratios[v] for v in values]) / sum(ratios.values())
    larger = np.maximum.outer(np.arange(n + 1), np.arange(n + 1)) / n
    smaller = np.minimum.outer(values, values)

    assert expected_difference(null) == pytest.approx(gaps @ np.arange(n + 1) / n, rel=1e-8)
    assert expected_ratio(null) == pytest.approx(chances @ values, rel=1e-8)
    assert expected_difference(null, null) == pytest.approx(gaps @ larger @ gaps, rel=1e-8)
    assert expected_ratio(null, null) == pytest.approx(chances @ smaller @ chances, rel=1e-8)


def test_six_equal_groups_of_a_hundred_show_eight_and_a_half_points() -> None:
    """At a rate of 13 %; the normal form by hand: 2.534 (Tippett) times sqrt(p q / n) = 0.0852."""
    found = expected_difference(Null(rate=0.13, sizes=(100,) * 6))

    assert found == pytest.approx(0.085, abs=5e-4)
    shown = np.ptp(shuffled((100,) * 6, 78), axis=1).mean()
    assert shown == pytest.approx(0.085, abs=5e-4)


@pytest.mark.parametrize(
    ("k", "tippett"), [(2, 1.12838), (3, 1.69257), (5, 2.32593), (10, 3.07751), (100, 5.01519)]
)
def test_large_groups_give_tippetts_range(k: int, tippett: float) -> None:
    """Tippett (1925): the mean range of k normal variables, in standard deviations."""
    found = expected_difference(Null(rate=0.5, sizes=(1_000_000.0,) * k))

    assert found == pytest.approx(tippett * 0.5 / 1000, rel=0.005)


@pytest.mark.parametrize(
    "null",
    [
        Null(rate=0.3, sizes=(100,)),
        Null(rate=0.3, sizes=()),
        Null(rate=0.3, sizes=(100, 0)),
        Null(rate=0.0, sizes=(100, 100)),
        Null(rate=1.0, sizes=(100, 100)),
        Null(rate=0.045, sizes=(100, 100)),
        Null(rate=0.955, sizes=(100, 100)),
    ],
)
def test_nothing_is_expected_of_one_group_an_empty_one_or_fewer_than_ten_events(null: Null) -> None:
    known = Null(rate=0.3, sizes=(100, 100))

    assert expected_difference(null) is None
    assert expected_ratio(null) is None
    assert expected_difference(known, null) is None
    assert expected_ratio(known, null) is None
    assert expected_difference(known) is not None
    assert expected_ratio(known) is not None


def test_ten_events_are_enough_and_nothing_at_all_is_not() -> None:
    assert expected_difference(Null(rate=10 / 300, sizes=(100,) * 3)) is not None
    assert expected_difference() is None


def test_the_order_of_the_groups_changes_no_bit() -> None:
    sizes = tuple(float(n) for n in np.random.RandomState(4).randint(5, 3000, 120))

    ours = Null(rate=0.2, sizes=sizes)
    turned = Null(rate=0.2, sizes=tuple(reversed(sizes)))

    assert expected_difference(ours) == expected_difference(turned)
    assert expected_ratio(ours) == expected_ratio(turned)


def test_effective_rows_lie_between_the_whole_numbers_around_them() -> None:
    fewer, more = (expected_difference(Null(rate=0.4, sizes=(n,) * 4)) for n in (5000.0, 5200.0))
    between = expected_difference(Null(rate=0.4, sizes=(5100.5,) * 4))

    assert fewer is not None
    assert more is not None
    assert between is not None
    assert more < between < fewer


@pytest.mark.parametrize(
    "sizes", [(500.0,) * 200, tuple(float(n) for n in range(10, 100_010, 500))]
)
def test_two_hundred_groups_take_milliseconds(sizes: tuple[float, ...]) -> None:
    began = time.process_time()
    expected_difference(Null(rate=0.1, sizes=sizes))
    seconds = time.process_time() - began

    assert seconds < 0.5  # some 10 ms on an idle machine


def test_rates_that_vary_less_than_the_grid_tells_apart_have_no_expected_spread() -> None:
    """4.5 x 10^15 rows with 100 events: all lies in one cell, and a ratio would be 0 / 0."""
    lost = Null(rate=100 / 4.5e15, sizes=(4.5e15, 4.5e15))
    known = Null(rate=1e-6, sizes=(1e9, 1e9))

    assert expected_ratio(lost) is None
    assert expected_difference(lost) is None
    assert expected_ratio(known) == pytest.approx(0.9646, abs=1e-3)
