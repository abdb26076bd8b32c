"""Which of a bundle's seals counts, and whether enough signers of the reader's made one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from pydantic import ValidationError

from affidavit.bundle.layout import TAG_MANIFEST
from affidavit.bundle.predicate import SealPredicate
from affidavit.verify.checks import ASK_AGAIN, BUILD_AGAIN, Fault, Ledger
from affidavit.verify.shelf import Shelf
from affidavit.verify.statements import Statement, Statements, read_statements
from affidavit.verify.trust import SEALER, PinnedKey, Trust
from affidavit.verify.windows import moment_text
from affidavit.wording import count_text

_OWN_WORD: Final = frozenset({"signature", "statement", "certificate", "timestamp", "log-entry"})
GET_ROOT_ANEW: Final = "get it anew from who runs that Sigstore, then set fetched_on"
_PINNED_AS_SEALER = "affidavit verify --key SIGNER.pub, or a [[signer]] with the role in trust.toml"
# The key of a certificate counts for minutes, or until the next one: nobody compares it by phone.
_PIN_THE_NAME: Final = (
    "ask the signer under which name they sign; then a [[signer]] with that name in trust.toml, "
    "for a keyless one by affidavit trust add --identity"
)


def check_seal(
    archive: Shelf, trust: Trust | None, ledger: Ledger, now: datetime | None = None
) -> Statements:
    """Read every statement, and find the seal: by a pinned signer, if trust was given.

    Args:
        archive: the bundle, or the proof of one file.
        trust: pinned signers, or None.
        ledger: gains the checks.
        now: the reader's clock; None asks it.
    """
    at = now or datetime.now(UTC)
    found = read_statements(archive, trust, ledger, at)
    seals = [s for s in found if s.signed.kind == "seal"]
    _check_presence(seals, trust, ledger)
    ledger.run("seal-subject", "each seal is about a tag manifest", _subject_name_faults(seals))
    if trust is None:
        ledger.not_run(
            "signature", "no key was given, so the signature was not checked",
            path=seals[0].path if seals else None,
            fix="affidavit verify --key SIGNER.pub, with a key that you have from the signer",
            required=False,
        )  # fmt: skip
        seal = seals[0] if seals else None
    else:
        seal = _check_signer(seals, trust, ledger)
    said = _predicate(seal, ledger)
    for other in seals:
        if other is not seal and other.key is not None and said is not None:
            _require_same(other, said, ledger)
    return Statements(all=found, seal=seal, predicate=said)


def keys_ending(statements: Statements, now: datetime) -> tuple[str, ...]:
    """What is said of pinned keys that signed here, still count, and soon will not."""
    said: dict[str, str] = {}
    for statement in statements.all:
        key = statement.key
        if key is None or statement.revoked is not None or key.window.end is None:
            continue
        if (left := key.window.days_left(now)) is not None:
            said[key.fingerprint] = (
                f"the key of {key.name} counts until {moment_text(key.window.end)}, "
                f"{count_text(left, 'more day')}; after that, what it signed counts only with "
                "a timestamp that you trust"
            )
    return tuple(said.values())


def roots_undated(statements: Statements, trust: Trust | None) -> tuple[str, ...]:
    """What is said of a trusted root that a seal rests on, and whose age nobody stated."""
    counted = {s.key.name for s in statements.seals if s.key is not None}
    signers = trust.identified if trust else ()
    names = {i.root.name for i in signers if i.root.fetched_on is None and i.name in counted}
    return tuple(
        f"nobody says how old the trusted root {name} is: a [[root]] in trust.toml can, and how "
        "old it may be"
        for name in sorted(names)
    )


def _check_presence(seals: list[Statement], trust: Trust | None, ledger: Ledger) -> None:
    if seals or any(c.id in _OWN_WORD for c in ledger.checks):
        return  # there is something, and its own check has said what is wrong with it
    if trust is None:
        ledger.not_run("seal", "the bundle is not signed", required=False)
    else:
        ledger.failed("seal", Fault(
            "the bundle is not signed", None, "a seal by a signer that you trust", "no seal",
            "ask the sender for a sealed bundle",
        ))  # fmt: skip


def _subject_name_faults(seals: list[Statement]) -> Iterator[Fault]:
    for seal in seals:
        if seal.signed.subject_name != TAG_MANIFEST:
            yield Fault(
                f"the seal {seal.path} is about another file", seal.path,
                TAG_MANIFEST, seal.signed.subject_name, ASK_AGAIN,
            )  # fmt: skip


def _check_signer(seals: list[Statement], trust: Trust, ledger: Ledger) -> Statement | None:
    signed = [s for s in seals if s.key is not None]
    pinned = [s for s in signed if s.key and SEALER in s.key.roles]
    if signed:
        ledger.passed("signature", "the seal's signature is by a pinned key", path=signed[0].path)
    stale = next((s for s in seals if s.made_by.stale), None)
    if not pinned and stale:
        ledger.not_run(
            "trusted-root", f"{stale.made_by.stale}", path=stale.path,
            fix=GET_ROOT_ANEW,
        )  # fmt: skip
    elif not pinned and seals:
        ledger.failed("signer", _not_pinned(seals, signed, trust))
    good = [s for s in pinned if s.revoked is None]
    good.sort(key=lambda s: s.made_by.known.time is None)  # one with a proved time says most
    if good:
        _check_enough(good, trust, ledger)
    elif pinned:
        ledger.failed("revoked", Fault(
            "the seal, or the key that made it, was revoked", pinned[0].path, "not revoked",
            pinned[0].revoked, "do not rely on it; ask the signer for a bundle sealed anew",
        ))  # fmt: skip
    # A seal that does not count still says which tag manifest it was made over.
    return next(iter([*good, *pinned, *seals]), None)


def _check_enough(good: list[Statement], trust: Trust, ledger: Ledger) -> None:
    """As many signers as are required, and each with a time, where one is required."""
    timed = [s for s in good if s.made_by.known.time is not None]
    if trust.requires_time and not timed:
        ledger.failed("timestamp", no_time_fault("seal", good[0], trust))
        return
    if timed:
        known = timed[0].made_by.known
        ledger.passed(
            "timestamp", f"the seal was there at this time, by the clock of {known.by}",
            path=timed[0].path, found=f"{known.time:%Y-%m-%d %H:%M:%S} UTC",
        )  # fmt: skip
    counted = timed if trust.requires_time else good
    names = sorted({s.key.name for s in counted if s.key})
    if _number_of_signers(counted) < trust.required:
        ledger.failed("signer", Fault(
            f"{trust.required} signers that you trust are required", counted[0].path,
            f"{trust.required} sealers", ", ".join(names), "ask for the seals that are missing",
        ))  # fmt: skip
        return
    verb = "are" if len(names) > 1 else "is"
    ledger.passed("signer", f"{' and '.join(names)} {verb} pinned as sealer", path=counted[0].path)


def no_time_fault(what: str, statement: Statement, trust: Trust) -> Fault:
    """That a seal or another statement proves no time, where the reader's trust requires one."""
    why = statement.made_by.known.why
    return Fault(
        f"the {what} has no timestamp that you trust" + (f": {why}" if why else ""),
        statement.path, "a timestamp by " + _clock_names(trust), "none",
        "ask the signer for one made with --timestamp",
    )  # fmt: skip


