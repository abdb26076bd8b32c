"""Cases of the fuzzer: what is done to a genuine bundle, how well it is repaired, and who signs.

A case is drawn first and made afterwards, in memory: files edited, the tables and manifests made to
fit or not, the statements left, dropped, edited or signed anew, the archive put together.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from hypothesis import strategies as st
from tests.support.bundles import BundleBuilder
from tests.support.forgeries import card_of, repair_checksums
from tests.support.fuzz_edits import PLACES, Draw, Edit, edits_of
from tests.support.payloads import sha256_of
from tests.support.raw_archives import Entries, ordered, pack_raw

from affidavit.bundle import canonical, layout
from affidavit.bundle.manifest import render_manifest
from affidavit.bundle.statement import parse_signed, statement_bytes, statement_name, wrap
from affidavit.errors import AffidavitError
from affidavit.seal.keys import LocalSigner

# What a repair of files meets that are none any more: then they stay as they are.
_UNFIT = (ValueError, KeyError, TypeError, AttributeError, RecursionError, AffidavitError)

Repair = Literal["none", "manifests", "tables", "card"]
Signing = Literal["left", "none", "right", "other", "both", "payload only", "old subject"]

PATHS = (
    *layout.HEAD, *[layout.MANIFEST, layout.TAG_MANIFEST, layout.BAG_INFO] * 2,
    *[layout.EVIDENCE] * 8, *[layout.ITEMS] * 4, *["data/reports/fairness.json"] * 4,
    *["data/reports/performance.json"] * 4, "data/reports/data.json",
    *["data/reports/counts/evaluation.csv"] * 4, *["data/reports/thresholds/evaluation.csv"] * 2,
    *["data/predictions/evaluation.csv"] * 3, "data/dataset/evaluation/test.csv",
    *[layout.CARD_JSON] * 2, "data/card/model-card.md", *[layout.CONFIG] * 2, "data/model/MLmodel",
    "data/model/model.pkl",
)  # fmt: skip
NAMES = (
    "data/model/more.bin", "data/model/MODEL.PKL", "data/model/model.pkl.", "data/../x", "fetch.txt",
    "data/model/mode\u0301l", "data/CON", "data/a\\b", "/data/x", "data/x\x00y", "data/" + "d/" * 40,
    "manifest-md5.txt", "data/reports/robustness.json", "data/controls/x.json", "signatures/x",
    "data/reports/counts/final.csv", "data/model", "signatures/seal-0123456789abcdef.sigstore.json",
)  # fmt: skip


class FileEdit(NamedTuple):
    """An edit of one file's content."""

    path: str
    edit: Edit


class SetEdit(NamedTuple):
    """A change of which files there are: `drop`, `add`, `rename`, `swap` or `copy`."""

    how: str
    path: str
    name: str
    other: str


class StatementEdit(NamedTuple):
    """An edit of a signed statement: of its file, of what it states, or of its predicate.

    Attributes:
        which: place of the statement.
        part: `file`, `payload` or `predicate`.
        by: whose signature comes over it then: `kept` is the one from before.
        is_named: the file's name follows its content.
    """

    which: int
    part: str
    edit: Edit
    by: str
    is_named: bool


class Case(NamedTuple):
    """What is done to a bundle."""

    files: tuple[FileEdit | SetEdit, ...]
    repair: Repair
    signing: Signing
    statements: tuple[StatementEdit, ...]


class Genuine(NamedTuple):
    """A sealed bundle, taken apart, with the keys that play a part.

    Attributes:
        right: pinned as sealer. colleague: pinned as approver. other: nobody's.
    """

    folder: str
    entries: Entries
    archive: bytes
    right: LocalSigner
    colleague: LocalSigner
    other: LocalSigner


