"""When the GDPR and the AI Act apply: from their days on, and unless the owner's word sets them aside."""

from __future__ import annotations

from typing import Final

import pytest
from tests.support.assessed_breaks import standing_after

from affidavit.assess.loading import load

# The rows that are there before the chapter on high-risk systems: Articles 4a and 86.
EARLIER: Final = {"AIA-04": "2026-07-27", "AIA-15": "2026-08-02"}
UNAPPROVED: Final = "no declared approved_on"
APPLIES: Final = "as of 2027-12-02"
# What the owner may say, and which controls it leaves; AIA-01 asks for the class itself.
AUTOMATED: Final = {"GDPR-14", "GDPR-15", "GDPR-16", "GDPR-23", "GDPR-24", "GDPR-25"}
WHATEVER_CLASS: Final = {"AIA-01", "AIA-04"}


@pytest.mark.parametrize(
    ("day", "in_force"),
    [
        ("2026-07-26", set()),
        ("2026-07-27", {"AIA-04"}),
        ("2026-08-01", {"AIA-04"}),
        ("2026-08-02", set(EARLIER)),
        ("2027-12-01", set(EARLIER)),
    ],
)
def test_a_row_of_the_ai_act_asks_nothing_before_its_day_and_prints_it(
    day: str, in_force: set[str]
) -> None:
    found = standing_after("eu-ai-act", [UNAPPROVED, f"as of {day}"])

    assert {c for c, a in found.items() if a.set_aside != "date"} == in_force
    for control, assessment in found.items():
        assert assessment.applies_from == EARLIER.get(control, "2027-12-02")


def test_on_its_day_every_row_of_the_ai_act_asks() -> None:
    found = standing_after("eu-ai-act", [UNAPPROVED, "as of 2027-12-02"])

    assert "not-applicable" not in {a.status for a in found.values()}


def test_a_finding_changes_nothing_in_a_row_that_does_not_apply_yet() -> None:
    """The day stands before every other rule: a text not in force finds no exception."""
    finding = "finding recompute.hold.01.roc_auc"
    later = standing_after("eu-ai-act", [finding, "as of 2027-12-02"])["AIA-02"]
    assert later.status == "exception"

    found = standing_after("eu-ai-act", [finding, "as of 2027-12-01"])["AIA-02"]

    assert (found.status, found.set_aside) == ("not-applicable", "date")


@pytest.mark.parametrize(
    ("catalog", "control"), [("gdpr", "GDPR-11"), ("eu-ai-act", "AIA-04")]
)  # fmt: skip
def test_numbers_by_group_still_leave_a_question_to_the_protection_officer(
    catalog: str, control: str
) -> None:
    """Reference, tension note: needs-attestation (dpo) even when the numbers are there."""
    found = standing_after(catalog, ["as of 2027-12-02"])[control]

    assert found.status == "needs-attestation"
    assert found.roles == ("dpo",)
    assert "data/reports/fairness.json" in {i.path for i in found.items}


@pytest.mark.parametrize("catalog", ["gdpr", "eu-ai-act"])
def test_a_protection_officer_is_asked_for_advice_never_for_an_approval(catalog: str) -> None:
    """Article 39: the officer advises and monitors, the controller decides."""
    (loaded,) = load([catalog])
    asked = [
        a.question for c in loaded.catalog.controls for a in c.attestations if a.role == "dpo"
    ]  # fmt: skip

    assert asked
    for question in asked:
        assert "advice" in question or question.startswith("Did you see"), question
        assert not any(w in question for w in ("approve", "lawful", "legal?", "complian")), question


@pytest.mark.parametrize(
    ("catalog", "said", "reason", "left"),
    [
        ("gdpr", "declared jurisdictions=US-MA,GB,CH", "not-eu", set()),
        ("eu-ai-act", "declared jurisdictions=US", "not-eu", set()),
        ("gdpr", "declared personal_data=no", "no-personal-data", set()),
        ("eu-ai-act", "declared aia_class=not high-risk", "not-high-risk", WHATEVER_CLASS),
    ],
)  # fmt: skip
def test_the_owners_word_sets_a_text_aside_and_each_row_says_so(
    catalog: str, said: str, reason: str, left: set[str]
) -> None:
    found = standing_after(catalog, [said, APPLIES])

    aside = {c: a for c, a in found.items() if a.set_aside == "declared"}
    assert set(found) - set(aside) == left
    for assessment in aside.values():
        assert assessment.because.startswith(f"{reason}: set aside on the owner's word:")


def test_an_advisory_output_sets_aside_what_is_asked_of_automated_decisions_alone() -> None:
    found = standing_after("gdpr", ["declared automated=advisory"])

    assert {c for c, a in found.items() if a.set_aside == "declared"} == AUTOMATED


@pytest.mark.parametrize("said", ["no declarations", "no declared jurisdictions"])
def test_silence_sets_nothing_aside(said: str) -> None:
    found = standing_after("gdpr", [said])

    assert {a.set_aside for a in found.values()} == {None}


@pytest.mark.parametrize("said", ["no declared aia_class", "declared aia_class=high-risk, 5(b)"])
def test_an_unsaid_class_and_a_high_one_set_nothing_aside(said: str) -> None:
    found = standing_after("eu-ai-act", [said, APPLIES])

    assert {a.set_aside for a in found.values()} == {None}
