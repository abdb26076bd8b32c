"""What comes with a signature: the key's name or a certificate, a log's entry, and timestamps.

All of it stands outside what is signed. A hint names a key and proves nothing; a certificate counts
only by a path to a root that the reader has from outside; a timestamp or a log's entry, only by an
authority or log that the reader trusts. The signature does not cover them: whoever has the file can
leave them out.

References:
    Sigstore bundle v0.3, sigstore_bundle.proto, VerificationMaterial: one of public_key and
    certificate (the leaf alone; its issuers come with the verifier's trust).
    sigstore_common.proto, RFC3161SignedTimestamp: a DER TimeStampResp over the signature's bytes.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Final, TypeGuard

from affidavit.bundle.canonical import Json
from affidavit.bundle.json_fields import listed, read_base64, read_object, read_text, require_keys
from affidavit.bundle.log_entry import LogEntry, read_log_entry
from affidavit.errors import BundleError, NewerFormat

MAX_TIMESTAMPS: Final = 4
MAX_TIMESTAMP_BYTES: Final = 32 * 1024
MAX_CERTIFICATE_BYTES: Final = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a signature is to be checked with; exactly one of `hint` and `certificate` is given.

    Attributes:
        hint: base64 of the SHA-256 of the key's DER SPKI.
        certificate: DER, of the signer.
        timestamps: each a TimeStampResp in DER (RFC 3161), over the signature's bytes.
        log_entry: of a keyless signature, beside its certificate.
    """

    hint: str | None = None
    certificate: bytes | None = None
    timestamps: tuple[bytes, ...] = ()
    log_entry: LogEntry | None = None

    def __post_init__(self) -> None:
        if (self.hint is None) == (self.certificate is None):
            raise ValueError("a signature comes with a key's hint or a certificate, not both")
        if self.log_entry is not None and self.certificate is None:
            raise ValueError("a log's entry comes with a certificate")

    def as_json(self) -> dict[str, Json]:
        """The field `verificationMaterial`, as it is written; a field that is empty is left out."""
        entries: list[Json] = [self.log_entry.as_json()] if self.log_entry else []
        fields: dict[str, Json] = {"tlogEntries": entries}
        if self.certificate is None:
            fields["publicKey"] = {"hint": self.hint}
        else:
            fields["certificate"] = {"rawBytes": _encoded(self.certificate)}
        if self.timestamps:
            fields["timestampVerificationData"] = {
                "rfc3161Timestamps": [
                    {"signedTimestamp": _encoded(t)} for t in sorted(self.timestamps)
                ]
            }
        return fields


def read_material(value: Json, name: str) -> Material:
    """Read the field `verificationMaterial`.

    Raises:
        NewerFormat: a proof that this version does not know: a chain, several log entries, one
            beside a key.
        BundleError: anything else than what `Material` writes.
    """
    where = f"{name}, verificationMaterial"
    fields = read_object(value, where)
    entries = fields.get("tlogEntries") or []
    if "x509CertificateChain" in fields or not _is_known(entries, "certificate" in fields):
        raise NewerFormat(
            f"{name}: several log entries, one beside a key, or a chain of certificates are not "
            "known to this version of Affidavit",
            "it knows a key's signature, and one certificate, alone or with one log entry",
            "install a newer Affidavit",
        )
    if set(fields) - {"publicKey", "certificate", "timestampVerificationData", "tlogEntries"}:
        raise BundleError(f"{name}: verificationMaterial has unknown fields", listed(fields))
    if ("publicKey" in fields) == ("certificate" in fields):
        raise BundleError(f"{where}: expected publicKey or certificate", f"found {listed(fields)}")
    timestamps = _read_timestamps(fields.get("timestampVerificationData"), where)
    if "certificate" in fields:
        certificate = read_object(fields["certificate"], f"{where}, certificate")
        require_keys(certificate, {"rawBytes"}, f"{where}, certificate")
        content = read_base64(certificate["rawBytes"], f"{where}, rawBytes")
        if not 0 < len(content) <= MAX_CERTIFICATE_BYTES:
            raise BundleError(f"{where}: a certificate of {len(content)} bytes")
        entry = next((read_log_entry(e, f"{name}, log entry") for e in entries), None)
        return Material(certificate=content, timestamps=timestamps, log_entry=entry)
    key = read_object(fields["publicKey"], f"{name}, publicKey")
    require_keys(key, {"hint"}, f"{name}, publicKey")
    return Material(hint=read_text(key["hint"], f"{name}, hint"), timestamps=timestamps)


def _is_known(entries: Json, has_certificate: bool) -> TypeGuard[list[Json]]:
    return isinstance(entries, list) and len(entries) <= int(has_certificate)


def _read_timestamps(value: Json, where: str) -> tuple[bytes, ...]:
    if value is None:
        return ()
    where = f"{where}, timestampVerificationData"
    fields = read_object(value, where)
    require_keys(fields, {"rfc3161Timestamps"}, where)
    rows = fields["rfc3161Timestamps"]
    if not isinstance(rows, list) or not 0 < len(rows) <= MAX_TIMESTAMPS:
        raise BundleError(f"{where}: expected 1 to {MAX_TIMESTAMPS} timestamps")
    found: list[bytes] = []
    for row in rows:
        fields = read_object(row, where)
        require_keys(fields, {"signedTimestamp"}, where)
        content = read_base64(fields["signedTimestamp"], f"{where}, signedTimestamp")
        if not 0 < len(content) <= MAX_TIMESTAMP_BYTES or content in found:
            raise BundleError(f"{where}: a timestamp of {len(content)} bytes, or one twice")
        found.append(content)
    return tuple(found)


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()
