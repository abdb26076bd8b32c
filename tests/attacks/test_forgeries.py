"""Forgeries by hand: each refused for its own reason, while its untouched twin passes."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.bundles import BundleBuilder
from tests.support.forgeries import with_seal
from tests.support.payloads import sha256_of
from tests.support.pinned import failures, refused

from affidavit.bundle import canonical, layout
from affidavit.bundle.statement import statement_bytes, statement_name
from affidavit.verify import Trust, Verdict, verify_bundle

MODEL = "data/model/model.pkl"
FAIRNESS = "data/reports/fairness.json"


def seal_of(builder: BundleBuilder) -> tuple[str, bytes]:
    return next((n, c) for n, c in builder.entries if n.startswith("signatures/seal-"))


def with_statement(builder: BundleBuilder, content: bytes, kind: str = "seal") -> Path:
    """The bundle with this file as its only seal, under the name that its bytes ask for."""
    kept = [(n, c) for n, c in builder.entries if not n.startswith("signatures/")]
    return builder.pack([*kept, (statement_name(kind, content), content)])


def edited_seal(builder: BundleBuilder, change: Callable[[Any], None]) -> Path:
    bundle = json.loads(seal_of(builder)[1])
    change(bundle)
    return with_statement(builder, canonical.dumps(bundle))


# ---- bytes and checksums


def test_names_the_payload_file_that_changed(sealed: BundleBuilder) -> None:
    """One flipped bit is found by the digest check, while the signature still holds."""
    bundle = sealed.flip_bit(MODEL)

    verdict = refused(sealed, bundle)

    assert failures(verdict) == [("payload-digest", MODEL)]
    check = verdict["payload-digest"]
    changed = bytearray(sealed.read(MODEL))
    changed[0] ^= 1
    assert check.expected == f"sha256 {sha256_of(sealed.read(MODEL))}"
    assert check.found == f"sha256 {sha256_of(bytes(changed))}"
    assert verdict["signature"].status == "passed"


def test_refuses_a_number_rewritten_with_every_checksum_repaired(sealed: BundleBuilder) -> None:
    """All digests fit again, so only the sealed root can tell."""

    def flatter(report: Any) -> None:
        number = next(n for n in report["numbers"] if n["metric"] == "demographic_parity_ratio")
        number["value"] = 0.999

    bundle = sealed.replace_json(FAIRNESS, flatter, "checksums")

    verdict = refused(sealed, bundle)

    assert failures(verdict)[0] == ("tag-manifest", layout.TAG_MANIFEST)
    assert verdict["tag-manifest"].expected == f"sha256 {sealed.sealed.root}"
    assert verdict["tag-manifest"].found == f"sha256 {verdict.root}"
    assert verdict["payload-digest"].status == "passed"
    assert verdict["signature"].status == "passed"


def test_refuses_a_wrong_rate_signed_with_the_right_key(sealed: BundleBuilder) -> None:
    """Every digest and the signature hold; only arithmetic says that the rate is wrong."""
    rate = {}

    def flatter(report: Any) -> None:
        number = next(n for n in report["numbers"] if n["metric"] == "demographic_parity_ratio")
        rate.update(id=number["id"], value=number["value"])
        number["value"] = 0.999

    bundle = sealed.replace_json(FAIRNESS, flatter, "resign")

    verdict = refused(sealed, bundle)

    assert failures(verdict) == [("arithmetic", FAIRNESS)]
    check = verdict["arithmetic"]
    assert (check.expected, check.found) == (repr(rate["value"]), "0.999")
    assert rate["id"] in check.what
    assert verdict["signature"].status == "passed"


def test_accepts_the_same_record_signed_anew(sealed: BundleBuilder, pinned: Trust) -> None:
    """The twin of every forgery that signs with the right key: signing anew alone is no fault."""
    bundle = sealed.replace_json(FAIRNESS, lambda _report: None, "resign")

    assert verify_bundle(bundle, trust=pinned).exit_code == 0


def test_refuses_a_file_added_unlisted(sealed: BundleBuilder) -> None:
    bundle = sealed.add("data/card/better-card.md", b"# All is well\n")

    verdict = refused(sealed, bundle)

    assert failures(verdict) == [("unlisted", "data/card/better-card.md")]
    assert (verdict["unlisted"].expected, verdict["unlisted"].found) == ("not there", "there")


def test_refuses_a_file_taken_out(sealed: BundleBuilder) -> None:
    verdict = refused(sealed, sealed.drop(FAIRNESS))

    assert failures(verdict)[0] == ("incomplete", FAIRNESS)
    assert (verdict["incomplete"].expected, verdict["incomplete"].found) == ("there", "not there")


@pytest.mark.parametrize("name", [layout.VERIFY_TXT, layout.MANIFEST])
def test_refuses_a_changed_tag_file(sealed: BundleBuilder, name: str) -> None:
    """Instructions and manifest are under the root too."""
    bundle = sealed.replace(name, sealed.read(name).replace(b"a", b"b", 1))

    verdict = refused(sealed, bundle)

    assert ("tag-digest", name) in failures(verdict)
    assert verdict["tag-digest"].expected == f"sha256 {sha256_of(sealed.read(name))}"


def test_refuses_a_file_in_the_manifest_and_no_item_table(sealed: BundleBuilder) -> None:
    """Listed and signed, yet nobody says what it is."""
    bundle = sealed.add("data/card/extra.md", b"# Extra\n", "resign")

    verdict = refused(sealed, bundle)

    assert failures(verdict) == [("item-table", "data/card/extra.md")]


def test_refuses_trailing_data(sealed: BundleBuilder) -> None:
    bundle = sealed.write_file(sealed.path.read_bytes() + b"\0")

    assert failures(refused(sealed, bundle)) == [("archive", None)]


def test_refuses_a_file_that_is_no_archive(sealed: BundleBuilder) -> None:
    bundle = sealed.write_file(b"%PDF-1.7 a model card\n" * 100)

    assert failures(refused(sealed, bundle)) == [("archive", None)]


def test_refuses_an_entry_listed_twice(sealed: BundleBuilder) -> None:
    manifest = sealed.read(layout.MANIFEST)
    first = manifest.split(b"\n", 1)[0] + b"\n"

    verdict = refused(sealed, sealed.replace(layout.MANIFEST, first + manifest))

    assert ("manifest", layout.MANIFEST) in failures(verdict)


# ---- the seal


def test_refuses_a_seal_by_another_key(sealed: BundleBuilder) -> None:
    other = sealed.other_signer()

    verdict = refused(sealed, sealed.resign(other))

    assert [c.id for c in verdict.failed] == ["signer"]
    assert verdict["signer"].found == other.fingerprint()
    assert verdict["signer"].expected == sealed.signer.fingerprint()


def test_refuses_a_seal_that_names_the_pinned_key_and_is_by_another(sealed: BundleBuilder) -> None:
    """The hint is the forger's to write; the signature is not."""
    theirs = sealed.other_signer().sign(statement_for(sealed))

    def borrow_name(bundle: Any) -> None:
        bundle["dsseEnvelope"] = json.loads(theirs)["dsseEnvelope"]

    verdict = refused(sealed, edited_seal(sealed, borrow_name))

    assert [c.id for c in verdict.failed] == ["signature"]
    assert sealed.signer.fingerprint() in verdict["signature"].expected


