"""The files of a small synthetic bundle, and the records that describe them."""

from __future__ import annotations

import csv
import hashlib
import io
import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

from tests.support.explanations import (
    EXPLAIN_TOML,
    Applicant,
    lacking_findings,
    protected_finding,
    write_explanations,
)
from tests.support.scores import beside, data_report, with_scores
from tests.support.what_if import what_if_csv

from affidavit.bundle import canonical, layout
from affidavit.bundle.statement import (
    Builder,
    SealPredicate,
    SubjectVersion,
)
from affidavit.card_record import (
    CardFinding,
    CardKeyNumber,
    CardLine,
    CardLogged,
    CardPageOne,
    CardRecord,
)
from affidavit.commit_record import COMMIT_JSON
from affidavit.counts import Cell, count_table
from affidavit.errors import ConfigError
from affidavit.evidence import (
    AttributeSpec,
    ConfigurationRecord,
    CountSpec,
    Digest,
    Evidence,
    Fact,
    Finding,
    Item,
    ItemTable,
    Logged,
    Number,
    Record,
    Report,
    Subject,
)
from affidavit.explained_short import card_explained
from affidavit.explanation_record import Explainability
from affidavit.favourable import direction
from affidavit.holds import hold_findings
from affidavit.logged_metrics import finding
from affidavit.masking import Masked, card_number, masks
from affidavit.rates import derive, write_counts
from affidavit.run_record import (
    METRICS,
    PARAMS,
    RUN,
    MetricRow,
    MetricsFile,
    ParamsFile,
    RunFile,
    VersionSaid,
)
from affidavit.toml_reader import read_config
from affidavit.workspace import Workspace

AFFIDAVIT_TOML = b"""\
version = 1
task = "binary"

[rows]
id = "id"

[label]
column = "deny"
kind = "past-decision"
positive = "yes"
favourable = "no"

[decision]
threshold = 0.25

[sensitive.group]
column = "group"
source = "self-reported"
reference = "a"

[datasets.evaluation]
path = "data/test.csv"
include = "embed"
"""
HOLD = b"""
[[hold]]
metric = "selection_rate_ratio"
group = { group = "b" }
min = 1.05
set_by = "model risk"
set_on = "2026-10-01"
"""
_SPEC = CountSpec(
    role="evaluation",
    positive="yes",
    favourable="no",
    attributes=(AttributeSpec(name="group", reference="a", source="self-reported"),),
)


def write_payload(
    work: Workspace,
    name: str,
    version: str,
    extra: dict[str, bytes],
    *,
    is_told: bool = False,
    is_explained: bool = False,
    rows_made: int = 400,
) -> tuple[Evidence, tuple[Item, ...]]:
    """The files of a bundle and their records: `rows_made` applications in two groups, one model.

    With `is_told` it has a run with logged metrics, a commit, a threshold that is missed, and the
    findings that follow; with `is_explained` both files of explanations.
    """
    rows = applications(rows_made)
    items = [
        work.write(
            "data/model/MLmodel", b"flavors: {}\n", kind="model", origin="collected",
            media_type="text/yaml",
        ),
        work.write(
            "data/model/model.pkl", bytes(range(256)) * 8, kind="model", origin="collected",
            media_type="application/octet-stream",
        ),
        work.write(
            "data/config/affidavit.toml",
            AFFIDAVIT_TOML + (HOLD if is_told else b"")
            + (EXPLAIN_TOML.encode() if is_explained else b""),
            kind="configuration",
            origin="collected", media_type="application/toml",
        ),
        work.write(
            "data/dataset/evaluation/test.csv",
            as_csv(["id", "group", "deny"], [[r[0], r[1], r[2]] for r in rows]),
            kind="dataset", origin="collected", media_type="text/csv",
            sensitivity="personal-data", role="evaluation",
        ),
        work.write(
            "data/predictions/evaluation.csv",
            as_csv(
                ["row_id", "label", "score", "decision", "weight", "role"],
                [[r[0], r[2], r[3], r[4], "1", "evaluation"] for r in rows],
            ),
            kind="predictions", origin="recomputed", media_type="text/csv",
            sensitivity="personal-data", role="evaluation",
        ),
        *report_items(work, rows, is_told=is_told),
        *(told_items(work, name, version) if is_told else ()),
        *(explained_items(work, rows) if is_explained else ()),
        *(
            work.write(
                path, content, kind="dataset", origin="collected",
                media_type="application/octet-stream", role="training",
            )
            for path, content in extra.items()
        ),
    ]  # fmt: skip
    evidence = Evidence(
        subject=Subject(
            name=name, version=version, run_id="8c1f0a2e" * 4,
            created_at=datetime(2026, 11, 12, 9, 30, tzinfo=UTC),
        ),
        configuration=ConfigurationRecord(items=("data/config/affidavit.toml",), given="commit"),
    ).adding(items=tuple(items), facts=(_artifact_fact(items),))  # fmt: skip
    if is_told:
        evidence = evidence.adding(facts=told_facts(), findings=told_findings(work))
    if is_explained:
        evidence = evidence.adding(findings=(protected_finding(), *lacking_findings()))
    return evidence, write_records(work, evidence)


