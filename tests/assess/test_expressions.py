"""CEL is judged when it is loaded, with its place, and is held to its type when it is evaluated."""

from __future__ import annotations

import pytest

from affidavit.assess.expressions import evaluate, expression_fault, holds, paths, prepare
from affidavit.errors import ConfigError

NESTED = "findings.exists(a, findings.exists(b, {}))"


@pytest.mark.parametrize(
    ("good", "bad", "complaint"),
    [
        ("size(reports) >\n 1", "size(reports) >\n && 1", "line 2, column 2"),
        ("reports.performance", "report.performance", "line 1, column 1: unknown name 'report'"),
        ("'report' in reports", "true && report", "line 1, column 9: unknown name 'report'"),
        ("findings.exists(f, f.kind == 'gap')", "findings.exists(f, g.kind == 'gap')", "'g'"),
        (NESTED.format("a.id == b.id"), NESTED.format("findings.all(c, true)"), "3 macros"),
        (f"'{'x' * 1990}' == ''", f"'{'x' * 2000}' == ''", "at most 2,000"),
    ],
)
def test_refuses_what_is_no_expression_of_ours_with_its_place(
    good: str, bad: str, complaint: str
) -> None:
    assert expression_fault(good) is None

    fault = expression_fault(bad)

    assert fault is not None
    assert complaint in fault


def test_a_value_of_another_type_is_refused_where_it_is_asked_for() -> None:
    known = prepare({"items": {"run": ["a"]}, "numbers": {"n": 3}})
    assert holds("numbers.n > 2", known)
    assert paths("items.run", known) == ("a",)

    for ask, text, complaint in (
        (holds, "numbers.n", "gives 3, no true or false"),
        (paths, "numbers.n", "gives 3, no list of paths"),
        (paths, "[1]", "no list of paths"),
        (evaluate, "numbers.n + 'x'", "fails on this record"),
        (evaluate, "numbers.m", "fails on this record"),
        (evaluate, "items.run[1]", "index out of bounds"),
        (evaluate, "numbers.n / 0", "division by zero"),
        (evaluate, "9223372036854775807 + numbers.n", "overflow"),
    ):
        with pytest.raises(ConfigError) as refused:
            ask(text, known)
        assert complaint in str(refused.value)
