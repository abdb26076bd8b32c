"""`affidavit attest` and `affidavit questions` on a sealed bundle, and each of their refusals."""

from __future__ import annotations

import csv
import json
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.support.attested import AttestedWorld
from tests.support.bundles import PASSPHRASE
from tests.support.raw_archives import read_entries

from affidavit.bundle.attestation import read_attestation
from affidavit.bundle.statement import parse_signed
from affidavit.cli import options
from affidavit.cli.extras import BUILD_MODULES
from affidavit.cli.main import cli
from affidavit.seal.keys import generate_key
from affidavit.verify import read_trust, verify_bundle


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> AttestedWorld:
    return AttestedWorld(tmp_path_factory.mktemp("world"), catalogs=("nist-ai-rmf",))


@pytest.fixture(autouse=True)
def on_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "today", lambda: "2026-11-01")
    monkeypatch.setenv("AFFIDAVIT_KEY_PASSPHRASE", PASSPHRASE)


@pytest.fixture
def bundle(world: AttestedWorld, tmp_path: Path) -> Path:
    return world.copy(tmp_path)


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(w) for w in words])


def attest(world: AttestedWorld, bundle: Path, *more: object, control: str = "",
           role: str = "validator", who: str = "vera") -> Result:  # fmt: skip
    return run(
        "attest", bundle, "--control", control or world.validated, "--as", role,
        "--signer", world.folder / f"{who}.pem", "--key", world.folder / "release.pub", "--yes", *more,
    )  # fmt: skip


def said_in(content: bytes) -> Any:
    return read_attestation(parse_signed(content, "x").predicate, "x")


def test_shows_the_very_question_then_signs_and_adds(world: AttestedWorld, bundle: Path) -> None:
    before = read_entries(bundle)[1]

    done = attest(world, bundle, "--because", "read it twice")

    assert done.exit_code == 0, done.output
    asked = next(
        a.questions[0].question
        for s in verify_records(world).values() for a in s.assessments if a.control == world.validated
    )  # fmt: skip
    assert asked in " ".join(done.stderr.split())
    (name,) = {n for n, _ in read_entries(bundle)[1]} - {n for n, _ in before}
    assert name in done.stdout
    said = said_in(dict(read_entries(bundle)[1])[name])
    (answer,) = said.answers
    assert (answer.control, answer.answer, answer.question) == (world.validated, "yes", asked)
    assert (said.role, said.statement, said.evidence_id) == (
        "validator", "read it twice", world.evidence_id,
    )  # fmt: skip
    assert (said.made_on, said.expires_on) == ("2026-11-01", "2027-11-01")
    assert "the authors: ada, Dora Developer" in done.stderr
    assert max(map(len, done.output.splitlines())) <= 100  # a fingerprint is not cut


def verify_records(world: AttestedWorld) -> Any:
    from affidavit.verify import examine

    records = examine(world.path, trust=read_trust(world.trust)).records
    assert records is not None
    return records.standings


def test_the_same_statement_twice_is_said_and_not_written(
    world: AttestedWorld, bundle: Path
) -> None:
    attest(world, bundle)
    before = bundle.read_bytes()

    again = attest(world, bundle)
    other = attest(world, bundle, "--because", "another reason")

    assert again.exit_code == 0
    assert "already there" in again.stdout
    assert "signed, and added" in other.stdout
    assert len(bundle.read_bytes()) > len(before)


def test_a_statement_can_be_kept_beside_the_bundle(
    world: AttestedWorld, bundle: Path, tmp_path: Path
) -> None:
    before, out = bundle.read_bytes(), tmp_path / "answer.sigstore.json"

    done = attest(world, bundle, "--out", out, "--expires", "2026-12-01")
    twice = attest(world, bundle, "--out", out)

    assert done.exit_code == 0
    assert said_in(out.read_bytes()).expires_on == "2026-12-01"
    assert bundle.read_bytes() == before
    assert twice.exit_code == 2
    assert "exists" in twice.stderr


def test_one_statement_answers_several_controls(world: AttestedWorld, bundle: Path) -> None:
    one, two = world.owned[:2]
    done = attest(world, bundle, "--control", f"sr-26-2/{two}", "--json",
                  control=one, role="owner", who="olga")  # fmt: skip

    found = json.loads(done.stdout)
    assert [a["control"] for a in found["predicate"]["answers"]] == [one, two]
    verdict = verify_bundle(bundle, trust=read_trust(world.trust), as_of="2026-11-02")
    assert verdict.now is not None
    assert {(c.control, c.now) for c in verdict.now.controls} == {
        (one, "attested"), (two, "attested"),
    }  # fmt: skip


