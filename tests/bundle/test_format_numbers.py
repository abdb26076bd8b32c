"""Section 8.4 of docs/bundle-format.md is enough: a reader made from the page alone agrees with us.

The ids and the rates are read off the page's tables; what it says in prose is written out in
`tests/support/page_reader.py`, without a line of `affidavit.rates`.
"""

from __future__ import annotations

import math
import random
from dataclasses import replace
from decimal import Decimal
from itertools import product

import pytest
from tests.support.page_reader import Read, Reader

from affidavit.counts import Cell, CountTable, count_table
from affidavit.evidence import AttributeSpec, CountSpec, EffectiveRows, Number
from affidavit.rates import derive
from affidavit.rates.effective import effective_limits
from affidavit.stability import expected_stability, stability_index

AGE = AttributeSpec(name="age", reference="25-59", source="observed")
SEX = AttributeSpec(name="sex", reference="f", source="observed")
ORIGIN = AttributeSpec(name="origin", source="self-reported")
SIZES = (0, 0, 1, 4, 30, 300)
SPECS = {
    "plain": CountSpec(role="evaluation", positive="yes", favourable="no", attributes=(AGE, ORIGIN)),
    "together": CountSpec(
        role="evaluation", positive="yes", favourable="no", attributes=(AGE, SEX, ORIGIN),
        intersections=(("sex", "age"), ("age", "origin")),
    ),
    "weighted": CountSpec(
        role="evaluation", positive="yes", favourable="no", attributes=(AGE, SEX), weighted=True,
        intersections=(("age", "sex"),),
    ),
    "exact": CountSpec(
        role="evaluation", positive="yes", favourable="no", attributes=(AGE,), small=5,
        rates="clopper-pearson",
    ),
    "by unit": CountSpec(
        role="evaluation", positive="yes", favourable="no", attributes=(AGE, SEX), unit="person",
        intersections=(("age", "sex"),),
    ),
    "by unit, weighted": CountSpec(
        role="evaluation", positive="yes", favourable="no", attributes=(AGE,), unit="person",
        weighted=True,
    ),
    "final": CountSpec(
        role="evaluation", table="final", positive="yes", favourable="no", attributes=(AGE, SEX),
        intersections=(("age", "sex"),),
    ),
    "segments": CountSpec(
        role="evaluation", table="segments", positive="yes", favourable="no",
        attributes=(AttributeSpec(name="branch"), AttributeSpec(name="period")),
    ),
    "estimated": CountSpec(
        role="evaluation", table="estimated", positive="yes", favourable="no", attributes=(AGE,),
        weighted=True,
    ),
    "multiclass": CountSpec(
        role="evaluation", task="multiclass", positive="", favourable="no", attributes=(AGE, SEX),
    ),
    "multiclass, weighted": CountSpec(
        role="evaluation", task="multiclass", positive="", favourable="no", attributes=(AGE,),
        weighted=True,
    ),
    "multiclass, by unit": CountSpec(
        role="evaluation", task="multiclass", positive="", favourable="no", attributes=(AGE,),
        unit="person", rates="clopper-pearson",
    ),
    "multiclass segments": CountSpec(
        role="evaluation", table="segments", task="multiclass", positive="", favourable="",
        attributes=(AttributeSpec(name="branch"),),
    ),
    "nobody says what is favourable": CountSpec(
        role="evaluation", positive="yes", favourable="", attributes=(AGE,),
    ),
    "no attributes": CountSpec(role="evaluation", positive="yes", favourable="no", attributes=()),
}  # fmt: skip
VALUES = {
    "age": ("25-59", ">=60", "<25", "18+", "(missing)"), "sex": ("f", "m"),
    "origin": ("a", "b/c=d vs e", "(unmatched)"), "branch": ("north", "south"),
    "period": ("2026-Q1", "2026-Q2", "(missing)"),
}  # fmt: skip


def a_table(kind: str, seed: int) -> CountTable:
    """Unknown labels, small and odd groups; in table 0 the reference has no favourable decision."""
    spec, draw = SPECS[kind], random.Random(f"{kind}, {seed}")
    classes = ("yes", "no", "maybe", "50%") if spec.task == "multiclass" else ("yes", "no")
    cells = []
    columns = [VALUES[a.name] for a in spec.attributes]
    for groups in product(*columns):
        for label, decision in product((*classes, ""), classes):
            n = draw.choice((0, 0, 0, 0, 1) if "<25" in groups else SIZES)
            if (seed, groups[:1], decision) == (0, ("25-59",), "no"):
                n = 0
            weights = [Decimal(draw.randint(1, 40)) / 8 for _ in range(n)]
            if not spec.weighted:
                weights = [Decimal(1)] * n
            if n:
                cells.append(Cell(
                    groups=groups, label=label, decision=decision, n=n, sum_w=sum(weights),
                    sum_w2=sum(w * w for w in weights),
                ))  # fmt: skip
    counts = count_table(spec, cells)
    return counts if spec.unit is None else with_units(counts, draw)


