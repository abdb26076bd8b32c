"""Certificates of an own PKI: whom they name, and whether a path leads to a root.

Nothing of `cryptography.x509` leaves this module: a certificate is anybody's bytes, and what the
library raises over them becomes one error of ours.

References:
    RFC 5280, 4.2.1.3 (key usage), 4.2.1.6 (subject alternative name), 4.2.1.12 (extended key
    usage), 6.1 (path validation, done by the library; its rules on algorithms are those of the
    web PKI). RFC 9336 (documentSigning).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from affidavit.bundle.public_key import PublicKey, public_key_of
from affidavit.errors import BundleError, KeyProblem

# What may stand in a certificate that signs bundles; one of them has to.
SIGNING: Final = (
    ExtendedKeyUsageOID.CODE_SIGNING,
    x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36"),
)
TIMESTAMPING: Final = (ExtendedKeyUsageOID.TIME_STAMPING,)
MAX_DEPTH: Final = 5
# Fulcio's OID information, 1.3.6.1.4.1.57264.1.8 and .1.1.
_ISSUER: Final = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.8")
_OLD_ISSUER: Final = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
_UTF8_STRING: Final = 0x0C
_MAX_NAMES: Final = 20
_MAX_NAME: Final = 1000
_MAX_TOLD: Final = 200
# All that the library raises over a certificate that is malformed, or of a kind that it lacks.
FOREIGN: Final = (
    ValueError, TypeError, LookupError, OverflowError, UnsupportedAlgorithm, x509.InvalidVersion,
    x509.ExtensionNotFound, x509.DuplicateExtension, x509.UnsupportedGeneralNameType,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What a certificate says; nothing of it is proved before `why_no_path` is None.

    Attributes:
        der: its bytes.
        names: subject alternative names, with their kind: `email:…`, `uri:…`, `dns:…`. A name of
            another kind, or of more than 1000 characters, is left out; a certificate without any
            names nobody.
        issuer: as people read it, unproved.
        vouched_by: of a keyless certificate, the identity provider: `https://accounts.example`.
        key: of its subject.
        valid_from, valid_until: both within.
    """

    der: bytes
    names: tuple[str, ...]
    issuer: str
    key: PublicKey
    valid_from: datetime
    valid_until: datetime
    vouched_by: str | None = None


def read_certificate(der: bytes, name: str) -> Certificate:
    """Read a certificate, DER.

    Raises:
        BundleError: not a certificate, or of a key that we do not accept: RSA below 2048 bits, a
            curve other than P-256.
    """
    try:
        found = _load(der)
        if not der.endswith(b"\0" + found.signature):
            # The count of unused bits before it, which no signature covers: it has one form.
            raise BundleError(f"{name}: the certificate is not in its one form")
        key = public_key_of(found.public_key(), f"{name}: the certificate", with_rsa=True)
        return Certificate(
            der=der, names=_names(found), issuer=found.issuer.rfc4514_string()[:_MAX_NAME], key=key,
            valid_from=found.not_valid_before_utc, valid_until=found.not_valid_after_utc,
            vouched_by=_vouched_by(found),
        )  # fmt: skip
    except KeyProblem as error:
        raise BundleError(error.what) from error
    except FOREIGN as error:
        raise BundleError(
            f"{name}: the certificate cannot be read", type(error).__name__
        ) from error


def why_no_path(
    der: bytes,
    roots: Sequence[bytes],
    intermediates: Sequence[bytes],
    *,
    at: datetime,
    purposes: Sequence[x509.ObjectIdentifier] = SIGNING,
) -> str | None:
    """Why a certificate counts for nothing; None if a path leads to a root and it may sign.

    Args:
        der: of the certificate.
        roots: DER, from outside.
        intermediates: DER; anybody's, since the path proves them.
        at: every certificate of the path has to be valid at this time.
        purposes: of which its extended key usage has to hold one.
    """
    if not roots:
        return "there is no root to lead to"
    try:
        leaf = _load(der)
        verifier = (
            PolicyBuilder()
            .store(Store([_load(r) for r in roots]))
            .time(at)
            .max_chain_depth(MAX_DEPTH)
            .extension_policies(ca_policy=_issuers(purposes), ee_policy=_subjects(purposes))
            .build_client_verifier()
        )
        verifier.verify(leaf, [_load(i) for i in intermediates])
    except VerificationError as error:
        return _told(leaf, at, error)
    except FOREIGN as error:
        return f"it cannot be checked ({type(error).__name__})"
    return None


