"""Which signer a `--signer` means: a path, or a URI whose scheme names the kind.

    keys/release.pem                          a private key in a file
    file:keys/release.pem                     the same
    cert:keys/release.pem?chain=chain.pem     one with a certificate of the bank's own PKI
    sigstore:?trust-config=config.json        no key: a Sigstore vouches for who you are
    pkcs11:token=bank;object=release?module-path=/lib/module.so   one on a token or HSM
    vault:release, openbao:release            one in the transit engine of a Vault
    awskms:, azurekms:, gcpkms:               one in a cloud's key service; untested

A module is imported only when its scheme is used. Other kinds come by entry points of the group
`affidavit.signers`; one that takes a scheme of ours is never asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Final, cast

from affidavit.errors import AffidavitError, UsageError
from affidavit.seal.address import FILE, Address, parse_address
from affidavit.seal.interface import Access, Opener, Signer

GROUP: Final = "affidavit.signers"
# Scheme to module; each has `open_signer`, an `Opener`.
MODULES: Final[Mapping[str, str]] = {
    "awskms": "affidavit.seal.cloud_keys",
    "azurekms": "affidavit.seal.cloud_keys",
    "cert": "affidavit.seal.certificates",
    "file": "affidavit.seal.keys",
    "sigstore": "affidavit.seal.keyless",
    "gcpkms": "affidavit.seal.cloud_keys",
    "openbao": "affidavit.seal.transit",
    "pkcs11": "affidavit.seal.tokens",
    "vault": "affidavit.seal.transit",
}
# Nobody here has an account with them: said wherever they are used.
UNTESTED: Final = frozenset({"awskms", "azurekms", "gcpkms"})


def open_signer(text: str, access: Access) -> Signer:
    """The signer that a path or a URI names, ready to sign.

    Raises:
        UsageError: a scheme that nobody knows, an address that is none, a secret in it.
        KeyProblem: a key that is missing, or cannot be unlocked.
        MissingExtra: the packages of its kind are not installed.
        AffidavitError: what the signer of another says.
    """
    address = parse_address(text)
    if address.scheme in MODULES:
        opener = cast("Opener", import_module(MODULES[address.scheme]).open_signer)
        return opener(address, access)
    return _anothers(address, access)


def local_path(text: str) -> Path | None:
    """The private key's file, where a signer is nothing but that; else None.

    Raises:
        UsageError: an address that is none.
    """
    address = parse_address(text)
    return address.path() if address.scheme == FILE else None


def _anothers(address: Address, access: Access) -> Signer:
    scheme = address.scheme
    found = tuple(entry_points(group=GROUP, name=scheme))
    if not found:
        others = {e.name for e in entry_points(group=GROUP)}
        raise UsageError(
            f"--signer {scheme}: no such kind of signer",
            f"known: {', '.join(sorted({*MODULES, *others}))}",
            "for a file whose name has a colon, write file:NAME",
        )
    with _border(scheme):
        opener = cast("Opener", found[0].load())
        return _Anothers(opener(address, access), scheme)


class _Anothers:
    """A signer that is not ours: whatever it raises comes out as one error that names it."""

    def __init__(self, signer: Signer, scheme: str) -> None:
        self._signer = signer
        self._scheme = scheme

    def sign(self, payload: bytes) -> bytes:
        with _border(self._scheme):
            return self._signer.sign(payload)

    def describe(self) -> str:
        with _border(self._scheme):
            return self._signer.describe()

    def fingerprint(self) -> str:
        with _border(self._scheme):
            return self._signer.fingerprint()

    def made(self, content: bytes, name: str) -> bool:
        with _border(self._scheme):
            return self._signer.made(content, name)


@contextmanager
def _border(scheme: str) -> Iterator[None]:
    try:
        yield
    except AffidavitError:
        raise
    except Exception as error:
        # Its text may hold what it was given, secrets too: left out.
        raise AffidavitError(
            f"the signer {scheme}, which is a plug-in, failed with {type(error).__name__}",
            fix="ask whoever wrote it",
        ) from error