def test_says_when_nobody_vouches_for_what_is_signed(world: AttestedWorld, bundle: Path) -> None:
    done = run("attest", bundle, "--control", world.validated, "--as", "validator",
               "--signer", world.folder / "vera.pem", "--yes")  # fmt: skip

    assert done.exit_code == 0
    assert done.stderr.startswith("NOT VERIFIED  no key was given")


REFUSED: dict[str, tuple[dict[str, Any], tuple[str, ...], str]] = {
    "no such control": ({"control": "SR262-99"}, (), "did you mean SR262-"),
    "no such catalog": ({"control": "gdpr/{validated}"}, (), "has no such control"),
    "a role that is not asked": ({"role": "dpo"}, (), "it asks validator"),
    "a machine's control": ({"control": "{machine}"}, (), "asks nobody to sign"),
    "a missing control": ({"control": "{missing}"}, (), "is missing: there is nothing to sign"),
    "no without a reason": ({}, ("--answer", "no"), "an answer of no needs its reason"),
    "no reason at all": ({}, ("--because", ""), "--because has 0 characters"),
    "an endless reason": ({}, ("--because", "x" * 2001), "2001 characters"),
    "a longer life": ({}, ("--expires", "2027-11-02"), "from 2026-11-01 to 2027-11-01"),
    "a life that is over": ({}, ("--expires", "2026-10-31"), "from 2026-11-01 to"),
    "no day": ({}, ("--expires", "soon"), "not a day"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_and_leaves_the_bundle_as_it_was(
    world: AttestedWorld, bundle: Path, case: str
) -> None:
    changed, more, fragment = REFUSED[case]
    changed = {k: v.format(**vars(world)) for k, v in changed.items()}
    before = bundle.read_bytes()

    done = attest(world, bundle, *more, **changed)

    assert done.exit_code == 2
    assert fragment in " ".join(done.stderr.split())
    assert "Traceback" not in done.output
    assert bundle.read_bytes() == before
    assert [p.name for p in bundle.parent.iterdir()] == [bundle.name]


def test_refuses_a_refuted_bundle(world: AttestedWorld, bundle: Path) -> None:
    content = bytearray(bundle.read_bytes())
    content[len(content) // 2] ^= 1
    bundle.write_bytes(bytes(content))

    done = attest(world, bundle)

    assert done.exit_code == 1
    assert "NOT VERIFIED: nothing was signed" in done.stderr
    assert bundle.read_bytes() == bytes(content)


def test_refuses_without_a_key_to_sign_with(world: AttestedWorld, bundle: Path) -> None:
    done = run("attest", bundle, "--control", world.validated, "--as", "validator")

    assert done.exit_code == 2
    assert "no key to sign with" in done.stderr


def test_questions_are_by_role_and_their_commands_run_as_they_stand(
    world: AttestedWorld, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(options, "today", lambda: "2026-11-29")  # the answers expire in 2027
    done = run("questions", bundle, "--trust", world.trust, "--json")

    found = json.loads(done.stdout)
    assert found["verdict"] == "VERIFIED"
    signs = [o for o in found["owed"] if o["kind"] == "sign"]
    asked = {(o["role"], c) for o in signs for c in o["controls"]}
    assert asked >= {("validator", world.validated), *(("owner", c) for c in world.owned)}
    signs = [o for o in signs if o["role"] in ("owner", "validator")][:6]
    for one in signs:
        program, *words = shlex.split(one["command"])
        who = {"owner": "olga", "validator": "vera"}[one["role"]]
        typed = [str(world.folder / f"{who}.pem") if w == "KEY.pem" else w for w in words]
        ran = run(*typed, "--yes")  # nobody sits here to be asked
        assert (program, ran.exit_code) == ("affidavit", 0), ran.output

    left = json.loads(run("questions", bundle, "--trust", world.trust, "--json").stdout)
    assert not [o for o in signs if o in left["owed"]]
    untrusting = json.loads(run("questions", bundle, "--json").stdout)
    assert not [o for o in signs if o not in untrusting["owed"]]


def test_declarations_that_are_owed_are_lines_to_paste(world: AttestedWorld) -> None:
    found = json.loads(run("questions", world.path, "--trust", world.trust, "--json").stdout)
    lines = {o["what"]: o["remedy"] for o in found["owed"] if o["kind"] == "declare"}

    pasted = tomllib.loads("\n".join(lines.values()))
    assert pasted["purpose"] == "..."
    assert lines["`purpose` is not declared"].startswith("# what the model's output is used for")
    assert "`monitoring` is not declared" not in lines
    builds = {o["command"] for o in found["owed"] if o["kind"] == "declare"}
    assert builds == {
        "affidavit build models:/credit-risk/3 --declarations declarations.toml --signer KEY.pem"
    }


def test_questions_are_readable_in_80_columns(world: AttestedWorld) -> None:
    done = run("questions", world.path, "--trust", world.trust)

    assert done.exit_code == 0
    assert (
        done.stdout.index("owner: ")
        < done.stdout.index("developer: ")
        < done.stdout.index("validator: ")
    )
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_questions_of_one_role_and_as_a_spreadsheet(world: AttestedWorld, tmp_path: Path) -> None:
    table = tmp_path / "owed.csv"

    done = run("questions", world.path, "--role", "validator", "--csv", table)
    nobody = run("questions", world.path, "--role", "auditor")

    rows = list(csv.DictReader(table.read_text("utf-8-sig").splitlines()))
    assert {r["role"] for r in rows} == {"validator"}
    assert world.validated in {c for r in rows for c in r["controls"].split("; ")}
    assert "owner: " not in done.stdout
    assert "nothing is owed by auditor" in nobody.stdout
    twice = run("questions", world.path, "--csv", table)
    assert (twice.exit_code, "exists" in twice.stderr) == (2, True)


def test_questions_of_a_refuted_bundle_are_headed_so(world: AttestedWorld, tmp_path: Path) -> None:
    other = world.trusting(release=None)

    done = run("questions", world.path, "--trust", other)

    assert done.exit_code == 1
    assert done.stdout.startswith("NOT VERIFIED")


def test_attesting_needs_the_base_installation_only(world: AttestedWorld, bundle: Path) -> None:
    start = "from affidavit.cli.main import main; main()"
    without = f"import sys; sys.modules.update(dict.fromkeys({sorted(BUILD_MODULES)!r}))"

    for words in (
        ("attest", bundle, "--control", world.validated, "--as", "validator",
         "--signer", world.folder / "vera.pem", "--yes"),
        ("questions", bundle, "--trust", world.trust),
    ):  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-c", f"{without}\n{start}", *map(str, words)],
            capture_output=True, check=False, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


def test_asks_before_it_signs_where_somebody_can_answer(
    world: AttestedWorld, bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CliRunner's input is no terminal; here it says that it is one."""
    before = bundle.read_bytes()
    words = ["attest", str(bundle), "--control", world.validated, "--as", "validator",
             "--signer", str(world.folder / "vera.pem")]  # fmt: skip

    with monkeypatch.context() as patch:
        patch.setattr("affidavit.cli.attest.is_answered", lambda: True)
        declined = CliRunner().invoke(cli, words, input="n\n")
        assert bundle.read_bytes() == before
        agreed = CliRunner().invoke(cli, words, input="y\n")

    assert (declined.exit_code, agreed.exit_code) == (130, 0)
    assert "Sign this?" in declined.stderr


def test_signs_nothing_unasked_where_nobody_can_answer(world: AttestedWorld, bundle: Path) -> None:
    before = bundle.read_bytes()
    words = ("attest", bundle, "--control", world.validated, "--as", "validator",
             "--signer", world.folder / "vera.pem")  # fmt: skip

    done = run(*words)

    assert (done.exit_code, bundle.read_bytes() == before) == (2, True)
    assert "nobody can be asked here whether to sign this" in done.stderr
    assert "add --yes" in done.stderr
    assert "your answer: yes" in done.stderr  # what it would have signed
    assert run(*words, "--yes").exit_code == 0


def test_a_key_that_never_signs_twice_alike_is_known_all_the_same(
    world: AttestedWorld, bundle: Path, tmp_path: Path
) -> None:
    """ECDSA draws a number for each signature; the payload and the key say that it is the same."""
    key = tmp_path / "keys" / "p.pem"
    key.parent.mkdir()
    generate_key("p256", key, key.with_suffix(".pub"), PASSPHRASE)
    words = ("attest", bundle, "--control", world.validated, "--as", "validator", "--signer", key,
             "--yes")  # fmt: skip

    first, second = run(*words), run(*words)

    assert "signed, and added" in first.stdout
    assert "already there" in second.stdout
