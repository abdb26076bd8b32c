"""Signed statements that outlive a rendering: those over the evidence, in a bundle or beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from affidavit.bundle.archive_reader import Archive
from affidavit.bundle.layout import EVIDENCE, MAX_STATEMENT_BYTES, MAX_STATEMENTS
from affidavit.bundle.model_signing import KIND as MODEL_KIND
from affidavit.bundle.statement import parse_signed, statement_name
from affidavit.errors import UsageError
from affidavit.verify import Trust
from affidavit.verify.checks import Ledger
from affidavit.verify.statements import Statement, read_given
from affidavit.verify.windows import clock

_NAMES = "*.sigstore.json"


def collect(archive: Archive, given: Sequence[Path], evidence_id: str) -> dict[str, bytes]:
    """What outlives an update, of a bundle and of what is given, by the names in it.

    Attestations and rechecks, and of the bundle also signatures over the model alone.

    Args:
        archive: of a bundle that was verified.
        given: files, or folders of them.
        evidence_id: that all of them have to be about.

    Raises:
        UsageError: a file that cannot be read or is about something else; more than a bundle
            holds beside its seal.
        BundleError: a file that is no signed statement.
    """
    found: dict[str, bytes] = {}
    for name in archive.names:
        if name.startswith("signatures/"):
            content = archive.read(name, MAX_STATEMENT_BYTES)
            signed = parse_signed(content, name)
            if signed.subject_name == EVIDENCE or signed.kind == MODEL_KIND:
                found[name] = content
    for path in _given_files(given):
        content = _read_given(path)
        found[statement_name(_kind_of(path, content, evidence_id), content)] = content
    if len(found) >= MAX_STATEMENTS:
        raise UsageError(
            f"{len(found)} signed statements and a seal, at most {MAX_STATEMENTS}",
            fix="give fewer of them",
        )
    return found


def _given_files(given: Sequence[Path]) -> list[Path]:
    files: list[Path] = []
    for path in given:
        if not path.is_dir():
            files.append(path)
            continue
        inside = sorted(path.glob(_NAMES))
        if not inside:
            raise UsageError(f"{path} holds no {_NAMES}", fix="name the statements' own files")
        files += inside
    return files


def _read_given(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_STATEMENT_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read", error.strerror or str(error), "check --attestations"
        ) from error
    if len(content) > MAX_STATEMENT_BYTES:
        raise UsageError(f"{path} is larger than {MAX_STATEMENT_BYTES} bytes", "no statement is")
    return content


def _kind_of(path: Path, content: bytes, evidence_id: str) -> str:
    """The kind of a signed statement over this very evidence."""
    signed = parse_signed(content, path.name)
    if signed.kind not in ("attestation", "recheck"):
        raise UsageError(
            f"{path}: expected an attestation or a recheck, found a statement of kind {signed.kind}"
        )
    about = f"{signed.subject_name} sha256 {signed.subject_sha256}"
    if (signed.subject_name, signed.subject_sha256) != (EVIDENCE, evidence_id):
        raise UsageError(
            f"{path} is about something else than this bundle",
            f"expected {EVIDENCE} sha256 {evidence_id}, found {about}",
            "attest this bundle",
        )
    return signed.kind


def require_good(
    along: Mapping[str, bytes], trust: Trust | None, as_of: str
) -> tuple[Statement, ...]:
    """The statements, none of them with a signature that a pinned key did not make.

    Args:
        along: by name.
        trust: pinned signers, or None.
        as_of: the day on which their keys have to count, YYYY-MM-DD.

    Raises:
        UsageError: one that names a pinned key and does not verify; the whole update is refused.
    """
    ledger = Ledger()
    found = read_given(along, trust, ledger, clock(as_of))
    for check in ledger.checks:
        raise UsageError(check.what, f"expected {check.expected}, found {check.found}")
    return found
