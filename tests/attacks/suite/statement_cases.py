"""Attacks with true signatures over something else, or by somebody else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.attacks.suite.case import Attack, Attempt, World
from tests.attacks.suite.envelope_cases import sealed_with
from tests.support.payloads import sha256_of
from tests.support.raw_archives import ordered, read_entries

from affidavit.bundle import canonical, layout
from affidavit.bundle.statement import statement_bytes, statement_name

Change = Callable[[Any], None]


def payload(world: World, kind: str = "seal", **predicate: Any) -> bytes:
    """What the right key signs, over the bundle's own root."""
    said = world.good.predicate() | predicate
    return statement_bytes(kind, layout.TAG_MANIFEST, world.good.sealed.root, said)


def signed(change: Change) -> Callable[[World], Path]:
    """A seal of other words, signed by the right key as the one seal."""

    def make(world: World) -> Path:
        value = json.loads(payload(world))
        change(value)
        return sealed_with(world.good, world.signer.sign(canonical.dumps(value)))

    return make


def signed_bytes(edit: Callable[[bytes], bytes]) -> Callable[[World], Path]:
    """A seal whose payload is in another form, signed by the right key."""
    return lambda w: sealed_with(w.good, w.signer.sign(edit(payload(w))))


def beside(kind: str, predicate: Any, *, subject: tuple[str, str] | None = None) -> object:
    """One more statement, by the right key."""
    return lambda w: w.good.add_statement(kind, predicate, subject=subject)


def transplanted(kind: str, other: Callable[[World], Any], about: str) -> Callable[[World], Path]:
    """A statement that is true of another bundle, put into this one as it is."""

    def make(world: World) -> Path:
        bundle = other(world)
        root, evidence = bundle.sealed.root, bundle.sealed.evidence_id
        digest = root if about == layout.TAG_MANIFEST else evidence
        content = world.signer.sign(statement_bytes(kind, about, digest, {}))
        return world.good.add(statement_name(kind, content), content)

    return make


def other_rendering(world: World) -> Path:
    """The same evidence, another card: the approval was of the card before."""
    content = world.signer.sign(
        statement_bytes("approval", layout.TAG_MANIFEST, world.good.sealed.root, {})
    )
    path = world.good.replace("data/card/model-card.md", b"# Another card\n", "resign")
    return world.good.pack(ordered([*read_entries(path)[1], (statement_name("approval", content),
                                                             content)]))  # fmt: skip


def swapped(world: World) -> Path:
    """The seal of another genuine bundle by the same key."""
    entries = read_entries(world.older.path)[1]
    return sealed_with(world.good, next(c for n, c in entries if n.startswith("signatures/")))


def second_seal(world: World) -> Path:
    """A seal over another root, in the archive after the right one."""
    first = statement_name("seal", world.seal)
    for number in range(1 << 16):
        statement = statement_bytes(
            "seal", layout.TAG_MANIFEST, f"{number:064x}", world.good.predicate()
        )
        content = world.signer.sign(statement)
        if statement_name("seal", content) > first:
            return world.good.add(statement_name("seal", content), content)
    raise AssertionError("no name sorts after the seal's")


def under_name(kind: str, name: str, content: bytes | None = None) -> Callable[[World], Path]:
    """A statement of one kind under the file name of another."""

    def make(world: World) -> Path:
        signed = content or world.signer.sign(payload(world, kind))
        kept = [(n, c) for n, c in world.good.entries if not n.startswith("signatures/")]
        return world.good.pack([*kept, (statement_name(name, signed), signed)])

    return make


def role(*roles: str, more: tuple[str, ...] = ()) -> Callable[[World], tuple[str, ...]]:
    """Trust in the right key with these roles."""

    def options(world: World) -> tuple[str, ...]:
        listed = ", ".join(f'"{r}"' for r in roles)
        return world.trusting(
            "[[signer]]", 'name = "release"', f'key = "{world.good.public_key}"',
            f"roles = [{listed}]", *more,
        )  # fmt: skip

    return options


def judged_by(options: Callable[[World], tuple[str, ...]]) -> Callable[[World], Attempt]:
    """The good bundle itself, by a trust under which its seal does not count."""
    return lambda w: Attempt(bundle=w.good.path, options=options(w), twin_options=role("sealer")(w))


