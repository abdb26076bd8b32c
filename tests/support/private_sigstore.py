"""A Sigstore in memory: an authority, a certificate log, a transparency log; each can be made false.

sigstore-python judges what comes out of it, by its own code; the npm package `@sigstore/mock`
answers in tests/conformance. Nothing here checks whom it vouches for, as a careless authority would.

References:
    RFC 6962, 3.2 (SCT), 2.1 (tree). Fulcio's certificate specification. Rekor v1, dsse 0.0.1.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import rfc8785
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID
from tests.support.clock import Clock
from tests.support.pki import NOW, p256

from affidavit.bundle.log_entry import Inclusion, LogEntry
from affidavit.bundle.statement import PAYLOAD_TYPE, Material, pae, wrap

ISSUER = "https://accounts.bank.example"
WORKFLOW = "https://git.bank.example/credit/.ci/release.yml@refs/heads/main"
ORIGIN = "log.bank.example"
MINUTE = timedelta(minutes=1)
_SCT_LIST = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_ISSUER = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.8")
_OLD_ISSUER = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
_TREE = hashlib.sha256(b"\0another entry").digest()


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What a signer is given; as it stands, all is in order.

    Attributes:
        names: of the certificate; None leaves the extension out.
        issuer: who vouches for the names; old_issuer: the same in the first form, where it differs.
        issued: the certificate counts for ten minutes from then on.
        logged: when the log took the signature in.
        sct: how many certificate logs took the certificate in.
        promise: whether the log gives one.
    """

    names: tuple[x509.GeneralName, ...] | None = (x509.UniformResourceIdentifier(WORKFLOW),)
    issuer: str = ISSUER
    old_issuer: str = ""
    issued: datetime = NOW - 5 * MINUTE
    logged: datetime = NOW - 4 * MINUTE
    sct: int = 1
    promise: bool = True


