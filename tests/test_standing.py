"""Statuses speak of evidence and of people; they name both or are refused."""

from __future__ import annotations

from typing import Any, Final

import pytest
from pydantic import ValidationError
from tests.support.records import cited

from affidavit.standing import Answer, Assessment, Question, as_of_now

FIELDS: Final[dict[str, Any]] = {
    "control": "X-1", "reference": "r", "title": "t", "expectation": "e", "because": "b",
    "mode": "machine", "status": "evidenced", "items": cited("data/x"),
}  # fmt: skip
ASKED: Final = (Question(role="owner", question="Is it so?"),)
YES: Final = Answer(
    role="owner", answer="yes", by="Ada", statement="c" * 64, signed_on="2026-11-23",
    expires_on="2027-11-23",
)  # fmt: skip
ATTESTED: Final = {"mode": "role", "status": "attested", "questions": ASKED, "answers": (YES,)}


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ({}, {"items": ()}),
        ({}, {"mode": "machine+role"}),
        ({"status": "exception"}, {"status": "exception", "items": ()}),
        (ATTESTED, ATTESTED | {"answers": ()}),
        (ATTESTED, ATTESTED | {"answers": (YES.model_copy(update={"answer": "no"}),)}),
        (
            {"status": "not-applicable", "set_aside": "declared"},
            {"status": "not-applicable", "set_aside": None},
        ),
        ({}, {"set_aside": "declared"}),
    ],
)
def test_refuses_a_status_without_what_it_speaks_of(
    good: dict[str, Any], bad: dict[str, Any]
) -> None:
    Assessment(**FIELDS | good)

    with pytest.raises(ValidationError):
        Assessment(**FIELDS | bad)


def test_only_a_needed_signature_changes_a_sealed_status() -> None:
    both = frozenset({"owner", "validator"})

    assert as_of_now("needs-attestation", both, ("owner",)) == "attested"
    assert as_of_now("needs-attestation", frozenset({"dpo"}), ("owner",)) == "needs-attestation"
    assert as_of_now("exception", both, ("owner",)) == "exception"
    assert as_of_now("missing", both, ("owner",)) == "missing"
