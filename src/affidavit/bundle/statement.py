"""Signed statements: an in-toto Statement in a DSSE envelope in a Sigstore bundle.

One subject, one signature, one form. The signed bytes are kept beside what was parsed from them,
so that nothing is ever checked over a re-serialisation.

References:
    in-toto Attestation Framework v1, Statement; DSSE v1.0.2, protocol.md (PAE); Sigstore bundle
    v0.3 (sigstore_bundle.proto).
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from affidavit.bundle.canonical import Json, dumps, loads
from affidavit.bundle.json_fields import read_base64, read_object, read_text
from affidavit.bundle.layout import MAX_STATEMENT_BYTES
from affidavit.bundle.material import Material, read_material
from affidavit.bundle.predicate import Builder, SealPredicate, SealSources, SubjectVersion
from affidavit.errors import BundleError, NewerFormat

KINDS: Final = ("seal", "approval", "withheld", "attestation", "recheck", "findings")
# Of another's making, and kept as the kind `oms`: OpenSSF Model Signing.
MODEL_PREDICATE: Final = "https://model_signing/signature/v1.0"
STATEMENT_TYPE: Final = "https://in-toto.io/Statement/v1"
PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
MEDIA_TYPE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"

__all__ = [
    "KINDS", "MODEL_PREDICATE", "PAYLOAD_TYPE", "Builder", "Material", "SealPredicate",
    "SealSources", "Signed", "SubjectVersion", "pae", "parse_signed", "predicate_type",
    "statement_bytes", "statement_name", "wrap",
]  # fmt: skip

_HEX64 = re.compile(r"[0-9a-f]{64}")
_PREDICATE_TYPE = re.compile(r"urn:affidavit:([a-z]{1,32}):([1-9][0-9]{0,5})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A signed statement, parsed and not yet verified.

    Attributes:
        payload: the bytes that were signed (inside `pae(payload_type, payload)`).
        signature: as the key gives it: 64 bytes for Ed25519, DER for ECDSA.
        material: what came with the signature: the key's name or a certificate, and timestamps.
            None of it is trust.
    """

    kind: str
    subject_name: str
    subject_sha256: str
    predicate: Mapping[str, Json]
    payload: bytes
    payload_type: str
    signature: bytes
    material: Material

    @property
    def hint(self) -> str | None:
        """Names the key, base64 of the SHA-256 of its DER SPKI; None beside a certificate."""
        return self.material.hint


def predicate_type(kind: str) -> str:
    """The type of a kind's predicate.

    Raises:
        ValueError: not one of `KINDS`.
    """
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind of statement")
    return f"urn:affidavit:{kind}:1"


def statement_bytes(
    kind: str, subject_name: str, subject_sha256: str, predicate: Mapping[str, Json]
) -> bytes:
    """The in-toto Statement, canonical: what is signed."""
    if not _HEX64.fullmatch(subject_sha256):
        raise ValueError(f"{subject_sha256!r} is no SHA-256 in hex")
    return dumps(
        {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": subject_name, "digest": {"sha256": subject_sha256}}],
            "predicateType": predicate_type(kind),
            "predicate": dict(predicate),
        }
    )


