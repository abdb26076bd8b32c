"""docs/converting.md: a sealed bundle has every field that other attestations ask for."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from tests.support.bundles import BundleBuilder

from affidavit.bundle.predicate import SealPredicate
from affidavit.bundle.statement import parse_signed

DOCUMENT = Path(__file__).parents[2] / "docs" / "converting.md"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> BundleBuilder:
    return BundleBuilder(tmp_path_factory.mktemp("told"), is_told=True)


def seal_of(builder: BundleBuilder) -> dict[str, Any]:
    name = next(n for n, _ in builder.entries if n.startswith("signatures/seal-"))
    return dict(parse_signed(builder.read(name), name).predicate)


def as_provenance(builder: BundleBuilder) -> dict[str, Any]:
    """SLSA Provenance v1, as the page says."""
    seal, evidence = seal_of(builder), json.loads(builder.read("data/evidence.json"))
    external, internal = ("subject", "alias", "sources", "as_of"), (
        "isolation", "host", "tools", "templates",
    )  # fmt: skip
    return {
        "buildDefinition": {
            "buildType": "urn:affidavit:seal:1",
            "externalParameters": {k: seal[k] for k in external},
            "internalParameters": {k: seal[k] for k in internal},
            "resolvedDependencies": [
                {"name": i["path"], "digest": {"sha256": i["sha256"]}}
                for i in evidence["items"] if i["origin"] == "collected"
            ],
        },
        "runDetails": {
            "builder": {"id": "https://bank.example/affidavit",
                        "version": {seal["builder"]["id"]: seal["builder"]["version"]}},
            "metadata": {"invocationId": seal["evidence_id"], "startedOn": seal["started_on"],
                         "finishedOn": seal["finished_on"]},
            "byproducts": [{"name": "data/evidence.json",
                            "digest": {"sha256": seal["evidence_id"]}}],
        },
    }  # fmt: skip


def as_evaluation(builder: BundleBuilder) -> dict[str, Any]:
    """The draft for evaluations, with what Test Result asks for in its claims."""
    seal, evidence = seal_of(builder), json.loads(builder.read("data/evidence.json"))
    config = tomllib.loads(builder.read("data/config/affidavit.toml").decode())
    report = json.loads(builder.read("data/reports/fairness.json"))
    missed = [f["id"] for f in evidence["findings"] if f["id"].startswith("recompute.hold.")]
    claims, sizes = [], []
    for hold in config["hold"]:
        number = next(
            n for n in report["numbers"]
            if n["metric"] == hold["metric"] and n["group"] == hold["group"]
        )  # fmt: skip
        sizes.append(number["n"])
        claims += [
            {"metric": hold["metric"], "comparator": sign, "threshold": str(hold[bound]),
             "passed": not any(i.endswith(hold["metric"]) for i in missed)}
            for bound, sign in (("min", ">="), ("max", "<=")) if bound in hold
        ]  # fmt: skip
    model = next(f for f in evidence["provenance"] if f["id"] == "model.artifact")
    (data,) = [i for i in evidence["items"] if i["kind"] == "dataset"]
    return {
        "evaluatedAt": seal["finished_on"], "claims": claims, "sampleSize": min(sizes),
        "harness": {"name": seal["builder"]["id"], "version": seal["builder"]["version"]},
        "commitments": {"model": model["digest"]["value"], "dataset": data["sha256"]},
    }  # fmt: skip


def test_a_seal_gives_the_required_fields_of_slsa_provenance(told: BundleBuilder) -> None:
    made = as_provenance(told)

    assert made["buildDefinition"]["externalParameters"]["subject"]["version"] == "3"
    assert made["buildDefinition"]["resolvedDependencies"]
    assert made["runDetails"]["metadata"]["finishedOn"] == "2026-11-23T10:00:09Z"
    assert made["runDetails"]["byproducts"][0]["digest"]["sha256"] == told.sealed.evidence_id


def test_a_bundle_gives_the_claims_of_an_evaluation(told: BundleBuilder) -> None:
    made = as_evaluation(told)

    assert made["claims"] == [
        {"metric": "selection_rate_ratio", "comparator": ">=", "threshold": "1.05",
         "passed": False},
    ]  # fmt: skip
    assert made["sampleSize"] > 0
    assert all(len(digest) == 64 for digest in made["commitments"].values())


def test_every_field_of_a_seal_has_its_place_on_the_page() -> None:
    text = DOCUMENT.read_text()
    aliases = {"schema_", "version"}  # of the record itself

    for name in set(SealPredicate.model_fields) - aliases:
        spelled = {"evidence_id": "evidence id", "started_on": "startedOn"}.get(name, f"`{name}")
        assert spelled in text, name
