"""Writing down why nothing was built, and signing that, each file whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from affidavit.bundle.atomic import writing
from affidavit.bundle.findings import FINDINGS, Findings, findings_bytes, predicate_of
from affidavit.bundle.statement import statement_bytes
from affidavit.errors import UsageError
from affidavit.seal.adding import sign_beside
from affidavit.seal.interface import Signer

_RECORD: Final = ".json"


@dataclass(frozen=True, slots=True)
class FindingsFiles:
    """Where findings go.

    Attributes:
        record: the JSON.
        page: the same as HTML.
        statements: one for each signer, in their order; each is over both.
    """

    record: Path
    page: Path
    statements: tuple[Path, ...]


def findings_files(record: Path, signers: int) -> FindingsFiles:
    """The files that go with a findings.json: `refused.json` has `refused.html` beside it.

    Raises:
        UsageError: the name is that of a page, its folder is not there, or one of the files is.
    """
    stem = record.name.removesuffix(_RECORD)
    if record.suffix.casefold() in {".html", ".htm"}:
        raise UsageError(
            f"--findings {record}: names the JSON, and the page is written beside it",
            fix=f"--findings {record.with_suffix(_RECORD)}",
        )
    if not record.parent.is_dir():
        raise UsageError(
            f"--findings {record}: there is no folder {record.parent}",
            fix="make it, or name another",
        )
    ends = (".sigstore.json", *(f".{i}.sigstore.json" for i in range(2, signers + 1)))[:signers]
    files = FindingsFiles(
        record,
        record.with_name(f"{stem}.html"),
        tuple(record.with_name(record.name + e) for e in ends),
    )
    for path in (files.record, files.page, *files.statements):
        if path.exists() or path.is_symlink():
            raise UsageError(f"--findings {record}: {path} is there already", fix="name a new file")
    return files


def write_findings(findings: Findings, page: bytes, files: FindingsFiles) -> None:
    """Write the record and the page.

    Raises:
        UsageError: one of them exists, or cannot be written.
    """
    for path, content in ((files.record, findings_bytes(findings)), (files.page, page)):
        with writing(path) as file:
            file.write(content)


def sign_findings(
    findings: Findings, page: bytes, files: FindingsFiles, signers: Sequence[Signer]
) -> None:
    """Sign what was written, in a file beside it for each signer.

    Args:
        findings: that the record holds.
        page: the bytes of the page.
        files: where they lie, with as many statements as there are signers.
        signers: in the order of their files.

    Raises:
        UsageError: a statement's file exists, or cannot be written.
        AffidavitError: a signer did not sign.
    """
    said = predicate_of(findings, hashlib.sha256(page).hexdigest())
    digest = hashlib.sha256(findings_bytes(findings)).hexdigest()
    payload = statement_bytes("findings", FINDINGS, digest, said.model_dump(mode="json"))
    for place, signer in zip(files.statements, signers, strict=True):
        sign_beside(place, payload, signer)
