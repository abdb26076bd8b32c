"""SR 26-2 speaks of no generative or agentic model, and SR 11-7 of every model: who sets what aside."""

from __future__ import annotations

import pytest
from tests.support.assessed_breaks import standing_after


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