def explained_items(work: Workspace, rows: Sequence[Sequence[str]]) -> list[Item]:
    """Both files of explanations, about rows whose scores bear each status of reasons."""
    ranges = {"issued": (0.5, 0.8), "favourable": (0.1, 0.25), "protected": (0.8, 0.95),
              "none": (0.26, 0.29)}  # fmt: skip
    chosen = []
    for status, (low, high) in ranges.items():
        row = next(r for r in rows if low <= float(r[3]) < high)
        chosen.append(Applicant(row_id=row[0], group=row[1], score=float(row[3]), status=status))
    return write_explanations(work, chosen)


def write_records(work: Workspace, evidence: Evidence) -> tuple[Item, ...]:
    """evidence.json, what cites its id, and items.json; returns the derived items."""
    content = canonical.record_bytes(evidence)
    work.place(layout.EVIDENCE).write_bytes(content)
    derived = _derived_items(work, evidence, sha256_of(content))
    table = ItemTable(evidence_id=sha256_of(content), items=derived)
    work.place(layout.ITEMS).write_bytes(canonical.record_bytes(table))
    return derived


def applications(rows_made: int = 400) -> list[list[str]]:
    """id, group, label, score, decision; some labels are unknown, all text as in a CSV."""
    draw = random.Random(20261123)
    rows = []
    for number in range(rows_made):
        group = "a" if draw.random() < 0.7 else "b"
        score = round(draw.random() ** 2 * (1.0 if group == "a" else 1.2) % 1, 6)
        label = "" if number % 50 == 7 else ("yes" if draw.random() < score else "no")
        decision = "yes" if score >= 0.25 else "no"
        rows.append([f"row-{number:04d}", group, label, repr(score), decision])
    return rows


def as_csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode()


def report_items(work: Workspace, rows: list[list[str]], *, is_told: bool = False) -> list[Item]:
    tallied: dict[tuple[str, str, str], int] = {}
    for _, group, label, _, decision in rows:
        tallied[group, label, decision] = tallied.get((group, label, decision), 0) + 1
    table = count_table(
        _SPEC,
        (
            Cell(
                groups=(group,), label=label, decision=decision, n=n, sum_w=Decimal(n),
                sum_w2=Decimal(n),
            )
            for (group, label, decision), n in tallied.items()
        ),
    )  # fmt: skip
    numbers = derive(table)
    items = [
        work.write(
            f"{layout.COUNTS}/evaluation.csv", write_counts(table), kind="counts",
            sensitivity="personal-data",
            origin="recomputed", media_type="text/csv", role="evaluation",
        )
    ]  # fmt: skip
    names: tuple[Literal["performance", "fairness"], ...] = ("performance", "fairness")
    for name in names:
        report = Report(
            name=name,
            role="evaluation",
            n_rows=len(rows),
            n_labelled=sum(r[2] != "" for r in rows),
            label_kind="past-decision",
            counts=_SPEC,
            numbers=tuple(n for n in numbers if n.id.startswith(f"{name}/")),
            logged=told_logged(numbers) if is_told and name == "performance" else (),
        )
        report = with_scores(report, table, AFFIDAVIT_TOML)
        items.append(
            work.write(
                f"{layout.REPORTS}/{name}.json", canonical.record_bytes(report), kind="report",
                origin="recomputed", media_type="application/json", role="evaluation",
            )
        )  # fmt: skip
    about = data_report("evaluation", [{"label": r[2]} for r in rows], "past-decision")
    told = [dict(zip(("id", "group", "label", "score", "decision"), r, strict=True)) for r in rows]
    what_if = what_if_csv(told, [("group",)], in_force=0.25)
    return [*items, *beside(work, "evaluation", [about], what_if)]


def _artifact_fact(items: list[Item]) -> Fact:
    model = [(i.path, i.sha256) for i in items if i.kind == "model"]
    return Fact(
        id="model.artifact",
        kind="model",
        value=len(model),
        basis="measured",
        digest=Digest(algorithm="sha256", value=artifact_digest(model)),
        source="the registered artifact",
    )


