"""A timestamp authority in memory (RFC 3161), whose every word can be made false.

The product's client never makes a token, and `cryptography` does not either: the few ASN.1 types are
written here, in DER, from the RFC. openssl's own authority answers in tests/conformance.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from rfc3161_client import decode_timestamp_response
from tests.support.pki import AUTHORITY, DAY, NOW, Holder, Wish, issue

from affidavit.bundle.statement import Material, parse_signed, wrap

CLOCK_WISH = Wish(
    names=None, purposes=[ExtendedKeyUsageOID.TIME_STAMPING], begin=NOW - 9000 * DAY,
    end=NOW + 900 * DAY,
)  # fmt: skip
_SHA256 = bytes.fromhex("0609608648016503040201")
_ECDSA = bytes.fromhex("06082a8648ce3d040302")
_TST_INFO = bytes.fromhex("060b2a864886f70d0109100104")
_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_CONTENT_TYPE = bytes.fromhex("06092a864886f70d010903")
_DIGEST = bytes.fromhex("06092a864886f70d010904")
_POLICY = bytes.fromhex("06032a0304")


@dataclass(frozen=True, kw_only=True)
class Clock:
    """A root, and the certificate that timestamps are signed with."""

    root: Holder
    holder: Holder
    with_certificate = True

    @classmethod
    def make(cls, wish: Wish = CLOCK_WISH) -> Clock:
        root = issue(
            None, Wish(**{**vars(AUTHORITY), "begin": NOW - 9000 * DAY}), name="Clock Root"
        )  # fmt: skip
        return cls(root=root, holder=issue(root, wish, name="Clock"))

    def stamp(self, message: bytes, at: datetime, *, nonce: int | None = None) -> bytes:
        """A granted TimeStampResp over a message."""
        return self.answer(hashlib.sha256(message).digest(), at, nonce=nonce)

    def answer(self, digest: bytes, at: datetime, *, nonce: int | None = None) -> bytes:
        """A granted TimeStampResp over a SHA-256."""
        imprint = seq(seq(_SHA256), octets(digest))
        when = der(0x18, at.strftime("%Y%m%d%H%M%SZ").encode())
        fields = [integer(1), _POLICY, imprint, integer(7), when]
        info = seq(*fields, *([] if nonce is None else [integer(nonce)]))
        response = seq(seq(integer(0)), seq(_SIGNED_DATA, der(0xA0, self._signed_data(info))))
        decode_timestamp_response(response)  # a mistake of ours shows here
        return response

    def _signed_data(self, info: bytes) -> bytes:
        certificate = self.holder.certificate
        attributes = [
            seq(_CONTENT_TYPE, der(0x31, _TST_INFO)),
            seq(_DIGEST, der(0x31, octets(hashlib.sha256(info).digest()))),
        ]
        listed = b"".join(sorted(attributes))
        key = self.holder.key
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        signature = key.sign(der(0x31, listed), ec.ECDSA(SHA256()))
        issuer = seq(certificate.issuer.public_bytes(), integer(certificate.serial_number))
        signer = seq(
            integer(1), issuer, seq(_SHA256), der(0xA0, listed), seq(_ECDSA), octets(signature)
        )
        content = seq(_TST_INFO, der(0xA0, octets(info)))
        own = certificate.public_bytes(Encoding.DER) if self.with_certificate else b""
        certificates = der(0xA0, own)
        return seq(integer(3), der(0x31, seq(_SHA256)), content, certificates, der(0x31, signer))


def stamped(content: bytes, *stamps: bytes) -> bytes:
    """A signed statement with these timestamps beside its signature, and no others."""
    signed = parse_signed(content, "s")
    kept = Material(
        hint=signed.material.hint, certificate=signed.material.certificate, timestamps=stamps
    )  # fmt: skip
    return wrap(signed.payload, signed.signature, kept)


def signature_of(content: bytes) -> bytes:
    return parse_signed(content, "s").signature


def der(tag: int, content: bytes) -> bytes:
    """One ASN.1 value."""
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(length)]) + length + content


def seq(*parts: bytes) -> bytes:
    return der(0x30, b"".join(parts))


def octets(content: bytes) -> bytes:
    return der(0x04, content)


def integer(value: int) -> bytes:
    return der(0x02, value.to_bytes(value.bit_length() // 8 + 1, signed=True))
