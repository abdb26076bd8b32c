"""Paired measures: against forms written out here, statsmodels, scikit-learn and papers."""

from __future__ import annotations

import math
import random
import time
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, roc_auc_score
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.weightstats import DescrStatsW

from affidavit.intervals import critical, newcombe_paired
from affidavit.paired import (
    Fourfold,
    compare_areas,
    compare_means,
    compare_shares,
    fourfold,
    weighted_areas,
    weighted_means,
    weighted_shares,
)

# Few distinct scores, so that ties are the rule; both labels at least twice.
LABELS = st.lists(st.booleans(), min_size=4, max_size=40).filter(
    lambda y: 2 <= sum(y) <= len(y) - 2
)


@st.composite
def labelled_scores(draw):
    labels = draw(LABELS)
    score = st.lists(
        st.integers(0, 6).map(lambda v: v / 8), min_size=len(labels), max_size=len(labels)
    )
    return labels, draw(score), draw(score)


def written_out(labels, before, after):
    """DeLong's structural components pair by pair, and the covariance matrix S of the paper."""

    def components(scores):
        x = [s for s, y in zip(scores, labels, strict=True) if y]
        y = [s for s, y in zip(scores, labels, strict=True) if not y]
        psi = np.array([[1.0 if a > b else 0.5 if a == b else 0.0 for b in y] for a in x])
        return psi.mean(axis=1), psi.mean(axis=0), psi.mean()

    (v10a, v01a, area_a), (v10b, v01b, area_b) = components(before), components(after)
    s10, s01 = np.cov(np.stack([v10a, v10b])), np.cov(np.stack([v01a, v01b]))
    s = s10 / len(v10a) + s01 / len(v01a)
    contrast = np.array([-1.0, 1.0])
    return area_a, area_b, float(contrast @ s @ contrast)


# ---- areas


@settings(max_examples=300, deadline=None)
@given(labelled_scores())
def test_areas_are_delongs_with_any_ties(rows) -> None:
    labels, before, after = rows
    area_a, area_b, variance = written_out(*rows)

    found = compare_areas(labels, before, after)

    assert found.before == pytest.approx(area_a, rel=1e-12)
    assert found.after == pytest.approx(area_b, rel=1e-12)
    assert found.before == pytest.approx(roc_auc_score(labels, before), rel=1e-12)
    assert found.difference == pytest.approx(area_b - area_a, abs=1e-14)
    if found.low is None:
        assert variance == pytest.approx(0, abs=1e-15)
        assert found.p_value is None
        assert found.reason.startswith("no interval")
        return
    reach = 1.959963984540054 * math.sqrt(variance)
    z = (area_b - area_a) / math.sqrt(variance)
    assert found.low == pytest.approx(max(-1, area_b - area_a - reach), rel=1e-9, abs=1e-12)
    assert found.high == pytest.approx(min(1, area_b - area_a + reach), rel=1e-9, abs=1e-12)
    assert found.p_value == pytest.approx(2 * NormalDist().cdf(-abs(z)), rel=1e-7, abs=1e-12)


