"""Paired differences of scores, against the lists' version, scikit-learn and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as sk

from affidavit import paired
from affidavit.recompute.paired_scores import (
    PairedScores,
    compare_absolute_errors,
    compare_areas,
    compare_squared_errors,
)


def scores(n: int = 300, seed: int = 1, digits: int = 2) -> tuple[PairedScores, np.ndarray]:
    """Two scores with many ties, of which one is the better."""
    random = np.random.RandomState(seed)
    is_event = random.uniform(size=n) < 0.3
    risk = np.where(is_event, 0.6, 0.4) + random.normal(scale=0.15, size=n)
    other = risk + random.normal(scale=0.15, size=n)
    return PairedScores(
        subject=risk.clip(0, 1).round(digits), challenger=other.clip(0, 1).round(digits)
    ), is_event


@pytest.mark.parametrize(("seed", "digits"), [(1, 1), (2, 2), (3, 6)])
def test_areas_are_those_of_the_exact_lists_and_of_scikit_learn(seed: int, digits: int) -> None:
    both, is_event = scores(seed=seed, digits=digits)

    found = compare_areas(both, is_event)
    exact = paired.compare_areas(
        is_event.tolist(), both.challenger.tolist(), both.subject.tolist()
    )  # fmt: skip

    for name in ("n", "method", "test"):
        assert getattr(found, name) == getattr(exact, name)
    for name in ("before", "after", "difference", "low", "high", "p_value"):
        assert getattr(found, name) == pytest.approx(getattr(exact, name), abs=1e-12), name
    assert found.after == pytest.approx(sk.roc_auc_score(is_event, both.subject))
    assert found.before == pytest.approx(sk.roc_auc_score(is_event, both.challenger))


def test_the_area_s_variance_is_delongs_by_hand() -> None:
    """From the definition: V10 and V01 by every pair of an event and another row."""
    both, is_event = scores(n=60)
    structures = []
    for side in (both.subject, both.challenger):
        wins = (side[is_event][:, None] > side[~is_event]) + 0.5 * (
            side[is_event][:, None] == side[~is_event]
        )
        structures.append((wins.mean(axis=1), wins.mean(axis=0)))
    v10, v01 = (structures[0][i] - structures[1][i] for i in (0, 1))
    error = np.sqrt(v10.var(ddof=1) / len(v10) + v01.var(ddof=1) / len(v01))

    found = compare_areas(both, is_event)

    assert found.high - found.low == pytest.approx(2 * stats.norm.ppf(0.975) * error)
    assert found.p_value == pytest.approx(2 * stats.norm.sf(abs(found.difference) / error))


def test_brier_and_absolute_errors_are_paired_means() -> None:
    both, is_event = scores()
    losses = [(s - is_event) ** 2 for s in (both.challenger, both.subject)]

    found = compare_squared_errors(both, is_event)
    amounts = compare_absolute_errors(both, is_event.astype(float))

    assert found.after == pytest.approx(sk.brier_score_loss(is_event, both.subject))
    moved = losses[1] - losses[0]
    reach = stats.norm.ppf(0.975) * stats.sem(moved)
    assert (found.low, found.high) == (
        pytest.approx(moved.mean() - reach), pytest.approx(moved.mean() + reach)
    )  # fmt: skip
    assert amounts.before == pytest.approx(sk.mean_absolute_error(is_event, both.challenger))


def test_what_no_interval_holds_for_has_a_reason() -> None:
    both, is_event = scores()
    none = np.zeros(both.n, dtype=bool)
    few = none.copy()
    few[:5] = True
    same = PairedScores(subject=both.subject, challenger=both.subject)
    wide = PairedScores(subject=both.subject * 9, challenger=both.subject)
    weighted = PairedScores(subject=both.subject, challenger=both.challenger,
                            weight=np.full(both.n, 2.0))  # fmt: skip

    assert compare_areas(both, none).difference is None
    assert "fewer than 10 rows" in str(compare_areas(both, few).reason)
    assert compare_areas(same, is_event).reason == "no interval: the two scores rank the rows alike"
    assert "no probabilities" in str(compare_squared_errors(wide, is_event).reason)
    assert compare_areas(weighted, is_event).reason == "no interval: rows with weights"
    assert compare_areas(weighted, is_event).difference == pytest.approx(
        compare_areas(both, is_event).difference
    )
