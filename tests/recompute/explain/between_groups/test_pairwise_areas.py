"""Areas over pairs of groups, against scikit-learn, our own DeLong, and real chance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score
from tests.support.explained import coded

from affidavit.recompute.delong import compute_auc
from affidavit.recompute.explain.between_groups.pairwise_areas import (
    SHUFFLES,
    Scored,
    chance_level,
    compute_areas,
    shuffle_groups,
)


def drawn(
    n: int, n_groups: int, seed: int, *, folds: int = 1, signal: float = 1.0, ties: int = 6
) -> Scored:
    """Shares that sum to 1, coarse so that some are equal, and tell the groups a little apart."""
    random = np.random.RandomState(seed)
    group = np.arange(n) % n_groups
    raw = random.randint(1, ties, (n, n_groups)) + signal * np.eye(n_groups)[group]
    fold = random.permutation(n) % folds
    return Scored(group=group, scores=raw / raw.sum(axis=1, keepdims=True), fold=fold)


@settings(deadline=None, max_examples=12)
@given(st.integers(2, 5), st.integers(0, 10_000), st.integers(10, 60))
def test_equals_scikit_learn_s_mean_over_pairs(n_groups: int, seed: int, n: int) -> None:
    """roc_auc_score(multi_class="ovo") is Hand and Till's M."""
    scored = drawn(n, n_groups, seed)

    found = compute_areas(scored)

    assert found is not None
    expected = (
        roc_auc_score(scored.group, scored.scores[:, 1])
        if n_groups == 2
        else roc_auc_score(scored.group, scored.scores, multi_class="ovo", average="macro")
    )
    assert found.value == pytest.approx(expected, rel=1e-9)


def test_of_two_groups_the_standard_error_is_delong_s() -> None:
    scored = drawn(90, 2, seed=1)

    found, expected = compute_areas(scored), compute_auc(scored.group == 1, scored.scores[:, 1])

    assert found is not None
    assert expected is not None
    assert (found.value, found.error) == pytest.approx((expected.value, expected.standard_error))


def test_scores_are_compared_within_a_fold_alone() -> None:
    """Two folds' models need not be on one scale: the mean of their areas, and their errors."""
    scored = drawn(120, 2, seed=2, folds=2)
    shifted = replace(scored, scores=scored.scores + np.where(scored.fold == 0, 0.0, 10.0)[:, None])
    alone = [
        compute_auc(scored.group[k] == 1, scored.scores[k, 1])
        for k in (scored.fold == 0, scored.fold == 1)
    ]

    found = compute_areas(shifted)

    assert found is not None
    assert found.value == pytest.approx(np.mean([a.value for a in alone if a]))
    errors = [a.standard_error or 0.0 for a in alone if a]
    assert found.error == pytest.approx(np.hypot(*errors) / 2)


def test_the_error_of_several_groups_is_the_spread_over_samples() -> None:
    values, errors = [], []
    for seed in range(150):
        found = compute_areas(drawn(90, 3, seed, ties=4))
        assert found is not None
        assert found.error is not None
        values.append(found.value)
        errors.append(found.error)

    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.2)


def test_rows_of_one_unit_count_as_one() -> None:
    scored = drawn(80, 3, seed=4)
    twice = np.repeat(np.arange(80), 2)
    doubled = Scored(
        group=scored.group[twice], scores=scored.scores[twice], fold=scored.fold[twice],
        units=coded([f"u{i}" for i in twice]),
    )  # fmt: skip

    found, other, naive = (
        compute_areas(s) for s in (scored, doubled, replace(doubled, units=None))
    )

    assert found is not None
    assert other is not None
    assert naive is not None
    assert other.value == pytest.approx(found.value)
    assert other.error == pytest.approx(found.error, rel=0.03)
    assert naive.error == pytest.approx((found.error or 0.0) / np.sqrt(2), rel=0.03)


def test_a_pair_that_is_in_no_fold_has_no_area() -> None:
    scored = Scored(
        group=np.array([0, 0, 1, 1]), scores=np.full((4, 2), 0.5), fold=np.array([0, 0, 1, 1])
    )

    assert compute_areas(scored) is None


@pytest.mark.parametrize(("n_groups", "folds"), [(2, 3), (4, 2)])
def test_chance_is_what_shuffled_groups_give(n_groups: int, folds: int) -> None:
    """The areas of shuffles, each computed as the area itself is."""
    scored = drawn(80, n_groups, seed=7, folds=folds)
    random = np.random.RandomState(11)
    areas = []
    for _ in range(SHUFFLES):
        group = scored.group.copy()
        for k in range(folds):
            rows = np.flatnonzero(scored.fold == k)
            group[rows] = group[random.permutation(rows)]
        found = compute_areas(replace(scored, group=group))
        assert found is not None
        areas.append(found.value)

    level = chance_level(scored, shuffle_groups(scored, np.random.RandomState(12)))

    low, high = np.percentile(areas, [88, 99])
    assert low < level < high


def test_scores_that_say_nothing_have_exactly_one_half_and_no_spread() -> None:
    scored = replace(drawn(60, 3, seed=1), scores=np.full((60, 3), 1 / 3))

    found = compute_areas(scored)

    assert found is not None
    assert (found.value, found.error) == (pytest.approx(0.5, abs=1e-12), pytest.approx(0.0))
    assert chance_level(scored, shuffle_groups(scored, np.random.RandomState(0))) == pytest.approx(
        0.5, abs=1e-12
    )
