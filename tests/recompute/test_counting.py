"""The count table is exact, whatever the order and the split of the rows."""

from __future__ import annotations

from collections import Counter as Tally
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affidavit.counts import read_counts, write_counts
from affidavit.errors import SourceError
from affidavit.evidence import AttributeSpec, CountSpec
from affidavit.recompute.coded import Coded
from affidavit.recompute.counting import Counter, count
from affidavit.recompute.exact_sums import MAX_ROWS, sums_by_key


def _spec(attributes: int = 1, *, weighted: bool = False) -> CountSpec:
    names = tuple(AttributeSpec(name=f"a{i}") for i in range(attributes))
    return CountSpec(
        role="evaluation", positive="1", favourable="0", attributes=names, weighted=weighted
    )


def _coded(values: list[str | None], names: tuple[str, ...] = ("1", "0", "x")) -> Coded:
    codes = [-1 if v is None else names.index(v) for v in values]
    return Coded(np.array(codes, dtype=np.int32), names)


# As rows._weights makes them: twelve digits, 1e-6 to 1e9; and what others may bring, and zero.
_WEIGHTS = st.one_of(
    st.floats(1e-6, 1e9).map(lambda v: float(f"{v:.11e}")),
    st.integers(-30, 20).map(lambda e: float(f"1e{e}")),
    st.floats(0, 1e6, allow_subnormal=False).filter(lambda v: v == 0 or v > 1e-18),
    st.sampled_from([0.1, 0.25, 1.0, 3.0, 9.99999999999, 10.0, 1e9, 0.0]),
)
_ROWS = st.lists(
    st.tuples(
        st.sampled_from(["1", "0", "x"]), st.sampled_from(["1", "0", None]),
        st.sampled_from(["1", "0"]), _WEIGHTS,
    ),
    max_size=60,
)  # fmt: skip


def _columns(rows: list[tuple[str, str | None, str, float]], names: tuple[str, ...]):
    columns = [_coded([r[i] for r in rows], names) for i in range(3)]
    return columns, np.array([r[3] for r in rows], dtype=float)


@settings(deadline=None)
@given(rows=_ROWS, data=st.data())
def test_parts_in_any_order_and_any_split_give_the_same_table(rows, data) -> None:
    spec = _spec(weighted=True)
    columns, weights = _columns(rows, ("1", "0", "x"))
    whole = Counter(spec).add(columns, weights)
    moved = data.draw(st.permutations(rows))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(rows)), max_size=4)))

    counted = Counter(spec)
    for start, stop in zip([0, *cuts], [*cuts, len(rows)], strict=True):
        # Each part has names in an order of its own, as parts of a file do.
        part, w = _columns(moved[start:stop], tuple(data.draw(st.permutations(["1", "0", "x"]))))
        counted.add(part, w)

    assert write_counts(_table(counted)) == write_counts(_table(whole))
    assert counted._cells == whole._cells


def _table(counter: Counter):
    """Weights of all sizes make sums that the format does not hold: those are compared as cells."""
    try:
        return counter.table()
    except SourceError:
        return Counter(_spec()).table()


@settings(deadline=None)
@given(rows=_ROWS)
def test_counts_and_sums_are_those_of_fractions(rows) -> None:
    columns, weights = _columns(rows, ("1", "0", "x"))
    expected: dict[tuple[str, ...], list[Fraction]] = {}
    for g, y, d, w in rows:
        sums = expected.setdefault((g, y or "", d), [Fraction(0)] * 3)
        one = Fraction(Decimal(repr(w)))
        sums[:] = [sums[0] + 1, sums[1] + one, sums[2] + one * one]

    found = Counter(_spec(weighted=True)).add(columns, weights)

    assert {
        k: [Fraction(n), Fraction(w), Fraction(w2)] for k, (n, w, w2) in found._cells.items()
    } == expected
    plain = Counter(_spec()).add(columns).table()
    assert {(*c.groups, c.label, c.decision): c.n for c in plain.rows} == {
        k: int(v[0]) for k, v in expected.items()
    }
    assert all(c.n == c.sum_w == c.sum_w2 for c in plain.rows)


