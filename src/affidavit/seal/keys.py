"""Local keys: Ed25519 (the default), ECDSA on P-256 or ML-DSA-65, in an encrypted PEM file."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, mldsa, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from affidavit.bundle.atomic import writing
from affidavit.bundle.public_key import (
    KINDS_TOLD,
    KeyKind,
    PublicKey,
    load_public,
    low_s,
    public_key_of,
    read_key_file,
    unknown_here,
)
from affidavit.errors import KeyProblem
from affidavit.seal.address import Address
from affidavit.seal.by_key import KeySigner
from affidavit.seal.interface import Access

PASSPHRASE_VARIABLE = "AFFIDAVIT_KEY_PASSPHRASE"  # noqa: S105 - a name, not the secret
PASSPHRASE_PARAMETER = "passphrase-file"  # noqa: S105 - the same
MIN_PASSPHRASE = 8
_GIVE_IT = f"set {PASSPHRASE_VARIABLE}, or name a file with --passphrase-file"

PrivateKey = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey | mldsa.MLDSA65PrivateKey
AnyKey = PrivateKey | rsa.RSAPrivateKey


class LocalSigner(KeySigner):
    """Signs with a private key held in memory."""

    def __init__(self, key: PrivateKey, label: str) -> None:
        public = public_key_of(key.public_key(), label)
        super().__init__(public, label, lambda message: signed_by(key, message))


def signed_by(key: AnyKey, message: bytes) -> bytes:
    """The signature over a message, in the one form that `PublicKey.holds` takes."""
    if isinstance(key, ed25519.Ed25519PrivateKey | mldsa.MLDSA65PrivateKey):
        return key.sign(message)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, padding.PKCS1v15(), SHA256())
    return low_s(key.sign(message, ec.ECDSA(SHA256())))


def open_signer(address: Address, access: Access) -> LocalSigner:
    """The private key of `--signer KEY.pem` or `--signer file:KEY.pem`.

    Raises:
        UsageError: an address that names no file.
        KeyProblem: as `load_signer`.
    """
    address.require_parameters(PASSPHRASE_PARAMETER)
    return load_signer(
        address.path(), passphrase_file=passphrase_file(address, access), ask=access.ask
    )


def passphrase_file(address: Address, access: Access) -> Path | None:
    """Where this key's passphrase is: as its address says, else as for all of them."""
    own = address.parameters.get(PASSPHRASE_PARAMETER)
    return Path(own) if own else access.passphrase_file


def generate_key(
    kind: KeyKind, private_path: Path, public_path: Path, passphrase: str | None
) -> PublicKey:
    """Make a key pair and write both files; neither may exist.

    Args:
        kind: `ed25519`; `p256` where a policy asks for NIST curves; `ml-dsa-65` (FIPS 204) for a
            further seal that a quantum computer does not forge.
        private_path: gets mode 0600.
        public_path: what recipients get.
        passphrase: encrypts the private file (PKCS #8); None writes it in the clear.

    Raises:
        UsageError: a file exists or cannot be written; then neither is.
        KeyProblem: a passphrase that is too short; a kind that the installed cryptography lacks.
    """
    if passphrase is not None:
        require_passphrase(passphrase)
    require_new(private_path, public_path)
    key = _new_key(kind)
    encryption: KeySerializationEncryption = (
        NoEncryption() if passphrase is None else BestAvailableEncryption(passphrase.encode())
    )
    public = public_key_of(key.public_key(), str(public_path))
    with writing(private_path, mode=0o600) as private_file:
        private_file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
        # Inside, so that a public file that cannot be written leaves no private one.
        with writing(public_path, mode=0o644) as public_file:
            public_file.write(public.pem())
    return public


def _new_key(kind: KeyKind) -> PrivateKey:
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if kind == "p256":
        return ec.generate_private_key(ec.SECP256R1())
    try:
        return mldsa.MLDSA65PrivateKey.generate()
    except UnsupportedAlgorithm as error:
        raise unknown_here(kind) from error


def require_passphrase(passphrase: str) -> None:
    """Refuse a passphrase that is guessed in no time.

    Raises:
        KeyProblem: fewer than `MIN_PASSPHRASE` characters.
    """
    if len(passphrase) < MIN_PASSPHRASE:
        found = f"has {len(passphrase)} of at least {MIN_PASSPHRASE} characters"
        raise KeyProblem(
            f"the passphrase {found if passphrase else 'is empty'}",
            "whoever gets hold of the file can try every short one",
            "choose one of several words",
        )


def require_new(*paths: Path) -> None:
    """Refuse to make a key where one is.

    Raises:
        KeyProblem: a file exists.
    """
    for path in paths:
        if os.path.lexists(path):
            raise KeyProblem(
                f"{path} exists",
                "a key is never overwritten: what it signed could not be checked any more",
                "choose another name with --out",
            )


