"""When the output is there already: the same bundle is success, anything else is refused.

What can be known before a long build is refused before it: `require_room`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Sequence
from pathlib import Path

from affidavit.bundle.archive_reader import Archive, open_archive
from affidavit.bundle.bag import external_identifier
from affidavit.bundle.layout import (
    EVIDENCE,
    MANIFEST,
    MAX_RECORD_BYTES,
    MAX_STATEMENT_BYTES,
    TAG_MANIFEST,
    TAGGED,
)
from affidavit.bundle.manifest import parse_manifest
from affidavit.bundle.model_signing import KIND as MODEL_KIND
from affidavit.bundle.names import folder_name
from affidavit.bundle.statement import parse_signed
from affidavit.errors import BundleError, UsageError
from affidavit.seal.interface import Signer

_MOVE_IT = "move it away, or name another file with --out"
_SHOWN = 12


def require_room(path: Path, name: str, version: str | None) -> None:
    """Refuse an output that no build of this model version can end in; nothing is changed.

    Args:
        path: where the bundle is to go; if it is not there, all is well.
        name: of the model.
        version: None where only an alias is known; then another version is not refused yet.

    Raises:
        UsageError: it is no bundle, or one of another model version.
    """
    if not os.path.lexists(path):
        return
    try:
        with open_archive(path) as archive:
            found = archive.bag_info.external_identifier
    except BundleError as error:
        raise UsageError(f"{path} exists and is not a bundle", str(error), _MOVE_IT) from error
    if version is None:
        is_other = not found.startswith(f"{name}/") and "/" in found
    else:
        is_other = found != external_identifier(name, version, folder_name(name, version))
    if is_other:
        wanted = f"{name} version {version}" if version else name
        raise UsageError(
            f"{path} exists and holds another model version",
            f"expected {wanted}, found {_version_text(found)}",
            _MOVE_IT,
        )


def require_same_payload(
    path: Path,
    tag_manifest: bytes,
    evidence_id: str,
    signers: Sequence[Signer],
    *,
    along: Collection[str] = (),
) -> None:
    """Accept a bundle of the same payload that is whole, and sealed by the same signers.

    Args:
        path: what is there.
        tag_manifest: ours; its sha256 is the root.
        evidence_id: ours.
        signers: whose seals have to be in it.
        along: names of signed statements that have to be in it too.

    Raises:
        UsageError: it is something else.
    """
    try:
        with open_archive(path) as archive:
            _require_same_root(archive, tag_manifest, evidence_id)
            _require_whole(archive, tag_manifest)
            for signer in signers:
                _require_sealed_by(archive, tag_manifest, signer)
            if absent := sorted(set(along) - set(archive.names)):
                raise UsageError(f"{path} holds the same payload without {absent[0]}", fix=_MOVE_IT)
    except BundleError as error:
        raise UsageError(
            f"{path} exists and is not this bundle (evidence {_short(evidence_id)})",
            str(error),
            _MOVE_IT,
        ) from error


def require_model_signed(path: Path, signer: Signer) -> None:
    """Refuse a bundle that is there without this signer's signature over the model alone.

    Raises:
        UsageError: it has none.
    """
    with open_archive(path) as archive:
        for name in archive.names:
            is_one = name.startswith(f"signatures/{MODEL_KIND}-")
            if is_one and signer.made(archive.read(name, MAX_STATEMENT_BYTES), name):
                return
    raise UsageError(
        f"{path} holds the same payload without a signature over the model", fix=_MOVE_IT
    )


def _require_same_root(archive: Archive, tag_manifest: bytes, evidence_id: str) -> None:
    if archive.read(TAG_MANIFEST, MAX_RECORD_BYTES) == tag_manifest:
        return
    found = archive.digest(EVIDENCE) if EVIDENCE in archive else "none"
    there = _version_text(archive.bag_info.external_identifier)
    cause = (
        f"it holds {there}, evidence {_short(found)}; this build has evidence {_short(evidence_id)}"
    )
    if found == evidence_id:
        cause += ": the same facts, with other assessments or cards"
    raise UsageError(f"{archive.path} holds another payload", cause, _MOVE_IT)


def _version_text(identifier: str) -> str:
    name, _, version = identifier.rpartition("/")
    return f"{name} version {version}" if name else identifier


def _short(digest: str) -> str:
    return f"{digest[:_SHOWN]}…" if len(digest) > _SHOWN else digest


def _require_whole(archive: Archive, tag_manifest: bytes) -> None:
    """Every file that the root covers is there, unchanged, and no other."""
    expected = parse_manifest(tag_manifest, TAG_MANIFEST)
    expected |= parse_manifest(archive.read(MANIFEST, MAX_RECORD_BYTES), MANIFEST)
    found = {n for n in archive.names if n != TAG_MANIFEST and not n.startswith("signatures/")}
    if found != set(expected):
        name = min(found ^ set(expected))
        raise BundleError(f"{name} is {'not listed' if name in found else 'missing'}")
    for name, sha256 in sorted(expected.items(), key=lambda row: row[0] not in TAGGED):
        if archive.digest(name) != sha256:
            raise BundleError(f"{name} is not the file that its manifest lists")


def _require_sealed_by(archive: Archive, tag_manifest: bytes, signer: Signer) -> None:
    root = hashlib.sha256(tag_manifest).hexdigest()
    for name in archive.names:
        if name.startswith("signatures/seal-"):
            content = archive.read(name, MAX_STATEMENT_BYTES)
            signed = parse_signed(content, name)
            about = (signed.kind, signed.subject_name, signed.subject_sha256)
            if about == ("seal", TAG_MANIFEST, root) and signer.made(content, name):
                return
    raise UsageError(
        f"{archive.path} holds the same payload, not sealed by {signer.describe()}",
        fix=_MOVE_IT,
    )
