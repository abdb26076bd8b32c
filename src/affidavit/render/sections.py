"""The sections after page one: declarations, data, provenance, controls, findings, files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from affidavit.config import Config, Declarations, Document
from affidavit.evidence import Evidence, Fact, Finding, Item, Report
from affidavit.own_wheels import LYING, USED
from affidavit.render.context import (
    DatasetRow,
    FactRow,
    FindingRow,
    ItemRow,
    Pair,
)
from affidavit.render.words import (
    day,
    digest_words,
    ended,
    finding_word,
    grouped,
    listed,
    many,
    sentence,
    size,
)

ITEMS_SHOWN: Final = 200
_STAGE_RANK: Final = {"recompute": 0, "resolve": 1, "assess": 2, "render": 3}
_CHAIN: Final = {
    word: place
    for place, word in enumerate(("run", "model", "code", "configuration", "data", "environment"))
}
_DECLARED: Final = {
    "purpose": "What it decides",
    "users": "Who uses it",
    "out_of_scope": "Not for",
    "owner": "Owner",
    "developers": "Developers",
    "status": "Status",
    "approved_on": "Approved on",
    "tier": "Tier",
    "tier_reason": "Why this tier",
    "tier_triggers": "What would raise the tier",
    "exposure": "Exposure",
    "model_basis": "Why it is a model",
    "generative": "Generative or agentic",
    "ai_class": "Class of AI",
    "guidance_reliance": "Guidance relied on",
    "method": "Method",
    "alternatives": "Alternatives considered",
    "assumptions": "Assumptions",
    "judgement": "Judgement of experts",
    "overlays": "Overlays",
    "data_choice": "Choice of data",
    "data_source": "Source of the data",
    "data_licence": "Licence of the data",
    "dependencies": "Dependencies",
    "vendor": "Vendor",
    "customisation": "Customisation",
    "limits": "Limits",
    "conditions": "Conditions of use",
    "consequences": "What a result means for the person",
    "oversight": "Oversight",
    "monitoring": "Monitoring",
    "response_plan": "Response to deviation",
    "next_review": "Next review",
    "automated": "Part in the decision",
    "credit": "Serves decisions on credit",
    "personal_data": "Data of persons",
    "legal_basis": "Legal basis",
    "special_categories": "Special categories of data",
    "criminal_data": "Data on offences",
    "bias_data_safeguards": "Safeguards of bias data",
    "minimisation": "Need for each input",
    "retention": "Retention",
    "art22_ground": "Ground for an automated decision",
    "safeguards": "Review of a decision",
    "notice_text": "Notice to the person",
    "privacy_design": "Privacy by design",
    "trait_collection": "Collection of traits",
    "high_risk": "High-risk under the AI Act",
    "aia_class": "Class under the AI Act",
    "jurisdictions": "Jurisdictions",
    "notes": "Notes",
    "declared_by": "Declared by",
    "declared_on": "Declared on",
}
# Asked of every model; where another is not declared, the control that asks for it says so.
_EXPECTED: Final = frozenset(
    ["purpose", "users", "out_of_scope", "owner", "tier", "method", "limits", "monitoring",
     "automated", "legal_basis", "jurisdictions", "data_source"]
)  # fmt: skip
_AUTOMATED: Final = {
    "solely": "decides on its own",
    "score-drawn-on": "a person decides and draws strongly on the score",
    "advisory": "advises; a person decides",
}
_FACT_WORDS: Final = {
    "model.artifact": "Model files",
    "model.logged_model": "Logged model",
    "model.flavor": "Kind of model",
    "model.created": "Registered",
    "model.description": "Description in the registry",
    "model.registered_by": "Registered by",
    "model.source": "Source of the version",
    "model.adapter": "Function before the model",
    "challenger.asked": "Challenger asked for",
    "challenger.version": "Challenger",
    "challenger.artifact": "Files of the challenger",
    "challenger.flavor": "Kind of challenger",
    "challenger.created": "Challenger registered",
    "challenger.run": "Run of the challenger",
    "challenger.python": "Python of the challenger",
    "challenger.requirements": "Requirements of the challenger",
    "run.id": "Training run",
    "run.name": "Name of the run",
    "run.status": "Status of the run",
    "run.lifecycle": "Lifecycle of the run",
    "run.user": "Run by",
    "run.started": "Run started",
    "run.ended": "Run ended",
    "run.params": "Parameters logged",
    "run.metrics": "Metrics logged",
    "code.commit": "Commit",
    "code.notebook": "Notebook",
    "code.notebook_revision": "Revision of the notebook",
    "code.repository": "Repository",
    "code.reference": "Branch or tag",
    "code.path": "Path in the repository",
    "code.author": "Author of the commit",
    "code.date": "Date of the commit",
    "code.subject": "Subject of the commit",
    "code.signature": "Signature of the commit",
    "code.tags": "Tags of the commit",
    "code.dirty": "Working tree at training",
    "code.pack": "Source in the bundle",
    "environment.python": "Python",
    "environment.requirements": "Requirements",
    "environment.platform": "Platform",
    "environment.sbom": "Bill of materials",
    "environment.worker": "The model was run in",
    "challenger.environment": "The challenger was run in",
    "declarations.given": "Declarations",
    "decision.beside": "Decides beside the model",
}
_COUNTED: Final = {
    "model.artifact": "file",
    "challenger.artifact": "file",
    "code.pack": "Git object",
    "environment.requirements": "requirement",
    "challenger.requirements": "requirement",
}
_DATA_WORDS: Final = ("snapshot", "rows", "link")
_KIND_ORDER: Final = ("model", "run", "code", "data", "environment", "declarations")


def declared(declarations: Declarations | None) -> tuple[tuple[Pair, ...], str]:
    """What people state, in the form's order, and one sentence naming what they left out."""
    if declarations is None:
        return (
            (),
            "No declarations were given: purpose, owner, limits and monitoring are not known.",
        )
    pairs, absent = [], []
    for field, term in _DECLARED.items():
        value = getattr(declarations, field)
        if field == "automated" and value is not None:
            value = _AUTOMATED[value]
        if value:
            pairs.append(Pair(term=term, text=value if isinstance(value, str) else listed(value)))
        elif field in _EXPECTED:
            absent.append(field)
    pairs += [Pair(term=f"Document: {d.about}", text=_document(d)) for d in declarations.document]
    left_out = f"Not declared: {listed(absent)}." if absent else ""
    return tuple(pairs), left_out