def test_a_million_rows_over_several_blocks_are_counted_as_one_by_one() -> None:
    chance = np.random.RandomState(3)
    n = 2 * MAX_ROWS + 17
    names = (("a", "b", "c"), ("1", "0"), ("0", "1"))
    columns = [
        Coded(chance.randint(-1 if i == 1 else 0, len(v), n).astype(np.int32), v)
        for i, v in enumerate(names)
    ]
    weights = np.round(chance.gamma(2, 3, n) + 1e-3, 8)
    expected = Tally(zip(*(c.texts().tolist() for c in columns), strict=True))

    plain = count(columns[:1], columns[1], columns[2], weights, _spec())
    weighted = count(columns[:1], columns[1], columns[2], weights, _spec(weighted=True))

    for table in (plain, weighted):
        assert {(c.groups[0], c.label or None, c.decision): c.n for c in table.rows} == expected
    total = sum((Fraction(Decimal(repr(w))) for w in weights.tolist()), Fraction(0))
    assert sum((Fraction(c.sum_w) for c in weighted.rows), Fraction(0)) == total
    squares = sum((Fraction(Decimal(repr(w))) ** 2 for w in weights.tolist()), Fraction(0))
    assert sum((Fraction(c.sum_w2) for c in weighted.rows), Fraction(0)) == squares


@pytest.mark.parametrize("attributes", [2, 6])
def test_more_possible_cells_than_there_is_room_for_are_counted_all_the_same(
    attributes: int,
) -> None:
    """10,000 values an attribute: 1.8e9 possible cells with two, 1e25 with six."""
    chance = np.random.RandomState(4)
    names = tuple(f"v{i}" for i in range(10_000))
    n = 3000
    groups = [
        Coded(chance.randint(0, 3, n).astype(np.int32) * 4999, names) for _ in range(attributes)
    ]
    label = Coded(chance.randint(-1, 2, n).astype(np.int32), ("1", "0"))
    decision = Coded(chance.randint(0, 2, n).astype(np.int32), ("1", "0"))
    expected = Tally(zip(*(c.texts().tolist() for c in (*groups, label, decision)), strict=True))

    for weighted in (False, True):
        found = count(groups, label, decision, np.ones(n), _spec(attributes, weighted=weighted))

        assert {(*c.groups, c.label or None, c.decision): c.n for c in found.rows} == expected
        assert all(c.n == c.sum_w == c.sum_w2 for c in found.rows)


def test_no_rows_make_an_empty_table() -> None:
    empty = [_coded([]), _coded([]), _coded([])]
    assert count(empty[:1], empty[1], empty[2], np.empty(0), _spec()).rows == ()
    assert count(empty[:1], empty[1], empty[2], np.empty(0), _spec(weighted=True)).rows == ()


def test_what_is_written_reads_back_as_the_same_table() -> None:
    rows = [("x", None, "1", 100.0), ("x", None, "1", 2e5), ("0", "1", "0", 1e-6)]
    columns, weights = _columns(rows, ("1", "0", "x"))
    table = Counter(_spec(weighted=True)).add(columns, weights).table()

    assert read_counts(write_counts(table), table.spec) == table
    assert b"x,,1,2,200100,40000010000" in write_counts(table)


def test_refuses_sums_that_are_longer_than_the_format_holds() -> None:
    columns, weights = _columns(
        [("x", "1", "1", 1e9), ("x", "1", "1", 1.00000000001e-6)], ("1", "x")
    )
    spec = _spec(weighted=True)
    assert Counter(spec).add(columns, np.array([1e3, 1.5])).table().rows  # the twin

    with pytest.raises(SourceError, match="span too many orders of magnitude"):
        Counter(spec).add(columns, weights).table()


@pytest.mark.parametrize("weight", [float("nan"), float("inf"), -1.0])
def test_weights_that_are_no_weights_are_our_own_fault(weight: float) -> None:
    columns, weights = _columns([("x", "1", "1", weight)], ("1", "x"))
    Counter(_spec(weighted=True)).add(columns, np.array([1.0]))  # the twin

    with pytest.raises(ValueError, match="finite, and not negative"):
        Counter(_spec(weighted=True)).add(columns, weights)
    with pytest.raises(ValueError, match="needs weights"):
        Counter(_spec(weighted=True)).add(columns)


def test_missing_columns_are_refused() -> None:
    Counter(_spec()).add([_coded(["1"]), _coded(["1"]), _coded(["1"])])  # the twin

    with pytest.raises(ValueError, match="2 columns for 1 attributes"):
        Counter(_spec()).add([_coded(["1"]), _coded(["1"])])


def test_the_largest_weights_do_not_overflow_in_one_block() -> None:
    """Sums of squares of a full block of the longest weights, against plain integers."""
    weight = 999999999.999
    found = sums_by_key(np.zeros(MAX_ROWS, dtype=np.int64), np.full(MAX_ROWS, weight))

    assert found.n.tolist() == [MAX_ROWS]
    assert found.w == [Decimal("999999999.999") * MAX_ROWS]
    assert Fraction(found.w2[0]) == Fraction("999999999.999") ** 2 * MAX_ROWS
