"""build -> attest -> update -> the card says attested, by whom; and what an update refuses."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.support.attested import AttestedWorld, lie, predicate, signed
from tests.support.bundles import PASSPHRASE
from tests.support.raw_archives import pack_raw, read_entries
from tests.support.small_world import (
    BINARY,
    SmallBundle,
    applicants,
    build_small,
    fill_binary,
    tracking,
)

from affidavit.bundle import layout
from affidavit.bundle.adding import add_statement
from affidavit.bundle.statement import statement_bytes, statement_name
from affidavit.cli import options
from affidavit.cli.main import cli
from affidavit.errors import BundleError, UsageError
from affidavit.evidence import Fact
from affidavit.progress import Silent
from affidavit.seal.keys import generate_key
from affidavit.standing import Assessment, CatalogStanding
from affidavit.updating import Request, Updated, update
from affidavit.verify import Verdict, read_trust, verify_bundle

DAY = "2026-11-02"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> AttestedWorld:
    return AttestedWorld(tmp_path_factory.mktemp("world"))


@pytest.fixture
def bundle(world: AttestedWorld, tmp_path: Path) -> Path:
    return world.copy(tmp_path)


@pytest.fixture(scope="module")
def attested(world: AttestedWorld, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Answered by the validator, and updated."""
    folder = tmp_path_factory.mktemp("attested")
    bundle = world.copy(folder)
    world.answer(bundle)
    updated(world, bundle, None)
    return bundle


def updated(
    world: AttestedWorld, bundle: Path, out: Path | None, trust: Path | None = None, **changed: Any
) -> Updated:
    chosen = trust or world.trust
    fields: dict[str, Any] = {
        "given": (), "trust": read_trust(chosen), "signers": (world.signers["release"],),
        "trust_sha256": hashlib.sha256(chosen.read_bytes()).hexdigest(), "as_of": DAY,
        "pdf": False, **changed,
    }  # fmt: skip
    return update(Request(bundle=bundle, out=out, **fields), Silent())


def sealed(path: Path, control: str) -> Assessment:
    return next(a for s in standings(path).values() for a in s.assessments if a.control == control)


def standings(path: Path) -> dict[str, CatalogStanding]:
    return {
        n: CatalogStanding.model_validate_json(c)
        for n, c in read_entries(path)[1]
        if n.startswith("data/controls/") and n.endswith(".json") and n.count("/") == 2
    }


def catalog_of(path: Path, control: str) -> str:
    return next(
        n for n, s in standings(path).items() if control in {a.control for a in s.assessments}
    )


def checked(world: AttestedWorld, path: Path, day: str = DAY, trust: Path | None = None) -> Verdict:
    return verify_bundle(path, trust=read_trust(trust or world.trust), as_of=day)


def now(verdict: Verdict) -> dict[str, str]:
    assert verdict.now is not None
    return {c.control: c.now for c in verdict.now.controls}


def payload(path: Path) -> dict[str, bytes]:
    return {n: c for n, c in read_entries(path)[1] if not n.startswith("signatures/")}


def files(path: Path) -> set[str]:
    return {n.split("-")[0] for n, _ in read_entries(path)[1] if n.startswith("signatures/")}