def read_pem(content: bytes, name: str) -> tuple[bytes, ...]:
    """The certificates of a PEM file, each in DER, in their order.

    Raises:
        KeyProblem: there is none, or something else.
    """
    try:
        found = x509.load_pem_x509_certificates(content)
        return tuple(c.public_bytes(Encoding.DER) for c in found)
    except FOREIGN as error:
        raise KeyProblem(
            f"{name} holds no certificate in PEM", fix="convert it: openssl x509 -inform DER"
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Without warnings of what a later version of the library will refuse: nobody can act on it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _load(der: bytes) -> x509.Certificate:
    with _quiet():
        return x509.load_der_x509_certificate(der)


def last_moment(der: bytes) -> datetime:
    """Until when a certificate of the reader's trust is valid, UTC."""
    return _load(der).not_valid_after_utc


def is_named(der: bytes, issuer: x509.Name, serial_number: int) -> bool:
    """Whether a certificate is the one of this issuer and number; anybody's bytes are not."""
    try:
        with _quiet():
            found = x509.load_der_x509_certificate(der)
            name, number = found.issuer, found.serial_number
    except FOREIGN:
        return False
    return (name, number) == (issuer, serial_number)


def _names(found: x509.Certificate) -> tuple[str, ...]:
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    kinds = {x509.RFC822Name: "email", x509.UniformResourceIdentifier: "uri", x509.DNSName: "dns"}
    told = [f"{kinds[type(n)]}:{n.value}" for n in names if type(n) in kinds]
    # A name that is longer is left out: cut, it could read like one that is trusted.
    return tuple(n for n in told if len(n) <= _MAX_NAME)[:_MAX_NAMES]


def _vouched_by(found: x509.Certificate) -> str | None:
    """Fulcio's `Issuer (V2)`, a UTF8String; else its first form, plain text. Both must agree."""
    values = {e.oid: e.value for e in found.extensions if e.oid in (_ISSUER, _OLD_ISSUER)}
    raw = {o: v.value for o, v in values.items() if isinstance(v, x509.UnrecognizedExtension)}
    told = [raw[_OLD_ISSUER]] if _OLD_ISSUER in raw else []
    if (new := raw.get(_ISSUER)) is not None:
        if len(new) < 2 or new[0] != _UTF8_STRING or new[1] != len(new) - 2 or new[1] > 127:
            return None
        told.append(new[2:])
    return told[0].decode() if len(set(told)) == 1 else None


def _issuers(purposes: Sequence[x509.ObjectIdentifier]) -> ExtensionPolicy:
    """Of each certificate above the first: an authority, which may issue for these purposes."""

    def may_issue(_: Policy, __: x509.Certificate, found: x509.ExtendedKeyUsage | None) -> None:
        any_of = {*purposes, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
        if found is not None and not any_of & set(found):
            raise ValueError("an issuer may not issue certificates to sign with")

    def may_sign(_: Policy, __: x509.Certificate, found: x509.KeyUsage) -> None:
        if not found.key_cert_sign:
            raise ValueError("an issuer's key may not sign certificates")

    def is_authority(_: Policy, __: x509.Certificate, found: x509.BasicConstraints) -> None:
        if not found.ca:
            raise ValueError("an issuer is no authority")

    return (
        ExtensionPolicy.permit_all()
        .require_present(x509.BasicConstraints, Criticality.CRITICAL, is_authority)
        .require_present(x509.KeyUsage, Criticality.AGNOSTIC, may_sign)
        .may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, may_issue)
    )


def _subjects(purposes: Sequence[x509.ObjectIdentifier]) -> ExtensionPolicy:
    """Of the certificate that signed: no authority, and made for signing."""

    def signs(_: Policy, __: x509.Certificate, found: x509.KeyUsage | None) -> None:
        if found is None or not (found.digital_signature or found.content_commitment):
            raise ValueError("its key usage is not to sign")

    def is_for(_: Policy, __: x509.Certificate, found: x509.ExtendedKeyUsage | None) -> None:
        if found is None or not set(purposes) & set(found):
            raise ValueError("its extended key usage is another")

    def is_none(_: Policy, __: x509.Certificate, found: x509.BasicConstraints | None) -> None:
        if found is not None and found.ca:
            raise ValueError("it is an authority's own")

    return (
        ExtensionPolicy.permit_all()
        .may_be_present(x509.KeyUsage, Criticality.AGNOSTIC, signs)
        .may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, is_for)
        .may_be_present(x509.BasicConstraints, Criticality.AGNOSTIC, is_none)
    )


def _told(leaf: x509.Certificate, at: datetime, error: VerificationError) -> str:
    """The reason that people need most: an end that has come; else what the library says."""
    if at > leaf.not_valid_after_utc:
        return f"it ended on {leaf.not_valid_after_utc:%Y-%m-%d}"
    if at < leaf.not_valid_before_utc:
        return f"it begins on {leaf.not_valid_before_utc:%Y-%m-%d}"
    text = str(error).split(" (encountered")[0]
    _, is_ours, reason = text.partition("ValueError: ")
    return reason if is_ours else f"no path leads to a root ({text[:_MAX_TOLD]})"