def revoked(world: World) -> tuple[str, ...]:
    fingerprint = world.signer.fingerprint()
    return role("sealer", more=(
        "[[revoked]]", f'fingerprint = "{fingerprint}"', 'reason = "laptop stolen"',
    ))(world)  # fmt: skip


def _a(name: str, does: str, make: object, check: str, says: str = "", *, code: int = 1) -> Attack:
    assert callable(make)
    return Attack(id=f"statement/{name}", does=does, make=make, check=check, says=says,
                  exit_code=code)  # fmt: skip


def _subject(value: Any) -> Any:
    return value["subject"][0]


def _second_subject(value: Any) -> None:
    value["subject"].insert(0, {"name": layout.TAG_MANIFEST, "digest": {"sha256": "0" * 64}})


ATTACKS = (
    _a("swapped", "The seal is that of another genuine bundle by the same signer.", swapped,
       "tag-manifest"),
    _a("other-root", "The right key signed another root.",
       signed(lambda s: _subject(s)["digest"].update(sha256="ab" * 32)), "tag-manifest"),
    _a("other-file", "The right key signed this digest as that of another file.",
       signed(lambda s: _subject(s).update(name="data/evidence.json")), "seal-subject"),
    _a("subject-case", "The digest is in capitals.",
       signed(lambda s: _subject(s)["digest"].update(
           sha256=_subject(s)["digest"]["sha256"].upper())), "statement", "lower-case hex"),
    _a("second-subject", "Of two subjects one is right.", signed(_second_subject), "statement",
       "exactly one thing that it is about"),
    _a("no-subject", "There is no subject.", signed(lambda s: s.update(subject=[])), "statement",
       "exactly one thing that it is about"),
    _a("second-digest", "A digest of another algorithm stands beside the right one.",
       signed(lambda s: _subject(s)["digest"].update(sha512="0" * 128)), "statement", "other fields than the format has"),
    _a("other-digest-only", "The subject has only a weak digest.",
       signed(lambda s: _subject(s).update(digest={"sha1": "0" * 40})), "statement", "other fields than the format has"),
    _a("subject-annotated", "The subject names another place.",
       signed(lambda s: _subject(s).update(uri="https://example.org")), "statement", "other fields than the format has"),
    _a("statement-type", "The statement is of an earlier in-toto type.",
       signed(lambda s: s.update(_type="https://in-toto.io/Statement/v0.1")), "statement", "_type"),
    _a("other-type", "The predicate's type is SLSA's.",
       signed(lambda s: s.update(predicateType="https://slsa.dev/provenance/v1")), "statement",
       "not a type of Affidavit"),
    _a("type-line-end", "The predicate's type ends in a line end.",
       signed(lambda s: s.update(predicateType="urn:affidavit:seal:1\n")), "statement",
       "not a type of Affidavit"),
    _a("type-newer", "The predicate's type is a later one, to be let off.",
       signed(lambda s: s.update(predicateType="urn:affidavit:seal:2")), "statement",
       "the kind urn:", code=4),
    _a("type-unknown", "The statement is of a kind that does not exist.",
       signed(lambda s: s.update(predicateType="urn:affidavit:pardon:1")), "statement",
       "the kind urn:", code=4),
    _a("predicate-list", "The predicate is a list.", signed(lambda s: s.update(predicate=[])),
       "statement", "expected an object"),
    _a("payload-keys-twice", "The signed payload has a key twice.",
       signed_bytes(lambda p: b'{"predicate":{},' + p[1:]), "statement", "stands twice"),
    _a("payload-deep", "The signed payload is nested 5,000 deep.",
       signed_bytes(lambda p: b'{"x":' + b"[" * 5000 + b"]" * 5000 + b"," + p[1:]), "statement",
       "nested deeper"),
    _a("payload-nothing", "The signed payload is empty.", signed_bytes(lambda _: b""), "statement",
       "strict JSON"),
    _a("predicate-unknown-field", "The seal's predicate has a field that nobody reads.",
       signed(lambda s: s["predicate"].update(approved=True)), "seal-record"),
    _a("predicate-other-evidence", "The seal's predicate names other evidence.",
       signed(lambda s: s["predicate"].update(evidence_id="cd" * 32)), "evidence-cited"),
    _a("time-zone", "The seal's time is given in another zone, a day ahead.",
       signed(lambda s: s["predicate"].update(finished_on="2026-11-24T09:00:00+23:00")),
       "seal-record"),
    _a("time-none", "The seal's time has no zone.",
       signed(lambda s: s["predicate"].update(finished_on="2026-11-23T10:00:00")), "seal-record"),
    _a("time-leap", "The seal's time is in a minute of 61 seconds.",
       signed(lambda s: s["predicate"].update(finished_on="2026-11-23T10:00:60Z")), "seal-record"),
    _a("time-digits", "The seal's day is written in other digits.",
       signed(lambda s: s["predicate"].update(as_of="\u0662\u0660\u0662\u0666-11-23")),
       "seal-record"),
    _a("approval-as-seal", "An approval by the right key is passed off as the seal.",
       under_name("approval", "approval"), "seal"),
    _a("approval-named-seal", "An approval stands under the file name of a seal.",
       under_name("approval", "seal"), "statement", "not the name of its content"),
    _a("seal-named-approval", "The seal stands under the file name of an approval.",
       under_name("seal", "approval"), "statement", "not the name of its content"),
    _a("other-name", "The seal's file is named by another digest.",
       lambda w: w.good.rename(statement_name("seal", w.seal),
                               "signatures/seal-0123456789abcdef.sigstore.json"),
       "statement", "not the name of its content"),
    _a("evidence-replayed", "An attestation of other evidence is put into this bundle.",
       transplanted("attestation", lambda w: w.older, layout.EVIDENCE), "statement-subject"),
    _a("recheck-replayed", "A recheck of other evidence is put into this bundle.",
       transplanted("recheck", lambda w: w.older, layout.EVIDENCE), "statement-subject"),
    _a("approval-replayed", "An approval of another bundle is put into this one.",
       transplanted("approval", lambda w: w.older, layout.TAG_MANIFEST), "statement-subject"),
    _a("approval-of-other-rendering", "An approval of the card before stands beside a new card.",
       other_rendering, "statement-subject"),
    _a("approval-of-evidence", "An approval is over the evidence, so that any card would do.",
       lambda w: w.good.add_statement(
           "approval", {}, subject=(layout.EVIDENCE, w.good.sealed.evidence_id)),
       "statement-subject"),
    _a("attestation-of-root", "An attestation is over the root.", beside("attestation", {}),
       "statement-subject"),
    _a("findings-inside", "Findings that were signed outside stand in the bundle.",
       beside("findings", {}), "statement-subject", "of a kind that no bundle holds"),
    _a("second-seal-of-other-root", "A true seal of another bundle stands beside the right one.",
       second_seal, "statement-subject"),
    _a("role-missing", "The bundle is sealed by a key that may only approve.",
       judged_by(role("approver")), "signer", "not pinned as sealer"),
    _a("role-spelled", "The bundle is sealed by a key whose role only reads like sealer.",
       judged_by(role("Sealer")), "signer", "not pinned as sealer"),
    _a("key-revoked", "The bundle is sealed by a key that was revoked.", judged_by(revoked),
       "revoked"),
    _a("key-expired", "A stolen key that has ended dates its seal back.",
       judged_by(role("sealer", more=("valid_until = 2026-11-24",))), "signer",
       "does not count now"),
    _a("key-not-begun", "The seal is by a key that counts from a later day.",
       judged_by(role("sealer", more=("valid_from = 2199-01-01",))), "signer",
       "does not count now"),
    _a("statement-revoked", "The seal itself was revoked.",
       judged_by(lambda w: role("sealer", more=(
           "[[revoked]]", f'statement = "{sha256_of(w.seal)}"', 'reason = "withdrawn"'))(w)), "revoked"),
    _a("signers-too-few", "Two signers are required, and one has sealed.",
       lambda w: Attempt(
           bundle=w.good.path, twin_options=role("sealer")(w),
           options=w.trusting("required = 2", "[[signer]]", 'name = "release"',
                              f'key = "{w.good.public_key}"', 'roles = ["sealer"]')), "signer",
       "2 signers"),
)  # fmt: skip