@dataclass(frozen=True, kw_only=True)
class Sigstore:
    """The keys of one instance."""

    authority: ec.EllipticCurvePrivateKey = field(default_factory=p256)
    certificates: ec.EllipticCurvePrivateKey = field(default_factory=p256)
    log: ec.EllipticCurvePrivateKey = field(default_factory=p256)
    clock: Clock = field(default_factory=Clock.make)

    def root(self) -> x509.Certificate:
        """The authority's own certificate."""
        return (
            _named(_name("Private Fulcio"), self.authority.public_key())
            .issuer_name(_name("Private Fulcio"))
            .not_valid_before(NOW - timedelta(days=400)).not_valid_after(NOW + timedelta(days=4000))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(is_authority=True), critical=True)
            .serial_number(1).sign(self.authority, SHA256())
        )  # fmt: skip

    def trusted_root(self, *, end: datetime | None = None, clock: bool = False) -> bytes:
        """trusted_root.json; with `end`, its log and authority counted until then."""
        window = {"start": _iso(NOW - timedelta(days=400))} | ({"end": _iso(end)} if end else {})
        fields = {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [_instance(self.log, window)],
            "ctlogs": [_instance(self.certificates, window)],
            "certificateAuthorities": [_chain(window, self.root())],
            "timestampAuthorities": [
                _chain(window, self.clock.holder.certificate, self.clock.root.certificate)
            ] if clock else [],
        }  # fmt: skip
        return json.dumps(fields).encode()

    def certificate(self, key: ec.EllipticCurvePublicKey, ask: Ask = Ask()) -> x509.Certificate:
        """A certificate as Fulcio gives it, its entry in the certificate log inside."""
        serial = x509.random_serial_number()
        if not ask.sct:
            return self._leaf(key, ask, serial, None)
        draft = self._leaf(key, ask, serial, b"")
        sct = self._sct(draft.tbs_precertificate_bytes, ask.issued)
        return self._leaf(key, ask, serial, _vector(_vector(sct) * ask.sct))

    def entry(self, certificate: x509.Certificate, payload: bytes, signature: bytes,
              ask: Ask = Ask()) -> LogEntry:  # fmt: skip
        """What the log says of a signature: the second of two entries."""
        body = dsse_body(certificate, payload, signature)
        leaf = hashlib.sha256(b"\0" + body).digest()
        root, number = hashlib.sha256(b"\1" + _TREE + leaf).digest(), 4711
        time = int(ask.logged.timestamp())
        promised = {
            "body": _b64(body), "integratedTime": time, "logID": key_id(self.log).hex(),
            "logIndex": number,
        }  # fmt: skip
        return LogEntry(
            index=number, log=key_id(self.log), kind=("dsse", "0.0.1"), time=time, body=body,
            promise=sign(self.log, rfc8785.dumps(promised)) if ask.promise else None,
            proof=Inclusion(index=1, size=2, root=root, hashes=(_TREE,),
                            checkpoint=self.checkpoint(2, root)),
        )  # fmt: skip

    def checkpoint(self, size: int, root: bytes) -> str:
        """The log's signed word on its tree."""
        note = f"{ORIGIN}\n{size}\n{_b64(root)}\n"
        signature = _b64(key_id(self.log)[:4] + sign(self.log, note.encode()))
        return f"{note}\n\u2014 {ORIGIN} {signature}\n"

    def signer(self, ask: Ask = Ask()) -> KeylessHand:
        """Signs as a keyless signer does, without a network."""
        return KeylessHand(self, ask)

    def _leaf(
        self, key: ec.EllipticCurvePublicKey, ask: Ask, serial: int, scts: bytes | None
    ) -> x509.Certificate:
        told = b"\x0c" + bytes([len(ask.issuer)]) + ask.issuer.encode()
        builder = (
            _named(x509.Name([]), key).issuer_name(_name("Private Fulcio"))
            .not_valid_before(ask.issued).not_valid_after(ask.issued + 10 * MINUTE)
            .add_extension(_usage(is_authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
            .add_extension(x509.UnrecognizedExtension(_ISSUER, told), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(
                self.authority.public_key()), critical=False)
        )  # fmt: skip
        old = x509.UnrecognizedExtension(_OLD_ISSUER, (ask.old_issuer or ask.issuer).encode())
        builder = builder.add_extension(old, critical=False)
        if ask.names is not None:
            builder = builder.add_extension(x509.SubjectAlternativeName(ask.names), critical=True)
        if scts is not None:
            value = b"\x04" + _length(len(scts)) + scts
            listed = x509.UnrecognizedExtension(_SCT_LIST, value)
            builder = builder.add_extension(listed, critical=False)
        return builder.serial_number(serial).sign(self.authority, SHA256())

    def _sct(self, tbs: bytes, at: datetime) -> bytes:
        spki = self.authority.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )  # fmt: skip
        time = int(at.timestamp() * 1000)
        entry = hashlib.sha256(spki).digest() + struct.pack("!I", len(tbs))[1:] + tbs
        signed = struct.pack("!BBQH", 0, 0, time, 1) + entry + b"\0\0"
        log = key_id(self.certificates)
        return (
            b"\0" + log + struct.pack("!Q", time) + b"\0\0" + b"\4\3"
            + _vector(sign(self.certificates, signed))
        )  # fmt: skip


@dataclass(frozen=True)
class KeylessHand:
    """One signature by a fresh key, with a certificate and the log's entry."""

    sigstore: Sigstore
    ask: Ask

    def sign(self, payload: bytes) -> bytes:
        return wrap(payload, *self.parts(payload))

    def parts(self, payload: bytes) -> tuple[bytes, Material]:
        """The signature, and what comes with it."""
        key = p256()
        certificate = self.sigstore.certificate(key.public_key(), self.ask)
        signature = sign(key, pae(PAYLOAD_TYPE, payload))
        entry = self.sigstore.entry(certificate, payload, signature, self.ask)
        der = certificate.public_bytes(Encoding.DER)
        return signature, Material(certificate=der, log_entry=entry)


def altered(entry: LogEntry, **proof: object) -> LogEntry:
    """The entry with another proof."""
    return replace(entry, proof=replace(entry.proof, **proof))


def dsse_body(certificate: x509.Certificate, payload: bytes, signature: bytes) -> bytes:
    """An entry as Rekor v1 keeps it: digests, the signature, whose it is."""
    digest = {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()}
    verifier = _b64(certificate.public_bytes(Encoding.PEM))
    signatures = [{"signature": _b64(signature), "verifier": verifier}]
    spec = {"envelopeHash": digest, "payloadHash": digest, "signatures": signatures}
    return rfc8785.dumps({"apiVersion": "0.0.1", "kind": "dsse", "spec": spec})


def sign(key: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    return key.sign(message, ec.ECDSA(SHA256()))


def key_id(key: ec.EllipticCurvePrivateKey) -> bytes:
    """SHA-256 of the public key, by which a log is named."""
    return hashlib.sha256(_spki(key)).digest()


def _spki(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _instance(key: ec.EllipticCurvePrivateKey, window: dict[str, str]) -> dict[str, object]:
    public = {
        "rawBytes": _b64(_spki(key)), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": window,
    }  # fmt: skip
    return {
        "baseUrl": "http://log.invalid", "hashAlgorithm": "SHA2_256", "publicKey": public,
        "logId": {"keyId": _b64(key_id(key))},
    }  # fmt: skip


def _chain(window: dict[str, str], *certificates: x509.Certificate) -> dict[str, object]:
    return {
        "subject": {"organization": "bank", "commonName": "private"}, "uri": "http://ca.invalid",
        "certChain": {
            "certificates": [{"rawBytes": _b64(c.public_bytes(Encoding.DER))} for c in certificates]
        },
        "validFor": window,
    }  # fmt: skip


def _named(subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    identifier = x509.SubjectKeyIdentifier.from_public_key(key)
    builder = x509.CertificateBuilder().subject_name(subject).public_key(key)
    return builder.add_extension(identifier, critical=False)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=is_authority,
        crl_sign=is_authority, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _vector(content: bytes) -> bytes:
    return struct.pack("!H", len(content)) + content


def _length(size: int) -> bytes:
    return bytes([size]) if size < 128 else bytes([0x81, size])


def _b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
