"""Statuses that no seal can hold. The records are only asked for their standings."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.support.records import cited

from affidavit.standing import Answer, Assessment, CatalogStanding, Question
from affidavit.verify.controls import control_faults
from affidavit.verify.records import Records

ASKED = (Question(role="owner", question="Is it so?"),)
ANSWERED = (
    Answer(role="owner", answer="yes", by="Ada", statement="c" * 64, signed_on="2026-11-23",
           expires_on="2027-11-23"),
)  # fmt: skip
PATH = "data/controls/bank.json"


def records(**changed: Any) -> Records:
    fields: dict[str, Any] = {
        "control": "POL-1", "reference": "r", "title": "t", "expectation": "e", "mode": "machine",
        "status": "evidenced", "because": "b", "items": cited("data/model/MLmodel"), **changed,
    }  # fmt: skip
    standing = CatalogStanding(
        catalog="bank", title="t", issued="2026-01-01", text_status="policy",
        catalog_sha256="a" * 64, evidence_id="b" * 64, as_of="2026-11-23",
        assessments=(Assessment(**fields),),
    )  # fmt: skip
    return cast("Records", SimpleNamespace(standings={PATH: standing}))


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        (
            {"mode": "machine+role", "status": "attested", "questions": ASKED, "answers": ANSWERED},
            "attested",
        ),
        ({"items": cited("data/items.json")}, "data/items.json"),
        (
            {"items": cited("data/evidence.json", "data/items.json")},
            "data/evidence.json, data/items.json",
        ),
    ],
)
def test_refuses_a_status_that_nothing_can_have_led_to(changed: dict[str, Any], found: str) -> None:
    assert list(control_faults(records())) == []

    (fault,) = control_faults(records(**changed))

    assert (fault.path, fault.found) == (PATH, found)
