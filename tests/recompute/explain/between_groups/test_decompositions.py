"""Means by group and what carries a difference, against scipy and by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from tests.support.explained import coded

from affidavit.recompute.explain.between_groups.decompositions import Split, decompose
from affidavit.recompute.explain.between_groups.group_means import Attributions, group_means
from affidavit.recompute.explain.between_groups.sides import Sides
from affidavit.recompute.floats import Floats

RANDOM = np.random.RandomState(3)
VALUES = RANDOM.randn(100, 2) + np.array([0.0, 1.0])
WHOLE = VALUES.sum(axis=1) + 4.0


def sides(sizes: dict[str, int], reference: str | None = "f", small: int = 30) -> Sides:
    ends = np.cumsum([0, *sizes.values()])
    rows = {g: np.arange(a, b) for g, a, b in zip(sizes, ends, ends[1:], strict=False)}
    return Sides(
        attribute="sex", rows=rows, sizes=sizes, reference=reference, declared=reference,
        small=small,
    )  # fmt: skip


def given_of(values: Floats = VALUES, whole: Floats = WHOLE) -> Attributions:
    return Attributions(features=("a", "b"), values=values, whole=whole)


def split_of(given: Attributions) -> Split:
    return Split(of="mean-output", scale="log-odds", method="as told", given=given)


def test_parts_sum_to_the_difference_and_their_intervals_are_welch_s() -> None:
    (found,) = decompose(split_of(given_of()), sides({"f": 60, "m": 40}))

    assert (found.group, found.against) == ({"sex": "m"}, {"sex": "f"})
    assert (found.n, found.n_against, found.scale) == (40, 60, "log-odds")
    assert found.difference == pytest.approx(WHOLE[60:].mean() - WHOLE[:60].mean(), rel=1e-12)
    assert sum(p.value for p in found.parts) == pytest.approx(found.difference, rel=1e-12)
    assert found.rest == 0.0
    assert found.method == "as told; intervals: Welch"
    for j, part in enumerate(found.parts):
        test = stats.ttest_ind(VALUES[60:, j], VALUES[:60, j], equal_var=False)
        between = test.confidence_interval(0.95)
        assert (part.low, part.high) == pytest.approx((between.low, between.high), rel=1e-9)


def test_what_the_parts_leave_is_said() -> None:
    """The constant of a row's sum differs between the groups by 0.25."""
    whole = WHOLE + np.where(np.arange(100) < 60, 0.0, 0.25)

    (found,) = decompose(split_of(given_of(whole=whole)), sides({"f": 60, "m": 40}))

    assert found.rest == pytest.approx(0.25, rel=1e-9)


def test_means_by_group_by_hand() -> None:
    values = np.array([[1.0, 2.0], [3.0, 2.0], [5.0, 0.0]])

    found = group_means(given_of(values, np.zeros(3)), [sides({"f": 2, "m": 1, "x": 0}, small=2)])

    assert [(g.group["sex"], g.n) for g in found] == [("f", 2), ("m", 1), ("x", 0)]
    assert [(a.feature, a.value, a.error) for a in found[0].attributions] == [
        ("a", 2.0, 0.0), ("b", 2.0, 0.0),
    ]  # fmt: skip
    assert [g.attributions for g in found[1:]] == [(), ()]
    assert found[1].reason == "1 of the explained rows, fewer than 2: too small to show"
    assert found[2].reason == "n = 0: none of the explained rows is of this group"


def test_a_small_group_or_a_small_reference_has_a_reason_and_no_numbers() -> None:
    ours, theirs = (
        decompose(split_of(given_of()), sides({"f": 90, "m": 10}, reference))[0]
        for reference in ("f", "m")
    )

    for found in (ours, theirs):
        assert found.reason == "m: 10 of the explained rows, fewer than 30: too small to show"
        assert (found.difference, found.parts, found.rest) == (None, (), None)
    assert decompose(split_of(given_of()), sides({"f": 50, "m": 50}, None)) == ()


def test_one_row_against_one_has_a_difference_and_no_interval() -> None:
    (found,) = decompose(split_of(given_of()), sides({"f": 1, "m": 1}, small=1))

    assert [p.value for p in found.parts] == pytest.approx((VALUES[1] - VALUES[0]).tolist())
    assert {(p.low, p.high) for p in found.parts} == {(None, None)}
    assert found.method == "as told"


def test_errors_that_rows_may_share_widen_the_interval_and_do_not_average_out() -> None:
    errors = np.full((100, 2), [0.0, 0.2])
    (plain,) = decompose(split_of(given_of()), sides({"f": 60, "m": 40}))
    (wide,) = decompose(split_of(replace(given_of(), errors=errors)), sides({"f": 60, "m": 40}))

    assert wide.parts[0] == plain.parts[0]
    half = [(d.parts[1].high or 0.0) - d.parts[1].value for d in (plain, wide)]
    critical = half[0] / np.hypot(*(stats.sem(VALUES[r, 1]) for r in (slice(60), slice(60, 100))))
    assert half[1] ** 2 == pytest.approx(half[0] ** 2 + (critical * 0.4) ** 2, rel=1e-9)
    means = group_means(replace(given_of(), errors=errors), [sides({"f": 60, "m": 40})])
    assert means[0].attributions[1].error == pytest.approx(0.2)


def test_rows_count_by_their_weight() -> None:
    weight = RANDOM.rand(100) + 0.1
    (found,) = decompose(split_of(replace(given_of(), weight=weight)), sides({"f": 60, "m": 40}))

    means = [np.average(VALUES[r], axis=0, weights=weight[r]) for r in (slice(60, 100), slice(60))]
    assert [p.value for p in found.parts] == pytest.approx((means[0] - means[1]).tolist())
    assert "weighted" in found.method
    assert found.rest == 0.0


def test_rows_of_one_unit_count_as_one() -> None:
    """Every row twice, as one unit: the same interval as every row once."""
    twice = np.repeat(np.arange(100), 2)
    units = coded([f"u{i}" for i in range(100)])
    once = replace(given_of(), units=units)
    doubled = replace(given_of(VALUES[twice], WHOLE[twice]), units=units.where(twice))

    (first,) = decompose(split_of(once), sides({"f": 60, "m": 40}))
    (second,) = decompose(split_of(doubled), sides({"f": 120, "m": 80}))

    assert "by unit" in first.method
    for one, other in zip(first.parts, second.parts, strict=True):
        assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high))
