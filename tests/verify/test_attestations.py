"""Which signed answers count. Signatures are real; whose key is pinned is said by the statement."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from tests.support.attested import EVIDENCE_ID, QUESTION, predicate, statement
from tests.support.records import cited

from affidavit.evidence import Evidence, Subject
from affidavit.seal.keys import LocalSigner
from affidavit.standing import Assessment, CatalogStanding, Question
from affidavit.verify.attestations import About, Weighed, controls_now, weigh
from affidavit.verify.authors import authors_of, why_not_apart
from affidavit.verify.statements import Statement
from affidavit.verify.trust import PinnedKey

ONE, TWO = (LocalSigner(ed25519.Ed25519PrivateKey.generate(), "k") for _ in range(2))
DAY = "2026-11-23"
PLACE = ("bank", "POL-1")


def standing(**changed: Any) -> CatalogStanding:
    """One control that waits for an owner, or as changed."""
    asked: dict[str, Any] = {"role": "owner", "question": QUESTION, **changed.pop("asked", {})}
    fields: dict[str, Any] = {
        "control": "POL-1", "reference": "r", "title": "t", "expectation": "e",
        "mode": "machine+role", "status": "needs-attestation", "because": "b",
        "items": cited("data/model/MLmodel"), "questions": (Question(**asked),), **changed,
    }  # fmt: skip
    return CatalogStanding(
        catalog="bank", title="t", issued="2026-01-01", text_status="policy",
        catalog_sha256="a" * 64, evidence_id=EVIDENCE_ID, as_of=DAY,
        assessments=(Assessment(**fields),),
    )  # fmt: skip


def weighed(
    *found: Statement,
    over: CatalogStanding | None = None,
    authors: frozenset[str] = frozenset({"ada"}),
    day: str = DAY,
) -> Weighed:
    about = About(
        evidence=Evidence(subject=Subject(name="m", version="1")), evidence_id=EVIDENCE_ID,
        standings=(over or standing(),), authors=authors, day=day,
    )  # fmt: skip
    return weigh(found, about)


def reasons(found: Weighed) -> list[str]:
    return [n.why for n in found.not_weighed]


def test_an_answer_to_the_question_by_a_key_that_holds_the_role_counts() -> None:
    good = statement(ONE, predicate())
    found = weighed(good)

    (answer,) = found.answers[PLACE]
    assert (answer.by, answer.answer, answer.statement) == ("Vera", "yes", good.sha256)
    assert (answer.signed_on, answer.expires_on) == ("2026-11-01", "2027-11-01")
    assert found.not_weighed == ()
    (now,) = controls_now(found, (standing(),), DAY).controls
    assert (now.sealed, now.now) == ("needs-attestation", "attested")


SEPARATE = {"separation": ("authors",)}
# What the predicate, the statement and the control say otherwise, and a word of the reason.
LEFT_OUT: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], str]] = {
    "no pinned key": ({}, {"is_pinned": False}, {}, "not pinned"),
    "revoked": ({}, {"revoked": "stolen"}, {}, "revoked: stolen"),
    "no such role": ({}, {"roles": ("sealer",)}, {}, "does not give Vera the role owner"),
    "not of its form": ({"made_on": "today"}, {}, {}, "not of its form"),
    "a later schema": ({"version": 2}, {}, {}, "not of its form"),
    "other evidence": ({"evidence_id": "c" * 64}, {}, {}, "other evidence"),
    "two evidences": (
        {"evidence_id": "c" * 64}, {"subject": ("data/evidence.json", EVIDENCE_ID)}, {}, "than it was signed over",
    ),
    "another file": ({}, {"subject": ("tagmanifest-sha256.txt", EVIDENCE_ID)}, {}, "other evidence"),
    "another model": ({"subject": {"name": "n", "version": "1"}}, {}, {}, "n, version 1"),
    "no such control": ({"control": "POL-9"}, {}, {}, "no such control"),
    "a role that is not asked": ({"role": "dpo"}, {"roles": ("dpo",)}, {}, "asks nothing of the role dpo"),
    "another question": ({"question": "Is it nice?"}, {}, {}, "another question"),
    "nothing to sign": ({}, {}, {"status": "missing"}, "is missing: there is nothing"),
    "an exception by evidence": ({}, {}, {"status": "exception"}, "is exception"),
    "expired": ({"expires_on": "2026-11-22"}, {}, {}, "expired on 2026-11-22"),
    "beyond its validity": ({}, {}, {"asked": {"validity_days": 21}}, "expired on 2026-11-22"),
    "to come": ({"made_on": "2026-11-24"}, {}, {}, "signed on 2026-11-24"),
    "nobody knows who": ({}, {"identities": ()}, {"asked": SEPARATE}, "no identities for Vera"),
    "an author": ({}, {"identities": ("Ada@Bank.example",)}, {"asked": SEPARATE}, "Vera is an author"),
    "a validator's key": (
        {"role": "validator"}, {"roles": ("validator",)},
        {"asked": {"role": "validator", "separation": ("validator",)}}, "also answered as validator",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", LEFT_OUT)
def test_an_answer_that_does_not_count_is_listed_with_its_reason(case: str) -> None:
    said, how, over, fragment = LEFT_OUT[case]
    roles = how.pop("roles", ()) if "roles" in (how := dict(how)) else ()
    sealed = standing(**over)

    found = weighed(statement(ONE, predicate(**said), *roles, **how), over=sealed)

    assert found.answers == {}
    (why,) = reasons(found)
    assert fragment in why
    now = controls_now(found, (sealed,), DAY)
    assert now.controls == ()
    assert now.not_weighed == found.not_weighed


def test_one_who_is_known_and_none_of_the_authors_is_apart() -> None:
    found = weighed(statement(ONE, predicate()), over=standing(asked=SEPARATE))
    nobody = weighed(
        statement(ONE, predicate()), over=standing(asked=SEPARATE), authors=frozenset()
    )

    assert [a.by for a in found.answers[PLACE]] == ["Vera"]
    assert reasons(nobody) == [
        "the record names no author, so nobody can say that the signer is none of them"
    ]


@pytest.mark.parametrize(
    ("identity", "author", "is_same"),
    [
        ("ada@bank.example", "Ada Example <ADA@bank.example>", True),
        ("Ada  EXAMPLE", "Ada Example <a@b.example>", True),
        ("ada@bank.example", "ada", True),
        ("ada", "Ada Example <ada@bank.example>", True),
        ("\N{FULLWIDTH LATIN SMALL LETTER A}da", "ada", True),
        ("ada@bank.example", "ada@other.example", False),
        ("Vera", "Ada Example <ada@bank.example>", False),
        ("adam@bank.example", "ada", False),
    ],
)
def test_authors_are_known_by_name_address_and_user(
    identity: str, author: str, is_same: bool
) -> None:
    evidence = Evidence.model_validate({
        "subject": {"name": "m", "version": "1"},
        "provenance": [{"id": "code.author", "kind": "code", "value": author,
                        "basis": "claimed", "source": "commit"}],
    }, strict=False)  # fmt: skip
    key = PinnedKey(name="someone", roles=frozenset(), key=ONE.public, identities=(identity,))

    assert (why_not_apart(key, authors_of(evidence, None)) is not None) is is_same


def test_the_last_word_of_a_key_counts_even_when_it_has_expired() -> None:
    yes = statement(ONE, predicate(made_on="2026-11-01"))
    no = statement(ONE, predicate(answer="no", made_on="2026-11-10", expires_on="2026-11-12"))

    found = weighed(yes, no)

    assert found.answers == {}
    assert sorted(reasons(found)) == [
        "expired on 2026-11-12",
        "the same signer answered no on 2026-11-10",
    ]
    assert [a.answer for a in weighed(yes, no, day="2026-11-09").answers[PLACE]] == ["yes"]
    assert [a.answer for a in weighed(yes, no, day="2026-11-11").answers[PLACE]] == ["no"]


def test_on_one_day_a_no_is_the_last_word() -> None:
    found = weighed(statement(ONE, predicate()), statement(ONE, predicate(answer="no")))

    assert [a.answer for a in found.answers[PLACE]] == ["no"]


def test_one_no_among_several_makes_an_exception() -> None:
    found = weighed(
        statement(ONE, predicate()), statement(TWO, predicate(answer="no"), name="Olga")
    )

    assert sorted(a.answer for a in found.answers[PLACE]) == ["no", "yes"]
    (now,) = controls_now(found, (standing(),), DAY).controls
    assert now.now == "exception"


def test_an_approver_is_apart_from_whoever_validated_with_another_key() -> None:
    asked = {"role": "approver", "separation": ("validator",)}
    validated = predicate(role="validator", control="POL-2")
    approved = statement(ONE, predicate(role="approver"), "approver", "validator")

    tom = statement(TWO, validated, "validator", name="Tom")
    apart = weighed(tom, approved, over=standing(asked=asked))
    same = weighed(
        statement(ONE, validated, "approver", "validator"), approved, over=standing(asked=asked)
    )
    # Of a keyless signer, each signature is by another key.
    by_name = weighed(statement(TWO, validated, "validator"), approved, over=standing(asked=asked))

    assert [a.role for a in apart.answers[PLACE]] == ["approver"]
    assert same.answers == {}
    for found in (same, by_name):
        assert "Vera also answered as validator" in reasons(found)


def test_the_last_word_of_a_signer_counts_whatever_key_it_is_by() -> None:
    yes, no = predicate(), predicate(answer="no", made_on="2026-11-02")

    found = weighed(statement(ONE, yes), statement(TWO, no))

    assert [a.answer for a in found.answers[PLACE]] == ["no"]
    assert reasons(found) == ["the same signer answered no on 2026-11-02"]


def test_a_certificate_that_names_an_author_is_an_authors() -> None:
    """Its table can stand for many people, and its identities name none of them."""
    over = standing(asked=SEPARATE)
    staff = {"identities": ("validation team",), "name": "staff"}
    grace = statement(ONE, predicate(), certificate_names=("email:grace@bank.example",), **staff)
    ada = statement(TWO, predicate(), certificate_names=("email:ada@bank.example",), **staff)

    assert [a.by for a in weighed(grace, over=over).answers[PLACE]] == ["staff"]
    assert reasons(weighed(ada, over=over)) == ["staff is an author: the record names ada"]


def test_the_order_of_statements_changes_nothing() -> None:
    several = [
        statement(ONE, predicate()), statement(TWO, predicate(statement="so do I")),
        statement(ONE, predicate(made_on="2026-11-02")), statement(TWO, predicate(role="dpo")),
    ]  # fmt: skip

    assert weighed(*several) == weighed(*reversed(several))