def test_refuses_a_seal_from_another_bundle_of_the_same_signer(
    sealed: BundleBuilder, tmp_path: Path
) -> None:
    """A true signature over another root."""
    content = sealed.signer.sign(
        statement_bytes("seal", layout.TAG_MANIFEST, "ab" * 32, sealed.predicate())
    )

    verdict = refused(sealed, with_statement(sealed, content))

    assert failures(verdict) == [("tag-manifest", layout.TAG_MANIFEST)]
    assert verdict["tag-manifest"].expected == f"sha256 {'ab' * 32}"
    assert verdict["tag-manifest"].found == f"sha256 {sealed.sealed.root}"


def test_refuses_a_seal_over_a_file_of_another_name(sealed: BundleBuilder) -> None:
    """The digest fits; the name says that it was signed as something else."""
    content = sealed.signer.sign(
        statement_bytes("seal", "data/evidence.json", sealed.sealed.root, sealed.predicate())
    )

    verdict = refused(sealed, with_statement(sealed, content))

    assert [c.id for c in verdict.failed] == ["seal-subject"]
    assert verdict["seal-subject"].expected == layout.TAG_MANIFEST
    assert verdict["seal-subject"].found == "data/evidence.json"


def test_refuses_an_attestation_passed_off_as_the_seal(sealed: BundleBuilder) -> None:
    """A statement of another kind over the root, by the pinned key, does not seal."""
    content = sealed.signer.sign(
        statement_bytes("approval", layout.TAG_MANIFEST, sealed.sealed.root, {})
    )

    verdict = refused(sealed, with_statement(sealed, content, "approval"))

    assert [c.id for c in verdict.failed] == ["seal"]


