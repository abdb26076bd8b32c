"""Measures against scipy and known cases; groups as they should be named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from tests.support.explained import explained_of

from affidavit.explanation_record import FeatureName
from affidavit.recompute.explain.overall.correlated import (
    as_features,
    correlation_ratio,
    cramers_v,
    find_correlated,
)

N = 1_000
DRAWS = np.random.RandomState(9)
X = DRAWS.normal(size=N)


def constant(columns: Any) -> Any:
    return np.full(len(columns["x"]), 0.5)


def test_names_numbers_that_go_together_with_spearmans_correlation() -> None:
    near = np.exp(X + DRAWS.normal(scale=0.3, size=N))
    explained = explained_of({"x": X, "apart": DRAWS.normal(size=N), "near": -near}, constant)

    (found,) = find_correlated(explained)

    assert found.features == ("x", "near")
    assert found.measure == "absolute Spearman correlation"
    assert found.strength == pytest.approx(abs(spearmanr(X, near).statistic), rel=1e-9)
    assert as_features(explained, [found]) == (FeatureName(name="x + near", columns=("x", "near")),)


def test_rows_with_a_missing_value_are_left_out_of_the_pair() -> None:
    gone = DRAWS.uniform(size=N) < 0.3
    near = [None if m else v for m, v in zip(gone, X + 0.5 * DRAWS.normal(size=N), strict=True)]

    (found,) = find_correlated(explained_of({"x": X, "near": near}, constant))

    expected = spearmanr(X[~gone], [v for v in near if v is not None]).statistic
    assert found.strength == pytest.approx(expected, rel=1e-9)


def test_names_a_number_and_a_category_and_says_how_each_goes_with_its_nearest() -> None:
    bands = [str(int(v)) for v in np.floor(X * 2)]
    other = [b if u < 0.9 else "?" for b, u in zip(bands, DRAWS.uniform(size=N), strict=True)]

    two = find_correlated(explained_of({"x": X, "band": bands}, constant))
    three = find_correlated(explained_of({"x": X, "band": bands, "other": other}, constant))

    assert two[0].measure == "correlation ratio of ranks, corrected for bias"
    assert three[0].features == ("x", "band", "other")
    assert "Cramér's V" in three[0].measure
    assert 0.8 < three[0].strength < two[0].strength < 1


def test_joins_by_links_and_states_the_weakest_nearest() -> None:
    """First and last hardly go together, and are joined by the one between them."""
    middle = X + 0.7 * DRAWS.normal(size=N)
    last = middle + 0.9 * DRAWS.normal(size=N)
    assert spearmanr(X, last).statistic < 0.7

    (found,) = find_correlated(explained_of({"x": X, "middle": middle, "last": last}, constant))

    assert found.features == ("x", "middle", "last")
    links = [spearmanr(X, middle).statistic, spearmanr(middle, last).statistic]
    assert found.strength == pytest.approx(min(links), rel=1e-9)


def test_names_nothing_where_features_are_apart_or_constant() -> None:
    columns = {"x": X, "y": DRAWS.normal(size=N), "one": np.ones(N), "word": ["w"] * N}

    assert find_correlated(explained_of(columns, constant)) == ()


def test_cramers_v_is_corrected_for_many_categories() -> None:
    codes = DRAWS.randint(0, 40, size=N).astype(np.int32)
    others = DRAWS.randint(0, 40, size=N).astype(np.int32)

    assert cramers_v(codes, others) < 0.1  # uncorrected: 0.2
    assert cramers_v(codes, (codes * 7) % 41) == pytest.approx(1)
    # Two by two, by hand: phi² = 0.36, less 1 / 99, over 2 - 1 / 99 - 1.
    first = np.repeat([0, 1], 50).astype(np.int32)
    second = np.concatenate([np.repeat([0, 1], [40, 10]), np.repeat([0, 1], [10, 40])])
    expected = np.sqrt((0.36 - 1 / 99) / (1 - 1 / 99))
    assert cramers_v(first, second.astype(np.int32)) == pytest.approx(expected)


def test_correlation_ratio_by_hand_and_by_chance() -> None:
    numbers = pd.Series(np.arange(12.0))
    codes = np.repeat([0, 1], 6).astype(np.int32)
    # Ranks 1 to 12: 143 about their mean, 2 x 17.5 within; corrected by 10 and 11.
    assert correlation_ratio(numbers, codes) == pytest.approx(np.sqrt(1 - 3.5 / 13))
    chance = DRAWS.randint(0, 200, size=N).astype(np.int32)
    assert correlation_ratio(pd.Series(X), chance) < 0.25  # uncorrected: 0.45
