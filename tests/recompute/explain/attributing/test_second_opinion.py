"""Two methods disagree where neither chance nor a trifle explains it."""

from __future__ import annotations

import numpy as np
import pytest

from affidavit.explanation_record import Quality
from affidavit.recompute.explain.attributing.second_opinion import compare

QUALITY = Quality(method="shap.kernel", scale="score", seed=1, rows=2, additivity=0.0)
NAMES = ("x", "y")
FIRST = np.array([[1.0, 0.2], [-0.5, 0.6]])
SECOND = np.array([[1.0, 0.2], [-0.5, 0.4]])
NONE = np.zeros((2, 2))


def test_equal_attributions_agree() -> None:
    opinion = compare(NAMES, (FIRST, NONE), (FIRST, NONE), QUALITY)

    assert (opinion.largest, opinion.agrees, opinion.same_first) == (0.0, True, 2)
    assert opinion.tolerance == pytest.approx(0.01)  # 1 % of the largest, no error


def test_a_difference_beyond_one_percent_is_named_by_its_feature() -> None:

    opinion = compare(NAMES, (FIRST, NONE), (SECOND, NONE), QUALITY)

    assert opinion.largest == pytest.approx(0.2)
    assert (opinion.feature, opinion.agrees, opinion.same_first) == ("y", False, 1)


def test_stated_errors_explain_a_difference() -> None:
    """Four differences: z = 2.4977 at 0.05 / (2 x 4); times sqrt(0.06^2 + 0.08^2) = 0.1."""

    opinion = compare(NAMES, (FIRST, NONE + 0.06), (SECOND, NONE + 0.08), QUALITY)

    assert opinion.tolerance == pytest.approx(0.01 + 0.24977, abs=1e-5)
    assert opinion.agrees


def test_other_rows_are_our_own_mistake() -> None:
    with pytest.raises(ValueError, match="same rows"):
        compare(NAMES, (FIRST, NONE), (FIRST[:1], NONE[:1]), QUALITY)
