"""Bundles made to crash their reader, or to keep it busy: each is refuted, or left, with few steps.

All are signed with the right key. Work is asked for in steps, never in seconds.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.support.count_bundles import CountedBuilder
from tests.support.pinned import trust_in

from affidavit import beta_tails, rates
from affidavit.bundle import canonical, layout
from affidavit.rates.tallies import Tallied
from affidavit.verify import Verdict, count_tables, verify_bundle

FAIRNESS, PERFORMANCE = "data/reports/fairness.json", "data/reports/performance.json"
COUNTS = "data/reports/counts/evaluation.csv"
PREDICTIONS = "data/predictions/evaluation.csv"
HEADER = "group,origin,sex,label,decision,n,sum_w,sum_w2\n"
OUTCOMES = tuple(itertools.product(("no", "yes"), repeat=2))
Change = Callable[[Any], None]


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> CountedBuilder:
    return CountedBuilder(tmp_path_factory.mktemp("limits"))


@pytest.fixture(scope="module")
def by_unit(tmp_path_factory: pytest.TempPathFactory) -> CountedBuilder:
    return CountedBuilder(tmp_path_factory.mktemp("limits-unit"), is_by_unit=True)


def verdict_on(
    builder: CountedBuilder, change: Change | None = None, files: dict[str, bytes] | None = None
) -> Verdict:
    """Both reports of the main counts changed alike, and other files replaced."""
    new = dict(files or {})
    for path in (PERFORMANCE, FAIRNESS) if change else ():
        report = json.loads(builder.read(path))
        change(report)
        new[path] = canonical.dumps(report)
    entries = builder._retold([(n, new.get(n, c)) for n, c in builder.entries])
    bundle = builder.pack(builder.repaired(entries, "resign"))
    return verify_bundle(bundle, trust=trust_in(builder))


def test_the_twins_pass(counted: CountedBuilder, by_unit: CountedBuilder) -> None:
    assert verdict_on(counted).exit_code == verdict_on(by_unit).exit_code == 0


def counts(*cells: tuple[str, int]) -> bytes:
    return (HEADER + "".join(f"{c},{n},{n},{n}\n" for c, n in sorted(cells))).encode()


@pytest.mark.parametrize(
    "cells",
    [
        [("a,x,f,no,yes", 10**18 - 1), ("a,x,f,no,no", 1)],
        [("a,x,f,no,no", 100), ("a,x,f,no,yes", 10**17), ("a,x,m,no,no", 100),
         ("a,x,m,no,yes", 10**17)],
        [("a,x,f,no,yes", 2**53), ("a,x,f,no,no", 1)],
    ],
)  # fmt: skip
def test_refuses_more_rows_than_a_float_counts(
    counted: CountedBuilder, cells: list[tuple[str, int]]
) -> None:
    verdict = verdict_on(counted, files={COUNTS: counts(*cells)})

    assert verdict.exit_code == 1
    assert "expected at most 9007199254740992 rows" in verdict["arithmetic"].what


@pytest.mark.parametrize("n", [1e-300, 5e-324, 1e-7, 1e17, 1e308])
def test_refuses_effective_rows_beyond_all_measure(by_unit: CountedBuilder, n: float) -> None:
    def shrink(report: Any) -> None:
        for entry in report["counts"]["effective"]:
            entry["n"] = n

    verdict = verdict_on(by_unit, shrink)

    assert verdict.exit_code == 1


def test_what_defeats_a_formula_is_refuted_and_no_fault_of_ours(
    counted: CountedBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever number it is: a formula that raises refutes the bundle that asked for it."""

    def never(*_: object) -> float:
        raise ZeroDivisionError("float division by zero")

    monkeypatch.setattr(rates.sheet, "clopper_pearson", never)

    verdict = verdict_on(counted)

    assert verdict.exit_code == 1
    assert {c.id for c in verdict.failed} == {"arithmetic"}
    assert "nothing can be derived" in verdict["arithmetic"].what
    assert verdict["arithmetic"].found == "float division by zero"


