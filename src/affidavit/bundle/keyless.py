"""Keyless signatures: whether a trusted root of a Sigstore proves one, and its time. No network.

The work is sigstore-python's: the certificate's path to a root and its entry in a certificate log
(SCT), the log's inclusion proof, checkpoint and promise, and that the entry is of this signature.
The library is imported by the functions that need it, since that takes half a second; what it
raises over anybody's bytes ends here.

References:
    Sigstore client specification, 4 (verification). sigstore_trustroot.proto, TrustedRoot: each
    authority and log has a time within which it counts (`validFor`), which we hold it to.
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

from affidavit.bundle.material import Material
from affidavit.bundle.statement import Signed, wrap
from affidavit.bundle.timestamp import SLACK, read_timestamp, why_no_time
from affidavit.errors import BundleError, ConfigError

if TYPE_CHECKING:
    from cryptography import x509
    from sigstore.models import TrustedRoot

    from affidavit.bundle.certificate import Certificate

MAX_ROOT_BYTES: Final = 1024 * 1024
_ROOT_TYPE: Final = "application/vnd.dev.sigstore.trustedroot"
_MAX_TOLD: Final = 200
_LOGS: Final = ("tlogs", "ctlogs")
_AUTHORITIES: Final = ("certificateAuthorities", "timestampAuthorities")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a trusted root says of a signature.

    Attributes:
        time: at which it was there, UTC; None where it is not proved.
        why: why it is not proved.
        false: the check that refutes it; None where the root merely does not know its parts.
    """

    time: datetime | None = None
    why: str | None = None
    false: Literal["certificate", "log-entry"] | None = None


def require_root(content: bytes, name: str) -> None:
    """Refuse a file that is no trusted root, by its form; its keys are read when they are needed.

    Raises:
        ConfigError: not JSON of that type, or without an authority, a log or a certificate log.
    """
    try:
        found = json.loads(content)
        if not isinstance(found, dict) or not str(found.get("mediaType")).startswith(_ROOT_TYPE):
            raise _no_root(name, f"expected the mediaType {_ROOT_TYPE}")
        if missing := [k for k in ("certificateAuthorities", *_LOGS) if not found.get(k)]:
            raise _no_root(name, f"it has no {missing[0]}")
        _as_of(found, datetime.now(UTC))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise _no_root(name, str(error)) from error


def prove(signed: Signed, certificate: Certificate, root: bytes, *, now: datetime) -> Proof:
    """Hold a keyless signature against a trusted root.

    Args:
        signed: with a certificate and a log's entry.
        certificate: the one that is in it.
        root: a trusted_root.json from outside, which `require_root` took.
        now: the reader's clock; a time after it is none.

    Raises:
        ConfigError: the root holds what is no key or certificate.
    """
    quiet()
    found = Proof(why="no log and no clock says when it was signed", false="log-entry")
    for at in _claimed_times(signed):
        found = _proved_at(signed, certificate, root, at=at, now=now)
        if found.time is not None:
            break
    return found


def _proved_at(
    signed: Signed, certificate: Certificate, root: bytes, *, at: datetime, now: datetime
) -> Proof:
    """By those parts of the root that count at a time, which has to be one that they prove."""
    if at > now + SLACK:
        return Proof(why=f"its log has it from {at:%Y-%m-%d %H:%M} UTC, which is to come")
    known = _as_of(json.loads(root), at)
    if not (known["certificateAuthorities"] and known["ctlogs"]):
        return Proof(why="the trusted root has no authority or certificate log for that time")
    if not _names_log(known, signed):
        return Proof(why="its log is none that the trusted root names for that time")
    return _proved(signed, certificate, known, at, now)


def quiet() -> None:
    """Keep the library's own warnings off the screen: what matters of them becomes a finding."""
    logger = logging.getLogger("sigstore")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def _proved(
    signed: Signed, certificate: Certificate, known: dict[str, Any], at: datetime, now: datetime
) -> Proof:
    from sigstore.errors import CertValidationError, VerificationError
    from sigstore.models import Bundle
    from sigstore.verify import Verifier

    root = _root(known)
    clocks = _clocks(root)
    try:
        content = _content(signed, with_timestamps=bool(clocks))
        bundle, verifier = Bundle.from_json(content), Verifier(trusted_root=root)
        said = verifier.verify_dsse(bundle, _Same(certificate.der))
        if said != (signed.payload_type, signed.payload):
            return Proof(why="its log's entry is of another statement", false="log-entry")
    except CertValidationError:
        return Proof(why=_why_no_path(certificate, at))
    except VerificationError as error:
        told = _told(error)
        is_of_log = "log entry" in told or not any(w in told for w in ("SCT", "sage", "cert"))
        return Proof(why=told, false="log-entry" if is_of_log else "certificate")
    except _foreign() as error:
        return Proof(why=f"it cannot be checked ({_told(error)})", false="log-entry")
    # Anybody can stamp it by a clock of their own, on a day when a withdrawn part still counted.
    if not _is_proved(signed, at, clocks, now):
        return Proof(why="no clock of the root says when")
    return Proof(time=at)