def artifact_digest(files: Iterable[tuple[str, str]]) -> str:
    """The digest of a model: sha256 over the lines `<sha256>  <path>`, sorted by path."""
    rows = sorted((path.removeprefix("data/model/"), sha256) for path, sha256 in files)
    return sha256_of("".join(f"{sha256}  {path}\n" for path, sha256 in rows).encode())


def _derived_items(work: Workspace, evidence: Evidence, evidence_id: str) -> tuple[Item, ...]:
    reports = [
        Report.model_validate_json(work.locate(i).read_bytes())
        for i in evidence.of_kind("report")
        if i.path.endswith(".json")
    ]
    path = work.root / layout.CONFIG
    config = path.read_bytes() if path.is_file() else None
    record = honest_card(evidence, evidence_id, reports, config, _explained(work, evidence))
    card = canonical.dumps(record.model_dump(mode="json"))
    items = [
        work.write(
            layout.CARD_JSON, card, kind="card", origin="rendered", media_type="application/json"
        ),
        work.write(
            "data/card/model-card.md", b"# A model\n", kind="card", origin="rendered",
            media_type="text/markdown",
        ),
    ]  # fmt: skip
    return tuple(sorted(items, key=lambda i: i.path.encode()))


def _explained(work: Workspace, evidence: Evidence) -> Explainability | None:
    """The explanation of the model that the evidence lists."""
    if all(i.path != layout.EXPLAINABILITY for i in evidence.items):
        return None
    return Explainability.model_validate_json((work.root / layout.EXPLAINABILITY).read_bytes())


def honest_card(
    evidence: Evidence, evidence_id: str, reports: Sequence[Report], config: bytes | None,
    whole: Explainability | None = None,
) -> CardRecord:  # fmt: skip
    """The card's record as it follows from the record, with the plainest page one."""
    numbers = {n.id: n for r in reports for n in r.numbers}
    masked = masks(reports)
    verdicts = [one.verdict for r in reports for one in r.logged]
    ranked = sorted(evidence.findings, key=lambda f: f.kind)
    return CardRecord(
        evidence_id=evidence_id,
        subject=evidence.subject,
        page_one=CardPageOne(
            title="A model", deck="It decides.", holds=(), about=(), direction=_direction(config),
            lines=tuple(
                CardLine(
                    status="Missing" if f.kind == "gap" else "Exception",
                    text=f"{f.what}. {f.expected or ''}; {f.found or ''}.", remedy=f.fix,
                    findings=(f.id,),
                )
                for f in ranked
            ),
            key_numbers=tuple(
                _key_number(n, masked.get(n.id)) for n in numbers.values()
                if n.id.endswith(("/accuracy", "/selection_rate_ratio/group=b vs a"))
                and (n.value is not None or n.id in masked)
            ),
        ),
        findings=tuple(CardFinding(id=f.id, kind=f.kind) for f in evidence.findings),
        controls=(),
        logged=CardLogged(
            equal=verdicts.count("equal"), different=verdicts.count("different"),
            not_recomputable=verdicts.count("not-recomputable"),
        ),
        numbers=tuple(
            card_number(n, masked.get(n.id)) for n in numbers.values()
        ),
        explained=None if whole is None else card_explained(whole),
    )  # fmt: skip


def _direction(config: bytes | None) -> str:
    """None, and a configuration that cannot be read, say nothing."""
    try:
        return direction(read_config(config, "affidavit.toml")) if config is not None else ""
    except ConfigError:
        return ""


def _key_number(number: Number, masked: Masked | None) -> CardKeyNumber:
    if masked is not None:
        shown = masked.value_words if masked.value is None else f"about {masked.value:.2f}"
        n = masked.n_words if masked.n_how else f"{number.n:,}"
        return CardKeyNumber(
            number=number.id, label=number.metric, shown=shown, interval="", n=n
        )  # fmt: skip
    return CardKeyNumber(
        number=number.id, label=number.metric, shown=f"{number.value:.3f}", n=f"{number.n:,}",
        interval="" if number.low is None else f"{number.low:.3f} to {number.high:.3f}",
    )  # fmt: skip


def told_logged(numbers: Sequence[Number]) -> tuple[Logged, ...]:
    """Verdicts on four metrics: equal, equal as rounded, equal as averaged, different."""
    ours = {n.metric: n for n in reversed(numbers) if n.group is None and n.id[0] == "p"}
    said = told_metrics(ours)
    rows = (
        ("accuracy", "accuracy", "equal", None),
        ("precision_score", "precision", "equal", "averaged over both classes"),
        ("recall", "true_positive_rate", "equal", "to the 3 decimals that were logged"),
        ("selection_rate", "selection_rate", "different", None),
    )
    return tuple(
        Logged(
            key=key, value=said[key], dataset="evaluation", number=ours[metric].id,
            recomputed=canonical.rounded(ours[metric].value or 0.0), verdict=verdict,
            reason=reason,
        )
        for key, metric, verdict, reason in rows
    )  # fmt: skip


