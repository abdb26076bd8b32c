"""The assessments as OSCAL, for tools that read it: catalogs, a plan and results.

OSCAL knows two states of a finding, satisfied and not-satisfied; ours has six. The mapping loses,
so each finding and observation carries our status in a property of our namespace. A control that
only an institution can answer has an observation and no finding.

References:
    NIST OSCAL 1.2.1, catalog, assessment-plan and assessment-results models.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from affidavit.assess.catalog import Catalog
from affidavit.bundle.canonical import Json
from affidavit.standing import Assessment, CatalogStanding

VERSION: Final = "1.2.1"
NAMESPACE: Final = "urn:affidavit:oscal"
PLAN: Final = "assessment-plan"
RESULTS: Final = "assessment-results"
_METHODS: Final = {"machine": "TEST", "machine+role": "TEST", "role": "EXAMINE",
                   "institution": "EXAMINE"}  # fmt: skip
# Status to the state of a finding and its reason (OSCAL: finding-target status).
_STATES: Final = {
    "evidenced": ("satisfied", "pass"),
    "attested": ("satisfied", "other"),
    "exception": ("not-satisfied", "fail"),
    "needs-attestation": ("not-satisfied", "other"),
    "missing": ("not-satisfied", "other"),
}
_REMARKS: Final = {
    "evidenced": "The items are there and the tests hold; it does not mean that the text is met.",
    "attested": "A human statement, signed; not tested.",
    "exception": "A test on the values of an item does not hold, or a role answered no.",
    "needs-attestation": "The items are there; nobody has signed that they suffice.",
    "missing": "What the control asks for was looked for in the evidence, and is not there.",
}


def oscal_catalog(catalog: Catalog) -> Json:
    """A catalog of controls in our own words, so that the results' ids resolve."""
    return {
        "catalog": {
            "uuid": _uuid("catalog", catalog.id, catalog.read_on),
            "metadata": _metadata(catalog.title, catalog.read_on),
            "controls": [
                {
                    "id": control.id,
                    "title": _line(control.title),
                    "props": [_prop("reference", control.reference.text),
                              _prop("confidence", control.reference.confidence),
                              _prop("mode", control.mode)],
                    "parts": [
                        {"id": statement_id(control.id), "name": "statement",
                         "prose": control.expectation},
                        {"id": f"{control.id}_gdn", "name": "guidance",
                         "prose": control.rationale},
                    ],
                }
                for control in catalog.controls
            ],
        }
    }  # fmt: skip


def oscal_plan(standings: Sequence[CatalogStanding], evidence_id: str) -> Json:
    """The least plan that the results must point to."""
    day = max((s.as_of for s in standings), default="1970-01-01")
    return {
        "assessment-plan": {
            "uuid": _plan_uuid(evidence_id),
            "metadata": _metadata("Controls held against the evidence of one model version", day),
            "import-ssp": {"href": "../../evidence.json", "remarks": "No SSP: the evidence record "
                           "stands in its place."},
            "reviewed-controls": {"control-selections": [{"include-all": {}}]},
        }
    }  # fmt: skip


def oscal_results(standings: Sequence[CatalogStanding], evidence_id: str) -> Json:
    """One result a catalog; times are days of the assessment, ids follow from the evidence id."""
    day = max((s.as_of for s in standings), default="1970-01-01")
    cited = {i.path: i.sha256 for s in standings for a in s.assessments for i in a.items}
    resources: list[Json] = [
        {"uuid": _uuid(evidence_id, "item", path), "title": path,
         "rlinks": [{"href": f"../../../{path}",
                     "hashes": [{"algorithm": "SHA-256", "value": sha256}]}]}
        for path, sha256 in sorted(cited.items())
    ]  # fmt: skip
    body: dict[str, Json] = {
        "uuid": _uuid(evidence_id, RESULTS, *(f"{s.catalog}@{s.as_of}" for s in standings)),
        "metadata": _metadata("What the evidence of one model version shows, by control", day),
        "import-ap": {"href": f"{PLAN}.json"},
        "results": [_result(s) for s in standings],
    }
    if resources:
        body["back-matter"] = {"resources": resources}
    return {"assessment-results": body}


def statement_id(control: str) -> str:
    """The id of a control's statement, which findings are about."""
    return f"{control}_smt"


