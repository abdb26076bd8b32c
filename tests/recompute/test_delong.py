"""The area under the curve and its standard error, by hand and by the definition."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from affidavit.recompute.delong import area, compute_auc, placements
from affidavit.recompute.ranking import rank


def test_a_case_worked_by_hand() -> None:
    """Positives 3 and 4, negatives 1 and 3.5: V10 = (0.5, 1), V01 = (1, 0.5)."""
    found = compute_auc(np.array([True, True, False, False]), np.array([3.0, 4.0, 1.0, 3.5]))

    assert found is not None
    assert found.value == 0.75
    assert found.standard_error == pytest.approx(math.sqrt(0.125 / 2 + 0.125 / 2), abs=1e-15)


def test_without_both_classes_there_is_no_area() -> None:
    assert compute_auc(np.array([True, True]), np.array([0.1, 0.2])) is None
    assert compute_auc(np.array([False]), np.array([0.1])) is None


def test_one_row_in_a_class_has_an_area_and_no_error() -> None:
    found = compute_auc(np.array([True, False, False]), np.array([0.5, 0.1, 0.9]))

    assert found is not None
    assert (found.value, found.standard_error) == (0.5, None)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 8)), min_size=4, max_size=60).filter(
        lambda rows: 2 <= sum(p for p, _ in rows) <= len(rows) - 2
    )
)
def test_equals_the_definition_over_all_pairs(rows: list[tuple[bool, int]]) -> None:
    """DeLong et al. (1988), eq. 3 to 5: psi is 1, 1/2 or 0 over each pair, ties among them."""
    positive = np.array([p for p, _ in rows])
    score = np.array([s for _, s in rows], dtype=float)
    a, b = score[positive][:, None], score[~positive][None, :]
    psi = (a > b) + 0.5 * (a == b)
    variance = psi.mean(axis=1).var(ddof=1) / len(a) + psi.mean(axis=0).var(ddof=1) / b.size

    found = compute_auc(positive, score)

    assert found is not None
    assert found.value == pytest.approx(roc_auc_score(positive, score), rel=1e-12)
    assert found.standard_error is not None
    assert found.standard_error == pytest.approx(math.sqrt(variance), rel=1e-9, abs=1e-12)


def test_placements_are_what_the_variance_is_made_of() -> None:
    random = np.random.RandomState(2)
    positive, score = random.rand(200) < 0.4, random.randint(0, 20, 200) / 20
    ranked = rank(positive, score)

    share = placements(ranked.blocks(), positive, score)

    found = area(ranked)
    assert found is not None
    variance = sum(share[k].var(ddof=1) / k.sum() for k in (positive, ~positive))
    assert [share[k].mean() for k in (positive, ~positive)] == pytest.approx([found.value] * 2)
    assert found.standard_error == pytest.approx(math.sqrt(variance), rel=1e-12)