def with_units(counts: CountTable, draw: random.Random) -> CountTable:
    """The table with effective rows for most of its rates, a part of the most that they can be."""
    reader, stated = Reader(counts), []
    for metric, event, group in reader.rates():
        entry = EffectiveRows(metric=metric, event=event, group=group, n=1.0, units=2)
        if draw.random() < 0.9:
            stated.append(entry)
    trial = replace(counts, spec=counts.spec.model_copy(update={"effective": tuple(stated)}))
    effective = tuple(
        entry.model_copy(
            update={"n": limit.n * draw.uniform(0.2, 1), "units": draw.randint(2, limit.units)}
        )
        for entry, limit in effective_limits(trial)
        if limit is not None and limit.units > 1
    )
    return replace(counts, spec=counts.spec.model_copy(update={"effective": effective}))


CASES = [(kind, seed) for kind in SPECS for seed in range(4)]


@pytest.mark.parametrize(("kind", "seed"), CASES)
def test_a_reader_made_from_the_page_finds_every_number(kind: str, seed: int) -> None:
    counts = a_table(kind, seed)
    derived = {n.id: n for n in derive(counts)}
    by_the_page = Reader(counts).numbers()

    assert set(by_the_page) == set(derived)
    for number_id, number in derived.items():
        compare(number, by_the_page[number_id])


def compare(ours: Number, read: Read) -> None:
    """Every field; the value to expect within the page's tolerance, all else to nine digits."""
    said = ("metric", "label", "group", "against", "attributes", "n", "method", "level")
    for field in said:
        assert getattr(ours, field) == getattr(read, field), f"{ours.id}: {field}"
    for field in ("value", "low", "high"):
        is_near(f"{ours.id}: {field}", getattr(ours, field), getattr(read, field))
    is_expected(ours, read.expected)
    assert (ours.significance is None) == (read.significance is None), ours.id
    if ours.significance is not None and read.significance is not None:
        for field in ("method", "reason", "family"):
            assert getattr(ours.significance, field) == getattr(read.significance, field), ours.id
        for field in ("p_value", "adjusted", "detectable_below", "detectable_above"):
            is_near(
                f"{ours.id}: {field}", getattr(ours.significance, field),
                getattr(read.significance, field),
            )  # fmt: skip


def is_near(what: str, ours: float | None, read: float | None) -> None:
    if ours is None or read is None:
        assert ours is read, f"{what}: {ours}, by the page {read}"
    else:
        assert math.isclose(ours, read, rel_tol=1e-8, abs_tol=1e-12), f"{what}: {ours}, {read}"


def is_expected(ours: Number, read: float | None) -> None:
    assert (ours.expected is None) == (read is None), f"{ours.id}: {ours.expected}, {read}"
    if ours.expected is not None and read is not None:
        tolerance = 0.05 * read if ours.metric.endswith("_difference") else 0.02
        assert abs(ours.expected - read) <= tolerance, f"{ours.id}: {ours.expected}, {read}"


def test_the_tables_drawn_here_hold_every_case() -> None:
    """Else the test above would prove less than it says."""
    found = [n for case in CASES for n in derive(a_table(*case))]
    reasons = {str(n.reason) for n in found if n.value is None}
    tests = [n.significance for n in found if n.significance is not None]

    for words in (
        "n = 0: no rows whose", "too small to", "so the ratio has no", "all groups but one",
        "rows to expect",
    ):  # fmt: skip
        assert any(words in reason for reason in reasons), words
    assert {t.method for t in tests} == {
        "score", "Fisher exact", "score, effective n", "score, by unit", None,
    }  # fmt: skip
    assert len({t.reason for t in tests}) == 3
    assert any(t.detectable_below is None for t in tests)
    assert any(t.detectable_above is None for t in tests)
    assert {1, 3, 5} <= {t.family for t in tests}
    for metric in ("demographic_parity_ratio", "equalized_odds_difference", "equalized_odds_ratio"):
        of_metric = [n for n in found if n.metric == metric and n.value is not None]
        assert any(n.expected is not None for n in of_metric), metric
        assert any(n.expected is None for n in of_metric), metric
    for metric in ("matthews_correlation", "balanced_accuracy", "precision_macro", "f1"):
        of_metric = [n for n in found if n.metric == metric and n.value is not None]
        assert any(n.method is None for n in of_metric) or metric == "precision_macro", metric
        assert any(n.method is not None for n in of_metric), metric


@pytest.mark.parametrize("seed", range(6))
def test_the_stability_index_is_as_on_the_page(seed: int) -> None:
    draw = random.Random(seed)
    k = draw.randint(1, 12)
    reference, found = ([draw.choice((0, 0, 3, 40, 900)) for _ in range(k)] for _ in range(2))
    reference[0] = found[-1] = 7
    n, m = sum(reference), sum(found)
    bins = [(r or 0.5, f or 0.5) for r, f in zip(reference, found, strict=True) if r or f]

    value = sum((f / m - r / n) * math.log(f / m / (r / n)) for r, f in bins)

    assert stability_index(reference, found) == pytest.approx(value, rel=1e-9, abs=1e-12)
    assert expected_stability(reference, found) == pytest.approx((len(bins) - 1) * (1 / n + 1 / m))


def test_without_attributes_there_is_no_fairness() -> None:
    assert all(n.id.startswith("performance/") for n in derive(a_table("no attributes", 1)))