def _number_of_signers(counted: list[Statement]) -> int:
    """Of one key or one name in two tables, or two keys of one name: one."""
    apart: list[PinnedKey] = []
    for key in (s.key for s in counted):
        if key is not None and all(key.is_apart_from(other) for other in apart):
            apart.append(key)
    return len(apart)


def _clock_names(trust: Trust) -> str:
    roots = dict.fromkeys(f"the log of {i.root.name}" for i in trust.identified)
    return ", ".join([*(c.name for c in trust.clocks), *roots])


def _not_pinned(seals: list[Statement], signed: list[Statement], trust: Trust) -> Fault:
    if signed and signed[0].key:
        key = signed[0].key
        return Fault(
            f"{key.name} signed the bundle and is not pinned as sealer", signed[0].path,
            SEALER, ", ".join(sorted(key.roles)), "decide whether this signer may seal",
        )  # fmt: skip
    sealers = [k.fingerprint for k in trust.keys if SEALER in k.roles]
    sealers += [f"{c.name} by {c.authority.name}" for c in trust.named if SEALER in c.roles]
    sealers += [f"{i.name} by {i.issuer}" for i in trust.identified if SEALER in i.roles]
    named = ", ".join(s.fingerprint or "a key it does not name" for s in seals)
    why = next((s.made_by.why for s in seals if s.made_by.why), None)
    return Fault(
        "no signer that you trust sealed this bundle" + (f": {why}" if why else ""),
        seals[0].path, ", ".join(sealers) or "no key is pinned as sealer", named,
        _PIN_THE_NAME if all(s.made_by.certificate for s in seals)
        else f"compare the fingerprint with the signer by phone; then {_PINNED_AS_SEALER}",
    )  # fmt: skip


def _predicate(seal: Statement | None, ledger: Ledger) -> SealPredicate | None:
    if seal is None:
        return None
    try:
        return SealPredicate.model_validate_json(json.dumps(dict(seal.signed.predicate)))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(p) for p in first["loc"])
        ledger.failed("seal-record", Fault(
            f"what the seal says is not of its form: {where}: {first['msg']}", seal.path,
            fix=BUILD_AGAIN,
        ))  # fmt: skip
        return None


def _require_same(other: Statement, said: SealPredicate, ledger: Ledger) -> None:
    """A further seal by a signer of the reader's says the same as the one that counts."""
    found = _predicate(other, ledger)
    if found is None:
        return  # a fault already
    expected, ours = (said.subject, said.evidence_id), (found.subject, found.evidence_id)
    if ours != expected:
        ledger.failed("seal-record", Fault(
            f"{other.path} says other things of the bundle than the seal that counts", other.path,
            f"{said.subject.name}, version {said.subject.version}, evidence {said.evidence_id}",
            f"{found.subject.name}, version {found.subject.version}, evidence {found.evidence_id}",
            ASK_AGAIN,
        ))  # fmt: skip
