"""Which rows stand for which group."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.explained import coded

from affidavit.evidence import AttributeSpec
from affidavit.places import MISSING_GROUP
from affidavit.recompute.explain.between_groups.sides import LEAST, share_out, sides_of
from affidavit.recompute.groups import Grouping


def grouping(values: list[str], reference: str | None = None) -> Grouping:
    spec = AttributeSpec(name="sex", source="observed", reference=reference)
    return Grouping(spec=spec, column=coded(values))


def test_the_reference_is_as_declared_else_the_largest_known_group_of_the_role() -> None:
    values = [MISSING_GROUP] * 5 + ["m"] * 3 + ["f"] * 3 + ["x"]
    every = np.arange(12)

    assert sides_of(grouping(values, "x"), every, 2).reference == "x"
    assert sides_of(grouping(values), every, 2).reference == "f"  # the first name of two as large
    assert sides_of(grouping(values, "y"), every, 2).reference is None
    assert sides_of(grouping([MISSING_GROUP] * 3), np.arange(3), 2).reference is None


def test_unknown_groups_are_shown_and_not_compared() -> None:
    sides = sides_of(grouping(["m", "f", MISSING_GROUP, "m"]), np.array([0, 2, 3]), 2)

    assert {g: p.tolist() for g, p in sides.rows.items()} == {
        MISSING_GROUP: [1], "f": [], "m": [0, 2],
    }  # fmt: skip
    assert sides.compared == ("f",)
    assert sides.why_not("m") is None
    assert sides.why_not("f") == "n = 0: none of the explained rows is of this group"
    assert sides.why_not(MISSING_GROUP) == (
        "1 of the explained rows, fewer than 2: too small to show"
    )


def test_a_group_is_large_or_small_by_its_explained_rows_not_by_those_that_stand_for_it() -> None:
    sides = sides_of(grouping(["m", "m", "m"]), np.arange(3), 2)

    narrowed = sides.narrowed(np.array([True, False, False]))

    assert narrowed.rows["m"].tolist() == [0]
    assert narrowed.why_not("m") is None


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 400), st.integers(1, 6), st.integers(1, 4), st.integers(1, 300), st.data())
def test_each_group_has_the_first_of_its_own_rows_in_the_one_order(
    n: int, n_first: int, n_second: int, most: int, data: st.DataObject
) -> None:
    random = np.random.RandomState(data.draw(st.integers(0, 1000)))
    codes = [random.randint(-1, k, n).astype(np.int32) for k in (n_first, n_second)]
    order = random.permutation(n)

    stands = share_out(codes, order, most)

    taken: set[int] = set()
    for one, keep in zip(codes, stands, strict=True):
        assert not keep[one == -1].any()
        for g in range(int(one.max()) + 1):
            rows = np.flatnonzero(one == g)
            rows = rows[np.argsort(order[rows])]
            assert keep[rows[: keep[rows].sum()]].all()  # its first rows, without a gap
            assert keep[rows].sum() >= min(len(rows), LEAST if n > most else n)
        taken |= set(np.flatnonzero(keep).tolist())
    least = sum(min(int((c == g).sum()), LEAST) for c in codes for g in range(int(c.max()) + 1))
    assert len(taken) <= max(most, least)