def genuine_bundle(folder: Path, **how: Any) -> Genuine:
    """Seal one, and have a colleague recheck and approve it."""
    builder = BundleBuilder(folder, **how)
    colleague, sealed = builder.other_signer(), builder.sealed
    said = {"subject": {"name": "credit-risk", "version": "3"}, "version": 1,
            "evidence_id": sealed.evidence_id, "made_on": "2026-11-02"}  # fmt: skip
    nothing = dict.fromkeys(("within", "different", "missing", "extra", "not_run"), 0)
    recheck = {
        **said, "schema": "affidavit/rechecked", "outcome": "EQUAL",
        "numbers": {"equal": 2, **nothing}, "others": {"equal": 1, **nothing}, "machine": "Linux",
        "isolation": "none", "environment": "lock", "affidavit": "0.1.0",
    }  # fmt: skip
    approval = {**said, "schema": "affidavit/approval", "root": sealed.root, "role": "approver",
                "decision": "approve", "statement": None}  # fmt: skip
    statements = (
        colleague.sign(statement_bytes("recheck", layout.EVIDENCE, sealed.evidence_id, recheck)),
        colleague.sign(statement_bytes("approval", layout.TAG_MANIFEST, sealed.root, approval)),
    )  # fmt: skip
    named = [(statement_name(_kind(content), content), content) for content in statements]
    entries = ordered([*builder.entries, *named])
    assert builder.signer is not None
    return Genuine(
        folder=builder.folder_name, entries=entries, archive=packed(builder.folder_name, entries),
        right=builder.signer, colleague=colleague, other=builder.other_signer("p256"),
    )  # fmt: skip


def cases() -> Draw:
    """Every case; most change one thing and repair the rest, to get past the outer checks."""
    file_edit = st.sampled_from(PATHS).flatmap(
        lambda path: st.builds(FileEdit, st.just(path), edits_of(path))
    )
    path = st.sampled_from(PATHS)
    set_edit = st.builds(
        SetEdit, st.sampled_from(("drop", "add", "rename", "swap", "copy")), path,
        st.sampled_from(NAMES), path,
    )  # fmt: skip
    changes = st.lists(file_edit | file_edit | file_edit | set_edit, max_size=3).map(tuple)
    statement = st.builds(
        StatementEdit, PLACES, st.sampled_from(("file", "payload", "predicate", "predicate")),
        edits_of("x.json"), st.sampled_from(("kept", "right", "right", "other", "colleague")),
        st.sampled_from((True, True, False)),
    )  # fmt: skip
    repairs = st.sampled_from(("card", "tables", "tables", "manifests", "none"))
    signings = st.sampled_from(
        ("right", "right", "right", "left", "other", "both", "none", "payload only", "old subject")
    )
    return st.builds(
        Case, changes, repairs, signings, st.lists(statement, max_size=1).map(tuple)
    )  # fmt: skip


def made(case: Case, genuine: Genuine) -> bytes:
    """The archive of a case."""
    entries = genuine.entries
    for change in case.files:
        entries = _changed(entries, change)
    entries = _repaired(entries, case.repair)
    if entries != genuine.entries or case.signing in ("none", "old subject"):
        entries = _signed(entries, case.signing, genuine)
    for statement in case.statements:
        entries = _restated(entries, statement, genuine)
    return packed(genuine.folder, ordered(entries))


def packed(folder: str, entries: Entries) -> bytes:
    """The archive of these entries; names that no encoding takes are left out."""
    fit = [(f"{folder}/{n}", c) for n, c in entries if _encodes(n)]
    return pack_raw(fit)


def _encodes(name: str) -> bool:
    return not any("\ud800" <= c <= "\udfff" for c in name)


def _changed(entries: Entries, change: FileEdit | SetEdit) -> Entries:
    files = dict(entries)
    old = files.get(change.path)
    if old is None:
        return entries
    if isinstance(change, FileEdit):
        return [(n, change.edit.of(c) if n == change.path else c) for n, c in entries]
    match change.how:
        case "drop":
            return [(n, c) for n, c in entries if n != change.path]
        case "add":
            return [*entries, (change.name, b"more")]
        case "copy":
            return [*entries, (change.path, old)]
        case "rename":
            return [(change.name if n == change.path else n, c) for n, c in entries]
        case _:
            new = {change.path: files.get(change.other, old), change.other: old}
            return [(n, new.get(n, c)) for n, c in entries]


