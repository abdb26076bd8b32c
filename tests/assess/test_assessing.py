"""The shipped catalogs over real records, and catalogs that are refused when they are loaded."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import ValidationError

from affidavit.assess.assessing import CATALOGS, assess
from affidavit.assess.catalog import expression_fault, read_catalog
from affidavit.bundle import canonical
from affidavit.config import Config, Dataset, Decision, Declarations, Hold, Label
from affidavit.errors import ConfigError
from affidavit.evidence import Evidence, Fact, Finding, Item, ItemKind, Number, Report, Subject
from affidavit.shipped import shipped
from affidavit.standing import Assessment, as_of_now
from affidavit.workspace import Workspace

LabelKind = Literal["outcome", "past-decision", "proxy"]
EVIDENCE_ID = "ab" * 32
DECLARED = Declarations(
    version=1, purpose="decides on mortgages", owner="Retail Lending", limits="only Boston",
    monitoring="quarterly", automated="advisory", special_categories="race, to measure bias",
    legal_basis="Article 6(1)(b)", jurisdictions=("US", "EU"),
)  # fmt: skip


def config(kind: LabelKind = "outcome", *, hold: bool = True) -> Config:
    held = (Hold(metric="roc_auc", min=0.7, set_by="Model Risk", set_on="2026-01-01"),)
    return Config(
        version=1, task="binary",
        label=Label(column="deny", kind=kind, positive="yes", favourable="no"),
        decision=Decision(threshold=0.25),
        datasets={"evaluation": Dataset(path="e.csv", include="embed")},
        hold=held if hold else (),
    )  # fmt: skip


def item(path: str, kind: ItemKind) -> Item:
    return Item(
        path=path, sha256="0" * 64, size_bytes=1, media_type="application/json", kind=kind,
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
        for i in ("model.artifact", "run.id", "run.status", "code.pack", "data.evaluation.snapshot")
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
    evidence: Evidence | None = None,
    as_of: str = "2026-11-23",
) -> dict[str, Assessment]:
    assessed = assess(
        evidence or record(work, *findings), EVIDENCE_ID, configuration or config(), declared, work,
        as_of=as_of,
    )  # fmt: skip
    return {a.control: a for s in assessed.standings for a in s.assessments}


# What each part of a record is made of: prefixes of facts, kinds of items.
PARTS: dict[str, tuple[tuple[str, ...], tuple[ItemKind, ...]]] = {
    "model": (("model.",), ("model",)),
    "run": (("run.",), ("run",)),
    "purged run": (("run.status",), ()),
    "code": (("code.",), ("source",)),
    "data": (("data.",), ("dataset",)),
    "reports": ((), ("report", "counts", "predictions")),
    "declarations": ((), ("declarations",)),
}
# The controls that rest on a part. A control that is not named here would have to say why.
RESTS_ON: dict[str, tuple[str, ...]] = {
    "SR262-12": ("reports",),
    "SR262-16": ("declarations", "reports"),
    "SR262-21": ("reports",),
    "SR262-23": ("declarations",),
    "SR262-26": ("model", "run", "purged run", "declarations"),
    "GDPR-07": ("model", "code", "data", "declarations"),
    "GDPR-08": ("declarations",),
    "GDPR-09": ("declarations",),
    "GDPR-22": ("declarations",),
}


def lacking(evidence: Evidence, *parts: str) -> Evidence:
    """The record without these parts: facts and items alike; a fact's absence is stated as null."""
    prefixes = tuple(p for part in parts for p in PARTS[part][0])
    kinds = {k for part in parts for k in PARTS[part][1]}
    return evidence.model_copy(
        update={
            "provenance": tuple(
                f.model_copy(update={"value": None}) if f.id.startswith(prefixes) else f
                for f in evidence.provenance
            ),
            "items": tuple(i for i in evidence.items if i.kind not in kinds),
        }
    )


def report_item(work: Workspace, **changes: Any) -> Item:
    """The performance report again, changed."""
    path = work.root / "data/reports/performance.json"
    report = Report.model_validate_json(path.read_bytes()).model_copy(update=changes)
    path.unlink()
    return work.write(
        "data/reports/performance.json", canonical.record_bytes(report), kind="report",
        origin="recomputed", media_type="application/json",
    )  # fmt: skip


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


@pytest.mark.parametrize("kind", ["outcome", "past-decision", "proxy"])
@pytest.mark.parametrize("part", PARTS)
def test_without_a_part_no_control_that_rests_on_it_is_more_than_missing(
    work: Workspace, part: str, kind: LabelKind
) -> None:
    whole = standings(work, configuration=config(kind))
    found = standings(
        work, configuration=config(kind), declared=None if part == "declarations" else DECLARED,
        evidence=lacking(record(work), part),
    )  # fmt: skip

    for control, assessment in found.items():
        if part in RESTS_ON.get(control, ()):
            assert assessment.status == "missing", (control, assessment)
            assert assessment.remedy, control
        else:
            assert assessment.status == whole[control].status, (control, assessment)


