"""`affidavit approve` on a sealed bundle, and each of its refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.support.attested import AttestedWorld
from tests.support.bundles import PASSPHRASE
from tests.support.raw_archives import read_entries

from affidavit.bundle.approval import read_approval
from affidavit.bundle.statement import parse_signed
from affidavit.cli import options
from affidavit.cli.main import cli
from affidavit.verify import read_trust, verify_bundle


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> AttestedWorld:
    return AttestedWorld(tmp_path_factory.mktemp("world"))


@pytest.fixture(autouse=True)
def on_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "today", lambda: "2026-11-01")
    monkeypatch.setenv("AFFIDAVIT_KEY_PASSPHRASE", PASSPHRASE)


@pytest.fixture
def bundle(world: AttestedWorld, tmp_path: Path) -> Path:
    return world.copy(tmp_path)


def approve(world: AttestedWorld, bundle: Path, *more: object, decision: str = "approve") -> Result:
    words = (
        "approve", bundle, "--as", "approver", "--decision", decision,
        "--signer", world.folder / "olga.pem", "--yes", *more,
    )  # fmt: skip
    return CliRunner().invoke(cli, [str(w) for w in words])


def key(world: AttestedWorld) -> tuple[Any, ...]:
    return ("--key", world.folder / "release.pub")


def test_shows_what_is_decided_then_signs_and_adds(world: AttestedWorld, bundle: Path) -> None:
    before = read_entries(bundle)[1]

    done = approve(world, bundle, *key(world), "--because", "committee of 30 October")

    assert done.exit_code == 0, done.output
    told = " ".join(done.stderr.split())
    for words in ("APPROVE the release", "committee of 30 October", "as approver", "root"):
        assert words in told or words in done.stderr
    after = dict(read_entries(bundle)[1])
    assert {n: after[n] for n, _ in before} == dict(before)
    (name,) = set(after) - {n for n, _ in before}
    assert name.startswith("signatures/approval-")
    said = read_approval(parse_signed(after[name], name).predicate, name)
    assert (said.role, said.decision, said.statement, said.made_on) == (
        "approver", "approve", "committee of 30 October", "2026-11-01",
    )  # fmt: skip
    assert said.evidence_id == world.evidence_id


def test_the_decision_counts_for_whoever_gives_the_key_the_role(
    world: AttestedWorld, bundle: Path
) -> None:
    approve(world, bundle, *key(world))

    known = verify_bundle(bundle, trust=read_trust(world.trusting(olga=("approver", ()))))
    other = verify_bundle(bundle, trust=read_trust(world.trust))

    assert known.decisions is not None
    assert other.decisions is not None
    assert [(d.by, d.decision) for d in known.decisions.counted] == [("olga", "approve")]
    assert other.decisions.counted == ()
    assert known.exit_code == other.exit_code == 0


def test_the_same_decision_twice_is_said_and_not_written(
    world: AttestedWorld, bundle: Path
) -> None:
    approve(world, bundle, *key(world))
    before = bundle.read_bytes()

    again = approve(world, bundle, *key(world))

    assert again.exit_code == 0
    assert "already there" in again.stdout
    assert bundle.read_bytes() == before


def test_signs_nothing_unasked_where_nobody_can_answer(world: AttestedWorld, bundle: Path) -> None:
    before = bundle.read_bytes()
    words = ["approve", str(bundle), "--as", "approver", "--decision", "approve",
             "--signer", str(world.folder / "olga.pem")]  # fmt: skip

    done = CliRunner().invoke(cli, words)

    assert (done.exit_code, bundle.read_bytes() == before) == (2, True)
    assert "add --yes" in done.stderr
    assert approve(world, bundle).exit_code == 0


def test_says_when_nobody_vouches_for_what_is_decided(world: AttestedWorld, bundle: Path) -> None:
    done = approve(world, bundle, "--json")

    assert done.stderr.startswith("NOT VERIFIED  no key was given")
    told = json.loads(done.stdout)
    assert (told["verdict"], told["is_new"]) == ("INTACT, SIGNER NOT TRUSTED", True)
    assert told["predicate"]["decision"] == "approve"


def test_show_says_a_rejection_before_anything_else(world: AttestedWorld, bundle: Path) -> None:
    approve(world, bundle, *key(world), "--because", "see MV-114", decision="reject")
    trust = world.trusting(olga=("approver", ()))

    shown = CliRunner().invoke(cli, ["show", str(bundle), "--trust", str(trust)]).stdout

    assert "REJECTED by olga as approver" in shown
    assert shown.index("REJECTED") < shown.index("Read this first")


REFUSED: dict[str, tuple[tuple[str, ...], int, str]] = {
    "a rejection without reason": (("--decision", "reject"), 2, "a rejection needs its reason"),
    "an empty reason": (("--because", ""), 2, "--because has 0 characters"),
    "a seal's role": (("--as", "sealer"), 2, "no role that decides on a release"),
    "no role": (("--as", ""), 2, "no role that decides on a release"),
    "another decision": (("--decision", "maybe"), 2, "maybe"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refuses_what_cannot_be_decided(world: AttestedWorld, bundle: Path, name: str) -> None:
    more, code, words = REFUSED[name]
    before = bundle.read_bytes()

    done = approve(world, bundle, *key(world), *more)

    assert done.exit_code == code
    assert words in " ".join(done.stderr.split())
    assert bundle.read_bytes() == before


def test_a_refuted_bundle_is_not_decided_on(world: AttestedWorld, bundle: Path) -> None:
    content = bytearray(bundle.read_bytes())
    at = content.index(b'"schema":"affidavit/evidence"')
    content[at + 2] ^= 1
    bundle.write_bytes(content)

    done = approve(world, bundle, *key(world))

    assert done.exit_code == 1
    assert "nothing was signed" in done.stderr
    assert bundle.read_bytes() == bytes(content)


def test_an_update_drops_the_decision_and_names_it(
    world: AttestedWorld, bundle: Path, tmp_path: Path
) -> None:
    """It was about other cards. (The update itself is proved in tests/test_updating.py.)"""
    from affidavit.attesting.collecting import collect
    from affidavit.bundle.archive_reader import open_archive

    approve(world, bundle, *key(world))

    with open_archive(bundle) as archive:
        assert any("approval-" in n for n in archive.names)
        assert collect(archive, (), world.evidence_id) == {}
