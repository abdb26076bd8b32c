"""The ML-BOM against CycloneDX's own schema and reader, and what it must not give away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cyclonedx.model.bom import Bom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from tests.support.cards import render_sample
from tests.support.records import RecordBuilder

PATH = "data/card/ml-bom.cdx.json"


@pytest.fixture
def content(tmp_path: Path) -> bytes:
    rendered = render_sample(RecordBuilder(tmp_path).build())
    return (rendered.sample.work.root / PATH).read_bytes()


def test_is_valid_by_the_strict_schema_and_read_by_the_library(content: bytes) -> None:
    validator = JsonStrictValidator(SchemaVersion.V1_6)

    assert validator.validate_str(content.decode()) is None
    assert Bom.from_json(json.loads(content)).metadata.component.name == "credit-risk"

    broken = content.replace(b'"modelCard"', b'"modelCards"')
    assert validator.validate_str(broken.decode()) is not None


def test_holds_the_numbers_of_whole_roles_and_no_rate_of_one_group(content: bytes) -> None:
    card = json.loads(content)["metadata"]["component"]["modelCard"]
    metrics = card["quantitativeAnalysis"]["performanceMetrics"]

    auc = next(m for m in metrics if m["type"] == "roc_auc")
    assert (auc["value"], auc["slice"]) == ("0.7631", "evaluation")
    assert auc["confidenceInterval"] == {"lowerBound": "0.7162", "upperBound": "0.8091"}
    assert not [m for m in metrics if "afam" in m["slice"] and "_" not in m["type"]]
    assert card["considerations"]["technicalLimitations"][0].startswith("Trained on Boston")


def test_nothing_declared_and_nothing_recomputed_is_still_valid(tmp_path: Path) -> None:
    rendered = render_sample(RecordBuilder(tmp_path).bare().build())
    content = (rendered.sample.work.root / PATH).read_text()

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(content) is None
    assert "quantitativeAnalysis" not in content