def test_refuses_an_unsigned_bundle_when_trust_is_given(sealed: BundleBuilder) -> None:
    verdict = refused(sealed, sealed.unsigned())

    assert [c.id for c in verdict.failed] == ["seal"]
    assert verify_bundle(sealed.unsigned(), trust=None).exit_code == 3


def statement_for(builder: BundleBuilder) -> bytes:
    return statement_bytes("seal", layout.TAG_MANIFEST, builder.sealed.root, builder.predicate())


def set_payload_type(bundle: Any) -> None:
    bundle["dsseEnvelope"]["payloadType"] = "application/json"


def sign_twice(bundle: Any) -> None:
    bundle["dsseEnvelope"]["signatures"] *= 2


def sign_never(bundle: Any) -> None:
    bundle["dsseEnvelope"]["signatures"] = []


def with_payload(change: Callable[[Any], None]) -> Callable[[Any], None]:
    def apply(bundle: Any) -> None:
        statement = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
        change(statement)
        payload = base64.b64encode(canonical.dumps(statement)).decode()
        bundle["dsseEnvelope"]["payload"] = payload

    return apply


def add_subject(statement: Any) -> None:
    statement["subject"].append({"name": "x", "digest": {"sha256": "00" * 32}})


def add_digest(statement: Any) -> None:
    statement["subject"][0]["digest"]["sha512"] = "00" * 64


@pytest.mark.parametrize(
    "change",
    [set_payload_type, sign_twice, sign_never, with_payload(add_subject), with_payload(add_digest)],
    ids=["payload-type", "two-signatures", "no-signature", "two-subjects", "second-digest"],
)
def test_refuses_a_seal_of_another_form(
    sealed: BundleBuilder, change: Callable[[Any], None]
) -> None:
    """One subject, one digest, one signature, one payload type: nothing is skipped over."""
    bundle = edited_seal(sealed, change)

    verdict = refused(sealed, bundle)

    name = next(n for n in [c.path for c in verdict.failed])
    assert [c.id for c in verdict.failed] == ["statement"]
    assert name is not None
    assert name.startswith("signatures/seal-")
    assert verify_bundle(bundle, trust=None).exit_code == 1


def test_refuses_a_changed_predicate(sealed: BundleBuilder) -> None:
    """Builder, time and isolation are under the signature."""

    def prettify(statement: Any) -> None:
        statement["predicate"]["isolation"] = "bubblewrap, no network"

    verdict = refused(sealed, edited_seal(sealed, with_payload(prettify)))

    assert [c.id for c in verdict.failed] == ["signature"]


def test_refuses_a_seal_about_other_evidence(sealed: BundleBuilder) -> None:
    """Root and signature hold, and the predicate cites another evidence id."""
    predicate = sealed.predicate() | {"evidence_id": "cd" * 32}

    verdict = refused(sealed, sealed.resign(predicate=predicate))

    assert failures(verdict) == [("evidence-cited", "the seal")]
    assert verdict["evidence-cited"].expected == sealed.sealed.evidence_id
    assert verdict["evidence-cited"].found == "cd" * 32


def test_refuses_a_statement_under_another_name(sealed: BundleBuilder) -> None:
    name = seal_of(sealed)[0]
    renamed = "signatures/seal-0123456789abcdef.sigstore.json"

    verdict = refused(sealed, sealed.rename(name, renamed))

    assert failures(verdict) == [("statement", renamed)]
    assert (verdict["statement"].expected, verdict["statement"].found) == (name, renamed)


def test_refuses_a_true_statement_about_another_bundle(sealed: BundleBuilder) -> None:
    """An approval of another root, added to this one."""
    bundle = sealed.add_statement("approval", {}, subject=(layout.TAG_MANIFEST, "ab" * 32))

    verdict = refused(sealed, bundle)

    assert [c.id for c in verdict.failed] == ["statement-subject"]
    assert verdict["statement-subject"].found == f"{layout.TAG_MANIFEST} sha256 {'ab' * 32}"


def test_lists_a_strangers_statement_and_weighs_it_not(
    sealed: BundleBuilder, pinned: Trust
) -> None:
    """Anyone can add a statement by a key of their own; it neither helps nor hurts."""
    bundle = sealed.add_statement("approval", {}, signer=sealed.other_signer())

    verdict = verify_bundle(bundle, trust=pinned)

    assert verdict.exit_code == 0
    assert [(s.kind, s.by) for s in verdict.statements] == [
        ("approval", None), ("seal", "release.pub"),
    ]  # fmt: skip