def _document(document: Document) -> str:
    parts = [document.title, document.version and f"version {document.version}", document.dated,
             document.model_version and f"about version {document.model_version}",
             document.sha256 and f"sha256 {document.sha256}", document.location]  # fmt: skip
    return ", ".join(p for p in parts if p)


def fact_rows(evidence: Evidence, *, environment: bool) -> tuple[FactRow, ...]:
    """The provenance table, or that of the environment, in the order of the chain."""
    facts = [f for f in evidence.provenance if (f.kind == "environment") is environment]
    facts.sort(key=_fact_rank)
    return tuple(
        FactRow(
            id=f.id,
            what=fact_words(f.id),
            value=fact_value(f),
            digest=""
            if f.digest is not None and f.digest.value == f.value
            else digest_words(f.digest),
            basis=f.basis,
            source=f.source,
        )
        for f in facts
    )


def _fact_rank(fact: Fact) -> tuple[int, int, str, int]:
    known = list(_FACT_WORDS).index(fact.id) if fact.id in _FACT_WORDS else len(_FACT_WORDS)
    stem, _, last = fact.id.rpartition(".")
    within = _DATA_WORDS.index(last) if last in _DATA_WORDS else len(_DATA_WORDS)
    return (_KIND_ORDER.index(fact.kind), known, stem, within)


def fact_words(fact_id: str) -> str:
    """A fact's name in words: `Snapshot, role evaluation`; else its id."""
    parts = fact_id.split(".")
    if parts[0] == "data" and len(parts) >= 3:
        names = {
            "snapshot": "Snapshot", "rows": "Rows", "link": "Named by the run",
            "tracked": "Stored by DVC at the commit", "md5": "Digest as DVC makes it",
            "include": "Rows travel", "exported_from": "Exported from", "query": "Query",
            "table_version": "Version of the table", "exported_at": "Exported at",
            "executed_at": "Query run at",
        }  # fmt: skip
        return f"{names.get(parts[-1], parts[-1])}, role {'.'.join(parts[1:-1])}"
    if fact_id.startswith((USED, LYING)):
        return f"Wheel among the model's files, {fact_id.partition('/')[2]}"
    if fact_id.startswith("model.params."):
        return f"Parameter {fact_id.removeprefix('model.params.')}"
    return _FACT_WORDS.get(fact_id, fact_id)


