"""The files of a small synthetic bundle, and the records that describe them."""

from __future__ import annotations

import csv
import hashlib
import io
import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

from affidavit.bundle import canonical, layout
from affidavit.bundle.statement import (
    Builder,
    SealPredicate,
    SubjectVersion,
)
from affidavit.counts import Cell, count_table
from affidavit.evidence import (
    AttributeSpec,
    ConfigurationRecord,
    CountSpec,
    Digest,
    Evidence,
    Fact,
    Item,
    ItemTable,
    Report,
    Subject,
)
from affidavit.rates import derive, write_counts
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
_SPEC = CountSpec(
    role="evaluation",
    positive="yes",
    favourable="no",
    attributes=(AttributeSpec(name="group", reference="a", source="self-reported"),),
)


def write_payload(
    work: Workspace, name: str, version: str, extra: dict[str, bytes]
) -> tuple[Evidence, tuple[Item, ...]]:
    """The files of a bundle and their records: 400 applications in two groups, one model."""
    rows = applications()
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
            "data/config/affidavit.toml", AFFIDAVIT_TOML, kind="configuration",
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
        *report_items(work, rows),
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
    return evidence, write_records(work, evidence)


def write_records(work: Workspace, evidence: Evidence) -> tuple[Item, ...]:
    """evidence.json, what cites its id, and items.json; returns the derived items."""
    content = canonical.record_bytes(evidence)
    work.place(layout.EVIDENCE).write_bytes(content)
    derived = _derived_items(work, sha256_of(content))
    table = ItemTable(evidence_id=sha256_of(content), items=derived)
    work.place(layout.ITEMS).write_bytes(canonical.record_bytes(table))
    return derived


def applications() -> list[list[str]]:
    """id, group, label, score, decision; some labels are unknown, all text as in a CSV."""
    draw = random.Random(20261123)
    rows = []
    for number in range(400):
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


def report_items(work: Workspace, rows: list[list[str]]) -> list[Item]:
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
        )
        items.append(
            work.write(
                f"{layout.REPORTS}/{name}.json", canonical.record_bytes(report), kind="report",
                origin="recomputed", media_type="application/json", role="evaluation",
            )
        )  # fmt: skip
    return items


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


def _derived_items(work: Workspace, evidence_id: str) -> tuple[Item, ...]:
    card = canonical.dumps(
        {"schema": "affidavit/card", "version": 1, "evidence_id": evidence_id, "title": "A model"}
    )
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
