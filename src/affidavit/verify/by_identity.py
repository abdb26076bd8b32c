"""Whose a keyless signature is, by the identities and trusted roots of the reader.

A name that is nobody's here is looked at no further. One that is a signer's has to be proved by
that signer's root: what is false about it is a fault, what the root does not know makes it
nobody's, and what a root that is too old proves is left undecided.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from affidavit.bundle.certificate import Certificate
from affidavit.bundle.keyless import prove
from affidavit.bundle.statement import Signed
from affidavit.verify.checks import ASK_AGAIN, Fault
from affidavit.verify.clocks import NO_TIME, Known
from affidavit.verify.identities import Identified


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Whose it is.

    Attributes:
        signer: None if it is nobody's that counts.
        known: when it was there, by the log or clock of the signer's root.
        why: why it is nobody's.
        stale: why the root that proves it decides nothing any more.
        check, fault: what refutes it.
    """

    signer: Identified | None = None
    known: Known = NO_TIME
    why: str | None = None
    stale: str | None = None
    check: str = ""
    fault: Fault | None = None


def holder_of(
    path: str,
    signed: Signed,
    found: Certificate,
    signers: tuple[Identified, ...],
    now: datetime,
) -> Holder:
    """Whose a keyless signature is.

    Args:
        path: of the statement, for faults.
        signed: with its log's entry; its signature is by the key of `found`.
        found: its certificate, unproved.
        signers: whom the reader trusts by identity.
        now: the reader's clock.
    """
    name, whys = ", ".join(found.names[:3]) or "nobody", list[str]()
    if not signers:
        return Holder(why="no identity is trusted")
    held: Holder | None = None
    for signer in signers:
        if signer.names.find(found.names) is None:
            continue
        if signer.issuer != found.vouched_by:
            whys.append(f"{signer.name} is known by {signer.issuer}, not by {found.vouched_by}")
            continue
        held = _proved(path, signed, found, signer, now)
        if held.signer is not None or held.fault is not None:
            return held
        whys += [held.why] if held.why else []
    if held is not None and held.stale:
        return held
    if whys:
        return Holder(why=f"its certificate of {name} does not count: {'; '.join(whys)}")
    return Holder(why=f"its certificate is of {name}, who is no signer that you trust")


def _proved(
    path: str, signed: Signed, found: Certificate, signer: Identified, now: datetime
) -> Holder:
    proof = prove(signed, found, signer.root.content, now=now)
    if proof.false is not None:
        return Holder(check=proof.false, fault=Fault(
            f"the log's entry or the certificate in {path} does not hold: {proof.why}", path,
            f"what the trusted root {signer.root.name} proves", None, ASK_AGAIN,
        ))  # fmt: skip
    stale = signer.root.why_stale(now)
    if proof.time is None:
        return Holder(why=f"{proof.why} ({stale})" if stale else proof.why)
    if stale is not None:
        return Holder(stale=stale, why=stale)
    return Holder(signer=signer, known=Known(time=proof.time, by=f"the log of {signer.root.name}"))
