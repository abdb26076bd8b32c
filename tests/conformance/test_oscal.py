"""Our OSCAL files, read by compliance-trestle: its models are made from NIST's schemas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.support.assessed import all_declared, assessed, full_config, full_record
from trestle.oscal import assessment_plan, assessment_results, catalog

from affidavit.assess.loading import shipped_ids
from affidavit.workspace import Workspace

pytestmark = pytest.mark.system


def read(path: Path, content: bytes | None = None) -> Any:
    form = {"assessment-plan": assessment_plan, "assessment-results": assessment_results}
    model = form.get(path.stem, catalog).Model
    return model.model_validate_json(path.read_bytes() if content is None else content)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every shipped catalog over a full record in which a threshold of performance is missed."""
    root = tmp_path_factory.mktemp("oscal")
    evidence = full_record(Workspace(root))
    assessed(evidence, shipped_ids(), root, declarations=all_declared(), config=full_config())
    return root / "data/controls/oscal"


def test_every_file_is_valid(folder: Path) -> None:
    names = {p.stem for p in folder.iterdir()}
    assert names == {"assessment-plan", "assessment-results"} | {
        f"catalog-{i}" for i in shipped_ids()
    }

    for path in folder.iterdir():
        read(path)


def test_a_file_with_a_fault_is_not(folder: Path) -> None:
    path = folder / "assessment-results.json"
    results = json.loads(path.read_bytes())
    results["assessment-results"]["results"][0]["findings"][0]["target"]["status"]["state"] = (
        "green"
    )

    with pytest.raises(ValidationError):
        read(path, json.dumps(results).encode())


def test_every_finding_is_about_a_statement_of_a_catalog_beside_it(folder: Path) -> None:
    known = {
        part.id
        for path in folder.glob("catalog-*.json")
        for control in read(path).catalog.controls
        for part in control.parts
    }
    results = read(folder / "assessment-results.json").assessment_results.results

    found = {f.target.target_id for r in results for f in r.findings or ()}
    assert len(found) > 100
    assert found <= known
