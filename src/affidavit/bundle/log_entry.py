"""A log's entry for a signature: what a transparency log says it took in, when, and its proof.

Read strictly and written in one form; what it proves, `bundle.keyless` has Sigstore's own library
say. As every proof beside a signature it stands outside what is signed.

References:
    sigstore_rekor.proto, TransparencyLogEntry; ProtoJSON, which writes 64-bit numbers as text.
    transparency.dev, checkpoint and signed note: the second line is the size of the tree.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Final

from affidavit.bundle.canonical import Json
from affidavit.bundle.json_fields import listed, read_base64, read_object, read_text, require_keys
from affidavit.errors import BundleError, NewerFormat

# What a statement is logged as: whole by Rekor v1, by its digest by v2.
KINDS: Final = (("dsse", "0.0.1"), ("hashedrekord", "0.0.2"))
MAX_BODY_BYTES: Final = 64 * 1024
_MAX_HASHES: Final = 64
_MAX_CHECKPOINT: Final = 16 * 1024
_MAX_PROMISE_BYTES: Final = 1024
_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")
_MUST: Final = {"logIndex", "logId", "kindVersion", "inclusionProof", "canonicalizedBody"}
_MAY: Final = {"integratedTime", "inclusionPromise"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Inclusion:
    """The proof that an entry is in a tree, and the log's signed word on that tree.

    Attributes:
        index: in the tree. size: of the tree, entries.
        root: of the tree, SHA-256. hashes: the path to it, each SHA-256.
        checkpoint: a signed note: the log's name, the size, the root.
    """

    index: int
    size: int
    root: bytes
    hashes: tuple[bytes, ...]
    checkpoint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """What a log says; nothing of it is proved here.

    Attributes:
        index: among all that the log took in.
        log: SHA-256 of the log's public key, DER SPKI.
        kind: and its version, one of `KINDS`.
        time: at which it was taken in, seconds since 1970, UTC; None where the log gives none.
        promise: the log's signature over body, time and index; None where it gives none.
        proof: that it is in.
        body: the entry, as the log has it.
    """

    index: int
    log: bytes
    kind: tuple[str, str]
    time: int | None
    promise: bytes | None
    proof: Inclusion
    body: bytes

    def as_json(self) -> dict[str, Json]:
        """As it is written; a field that is absent is left out."""
        fields: dict[str, Json] = {
            "logIndex": str(self.index),
            "logId": {"keyId": _encoded(self.log)},
            "kindVersion": {"kind": self.kind[0], "version": self.kind[1]},
            "inclusionProof": {
                "logIndex": str(self.proof.index),
                "rootHash": _encoded(self.proof.root),
                "treeSize": str(self.proof.size),
                "hashes": [_encoded(h) for h in self.proof.hashes],
                "checkpoint": {"envelope": self.proof.checkpoint},
            },
            "canonicalizedBody": _encoded(self.body),
        }
        if self.time is not None:
            fields["integratedTime"] = str(self.time)
        if self.promise is not None:
            fields["inclusionPromise"] = {"signedEntryTimestamp": _encoded(self.promise)}
        return fields


def read_log_entry(value: Json, where: str) -> LogEntry:
    """Read an entry of `tlogEntries`.

    Raises:
        NewerFormat: a kind of entry that this version does not know.
        BundleError: not an entry with its proof and checkpoint, or not in its one form.
    """
    fields = read_object(value, where)
    if not set(fields) >= _MUST or set(fields) - _MUST - _MAY:
        raise BundleError(f"{where}: expected {listed(_MUST)}", f"found {listed(fields)}")
    kind = read_object(fields["kindVersion"], f"{where}, kindVersion")
    require_keys(kind, {"kind", "version"}, f"{where}, kindVersion")
    found = (read_text(kind["kind"], where), read_text(kind["version"], where))
    if found not in KINDS:
        raise NewerFormat(
            f"{where}: a log entry of the kind {found[0][:40]} {found[1][:40]} is not known to "
            "this version of Affidavit",
            f"it knows {' and '.join(' '.join(k) for k in KINDS)}", "install a newer Affidavit",
        )  # fmt: skip
    log = read_object(fields["logId"], f"{where}, logId")
    require_keys(log, {"keyId"}, f"{where}, logId")
    time = _number(fields["integratedTime"], where) if "integratedTime" in fields else None
    return LogEntry(
        index=_number(fields["logIndex"], where),
        log=_bytes(log["keyId"], where, least=32, most=32),
        kind=found, time=time, promise=_promise(fields, where),
        proof=_inclusion(fields["inclusionProof"], f"{where}, inclusionProof"),
        body=_bytes(fields["canonicalizedBody"], where, least=1, most=MAX_BODY_BYTES),
    )  # fmt: skip


def _promise(fields: dict[str, Json], where: str) -> bytes | None:
    if "inclusionPromise" not in fields:
        return None
    promise = read_object(fields["inclusionPromise"], f"{where}, inclusionPromise")
    require_keys(promise, {"signedEntryTimestamp"}, f"{where}, inclusionPromise")
    return _bytes(promise["signedEntryTimestamp"], where, least=1, most=_MAX_PROMISE_BYTES)


def _inclusion(value: Json, where: str) -> Inclusion:
    fields = read_object(value, where)
    require_keys(fields, {"logIndex", "rootHash", "treeSize", "hashes", "checkpoint"}, where)
    hashes = fields["hashes"]
    if not isinstance(hashes, list) or len(hashes) > _MAX_HASHES:
        raise BundleError(f"{where}: expected at most {_MAX_HASHES} hashes")
    checkpoint = read_object(fields["checkpoint"], f"{where}, checkpoint")
    require_keys(checkpoint, {"envelope"}, f"{where}, checkpoint")
    note, size = read_text(checkpoint["envelope"], where), _number(fields["treeSize"], where)
    if len(note) > _MAX_CHECKPOINT:
        raise BundleError(f"{where}: a checkpoint of {len(note)} characters")
    if note.split("\n")[1:2] != [str(size)]:
        raise BundleError(f"{where}: its checkpoint is of a tree of another size")
    return Inclusion(
        index=_number(fields["logIndex"], where), size=size,
        root=_bytes(fields["rootHash"], where, least=32, most=32),
        hashes=tuple(_bytes(h, where, least=32, most=32) for h in hashes), checkpoint=note,
    )  # fmt: skip


def _number(value: Json, where: str) -> int:
    text = read_text(value, where)
    if not _NUMBER.fullmatch(text):
        raise BundleError(f"{where}: {text[:40]!r} is no number that a log gives")
    return int(text)


def _bytes(value: Json, where: str, *, least: int, most: int) -> bytes:
    content = read_base64(value, where)
    if not least <= len(content) <= most:
        raise BundleError(f"{where}: {len(content)} bytes where {least} to {most} are due")
    return content


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()
