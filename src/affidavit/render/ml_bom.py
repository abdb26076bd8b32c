"""The card as a CycloneDX ML-BOM: one component, the model, with its modelCard.

Only numbers of whole roles and comparisons of groups go in, no rate of a single group; and none
that the card masks: a rate gives the counts of a small group away, and so does a comparison.

References:
    CycloneDX 1.6, JSON, https://cyclonedx.org/docs/1.6/json/, modelCard.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from affidavit.bundle.canonical import Json
from affidavit.config import Config, Declarations
from affidavit.declared_record import SNAPSHOT, name_in
from affidavit.evidence import Evidence, Number, Report
from affidavit.masking import masks

_EPOCH: Final = "1970-01-01T00:00:00+00:00"
_TASKS: Final = {"binary": "classification", "multiclass": "classification",
                 "regression": "regression"}  # fmt: skip
_COMPARES: Final = ("_difference", "_ratio")
_DIGITS: Final = 12


def ml_bom(
    evidence: Evidence,
    evidence_id: str,
    *,
    reports: Sequence[Report],
    config: Config | None,
    declarations: Declarations | None,
) -> Json:
    """The BOM as JSON; the same bytes for the same evidence."""
    subject = evidence.subject
    created = subject.created_at.isoformat() if subject.created_at else _EPOCH
    component: dict[str, Json] = {
        "type": "machine-learning-model",
        "bom-ref": "model",
        "name": subject.name,
        "version": subject.version,
        "modelCard": _model_card(evidence, reports, config, declarations),
        "properties": [{"name": "affidavit:evidence-id", "value": evidence_id}],
    }
    if declarations and declarations.title:
        component["description"] = declarations.title
    if declarations and declarations.owner:
        component["supplier"] = {"name": declarations.owner}
    fact = evidence.fact("model.artifact")
    if fact is not None and fact.digest is not None and fact.digest.algorithm == "sha256":
        component["hashes"] = [{"alg": "SHA-256", "content": fact.digest.value}]
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, f'urn:affidavit:ml-bom:{evidence_id}')}",
        "version": 1,
        "metadata": {"timestamp": created, "component": component},
        "components": list(_datasets(evidence)),
    }


def _model_card(
    evidence: Evidence,
    reports: Sequence[Report],
    config: Config | None,
    declarations: Declarations | None,
) -> Json:
    parameters: dict[str, Json] = {"approach": {"type": "supervised"}}
    if config is not None:
        parameters["task"] = _TASKS[config.task]
    flavor = evidence.fact("model.flavor")
    if flavor is not None and flavor.value is not None:
        parameters["architectureFamily"] = str(flavor.value)
    if declarations and declarations.method:
        parameters["modelArchitecture"] = declarations.method
    parameters["datasets"] = [{"ref": str(d["bom-ref"])} for d in _datasets(evidence)]
    card: dict[str, Json] = {"modelParameters": parameters}
    if metrics := [_metric(n) for n in _shown(reports)]:
        card["quantitativeAnalysis"] = {"performanceMetrics": metrics}
    if considered := _considerations(declarations):
        card["considerations"] = considered
    return card


def _datasets(evidence: Evidence) -> Iterator[dict[str, Json]]:
    for fact in evidence.provenance:
        role = name_in(fact.id, SNAPSHOT)
        if role is not None and fact.value is not None:
            made: dict[str, Json] = {
                "type": "data", "bom-ref": f"dataset:{role}", "name": role,
                "data": [{"type": "dataset", "name": str(fact.value)}],
            }  # fmt: skip
            if fact.digest is not None and fact.digest.algorithm in ("sha256", "md5"):
                alg = {"sha256": "SHA-256", "md5": "MD5"}[fact.digest.algorithm]
                value = fact.digest.value.removesuffix(".dir")
                made["hashes"] = [{"alg": alg, "content": value}]
            yield made


def _shown(reports: Sequence[Report]) -> Iterator[Number]:
    masked = masks(reports)
    for report in reports:
        for number in report.numbers:
            whole = report.name == "performance" and number.group is None
            compares = report.name == "fairness" and number.metric.endswith(_COMPARES)
            if number.value is not None and number.id not in masked and (whole or compares):
                yield number


def _metric(number: Number) -> Json:
    made: dict[str, Json] = {
        "type": number.metric,
        "value": _text(number.value),
        "slice": number.role
        + "".join(f", {k} {v}" for k, v in sorted((number.group or {}).items())),
    }
    if number.low is not None and number.high is not None:
        made["confidenceInterval"] = {
            "lowerBound": _text(number.low), "upperBound": _text(number.high)
        }  # fmt: skip
    return made


def _text(value: float | None) -> str:
    return f"{value:.{_DIGITS}g}"


def _considerations(declarations: Declarations | None) -> Json:
    if declarations is None:
        return {}
    fields: Mapping[str, str | None] = {
        "users": declarations.users,
        "useCases": declarations.purpose,
        "technicalLimitations": declarations.limits,
    }
    return {name: [text] for name, text in fields.items() if text}
