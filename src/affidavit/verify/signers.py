"""Who made a signature, by the reader's trust: a pinned key, or whom a trusted authority names.

What is false is a fault: a signature that the key or the certificate beside it does not verify.
What is merely unknown to the reader (another key, another authority, a certificate that has ended)
is no fault of the statement: it is by nobody that counts, and `why` says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from affidavit.bundle.model_signing import KIND as MODEL_KIND
from affidavit.bundle.model_signing import model_hint
from affidavit.bundle.statement import Signed, pae
from affidavit.errors import BundleError
from affidavit.verify.checks import ASK_AGAIN, Fault
from affidavit.verify.clocks import NO_TIME, Known, known_time
from affidavit.verify.identities import Identified
from affidavit.verify.trust import NamedSigner, PinnedKey, Trust, hinted_fingerprint

if TYPE_CHECKING:
    from affidavit.bundle.certificate import Certificate


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeBy:
    """Who made a signature.

    Attributes:
        key: of the signer that the reader trusts; None if it is nobody's.
        fingerprint: of the key that the statement names; unproved unless `key` is given.
        certificate: whom the statement's certificate names, and by whom; unproved likewise.
        why: why it is nobody's, where more is known than that the key is not pinned.
        stale: it would be somebody's, were the trusted root that says so not too old: why it is.
        known: when it was there, by a clock that the reader trusts.
    """

    key: PinnedKey | None
    fingerprint: str | None
    certificate: str | None = None
    why: str | None = None
    stale: str | None = None
    known: Known = NO_TIME


class Refuted(NamedTuple):
    """A signature that is false: which check says so, and what it says."""

    check: str
    fault: Fault


def who_made(path: str, signed: Signed, trust: Trust | None, now: datetime) -> MadeBy | Refuted:
    """Who made the signature of a statement, and when.

    A key counts within its window, a certificate while it is valid: at the time that a timestamp
    proves, else now; with a timestamp from after now, then too.

    Args:
        path: of the statement, for faults.
        signed: as it was parsed.
        trust: pinned signers, or None: then the form of certificate and timestamps alone is
            checked.
        now: the reader's clock.
    """
    known = known_time(path, signed, trust.clocks if trust else (), now)
    if isinstance(known, Fault):
        return Refuted("timestamp", known)
    moments = _moments(known, now)
    if signed.material.certificate is None:
        made = _by_key(path, signed, trust)
    else:
        made = _by_certificate(
            path, signed, signed.material.certificate, trust, moments=moments, now=now
        )
    if isinstance(made, Refuted):
        return made
    if made.known.time is not None:  # of a log; a timestamp of the reader's own may be earlier
        if known.time is None or made.known.time < known.time:
            known = made.known
        moments = _moments(known, now)
    if trust is not None and made.key is not None and made.key.key.kind not in trust.algorithms:
        made = replace(
            made, key=None,
            why=f"the key of {made.key.name} is of the kind {made.key.key.kind}, which "
            "`algorithms` of your trust leaves out",
        )  # fmt: skip
    for at in moments:
        if made.key is not None and (why := made.key.why_not_at(at)):
            is_now = known.time is None and at == now
            when = "now, and no time is proved" if is_now else "then"
            made = replace(
                made, key=None, why=f"the key of {made.key.name} does not count {when}: {why}"
            )
    return replace(made, known=known)


def _moments(known: Known, now: datetime) -> tuple[datetime, ...]:
    """When a signer has to count: at the time that is proved; else now, and at a later one said."""
    if known.time is not None:
        return (known.time,)
    return (now,) if known.later is None else (now, known.later)


def _by_certificate(
    path: str,
    signed: Signed,
    der: bytes,
    trust: Trust | None,
    *,
    moments: tuple[datetime, ...],
    now: datetime,
) -> MadeBy | Refuted:
    from affidavit.bundle.certificate import read_certificate

    try:
        found = read_certificate(der, path)
    except BundleError as error:
        return Refuted("certificate", Fault(str(error), path, fix=ASK_AGAIN))
    said = f"{', '.join(found.names[:3]) or 'nobody'} by {found.vouched_by or found.issuer}"
    if trust is None:
        return MadeBy(key=None, fingerprint=found.key.fingerprint, certificate=said)
    is_logged, message = (
        signed.material.log_entry is not None,
        pae(signed.payload_type, signed.payload),
    )
    if not found.key.holds(signed.signature, message, is_logged=is_logged):
        return Refuted("signature", Fault(
            f"the signature in {path} is not by the key of its certificate", path,
            f"a signature by {found.key.fingerprint}", "one that this key does not verify",
            ASK_AGAIN,
        ))  # fmt: skip
    if is_logged:  # never judged by less than its log
        return _by_identity(path, signed, found, trust, now=now, said=said)
    for at in moments:
        key, why = _pinned_holder(found, trust, at)
        if key is None:
            break
    return MadeBy(key=key, fingerprint=found.key.fingerprint, certificate=said, why=why)


def _by_identity(
    path: str, signed: Signed, found: Certificate, trust: Trust, *, now: datetime, said: str
) -> MadeBy | Refuted:
    from affidavit.verify.by_identity import holder_of

    held = holder_of(path, signed, found, trust.identified, now)
    if held.fault is not None:
        return Refuted(held.check, held.fault)
    return MadeBy(
        key=_as_pinned(held.signer, found) if held.signer else None, why=held.why,
        fingerprint=found.key.fingerprint, certificate=said, stale=held.stale, known=held.known,
    )  # fmt: skip


def _pinned_holder(
    found: Certificate, trust: Trust, at: datetime
) -> tuple[PinnedKey | None, str | None]:
    """The signer that a certificate makes of a key; else why it makes none."""
    if (pinned := trust.by_fingerprint(found.key.fingerprint)) is not None:
        return pinned, None  # the key itself is pinned: its certificate adds nothing
    from affidavit.bundle.certificate import why_no_path

    if not trust.named:
        return None, "no authority is trusted"
    name, whys = ", ".join(found.names[:3]) or "nobody", list[str]()
    for signer in trust.named:
        if not signer.names.may_find(found.names):
            continue
        authority = signer.authority
        why = why_no_path(found.der, authority.roots, authority.intermediates, at=at)
        if why is not None:
            whys.append(f"{authority.name}: {why}")
        elif signer.names.find(found.names) is not None:
            return _as_pinned(signer, found), None
    if whys:
        return None, f"its certificate of {name} does not count by {'; '.join(whys)}"
    return None, f"its certificate is of {name}, who is no signer that you trust"


def _as_pinned(signer: NamedSigner | Identified, found: Certificate) -> PinnedKey:
    # A table that takes several names can stand for several people.
    is_one = signer.names.pattern is None and len(signer.names.exact) == 1
    return PinnedKey(
        name=signer.name, roles=signer.roles, key=found.key, identities=signer.identities,
        window=signer.window, certificate_names=found.names,
        person="" if is_one else signer.names.find(found.names) or "",
    )  # fmt: skip


def _by_key(path: str, signed: Signed, trust: Trust | None) -> MadeBy | Refuted:
    """The pinned key that signed; refuted if the statement names a pinned key that did not."""
    named = _named(signed, trust)
    if trust is None:
        return MadeBy(key=None, fingerprint=named)
    message = pae(signed.payload_type, signed.payload)
    key = next((k for k in trust.keys if k.key.holds(signed.signature, message)), None)
    if key is None and named and (pinned := trust.by_fingerprint(named)):
        return Refuted("signature", Fault(
            f"the signature in {path} is not by the key that it names",
            path, f"a signature by {pinned.name}, {named}", "one that this key does not verify",
            ASK_AGAIN,
        ))  # fmt: skip
    if key is not None and signed.hint != (hint := _hint(key, signed)):
        return Refuted("signature", Fault(
            f"{path} names another key than the one that signed it", path, hint,
            signed.hint, ASK_AGAIN,
        ))  # fmt: skip
    return MadeBy(key=key, fingerprint=key.fingerprint if key else named)


def _hint(key: PinnedKey, signed: Signed) -> str:
    """How a statement of this kind names a key; a model's own signature does it its own way."""
    return model_hint(key.key) if signed.kind == MODEL_KIND else key.key.hint


def _named(signed: Signed, trust: Trust | None) -> str | None:
    if signed.kind != MODEL_KIND:
        return hinted_fingerprint(signed.hint)
    keys = trust.keys if trust else ()
    return next((k.fingerprint for k in keys if _hint(k, signed) == signed.hint), None)
