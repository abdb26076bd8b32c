"""The rule for *as of now*, and an assessment with its answers."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError
from tests.support.records import cited

from affidavit.standing import Answer, Assessment, Question, Status, answered, as_of_now

DAY = "2026-11-23"
ASKED = (
    Question(role="owner", question="Is it used so?"),
    Question(role="validator", question="Does it suffice?"),
)


def sealed(status: Status = "needs-attestation", **changed: Any) -> Assessment:
    fields: dict[str, Any] = {
        "control": "POL-1", "reference": "r", "title": "t", "expectation": "e",
        "mode": "machine+role", "status": status, "because": "all is there",
        "rule": "mode machine+role: its one need found, and nobody has signed",
        "items": cited("data/model/MLmodel"), "questions": ASKED, **changed,
    }  # fmt: skip
    return Assessment(**fields)


def said(role: str, answer: str = "yes", **changed: Any) -> Answer:
    fields: dict[str, Any] = {
        "role": role, "answer": answer, "by": "Vera", "statement": "c" * 64,
        "signed_on": "2026-11-01", "expires_on": "2027-11-01", **changed,
    }  # fmt: skip
    return Answer(**fields)


OWNER, VALIDATOR = said("owner"), said("validator")


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ((), "needs-attestation"),
        ((OWNER,), "needs-attestation"),
        ((OWNER, said("dpo")), "needs-attestation"),
        ((OWNER, VALIDATOR), "attested"),
        ((OWNER, VALIDATOR, said("dpo", "no")), "attested"),
        ((OWNER, said("validator", "no")), "exception"),
        ((OWNER, VALIDATOR, said("validator", "no")), "exception"),
        ((OWNER, said("validator", expires_on="2026-11-22")), "needs-attestation"),
        ((OWNER, said("validator", expires_on="2026-11-23")), "attested"),
        ((OWNER, said("validator", signed_on="2026-11-24")), "needs-attestation"),
    ],
)
def test_every_role_has_to_say_yes_on_the_day(
    answers: tuple[Answer, ...], expected: Status
) -> None:
    assert as_of_now(sealed(), answers, DAY) == expected


@pytest.mark.parametrize("status", ["missing", "exception", "evidenced", "not-applicable"])
def test_no_answer_changes_what_the_evidence_decided(status: Status) -> None:
    extra: dict[str, Any] = {"mode": "machine"} if status == "evidenced" else {}
    if status == "not-applicable":
        extra["set_aside"] = "measured"
    one = sealed(status, **extra)

    for answer in ("yes", "no"):
        answers = (said("owner", answer), said("validator", answer))
        assert as_of_now(one, answers, DAY) == status
        assert answered(one, answers, DAY) is one


def test_what_was_sealed_as_attested_needs_answers_that_hold_today() -> None:
    one = answered(sealed(), (OWNER, VALIDATOR), DAY)

    assert as_of_now(one, (OWNER, VALIDATOR), DAY) == "attested"
    assert as_of_now(one, (), DAY) == "needs-attestation"


def test_an_exception_by_an_answer_stays_one_until_every_role_says_yes() -> None:
    one = answered(sealed(), (OWNER, said("validator", "no", said="too few rows")), DAY)

    assert as_of_now(one, (), DAY) == "exception"
    assert as_of_now(one, (OWNER,), DAY) == "exception"
    assert as_of_now(one, (OWNER, VALIDATOR), DAY) == "attested"


def test_an_assessment_says_what_its_answers_made_of_it() -> None:
    whole = answered(sealed(), (OWNER, VALIDATOR), DAY)
    part = answered(sealed(), (OWNER,), DAY)
    no = answered(sealed(), (said("validator", "no", said="too few rows"),), DAY)

    assert (whole.status, whole.remedy, whole.because) == ("attested", None, "all is there")
    assert whole.rule.endswith("its one need found, and every role has answered yes")
    assert (part.status, part.answers) == ("needs-attestation", (OWNER,))
    assert part.remedy == "validator signs: Does it suffice?"
    assert no.status == "exception"
    assert no.because == "the validator answered no on 2026-11-01: too few rows"
    assert "settle it with the validator" in (no.remedy or "")


EVIDENCED: dict[str, Any] = {"status": "evidenced", "mode": "machine", "questions": ()}
ATTESTED: dict[str, Any] = {"status": "attested", "answers": (OWNER, VALIDATOR)}


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (EVIDENCED, {"items": ()}),
        (EVIDENCED, {"mode": "machine+role"}),
        ({"status": "exception"}, {"items": ()}),
        (ATTESTED, {"answers": ()}),
        (ATTESTED, {"answers": (OWNER,)}),
        (ATTESTED, {"answers": (OWNER, said("validator", "no"))}),
        (ATTESTED, {"answers": (OWNER, VALIDATOR, said("owner", "no"))}),
        ({"status": "not-applicable", "set_aside": "declared"}, {"set_aside": None}),
        (EVIDENCED, {"set_aside": "declared"}),
    ],
)
def test_refuses_a_status_without_what_it_speaks_of(
    good: dict[str, Any], bad: dict[str, Any]
) -> None:
    sealed(**good)

    with pytest.raises(ValidationError):
        sealed(**(good | bad))
