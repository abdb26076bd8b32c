"""A key with a certificate of the bank's own PKI: `cert:KEY.pem?chain=CHAIN.pem`.

CHAIN.pem holds the signer's certificate first, then those of its issuers, up to the root or short
of it. The bundle gets the first alone (Sigstore bundle v0.3 holds one): the issuers are the
reader's to have, in trust.toml, so that nothing in a bundle says whom to believe.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from affidavit.bundle.certificate import Certificate, read_certificate, read_pem, why_no_path
from affidavit.bundle.public_key import public_key_of, read_key_file
from affidavit.bundle.statement import PAYLOAD_TYPE, Material, pae, parse_signed, wrap
from affidavit.errors import BundleError, KeyProblem, UsageError
from affidavit.seal.address import Address
from affidavit.seal.interface import Access
from affidavit.seal.keys import (
    PASSPHRASE_PARAMETER,
    AnyKey,
    load_private,
    passphrase_file,
    signed_by,
)

CHAIN: Final = "chain"


class CertificateSigner:
    """Signs with a private key held in memory, and shows a certificate for it."""

    def __init__(self, key: AnyKey, certificate: Certificate, label: str) -> None:
        self._key = key
        self._certificate = certificate
        self._label = label

    def sign(self, payload: bytes) -> bytes:
        signature = signed_by(self._key, pae(PAYLOAD_TYPE, payload))
        return wrap(payload, signature, Material(certificate=self._certificate.der))

    def describe(self) -> str:
        return f"{self._label} (certificate of {self._certificate.names[0]})"

    def fingerprint(self) -> str:
        return self._certificate.key.fingerprint

    def made(self, content: bytes, name: str) -> bool:
        signed = parse_signed(content, name)
        message = pae(signed.payload_type, signed.payload)
        is_mine = signed.material.certificate == self._certificate.der
        return is_mine and self._certificate.key.holds(signed.signature, message)


def open_signer(address: Address, access: Access) -> CertificateSigner:
    """The key and the certificate that an address names.

    Raises:
        UsageError: no chain is named.
        KeyProblem: a key that cannot be read or unlocked, a certificate that is not the key's, is
            not valid today, may not sign, or names nobody.
    """
    address.require_parameters(CHAIN, PASSPHRASE_PARAMETER)
    given = address.parameters.get(CHAIN)
    if not given:
        raise UsageError(
            f"{address.uri}: names no chain of certificates",
            fix="write cert:KEY.pem?chain=CHAIN.pem; the signer's own certificate comes first",
        )
    path, chain = address.path(), Path(given)
    certificate = _usable(read_pem(read_key_file(chain), str(chain)), chain)
    key = load_private(path, passphrase_file=passphrase_file(address, access), ask=access.ask)
    found = certificate.key.fingerprint
    if public_key_of(key.public_key(), str(path), with_rsa=True).fingerprint != found:
        raise KeyProblem(
            f"{chain}: the first certificate is for another key than {path}",
            fix="put the certificate of this key first",
        )
    return CertificateSigner(key, certificate, str(path))


def _usable(chain: tuple[bytes, ...], path: Path) -> Certificate:
    """The first certificate of a chain, held against the others as a reader will do."""
    try:
        certificate = read_certificate(chain[0], str(path))
    except BundleError as error:
        raise KeyProblem(error.what, error.cause, "have the PKI issue another") from error
    if not certificate.names:
        raise KeyProblem(
            f"{path}: the certificate has no subject alternative name",
            "whoever verifies would have nobody to name in trust.toml",
            "have the PKI issue one with an e-mail address, a URI or a DNS name",
        )
    if len(chain) < 2:
        raise KeyProblem(
            f"{path} holds one certificate",
            "the signer's own comes first, then those of its issuers",
            "add them",
        )
    why = why_no_path(chain[0], chain[-1:], chain[1:-1], at=datetime.now(UTC))
    if why is not None:
        raise KeyProblem(
            f"{path}: nobody would accept the certificate of {certificate.names[0]}", why,
            "give the signer's certificate, then its issuers, each valid today",
        )  # fmt: skip
    return certificate
