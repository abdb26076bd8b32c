"""A signature with a timestamp: an RFC 3161 authority says when it was there.

The request holds a digest of the signature and a fresh number, nothing of the bundle. The answer is
held against both before it is kept; whether the authority is one to believe, each reader's trust
says, not we.

References:
    RFC 3161, 2.4 (request and answer), 3.4 (over HTTP).
"""

from __future__ import annotations

from typing import Final
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from affidavit.bundle.material import MAX_TIMESTAMP_BYTES, Material
from affidavit.bundle.public_key import PublicKey
from affidavit.bundle.statement import parse_signed, wrap
from affidavit.bundle.timestamp import read_timestamp
from affidavit.errors import BundleError, Unreachable, UsageError
from affidavit.seal.interface import Signer
from affidavit.seal.waiting import within

TIMEOUT_S: Final = 20.0
_CHECK: Final = "check the address of --timestamp"


class Timestamped:
    """Signs as another signer does, and has each signature timestamped."""

    def __init__(self, signer: Signer, url: str) -> None:
        self._signer = signer
        self._url = url
        self._host = require_address(url)

    def sign(self, payload: bytes) -> bytes:
        signed = parse_signed(self._signer.sign(payload), "the signature")
        stamp = fetch_timestamp(self._url, signed.signature)
        material = Material(
            hint=signed.material.hint, certificate=signed.material.certificate,
            timestamps=(*signed.material.timestamps, stamp),
        )  # fmt: skip
        return wrap(signed.payload, signed.signature, material)

    def describe(self) -> str:
        return f"{self._signer.describe()}, timestamped by {self._host}"

    def fingerprint(self) -> str:
        return self._signer.fingerprint()

    @property
    def public(self) -> PublicKey | None:
        """The signer's key, where it shows one."""
        found = getattr(self._signer, "public", None)
        return found if isinstance(found, PublicKey) else None

    def made(self, content: bytes, name: str) -> bool:
        signed = parse_signed(content, name)
        stamps = [read_timestamp(t, name) for t in signed.material.timestamps]
        if not any(s.is_over(signed.signature) for s in stamps):
            return False
        bare = Material(hint=signed.material.hint, certificate=signed.material.certificate)
        return self._signer.made(wrap(signed.payload, signed.signature, bare), name)


def require_address(url: str) -> str:
    """The host of an authority's address.

    Raises:
        UsageError: not http or https, or with a secret in it.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise UsageError(f"--timestamp {url}: expected http://… or https://…", fix=_CHECK)
    if parts.username or parts.password:
        raise UsageError(
            "--timestamp: a name or a password has no place in it",
            "whoever lists the processes of this machine can read it",
            "use an authority that needs none",
        )
    return host


def fetch_timestamp(url: str, signature: bytes) -> bytes:
    """A timestamp over a signature, DER.

    Raises:
        Unreachable: the authority does not answer, refuses, or answers about something else.
    """
    from rfc3161_client import TimestampRequestBuilder
    from rfc3161_client.base import HashAlgorithm

    asked = TimestampRequestBuilder().data(signature).hash_algorithm(HashAlgorithm.SHA256).build()
    content = _post(url, asked.as_bytes())
    try:
        stamp = read_timestamp(content, url)
    except BundleError as error:
        raise Unreachable(f"{url} gave no timestamp", str(error), _CHECK) from error
    if not stamp.is_over(signature) or stamp.nonce != asked.nonce:
        raise Unreachable(
            f"{url} gave a timestamp of something else", "it is not the answer to what was asked",
            "use another authority",
        )  # fmt: skip
    if not stamp.has_certificate:
        raise Unreachable(
            f"{url} gave a timestamp without its certificate", "nobody could check it later",
            "use another authority",
        )  # fmt: skip
    return content


def _post(url: str, body: bytes) -> bytes:
    headers = {"Content-Type": "application/timestamp-query", "User-Agent": "affidavit"}
    request = Request(url, data=body, headers=headers)  # noqa: S310 - http(s) alone, see above
    try:
        content = within(TIMEOUT_S, lambda: _exchange(request))
    except (URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise Unreachable(f"{url} does not answer", str(reason)[:200], _CHECK) from error
    if len(content) > MAX_TIMESTAMP_BYTES:
        raise Unreachable(f"{url} answered more than {MAX_TIMESTAMP_BYTES} bytes", fix=_CHECK)
    return content


def _exchange(request: Request) -> bytes:
    with urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
        content: bytes = answer.read(MAX_TIMESTAMP_BYTES + 1)
    return content
