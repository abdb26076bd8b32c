"""The examples worked by hand in docs/metrics.md: each step is right, and is what the code gives."""

from __future__ import annotations

import ast
import math
import operator
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from scipy.stats import norm
from tests.rates.build import by_id, spec_of, table_of
from tests.recompute.scored_rows import coded

from affidavit.intervals import critical
from affidavit.paired import compare_areas
from affidavit.recompute.units import effective_rows
from affidavit.stability import expected_stability, stability_index
from affidavit.student import t_critical

TEXT = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text("utf-8")
NAMES = re.findall(r"<!-- worked example: (.+?) -->", TEXT)


def rows_of(kind: str, name: str) -> list[list[str]]:
    marked = rf"<!-- worked {kind}: {name} -->\n\n(.*?)\n\n<!-- /worked {kind}: {name} -->"
    (found,) = re.findall(marked, TEXT, re.DOTALL)
    return [line.strip("| ").split(" | ") for line in found.splitlines()[2:]]


def stated(name: str) -> dict[str, str]:
    return {step.strip("`"): value for step, _, value in rows_of("example", name)}


_WRITTEN = {
    "\N{MULTIPLICATION SIGN}": "*", "\N{MINUS SIGN}": "-", "²": "**2", "√(": "sqrt(", "ln(": "log(",
}  # fmt: skip
_TWO: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.Div: operator.truediv, ast.Pow: operator.pow,
}  # fmt: skip
_CALLED: dict[str, Callable[..., float]] = {
    "sqrt": math.sqrt, "log": math.log, "max": max, "min": min, "P": norm.sf,
}  # fmt: skip


def worked(how: str) -> float:
    """The value of a step, from what is written beside it alone."""
    for written, python in _WRITTEN.items():
        how = how.replace(written, python)
    return _value(ast.parse(how, mode="eval").body)


def _value(node: ast.expr) -> float:
    match node:
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand)
        case ast.BinOp(left=left, op=op, right=right):
            return _TWO[type(op)](_value(left), _value(right))
        case ast.Call(func=ast.Name(id=name), args=args):
            return _CALLED[name](*map(_value, args))
    raise AssertionError(ast.dump(node))


def test_at_least_three_examples_are_laid_out() -> None:
    assert NAMES == ["groups", "units", "stability", "paired areas"]


@pytest.mark.parametrize("name", NAMES)
def test_each_step_is_what_is_written_beside_it(name: str) -> None:
    for step, how, value in rows_of("example", name):
        assert f"{worked(how):.4f}" == value, step


def test_the_groups_are_what_the_code_gives() -> None:
    rows = []
    for cell, good, bad in rows_of("rows", "groups"):
        group, decision = cell.split(", ")
        decided = {"approved": "good", "declined": "bad"}[decision]
        rows += [(group, "good", decided)] * int(good) + [(group, "bad", decided)] * int(bad)

    ours = by_id(table_of(rows, spec_of("g")))

    for number, value in stated("groups").items():
        assert f"{ours[f'fairness/evaluation/{number}'].value:.4f}" == value, number


def test_the_paired_areas_are_what_the_code_gives() -> None:
    found = compare_areas([True, True, False, False], [3, 1, 2, 0], [4, 3, 1, 0])
    values = {
        "before": found.before, "after": found.after, "difference": found.difference,
        "low": found.low, "high": found.high, "p-value": found.p_value,
    }  # fmt: skip

    said = stated("paired areas")
    assert {step: f"{value:.4f}" for step, value in values.items()} == {
        step: said[step] for step in values
    }


def test_the_stability_index_is_what_the_code_gives() -> None:
    reference, found = (50, 30, 20, 0), (20, 15, 14, 1)

    said = stated("stability")
    assert f"{stability_index(reference, found):.4f}" == said["index"]
    assert f"{expected_stability(reference, found):.4f}" == said["expected"]


def test_the_units_are_what_the_code_gives() -> None:
    decision = coded(["good", "good", "bad", "bad", "good", "bad"])
    entries = effective_rows(
        [], coded(["good"] * 6), decision, None, unit=coded(["1", "1", "2", "2", "3", "3"]),
        spec=spec_of(unit="person"),
    )  # fmt: skip
    (rows,) = (e for e in entries if (e.metric, e.event) == ("selection_rate", "good"))

    said = stated("units")
    assert f"{rows.n:.4f}" == said["effective rows"]
    at_95 = rows.n * (critical(0.95) / t_critical(0.95, rows.units - 1)) ** 2
    assert f"{at_95:.4f}" == said["rows of an interval at 95 %"]
