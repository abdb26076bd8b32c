"""Explanations beside the recomputed ones: what differs is told, and no person's value is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.support.explanations import Applicant, decisions, explainability

from affidavit.bundle.layout import DECISIONS, EXPLAINABILITY
from affidavit.explanation_record import Decisions, Explainability
from affidavit.reproduce.explanations import compare_explanations
from affidavit.reproduce.lacking import Lacking
from affidavit.reproduce.record import Compared

NOTHING = Lacking(
    roles=frozenset(), attributes=frozenset(), suites=frozenset(), is_model=False, reference="",
    main="evaluation", is_challenger=False,
)  # fmt: skip
WHOLE = explainability()
SINGLE = decisions([
    Applicant(row_id="secret-1", score=0.6, status="issued"),
    Applicant(row_id="secret-2", score=0.2, status="favourable"),
])  # fmt: skip


def _line(path: str) -> Compared:
    return Compared(path=path, kind="explanation", role="evaluation", status="equal")


def _changed(record: Any, change: Callable[[Any], None]) -> Any:
    value = record.model_dump(mode="json")
    change(value)
    return type(record).model_validate(value, strict=False)


def _judged(ours: Explainability, lacking: Lacking = NOTHING) -> tuple[Any, Any, Any]:
    return compare_explanations(_line(EXPLAINABILITY), WHOLE, ours, lacking)


def test_the_same_values_are_equal() -> None:
    compared, told, not_run = _judged(WHOLE)

    assert (compared.status, told, not_run) == ("equal", (), ())
    assert compared.others.equal > len(WHOLE.importance) + len(WHOLE.curves)
    assert compared.others.compared == compared.others.equal


@pytest.mark.parametrize(
    ("by", "status"), [(1e-13, "within"), (0.01, "different")], ids=["last digits", "more"]
)
def test_a_changed_value_is_told_with_both_sides(by: float, status: str) -> None:
    ours = _changed(WHOLE, lambda v: v["importance"][1]["loss"].update(value=0.094 * (1 + by)))

    compared, (told,), _ = _judged(ours)

    assert (compared.status, told.status) == (status, status)
    assert (told.what, told.field, told.signed) == ("importance: 2", "loss.value", "0.094")


def test_an_entry_that_was_left_out_is_missing() -> None:
    compared, told, _ = _judged(_changed(WHOLE, lambda v: v["proxies"].pop()))

    assert compared.status == "different"
    assert {t.what for t in told} == {f"proxies: {len(WHOLE.proxies)}"}


def test_of_single_decisions_no_value_is_told() -> None:
    ours: Decisions = _changed(
        SINGLE, lambda v: v["decisions"][0]["inputs"][0].update(value=123456.0)
    )

    compared, (told,), _ = compare_explanations(_line(DECISIONS), SINGLE, ours, NOTHING)

    assert compared.status == "different"
    assert (told.what, told.field) == ("decisions: 1", "inputs[1].value")
    assert (told.signed, told.recomputed) == (None, None)


def test_what_was_planned_by_minutes_is_not_run() -> None:
    def plan(value: Any) -> None:
        value["quality"]["by_budget"] = True

    signed = _changed(WHOLE, plan)

    compared, told, (why,) = compare_explanations(_line(EXPLAINABILITY), signed, WHOLE, NOTHING)

    assert (compared.status, told) == ("not-run", ())
    assert "budget" in why.why


def test_without_a_protected_table_parts_by_group_are_not_run() -> None:
    lacking = replace(NOTHING, attributes=frozenset({"group"}))
    ours = _changed(WHOLE, lambda v: v.update(groups=[], decompositions=[], proxies=[]))

    compared, told, _ = _judged(ours, lacking)

    assert (compared.status, told) == ("equal", ())
    assert compared.others.not_run >= len(WHOLE.groups) + len(WHOLE.proxies)
    single, _, (why,) = compare_explanations(_line(DECISIONS), SINGLE, SINGLE, lacking)
    assert single.status == "not-run"
    assert "--data" in why.fix
