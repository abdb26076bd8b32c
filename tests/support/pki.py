"""A bank's own PKI, made in memory: a root, an issuing authority, and certificates of any fault."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256, HashAlgorithm
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
CODE_SIGNING = ExtendedKeyUsageOID.CODE_SIGNING
RELEASE = x509.RFC822Name("release@bank.example")


def p256() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a certificate is to say; as it stands, one that may sign.

    Attributes:
        usage: of its key: to sign. purposes: extended; None leaves that out.
        path_length: of an authority.
        critical: an extension that nobody knows, marked critical.
    """

    names: Sequence[x509.GeneralName] | None = (RELEASE,)
    begin: datetime = NOW - 10 * DAY
    end: datetime = NOW + 10 * DAY
    usage: bool | None = True
    purposes: Sequence[x509.ObjectIdentifier] | None = (CODE_SIGNING,)
    is_authority: bool = False
    path_length: int | None = None
    critical: bool = False
    constraints: x509.NameConstraints | None = None


@dataclass(frozen=True, kw_only=True)
class Holder:
    """A key and its certificate."""

    key: Key
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()

    def key_pem(self, passphrase: str | None = None) -> bytes:
        encryption = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


AUTHORITY = Wish(names=None, usage=None, purposes=None, is_authority=True, end=NOW + 900 * DAY)


def issue(
    by: Holder | None, wish: Wish, *, key: Key | None = None, name: str = "someone",
    digest: HashAlgorithm | None = None,
) -> Holder:  # fmt: skip
    """A certificate by an authority, or by itself."""
    key = key or p256()
    issuer = by.certificate.subject if by else _name(name)
    signing = by.key if by else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name)).issuer_name(issuer).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(wish.begin).not_valid_after(wish.end)
        .add_extension(x509.BasicConstraints(wish.is_authority, wish.path_length), critical=True)
    )  # fmt: skip
    if wish.is_authority or wish.usage is not None:
        signs = bool(wish.usage) and not wish.is_authority
        usage = x509.KeyUsage(
            digital_signature=signs, content_commitment=False, key_encipherment=not signs,
            data_encipherment=False, key_agreement=False, key_cert_sign=wish.is_authority,
            crl_sign=wish.is_authority, encipher_only=False, decipher_only=False,
        )  # fmt: skip
        builder = builder.add_extension(usage, critical=True)
    if wish.purposes is not None:
        is_clock = ExtendedKeyUsageOID.TIME_STAMPING in wish.purposes
        builder = builder.add_extension(x509.ExtendedKeyUsage(wish.purposes), critical=is_clock)
    if wish.names is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName(wish.names), critical=False)
    if wish.constraints is not None:
        builder = builder.add_extension(wish.constraints, critical=True)
    if wish.critical:
        unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
        builder = builder.add_extension(unknown, critical=True)
    made_with = None if isinstance(signing, ed25519.Ed25519PrivateKey) else digest or SHA256()
    return Holder(key=key, certificate=builder.sign(signing, made_with))


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@dataclass(frozen=True, kw_only=True)
class Pki:
    """A root, and an authority below it that issues."""

    root: Holder = field(default_factory=lambda: issue(None, AUTHORITY, name="Bank Root"))
    issuing: Holder

    @classmethod
    def make(cls) -> Pki:
        root = issue(None, AUTHORITY, name="Bank Root")
        return cls(root=root, issuing=issue(root, AUTHORITY, name="Bank Issuing"))

    def release(self, wish: Wish = Wish(), *, key: Key | None = None) -> Holder:
        """A certificate of the release pipeline."""
        return issue(self.issuing, wish, key=key, name="release")

    def write(self, folder: Path, holder: Holder, passphrase: str | None = None) -> str:
        """The files of a signer, and its URI."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "key.pem").write_bytes(holder.key_pem(passphrase))
        (folder / "chain.pem").write_text(holder.pem + self.issuing.pem)
        (folder / "root.pem").write_text(self.root.pem)
        (folder / "issuing.pem").write_text(self.issuing.pem)
        return f"cert:{folder}/key.pem?chain={folder}/chain.pem"

    def trust_lines(self, folder: Path, name: str = "email:release@bank.example") -> list[str]:
        """trust.toml for it: the root, the issuing authority, and whom to believe."""
        return [
            "version = 1",
            "[[authority]]", 'name = "bank"', f'roots = "{folder}/root.pem"',
            f'intermediates = "{folder}/issuing.pem"',
            "[[signer]]", 'name = "release"', 'authority = "bank"', f'named = ["{name}"]',
            'roles = ["sealer"]',
        ]  # fmt: skip
