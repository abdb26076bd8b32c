"""A realistic evidence record in a workspace, for tests that render or read it.

Counts have the shape of the HMDA sample (952 evaluation rows, 134 with `afam = yes`), the numbers
are derived from them by the real code, and every file that the record lists is really there.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from affidavit.bundle.canonical import dumps
from affidavit.config import Config, Dataset, Decision, Declarations, Hold, Label, Rows, Sensitive
from affidavit.evidence import (
    AttributeSpec,
    ConfigurationRecord,
    CountSpec,
    Digest,
    Evidence,
    Fact,
    Finding,
    Item,
    Logged,
    Number,
    Record,
    Report,
    Subject,
)
from affidavit.rates import Cell, CountTable, derive, write_counts
from affidavit.standing import Assessment, CatalogStanding, Cited, Question
from affidavit.workspace import Workspace

# (afam, single, label deny, decision deny): rows
CELLS = {
    ("no", "no", "no", "no"): 440, ("no", "no", "no", "yes"): 19,
    ("no", "no", "yes", "no"): 29, ("no", "no", "yes", "yes"): 19,
    ("no", "yes", "no", "no"): 246, ("no", "yes", "no", "yes"): 22,
    ("no", "yes", "yes", "no"): 25, ("no", "yes", "yes", "yes"): 18,
    ("yes", "no", "no", "no"): 47, ("yes", "no", "no", "yes"): 6,
    ("yes", "no", "yes", "no"): 4, ("yes", "no", "yes", "yes"): 9,
    ("yes", "yes", "no", "no"): 42, ("yes", "yes", "no", "yes"): 5,
    ("yes", "yes", "yes", "no"): 7, ("yes", "yes", "yes", "yes"): 14,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Sample:
    """All that `render` is given."""

    evidence: Evidence
    evidence_id: str
    standings: tuple[CatalogStanding, ...]
    declarations: Declarations | None
    config: Config | None
    work: Workspace


def sample_counts(cells: dict[tuple[str, str, str, str], int] = CELLS) -> CountTable:
    """The counts of the role `evaluation`."""
    spec = CountSpec(
        role="evaluation", positive="yes", favourable="no",
        attributes=(
            AttributeSpec(name="afam", reference="no", source="self-reported"),
            AttributeSpec(name="single", reference="no", source="observed"),
        ),
    )  # fmt: skip
    rows = tuple(
        Cell(groups=key[:2], label=key[2], decision=key[3], n=n,
             sum_w=Decimal(n), sum_w2=Decimal(n))
        for key, n in sorted(cells.items())
    )  # fmt: skip
    return CountTable(spec=spec, rows=rows)


def sample_config(*, hold: bool = True) -> Config:
    """affidavit.toml of the sample."""
    return Config(
        version=1, task="binary",
        rows=Rows(id="application_id"),
        label=Label(column="deny", kind="past-decision", positive="yes", favourable="no"),
        decision=Decision(threshold=0.25),
        sensitive={
            "afam": Sensitive(column="afam", source="self-reported", reference="no",
                              table="protected", join_on="application_id"),
            "single": Sensitive(column="single", source="observed", reference="no",
                                table="protected", join_on="application_id"),
        },
        datasets={
            "training": Dataset(path="data/train.csv", include="embed"),
            "evaluation": Dataset(path="data/test.csv", include="embed"),
            "protected": Dataset(path="data/protected.csv", include="reference"),
        },
        hold=(Hold(metric="selection_rate_ratio", group={"afam": "yes"}, min=0.85,
                   set_by="model risk", set_on="2026-10-01"),
              Hold(metric="roc_auc", min=0.7, set_by="model risk", set_on="2026-10-01"))
        if hold else (),
    )  # fmt: skip


def sample_declarations() -> Declarations:
    """declarations.toml of the sample; no monitoring plan."""
    return Declarations(
        version=1, title="Credit risk",
        purpose="Proposes whether a mortgage application is declined; an underwriter decides.",
        users="Underwriters of the retail branch", out_of_scope="Refinancing, business loans",
        owner="Retail Lending Models", tier="1", automated="advisory",
        limits="Trained on Boston in 1990. The label is the lender's own past decision.",
        jurisdictions=("US", "EU"), data_source="HMDA, Boston, 1990, as in the R package AER",
        data_licence="US public records",
    )  # fmt: skip


def sample_findings() -> tuple[Finding, ...]:
    """Two exceptions and a gap."""
    return (
        Finding(
            id="recompute.hold.01.selection_rate_ratio", kind="exception", stage="recompute",
            what="the selection rate ratio (afam yes against no) misses what model risk set on 2026-10-01",
            expected="at least 0.85", found="0.8246 (95% interval 0.735 to 0.9007, Koopman), n = 952",
            fix="do not release before who set the threshold has decided; or change the model",
            items=("data/reports/fairness.json",),
        ),
        Finding(
            id="config.set-after-training", kind="exception", stage="resolve",
            what="the configuration was set after training, by model risk on 20 November 2026",
            fix="commit affidavit.toml before the next training",
            items=("data/config/affidavit.toml",),
        ),
        Finding(
            id="code.dirty.unknown", kind="gap", stage="resolve",
            what="the run does not say whether the tree was clean when it trained",
            fix="log mlflow.source.git.dirty, or train from a fresh clone",
        ),
    )  # fmt: skip


def cited(*paths: str) -> tuple[Cited, ...]:
    """Files as a control cites them; the digest is not that of any bytes."""
    return tuple(Cited(path=p, sha256="0" * 64) for p in paths)


def sample_standings(evidence_id: str) -> tuple[CatalogStanding, ...]:
    """Two catalogs with every status but one."""
    common = {"reference": "V, p8", "expectation": "Outputs are compared with real outcomes.",
              "mode": "machine"}  # fmt: skip
    sr = (
        Assessment(control="SR262-21", title="Outcomes analysis", status="missing",
                   because="the label is the lender's own past decision, not an outcome",
                   remedy="give a dataset with observed repayment", **common),
        Assessment(control="SR262-23", title="Ongoing monitoring", status="missing",
                   because="the declaration monitoring is empty",
                   remedy="the owner adds monitoring to declarations.toml", **common),
        Assessment(control="SR262-07", title="Model identified by its bytes", status="evidenced",
                   because="3 files, each equal to its digest", items=cited("data/model/MLmodel"),
                   values={"files": "3"}, **common),
        Assessment(control="SR262-18", title="Validated before first use",
                   status="needs-attestation", because="the reports are there",
                   questions=(Question(role="validator", question="Does it suffice?"),), items=cited("data/reports/performance.json"),
                   **{**common, "mode": "machine+role"}),
        Assessment(control="SR262-14", title="Data examined critically",
                   status="needs-attestation", because="the snapshot is there",
                   questions=(Question(role="validator", question="Does it suffice?"),), **{**common, "mode": "machine+role"}),
    )  # fmt: skip
    gdpr = (
        Assessment(control="GDPR-22", title="Automated decision", status="not-applicable",
                   because="set aside on the owner's word: advisory", set_aside="declared", **common),
        Assessment(control="GDPR-05", title="Accuracy of the data", status="exception",
                   because="12 rows have no match in the protected table",
                   remedy="explain the unmatched rows", items=cited("data/reports/fairness.json"), **common),
    )  # fmt: skip
    made = {"catalog_sha256": "c" * 64, "evidence_id": evidence_id, "as_of": "2026-11-21"}
    return (
        CatalogStanding(catalog="sr-26-2", title="SR 26-2: model risk management",
                        issued="2026-04-17", text_status="guidance, not law",
                        assessments=sr, **made),
        CatalogStanding(catalog="gdpr", title="GDPR", issued="2016-04-27",
                        text_status="law", assessments=gdpr, **made),
    )  # fmt: skip


class RecordBuilder:
    """Builds a `Sample`; each method changes one fact."""

    def __init__(self, root: Path) -> None:
        self.work = Workspace(root)
        self.name = "credit-risk"
        self.findings: tuple[Finding, ...] = sample_findings()
        self.config: Config | None = sample_config()
        self.declarations: Declarations | None = sample_declarations()
        self.cells: dict[tuple[str, str, str, str], int] | None = dict(CELLS)
        self.with_catalogs = True
        self.extra_numbers: tuple[Number, ...] = ()

    def without_reports(self) -> RecordBuilder:
        self.cells = None
        return self

    def bare(self) -> RecordBuilder:
        """Nothing but a subject."""
        self.findings, self.config, self.declarations, self.cells = (), None, None, None
        self.with_catalogs = False
        return self

    def build(self) -> Sample:
        """Write the files, make the record."""
        evidence = Evidence(
            subject=Subject(
                name=self.name, version="3", run_id="8c1f0a2e",
                created_at=datetime(2026, 11, 12, 9, 30, tzinfo=UTC),
            ),
            configuration=ConfigurationRecord(
                items=("data/config/affidavit.toml",) if self.config else (),
                given="option" if self.config else None,
            ),
        )  # fmt: skip
        items = [*self._files(), *self._reports()] if self.config or self.cells else []
        facts = self._facts() if items else ()
        evidence = evidence.adding(facts=facts, findings=self.findings, items=tuple(items))
        content = dumps(evidence.model_dump(mode="json"))
        evidence_id = hashlib.sha256(content).hexdigest()
        return Sample(
            evidence=evidence, evidence_id=evidence_id, declarations=self.declarations,
            standings=sample_standings(evidence_id) if self.with_catalogs else (),
            config=self.config, work=self.work,
        )  # fmt: skip

    def _files(self) -> list[Item]:
        def put(path, content, kind, **more):
            return self.work.write(
                path, content, kind=kind, origin="collected", media_type="text/plain", **more
            )

        held = self.work.copy_in(
            "data/dataset/protected/protected.csv", [b"application_id,afam,single\n"],
            kind="protected-table", origin="collected", media_type="text/csv",
            sensitivity="personal-data", role="protected", embedded=False,
            location="dvc:protected.csv",
        )  # fmt: skip
        return [
            put("data/model/MLmodel", b"flavors: {}\n" * 40, "model"),
            put("data/model/model.pkl", b"\x00" * 210_000, "model"),
            put("data/model/requirements.txt", b"scikit-learn==1.9.1\n", "model"),
            put("data/source/commit.pack", b"PACK" * 900, "source"),
            put("data/config/affidavit.toml", b"version = 1\n", "configuration"),
            put("data/environment/requirements.txt", b"scikit-learn==1.9.1\n", "environment"),
            put("data/dataset/training/train.csv", b"x" * 120_000, "dataset", role="training",
                sensitivity="personal-data"),
            put("data/dataset/evaluation/test.csv", b"x" * 80_000, "dataset", role="evaluation",
                sensitivity="personal-data"),
            held,
        ]  # fmt: skip

    def _facts(self) -> tuple[Fact, ...]:
        def fact(fact_id, value, basis, source, digest=None):
            kind = fact_id.split(".")[0]
            return Fact(id=fact_id, kind=kind, value=value, basis=basis, source=source,
                        digest=digest)  # fmt: skip

        sha = "4e1c9ab70c1d2e3f4a5b6c7d8e9fa0b1c2d3e4f5"
        run = "run 8c1f0a2e"
        return (
            fact("model.artifact", 3, "measured", "hashed file by file",
                 Digest(algorithm="sha256", value="5be190c2" * 8)),
            fact("model.flavor", "scikit-learn 1.9.1", "claimed", "MLmodel"),
            fact("run.id", "8c1f0a2e", "claimed", "registry"),
            fact("run.started", "2026-11-12T09:12:44+00:00", "claimed", run),
            fact("run.user", "mara", "claimed", run),
            fact("code.commit", sha, "claimed", f"{run}, tag mlflow.source.git.commit",
                 Digest(algorithm="sha1", value=sha)),
            fact("code.date", "2026-11-12T08:55:00+01:00", "claimed", "the commit"),
            fact("code.signature", "unsigned", "measured", "the commit"),
            fact("code.dirty", None, "claimed", run),
            fact("data.evaluation.snapshot", "data/test.csv", "measured", "dvc.lock",
                 Digest(algorithm="md5", value="9f86d081884c7d65" * 2)),
            fact("data.evaluation.rows", 952, "measured", "data/test.csv"),
            fact("data.training.snapshot", "data/train.csv", "measured", "dvc.lock",
                 Digest(algorithm="md5", value="60303ae22b998861" * 2)),
            fact("data.training.rows", 1428, "measured", "data/train.csv"),
            fact("environment.python", "3.11.9", "claimed", "python_env.yaml"),
            fact("environment.platform", "Linux x86_64", "claimed", run),
        )  # fmt: skip

    def _reports(self) -> list[Item]:
        if self.cells is None:
            return []
        table = sample_counts(self.cells)
        numbers = derive(table)
        labelled = sum(self.cells.values())
        common = {"role": "evaluation", "n_rows": labelled, "n_labelled": labelled,
                  "label_kind": "past-decision", "counts": table.spec}  # fmt: skip
        performance = [n for n in numbers if n.id.startswith("performance/")]
        fair = [n for n in numbers if n.id.startswith("fairness/")]
        accuracy = next(n for n in performance if n.metric == "accuracy")
        performance += [
            _scored("roc_auc", 0.7631, 0.7162, 0.8091, "DeLong"),
            _scored("brier_score", 0.0941, 0.0812, 0.1073, "normal"),
            *self.extra_numbers,
        ]
        logged = (
            Logged(key="roc_auc", value=0.7631, dataset="evaluation",
                   number="performance/evaluation/roc_auc", recomputed=0.7631, verdict="equal"),
            Logged(key="accuracy", value=0.9412, dataset="evaluation", number=accuracy.id,
                   recomputed=accuracy.value, verdict="different",
                   reason="the logged value is that of the training rows"),
            Logged(key="duration_s", value="NaN", dataset=None, number=None, recomputed=None,
                   verdict="not-recomputable", reason="not a metric of the predictions"),
        )  # fmt: skip
        return [
            self._json("data/reports/performance.json", Report(
                name="performance", numbers=tuple(performance), logged=logged, **common)),
            self._json("data/reports/fairness.json", Report(
                name="fairness", numbers=tuple(fair),
                notes=("12 of 964 rows had no match in the protected table.",), **common)),
            self.work.write("data/reports/counts/evaluation.csv", write_counts(table),
                            kind="counts", origin="recomputed", media_type="text/csv"),
        ]  # fmt: skip

    def _json(self, path: str, record: Record) -> Item:
        return self.work.write(
            path, dumps(record.model_dump(mode="json")), kind="report", origin="recomputed",
            media_type="application/json", role="evaluation",
        )  # fmt: skip


def _scored(metric: str, value: float, low: float, high: float, method: str) -> Number:
    return Number(
        id=f"performance/evaluation/{metric}", metric=metric, role="evaluation", n=952,
        value=value, low=low, high=high, level=0.95, method=method, source="scores",
    )  # fmt: skip
