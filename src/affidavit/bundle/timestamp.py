"""Timestamps: what an authority of the reader's says about when a signature was there.

`rfc3161_client` (Trail of Bits) reads them and checks the authority's signature; the path from the
authority's certificate to a root is ours to check, by the same rules as a signer's. It is imported
by the functions that need it: most bundles have no timestamp.

References:
    RFC 3161, 2.4.2 (the token and its imprint), 2.3 (the certificate's one purpose).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from affidavit.errors import BundleError

if TYPE_CHECKING:
    from rfc3161_client import TimeStampResponse

# A reader's clock may go a little slow.
SLACK: Final = timedelta(minutes=5)
_DIGESTS: Final = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Timestamp:
    """What a timestamp says; nothing of it is proved before `why_no_time` is None.

    Attributes:
        der: a TimeStampResp.
        time: of the authority's clock, UTC.
        digest, imprint: what it is over: the digest's name, and its bytes.
        nonce: as the request had it; None where it had none.
        has_certificate: the authority's own is in it, so that it can be checked without asking.
    """

    der: bytes
    time: datetime
    digest: str
    imprint: bytes
    nonce: int | None
    has_certificate: bool

    def is_over(self, signature: bytes) -> bool:
        """Whether it is over these bytes."""
        return hashlib.new(self.digest, signature).digest() == self.imprint


def read_timestamp(der: bytes, name: str) -> Timestamp:
    """Read a timestamp's answer, DER.

    Raises:
        BundleError: none, one that was refused, or over a digest other than SHA-2.
    """
    response = _decoded(der, name)
    if response.status != 0:
        raise BundleError(f"{name}: the timestamp was not granted", f"status {response.status}")
    try:
        said = response.tst_info
        digest = _DIGESTS.get(said.message_imprint.hash_algorithm.dotted_string)
        time = said.gen_time
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
        imprint, nonce = said.message_imprint.message, said.nonce
        has_certificate = _signing_certificate(response) is not None
    except (ValueError, TypeError, LookupError, OverflowError) as error:
        raise BundleError(f"{name}: a timestamp that cannot be read", str(error)[:200]) from error
    if digest is None:
        raise BundleError(f"{name}: a timestamp over another digest than SHA-2")
    return Timestamp(
        der=der, time=time, digest=digest, imprint=imprint, nonce=nonce,
        has_certificate=has_certificate,
    )  # fmt: skip


def why_no_time(
    stamp: Timestamp, roots: Sequence[bytes], intermediates: Sequence[bytes], *, now: datetime
) -> str | None:
    """Why a timestamp proves no time by these roots; None if it does.

    Args:
        stamp: over the signature, which the caller has checked.
        roots: certificates in DER, from outside.
        intermediates: certificates in DER; those in the timestamp itself are used too.
        now: a time after it is none.
    """
    from cryptography import x509
    from rfc3161_client import VerificationError, VerifierBuilder

    from affidavit.bundle.certificate import TIMESTAMPING, why_no_path

    if stamp.time > now + SLACK:
        return f"it is of {stamp.time:%Y-%m-%d %H:%M} UTC, which is to come"
    response = _decoded(stamp.der, "timestamp")
    try:
        brought = sorted(response.signed_data.certificates)
        signer = _signing_certificate(response)
        if signer is None:
            return "it does not hold its authority's certificate"
        why = why_no_path(
            signer, roots, [*intermediates, *brought], at=stamp.time, purposes=TIMESTAMPING
        )
        if why is not None:
            return f"the certificate of its authority: {why}"
        anchors = [x509.load_der_x509_certificate(r) for r in roots]
        between = [x509.load_der_x509_certificate(i) for i in intermediates]
        verifier = VerifierBuilder(roots=anchors, intermediates=between).build()
        verifier.verify(response, stamp.imprint)
    except (VerificationError, ValueError, TypeError, LookupError) as error:
        return f"its signature does not hold ({str(error)[:200]})"
    return None


def _decoded(der: bytes, name: str) -> TimeStampResponse:
    from rfc3161_client import decode_timestamp_response

    try:
        return decode_timestamp_response(der)
    except (ValueError, TypeError, LookupError, OverflowError) as error:
        raise BundleError(f"{name}: a timestamp that cannot be read", str(error)[:200]) from error


def _signing_certificate(response: TimeStampResponse) -> bytes | None:
    """The certificate that the one signature names by issuer and serial number."""
    from affidavit.bundle.certificate import FOREIGN, is_named

    signers = list(response.signed_data.signer_infos)
    if len(signers) != 1:
        return None
    try:
        issuer, number = signers[0].issuer, signers[0].serial_number
    except FOREIGN:
        return None
    found = (c for c in response.signed_data.certificates if is_named(c, issuer, number))
    return next(found, None)