@dataclass(frozen=True, slots=True)
class _Same:
    """The one thing asked of the certificate: that it is the one whose name was read."""

    der: bytes

    def verify(self, cert: x509.Certificate) -> None:
        from cryptography.hazmat.primitives.serialization import Encoding
        from sigstore.errors import VerificationError

        if cert.public_bytes(Encoding.DER) != self.der:
            raise VerificationError("the certificate is another")


def _root(fields: dict[str, Any]) -> TrustedRoot:
    from sigstore.models import TrustedRoot
    from sigstore_models.trustroot.v1 import TrustedRoot as Inner

    try:
        found = TrustedRoot(Inner.from_json(json.dumps(fields)))
        found.get_timestamp_authorities()
        found.get_fulcio_certs()
    except _foreign() as error:
        raise _no_root("the trusted root", _told(error)) from error
    return found


def _no_root(name: str, why: str) -> ConfigError:
    first = why.split("\n", maxsplit=1)[0][:_MAX_TOLD]
    return ConfigError(
        f"{name}: no trusted root of a Sigstore", first, "ask who runs it for trusted_root.json"
    )


def _content(signed: Signed, *, with_timestamps: bool) -> bytes:
    """The file as it was; without timestamps where the root has no clock, which refuses any."""
    given = signed.material
    material = Material(
        certificate=given.certificate, log_entry=given.log_entry,
        timestamps=given.timestamps if with_timestamps else (),
    )  # fmt: skip
    return wrap(signed.payload, signed.signature, material)


def _claimed_times(signed: Signed) -> list[datetime]:
    """What the log states, with a promise that binds it; else each timestamp's, earliest first."""
    entry = signed.material.log_entry
    try:
        if entry is not None and entry.time is not None and _is_promised(signed):
            return [datetime.fromtimestamp(entry.time, UTC)]
        return sorted({read_timestamp(d, "timestamp").time for d in signed.material.timestamps})
    except (ValueError, OverflowError, OSError, BundleError):
        return []


def _is_promised(signed: Signed) -> bool:
    """Whether the log states a time, and binds it; the library has checked that it does."""
    entry = signed.material.log_entry
    return entry is not None and entry.promise is not None and entry.time is not None


def _is_proved(
    signed: Signed, at: datetime, clocks: Sequence[Sequence[bytes]], now: datetime
) -> bool:
    """Whether the log or a clock of the root says this very time, once all else is proved."""
    if _is_promised(signed):
        return True
    stamps = (read_timestamp(der, "timestamp") for der in signed.material.timestamps)
    return any(
        why_no_time(stamp, chain[-1:], chain[:-1], now=now) is None
        for stamp in stamps
        if stamp.time == at and stamp.is_over(signed.signature)
        for chain in clocks
    )


def _clocks(root: TrustedRoot) -> list[tuple[bytes, ...]]:
    """The chain of each timestamp authority, its own certificate first; DER."""
    from cryptography.hazmat.primitives.serialization import Encoding

    found = (a.certificates(allow_expired=True) for a in root.get_timestamp_authorities())
    return [tuple(c.public_bytes(Encoding.DER) for c in chain) for chain in found]


def _as_of(root: dict[str, Any], at: datetime) -> dict[str, Any]:
    """The root with those authorities and logs only that count at a time.

    The library takes every one, whenever it was: a log whose key was withdrawn could go on.
    """
    kept = dict(root)
    for key in _AUTHORITIES:
        kept[key] = [a for a in root.get(key, []) if _counts(a.get("validFor"), at)]
    for key in _LOGS:
        kept[key] = [
            log for log in root.get(key, []) if _counts(log["publicKey"].get("validFor"), at)
        ]
    return kept


def _counts(window: dict[str, str] | None, at: datetime) -> bool:
    begin, end = ((window or {}).get(side) for side in ("start", "end"))
    return (not begin or datetime.fromisoformat(begin) <= at) and (
        not end or at <= datetime.fromisoformat(end)
    )


def _names_log(root: dict[str, Any], signed: Signed) -> bool:
    entry = signed.material.log_entry
    named = [log.get("logId", {}).get("keyId") for log in root["tlogs"]]
    return entry is not None and base64.b64encode(entry.log).decode() in named


def _why_no_path(certificate: Certificate, at: datetime) -> str:
    if at > certificate.valid_until:
        return f"its certificate had ended on {certificate.valid_until:%Y-%m-%d %H:%M} UTC"
    if at < certificate.valid_from:
        return f"its certificate begins on {certificate.valid_from:%Y-%m-%d %H:%M} UTC only"
    return "no path leads to a root of it"


def _told(error: Exception) -> str:
    """One line of what the library says; a name alone of what it did not mean to say."""
    from sigstore.errors import Error

    text = str(error.args[0]) if isinstance(error, Error) and error.args else ""
    told = text.split("\n", maxsplit=1)[0].split(": expected")[0].strip("(' ,:")
    return (told or type(error).__name__)[:_MAX_TOLD]


def _foreign() -> tuple[type[Exception], ...]:
    """All that the library raises over what anybody can write, its own assertions included."""
    from cryptography.exceptions import InvalidSignature
    from sigstore.errors import Error

    from affidavit.bundle.certificate import FOREIGN

    return (Error, InvalidSignature, AttributeError, AssertionError, *FOREIGN)