@settings(max_examples=100, deadline=None)
@given(labelled_scores(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_no_bit(rows, draw) -> None:
    labels, before, after = rows
    weights = [draw.choice([0.1, 0.7, 1.3]) for _ in labels]
    order = list(range(len(labels)))
    draw.shuffle(order)

    def taken(values):
        return [values[i] for i in order]

    for compare, arguments in (
        (compare_areas, (labels, before, after)),
        (weighted_areas, (labels, before, after, weights)),
        (compare_means, (before, after)),
        (weighted_means, (before, after, weights)),
    ):
        assert compare(*arguments) == compare(*map(taken, arguments))


def test_a_hand_worked_area_difference() -> None:
    """Events 3, 1; others 2, 0. V10 = (1, 1/2), V01 = (1/2, 1); after: all right, no variance.

    Variance of the difference: V10 differ by (0, 1/2), V01 by (1/2, 0); each has variance 1/8,
    over 2 rows 1/16, together 1/8. Difference 1 - 3/4 = 1/4; z = 0.25 / 0.3536 = 0.7071.
    """
    found = compare_areas([True, True, False, False], [3, 1, 2, 0], [3, 2, 1, 0])

    assert (found.before, found.after, found.difference) == (0.75, 1.0, 0.25)
    assert found.low == pytest.approx(0.25 - 1.959963984540054 * math.sqrt(1 / 8))
    assert found.p_value == pytest.approx(2 * NormalDist().cdf(-math.sqrt(0.5)))


@pytest.mark.parametrize(
    ("labels", "before", "after", "reason"),
    [
        ([True, True], [1, 2], [2, 1], "undefined, n = 2: the labelled rows do not hold both"),
        ([], [], [], "undefined, n = 0: the labelled rows do not hold both"),
        ([True, False, False], [1, 2, 0], [2, 1, 0], "no interval: one of the two labels has a"),
        ([True, True, False, False], [3, 2, 1, 0], [9, 8, 2, 1], "no interval: the two scores"),
        ([True, True, False, False], [3, 2, 1, 0], [0, 1, 2, 3], "no interval: the difference is"),
    ],
)
def test_says_why_there_is_no_interval(labels, before, after, reason) -> None:
    found = compare_areas(labels, before, after)

    assert found.reason.startswith(reason)
    assert (found.low, found.high, found.p_value, found.method) == (None, None, None, None)


def test_refuses_scores_that_cannot_be_ranked() -> None:
    with pytest.raises(ValueError, match="no rank"):
        compare_areas([True, False], [0.1, math.nan], [0.1, 0.2])
    with pytest.raises(ValueError, match="no rank"):
        weighted_areas([True, False], [0.1, 0.2], [math.nan, 0.2], [1.0, 1.0])
    assert compare_areas([True, False], [0.2, -math.inf], [0.1, 0.2]).before == 1.0


@settings(max_examples=100, deadline=None)
@given(labelled_scores(), st.randoms(use_true_random=False))
def test_weighted_areas_are_scikit_learns(rows, draw) -> None:
    labels, before, after = rows
    weights = [round(draw.uniform(0.1, 5), 6) for _ in labels]

    found = weighted_areas(labels, before, after, weights)

    assert found.before == pytest.approx(roc_auc_score(labels, before, sample_weight=weights))
    assert found.after == pytest.approx(roc_auc_score(labels, after, sample_weight=weights))
    assert (found.low, found.p_value) == (None, None)
    assert found.reason == "no interval: DeLong's form does not hold with weights"


# ---- shares


def test_mcnemar_and_newcombe_give_the_published_example() -> None:
    """Airway hyper-responsiveness before and after transplantation, 21 children (1, 1, 7, 12).

    Fagerland, Lydersen, Laake (2013), and (2014), Recommended tests and confidence
    intervals for paired binomial proportions: exact p 0.070; Newcombe 0.026 to 0.507
    (there with the opposite sign).
    """
    rows = Fourfold(both=1, before_only=1, after_only=7, neither=12)

    found = compare_shares(rows)

    assert found.p_value == pytest.approx(0.0703125)
    assert found.test == "McNemar exact"
    assert (round(found.low, 3), round(found.high, 3)) == (0.026, 0.507)
    assert found.difference == pytest.approx(6 / 21)


COUNTS = st.integers(0, 60)


@settings(max_examples=300, deadline=None)
@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_the_test_is_mcnemars(both, before_only, after_only, neither) -> None:
    rows = Fourfold(both=both, before_only=before_only, after_only=after_only, neither=neither)
    found = compare_shares(rows)
    if not rows.n:
        assert found.reason == "undefined, n = 0: no rows"
        return
    is_exact = before_only + after_only < 25
    theirs = statsmodels_mcnemar(
        [[both, before_only], [after_only, neither]], exact=is_exact, correction=False
    )

    assert found.test == ("McNemar exact" if is_exact else "McNemar")
    assert found.p_value == pytest.approx(min(1.0, theirs.pvalue), rel=1e-9)


@settings(max_examples=200, deadline=None)
@given(COUNTS, COUNTS, COUNTS, COUNTS.map(lambda n: n + 1))
def test_the_interval_is_of_after_minus_before(both, before_only, after_only, neither) -> None:
    rows = Fourfold(both=both, before_only=before_only, after_only=after_only, neither=neither)
    turned = Fourfold(both=both, before_only=after_only, after_only=before_only, neither=neither)

    found, mirrored = compare_shares(rows), compare_shares(turned)

    assert found.difference == (after_only - before_only) / rows.n
    assert found.low - 1e-12 <= found.difference <= found.high + 1e-12
    assert (mirrored.low, mirrored.high) == pytest.approx((-found.high, -found.low), abs=1e-12)


def test_newcombes_own_example() -> None:
    """Newcombe (1998), 36, 12, 2, 0 of 50: method 10 gives 0.0569 to 0.3404."""
    found = compare_shares(Fourfold(both=36, after_only=12, before_only=2, neither=0))

    assert (round(found.low, 4), round(found.high, 4)) == (0.0569, 0.3404)
    assert (found.method, found.n) == ("Newcombe paired", 50)
    assert found.difference == pytest.approx(0.2)


def test_several_groups_share_the_level_and_have_no_test_of_their_own() -> None:
    rows = Fourfold(both=40, before_only=9, after_only=3, neither=20)

    alone, among = compare_shares(rows), compare_shares(rows, over=4)

    z = critical(1 - 0.05 / 4)
    assert (among.low, among.high) == newcombe_paired(40, 3, 9, 20, z)
    assert among.low < alone.low
    assert among.high > alone.high
    assert among.method == "Newcombe paired, simultaneous over 4 groups"
    assert (among.p_value, among.test) == (None, None)
    assert alone.p_value is not None


def test_counts_flags_and_weighs_them() -> None:
    before, after = [True, True, False, False, False], [True, False, True, True, False]

    assert fourfold(before, after) == Fourfold(both=1, before_only=1, after_only=2, neither=1)
    found = weighted_shares(before, after, [1.0, 2.0, 3.0, 4.0, 10.0])
    assert (found.before, found.after) == (3 / 20, 8 / 20)
    assert found.difference == pytest.approx(5 / 20)
    assert (found.low, found.method, found.p_value) == (None, None, None)
    assert found.reason.startswith("no interval: Newcombe's form")
    assert weighted_shares([], [], []).reason == "undefined, n = 0: no rows"


# ---- means


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-50, 50).map(lambda v: round(v, 3)), st.floats(-50, 50)),
        min_size=2, max_size=40,
    )
)  # fmt: skip
def test_means_have_the_normal_interval_of_their_paired_difference(rows) -> None:
    before, after = [a for a, _ in rows], [b for _, b in rows]
    theirs = DescrStatsW(np.array(after) - np.array(before))

    found = compare_means(before, after)

    assert found.difference == pytest.approx(theirs.mean, rel=1e-9, abs=1e-9)
    if found.low is None:
        assert len({b - a for a, b in rows}) == 1
        return
    low, high = theirs.zconfint_mean()
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-9, abs=1e-9)