# ---- records that lie, signed with the right key


def resigned(builder: BundleBuilder, path: str, content: bytes) -> Verdict:
    return refused(builder, builder.replace(path, content, "resign"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"n_rows":400', b'"n_rows":400,"n_rows":500'),
        (b'"n_rows":400', b'"n_rows":NaN'),
        (b'"n_rows":400', b'"n_rows":' + b"9" * 5000),
        (b'"n_rows":400', b'"n_rows":1e999'),
        (b'"n_rows":400', b'"n_rows":' + b"[" * 5000 + b"]" * 5000),
        (b'"n_rows":400', b'"n_rows": 400'),
        (b'"n_rows":400', b'"n_rows":"400"'),
        (b'"n_rows":400', b'"n_rows":400,"z":1'),
        (b'"role":', b'"role":\xff'),
    ],
    ids=["twice", "nan", "huge", "infinite", "deep", "spaced", "text", "unknown-key", "latin-1"],
)
def test_refuses_a_record_that_two_parsers_would_read_differently(
    sealed: BundleBuilder, old: bytes, new: bytes
) -> None:
    content = sealed.read(FAIRNESS)
    assert content.count(old) >= 1

    verdict = resigned(sealed, FAIRNESS, content.replace(old, new, 1))

    assert failures(verdict)[0] == ("record", FAIRNESS)


def test_refuses_evidence_about_another_subject(sealed: BundleBuilder) -> None:
    """The folder and the seal name the version too."""

    def rename(evidence: Any) -> None:
        evidence["subject"]["version"] = "4"

    verdict = refused(sealed, sealed.replace_json(layout.EVIDENCE, rename, "resign"))

    assert failures(verdict) == [
        ("folder-name", layout.EVIDENCE), ("evidence-cited", "the seal"),
    ]  # fmt: skip
    assert (verdict["folder-name"].expected, verdict["folder-name"].found) == (
        "credit-risk-4", "credit-risk-3",
    )  # fmt: skip


def test_refuses_a_finding_that_names_no_item(sealed: BundleBuilder) -> None:
    def invent(evidence: Any) -> None:
        evidence["findings"].append({
            "id": "x", "kind": "gap", "stage": "resolve", "what": "w", "expected": None,
            "found": None, "fix": "f", "items": ["data/no/such.json"],
        })  # fmt: skip

    verdict = refused(sealed, sealed.replace_json(layout.EVIDENCE, invent, "resign"))

    assert failures(verdict) == [("item-named", layout.EVIDENCE)]
    assert verdict["item-named"].found == "data/no/such.json"


def test_refuses_a_card_with_a_number_of_its_own(sealed: BundleBuilder) -> None:
    """Signed, and the card still has to say what the reports say."""
    card = json.loads(sealed.read(layout.CARD_JSON))
    number = card["numbers"][0]

    def shine(card: Any) -> None:
        card["numbers"][0]["value"] = 0.987

    verdict = refused(sealed, sealed.replace_json(layout.CARD_JSON, shine, "resign"))

    assert failures(verdict) == [("card", layout.CARD_JSON)]
    assert (verdict["card"].expected, verdict["card"].found) == (str(number["value"]), "0.987")


def test_refuses_predictions_that_the_counts_do_not_tally_with(sealed: BundleBuilder) -> None:
    """One decision rewritten in the table that every number comes from."""
    path = "data/predictions/evaluation.csv"
    lines = sealed.read(path).decode().splitlines(keepends=True)
    fields = lines[1].split(",")
    flipped = "no" if fields[3] == "yes" else "yes"
    lines[1] = ",".join([*fields[:3], flipped, *fields[4:]])

    verdict = resigned(sealed, path, "".join(lines).encode())

    assert set(failures(verdict)) == {("prediction-tally", path), ("prediction-row", path)}
    tallied = [c for c in verdict.failed if c.id == "prediction-tally"]
    assert len(tallied) == 2  # one row too few here, one too many there


def test_refuses_counts_read_with_another_favourable_outcome(sealed: BundleBuilder) -> None:
    """Turning good into bad turns every ratio; the configuration says which it is."""

    def turn(report: Any) -> None:
        report["counts"]["favourable"] = "yes"

    verdict = refused(sealed, sealed.replace_json(FAIRNESS, turn, "resign"))

    found = {c.id for c in verdict.failed}
    assert "count-spec" in found
    assert verdict["count-spec"].path == "data/reports/counts/evaluation.csv"


