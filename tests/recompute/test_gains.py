"""Gains and lift by hand, and the interval of the lift by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from tests.recompute.scored_rows import sample

from affidavit.intervals import Proportion
from affidavit.recompute.gains import gains_rows, lift_interval


def test_ten_rows_worked_by_hand() -> None:
    positive = [True, True, False, True, False, False, True, False, False, False]

    rows = gains_rows(sample(positive, np.arange(10, 0, -1) / 10))

    assert [r.n for r in rows] == list(range(1, 11))
    assert [r.gain for r in rows] == [0.25, 0.5, 0.5, 0.75, 0.75, 0.75, 1, 1, 1, 1]
    assert [r.lift for r in rows] == pytest.approx(
        [2.5, 2.5, 5 / 3, 1.875, 1.5, 1.25, 10 / 7, 1.25, 10 / 9, 1]
    )
    assert (rows[-1].low, rows[-1].high) == (None, None)


def test_a_tie_goes_as_a_whole_into_the_tenth_that_reaches_it() -> None:
    positive = [True, False, True, False, False, True, False, False, False, False]

    rows = gains_rows(sample(positive, [0.9] + [0.5] * 5 + [0.1] * 4))

    assert [(r.n, r.share) for r in rows] == [(1, 0.1), (6, 0.6), (10, 1.0)]
    assert [r.gain for r in rows] == [pytest.approx(1 / 3), 1.0, 1.0]


def test_without_both_labels_there_is_no_gain() -> None:
    assert gains_rows(sample([True, True], [0.1, 0.2])) == ()
    assert len(gains_rows(sample([True, False], [0.1, 0.2]))) == 2  # the twin


def test_weights_count_as_so_many_rows() -> None:
    random = np.random.RandomState(1)
    score, weight = random.permutation(40) / 40, random.randint(1, 4, 40)
    positive = random.rand(40) < score

    weighted = gains_rows(sample(positive, score, weight))

    for row in weighted:
        top = score >= np.sort(score)[-row.n]
        gain = weight[top & positive].sum() / weight[positive].sum()
        assert row.gain == pytest.approx(gain, rel=1e-13)
        assert row.lift == pytest.approx(gain / (weight[top].sum() / weight.sum()), rel=1e-13)


def test_no_event_above_the_cut_or_below_it_still_has_an_interval() -> None:
    none_above = lift_interval(Proportion(p=0.0, n=20), Proportion(p=0.25, n=80), 0.2)
    all_above = lift_interval(Proportion(p=0.5, n=20), Proportion(p=0.0, n=80), 0.2)

    assert none_above[0] == 0.0
    assert 0.3 < none_above[1] < 1.2
    assert all_above[1] == 5.0
    assert 2 < all_above[0] < 5


def test_the_interval_holds_the_lift_about_95_times_in_100() -> None:
    random, q = np.random.RandomState(5), 0.2
    truth = 0.3 / (q * 0.3 + (1 - q) * 0.1)
    held = 0
    for _ in range(400):
        above, below = random.binomial(100, 0.3), random.binomial(400, 0.1)
        low, high = lift_interval(
            Proportion(p=above / 100, n=100), Proportion(p=below / 400, n=400), q
        )
        held += low <= truth <= high

    assert 0.92 <= held / 400 <= 0.98
