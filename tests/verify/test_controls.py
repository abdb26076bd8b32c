"""Statuses that no seal can hold. The records are only asked for their standings."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from tests.support.attested import EVIDENCE_ID, QUESTION, predicate, statement
from tests.support.records import cited

from affidavit.seal.keys import LocalSigner
from affidavit.standing import Answer, Assessment, CatalogStanding, Question
from affidavit.verify.controls import control_faults
from affidavit.verify.records import Records
from affidavit.verify.statements import Statements

ASKED = (Question(role="owner", question=QUESTION),)
PATH = "data/controls/bank.json"
SIGNER = LocalSigner(ed25519.Ed25519PrivateKey.generate(), "k")
SIGNED = statement(SIGNER, predicate())


def records(**changed: Any) -> Records:
    fields: dict[str, Any] = {
        "control": "POL-1", "reference": "r", "title": "t", "expectation": "e", "mode": "machine",
        "status": "evidenced", "because": "b", "items": cited("data/model/MLmodel"), **changed,
    }  # fmt: skip
    standing = CatalogStanding(
        catalog="bank", title="t", issued="2026-01-01", text_status="policy",
        catalog_sha256="a" * 64, evidence_id=EVIDENCE_ID, as_of="2026-11-23",
        assessments=(Assessment(**fields),),
    )  # fmt: skip
    found = SimpleNamespace(standings={PATH: standing}, evidence_id=EVIDENCE_ID)
    return cast("Records", found)


def attested(status: str = "attested", **changed: Any) -> Records:
    """Sealed with the answer that `SIGNED` gives, but for what is changed."""
    fields: dict[str, Any] = {
        "role": "owner", "answer": "yes", "by": "Vera", "statement": SIGNED.sha256,
        "signed_on": "2026-11-01", "expires_on": "2027-11-01", "said": "I asked", **changed,
    }  # fmt: skip
    return records(mode="machine+role", status=status, questions=ASKED, answers=(Answer(**fields),))


def holding(*found: Any, as_of: str | None = "2026-11-23") -> Statements:
    said = SimpleNamespace(as_of=as_of) if as_of else None
    return cast("Statements", SimpleNamespace(all=found, predicate=said))


@pytest.mark.parametrize(
    "listed", [("data/items.json",), ("data/evidence.json", "data/items.json")]
)
def test_refuses_a_status_that_nothing_can_have_led_to(listed: tuple[str, ...]) -> None:
    assert list(control_faults(records(), holding())) == []

    (fault,) = control_faults(records(items=cited(*listed)), holding())

    assert (fault.path, fault.found) == (PATH, ", ".join(listed))


def test_an_answer_that_a_statement_of_the_bundle_gives_can_be_sealed() -> None:
    """Whose key made it is for the reader's trust to say, as of now."""
    unpinned = statement(SIGNER, predicate(), is_pinned=False)

    assert list(control_faults(attested(), holding(SIGNED))) == []
    assert list(control_faults(attested(), holding(unpinned, as_of=None))) == []


# What the statement says, what the seal says of it, and a word of the fault.
LIES: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "another answer": ({"answer": "no"}, {}, "does not give"),
    "another control": ({"control": "POL-2"}, {}, "does not give"),
    "another catalog": ({"catalog": "gdpr"}, {}, "does not give"),
    "another question": ({"question": "Is it nice?"}, {}, "does not give"),
    "another role": ({"role": "validator"}, {}, "does not give"),
    "other evidence": ({"evidence_id": "c" * 64}, {}, "other evidence"),
    "another day": ({"made_on": "2026-10-31"}, {}, "other days"),
    "a longer life": ({}, {"expires_on": "2028-11-01"}, "other days"),
    "another reason": ({}, {"said": "all is well"}, "other days or words"),
    "beyond its validity": ({"expires_on": "2029-01-01"}, {"expires_on": "2029-01-01"}, "other days"),
    "expired": ({"expires_on": "2026-11-22"}, {"expires_on": "2026-11-22"}, "did not hold on 2026-11-23"),
    "to come": ({"made_on": "2026-11-24"}, {"signed_on": "2026-11-24", "expires_on": "2027-11-01"}, "did not hold"),
    "not of its form": ({"made_on": "yesterday"}, {}, "no attestation"),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_refuses_a_sealed_answer_that_its_statement_does_not_give(lie: str) -> None:
    said, sealed, fragment = LIES[lie]
    found = statement(SIGNER, predicate(**said))

    (fault,) = control_faults(attested(statement=found.sha256, **sealed), holding(found))

    assert fault.path == PATH
    assert fragment in fault.what, fault


def test_refuses_a_sealed_answer_without_its_statement_or_by_one_of_another_kind() -> None:
    (nothing,) = control_faults(attested(), holding())
    other = statement(SIGNER, predicate(), kind="recheck")
    (recheck,) = control_faults(attested(statement=other.sha256), holding(SIGNED, other))

    assert (nothing.found, recheck.found) == ("none", "a statement of kind recheck")
    assert nothing.expected == f"a signed attestation in this bundle, sha256 {SIGNED.sha256}"


def test_refuses_an_exception_by_an_answer_that_nobody_gave() -> None:
    no = statement(SIGNER, predicate(answer="no"))
    sealed = attested("exception", answer="no", statement=no.sha256)
    assert list(control_faults(sealed, holding(no))) == []

    (fault,) = control_faults(attested("exception", answer="no"), holding(SIGNED))

    assert "does not give" in fault.what
