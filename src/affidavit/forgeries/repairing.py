"""What a careful forger does after a change: every checksum recomputed, and perhaps a new seal.

No key is needed for the first, and everybody has one for the second.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace

from affidavit.bundle import canonical, layout
from affidavit.bundle.bag import parse_bag_info, render_bag_info
from affidavit.bundle.manifest import render_manifest
from affidavit.bundle.statement import parse_signed, statement_bytes, statement_name
from affidavit.forgeries.contents import PAYLOAD, Contents
from affidavit.seal import Signer

_SEAL = "signatures/seal-"


def repaired(contents: Contents) -> Contents:
    """Every digest right again, from the item tables up to the tag manifest; seals as they were."""
    files = dict(contents.files)
    old_id = parse_bag_info(files[layout.BAG_INFO], layout.BAG_INFO).evidence_id
    before = _digests(files[layout.EVIDENCE])
    files[layout.EVIDENCE] = _with_digests(files[layout.EVIDENCE], files)
    new_id, after = _sha256(files[layout.EVIDENCE]), _digests(files[layout.EVIDENCE])
    # Whoever cites the evidence, or a file by its digest (a control does), cites the new one.
    new = {old_id: new_id} | {before[p]: after[p] for p in before}
    for path in contents.below(PAYLOAD):
        if path != layout.EVIDENCE:
            files[path] = _citing_anew(files[path], new)
    files[layout.ITEMS] = _with_digests(files[layout.ITEMS], files)
    payload = {path: files[path] for path in contents.below(PAYLOAD)}
    files[layout.BAG_INFO] = _bag_info(files[layout.BAG_INFO], new_id, payload)
    files[layout.MANIFEST] = render_manifest((p, _sha256(c)) for p, c in payload.items())
    return tags_repaired(contents.with_files(files))


def tags_repaired(contents: Contents) -> Contents:
    """The tag manifest made to list the files beside it as they are now."""
    rows = ((p, _sha256(contents.files[p])) for p in layout.TAGGED)
    return contents.with_files({layout.TAG_MANIFEST: render_manifest(rows)})


def unsealed(contents: Contents) -> Contents:
    """All seals left out."""
    return contents.without(*contents.below(_SEAL))


def sealed_by(contents: Contents, signer: Signer) -> Contents:
    """One seal by this signer in place of those before, which says the same as the first did.

    Raises:
        StopIteration: no seal to take the words from; a bug of the caller.
    """
    old = next(iter(contents.below(_SEAL)))
    predicate = {
        **parse_signed(contents.files[old], old).predicate,
        "evidence_id": digest_in(contents, layout.EVIDENCE),
    }
    payload = statement_bytes("seal", layout.TAG_MANIFEST, root_of(contents), predicate)
    content = signer.sign(payload)
    return unsealed(contents).with_files({statement_name("seal", content): content})


def seals_of(contents: Contents) -> dict[str, bytes]:
    """The seals, by path."""
    return {path: contents.files[path] for path in contents.below(_SEAL)}


def root_of(contents: Contents) -> str:
    """What a seal is about: the digest of the tag manifest."""
    return digest_in(contents, layout.TAG_MANIFEST)


def digest_in(contents: Contents, path: str) -> str:
    """The SHA-256 of one of the files, in hex."""
    return _sha256(contents.files[path])


def _citing_anew(content: bytes, new: Mapping[str, str]) -> bytes:
    for old, digest in new.items():
        if old != digest:
            content = content.replace(old.encode(), digest.encode())
    return content


def _bag_info(content: bytes, evidence_id: str, payload: Mapping[str, bytes]) -> bytes:
    return render_bag_info(
        replace(
            parse_bag_info(content, layout.BAG_INFO),
            evidence_id=evidence_id,
            payload_bytes=sum(map(len, payload.values())),
            payload_files=len(payload),
        )
    )


def _digests(table: bytes) -> dict[str, str]:
    return {item["path"]: item["sha256"] for item in json.loads(table)["items"]}


def _with_digests(table: bytes, files: Mapping[str, bytes]) -> bytes:
    record = json.loads(table)
    for item in record["items"]:
        if item["embedded"]:
            content = files[item["path"]]
            item["sha256"], item["size_bytes"] = _sha256(content), len(content)
    return canonical.dumps(record)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
