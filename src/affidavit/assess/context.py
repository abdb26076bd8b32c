"""What the expressions of a catalog see of the record.

`subject` {name, version}; `facts` by id {value, basis, source}, only those that have a value: a
fact that is known to be absent answers nothing; `roles` [{name, is_training, paths}], the dataset
roles whose snapshot was measured; `snapshots` {kept_out, training}, the paths of these; `declared`
by field, only those given, `document` a list; `configuration` {task, label_kind, held, holds,
sensitive, has_time}, `holds` [{metric, about, set_by, set_on, finding}]: our name for the metric,
one of performance, groups, shares, stability, and how the ids of its findings begin; `reports` by
name {paths, role, is_training, n_rows, n_labelled, label_kind, n_numbers, with_interval,
logged_equal, logged_different, logged_not_recomputable}; `numbers` by id, only those that have a
value; `findings` [{id, kind, stage, what, items}]; `items` by kind [path]; `explanation` as
`affidavit.assess.explanations` says. `as_of`, the day, comes with `Context.on`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from affidavit.assess.explanations import Explained, explanation_values
from affidavit.assess.expressions import Prepared, prepare
from affidavit.config import Config, Declarations
from affidavit.evidence import Evidence, Report
from affidavit.holds import finding_start
from affidavit.metric_names import canonical_metric, is_training_role
from affidavit.printable import says_something

# Measures that no label goes into, or no prediction: none says how right the model is.
_SHARES: Final = frozenset(
    ["selection_rate", "prevalence", "count", "mean_score", "mean_prediction"]
)


@dataclass(frozen=True)
class Context:
    """The record as plain values, for CEL, and the digest of every file that can be cited."""

    values: dict[str, object]
    digests: dict[str, str]
    _on: dict[str, Context] = field(default_factory=dict, init=False, repr=False, compare=False)

    def on(self, day: str) -> Context:
        """The record on a day, which expressions see as `as_of`; made once a day."""
        if day not in self._on:
            self._on[day] = Context({**self.values, "as_of": day}, self.digests)
        return self._on[day]

    @cached_property
    def prepared(self) -> Prepared:
        """The values as expressions take them."""
        return prepare(self.values)


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
    explained: Explained | None = None,
) -> Context:
    """Everything that an expression may ask, from the record alone."""
    kinds: dict[str, list[str]] = {}
    for item in evidence.items:
        kinds.setdefault(item.kind, []).append(item.path)
    roles = _measured_roles(evidence, config)
    return Context(
        {
            "subject": {"name": evidence.subject.name, "version": evidence.subject.version},
            "facts": {
                f.id: {"value": f.value, "basis": f.basis, "source": f.source}
                for f in evidence.provenance
                if f.value is not None
            },
            "roles": roles,
            "snapshots": _snapshots(evidence, roles),
            "declared": _declared(declarations),
            "configuration": {
                "task": config.task,
                "label_kind": config.label.kind,
                "held": len(config.hold),
                "holds": _holds(config),
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
            "explanation": explanation_values(explained or Explained(), config),
        },
        {i.path: i.sha256 for i in evidence.items},
    )  # fmt: skip


def _holds(config: Config) -> list[dict[str, object]]:
    """The thresholds in the configuration's order, so that a catalog can tell which it means."""
    return [
        {
            "metric": canonical_metric(hold.metric), "about": _about(canonical_metric(hold.metric)),
            "set_by": hold.set_by, "set_on": hold.set_on, "finding": finding_start(position),
        }
        for position, hold in enumerate(config.hold, start=1)
    ]  # fmt: skip


def _about(metric: str) -> str:
    """What a threshold on a metric speaks of: a share decided, say, is no word on performance."""
    if metric.endswith(("_ratio", "_difference")):
        return "groups"
    if metric.endswith("_stability_index"):
        return "stability"
    return "shares" if metric in _SHARES else "performance"


def _declared(declarations: Declarations | None) -> dict[str, object]:
    """The fields that say something: blanks are none, and no mere dash."""
    if declarations is None:
        return {}
    said: dict[str, object] = {}
    for name, value in declarations.model_dump(mode="json", exclude_none=True).items():
        given = [v for v in value if _says(v)] if isinstance(value, list) else value
        if given and _says(given):
            said[name] = given
    return said


def _says(value: object) -> bool:
    return says_something(value) if isinstance(value, str) else value is not None


def _measured_roles(evidence: Evidence, config: Config) -> list[dict[str, object]]:
    """Dataset roles whose bytes were hashed here; protected tables are none."""
    roles: list[dict[str, object]] = []
    for role in sorted(config.datasets):
        fact = evidence.fact(f"data.{role}.snapshot")
        if fact is not None and fact.value is not None and fact.basis == "measured":
            paths = [i.path for i in evidence.items if i.kind == "dataset" and i.role == role]
            roles.append({"name": role, "is_training": is_training_role(role), "paths": paths})
    return roles


def _snapshots(evidence: Evidence, roles: list[dict[str, object]]) -> dict[str, list[str]]:
    """The files of measured roles, as lists that nothing has to filter.

    CEL copies a list at each step of a filter: hours, for a snapshot of many files.
    """
    kind_of = {r["name"]: "training" if r["is_training"] else "kept_out" for r in roles}
    found: dict[str, list[str]] = {"kept_out": [], "training": []}
    for item in evidence.of_kind("dataset"):
        if item.role in kind_of:
            found[kind_of[item.role]].append(item.path)
    return found


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
