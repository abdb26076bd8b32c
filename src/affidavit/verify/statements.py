"""Signed statements: who sealed this, and what else was signed about it.

A statement is read only as far as its form goes before its signature is checked; what it says
counts only when a pinned key made the signature.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from pydantic import ValidationError

from affidavit.bundle.layout import EVIDENCE, MAX_STATEMENT_BYTES, TAG_MANIFEST
from affidavit.bundle.model_signing import KIND as MODEL_KIND
from affidavit.bundle.predicate import SealPredicate
from affidavit.bundle.statement import Signed, parse_signed, statement_name
from affidavit.errors import BundleError, NewerFormat
from affidavit.evidence import Record, Sha256
from affidavit.verify.checks import ASK_AGAIN, BUILD_AGAIN, UPDATE, Fault, Ledger
from affidavit.verify.shelf import Shelf
from affidavit.verify.signers import MadeBy, Refuted, who_made
from affidavit.verify.trust import SEALER, PinnedKey, Trust
from affidavit.verify.windows import moment_text
from affidavit.wording import count_text

# What a statement of each kind is about. `findings` are signed over a file outside any bundle.
_ABOUT: Final = {
    "seal": TAG_MANIFEST, "approval": TAG_MANIFEST, "withheld": TAG_MANIFEST,
    "attestation": EVIDENCE, "recheck": EVIDENCE,
}  # fmt: skip
_OWN_WORD: Final = frozenset({"signature", "statement", "certificate", "timestamp", "log-entry"})
NOT_PINNED: Final = "its key is not pinned: what it says counts for nothing"
NOT_CHECKED: Final = "signature not checked: its key is not pinned"
GET_ROOT_ANEW: Final = "get it anew from who runs that Sigstore, then set fetched_on"
_PINNED_AS_SEALER = "affidavit verify --key SIGNER.pub, or a [[signer]] with the role in trust.toml"
# The key of a certificate counts for minutes, or until the next one: nobody compares it by phone.
_PIN_THE_NAME: Final = (
    "ask the signer under which name they sign; then a [[signer]] with that name in trust.toml, "
    "for a keyless one by affidavit trust add --identity"
)


class StatementSeen(Record):
    """A statement in the bundle. Only one by a pinned key (`by`) and not revoked is ever weighed.

    Attributes:
        sha256: of its file; an assessment that weighed it names it so.
        fingerprint: the key that the statement names; unproved unless `by` is given.
        by: the pinned key's name. roles: what its owner may sign.
        revoked: the reason, where the trust that was given revokes the statement or its key.
        certificate: whom its certificate names, and by whom; unproved unless `by` is given.
        time: when it was there, by the clock of `time_by`, which trust.toml names; UTC.
        time_note: why a timestamp of it proves no time.
        note: what was not checked of it, or why it counts for nothing.
    """

    path: str
    kind: str
    sha256: Sha256
    fingerprint: str | None
    by: str | None = None
    roles: tuple[str, ...] = ()
    revoked: str | None = None
    certificate: str | None = None
    time: str | None = None
    time_by: str | None = None
    time_note: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A statement of the right form, with the pinned key that made its signature, if one did."""

    path: str
    sha256: str
    signed: Signed
    made_by: MadeBy
    revoked: str | None

    @property
    def key(self) -> PinnedKey | None:
        return self.made_by.key

    @property
    def fingerprint(self) -> str | None:
        return self.made_by.fingerprint

    @property
    def why_nobodys(self) -> str:
        """Why no signer of the reader's made it; of a stranger's certificate, no word."""
        is_own = self.made_by.why is not None and self.made_by.certificate is None
        return f"{self.made_by.why}" if is_own else NOT_PINNED

    @property
    def seen(self) -> StatementSeen:
        known = self.made_by.known
        return StatementSeen(
            path=self.path, kind=self.signed.kind, sha256=self.sha256,
            fingerprint=self.fingerprint, by=self.key.name if self.key else None,
            roles=tuple(sorted(self.key.roles)) if self.key else (), revoked=self.revoked,
            certificate=self.made_by.certificate,
            time=known.time.isoformat() if known.time else None, time_by=known.by,
            time_note=known.why,
            note=None if self.key else self.made_by.why or NOT_CHECKED,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """All statements of a bundle. `seal` is the one that counts, `predicate` what it says."""

    all: tuple[Statement, ...]
    seal: Statement | None
    predicate: SealPredicate | None

    @property
    def seals(self) -> tuple[Statement, ...]:
        return tuple(s for s in self.all if s.signed.kind == "seal")

    def is_sealer(self, key: PinnedKey) -> bool:
        """Whether a signer of the reader's is, or may be, one of those who sealed the bundle."""
        return any(s.key is not None and not s.key.is_apart_from(key) for s in self.seals)

    @property
    def sealed_root(self) -> str | None:
        """The tag manifest's sha256 as the seal says it."""
        return self.seal.signed.subject_sha256 if self.seal else None


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
    found = _all_revoked(tuple(_read_statements(archive, trust, ledger, at)), trust)
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


def _read_statements(
    archive: Shelf, trust: Trust | None, ledger: Ledger, now: datetime
) -> Iterator[Statement]:
    for path in archive.names:
        if not path.startswith("signatures/"):
            continue
        try:
            content = archive.read(path, MAX_STATEMENT_BYTES)
        except BundleError as error:
            ledger.failed("statement", Fault(str(error), path, fix=ASK_AGAIN))
            continue
        statement = _read_statement(path, content, trust, ledger, now)
        if statement is None:
            continue
        if path != (name := statement_name(statement.signed.kind, content)):
            ledger.failed("statement", Fault(
                f"{path} has not the name of its content", path, name, path, ASK_AGAIN
            ))  # fmt: skip
        yield statement


def read_given(
    contents: Mapping[str, bytes],
    trust: Trust | None,
    ledger: Ledger,
    now: datetime | None = None,
) -> tuple[Statement, ...]:
    """Signed statements that came beside a bundle, judged as those in it are.

    Args:
        contents: by the name to call each in a fault.
        trust: pinned signers, or None.
        ledger: gains what does not verify.
        now: the reader's clock; None asks it.
    """
    at = now or datetime.now(UTC)
    read = (_read_statement(name, content, trust, ledger, at) for name, content in contents.items())
    return _all_revoked(tuple(s for s in read if s is not None), trust)


def _read_statement(
    path: str, content: bytes, trust: Trust | None, ledger: Ledger, now: datetime
) -> Statement | None:
    try:
        signed = parse_signed(content, path)
    except NewerFormat as error:
        ledger.not_run("statement", str(error), path=path, fix=UPDATE)
        return None
    except BundleError as error:
        ledger.failed("statement", Fault(str(error), path, fix=ASK_AGAIN))
        return None
    made_by = who_made(path, signed, trust, now)
    if isinstance(made_by, Refuted):
        ledger.failed(made_by.check, made_by.fault)
        return None
    return Statement(
        path=path, sha256=hashlib.sha256(content).hexdigest(), signed=signed, made_by=made_by,
        revoked=_why_revoked(content, signed, made_by, trust),
    )  # fmt: skip


def _all_revoked(found: tuple[Statement, ...], trust: Trust | None) -> tuple[Statement, ...]:
    """What is revoked by its digest, in one file, is so in every other that signs the same payload.

    A key that is revoked takes nothing from what another key signed.
    """
    if trust is None:
        return found
    reasons: dict[bytes, str] = {}
    for statement in found:
        payload, time = statement.signed.payload, statement.made_by.known.time
        digests = (statement.sha256, hashlib.sha256(payload).hexdigest())
        if (reason := trust.why_revoked(*digests, time=time)) is not None:
            reasons.setdefault(payload, reason)
    return tuple(replace(s, revoked=s.revoked or reasons.get(s.signed.payload)) for s in found)


def _why_revoked(
    content: bytes, signed: Signed, made_by: MadeBy, trust: Trust | None
) -> str | None:
    """By the key's fingerprint, or by the sha256 of the file or of the payload that was signed."""
    if trust is None:
        return None
    digests = (hashlib.sha256(part).hexdigest() for part in (content, signed.payload))
    key = made_by.key.fingerprint if made_by.key else ""
    return trust.why_revoked(key, *digests, time=made_by.known.time)


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
        why = good[0].made_by.known.why
        ledger.failed("timestamp", Fault(
            "the seal has no timestamp that you trust" + (f": {why}" if why else ""),
            good[0].path, "a timestamp by " + _clock_names(trust), "none",
            "ask the signer for one made with --timestamp",
        ))  # fmt: skip
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


def check_other_statements(
    statements: Statements, *, root: str, evidence_id: str | None, ledger: Ledger
) -> None:
    """Every statement is about this very bundle or its evidence."""
    ledger.run(
        "statement-subject", "every signed statement is about this bundle",
        _subject_faults(statements, root, evidence_id), found=f"{len(statements.all)} statements",
    )  # fmt: skip


def _subject_faults(statements: Statements, root: str, evidence_id: str | None) -> Iterator[Fault]:
    for statement in statements.all:
        signed = statement.signed
        if signed.kind == MODEL_KIND:
            continue  # `model-signature` says it
        about = _ABOUT.get(signed.kind)
        if about is None:
            yield Fault(
                f"{statement.path} is of a kind that no bundle holds", statement.path,
                ", ".join(_ABOUT), signed.kind, ASK_AGAIN,
            )  # fmt: skip
            continue
        if statement is statements.seal:
            continue  # `seal-subject` and `tag-manifest` have said it
        expected = root if about == TAG_MANIFEST else evidence_id
        if (signed.subject_name, signed.subject_sha256) != (about, expected):
            yield Fault(
                f"{statement.path} is about something else than this bundle", statement.path,
                f"{about} sha256 {expected}",
                f"{signed.subject_name} sha256 {signed.subject_sha256}", ASK_AGAIN,
            )  # fmt: skip