def test_means_are_of_losses_and_weigh_them() -> None:
    labels, score, other = [1, 0, 1, 0], [0.9, 0.4, 0.6, 0.1], [0.7, 0.2, 0.9, 0.3]
    losses = [[(s - y) ** 2 for s, y in zip(side, labels, strict=True)] for side in (score, other)]
    weights = [1.0, 2.0, 0.5, 4.0]

    plain, weighted = compare_means(*losses), weighted_means(*losses, weights)

    assert plain.before == pytest.approx(brier_score_loss(labels, score))
    assert plain.after == pytest.approx(brier_score_loss(labels, other))
    assert weighted.before == pytest.approx(brier_score_loss(labels, score, sample_weight=weights))
    assert weighted.after == pytest.approx(brier_score_loss(labels, other, sample_weight=weights))
    assert (weighted.low, weighted.reason) == (None, "no interval: rows with weights")


def test_means_refuse_what_has_none_and_say_where_there_is_no_interval() -> None:
    with pytest.raises(ValueError, match="not finite"):
        compare_means([1.0, math.inf], [0.0, 0.0])
    assert compare_means([], []).reason == "undefined, n = 0: no labelled rows"
    assert weighted_means([], [], []).reason == "undefined, n = 0: no labelled rows"
    assert compare_means([1.0], [2.0]).reason == "no interval: a single row"
    assert compare_means([1.0, 2.0], [2.0, 3.0]).reason.startswith("no interval: the difference")


# ---- what it costs, and what it holds


def test_300_000_rows_take_a_few_seconds() -> None:
    draw = random.Random(3)
    labels = [draw.random() < 0.3 for _ in range(300_000)]
    before = [round(draw.random() + 0.3 * y, 6) for y in labels]
    after = [round(s + draw.gauss(0, 0.1), 6) for s in before]
    started = time.process_time()

    found = compare_areas(labels, before, after)

    assert time.process_time() - started < 10
    assert found.n == 300_000
    assert found.before == pytest.approx(roc_auc_score(labels, before), rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("n", [60, 200])
def test_the_paired_interval_of_areas_covers_no_difference(n: int) -> None:
    """Two equally good scores of the same rows: 95 % of the intervals hold 0."""
    draw = random.Random(11)
    held = 0
    for _ in range(4000):
        labels = [i < n // 3 for i in range(n)]
        common = [draw.gauss(0.8 * y, 1) for y in labels]
        before, after = ([c + draw.gauss(0, 0.7) for c in common] for _ in range(2))
        found = compare_areas(labels, before, after)
        held += found.low <= 0 <= found.high
    assert 0.935 <= held / 4000 <= 0.965