def fact_value(fact: Fact) -> str:
    """A fact's value as text; a known absence is said so."""
    if fact.value is None:
        return "not known" if fact.id == "code.dirty" else "absent"
    if isinstance(fact.value, bool):
        return "yes" if fact.value else "no"
    if fact.id in _COUNTED and isinstance(fact.value, int):
        return many(fact.value, _COUNTED[fact.id])
    if isinstance(fact.value, int):
        return f"{fact.value:,}"
    if isinstance(fact.value, str):
        return _moment(fact.value)
    return f"{fact.value:.6g}"


def _moment(text: str) -> str:
    """An ISO time with its zone as a day and a time in UTC; anything else as it stands."""
    try:
        moment = datetime.fromisoformat(text) if "T" in text else None
    except ValueError:
        return text
    if moment is None or moment.tzinfo is None:
        return text
    return f"{day(moment)}, {moment.astimezone(UTC):%H:%M} UTC"


def dataset_rows(
    evidence: Evidence, config: Config | None, reports: Sequence[Report]
) -> tuple[DatasetRow, ...]:
    """One row a dataset role, and a protected table: files, size, digest, whether it travels."""
    roles: dict[str, list[Item]] = {role: [] for role in (config.datasets if config else {})}
    for item in evidence.items:
        if item.kind in ("dataset", "protected-table"):
            roles.setdefault(item.role or "", []).append(item)
    return tuple(
        _dataset(evidence, role, items, rows_words(evidence, role, reports))
        for role, items in sorted(roles.items())
    )


def rows_words(evidence: Evidence, role: str, reports: Sequence[Report]) -> str:
    """The rows of a role as text, from its fact or its report; empty where nobody counted."""
    fact = evidence.fact(f"data.{role}.rows")
    if fact is not None and fact.value is not None:
        return fact_value(fact)
    counted = next((r.n_rows for r in reports if r.role == role and r.name == "performance"), None)
    return "" if counted is None else f"{counted:,}"


def _dataset(evidence: Evidence, role: str, items: list[Item], rows: str) -> DatasetRow:
    snapshot = evidence.fact(f"data.{role}.snapshot")
    total = sum(i.size_bytes for i in items)
    protected = any(i.kind == "protected-table" for i in items)
    if not items:
        travels = "absent"
    elif all(i.embedded for i in items):
        travels = "in the bundle"
    else:
        travels = "by reference" if not any(i.embedded for i in items) else "in part by reference"
    return DatasetRow(
        role=f"{role} (protected table)" if protected else role,
        rows=rows or "not counted",
        files=f"{many(len(items), 'file')}, {size(total)}" if items else "no files",
        travels=travels,
        digest=digest_words(snapshot.digest) if snapshot else "",
        basis=snapshot.basis if snapshot else "",
    )


def ranked(findings: Iterable[Finding]) -> list[Finding]:
    """Worst first: exceptions, what was recomputed before what was looked up; then gaps.

    Of the gaps those come first that leave others behind them: without a run there is no commit,
    without a commit no data, without data no numbers.
    """
    return sorted(findings, key=_rank)


def _rank(finding: Finding) -> tuple[bool, int, str]:
    if finding.kind != "gap":
        return False, _STAGE_RANK[finding.stage], finding.id
    return True, _CHAIN.get(finding.id.partition(".")[0], len(_CHAIN)), finding.id


def finding_rows(findings: Iterable[Finding]) -> tuple[FindingRow, ...]:
    """Every finding in full, in the order of page one."""
    return tuple(
        FindingRow(
            id=f.id,
            anchor=f"finding-{place}",
            status=finding_word(f),
            what=sentence(f.what),
            expected=f.expected or "",
            found=f.found or "",
            fix=ended(f.fix),
            items=f.items,
        )
        for place, f in enumerate(ranked(findings), start=1)
    )


def item_rows(evidence: Evidence) -> tuple[tuple[ItemRow, ...], str]:
    """The first files of the record, and a sentence for those that are not shown."""
    rows = tuple(
        ItemRow(
            path=i.path + (f" (was {i.original_name})" if i.original_name else ""),
            size=size(i.size_bytes),
            sha256=grouped(i.sha256, 2),
            kind=i.kind,
            sensitivity=i.sensitivity,
            travels="in the bundle" if i.embedded else "by reference",
        )
        for i in evidence.items[:ITEMS_SHOWN]
    )
    more = len(evidence.items) - len(rows)
    return rows, f"And {many(more, 'file')} more: data/evidence.json lists all." if more else ""
