"""The shipped catalogs over real records, and catalogs that are refused when they are loaded."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from affidavit.assess.assessing import CATALOGS, assess
from affidavit.assess.catalog import expression_fault, read_catalog
from affidavit.bundle import canonical
from affidavit.config import Config, Dataset, Decision, Declarations, Hold, Label
from affidavit.errors import ConfigError
from affidavit.evidence import Evidence, Fact, Finding, Item, Number, Report, Subject
from affidavit.shipped import shipped
from affidavit.standing import Assessment, as_of_now
from affidavit.workspace import Workspace

EVIDENCE_ID = "ab" * 32
DECLARED = Declarations(
    version=1, purpose="decides on mortgages", owner="Retail Lending", limits="only Boston",
    monitoring="quarterly", automated="advisory", special_categories="race, to measure bias",
    legal_basis="Article 6(1)(b)", jurisdictions=("US", "EU"),
)  # fmt: skip


def config(kind: str = "outcome", *, hold: bool = True) -> Config:
    held = (Hold(metric="roc_auc", min=0.7, set_by="Model Risk", set_on="2026-01-01"),)
    return Config(
        version=1, task="binary",
        label=Label(column="deny", kind=kind, positive="yes", favourable="no"),  # type: ignore[arg-type]
        decision=Decision(threshold=0.25),
        datasets={"evaluation": Dataset(path="e.csv", include="embed")},
        hold=held if hold else (),
    )  # fmt: skip


def item(path: str, kind: str) -> Item:
    return Item(
        path=path, sha256="0" * 64, size_bytes=1, media_type="application/json", kind=kind,  # type: ignore[arg-type]
        origin="collected", sensitivity="internal",
    )  # fmt: skip


def record(work: Workspace, *findings: Finding) -> Evidence:
    number = Number(
        id="performance/evaluation/accuracy", metric="accuracy", role="evaluation", n=9, value=0.9,
        low=0.8, high=0.95, level=0.95, method="Wilson", source="counts",
    )  # fmt: skip
    report = Report(
        name="performance", role="evaluation", n_rows=9, n_labelled=9, label_kind="outcome",
        numbers=(number,),
    )  # fmt: skip
    written = work.write(
        "data/reports/performance.json", canonical.record_bytes(report), kind="report",
        origin="recomputed", media_type="application/json",
    )  # fmt: skip
    facts = tuple(
        Fact(id=i, kind="model", value=1, basis="measured", source="test")
        for i in ("model.artifact", "run.id", "code.pack", "data.evaluation.snapshot")
    )
    subject = Subject(
        name="credit-risk", version="3", run_id="r", created_at=datetime(2026, 11, 12, tzinfo=UTC)
    )
    items = (
        written, item("data/model/MLmodel", "model"), item("data/run/run.json", "run"),
        item("data/dataset/evaluation/e.csv", "dataset"), item("data/source/commit.pack", "source"),
        item("data/config/declarations.toml", "declarations"),
    )  # fmt: skip
    return Evidence(subject=subject).adding(facts=facts, findings=findings, items=items)


def standings(
    work: Workspace,
    *findings: Finding,
    configuration: Config | None = None,
    declared: Declarations | None = DECLARED,
    as_of: str = "2026-11-23",
) -> dict[str, Assessment]:
    assessed = assess(
        record(work, *findings), EVIDENCE_ID, configuration or config(), declared, work, as_of=as_of
    )
    return {a.control: a for s in assessed.standings for a in s.assessments}


@pytest.fixture
def work(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


def test_a_full_record_owes_signatures_and_evidences_the_inventory_only(work: Workspace) -> None:
    found = standings(work)

    assert found["SR262-26"].status == "evidenced"
    assert "data/model/MLmodel" in found["SR262-26"].items
    assert found["GDPR-16"].status == "missing"
    others = {c: a.status for c, a in found.items() if c not in ("SR262-26", "GDPR-16")}
    assert set(others.values()) == {"needs-attestation"}, others


def test_a_past_decision_is_no_outcome(work: Workspace) -> None:
    """Reference: with a label that is a past decision, outcomes analysis is missing."""
    assert standings(work)["SR262-21"].status == "needs-attestation"

    found = standings(work, configuration=config("past-decision"))["SR262-21"]

    assert found.status == "missing"
    assert "not an outcome" in found.because
    assert found.remedy is not None
    assert 'kind = "outcome"' in found.remedy


def test_a_threshold_missed_is_an_exception(work: Workspace) -> None:
    missed = Finding(
        id="recompute.hold.00.roc_auc", kind="exception", stage="recompute", what="AUC 0.6, at least 0.7",
        fix="review",
    )  # fmt: skip
    assert standings(work, missed)["SR262-21"].status == "exception"


def test_what_is_not_declared_is_missing_and_the_remedy_names_the_field(work: Workspace) -> None:
    found = standings(work, declared=None)

    assert found["SR262-23"].status == "missing"
    assert found["SR262-23"].remedy == "add `monitoring` to declarations.toml"
    assert found["SR262-26"].status == "missing"


def test_the_gdpr_is_set_aside_only_on_the_declared_jurisdictions(work: Workspace) -> None:
    only_us = DECLARED.model_copy(update={"jurisdictions": ("US",)})
    assert standings(work, declared=only_us)["GDPR-08"].status == "not-applicable"
    unsaid = DECLARED.model_copy(update={"jurisdictions": ()})
    assert standings(work, declared=unsaid)["GDPR-08"].status == "needs-attestation"


def test_a_guidance_is_not_applied_before_its_date(work: Workspace) -> None:
    found = standings(work, as_of="2026-04-16")

    assert {a.status for c, a in found.items() if c.startswith("SR262")} == {"not-applicable"}
    assert found["SR262-26"].because == "applies from 2026-04-17; assessed as of 2026-04-16"
    assert found["GDPR-08"].status == "needs-attestation"


def test_writes_json_csv_and_the_catalog_itself_each_citing_the_evidence(work: Workspace) -> None:
    assessed = assess(record(work), EVIDENCE_ID, config(), DECLARED, work, as_of="2026-11-23")

    assert [i.path for i in assessed.items if i.kind == "catalog"] == [
        "data/controls/sr-26-2.yaml", "data/controls/gdpr.yaml",
    ]  # fmt: skip
    for standing in assessed.standings:
        stem = work.root / "data" / "controls" / standing.catalog
        catalog = stem.with_name(stem.name + ".yaml").read_bytes()
        assert standing.catalog_sha256 == hashlib.sha256(catalog).hexdigest()
        assert standing.evidence_id == EVIDENCE_ID
        rows = list(csv.DictReader(io.StringIO(stem.with_name(stem.name + ".csv").read_text())))
        assert [r["status"] for r in rows] == [a.status for a in standing.assessments]


def test_no_assessment_is_evidenced_without_items_or_where_a_person_decides() -> None:
    fields = {
        "control": "X-1", "reference": "r", "title": "t", "expectation": "e", "because": "b",
        "status": "evidenced",
    }  # fmt: skip
    Assessment(**fields, mode="machine", items=("data/x",))  # type: ignore[arg-type]

    with pytest.raises(ValidationError):
        Assessment(**fields, mode="machine")  # type: ignore[arg-type]
    with pytest.raises(ValidationError):
        Assessment(**fields, mode="machine+role", items=("data/x",))  # type: ignore[arg-type]


def test_only_a_needed_signature_changes_a_sealed_status() -> None:
    assert (
        as_of_now("needs-attestation", frozenset({"owner", "validator"}), ("owner",)) == "attested"
    )
    assert (
        as_of_now("needs-attestation", frozenset({"validator"}), ("owner",)) == "needs-attestation"
    )
    assert as_of_now("exception", frozenset({"owner"}), ("owner",)) == "exception"
    assert as_of_now("missing", frozenset({"owner"}), ("owner",)) == "missing"


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("size(reports) >\n && 1", "line 2, column 2"),
        ("report.performance", "unknown name 'report'"),
        ("findings.exists(f, f.kind == 'gap')", None),
    ],
)
def test_an_expression_is_judged_at_load_time_with_its_place(
    expression: str, complaint: str | None
) -> None:
    fault = expression_fault(expression)
    assert (fault is None) if complaint is None else (fault is not None and complaint in fault)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("id: SR262-12", "id: SR262-16", "SR262-16: this id stands twice"),
        ("mode: machine\n", "mode: role\n", "says who signs, in attestations"),
        ("has(declared.limits)", "has(declared.limits", "SR262-16 needs[0].present: line 1"),
        ("rationale:", "rational:", "rational"),
        ("issued: 2026-04-17", "issued: April", "issued"),
        ("controls:", "controls: [", "is not YAML"),
    ],
)
def test_refuses_a_catalog_with_a_fault(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    content = (shipped("policies") / "catalogs" / "sr-26-2.yaml").read_text()
    path = tmp_path / "catalog.yaml"
    path.write_text(content)
    assert len(read_catalog(path).catalog.controls) == 5

    path.write_text(content.replace(old, new, 1))

    with pytest.raises(ConfigError) as refused:
        read_catalog(path)
    assert complaint in str(refused.value)


def test_shipped_catalogs_never_say_compliant() -> None:
    for name in CATALOGS:
        text = (shipped("policies") / "catalogs" / f"{name}.yaml").read_text().lower()
        assert "complian" not in text
