"""What the expressions of a catalog see of the record.

`subject` {name, version}; `facts` by id {value, basis, source}, only those that have a value: a
fact that is known to be absent answers nothing; `roles` [{name, is_training, paths}], the dataset
roles whose snapshot was measured; `declared` by field, only those given, `document` a list;
`configuration` {task, label_kind, held, sensitive, has_time}; `reports` by name {paths, role,
is_training, n_rows, n_labelled, label_kind, n_numbers, with_interval, logged_equal,
logged_different, logged_not_recomputable}; `numbers` by id, only those that have a value;
`findings` [{id, kind, stage, what, items}]; `items` by kind [path].
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from affidavit.config import Config, Declarations
from affidavit.evidence import Evidence, Report
from affidavit.metric_names import is_training_role


@dataclass(frozen=True, slots=True)
class Context:
    """The record as plain values, for CEL, and the digest of every file that can be cited."""

    values: dict[str, object]
    digests: dict[str, str]


def read_reports(evidence: Evidence, root: Path) -> dict[str, Report]:
    """The reports of the workspace by path, in path order."""
    return {
        item.path: Report.model_validate_json((root / item.path).read_bytes())
        for item in evidence.of_kind("report")
        if item.media_type == "application/json"
    }


def context_of(
    evidence: Evidence,
    reports: dict[str, Report],
    config: Config,
    declarations: Declarations | None,
) -> Context:
    """Everything that an expression may ask, from the record alone."""
    kinds: dict[str, list[str]] = {}
    for item in evidence.items:
        kinds.setdefault(item.kind, []).append(item.path)
    return Context(
        {
            "subject": {"name": evidence.subject.name, "version": evidence.subject.version},
            "facts": {
                f.id: {"value": f.value, "basis": f.basis, "source": f.source}
                for f in evidence.provenance
                if f.value is not None
            },
            "roles": _measured_roles(evidence, config),
            "declared": _declared(declarations),
            "configuration": {
                "task": config.task,
                "label_kind": config.label.kind,
                "held": len(config.hold),
                "sensitive": sorted(config.sensitive),
                "has_time": config.time is not None,
            },
            "reports": _main_reports(reports, evidence),
            "numbers": {
                n.id: n.value
                for r in reports.values()
                for n in r.numbers
                if n.value is not None
            },
            "findings": [
                {
                    "id": f.id, "kind": f.kind, "stage": f.stage, "what": f.what,
                    "items": list(f.items),
                }
                for f in evidence.findings
            ],
            "items": kinds,
        },
        {i.path: i.sha256 for i in evidence.items},
    )  # fmt: skip


def _declared(declarations: Declarations | None) -> dict[str, object]:
    """The fields that say something: blanks are none."""
    if declarations is None:
        return {}
    said: dict[str, object] = {}
    for field, value in declarations.model_dump(mode="json", exclude_none=True).items():
        given = [v for v in value if _says(v)] if isinstance(value, list) else value
        if given and _says(given):
            said[field] = given
    return said


def _says(value: object) -> bool:
    return bool(value.strip()) if isinstance(value, str) else value is not None


def _measured_roles(evidence: Evidence, config: Config) -> list[dict[str, object]]:
    """Dataset roles whose bytes were hashed here; protected tables are none."""
    roles: list[dict[str, object]] = []
    for role in sorted(config.datasets):
        fact = evidence.fact(f"data.{role}.snapshot")
        if fact is not None and fact.value is not None and fact.basis == "measured":
            paths = [i.path for i in evidence.items if i.kind == "dataset" and i.role == role]
            roles.append({"name": role, "is_training": is_training_role(role), "paths": paths})
    return roles


def _main_reports(reports: dict[str, Report], evidence: Evidence) -> dict[str, dict[str, object]]:
    """One entry a report name: that of the evaluation role where there are several."""
    known = {i.path for i in evidence.items}
    ordered = sorted(
        reports.items(),
        key=lambda row: (not is_training_role(row[1].role), row[1].role == "evaluation"),
    )
    return {r.name: _facts_of(path, r, known) for path, r in ordered}


def _facts_of(path: str, report: Report, known: set[str]) -> dict[str, object]:
    verdicts = [entry.verdict for entry in report.logged]
    counts = f"data/reports/counts/{report.counts.file}" if report.counts else ""
    return {
        "paths": [p for p in (path, counts) if p in known],
        "role": report.role,
        "is_training": is_training_role(report.role),
        "n_rows": report.n_rows,
        "n_labelled": report.n_labelled,
        "label_kind": report.label_kind or "",
        "n_numbers": len(report.numbers),
        "with_interval": sum(n.low is not None for n in report.numbers),
        "logged_equal": verdicts.count("equal"),
        "logged_different": verdicts.count("different"),
        "logged_not_recomputable": verdicts.count("not-recomputable"),
    }
