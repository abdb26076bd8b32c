"""What a signer is. A local key is one; services and tokens of later versions are others."""

from __future__ import annotations

from typing import Protocol


class Signer(Protocol):
    """Signs statements. It never sees the bundle, only what is said of it."""

    def sign(self, payload: bytes) -> bytes:
        """The Sigstore bundle, in JSON, over an in-toto Statement."""

    def describe(self) -> str:
        """Who signs, for people: `keys/affidavit.pem (ed25519)`. Holds no secret."""

    def fingerprint(self) -> str:
        """`sha256:<hex>` of the public key; what a recipient compares."""

    def made(self, content: bytes, name: str) -> bool:
        """Whether a Sigstore bundle is this signer's, its signature checked.

        Args:
            content: the file.
            name: what to call it in an error.

        Raises:
            BundleError: not a signed statement.
        """
