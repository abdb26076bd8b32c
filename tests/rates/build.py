"""Count tables for tests of rates, and how to find a number in what they give."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from affidavit.counts import Cell, CountTable, count_table
from affidavit.evidence import AttributeSpec, CountSpec, Number
from affidavit.rates import derive

Row = Sequence[str]  # groups, label, decision

BINARY = st.sampled_from(["good", "bad"])
ROWS = st.lists(
    st.tuples(st.sampled_from("abc"), BINARY, BINARY),
    min_size=2,  # fairlearn itself fails on a single row
    max_size=80,
)


def spec_of(*names: str, **fields: Any) -> CountSpec:
    """Attributes with the reference `a`; nothing is too small."""
    given = {
        "role": "evaluation", "positive": "bad", "favourable": "good", "small": 1,
        "attributes": tuple(
            AttributeSpec(name=n, reference="a", source="observed") for n in names
        ),
    }  # fmt: skip
    return CountSpec.model_validate({**given, **fields})


SPEC = spec_of("g")


def table_of(rows: Iterable[Row], spec: CountSpec = SPEC) -> CountTable:
    """Each row once, with weight 1."""
    return count_table(
        spec,
        [
            Cell(
                groups=tuple(groups), label=label, decision=decision, n=n, sum_w=Decimal(n),
                sum_w2=Decimal(n),
            )
            for (*groups, label, decision), n in Counter(tuple(r) for r in rows).items()
        ],
    )  # fmt: skip


def weighted_table(rows: Iterable[tuple[Row, str]], spec: CountSpec) -> CountTable:
    """Rows with weights, written as decimals."""
    sums: dict[tuple[str, ...], tuple[int, Decimal, Decimal]] = {}
    for row, text in rows:
        n, w, w2 = sums.get(tuple(row), (0, Decimal(0), Decimal(0)))
        one = Decimal(text)
        sums[tuple(row)] = (n + 1, w + one, w2 + one * one)
    return count_table(
        spec,
        [
            Cell(groups=tuple(k[:-2]), label=k[-2], decision=k[-1], n=n, sum_w=w, sum_w2=w2)
            for k, (n, w, w2) in sums.items()
        ],
    )


def by_id(table: CountTable) -> dict[str, Number]:
    """Every number, each id once."""
    numbers = derive(table)
    found = {n.id: n for n in numbers}
    assert len(found) == len(numbers)
    return found


def groups_of(sizes: dict[str, tuple[int, int]]) -> list[Row]:
    """Rows by group: approved and declined; every label is good."""
    return [
        (g, "good", decision)
        for g, (approved, declined) in sizes.items()
        for decision, n in (("good", approved), ("bad", declined))
        for _ in range(n)
    ]
