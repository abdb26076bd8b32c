"""Writing down why nothing was built, and signing that, each file whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from affidavit.bundle.atomic import writing
from affidavit.bundle.findings import FINDINGS, Findings, FindingsPredicate, findings_bytes
from affidavit.bundle.statement import statement_bytes
from affidavit.seal.adding import sign_beside
from affidavit.seal.interface import Signer


def write_findings(findings: Findings, out: Path) -> None:
    """Write findings.json.

    Raises:
        UsageError: the file exists, or cannot be written.
    """
    with writing(out) as file:
        file.write(findings_bytes(findings))


def sign_findings(findings: Findings, out: Path, signers: Sequence[Signer]) -> tuple[Path, ...]:
    """Sign what was written, in a file beside it for each signer.

    Args:
        findings: that lie at `out`.
        out: where they lie; `out.sigstore.json` beside it must not exist.
        signers: in the order of their files: `.sigstore.json`, `.2.sigstore.json`, ….

    Returns:
        The files of the statements.

    Raises:
        UsageError: a statement's file exists, or cannot be written.
        AffidavitError: a signer did not sign.
    """
    said = FindingsPredicate(
        asked=findings.asked, contradictions=len(findings.contradictions), made_on=findings.made_on
    )
    digest = hashlib.sha256(findings_bytes(findings)).hexdigest()
    payload = statement_bytes("findings", FINDINGS, digest, said.model_dump(mode="json"))
    places = [out.with_name(out.name + _suffix(i)) for i, _ in enumerate(signers, 1)]
    for place, signer in zip(places, signers, strict=True):
        sign_beside(place, payload, signer)
    return tuple(places)


def _suffix(number: int) -> str:
    return ".sigstore.json" if number == 1 else f".{number}.sigstore.json"
