"""What every signer with a key of its own does alike, wherever the private half is."""

from __future__ import annotations

from collections.abc import Callable

from affidavit.bundle.public_key import PublicKey
from affidavit.bundle.statement import PAYLOAD_TYPE, pae, parse_signed, wrap


class KeySigner:
    """Signs by a function that holds, or reaches, the private half of a key.

    Args:
        public: the key; the statement names it.
        label: where the private half is, for people.
        make: the signature over a message, in the one form that `PublicKey.holds` takes.
    """

    def __init__(self, public: PublicKey, label: str, make: Callable[[bytes], bytes]) -> None:
        self.public = public
        self._label = label
        self._make = make

    def sign(self, payload: bytes) -> bytes:
        return wrap(payload, self._make(pae(PAYLOAD_TYPE, payload)), self.public.hint)

    def describe(self) -> str:
        return f"{self._label} ({self.public.kind})"

    def fingerprint(self) -> str:
        return self.public.fingerprint

    def made(self, content: bytes, name: str) -> bool:
        signed = parse_signed(content, name)
        return self.public.holds(signed.signature, pae(signed.payload_type, signed.payload))
