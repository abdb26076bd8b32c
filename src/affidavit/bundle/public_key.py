"""Public keys: who may have signed. Given from outside, never taken from a bundle."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from affidavit.errors import KeyProblem

KeyKind = Literal["ed25519", "p256", "ml-dsa-65"]
KINDS_TOLD = "Ed25519, P-256 or ML-DSA-65"
MIN_RSA_BITS, MAX_RSA_BITS = 2048, 8192
MAX_KEY_BYTES = 64 * 1024
# The order of the group of P-256 (SEC 2, section 2.4.2).
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """One public key of a kind that Affidavit signs with; RSA only beside a certificate."""

    kind: KeyKind | Literal["rsa"]
    key: (
        ed25519.Ed25519PublicKey
        | ec.EllipticCurvePublicKey
        | mldsa.MLDSA65PublicKey
        | rsa.RSAPublicKey
    )
    spki_sha256: bytes

    @property
    def fingerprint(self) -> str:
        """`sha256:` and the hex of the SHA-256 of the DER SPKI; what people compare."""
        return f"sha256:{self.spki_sha256.hex()}"

    @property
    def hint(self) -> str:
        """The same digest in base64, as statements carry it."""
        return base64.b64encode(self.spki_sha256).decode()

    def holds(self, signature: bytes, message: bytes, *, is_logged: bool = False) -> bool:
        """Whether this key made this signature over this message, in its one form.

        Of the two ECDSA signatures (r, s) and (r, N - s) only the one with the lower s counts, in
        DER: else anyone could make a second file of a signed statement. Where a log holds the very
        bytes (`is_logged`), either counts: the other is then no signature that the log has.
        """
        try:
            if isinstance(self.key, ed25519.Ed25519PublicKey | mldsa.MLDSA65PublicKey):
                # ML-DSA: FIPS 204, 5.3, over the message itself, with an empty context.
                self.key.verify(signature, message)
            elif isinstance(self.key, rsa.RSAPublicKey):
                # PKCS #1 v1.5, RFC 8017, 8.2: it has one form. PSS has as many as there are salts.
                self.key.verify(signature, message, padding.PKCS1v15(), SHA256())
            else:
                self.key.verify(signature, message, ec.ECDSA(SHA256()))
                return is_logged or signature == low_s(signature)
        except InvalidSignature:
            return False
        return True

    def pem(self) -> bytes:
        """The key as a PEM file, SubjectPublicKeyInfo."""
        return self.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def __reduce__(self) -> tuple[Callable[[bytes, str], PublicKey], tuple[bytes, str]]:
        # It crosses the border of a process, which the library's own key does not.
        return _again, (self.pem(), self.fingerprint)


def _again(pem: bytes, name: str) -> PublicKey:
    return public_key_of(load_pem_public_key(pem), name, with_rsa=True)


def low_s(signature: bytes) -> bytes:
    """A P-256 signature in DER, in the one of its two forms with the lower s."""
    r, s = decode_dss_signature(signature)
    return encode_dss_signature(r, min(s, _P256_ORDER - s))


def public_key_of(key: object, name: str, *, with_rsa: bool = False) -> PublicKey:
    """A `cryptography` key as one of ours.

    Args:
        key: the library's.
        name: what to call it in an error.
        with_rsa: take RSA of 2048 bits or more too, as many a PKI has it.

    Raises:
        KeyProblem: not Ed25519, ECDSA on P-256 or ML-DSA-65.
    """
    kind: KeyKind | Literal["rsa"]
    if isinstance(key, ed25519.Ed25519PublicKey):
        kind = "ed25519"
    elif isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        kind = "p256"
    elif isinstance(key, mldsa.MLDSA65PublicKey):
        kind = "ml-dsa-65"
    elif with_rsa and isinstance(key, rsa.RSAPublicKey):
        if not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
            raise KeyProblem(
                f"{name}: expected an RSA key of {MIN_RSA_BITS} to {MAX_RSA_BITS} bits, "
                f"found {key.key_size}"
            )
        kind = "rsa"
    else:
        raise KeyProblem(
            f"{name}: expected an {KINDS_TOLD} key, found {type(key).__name__}",
            fix="make one with `affidavit keygen`",
        )
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return PublicKey(kind=kind, key=key, spki_sha256=hashlib.sha256(spki).digest())


def parse_public(content: bytes, name: str) -> PublicKey:
    """Read a public key in PEM.

    Raises:
        KeyProblem: not a public key, or of another kind. A private key is refused by name.
    """
    if b"PRIVATE KEY" in content:
        raise KeyProblem(
            f"{name} is a private key",
            "a signature is checked with the public one; the private one stays with the signer",
            "give the .pub file",
        )
    if (count := content.count(b"-----BEGIN ")) > 1:
        raise KeyProblem(
            f"{name} holds {count} keys or certificates, and one key is expected",
            "one of them would be taken, and the others passed over",
            "give a file for each key",
        )
    try:
        key = load_pem_public_key(content)
    except UnsupportedAlgorithm as error:
        raise unknown_here(name) from error
    except ValueError as error:
        raise KeyProblem(f"{name} is not a public key in PEM", fix="give the .pub file") from error
    return public_key_of(key, name)


def unknown_here(name: str) -> KeyProblem:
    """A key of a kind that the installed cryptography cannot use."""
    return KeyProblem(
        f"{name}: expected an {KINDS_TOLD} key, found one that is not known here",
        "ML-DSA needs OpenSSL 3.5, which the package cryptography of PyPI brings",
        "if it is one of these: pip install --force-reinstall cryptography",
    )


def load_public(path: Path) -> PublicKey:
    """Read a public key from a file.

    Raises:
        KeyProblem: no such file, or not a public key that we know.
    """
    return parse_public(read_key_file(path), str(path))


def read_key_file(path: Path) -> bytes:
    """The bytes of a small file.

    Raises:
        KeyProblem: it cannot be read, or is too large to be a key.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_KEY_BYTES + 1)
    except OSError as error:
        raise KeyProblem(
            f"{path} cannot be read", error.strerror or str(error), "check the path"
        ) from error
    if len(content) > MAX_KEY_BYTES:
        raise KeyProblem(
            f"{path} is too large to be a key",
            f"it has more than {MAX_KEY_BYTES // 1024} kB, a key has less than one",
            "check the path",
        )
    return content
