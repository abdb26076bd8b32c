"""Every metric and every method that a report can hold has a line, with a source."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.rates.build import spec_of, table_of, weighted_table
from tests.recompute.scored_rows import binary, grouping, multiclass
from tests.support.cards import Page, full_sample, render_sample
from tests.support.records import RecordBuilder

from affidavit.evidence import EffectiveRows, Number, Report
from affidavit.rates import derive
from affidavit.recompute.binary_numbers import binary_numbers
from affidavit.recompute.coded import Coded
from affidavit.recompute.group_scores import group_numbers, regression_group_numbers
from affidavit.recompute.multiclass import multiclass_numbers
from affidavit.recompute.regression import regression_numbers
from affidavit.recompute.sample import labelled_sample
from affidavit.render.definitions import (
    BASES,
    COMPARISONS,
    METRICS,
    MORE,
    OTHERS,
    Definition,
    definitions,
    every_definition,
    method_parts,
)
from affidavit.stability import stability_id

N = 400
# Counted by reports of the model's confusion, whose words stand elsewhere.
_COUNTED = {"true_positives", "false_positives", "false_negatives", "true_negatives"}


def _report(numbers: tuple[Number, ...]) -> Report:
    return Report(name="performance", role="evaluation", n_rows=N, n_labelled=N, numbers=numbers)


def _counted() -> list[Number]:
    """All that follows from counts: every table and task, with weights and by unit."""
    draw = np.random.RandomState(1)
    two, three = ["good", "bad"], ["low", "mid", "high"]
    rows = [(*draw.choice(list("abc"), 2), *draw.choice(two, 2)) for _ in range(N)]
    classes = [(draw.choice(list("abc")), *draw.choice(three, 2)) for _ in range(N)]
    units = (EffectiveRows(metric="selection_rate", event="good", n=50.0, units=40),)
    numbers: list[Number] = []
    for rates in ("wilson", "clopper-pearson"):
        for table in ("main", "final", "segments"):
            spec = spec_of("g", "h", table=table, rates=rates, intersections=(("g", "h"),))
            numbers += derive(table_of(rows, spec))
        multi = spec_of("g", task="multiclass", positive="", favourable="low", rates=rates)
        numbers += derive(table_of(classes, multi))
        numbers += derive(table_of(rows[:12], spec_of("g", "h", rates=rates)))
        by_unit = spec_of("g", "h", unit="person", effective=units, rates=rates)
        numbers += derive(table_of(rows, by_unit))
        for table in ("main", "estimated"):
            names = ("g", "h") if table == "main" else ("g",)
            mean = None if table == "main" else 1.0
            spec = spec_of(*names, table=table, weighted=True, mean_weight=mean, rates=rates)
            short = [(r if table == "main" else (r[0], *r[2:]), "1.5") for r in rows]
            numbers += derive(weighted_table(short, spec))
    return numbers


def _scored() -> list[Number]:
    """All that follows from scores: plain, with weights, by unit, of few rows and of many."""
    draw = np.random.RandomState(2)
    numbers: list[Number] = []
    for n in (24, N):
        score = draw.rand(n).round(3)
        positive, weight = draw.rand(n) < score, draw.uniform(0.5, 2, n).round(2)
        names = tuple(f"u{i:03d}" for i in range(n // 2))
        units = Coded((np.arange(n) // 2).astype(np.int32), names)
        sets = [(grouping("g", draw.choice(list("ab"), n), "a"),)]
        for weights in (None, weight):
            for unit in (None, units):
                found = binary(positive, score, weights)
                sample = labelled_sample(found, "yes", unit)
                numbers += binary_numbers(sample, "evaluation")
                numbers += group_numbers(found, sample, sets, 5, units=unit)
                amounts = _regression(found, score)
                numbers += regression_numbers(amounts, units=unit)
                numbers += regression_group_numbers(amounts, sets, 5, units=unit)
    of_classes = multiclass(draw.choice(["p", "q", "r"], N), draw.dirichlet([1, 1, 1], N), "pqr")
    return [*numbers, *multiclass_numbers(of_classes)]


def _moved() -> list[Number]:
    """The stability of the score and of an input."""
    names = ("population_stability_index", "characteristic_stability_index")
    return [
        Number(id=stability_id("e", column, None), metric=name, role="e", n=N, value=0.1,
               expected=0.05, source="bins")
        for name, column in zip(names, ("", "x"), strict=True)
    ]  # fmt: skip


def _regression(found, score):
    """The same rows with a target that is a number."""
    rows = replace(found.rows, targets=score + np.random.RandomState(3).normal(size=len(score)))
    return replace(found, rows=rows)


@pytest.fixture(scope="module")
def possible() -> list[Number]:
    return [*_counted(), *_scored(), *_moved()]


def test_every_metric_that_a_report_can_hold_has_a_definition_and_a_source(
    possible: list[Number],
) -> None:
    known = {name: d for d in definitions([_report(tuple(possible))]) for name in d.names}
    metrics = {n.metric for n in possible}

    assert len(metrics) > 60
    lacking = [m for m in metrics if not (known[m].definition and known[m].source)]
    assert lacking == []


def test_every_method_that_a_report_can_hold_is_made_of_parts_that_have_a_line(
    possible: list[Number],
) -> None:
    tests = {n.significance.method for n in possible if n.significance and n.significance.method}
    methods = {n.method for n in possible if n.method} | tests

    assert len(methods) > 30
    parts = {part for method in methods for part in method_parts(method)}
    assert parts <= {*BASES, *MORE}


def test_every_part_of_the_table_is_made_by_some_report(possible: list[Number]) -> None:
    """Nothing in it is dead: each method is one that a build can give."""
    tests = {n.significance.method for n in possible if n.significance and n.significance.method}
    methods = {n.method for n in possible if n.method} | tests

    assert {*BASES, *MORE} - {p for m in methods for p in method_parts(m)} == set()


def test_a_method_comes_apart_into_base_and_additions() -> None:
    assert method_parts("DeLong, log odds, MOVER, simultaneous over 12 pairs") == (
        "DeLong", ", log odds", ", MOVER", ", simultaneous over m pairs",
    )  # fmt: skip
    assert method_parts("bootstrap, 200 resamples, by unit, as a band") == (
        "bootstrap, m resamples", ", by unit", ", as a band",
    )  # fmt: skip
    assert method_parts("Wilson on TP / (TP + FP + FN), effective n")[1:] == (
        "on TP / (TP + FP + FN)", ", effective n",
    )  # fmt: skip


def test_what_is_not_known_is_named_without_a_definition() -> None:
    number = Number(id="performance/e/wit", metric="wit", role="e", n=1, value=1.0, low=0.0,
                    high=2.0, level=0.95, method="guess", source="scores")  # fmt: skip

    assert definitions([_report((number,))]) == (
        Definition(names=("wit",), title="wit", definition="", source=""),
        Definition(names=("guess",), title="guess", definition="", source=""),
    )


def test_every_line_of_the_table_is_whole() -> None:
    whole = every_definition()

    names = [name for d in whole for name in d.names]
    assert (
        len(names)
        == len(set(names))
        == len(METRICS) + len(COMPARISONS) + len({**BASES, **MORE, **OTHERS})
    )
    for d in whole:
        assert d.source, d
        assert d.definition or set(d.names) <= _COUNTED, d


def test_every_form_of_the_card_has_the_lines_of_what_occurs_and_no_others(
    tmp_path: Path,
) -> None:
    made = render_sample(full_sample(RecordBuilder(tmp_path)))
    lines = json.loads(made.read("json"))["definitions"]
    named = {name for line in lines for name in line["names"]}

    reports = [
        Report.model_validate_json(p.read_bytes())
        for p in (made.sample.work.root / "data/reports").glob("*.json")
    ]
    metrics = {n.metric for r in reports for n in r.numbers}
    assert metrics <= named
    assert "r2" not in named
    assert "Wilson" in named
    html = Page(made.text("html")).sections["definitions"]
    page = made.text("md").replace("\\", "")
    for line in lines:
        assert line["title"] in html
        assert f"- **{line['title']}**" in page
        assert line["source"] in html
        assert line["source"] in page
    sections = list(Page(made.text("html")).sections)
    assert sections[-2:] == ["check", "definitions"]  # last of all, never on page one
