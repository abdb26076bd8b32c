"""Groups that are too many to count together are left out by name, and the rest is counted."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from affidavit.evidence import AttributeSpec
from affidavit.recompute import fineness
from affidavit.recompute.coded import Coded
from affidavit.recompute.fineness import coarse_enough, combinations, few_intersections
from affidavit.recompute.groups import Grouping


def grouping(name: str, values: list[int]) -> Grouping:
    names = sorted(set(values))
    codes = np.array([names.index(v) for v in values], dtype=np.int32)
    spec = AttributeSpec(name=name, source="observed")
    return Grouping(spec=spec, column=Coded(codes, tuple(map(str, names))))


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=80))
def test_counts_the_combinations_that_occur(rows: list[tuple[int, int]]) -> None:
    one, other = (grouping(n, [r[i] for r in rows]) for i, n in enumerate("ab"))

    product = len(one.column.names) * len(other.column.names)
    expected = product if product <= 200 else len(set(rows))
    assert combinations([one, other]) == expected


def test_an_intersection_of_too_many_groups_is_a_gap() -> None:
    random = np.random.RandomState(0)
    one, other = (grouping(n, random.randint(0, 30, 5000).tolist()) for n in "ab")
    third = grouping("c", random.randint(0, 2, 5000).tolist())

    kept, gaps = few_intersections([one, other, third], [("a", "b"), ("a", "c"), ("a", "z")], "e")

    assert kept == (("a", "c"),)
    assert [(g.id, g.kind) for g in gaps] == [("recompute.intersection.a+b.e", "gap")]
    assert int(gaps[0].found) > 200


def test_the_finest_attribute_leaves_a_table_that_would_be_too_large(monkeypatch) -> None:
    monkeypatch.setattr(fineness, "MAX_COMBINATIONS", 500)
    random = np.random.RandomState(0)
    fine = grouping("fine", random.randint(0, 150, 5000).tolist())
    coarse = grouping("coarse", random.randint(0, 9, 5000).tolist())

    kept, gaps = coarse_enough([coarse, fine], "e")

    assert [g.spec.name for g in kept] == ["coarse"]
    assert [g.id for g in gaps] == ["recompute.sensitive.fine.e"]
    assert coarse_enough([coarse], "e") == ((coarse,), ())