def pae(payload_type: str, payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding, lengths in bytes."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def wrap(payload: bytes, signature: bytes, material: Material | str) -> bytes:
    """The Sigstore bundle over a payload that a key signed.

    Args:
        payload: the statement.
        signature: over `pae(PAYLOAD_TYPE, payload)`.
        material: what comes with it; of a key alone, its hint will do.

    Raises:
        ValueError: larger than a statement may be.
    """
    if isinstance(material, str):
        material = Material(hint=material)
    content = dumps(
        {
            "mediaType": MEDIA_TYPE,
            "verificationMaterial": material.as_json(),
            "dsseEnvelope": {
                "payload": base64.b64encode(payload).decode(),
                "payloadType": PAYLOAD_TYPE,
                "signatures": [{"sig": base64.b64encode(signature).decode()}],
            },
        }
    )
    if len(content) > MAX_STATEMENT_BYTES:
        raise ValueError(f"a statement of {len(content)} bytes, at most {MAX_STATEMENT_BYTES}")
    return content


def statement_name(kind: str, content: bytes) -> str:
    """Where a signed statement is kept: its kind, and 16 digits of its file's SHA-256."""
    return f"signatures/{kind}-{hashlib.sha256(content).hexdigest()[:16]}.sigstore.json"


def parse_signed(content: bytes, name: str) -> Signed:
    """Read a signed statement; the signature is the caller's to verify.

    Raises:
        NewerFormat: a bundle version, a proof (a log entry) or a kind that this version does
            not know.
        BundleError: anything else than one statement with one subject and one signature, in the
            very bytes that `wrap` writes: other bytes of the same statement would have another
            digest, and a revocation by digest would not meet them.
    """
    if len(content) > MAX_STATEMENT_BYTES:
        raise BundleError(f"{name}: {len(content)} bytes, at most {MAX_STATEMENT_BYTES}")
    bundle = read_object(loads(content, name), name)
    if bundle.get("mediaType") != MEDIA_TYPE:
        raise _newer(name, f"the media type {bundle.get('mediaType')!r}", MEDIA_TYPE)
    _require_fields(bundle, {"mediaType", "verificationMaterial", "dsseEnvelope"}, name)
    material = read_material(bundle["verificationMaterial"], name)
    payload, signature = _read_envelope(bundle["dsseEnvelope"], name)
    signed = _read_statement(payload, signature, material, name)
    if wrap(payload, signature, material) != content:
        raise BundleError(f"{name}: not in the one form of a signed statement")
    return signed


def _read_envelope(value: Json, name: str) -> tuple[bytes, bytes]:
    envelope = read_object(value, f"{name}, its signed part")
    _require_fields(envelope, {"payload", "payloadType", "signatures"}, f"{name}, its signed part")
    if envelope["payloadType"] != PAYLOAD_TYPE:
        raise BundleError(
            f"{name}, its signed part: expected the type {PAYLOAD_TYPE}, "
            f"found {envelope['payloadType']!r}"
        )
    signatures = envelope["signatures"]
    if not isinstance(signatures, list) or len(signatures) != 1:
        count = len(signatures) if isinstance(signatures, list) else "none"
        raise BundleError(f"{name}: expected exactly one signature, found {count}")
    signature = read_object(signatures[0], f"{name}, signature")
    _require_fields(signature, {"sig"}, f"{name}, signature")
    return read_base64(envelope["payload"], f"{name}, payload"), read_base64(
        signature["sig"], f"{name}, sig"
    )


def _read_statement(payload: bytes, signature: bytes, material: Material, name: str) -> Signed:
    where = f"{name}, statement"
    statement = read_object(loads(payload, where), where)
    _require_fields(statement, {"_type", "subject", "predicateType", "predicate"}, where)
    if statement["_type"] != STATEMENT_TYPE:
        raise BundleError(f"{where}: _type expected {STATEMENT_TYPE}, found {statement['_type']!r}")
    kind = _read_kind(statement["predicateType"], where)
    subject_name, digest = _read_subject(statement["subject"], where)
    return Signed(
        kind=kind,
        subject_name=subject_name,
        subject_sha256=digest,
        predicate=read_object(statement["predicate"], f"{where}, what it says"),
        payload=payload,
        payload_type=PAYLOAD_TYPE,
        signature=signature,
        material=material,
    )


def _read_kind(value: Json, where: str) -> str:
    if value == MODEL_PREDICATE:
        return "oms"
    found = _PREDICATE_TYPE.fullmatch(read_text(value, f"{where}, its kind"))
    if found is None:
        raise BundleError(f"{where}: {value!r} is not a type of Affidavit's")
    if found[1] not in KINDS or found[2] != "1":
        raise _newer(where, f"the kind {value}", f"version 1 of {', '.join(KINDS)}")
    return found[1]


def _read_subject(value: Json, where: str) -> tuple[str, str]:
    if not isinstance(value, list) or len(value) != 1:
        count = len(value) if isinstance(value, list) else "none"
        raise BundleError(f"{where}: expected exactly one thing that it is about, found {count}")
    subject = read_object(value[0], f"{where}, what it is about")
    _require_fields(subject, {"name", "digest"}, f"{where}, what it is about")
    digest = read_object(subject["digest"], f"{where}, digest")
    _require_fields(digest, {"sha256"}, f"{where}, digest")
    sha256 = read_text(digest["sha256"], f"{where}, sha256")
    if not _HEX64.fullmatch(sha256):
        raise BundleError(f"{where}: {sha256!r} is no SHA-256 in lower-case hex")
    return read_text(subject["name"], f"{where}, name"), sha256


def _require_fields(value: Mapping[str, Json], keys: set[str], where: str) -> None:
    """Refuse an object with a field more or less, in words: the format's own are no help here."""
    missing, unknown = len(keys - set(value)), len(set(value) - keys)
    if missing or unknown:
        raise BundleError(
            f"{where}: other fields than the format has", f"{missing} missing, {unknown} unknown"
        )


def _newer(where: str, found: str, known: str) -> NewerFormat:
    return NewerFormat(
        f"{where}: {found} is not known to this version of Affidavit",
        f"it knows {known}",
        "install a newer Affidavit",
    )
