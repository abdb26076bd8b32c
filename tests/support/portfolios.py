"""Many real bundles from one: another model, version, owner, findings, attestations; sealed anew."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.support.bundles import BundleBuilder
from tests.support.forgeries import repair_checksums, with_seal
from tests.support.payloads import sha256_of
from tests.support.raw_archives import Entries, ordered, pack_raw
from tests.support.records import sample_standings

from affidavit.bundle import canonical, layout
from affidavit.bundle.names import folder_name
from affidavit.bundle.statement import statement_bytes, statement_name
from affidavit.seal.keys import LocalSigner

CATALOG = "data/controls/catalog.yaml"
PARAMS = "data/run/params.json"
STANDINGS = ("data/controls/gdpr.json", "data/controls/sr-26-2.json")
Attestation = tuple[LocalSigner, dict[str, Any]]


def portfolio_bundle(
    builder: BundleBuilder,
    out: Path,
    *,
    name: str = "credit-risk",
    version: str = "3",
    owner: str | None = "Head of Lending",
    tier: str | None = "1",
    gaps: int = 0,
    params: str = "5",
    has_controls: bool = True,
    attested: Sequence[Attestation] = (),
    signer: LocalSigner | None = None,
    files: dict[str, bytes] | None = None,
    says: dict[str, Any] | None = None,
) -> Path:
    """A bundle that `verify` takes, without a card.

    Args:
        builder: whose bundle it is made from, and whose key seals it unless `signer` does.
        out: where to write it.
        gaps: how many gaps evidence.json states.
        params: the value of a parameter, to tell two versions apart.
        has_controls: with the assessments of `sample_standings`.
        attested: who signs which predicate over the evidence id.
        files: payload files replaced.
        says: other fields of the seal's predicate.
    """
    kept = {n: c for n, c in builder.entries if not n.startswith("data/card/")}
    entries = kept | (files or {})
    old_id = sha256_of(builder.read(layout.EVIDENCE))
    evidence = json.loads(entries[layout.EVIDENCE])
    derived = json.loads(entries[layout.ITEMS])
    derived["items"] = [i for i in derived["items"] if i["kind"] != "card"]
    evidence["subject"] |= {"name": name, "version": version}
    evidence["findings"] += [_gap(number) for number in range(gaps)]
    entries[PARAMS] = canonical.dumps({
        "schema": "affidavit/run-params", "version": 1, "params": {"depth": params},
    })  # fmt: skip
    evidence["items"].append(_item(PARAMS, "run", "collected"))
    if owner or tier:
        entries[layout.DECLARATIONS] = _declarations(owner, tier)
        evidence["items"].append(_item(layout.DECLARATIONS, "declarations", "declared"))
    if has_controls:
        entries[CATALOG] = b"id: house\n"
        derived["items"].append(_item(CATALOG, "catalog", "assessed"))
        for standing in sample_standings(old_id):
            path = f"{layout.CONTROLS}/{standing.catalog}.json"
            fitted = standing.model_copy(update={"catalog_sha256": sha256_of(entries[CATALOG])})
            entries[path] = canonical.record_bytes(fitted)
            derived["items"].append(_item(path, "controls", "assessed"))
    evidence["items"].sort(key=lambda i: i["path"])
    derived["items"].sort(key=lambda i: i["path"])
    entries[layout.EVIDENCE] = canonical.dumps(evidence)
    entries[layout.ITEMS] = canonical.dumps(derived)
    repaired = repair_checksums(ordered(list(entries.items())))
    evidence_id = sha256_of(dict(repaired)[layout.EVIDENCE])
    predicate = builder.predicate() | {
        "evidence_id": evidence_id, "subject": {"name": name, "version": version}, **(says or {}),
    }  # fmt: skip
    sealed = with_seal(repaired, signer or builder._require_signer(), predicate)
    folder = folder_name(name, version)
    out.parent.mkdir(parents=True, exist_ok=True)
    about = {"subject": {"name": name, "version": version}, "evidence_id": evidence_id}
    signed = with_attestations(sealed, evidence_id, [(s, about | p) for s, p in attested])
    out.write_bytes(pack_raw((f"{folder}/{n}", content) for n, content in signed))
    return out


def with_attestations(
    entries: Entries, evidence_id: str, attested: Sequence[Attestation]
) -> Entries:
    """The entries with attestations over an evidence id; what a predicate leaves out is filled."""
    usual = {
        "schema": "affidavit/attestation", "version": 1, "role": "validator",
        "made_on": "2026-11-20", "expires_on": "2027-10-01",
    }  # fmt: skip
    made = [
        s.sign(statement_bytes("attestation", layout.EVIDENCE, evidence_id, usual | p))
        for s, p in attested
    ]
    return ordered([*entries, *((statement_name("attestation", c), c) for c in made)])


def trust_file(folder: Path, **signers: tuple[LocalSigner, Sequence[str]]) -> Path:
    """A trust.toml that pins each signer, by name, with its roles."""
    text = "version = 1\n"
    for name, (signer, roles) in signers.items():
        key = signer.public.pem().decode()
        text += (
            f'[[signer]]\nname = "{name}"\nroles = {json.dumps(list(roles))}\nkey = """{key}"""\n'
        )
    path = folder / "trust.toml"
    path.write_text(text)
    return path


def _gap(number: int) -> dict[str, Any]:
    return {
        "id": f"code.gap-{number}", "kind": "gap", "stage": "resolve", "what": "no commit was logged",
        "expected": None, "found": None, "fix": "log it next time", "items": [],
    }  # fmt: skip


def _declarations(owner: str | None, tier: str | None) -> bytes:
    stated = {"owner": owner, "tier": tier}
    lines = (f"{key} = {json.dumps(text)}\n" for key, text in stated.items() if text is not None)
    return ("version = 1\n" + "".join(lines)).encode()


def _item(path: str, kind: str, origin: str) -> dict[str, Any]:
    return {
        "path": path, "sha256": "0" * 64, "size_bytes": 0, "media_type": "application/octet-stream",
        "kind": kind, "origin": origin, "sensitivity": "internal", "role": None,
        "original_name": None, "embedded": True, "location": None,
    }  # fmt: skip