def load_signer(
    path: Path,
    passphrase: str | None = None,
    *,
    passphrase_file: Path | None = None,
    ask: Callable[[str], str] | None = None,
) -> LocalSigner:
    """Read a private key.

    An encrypted one is unlocked by the passphrase given, else by the file's, else by the
    environment's, else by what a person answers. None of them is looked at for a key in the
    clear.

    Args:
        path: a PEM file (PKCS #8).
        passphrase: as the caller has it.
        passphrase_file: its first line.
        ask: shows a prompt and returns the answer; None where nobody sits there.

    Raises:
        KeyProblem: no such file, not a private key of a known kind, or the passphrase is
            missing or wrong.
    """
    key = load_private(path, passphrase, passphrase_file=passphrase_file, ask=ask)
    if isinstance(key, rsa.RSAPrivateKey):
        raise KeyProblem(
            f"{path}: expected an {KINDS_TOLD} key, found {type(key).__name__}",
            fix="make one with `affidavit keygen`",
        )
    return LocalSigner(key, str(path))


def load_private(
    path: Path,
    passphrase: str | None = None,
    *,
    passphrase_file: Path | None = None,
    ask: Callable[[str], str] | None = None,
) -> AnyKey:
    """Read a private key of a kind that a certificate may be about; as `load_signer` does.

    Raises:
        KeyProblem: as `load_signer`.
    """
    content = _read_private(path)
    secret, if_wrong = None, ""
    if _is_encrypted(content):
        if passphrase:
            secret, if_wrong = passphrase, "give the one that the key was made with"
        elif secret := read_passphrase(passphrase_file):
            if_wrong = (
                f"the one in {PASSPHRASE_VARIABLE} is wrong: correct it"
                if passphrase_file is None
                else f"the first line of {passphrase_file} is not it: correct it"
            )
        elif ask is not None:
            secret, if_wrong = ask(f"Passphrase of {path}"), "run it again, and type it again"
        if not secret:
            raise KeyProblem(f"{path} is encrypted", "no passphrase was given", _GIVE_IT)
    return _unlocked(content, secret, path, if_wrong)


def _unlocked(content: bytes, secret: str | None, path: Path, if_wrong: str) -> AnyKey:
    try:
        key = load_pem_private_key(content, secret.encode() if secret else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        if secret is not None:
            raise KeyProblem(
                f"{path} cannot be unlocked", "the passphrase does not fit", if_wrong
            ) from error
        if b"BEGIN PUBLIC KEY" in content:
            raise KeyProblem(
                f"{path} is the public key",
                "a bundle is signed with the private one",
                f"give the private one ({path.with_suffix('.pem').name})",
            ) from error
        raise KeyProblem(
            f"{path} is not a private key in PEM", fix="make one with `affidavit keygen`"
        ) from error
    if not isinstance(key, AnyKey):
        raise KeyProblem(
            f"{path}: expected an {KINDS_TOLD} key, found {type(key).__name__}",
            fix="make one with `affidavit keygen`",
        )
    return key


def needs_passphrase(path: Path) -> bool:
    """Whether a private key file is encrypted, so that a person can be asked.

    Raises:
        KeyProblem: the file cannot be read.
    """
    return _is_encrypted(_read_private(path))


def _read_private(path: Path) -> bytes:
    """The bytes of a private key file; where there is none, the error says how one is made."""
    try:
        return read_key_file(path)
    except KeyProblem as problem:
        if not isinstance(problem.__cause__, FileNotFoundError):
            raise
        make = f"affidavit keygen --out {shlex.quote(str(path.with_suffix('')))}"
        fix = f"{problem.fix}, or make one with: {make}"
        raise KeyProblem(problem.what, problem.cause, fix) from problem.__cause__


def read_passphrase(file: Path | None, environment: Mapping[str, str] = os.environ) -> str | None:
    """The passphrase from a file (its first line), else from the environment, else None.

    Raises:
        KeyProblem: the file cannot be read, is not text, or its first line is empty.
    """
    if file is None:
        return environment.get(PASSPHRASE_VARIABLE) or None
    try:
        lines = read_key_file(file).decode().splitlines()
    except UnicodeDecodeError as error:
        raise KeyProblem(
            f"{file} is not text", fix="write the passphrase in its first line"
        ) from error
    if not lines or not lines[0]:
        raise KeyProblem(f"{file}: its first line is empty", fix="write the passphrase there")
    return lines[0]


def fingerprint(public: PublicKey) -> str:
    """`sha256:<hex>` of the DER SPKI; what a recipient compares."""
    return public.fingerprint


def _is_encrypted(pem: bytes) -> bool:
    return b"BEGIN ENCRYPTED PRIVATE KEY" in pem or b"Proc-Type: 4,ENCRYPTED" in pem


__all__ = [
    "KeyKind",
    "LocalSigner",
    "fingerprint",
    "generate_key",
    "load_private",
    "load_public",
    "load_signer",
    "needs_passphrase",
    "read_passphrase",
    "require_new",
    "require_passphrase",
]