def _repaired(entries: Entries, repair: Repair) -> Entries:
    """As far as it goes: tables that cannot be read are left, and the manifests still fit."""
    if repair == "none":
        return entries
    if repair != "manifests" and len(dict(entries)) == len(entries):
        try:
            fitted = repair_checksums(entries)
            if repair == "card":
                card = card_of(fitted)
                fitted = repair_checksums(
                    [(n, card if n == layout.CARD_JSON else c) for n, c in fitted]
                )
        except _UNFIT:
            pass
        else:
            return fitted
    return _with_manifests(entries)


def _with_manifests(entries: Entries) -> Entries:
    payload = [(n, sha256_of(c)) for n, c in entries if n.startswith("data/")]
    manifest = render_manifest(sorted(payload, key=lambda p: p[0].encode("utf-8", "replace")))
    entries = [(n, manifest if n == layout.MANIFEST else c) for n, c in entries]
    files = dict(entries)
    tags = render_manifest((n, sha256_of(files[n])) for n in layout.TAGGED if n in files)
    return [(n, tags if n == layout.TAG_MANIFEST else c) for n, c in entries]


def _signed(entries: Entries, signing: Signing, genuine: Genuine) -> Entries:
    """The statements as the case has them; `right` signs all of them over what there is now."""
    if signing in ("left", "old subject"):
        return entries
    kept = [(n, c) for n, c in entries if not n.startswith("signatures/")]
    if signing == "none":
        return kept
    statements = [c for n, c in entries if n.startswith("signatures/") and len(c) > 100]
    for content in statements:
        try:
            renewed = _renewed(content, dict(kept))
        except _UNFIT:
            continue
        signers = {"right": (None,), "other": (genuine.other,), "both": (None, genuine.other)}
        for signer in signers.get(signing, (None,)):
            is_seal = _kind(content) == "seal"
            by = signer or (genuine.right if is_seal else genuine.colleague)
            signed = by.sign(renewed)
            if signing == "payload only":  # the words are new, the signature is the old one
                old = parse_signed(content, "x")
                signed = wrap(renewed, old.signature, old.material)
            kept.append((statement_name(_kind(content), signed), signed))
    return kept


def _renewed(content: bytes, files: Mapping[str, bytes]) -> bytes:
    """What a statement says, over these files."""
    statement: dict[str, Any] = json.loads(parse_signed(content, "x").payload)
    root, evidence = sha256_of(files[layout.TAG_MANIFEST]), sha256_of(files[layout.EVIDENCE])
    about = statement["subject"][0]
    about["digest"]["sha256"] = root if about["name"] == layout.TAG_MANIFEST else evidence
    statement["predicate"]["evidence_id"] = evidence
    if "root" in statement["predicate"]:
        statement["predicate"]["root"] = root
    return canonical.dumps(statement)


def _restated(entries: Entries, edit: StatementEdit, genuine: Genuine) -> Entries:
    places = [i for i, (n, _) in enumerate(entries) if n.startswith("signatures/")]
    if not places:
        return entries
    place = places[edit.which % len(places)]
    name, content = entries[place]
    try:
        changed = _restated_content(content, edit, genuine)
        if edit.is_named:
            name = statement_name(_kind(changed), changed)
    except _UNFIT:
        changed = edit.edit.of(content)
    result = list(entries)
    result[place] = (name, changed)
    return result


def _restated_content(content: bytes, edit: StatementEdit, genuine: Genuine) -> bytes:
    if edit.part == "file":
        return edit.edit.of(content)
    signed = parse_signed(content, "x")
    payload = signed.payload
    if edit.part == "payload":
        payload = edit.edit.of(payload)
    else:
        statement = json.loads(payload)
        statement["predicate"] = json.loads(edit.edit.of(canonical.dumps(statement["predicate"])))
        payload = canonical.dumps(statement)
    if edit.by == "kept":
        return wrap(payload, signed.signature, signed.material)
    signers = {"right": genuine.right, "other": genuine.other, "colleague": genuine.colleague}
    return signers[edit.by].sign(payload)


def _kind(content: bytes) -> str:
    """Of a signed statement, from what it says; `seal` where it says nothing."""
    payload = json.loads(content)["dsseEnvelope"]["payload"]
    kind = str(json.loads(base64.b64decode(payload)).get("predicateType")).split(":")
    return kind[2] if len(kind) == 4 and kind[2].isalpha() else "seal"