def _result(standing: CatalogStanding) -> Json:
    asked = [a for a in standing.assessments if a.status != "not-applicable"]
    aside = [a for a in standing.assessments if a.status == "not-applicable"]
    selection: dict[str, Json] = {"include-all": {}}
    if aside:
        selection["exclude-controls"] = [{"control-id": a.control} for a in aside]
    found: dict[str, Json] = {
        "uuid": _uuid(standing.evidence_id, "result", standing.catalog, standing.as_of),
        "title": _line(standing.title),
        "description": f"Held against {standing.catalog}, as of {standing.as_of}. "
        f"{standing.text_status}.",
        "start": _instant(standing.as_of),
        "props": [_prop("evidence-id", standing.evidence_id),
                  _prop("catalog-sha256", standing.catalog_sha256)],
        "reviewed-controls": {"control-selections": [selection]},
        "observations": [_observation(a, standing) for a in standing.assessments],
    }  # fmt: skip
    lists = {
        "risks": list(_risks(asked, standing)),
        "findings": list(_findings(asked, standing)),
        "attestations": list(_attestations(asked)),
    }
    return found | {name: rows for name, rows in lists.items() if rows}


def _observation(a: Assessment, standing: CatalogStanding) -> Json:
    made: dict[str, Json] = {
        "uuid": _id(a, standing, "observation"),
        "title": _line(f"{a.control}: {a.title}"),
        "description": a.because,
        "props": [_prop("affidavit-status", a.status)],
        "methods": [_METHODS[a.mode]],
        "collected": _instant(standing.as_of),
    }
    if a.items:
        made["relevant-evidence"] = [
            {"href": f"#{_uuid(standing.evidence_id, 'item', i.path)}", "description": i.path}
            for i in a.items
        ]
    return made


def _findings(asked: Sequence[Assessment], standing: CatalogStanding) -> Iterator[Json]:
    for a in asked:
        if a.mode == "institution":
            continue
        state, reason = _STATES[a.status]
        made: dict[str, Json] = {
            "uuid": _id(a, standing, "finding"),
            "title": _line(f"{a.control}: {a.title}"),
            "description": a.because,
            "props": [_prop("affidavit-status", a.status)],
            "target": {
                "type": "statement-id", "target-id": statement_id(a.control),
                "status": {"state": state, "reason": reason, "remarks": _REMARKS[a.status]},
            },
            "related-observations": [{"observation-uuid": _id(a, standing, "observation")}],
        }  # fmt: skip
        if state == "not-satisfied":
            made["related-risks"] = [{"risk-uuid": _id(a, standing, "risk")}]
        yield made


def _risks(asked: Sequence[Assessment], standing: CatalogStanding) -> Iterator[Json]:
    for a in asked:
        if a.mode == "institution" or _STATES[a.status][0] == "satisfied":
            continue
        yield {
            "uuid": _id(a, standing, "risk"),
            "title": _line(f"{a.control}: {a.title}"),
            "description": a.because,
            "statement": a.remedy or _REMARKS[a.status],
            "status": "open",
        }


def _attestations(asked: Sequence[Assessment]) -> Iterator[Json]:
    for a in asked:
        for answer in a.answers:
            yield {
                "parts": [{
                    "name": "attestation", "ns": NAMESPACE,
                    "title": _line(f"{a.control}, {answer.role}: {answer.answer}"),
                    "prose": f"{answer.by} answered {answer.answer} on {answer.signed_on}; it "
                    f"holds until {answer.expires_on}. Statement sha256 {answer.statement}.",
                }]
            }  # fmt: skip


def _metadata(title: str, day: str) -> Json:
    return {"title": _line(title), "last-modified": _instant(day), "version": day,
            "oscal-version": VERSION}  # fmt: skip


def _prop(name: str, value: str) -> Json:
    return {"name": name, "ns": NAMESPACE, "value": _line(value)}


def _instant(day: str) -> str:
    return f"{day}T00:00:00Z"


def _line(text: str) -> str:
    return " ".join(text.split()) or "-"


def _id(a: Assessment, standing: CatalogStanding, kind: str) -> str:
    return _uuid(standing.evidence_id, kind, standing.catalog, a.control, standing.as_of)


def _plan_uuid(evidence_id: str) -> str:
    return _uuid(evidence_id, PLAN)


def _uuid(*parts: str) -> str:
    """A name-based UUID: the same evidence gives the same ids."""
    base: UUID = uuid5(NAMESPACE_URL, NAMESPACE)
    return str(uuid5(base, "\x1f".join(parts)))
