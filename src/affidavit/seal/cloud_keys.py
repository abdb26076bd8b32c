"""A key in a cloud's key service, through securesystemslib: `awskms:`, `azurekms:`, `gcpkms:`.

    awskms:alias/release?public-key=release.pub

Untested against the services themselves: nobody here has an account. What is tested is what we hand
over and take back. The public key is a file of ours, so that a service which signs with another
key is found out; ECDSA on P-256 alone, which all three have. Credentials are what the service's own
library finds in its surroundings.

References:
    securesystemslib.signer, from_priv_key_uri and the URIs of AWSSigner, AzureSigner, GCPSigner.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from affidavit.bundle.public_key import PublicKey, load_public, low_s
from affidavit.errors import AffidavitError, KeyProblem, MissingExtra, UsageError
from affidavit.seal.address import Address
from affidavit.seal.by_key import KeySigner
from affidavit.seal.interface import Access

PUBLIC_KEY: Final = "public-key"


def open_signer(address: Address, access: Access) -> KeySigner:
    """The key that an address names.

    Raises:
        UsageError: an address that names no key, or no public key of it.
        KeyProblem: a public key that cannot be read, or is not on P-256.
        MissingExtra: the service's library is not installed.
        AffidavitError: the service's library failed.
    """
    del access  # the service's own library finds its credentials
    address.require_parameters(PUBLIC_KEY)
    file = address.parameters.get(PUBLIC_KEY)
    if not address.place.strip("/") or not file:
        raise UsageError(
            f"{address.uri}: names no key, or no public key of it",
            fix=f"write {address.scheme}:KEY?{PUBLIC_KEY}=release.pub",
        )
    public = load_public(Path(file))
    if public.kind != "p256":
        raise KeyProblem(
            f"{file}: expected a P-256 key, found {public.kind}",
            fix="make one in the service, and fetch its public key",
        )
    return _opened(address, public)


def _opened(address: Address, public: PublicKey) -> KeySigner:
    scheme, uri = address.scheme, f"{address.scheme}:{address.place}"
    with _telling(scheme):
        from securesystemslib.signer import Signer, SSlibKey

        # Its own lines about an error would stand beside ours.
        logging.getLogger("securesystemslib").addHandler(logging.NullHandler())
        signer = Signer.from_priv_key_uri(uri, SSlibKey.from_crypto(public.key))

    def make(message: bytes) -> bytes:
        with _telling(scheme):
            return low_s(bytes.fromhex(signer.sign(message).signature))

    return KeySigner(public, f"{uri}, untested with the service itself", make)


@contextmanager
def _telling(scheme: str) -> Iterator[None]:
    """Whatever three libraries raise, as one error; its text may hold what they were given."""
    try:
        yield
    except Exception as error:
        name = type(error).__name__
        if isinstance(error, ImportError) or name == "UnsupportedLibraryError":
            raise MissingExtra(
                f"a signer by {scheme} needs the library of its service", "it is not installed",
                f"pip install 'affidavit[{scheme}]'",
            ) from error  # fmt: skip
        raise AffidavitError(
            f"the key service behind {scheme} did not do what was asked", f"it says {name}",
            "check the key's name and the credentials with the service's own tool",
        ) from error  # fmt: skip
