"""What is owed, and which controls one statement can answer, from standings alone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.support.records import cited

from affidavit.attesting.choosing import choose, counterparts
from affidavit.attesting.owed import Owed, declared_lines, questions
from affidavit.errors import UsageError
from affidavit.evidence import Evidence, Subject
from affidavit.standing import Answer, Assessment, CatalogStanding, Counterpart, Question
from affidavit.verify import Verdict
from affidavit.verify.attestations import ControlNow, StandingNow
from affidavit.verify.records import Records

VALIDATOR = (Question(role="validator", question="Does it suffice?"),)


def control(name: str, **changed: Any) -> Assessment:
    fields: dict[str, Any] = {
        "control": name, "reference": "r", "title": "t", "expectation": "e",
        "mode": "machine+role", "status": "needs-attestation", "because": "b",
        "items": cited("data/model/MLmodel"), "questions": VALIDATOR, **changed,
    }  # fmt: skip
    return Assessment(**fields)


def standing(catalog: str, *controls: Assessment) -> CatalogStanding:
    return CatalogStanding(
        catalog=catalog, title="t", issued="2026-01-01", text_status="s",
        catalog_sha256="a" * 64, evidence_id="b" * 64, as_of="2026-11-23", assessments=controls,
    )  # fmt: skip


def same(catalog: str, name: str) -> tuple[Counterpart, ...]:
    return (Counterpart(catalog=catalog, control=name, change="kept"),)


def owed(*standings: CatalogStanding, now: tuple[ControlNow, ...] = ()) -> tuple[Owed, ...]:
    evidence = Evidence(subject=Subject(name="credit risk", version="3"))
    records = SimpleNamespace(
        evidence=evidence, evidence_id="b" * 64,
        standings={f"data/controls/{s.catalog}.json": s for s in standings},
    )  # fmt: skip
    verdict = SimpleNamespace(word="VERIFIED", now=StandingNow(day="2026-11-23", controls=now))
    found = questions(cast("Records", records), cast("Verdict", verdict), "a b.zip")
    return found.owed


NEW = standing("new", control("N-1", counterparts=same("old", "O-1")), control("N-2"))
OLD = standing("old", control("O-1", counterparts=same("new", "N-1")))


def test_counterparts_of_two_texts_are_answered_by_one_command() -> None:
    first, second = owed(NEW, OLD)

    assert (first.controls, second.controls) == (("N-1", "O-1"), ("N-2",))
    assert first.command == (
        "affidavit attest 'a b.zip' --control N-1 --control O-1 --as validator --signer KEY.pem"
    )
    chosen = choose((NEW, OLD), ("N-1",), "validator")
    assert counterparts((NEW, OLD), chosen) == ("O-1",)
    assert counterparts((NEW, OLD), choose((NEW, OLD), ("N-1", "O-1"), "validator")) == ()


def test_what_was_answered_is_no_longer_owed_and_a_no_is_an_exception() -> None:
    def answered(name: str, answer: str, now: str) -> ControlNow:
        given = Answer.model_validate({
            "role": "validator", "answer": answer, "by": "Vera", "statement": "c" * 64,
            "signed_on": "2026-11-01", "expires_on": "2027-11-01",
        })  # fmt: skip
        return ControlNow.model_validate({
            "catalog": "new", "control": name, "sealed": "needs-attestation", "now": now,
            "answers": (given,),
        })  # fmt: skip

    (exception,) = owed(
        NEW, now=(answered("N-1", "yes", "attested"), answered("N-2", "no", "exception"))
    )

    assert (exception.kind, exception.controls) == ("exception", ("N-2",))
    assert "answered no" in exception.what


def test_a_control_that_misses_several_things_names_each_where_it_belongs() -> None:
    """The rule and the remedy as `assess` writes them."""
    one = control(
        "N-1", status="missing",
        rule="declared purpose: has(declared.purpose); model: 'model' in items; document dpia: "
        "has(declared.document) && declared.document.exists(d, d.about == 'dpia')",
        because="`purpose` is not declared; the model's files were not found; no document on "
        "`dpia` is named",
        remedy="add `purpose` to declarations.toml: x; register the model; add a [[document]] "
        'with `about = "dpia"` to declarations.toml',
    )  # fmt: skip

    found = {(o.role, o.kind): o for o in owed(standing("new", one))}

    assert set(found) == {("owner", "declare"), ("owner", "document"), ("developer", "evidence")}
    assert found["owner", "declare"].remedy.endswith('purpose = "..."')
    assert 'about = "dpia"' in found["owner", "document"].remedy
    evidence = found["developer", "evidence"]
    assert (evidence.what, evidence.remedy) == (
        "the model's files were not found", "register the model",
    )  # fmt: skip
    assert "'models:/credit risk/3'" in (found["owner", "declare"].command or "")


def test_a_field_that_lists_is_written_as_a_list() -> None:
    assert declared_lines("developers").endswith('developers = ["..."]')
    assert declared_lines("of_a_newer_version") == 'of_a_newer_version = "..."'


def test_an_id_of_two_catalogs_is_refused_until_its_catalog_is_named() -> None:
    both = (standing("a", control("N-1")), standing("b", control("N-1")))

    with pytest.raises(UsageError, match="several catalogs") as refused:
        choose(both, ("N-1",), "validator")

    assert refused.value.fix == "write a/N-1 or b/N-1"
    assert choose(both, ("b/N-1", "b/N-1"), "validator")[0].place == ("b", "N-1")
    assert [o.controls for o in owed(*both)] == [("a/N-1",), ("b/N-1",)]