def test_refuses_an_unfavourable_number_left_out(sealed: BundleBuilder) -> None:
    """What follows from the counts has to be stated, too."""
    gone = {}

    def leave_out(report: Any) -> None:
        last = [n for n in report["numbers"] if n["from"] == "counts"][-1]
        report["numbers"].remove(last)
        gone.update(last)

    verdict = refused(sealed, sealed.replace_json(FAIRNESS, leave_out, "resign"))

    assert [c.id for c in verdict.failed] == ["arithmetic"]
    assert gone["id"] in verdict["arithmetic"].what
    assert verdict["arithmetic"].found == "not stated"


def test_refuses_a_rate_relabelled_as_not_from_counts(sealed: BundleBuilder) -> None:
    """Calling a rate a score does not take it out of the arithmetic."""

    def relabel(report: Any) -> None:
        report["numbers"][0]["from"] = "scores"
        report["numbers"][0]["value"] = 0.5

    verdict = refused(sealed, sealed.replace_json(FAIRNESS, relabel, "resign"))

    assert {c.id for c in verdict.failed} == {"arithmetic", "scores"}


@pytest.mark.parametrize("field", ["low", "high", "n"])
def test_refuses_an_interval_or_denominator_that_does_not_follow(
    sealed: BundleBuilder, field: str
) -> None:
    def widen(report: Any) -> None:
        number = next(n for n in report["numbers"] if n["low"] is not None)
        number[field] = 1 if field == "n" else number[field] + 1e-6

    verdict = refused(sealed, sealed.replace_json(FAIRNESS, widen, "resign"))

    assert failures(verdict) == [("arithmetic", FAIRNESS)]
    assert f": {field} " in verdict["arithmetic"].what


def test_refuses_another_model_under_the_old_provenance(sealed: BundleBuilder) -> None:
    """The artifact's own digest is derived from the item table again."""

    def swap(evidence: Any) -> None:
        fact = next(f for f in evidence["provenance"] if f["id"] == "model.artifact")
        fact["digest"]["value"] = "ef" * 32

    entries = dict(sealed.entries)
    evidence = json.loads(entries[layout.EVIDENCE])
    swap(evidence)
    entries = {**entries, layout.EVIDENCE: canonical.dumps(evidence)}
    fitted = refit_without_provenance(sealed, list(entries.items()))
    predicate = sealed.predicate() | {"evidence_id": sha256_of(dict(fitted)[layout.EVIDENCE])}

    verdict = refused(sealed, sealed.pack(with_seal(fitted, sealed.signer, predicate)))

    assert failures(verdict) == [("provenance-digest", layout.EVIDENCE)]
    assert verdict["provenance-digest"].found == "ef" * 32


def refit_without_provenance(
    builder: BundleBuilder, entries: list[tuple[str, bytes]]
) -> list[tuple[str, bytes]]:
    """As `repaired` does, with the provenance left as the forger wrote it."""
    wrong = json.loads(dict(entries)[layout.EVIDENCE])["provenance"]
    fitted = dict(builder.repaired(entries, "checksums"))
    evidence = json.loads(fitted[layout.EVIDENCE])
    old_id = sha256_of(fitted[layout.EVIDENCE])
    evidence["provenance"] = wrong
    fitted[layout.EVIDENCE] = canonical.dumps(evidence)
    new_id = sha256_of(fitted[layout.EVIDENCE])
    for path in (layout.ITEMS, layout.CARD_JSON, layout.BAG_INFO):
        fitted[path] = fitted[path].replace(old_id.encode(), new_id.encode())
    items = json.loads(fitted[layout.ITEMS])
    for item in items["items"]:
        item["sha256"] = sha256_of(fitted[item["path"]])
    fitted[layout.ITEMS] = canonical.dumps(items)
    from affidavit.bundle.manifest import render_manifest

    payload = [(n, sha256_of(c)) for n, c in fitted.items() if n.startswith("data/")]
    fitted[layout.MANIFEST] = render_manifest(payload)
    tags = [(n, sha256_of(fitted[n])) for n in layout.TAGGED]
    fitted[layout.TAG_MANIFEST] = render_manifest(tags)
    return [(n, fitted[n]) for n, _ in entries]