def told_metrics(ours: Mapping[str, Number]) -> dict[str, float]:
    """What training logged, by key."""
    value = {name: number.value or 0.0 for name, number in ours.items()}
    share, hit = value["prevalence"], value["true_positive_rate"]
    quiet, missed = (1 - share) * value["true_negative_rate"], share * (1 - hit)
    return {
        "accuracy": canonical.rounded(value["accuracy"]),
        "precision_score": canonical.rounded((value["precision"] + quiet / (quiet + missed)) / 2),
        "recall": round(hit, 3),
        "selection_rate": 0.25,
    }


def told_items(work: Workspace, name: str, version: str) -> list[Item]:
    """run/*.json and commit.json of the told bundle; after its reports."""
    logged = _performance(work).logged
    said = VersionSaid(
        name=name, version=version, source="models:/m-1", run_id="8c1f0a2e" * 4, created=None,
        user=None, description=None,
    )  # fmt: skip
    rows = tuple(
        MetricRow(key=m.key, value=m.value, step=0, dataset_name=None, dataset_digest=None,
                  model_id=None)
        for m in logged
    )  # fmt: skip
    files: dict[str, Record] = {
        RUN: RunFile(model_version=said, logged_model=None, run=None),
        PARAMS: ParamsFile(params={"max_depth": "4"}),
        METRICS: MetricsFile(metrics=rows),
    }
    items = [
        work.write(
            path, canonical.dumps(record.model_dump(mode="json")), kind="run", origin="collected",
            media_type="application/json",
        )
        for path, record in files.items()
    ]  # fmt: skip
    commit = work.write(
        COMMIT_JSON, commit_json("c0ffee00" * 5, {"train.py": "1" * 40}), kind="source",
        origin="collected", media_type="application/json",
    )  # fmt: skip
    return [*items, commit]


def commit_json(sha: str, files: Mapping[str, str]) -> bytes:
    """commit.json of a commit with these files (path to blob)."""
    ada = {"name": "Ada", "email": "ada@bank.example", "date": "2026-10-19T09:00:00+00:00"}
    unsigned = {"state": "unsigned", "scheme": None, "signer": None, "key": None}
    return canonical.dumps({
        "schema": "affidavit/commit", "version": 1, "object_format": "sha1", "commit": sha,
        "tree": "7" * 40, "parents": [], "author": ada, "committer": ada, "subject": "Train",
        "message": "Train", "signature": unsigned, "tags": [], "submodules": [],
        "files": [{"path": p, "mode": "100644", "blob": b, "size_bytes": 1}
                  for p, b in files.items()],
    })  # fmt: skip


def told_facts() -> tuple[Fact, ...]:
    """What commit.json and run/*.json say, in the provenance."""
    values: dict[str, str | int] = {
        "code.commit": "c0ffee00" * 5, "code.author": "Ada <ada@bank.example>",
        "code.date": "2026-10-19T09:00:00+00:00", "run.params": 1, "run.metrics": 4,
    }  # fmt: skip
    return tuple(
        Fact(
            id=fact_id, kind="code" if fact_id.startswith("code") else "run", value=value,
            basis="claimed", source="a test",
        )
        for fact_id, value in values.items()
    )  # fmt: skip


def told_findings(work: Workspace) -> tuple[Finding, ...]:
    """The missed threshold and the metric that differs, as recompute states them."""
    performance = _performance(work)
    fairness = Report.model_validate_json(
        (work.root / layout.REPORTS / "fairness.json").read_bytes()
    )
    config = read_config((work.root / layout.CONFIG).read_bytes(), "affidavit.toml")
    report = f"{layout.REPORTS}/performance.json"
    return (
        *hold_findings(config, (*performance.numbers, *fairness.numbers), (report,)),
        finding(performance.logged[3], 4, report),
    )


def _performance(work: Workspace) -> Report:
    return Report.model_validate_json(
        (work.root / layout.REPORTS / "performance.json").read_bytes()
    )


def seal_predicate(evidence: Evidence, evidence_id: str) -> SealPredicate:
    """A predicate that is the same whenever it is made."""
    return SealPredicate(
        subject=SubjectVersion(name=evidence.subject.name, version=evidence.subject.version),
        evidence_id=evidence_id,
        builder=Builder(version="0.0.0"),
        as_of="2026-11-23",
        started_on="2026-11-23T10:00:00Z",
        finished_on="2026-11-23T10:00:09Z",
        isolation="not run",
        host="test",
        tools={"python": "3.11.7"},
    )


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
