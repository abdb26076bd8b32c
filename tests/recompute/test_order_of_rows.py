"""Every value from scores has the same bits in any order of the rows; intervals twelve digits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.recompute.scored_rows import binary, coded, grouping, multiclass, regression

from affidavit.evidence import Number
from affidavit.recompute.binary_numbers import binary_numbers
from affidavit.recompute.coded import Coded
from affidavit.recompute.count_tables import _by_name
from affidavit.recompute.group_scores import (
    group_numbers,
    regression_group_numbers,
    segment_numbers,
)
from affidavit.recompute.linearized import total
from affidavit.recompute.multiclass import multiclass_numbers
from affidavit.recompute.regression import regression_numbers
from affidavit.recompute.sample import labelled_sample

NAMES = ("blue", "green", "red")


class Rows:
    """Rows of all kinds, in an order."""

    def __init__(self, n: int, seed: int, *, weighted: bool, by_unit: bool) -> None:
        random = np.random.RandomState(seed)
        self.chances = random.dirichlet([1.0, 2.0, 3.0], n)
        self.score = (self.chances[:, 0], random.randint(1, 9, n) / 10)[seed % 2]
        self.positive = random.rand(n) < self.score
        self.target = random.gamma(2, 3e5, n)
        self.said = self.target * 0.9 + random.normal(0.3, 1.5, n)
        self.group = random.choice(["a", "b", "c"], n)
        self.label = random.choice(NAMES, n)
        self.weight = random.uniform(1e-3, 1e3, n) if weighted else None
        self.unit = np.array([f"u{i // 2}" for i in range(n)]) if by_unit else None

    def mixed(self, order: Any) -> Rows:
        other = object.__new__(Rows)
        for name, values in vars(self).items():
            setattr(other, name, None if values is None else values[order])
        return other

    @property
    def units(self):
        return None if self.unit is None else coded(list(self.unit))

    @property
    def groups(self):
        return [(grouping("g", self.group, "a"),)]


def _binary(rows: Rows) -> Sequence[Number]:
    found = binary(rows.positive, rows.score, rows.weight)
    sample = labelled_sample(found, "yes", rows.units)
    columns = [("s", coded(list(rows.group)))]
    return (
        *binary_numbers(sample, "evaluation"),
        *group_numbers(found, sample, rows.groups, 2, units=rows.units),
        *segment_numbers(found, sample, columns, units=rows.units),
    )


def _regression(rows: Rows) -> Sequence[Number]:
    found = regression(rows.target, rows.said, rows.weight)
    columns = [("s", coded(list(rows.group)))]
    return (
        *regression_numbers(found, units=rows.units),
        *regression_group_numbers(found, rows.groups, 2, units=rows.units),
        *segment_numbers(found, None, columns, units=rows.units),
    )


def _multiclass(rows: Rows) -> Sequence[Number]:
    found = multiclass(rows.label, rows.chances, NAMES, rows.weight)
    return multiclass_numbers(found, units=rows.units)


@settings(deadline=None, max_examples=12)
@given(
    st.integers(30, 257), st.integers(0, 2**31 - 1), st.booleans(), st.booleans(),
)  # fmt: skip
@pytest.mark.parametrize("numbers", [_binary, _regression, _multiclass])
def test_values_have_the_same_bits_in_any_order(
    numbers: Callable[[Rows], Sequence[Number]], n: int, seed: int, weighted: bool, by_unit: bool
) -> None:
    rows = Rows(n, seed, weighted=weighted, by_unit=by_unit)
    order = np.random.RandomState(seed + 1).permutation(n)

    one, other = numbers(rows), numbers(rows.mixed(order))

    assert [(n.id, n.value, n.expected, n.reason) for n in one] == [
        (n.id, n.value, n.expected, n.reason) for n in other
    ]
    for first, second in zip(one, other, strict=True):
        assert (first.low is None, first.high is None) == (second.low is None, second.high is None)
        scale = max(abs(e) for e in (first.low or 0, first.high or 0, first.value or 0))
        for end, again in ((first.low, second.low), (first.high, second.high)):
            assert end is None or abs(end - again) <= 1e-12 * scale, first.id


def test_a_sum_is_rounded_once_and_never_passes_what_a_double_holds() -> None:
    assert total(np.array([1e16, 1.0, -1e16])) == 1.0
    assert total(np.tile([0.1, 1e9, -1e9], 100_000)) == 10_000.0
    assert np.isnan(total(np.array([1e308, 1e308, -1e308])))
    assert total(np.empty(0)) == 0.0


def test_units_are_numbered_by_name_whatever_order_they_came_in() -> None:
    found = Coded(np.array([0, 2, 1, -1, 0], dtype=np.int32), ("u9", "u10", "a"))

    ordered = _by_name(found)

    assert ordered.names == ("a", "u10", "u9")
    assert ordered.texts().tolist() == found.texts().tolist() == ["u9", "a", "u10", None, "u9"]
