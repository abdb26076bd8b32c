"""SR 26-2 speaks of no generative or agentic model, and SR 11-7 of every model: who sets what aside."""

from __future__ import annotations

from typing import Final

import pytest
from tests.support.assessed_breaks import standing_after

# Approved under SR 11-7, in time and with what it asked for.
APPROVED: Final = (
    "declared approved_on=2026-03-01", "declared next_review=2027-02-01",
    "document validation-report dated=2026-02-15", "fact run.started=2026-02-01T10:00:00.000Z",
)  # fmt: skip


def test_approved_under_the_old_text_and_built_today_what_both_ask_is_asked_in_the_same_words() -> (
    None
):
    """By the crosswalk, so that one signed answer speaks to both."""
    new, old = (standing_after(c, APPROVED) for c in ("sr-26-2", "sr-11-7"))
    assert "exception" not in {a.status for a in [*new.values(), *old.values()]}

    both = {
        (one.control, other.control)
        for one in new.values()
        for other in old.values()
        if {(q.role, q.question) for q in one.questions}
        & {(q.role, q.question) for q in other.questions}
    }

    assert both == {
        ("SR262-08", "SR117-04"), ("SR262-11", "SR117-06"), ("SR262-13", "SR117-07"),
        ("SR262-14", "SR117-08"), ("SR262-15", "SR117-14"), ("SR262-18", "SR117-20"),
        ("SR262-21", "SR117-30"), ("SR262-23", "SR117-26"), ("SR262-26", "SR117-40"),
        ("SR262-27", "SR117-41"),
        ("SR262-28", "SR117-33"),
    }  # fmt: skip


def test_a_model_declared_generative_is_out_of_scope_of_all_but_the_rows_that_ask_so() -> None:
    found = standing_after("sr-26-2", ["declared generative=yes"])

    aside = {c for c, a in found.items() if a.set_aside == "declared"}
    assert set(found) - aside == {"SR262-01", "SR262-02"}
    for control in aside:
        because = found[control].because
        assert because.startswith("out-of-scope-model: set aside on the owner's word:"), because


@pytest.mark.parametrize(
    "said", ["no declarations", "no declared generative", "declared ai_class=a generative model"]
)
def test_neither_silence_nor_prose_puts_a_model_out_of_scope(said: str) -> None:
    found = standing_after("sr-26-2", [said])

    assert {a.set_aside for a in found.values()} == {None}


def test_what_is_out_of_scope_hides_no_exception() -> None:
    found = standing_after(
        "sr-26-2", ["declared generative=yes", "finding recompute.hold.01.roc_auc"]
    )

    assert {c for c, a in found.items() if a.status == "exception"} == {"SR262-12", "SR262-21"}
