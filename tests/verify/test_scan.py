"""The list of imports and the findings about it: neither says what the other does not."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from affidavit.evidence import Evidence, Finding, Subject
from affidavit.scan_record import DANGEROUS, UNREAD, Imported, Scan, ScannedFile
from affidavit.verify.settings import scan_faults

SYSTEM = Imported(module="posix", name="system", level="dangerous")
PLAIN = Imported(module="sklearn.svm", name="SVC", level="suspicious")


def _scan(*globals_: Imported, error: str | None = None) -> Scan:
    file = ScannedFile(
        path="model.pkl", size_bytes=9, format="pickle", globals=globals_, error=error
    )
    return Scan(tool="picklescan 1.0.5", files=(file,))


def _faults(scan: Scan | None, *stated: str) -> list[str]:
    findings = tuple(
        Finding(id=i, kind="exception", stage="recompute", what="w", fix="f") for i in stated
    )
    evidence = Evidence(subject=Subject(name="m", version="1"), findings=findings)
    return [f.what for f in scan_faults(evidence, scan)]


@pytest.mark.parametrize(
    ("scan", "stated"),
    [
        (None, ()),
        (_scan(PLAIN), ()),
        (_scan(PLAIN, SYSTEM), (DANGEROUS,)),
        (_scan(PLAIN, error="broken"), (UNREAD,)),
    ],
)
def test_an_honest_list_and_its_findings_agree(scan: Scan | None, stated: tuple[str, ...]) -> None:
    assert _faults(scan, *stated) == []


def test_a_dangerous_import_without_its_finding_is_a_fault() -> None:
    assert _faults(_scan(SYSTEM)) == ["data/reports/scan.json asks for the finding recompute.scan"]


def test_a_finding_without_its_import_is_a_fault() -> None:
    assert _faults(_scan(PLAIN), DANGEROUS) == [
        "data/reports/scan.json does not bear the finding recompute.scan out"
    ]


def test_a_file_that_was_not_read_without_its_finding_is_a_fault() -> None:
    assert _faults(_scan(error="broken")) == [
        "data/reports/scan.json asks for the finding recompute.scan.unread"
    ]


@pytest.mark.parametrize("level", ["harmless", "", None])
def test_refuses_a_level_that_is_none_of_the_three(level: object) -> None:
    document = json.loads(_scan(PLAIN).model_dump_json())
    assert Scan.model_validate_json(json.dumps(document))  # the twin
    document["files"][0]["globals"][0]["level"] = level

    with pytest.raises(ValidationError, match="level"):
        Scan.model_validate_json(json.dumps(document))
