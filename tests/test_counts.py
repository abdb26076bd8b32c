"""The count table's file, and that its parts add up to it."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rates.build import ROWS, SPEC, spec_of, table_of, weighted_table

from affidavit.bundle.canonical import record_bytes
from affidavit.counts import add, count_table, read_counts, write_counts
from affidavit.errors import BundleError
from affidavit.rates import derive


@settings(max_examples=50, deadline=None)
@given(ROWS, st.randoms())
def test_counts_survive_writing_and_do_not_depend_on_order(
    rows: list[tuple[str, str, str]], rng: Random
) -> None:
    table = table_of(rows)
    rng.shuffle(rows)

    assert read_counts(write_counts(table), SPEC) == table
    assert write_counts(table_of(rows)) == write_counts(table)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("a,good,good,1,1,2", "the sums differ from n"),
        ("a,good,good,-1,-1,-1", "not a number of rows"),
        ("a,good,good,1,NaN,1", "not a plain decimal"),
        ("a,good,good,1,1e9,1", "not a plain decimal"),
        ("a,good,1,1,1", "expected 6 fields, found 5"),
        ("a,good,bad,3,3,3", "a cell stands twice"),
        ("a,good,good,0,0,0", "a cell without rows"),
        ("a,good,good,2,3,0", "a weight without its square"),
        ("a,good,good,2,3,4", "no 2 weights have these sums"),
    ],
)
def test_refuses_a_count_table_that_is_not_one(line: str, complaint: str) -> None:
    good = write_counts(table_of([("a", "good", "bad")]))
    assert read_counts(good, SPEC).rows[0].n == 1

    with pytest.raises(BundleError, match=complaint):
        read_counts(good + line.encode() + b"\n", SPEC)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(ROWS.map(lambda r: r[0]), st.integers(1, 10**9)), max_size=60),
    st.integers(1, 6), st.randoms(),
)  # fmt: skip
def test_parts_add_up_to_the_same_table_and_numbers_in_any_order_and_split(
    rows: list[tuple[tuple[str, str, str], int]], n_parts: int, rng: Random
) -> None:
    """Weights of twelve digits, from millionths to thousands: sums are exact, so bytes are equal."""
    spec = spec_of("g", weighted=True)
    given_rows = [(row, f"{weight / 10**6:.6f}") for row, weight in rows]
    whole = weighted_table(given_rows, spec)

    parts: list[list[tuple[tuple[str, str, str], str]]] = [[] for _ in range(n_parts)]
    for row in given_rows:
        parts[rng.randrange(n_parts)].append(row)
    rng.shuffle(parts)
    added = count_table(spec, ())
    for part in parts:
        added = add(added, weighted_table(part, spec))

    assert write_counts(added) == write_counts(whole)
    assert [record_bytes(n) for n in derive(added)] == [record_bytes(n) for n in derive(whole)]


def test_tables_that_are_read_differently_cannot_be_added() -> None:
    one, other = (table_of([("a", "good", "bad")], spec_of("g", small=n)) for n in (1, 2))

    assert add(one, one).rows[0].n == 2
    with pytest.raises(ValueError, match="different specifications"):
        add(one, other)