def test_build_attest_update_and_the_card_says_attested_by_whom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a real model, by the commands that people type."""
    monkeypatch.setattr(options, "today", lambda: "2026-11-01")
    monkeypatch.setenv("AFFIDAVIT_KEY_PASSPHRASE", PASSPHRASE)
    small = _built(tmp_path)
    generate_key("ed25519", tmp_path / "vera.pem", tmp_path / "vera.pub", PASSPHRASE)
    trust = tmp_path / "trust.toml"
    trust.write_text(
        'version = 1\n[[signer]]\nname = "release"\nkey = "k.pub"\nroles = ["sealer"]\n'
        '[[signer]]\nname = "Vera Validator"\nkey = "vera.pub"\nroles = ["validator"]\n'
        'identities = ["vera@bank.example"]\n'
    )
    found = next(
        a.control for s in standings(small.path).values() for a in s.assessments
        if a.status == "needs-attestation" and a.roles == ("validator",)
    )  # fmt: skip
    assert "Vera" not in small.files["data/card/model-card.md"].decode()

    idle = CliRunner().invoke(cli, [
        "update", str(small.path), "--key", str(small.public_key), "--as-of", "2026-11-01",
        "--signer", str(tmp_path / "k.pem"), "--in-place", "--no-pdf",
    ])  # fmt: skip
    assert "already up to date" in idle.stdout  # without answers, byte for byte what build made

    attested = CliRunner().invoke(cli, [
        "attest", str(small.path), "--control", found, "--as", "validator",
        "--signer", str(tmp_path / "vera.pem"), "--trust", str(trust), "--yes",
    ])  # fmt: skip
    new = tmp_path / "attested.zip"
    done = CliRunner().invoke(cli, [
        "update", str(small.path), "--trust", str(trust), "--signer", str(tmp_path / "k.pem"),
        "--out", str(new), "--no-pdf",
    ])  # fmt: skip

    assert (attested.exit_code, done.exit_code) == (0, 0), attested.output + done.output
    after = SmallBundle(new, small.public_key)
    lines = after.files["data/card/model-card.md"].decode().splitlines()
    (row,) = (line for line in lines if line.startswith(f"| {found} |"))
    assert "Attested" in row
    assert "Vera Validator" in row
    assert "1 November 2027" in row
    assert "Vera Validator" in after.files["data/card/model-card.html"].decode()
    assert any(b"Vera Validator" in c for n, c in after.files.items() if n.endswith(".csv"))
    assert after.files[layout.EVIDENCE] == small.files[layout.EVIDENCE]
    verdict = verify_bundle(new, trust=read_trust(trust), as_of=DAY)
    assert verdict.word == "VERIFIED", verdict.failed
    assert now(verdict) == {found: "attested"}


def _built(folder: Path) -> SmallBundle:
    base = fill_binary(folder, applicants(120))

    def fill(case: Any) -> Any:
        made = base(case)
        who = Fact(id="run.user", kind="run", value="ada", basis="claimed", source="test")
        made.evidence = made.evidence.adding(facts=(who,))
        return made

    return build_small(folder, BINARY, fill, source=tracking(folder, fill))


def test_the_evidence_stays_and_the_old_seal_goes(
    world: AttestedWorld, bundle: Path, tmp_path: Path
) -> None:
    world.answer(bundle)
    before = checked(world, bundle)

    done = updated(world, bundle, tmp_path / "u.zip")

    after = checked(world, tmp_path / "u.zip")
    assert after.word == "VERIFIED", after.failed
    assert after.evidence_id == before.evidence_id
    assert after.root != before.root
    assert sealed(tmp_path / "u.zip", world.validated).status == "attested"
    assert sealed(bundle, world.validated).status == "needs-attestation"
    assert [n.split("-")[0] for n in done.dropped] == ["signatures/seal"]
    assert [n.split("-")[0] for n in done.along] == ["signatures/attestation"]
    used = {s.trust_sha256 for s in standings(tmp_path / "u.zip").values()}
    assert used == {hashlib.sha256(world.trust.read_bytes()).hexdigest()}


def test_the_same_inputs_give_the_same_payload(
    world: AttestedWorld, bundle: Path, attested: Path, tmp_path: Path
) -> None:
    world.answer(bundle)

    first = updated(world, bundle, tmp_path / "u.zip")
    again = updated(world, bundle, tmp_path / "u.zip")

    assert payload(tmp_path / "u.zip") == payload(attested)
    assert (first.is_new, again.is_new) == (True, False)


def test_in_place_the_bundle_is_replaced_once(world: AttestedWorld, bundle: Path) -> None:
    world.answer(bundle)
    bundle.chmod(0o640)

    first = updated(world, bundle, None)
    whole = bundle.read_bytes()
    second = updated(world, bundle, None)

    assert (first.is_new, second.is_new) == (True, False)
    assert bundle.read_bytes() == whole
    assert bundle.stat().st_mode & 0o777 == 0o640
    assert sealed(bundle, world.validated).status == "attested"
    assert [p.name for p in bundle.parent.iterdir()] == [bundle.name]


def test_answers_can_come_beside_the_bundle(
    world: AttestedWorld, bundle: Path, tmp_path: Path
) -> None:
    with_it = shutil.copy(bundle, tmp_path / "with.zip")
    world.answer(with_it)
    folder = tmp_path / "answers"
    folder.mkdir()
    (name,) = {n for n, _ in read_entries(with_it)[1]} - {n for n, _ in read_entries(bundle)[1]}
    (folder / "a.sigstore.json").write_bytes(dict(read_entries(with_it)[1])[name])

    done = updated(world, bundle, tmp_path / "u.zip", given=(folder,))

    assert done.along == (name,)
    assert sealed(tmp_path / "u.zip", world.validated).status == "attested"
    assert checked(world, tmp_path / "u.zip").word == "VERIFIED"


def test_without_trust_no_answer_is_weighed(
    world: AttestedWorld, bundle: Path, tmp_path: Path
) -> None:
    world.answer(bundle)

    done = updated(world, bundle, tmp_path / "u.zip", trust_sha256=None)

    assert sealed(tmp_path / "u.zip", world.validated).status == "needs-attestation"
    assert len(done.along) == 1
    assert now(checked(world, tmp_path / "u.zip")) == {
        world.validated: "attested"
    }  # by the reader's


def test_a_no_is_an_exception_on_page_one(
    world: AttestedWorld, bundle: Path, tmp_path: Path
) -> None:
    world.answer(bundle, answer="no", because="see finding MV-114")

    updated(world, bundle, tmp_path / "u.zip")

    assert sealed(tmp_path / "u.zip", world.validated).status == "exception"
    verdict = checked(world, tmp_path / "u.zip")
    assert verdict.word == "VERIFIED", verdict.failed
    assert now(verdict) == {world.validated: "exception"}
    card = json.loads(payload(tmp_path / "u.zip")["data/card/model-card.json"])
    assert any("see finding MV-114" in line["text"] for line in card["page_one"]["lines"])


def test_as_of_now_an_attestation_ends_with_its_day_and_with_its_key(
    world: AttestedWorld, bundle: Path, tmp_path: Path
) -> None:
    world.answer(bundle, expires="2026-11-30")
    updated(world, bundle, tmp_path / "u.zip")

    for day, expected in (("2026-11-30", "attested"), ("2026-12-01", "needs-attestation")):
        verdict = checked(world, tmp_path / "u.zip", day)
        assert (verdict.word, now(verdict)) == ("VERIFIED", {world.validated: expected})
    stranger = checked(world, tmp_path / "u.zip", trust=world.trusting(vera=None))
    assert stranger.word == "VERIFIED"
    assert now(stranger) == {world.validated: "needs-attestation"}
    assert stranger.now is not None
    assert "not pinned" in stranger.now.not_weighed[0].why


def test_an_author_cannot_validate(world: AttestedWorld, bundle: Path, tmp_path: Path) -> None:
    world.answer(bundle)
    trust = world.trusting(vera=("validator", ("dora@bank.example",)))

    done = updated(world, bundle, tmp_path / "u.zip", trust)

    assert sealed(tmp_path / "u.zip", world.validated).status == "needs-attestation"
    assert "vera is an author" in done.not_weighed[0].why


LIES: dict[str, dict[str, Any]] = {
    "nobody signed": {"statement": "0" * 64},
    "signed as another role": {"role": "owner"},
    "another answer": {"answer": "no"},
    "holds longer": {"expires_on": "2030-01-01"},
    "an older day": {"signed_on": "2026-10-01"},
}


@pytest.mark.parametrize("what", LIES)
def test_refutes_a_sealer_with_the_right_key_who_lies_about_answers(
    world: AttestedWorld, attested: Path, what: str
) -> None:
    assert checked(world, attested).exit_code == 0

    def change(standing: Any) -> None:
        one = next(a for a in standing["assessments"] if a["control"] == world.validated)
        one["answers"][0] |= LIES[what]
        if what == "another answer":
            one["status"] = "exception"

    verdict = checked(world, lie(world, attested, catalog_of(attested, world.validated), change))

    assert verdict.exit_code == 1
    wanted = {"record"} if what == "signed as another role" else {"control-status"}
    assert {c.id for c in verdict.failed} & wanted == wanted


def test_refutes_attested_where_nobody_answered(world: AttestedWorld, bundle: Path) -> None:
    """The statement is there, and answers another control."""
    answered, lied_about = world.owned[:2]
    world.answer(bundle, "olga", controls=(answered,))
    attestation = next(n for n, _ in read_entries(bundle)[1] if "attestation" in n)
    sha256 = hashlib.sha256(dict(read_entries(bundle)[1])[attestation]).hexdigest()

    def change(standing: Any) -> None:
        one = next(a for a in standing["assessments"] if a["control"] == lied_about)
        one["status"] = "attested"
        one["answers"] = [{
            "role": "owner", "answer": "yes", "by": "olga", "statement": sha256, "said": None,
            "signed_on": "2026-11-01", "expires_on": "2027-11-01",
        }]  # fmt: skip

    verdict = checked(world, lie(world, bundle, catalog_of(bundle, lied_about), change))

    assert [c.id for c in verdict.failed] == ["control-status"]
    assert "its statement does not give" in verdict.failed[0].what


def test_refutes_a_statement_that_was_tampered_with(world: AttestedWorld, bundle: Path) -> None:
    """Another payload under the old signature, in the right form and under its right name."""
    world.answer(bundle)
    folder, entries = read_entries(bundle)
    (name,) = (n for n, _ in entries if "attestation" in n)
    wrapped = json.loads(dict(entries)[name])
    other = signed(world.signers["vera"], predicate(evidence_id=world.evidence_id))
    wrapped["dsseEnvelope"]["payload"] = json.loads(other)["dsseEnvelope"]["payload"]
    from affidavit.bundle.canonical import dumps

    content = dumps(wrapped)
    forged = statement_name("attestation", content)
    changed = [(forged, content) if n == name else (n, c) for n, c in entries]
    bundle.write_bytes(pack_raw((f"{folder}/{n}", c) for n, c in changed))

    verdict = checked(world, bundle)

    assert verdict.exit_code == 1
    assert [(c.id, c.path) for c in verdict.failed] == [("signature", forged)]


def test_an_approval_of_the_old_root_is_left_out_and_named(
    world: AttestedWorld, bundle: Path, tmp_path: Path
) -> None:
    world.answer(bundle)
    root = checked(world, bundle).root or ""
    content = world.signers["release"].sign(
        statement_bytes("approval", layout.TAG_MANIFEST, root, {"decision": "release"})
    )
    add_statement(bundle, statement_name("approval", content), content)
    recheck = world.signers["release"].sign(
        statement_bytes("recheck", layout.EVIDENCE, world.evidence_id, {"outcome": "equal"})
    )
    add_statement(bundle, statement_name("recheck", recheck), recheck)

    done = updated(world, bundle, tmp_path / "u.zip")

    assert [n.split("-")[0] for n in done.dropped] == ["signatures/approval", "signatures/seal"]
    assert files(tmp_path / "u.zip") == {
        "signatures/attestation", "signatures/recheck", "signatures/seal",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "evidence_id", "fragment"),
    [
        ("attestation", "c" * 64, "about something else"),
        ("seal", None, "found a statement of kind seal"),
    ],
)
def test_refuses_statements_that_are_not_over_this_evidence(
    world: AttestedWorld, bundle: Path, tmp_path: Path, kind: str, evidence_id: str | None,
    fragment: str,
) -> None:  # fmt: skip
    path = tmp_path / "x.sigstore.json"
    said = predicate(evidence_id=evidence_id or world.evidence_id)
    path.write_bytes(signed(world.signers["vera"], said, kind=kind))

    with pytest.raises(UsageError, match=fragment):
        updated(world, bundle, tmp_path / "u.zip", given=(path,))

    assert sorted(p.name for p in tmp_path.iterdir()) == ["m.zip", "x.sigstore.json"]


def test_refuses_a_bundle_that_is_refuted_and_files_that_are_none(
    world: AttestedWorld, bundle: Path, tmp_path: Path
) -> None:
    stranger = world.trusting(release=None)
    with pytest.raises(BundleError, match="nothing was updated"):
        updated(world, bundle, tmp_path / "u.zip", stranger)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="holds no"):
        updated(world, bundle, tmp_path / "u.zip", given=(tmp_path / "empty",))
    (tmp_path / "no.json").write_text("{}")
    with pytest.raises(BundleError):
        updated(world, bundle, tmp_path / "u.zip", given=(tmp_path / "no.json",))
    (tmp_path / "there.zip").write_text("mine")
    with pytest.raises(UsageError, match="exists and is not a bundle"):
        updated(world, bundle, tmp_path / "there.zip")

    assert sorted(p.name for p in tmp_path.iterdir()) == ["empty", "m.zip", "no.json", "there.zip"]


def test_says_so_where_nobody_vouches_for_what_is_sealed_anew(
    world: AttestedWorld, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AFFIDAVIT_KEY_PASSPHRASE", PASSPHRASE)
    words = ("update", str(bundle), "--signer", str(world.folder / "release.pem"), "--in-place",
             "--no-pdf", "--as-of", DAY)  # fmt: skip

    done = CliRunner().invoke(cli, words)
    known = CliRunner().invoke(cli, [*words, "--key", str(world.folder / "release.pub")])

    assert (done.exit_code, known.exit_code) == (0, 0)
    assert "NOT VERIFIED  no key was given" in done.stderr
    assert "NOT VERIFIED" not in known.stderr


@pytest.mark.parametrize("place", [(), ("--in-place", "--out", "x.zip")])
def test_the_command_needs_one_place_to_go_to(
    world: AttestedWorld, bundle: Path, place: tuple[str, ...]
) -> None:
    done = CliRunner().invoke(
        cli, ["update", str(bundle), "--signer", str(world.folder / "release.pem"), *place]
    )

    assert done.exit_code == 2
    assert "an update needs one place to go to" in done.stderr


OWN = """\
schema: affidavit/catalog
version: 1
id: own-rules
title: Rules of a bank
publisher: Example Bank
issued: 2026-01-15
text_status: internal rule
read_on: 2026-10-01
controls:
  - id: OWN-01
    reference: {text: "Rule 4.2", confidence: primary}
    title: The model's files
    expectation: The files are looked at.
    rationale: Somebody has to.
    mode: machine+role
    needs: [model]
    found: "they are those of {name}"
    values: {name: subject.name}
    attestations:
      - role: owner
        question: Have you looked at the files?
        validity_days: 30
"""


def test_a_catalog_of_ones_own_goes_by_the_bytes_in_the_bundle(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(OWN)
    world = AttestedWorld(tmp_path / "w", catalogs=(str(rules),))
    bundle = world.copy(tmp_path)
    rules.unlink()
    world.answer(bundle, "olga", controls=("OWN-01",))

    updated(world, bundle, None)

    found = CatalogStanding.model_validate_json(payload(bundle)["data/controls/own-rules.json"])
    (one,) = found.assessments
    assert (one.status, one.because) == ("attested", "they are those of credit-risk")
    assert one.answers[0].expires_on == "2026-12-01"
    assert payload(bundle)["data/controls/own-rules.yaml"] == OWN.encode()
    assert checked(world, bundle).word == "VERIFIED"
