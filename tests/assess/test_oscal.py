"""The OSCAL files: what each status becomes, and what never becomes `satisfied`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.assessed import all_declared, assessed, full_record
from tests.support.records import cited

from affidavit.assess.oscal import oscal_results
from affidavit.standing import Answer, Assessment, CatalogStanding, Question
from affidavit.workspace import Workspace

ASKED = (Question(role="owner", question="Is it so?"),)
ANSWERED = (
    Answer(role="owner", answer="yes", by="Ada", statement="c" * 64, signed_on="2026-11-23",
           expires_on="2027-11-23"),
)  # fmt: skip
MADE: dict[str, dict[str, Any]] = {
    "evidenced": {"mode": "machine", "items": cited("data/model/MLmodel")},
    "attested": {"mode": "machine+role", "questions": ASKED, "answers": ANSWERED},
    "exception": {"mode": "machine+role", "items": cited("data/model/MLmodel")},
    "needs-attestation": {"mode": "role", "questions": ASKED},
    "missing": {"mode": "machine+role"},
    "not-applicable": {"mode": "machine", "set_aside": "declared"},
}


def result_of(status: str, **changed: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "control": "X-1", "reference": "r", "title": "t", "expectation": "e", "because": "b",
        "status": status, **MADE[status], **changed,
    }  # fmt: skip
    standing = CatalogStanding(
        catalog="bank", title="t", issued="2026-01-01", text_status="policy",
        catalog_sha256="a" * 64, evidence_id="b" * 64, as_of="2026-11-23",
        assessments=(Assessment(**fields),),
    )  # fmt: skip
    made: Any = oscal_results([standing], "b" * 64)
    return dict(made["assessment-results"]["results"][0])


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [
        ("evidenced", "satisfied", "pass"), ("attested", "satisfied", "other"),
        ("exception", "not-satisfied", "fail"), ("needs-attestation", "not-satisfied", "other"),
        ("missing", "not-satisfied", "other"),
    ],
)  # fmt: skip
def test_a_finding_has_one_of_two_states_and_keeps_our_status(
    status: str, state: str, reason: str
) -> None:
    result = result_of(status)
    (finding,) = result["findings"]

    assert finding["target"]["status"]["state"] == state
    assert finding["target"]["status"]["reason"] == reason
    assert finding["props"][0] == {
        "name": "affidavit-status", "ns": "urn:affidavit:oscal", "value": status
    }  # fmt: skip
    assert len(result.get("risks", [])) == (state == "not-satisfied")
    assert len(result.get("attestations", [])) == (status == "attested")


def test_what_is_set_aside_is_excluded_with_its_reason_and_is_no_finding() -> None:
    result = result_of("not-applicable")

    selection = result["reviewed-controls"]["control-selections"][0]
    assert selection["exclude-controls"] == [{"control-id": "X-1"}]
    assert "findings" not in result
    assert result["observations"][0]["description"] == "b"


@pytest.mark.parametrize("status", ["attested", "missing", "needs-attestation"])
def test_what_only_an_institution_can_answer_is_never_a_finding(status: str) -> None:
    result = result_of(status, mode="institution")

    assert "findings" not in result
    assert "satisfied" not in json.dumps(result)
    assert result["observations"][0]["props"][0]["value"] == status


def test_the_stage_writes_a_catalog_each_a_plan_and_results_that_point_to_each_other(
    tmp_path: Path,
) -> None:
    evidence = full_record(Workspace(tmp_path))
    assessed(evidence, ["sr-26-2", "gdpr"], tmp_path, declarations=all_declared())
    folder = tmp_path / "data/controls/oscal"
    read = {p.stem: json.loads(p.read_text()) for p in folder.iterdir()}

    assert set(read) == {"assessment-plan", "assessment-results", "catalog-gdpr", "catalog-sr-26-2"}
    results = read["assessment-results"]["assessment-results"]
    assert (folder / results["import-ap"]["href"]).is_file()
    resources = {r["uuid"]: r for r in results["back-matter"]["resources"]}
    for resource in resources.values():
        assert resource["rlinks"][0]["href"] == f"../../../{resource['title']}"
    for result in results["results"]:
        ids = {
            part["id"]
            for name in ("gdpr", "sr-26-2")
            for control in read[f"catalog-{name}"]["catalog"]["controls"]
            for part in control["parts"]
        }
        assert {f["target"]["target-id"] for f in result["findings"]} <= ids
        for observation in result["observations"]:
            for evidence_link in observation.get("relevant-evidence", []):
                assert evidence_link["href"][1:] in resources
