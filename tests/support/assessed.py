"""A record in which everything is there that a stage can make today, and ways to take it away.

Each item is only a name and a digest but the reports, which are really written; `assess` reads
nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, get_args

from tests.support.explanations import Applicant, write_explanations

from affidavit.assess import assess
from affidavit.assess.assessing import Assessed
from affidavit.bundle import canonical
from affidavit.config import (
    Config,
    Controls,
    Dataset,
    Decision,
    Declarations,
    Document,
    DocumentAbout,
    Explain,
    Hold,
    Label,
    ReasonCode,
    Sensitive,
    Time,
)
from affidavit.evidence import (
    Evidence,
    Fact,
    Finding,
    Item,
    ItemKind,
    Logged,
    Number,
    Report,
    Subject,
)
from affidavit.standing import Assessment
from affidavit.workspace import Workspace

EVIDENCE_ID: Final = "ab" * 32
AS_OF: Final = "2026-11-23"
_FACTS: Final = (
    "model.artifact", "model.flavor", "run.id", "run.status", "run.user", "run.params",
    "run.metrics", "run.started", "run.ended", "code.pack", "code.commit", "code.author",
    "environment.requirements", "data.evaluation.snapshot", "data.training.snapshot",
    "data.training.link",
)  # fmt: skip
_ITEMS: Final[dict[str, ItemKind]] = {
    "data/model/MLmodel": "model",
    "data/run/run.json": "run",
    "data/run/params.json": "run",
    "data/run/metrics.json": "run",
    "data/source/commit.pack": "source",
    "data/source/commit.json": "source",
    "data/environment/requirements.txt": "environment",
    "data/environment/sbom.cdx.json": "environment",
    "data/dataset/evaluation/e.csv": "dataset",
    "data/dataset/training/t.csv": "dataset",
    "data/predictions/evaluation.csv": "predictions",
    "data/reports/scan.json": "scan",
    "data/reports/challenger.json": "challenger",
    "data/config/affidavit.toml": "configuration",
    "data/config/declarations.toml": "declarations",
}
LOGGED: Final = Logged(
    key="accuracy", value=0.9, number="performance/evaluation/accuracy", recomputed=0.9,
    verdict="equal",
)  # fmt: skip
# None for whom a protected attribute counts: that is an exception.
EXPLAINED: Final = (
    Applicant(row_id="r1", score=0.6, status="issued"),
    Applicant(row_id="r2", score=0.2, status="favourable"),
)
_REPORTS: Final = ("performance", "fairness", "segments", "stability", "data")


def all_declared(**changed: Any) -> Declarations:
    """Every field says something, every kind of document is named; in the EU, on credit."""
    fields: dict[str, Any] = {
        name: "said" for name, f in Declarations.model_fields.items() if f.description
    }
    fields |= {
        "version": 1, "developers": ("Ada <ada@bank.example>",), "jurisdictions": ("US", "DE"),
        "automated": "solely", "credit": "yes", "personal_data": "yes", "vendor": "Vendor Ltd",
        "generative": "no", "high_risk": "yes",
        "declared_on": "2026-10-01", "approved_on": "2026-10-01", "next_review": "2027-10-01",
        "document": tuple(
            Document(about=about, title="A document", version="1", dated="2026-09-01",
                     model_version="3", sha256="0" * 64)
            for about in get_args(DocumentAbout)
        ),
    }  # fmt: skip
    return Declarations.model_validate(fields | changed)


def full_config(**changed: Any) -> Config:
    """An outcome, a threshold, a sensitive attribute, a time column, two snapshots."""
    fields: dict[str, Any] = {
        "version": 1, "task": "binary",
        "label": Label(column="default", kind="outcome", positive="yes", favourable="no"),
        "decision": Decision(threshold=0.25),
        "sensitive": {"sex": Sensitive(column="sex", source="self-reported")},
        "time": Time(column="month"),
        "datasets": {
            role: Dataset(path=f"{role}.csv", include="embed") for role in ("evaluation", "training")
        },
        "explain": Explain(
            reason=(ReasonCode(code="R01", text="Your debts are high", features=("debt_ratio",)),)
        ),
        "hold": (Hold(metric="roc_auc", min=0.7, set_by="Model Risk", set_on="2026-01-01"),),
    }  # fmt: skip
    return Config(**(fields | changed))


def full_record(work: Workspace, *findings: Finding) -> Evidence:
    """Every fact and item that a stage makes today."""
    facts = [Fact(id=i, kind="model", value=1, basis="measured", source="test") for i in _FACTS]
    facts.append(Fact(id="code.dirty", kind="code", value="clean", basis="claimed", source="test"))
    items = tuple(
        Item(
            path=path, sha256="0" * 64, size_bytes=1, media_type="application/json", kind=kind,
            origin="collected", sensitivity="internal",
            role=path.split("/")[2] if kind == "dataset" else None,
        )
        for path, kind in _ITEMS.items()
    )  # fmt: skip
    subject = Subject(
        name="credit-risk", version="3", run_id="r", created_at=datetime(2026, 11, 12, tzinfo=UTC)
    )
    reports = tuple(write_report(work, name) for name in _REPORTS)
    explained = tuple(write_explanations(work, EXPLAINED))
    return Evidence(subject=subject).adding(
        facts=tuple(facts), findings=findings, items=items + reports + explained
    )


def write_report(work: Workspace, name: str, **changed: Any) -> Item:
    """A report with one number, on nine labelled rows of the evaluation role; it was logged so."""
    role = changed.get("role", "evaluation")
    number = Number(
        id=f"{name}/{role}/accuracy", metric="accuracy", role=role, n=9, value=0.9,
        low=0.8, high=0.95, level=0.95, method="Wilson", source="counts",
    )  # fmt: skip
    fields: dict[str, Any] = {
        "name": name, "role": role, "n_rows": 9, "n_labelled": 9, "label_kind": "outcome",
        "numbers": (number,), "logged": (LOGGED,) if name == "performance" else (),
    }  # fmt: skip
    path = f"data/reports/{name}.json"
    (work.root / path).unlink(missing_ok=True)
    return work.write(
        path, canonical.record_bytes(Report(**(fields | changed))), kind="report",
        origin="recomputed", media_type="application/json",
    )  # fmt: skip


def without_items(evidence: Evidence, paths: frozenset[str]) -> Evidence:
    """The record without these files."""
    kept = tuple(i for i in evidence.items if i.path not in paths)
    return evidence.model_copy(update={"items": kept})


def without_facts(evidence: Evidence, *prefixes: str) -> Evidence:
    """The record where these facts are stated to be absent."""
    facts = tuple(
        f.model_copy(update={"value": None}) if f.id.startswith(prefixes) else f
        for f in evidence.provenance
    )
    return evidence.model_copy(update={"provenance": facts})


def assessed(
    evidence: Evidence,
    catalogs: Sequence[str],
    root: Path,
    *,
    config: Config | None = None,
    declarations: Declarations | None = None,
    as_of: str = AS_OF,
) -> Assessed:
    """The stage itself, over these catalogs alone.

    `declarations` None means that nothing was declared.
    """
    used = (config or full_config()).model_copy(update={"controls": Controls(catalogs=())})
    work = Workspace(root)
    for path in (root / "data/controls").rglob("*.*"):  # of an earlier call, over the same record
        path.unlink()
    return assess(evidence, EVIDENCE_ID, used, declarations, work, as_of=as_of, catalogs=catalogs)


def by_control(found: Assessed) -> dict[str, Assessment]:
    """The assessments by control id."""
    return {a.control: a for s in found.standings for a in s.assessments}