@pytest.mark.parametrize("hold", [True, False])
@pytest.mark.parametrize("kind", ["outcome", "past-decision", "proxy"])
def test_over_an_empty_record_nothing_fails_and_nothing_is_evidenced(
    work: Workspace, kind: LabelKind, hold: bool
) -> None:
    empty = Evidence(subject=Subject(name="credit-risk", version="3"))
    found = standings(
        work, configuration=config(kind, hold=hold), declared=None, evidence=empty
    )  # fmt: skip

    assert {a.status for a in found.values()} == {"missing"}


def test_every_control_of_the_catalogs_is_looked_at_with_its_parts_taken_away() -> None:
    folder = shipped("policies") / "catalogs"
    shipped_ids = {
        c.id for n in CATALOGS for c in read_catalog(folder / f"{n}.yaml").catalog.controls
    }

    assert shipped_ids - set(RESTS_ON) == {"GDPR-16"}  # missing in every record of this version


def test_outcomes_without_a_single_label_are_no_outcomes_analysis(work: Workspace) -> None:
    evidence = record(work)
    assert standings(work)["SR262-21"].status == "needs-attestation"

    report_item(work, n_labelled=0)
    found = standings(work, evidence=evidence)

    assert found["SR262-21"].status == "missing"
    assert "no outcome was compared" in found["SR262-21"].because
    assert found["SR262-12"].status == "missing"


@pytest.mark.parametrize("role", ["training", "train", "Train", "train_2025"])
def test_a_role_whose_name_starts_with_train_was_not_kept_out_of_training(
    work: Workspace, role: str
) -> None:
    evidence = record(work)
    assert standings(work)["SR262-12"].status == "needs-attestation"

    report_item(work, role=role)
    found = standings(work, evidence=evidence)["SR262-12"]

    assert found.status == "missing"
    assert "kept out of training" in found.because


@pytest.mark.parametrize(
    ("role", "basis", "status"),
    [
        ("holdout", "measured", "needs-attestation"), ("train", "measured", "missing"),
        ("holdout", "claimed", "missing"),
    ],
)  # fmt: skip
def test_accountability_asks_for_any_measured_snapshot_kept_out_of_training(
    work: Workspace, role: str, basis: Literal["measured", "claimed"], status: str
) -> None:
    evidence = lacking(record(work)).adding(
        facts=(Fact(id=f"data.{role}.snapshot", kind="data", value="x", basis=basis, source="t"),)
    )
    named = config().model_copy(update={"datasets": {role: Dataset(path="x", include="embed")}})

    assert standings(work, configuration=named, evidence=evidence)["GDPR-07"].status == status


def test_a_model_that_reads_the_row_id_breaks_no_rule_on_special_categories(
    work: Workspace,
) -> None:
    def sees(kind: str) -> Finding:
        return Finding(id=f"recompute.input.{kind}.c", kind="exception", stage="recompute",
                       what="the model sees c", fix="train without it")  # fmt: skip

    assert standings(work, sees("id"), sees("label"))["GDPR-09"].status == "needs-attestation"
    (work.root / "data/reports/performance.json").unlink()
    assert standings(work, sees("sensitive"))["GDPR-09"].status == "exception"


def test_blank_declarations_declare_nothing(work: Workspace) -> None:
    blank = DECLARED.model_copy(update={"monitoring": "  ", "jurisdictions": (" ",)})
    found = standings(work, declared=blank)

    assert found["SR262-23"].status == "missing"
    assert found["GDPR-08"].status == "needs-attestation"


def test_a_name_that_looks_like_a_placeholder_stays_a_name(work: Workspace) -> None:
    evidence = record(work)
    named = evidence.subject.model_copy(update={"name": "{version}"})
    found = standings(work, evidence=evidence.model_copy(update={"subject": named}))["SR262-26"]

    assert found.because.startswith("registered as {version}, version 3;")


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


@pytest.mark.parametrize("named", [("US",), ("US-MA", "GB"), ("CH", "JP", "SG")])
def test_the_gdpr_is_set_aside_where_every_jurisdiction_is_known_to_lie_outside(
    work: Workspace, named: tuple[str, ...]
) -> None:
    outside = DECLARED.model_copy(update={"jurisdictions": named})
    assert standings(work, declared=outside)["GDPR-08"].status == "not-applicable"


@pytest.mark.parametrize(
    "named",
    [(), ("DE",), ("FR",), ("EEA",), ("European Union",), ("EU",), ("US", "DE"), ("us",),
     ("USED in Europe",), ("United States",), ("US\nDE",)],
)  # fmt: skip
def test_the_gdpr_applies_wherever_a_jurisdiction_is_not_known_to_lie_outside(
    work: Workspace, named: tuple[str, ...]
) -> None:
    declared = DECLARED.model_copy(update={"jurisdictions": named})
    assert standings(work, declared=declared)["GDPR-08"].status == "needs-attestation"


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
    fields: dict[str, Any] = {
        "control": "X-1", "reference": "r", "title": "t", "expectation": "e", "because": "b",
        "status": "evidenced",
    }  # fmt: skip
    Assessment(**fields, mode="machine", items=("data/x",))

    with pytest.raises(ValidationError):
        Assessment(**fields, mode="machine")
    with pytest.raises(ValidationError):
        Assessment(**fields, mode="machine+role", items=("data/x",))


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