def test_the_largest_counts_take_few_steps_of_the_exact_interval(
    counted: CountedBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """40 groups of 10^13 rows; by the continued fraction alone each took 10^5 terms a step."""
    asked = []
    density = beta_tails._scaled_density
    monkeypatch.setattr(
        beta_tails, "_scaled_density", lambda *at: asked.append(1) or density(*at)
    )  # fmt: skip
    cells = [
        (f"g{i:02d},x,f,{y},{d}", 10**13 + i) for i in range(40) for y, d in OUTCOMES
    ]  # fmt: skip

    verdict = verdict_on(counted, files={COUNTS: counts(*cells)})

    assert verdict.exit_code == 1
    intervals = 2 * (7 * (40 + 40 + 1 + 1) + 8)
    assert 0 < len(asked) < 1500 * intervals


def test_effective_rows_of_undeclared_attributes_are_refused_before_anything_is_counted(
    by_unit: CountedBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tallied, "of", lambda _: pytest.fail("counted"))

    def three(report: Any) -> None:
        group = {"group": "a", "sex": "f", "origin": "x"}
        report["counts"]["effective"].append(
            {"metric": "accuracy", "group": group, "n": 2.0, "units": 2}
        )

    verdict = verdict_on(by_unit, three)

    assert verdict.exit_code == 1
    assert "by group and origin and sex" in verdict["count-spec"].what


@pytest.mark.parametrize(("field", "most"), [("attributes", 64), ("intersections", 64)])
def test_refuses_many_attributes_and_intersections_before_anything_is_counted(
    counted: CountedBuilder, monkeypatch: pytest.MonkeyPatch, field: str, most: int
) -> None:
    read = []
    monkeypatch.setattr(count_tables, "_groups", lambda t: read.append(t.spec.table) or [])

    def many(report: Any) -> None:
        extra = [f"a{i}" for i in range(most + 1)]
        report["counts"][field] = (
            [{"name": n} for n in extra] if field == "attributes" else [["group", n] for n in extra]
        )

    verdict = verdict_on(counted, many)

    assert verdict.exit_code == 1
    faults = [c for c in verdict.failed if c.what.endswith(f"counts too many {field}")]
    assert [(c.expected, c.found) for c in faults[:1]] == [(f"at most {most}", str(most + 1))]
    assert "main" not in read


def test_chance_alone_is_charged_by_partition(
    counted: CountedBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """16 sizes of groups cost more than their cells; the budget knows before it derives."""
    cells = [
        (f"g{i:02d},x,f,{y},{d}", 5 + 10**i // 4) for i in range(13) for y, d in OUTCOMES
    ]  # fmt: skip
    # Beyond what the groups and cells of this table cost without it.
    monkeypatch.setattr(count_tables, "MAX_WORK", 52 * 5 + (600 + 2_000) * 30 + 4_000)

    verdict = verdict_on(counted, files={COUNTS: counts(*cells)})

    assert (COUNTS, "not-run") in {(c.path, c.status) for c in verdict.checks}


def test_faults_of_the_predictions_are_few_and_say_how_many_more(counted: CountedBuilder) -> None:
    head = "row_id,label,score,decision,final_decision\n"
    lines = "".join(f"r{i},l{i},0.5,d{i},d{i}\n" for i in range(400))

    verdict = verdict_on(counted, files={PREDICTIONS: (head + lines).encode()})

    faults = [c for c in verdict.failed if c.id == "prediction-tally"]
    assert len(faults) == 2 * 21
    assert "more labels and values of decision do not tally" in faults[20].what


def test_faults_of_arithmetic_are_few_and_say_how_many_more(counted: CountedBuilder) -> None:
    def shift(report: Any) -> None:
        for number in report["numbers"]:
            number["n"] += 1

    verdict = verdict_on(counted, shift)

    faults = [c for c in verdict.failed if c.id == "arithmetic"]
    assert len(faults) == 101
    assert "more faults like these" in faults[-1].what


def on_card(builder: CountedBuilder, **key: str) -> Verdict:
    def add(card: Any) -> None:
        shown = {"number": "performance/evaluation/accuracy", "label": "x", "shown": "0.7",
                 "interval": "", "n": "400"}  # fmt: skip
        card["page_one"]["key_numbers"].append({**shown, **key})

    bundle = builder.replace_json(layout.CARD_JSON, add, "resign")
    return verify_bundle(bundle, trust=trust_in(builder))


@pytest.mark.parametrize(
    "key", [{"n": "9" * 5000}, {"shown": "9" * 5000}, {"shown": "0." + "9" * 5000}]
)
def test_refuses_digits_beyond_all_measure_on_page_one(
    counted: CountedBuilder, key: dict[str, str]
) -> None:
    verdict = on_card(counted, **key)

    assert verdict.exit_code == 1
    assert {c.id for c in verdict.failed} == {"card"}


@pytest.mark.parametrize("value", [1e308, -5.0])
def test_refuses_a_held_number_that_no_rows_have(counted: CountedBuilder, value: float) -> None:
    hold = (
        b'\n[[hold]]\nmetric = "selection_rate"\ngroup = { sex = "f" }\nmax = 0.1\n'
        b'set_by = "v"\nset_on = "2026-09-01"\n'
    )

    def change(report: Any) -> None:
        for number in report["numbers"]:
            if number["id"] == "fairness/evaluation/selection_rate/sex=f":
                number.update(value=value, n=900)

    config = counted.read(layout.CONFIG) + hold
    verdict = verdict_on(counted, change, {layout.CONFIG: config})

    assert verdict.exit_code == 1
    assert "arithmetic" in {c.id for c in verdict.failed}
