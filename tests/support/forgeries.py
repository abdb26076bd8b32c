"""Repairs after a change, as a careful forger makes them."""

from __future__ import annotations

import json
from typing import Any

from tests.support.payloads import artifact_digest, honest_card, sha256_of
from tests.support.raw_archives import Entries, ordered

from affidavit.bundle import canonical, layout
from affidavit.bundle.manifest import render_manifest
from affidavit.bundle.statement import (
    statement_bytes,
    statement_name,
)
from affidavit.evidence import Evidence, Report
from affidavit.explanation_record import Explainability
from affidavit.seal.keys import LocalSigner


def repair_checksums(entries: Entries) -> Entries:
    """Item tables, evidence id, bag-info and both manifests made to fit the files again."""
    files = dict(entries)
    old_id = _sha256_of_table(files)
    _refit_table(files, layout.EVIDENCE)
    new_id = sha256_of(files[layout.EVIDENCE])
    first_hand = {i["path"] for i in json.loads(files[layout.EVIDENCE])["items"]}
    for name, content in list(files.items()):
        if name.startswith("data/") and name not in first_hand and name != layout.EVIDENCE:
            files[name] = content.replace(old_id.encode(), new_id.encode())
    _refit_table(files, layout.ITEMS)
    payload = {n: c for n, c in files.items() if n.startswith("data/")}
    files[layout.BAG_INFO] = _refit_bag_info(files[layout.BAG_INFO], new_id, payload)
    files[layout.MANIFEST] = render_manifest((n, sha256_of(c)) for n, c in payload.items())
    files[layout.TAG_MANIFEST] = render_manifest(
        (n, sha256_of(files[n])) for n in layout.TAGGED if n in files
    )
    return [(n, files[n]) for n, _ in entries]


def with_seal(entries: Entries, signer: LocalSigner, predicate: dict[str, Any]) -> Entries:
    """The entries with one seal over their tag manifest, in place of those before."""
    kept = [(n, c) for n, c in entries if not n.startswith("signatures/seal-")]
    root = sha256_of(dict(kept)[layout.TAG_MANIFEST])
    content = signer.sign(statement_bytes("seal", layout.TAG_MANIFEST, root, predicate))
    return ordered([*kept, (statement_name("seal", content), content)])


def card_of(entries: Entries | dict[str, bytes]) -> bytes:
    """The card that follows from the records, citing the evidence id that items.json has."""
    files = dict(entries)
    evidence = Evidence.model_validate_json(files[layout.EVIDENCE])
    reports = [
        Report.model_validate_json(content)
        for path, content in sorted(files.items())
        if path.rpartition("/")[0] == layout.REPORTS and path.endswith(".json")
        and path not in (layout.EXPLAINABILITY, layout.DECISIONS)
    ]  # fmt: skip
    explained = files.get(layout.EXPLAINABILITY)
    whole = None if explained is None else Explainability.model_validate_json(explained)
    cited = json.loads(files[layout.ITEMS])["evidence_id"]
    return canonical.dumps(
        honest_card(evidence, cited, reports, files.get(layout.CONFIG), whole).model_dump(
            mode="json"
        )
    )


def _sha256_of_table(files: dict[str, bytes]) -> str:
    """The evidence id that items.json still cites; the old one."""
    cited: str = json.loads(files[layout.ITEMS])["evidence_id"]
    return cited


def _refit_table(files: dict[str, bytes], table: str) -> None:
    record = json.loads(files[table])
    for item in record["items"]:
        if item["embedded"] and item["path"] in files:
            content = files[item["path"]]
            item["sha256"], item["size_bytes"] = sha256_of(content), len(content)
    record["items"] = [i for i in record["items"] if not i["embedded"] or i["path"] in files]
    for fact in record.get("provenance", []):
        if fact["id"] == "model.artifact":
            model = [(i["path"], i["sha256"]) for i in record["items"] if i["kind"] == "model"]
            fact["value"], fact["digest"]["value"] = len(model), artifact_digest(model)
    files[table] = canonical.dumps(record)


def _refit_bag_info(content: bytes, evidence_id: str, payload: dict[str, bytes]) -> bytes:
    oxum = f"{sum(map(len, payload.values()))}.{len(payload)}"
    lines = []
    for line in content.decode().splitlines():
        label, _, value = line.partition(": ")
        changed = {"Affidavit-Evidence-Id": evidence_id, "Payload-Oxum": oxum}.get(label, value)
        lines.append(f"{label}: {changed}\n")
    return "".join(lines).encode()
