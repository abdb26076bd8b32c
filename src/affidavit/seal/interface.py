"""What a signer is, and how one is opened. A local key is one; services and tokens are others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from affidavit.seal.address import Address


class Signer(Protocol):
    """Signs statements. It never sees the bundle, only what is said of it."""

    def sign(self, payload: bytes) -> bytes:
        """The Sigstore bundle, in JSON, over an in-toto Statement.

        Raises:
            AffidavitError: the service or token did not sign; nothing is written then.
        """

    def describe(self) -> str:
        """Who signs, for people: `keys/affidavit.pem (ed25519)`. Holds no secret."""

    def fingerprint(self) -> str:
        """`sha256:<hex>` of the public key; what a recipient compares.

        Of a keyless signer, whose key is another each time: its name, and who vouches for it.
        """

    def made(self, content: bytes, name: str) -> bool:
        """Whether a Sigstore bundle is this signer's, its signature checked.

        Args:
            content: the file.
            name: what to call it in an error.

        Raises:
            BundleError: not a signed statement.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How a signer's secret is had; no secret is ever part of an address.

    Attributes:
        passphrase_file: its first line is the passphrase.
        ask: shows a prompt and returns the answer; None where nobody sits there.
        public_log: the public Sigstore may be used, and publish what it does.
        trust_config: of a private Sigstore, where the address names none.
    """

    passphrase_file: Path | None = None
    ask: Callable[[str], str] | None = None
    public_log: bool = False
    trust_config: Path | None = None


class Opener(Protocol):
    """What an entry point of the group `affidavit.signers` is; its name is the scheme."""

    def __call__(self, address: Address, access: Access) -> Signer:
        """A signer that is ready.

        Raises:
            AffidavitError: of its own kind; anything else is told as a fault of the plug-in.
        """
