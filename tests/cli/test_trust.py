"""`affidavit trust`: writing and reading the file that says whom the reader trusts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.support.bundles import BundleBuilder
from tests.support.pki import Pki

from affidavit.cli import options
from affidavit.cli.main import cli
from affidavit.verify import read_trust, verify_bundle


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(options, "today", lambda: "2026-11-01")


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, ["trust", *(str(w) for w in words)])


def add(builder: BundleBuilder, *more: object, name: str = "release@bank.example") -> Result:
    return run("add", builder.public_key, "--name", name, "--role", "sealer", *more)


def test_a_first_file_trusts_nobody_and_is_read(sealed: BundleBuilder, tmp_path: Path) -> None:
    done = run("init")

    trust = read_trust(tmp_path / "trust.toml")
    assert done.exit_code == 0
    assert (trust.keys, trust.revoked) == ((), ())
    assert str(trust.as_of) == "2026-11-01"
    assert verify_bundle(sealed.path, trust=trust).exit_code == 1


def test_a_file_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "trust.toml").write_text("mine")

    done = run("init")

    assert done.exit_code == 2
    assert "exists" in done.stderr
    assert (tmp_path / "trust.toml").read_text() == "mine"


def test_a_pinned_key_verifies_what_it_sealed(sealed: BundleBuilder, tmp_path: Path) -> None:
    run("init")
    told = sealed.signer.fingerprint().removeprefix("sha256:").upper()
    spaced = " ".join(told[i : i + 8] for i in range(0, 64, 8))

    done = add(sealed, "--fingerprint", spaced, "--valid-until", "2999-12-31")

    assert done.exit_code == 0, done.stderr
    assert sealed.signer.fingerprint() in done.stderr
    assert "until 2999-12-31" in done.stdout
    verdict = verify_bundle(sealed.path, trust=read_trust(tmp_path / "trust.toml"))
    assert verdict.exit_code == 0
    assert verdict.seal is not None
    assert verdict.seal.by == "release@bank.example"


def test_adding_keeps_every_line_that_was_there(sealed: BundleBuilder, tmp_path: Path) -> None:
    """Comments, spacing and a last line without its end too."""
    path = tmp_path / "trust.toml"
    other = sealed.other_signer()
    pem = other.public.pem().decode()
    before = (
        f"version = 1  # ours\n\n[[signer]]   # the old one\nname = 'old'\nkey = '''{pem}'''\n"
        'roles = ["sealer"]\n# ask Ada'
    )
    path.write_text(before)

    done = add(sealed, "--role", "owner", "--identity", "ada@bank.example", "--yes", name='Ä "x"')

    assert done.exit_code == 0, done.stderr
    assert path.read_text().startswith(before + "\n")
    old, new = read_trust(path).keys
    assert (old.name, old.fingerprint) == ("old", other.fingerprint())
    assert (new.name, new.roles) == ('Ä "x"', frozenset({"sealer", "owner"}))
    assert new.identities == ("ada@bank.example",)


def test_the_key_itself_goes_in_not_its_path(sealed: BundleBuilder, tmp_path: Path) -> None:
    """Another key in the old file later would be trusted without anybody's look at it."""
    run("init")
    copied = tmp_path / "s.pub"
    copied.write_bytes(sealed.public_key.read_bytes())
    run("add", copied, "--name", "s", "--role", "sealer", "--yes")
    copied.unlink()

    assert read_trust(tmp_path / "trust.toml").keys[0].fingerprint == sealed.signer.fingerprint()


def refused(done: Result, path: Path, before: bytes, words: str) -> None:
    assert done.exit_code == 2
    assert words in " ".join(done.stderr.split())
    assert path.read_bytes() == before
    assert "Traceback" not in done.output


def test_refuses_another_key_than_the_signer_told(sealed: BundleBuilder, tmp_path: Path) -> None:
    run("init")
    path = tmp_path / "trust.toml"
    before = path.read_bytes()

    for told in ("sha256:" + "ab" * 32, sealed.signer.fingerprint()[:-1], ""):
        done = add(sealed, "--fingerprint", told, "--yes")
        refused(done, path, before, "is not the key that was expected")


def test_nobody_is_pinned_unasked(sealed: BundleBuilder, tmp_path: Path) -> None:
    """In a pipeline nobody compares fingerprints: it has to be said that somebody did."""
    run("init")
    path = tmp_path / "trust.toml"

    refused(add(sealed), path, path.read_bytes(), "nobody can be asked here")


def test_refuses_what_cannot_be_pinned(sealed: BundleBuilder, tmp_path: Path) -> None:
    run("init")
    path = tmp_path / "trust.toml"
    add(sealed, "--yes")
    before = path.read_bytes()

    refused(add(sealed, "--yes", name="again"), path, before, "pinned already, as release@bank")
    refused(
        run("add", sealed.private_key, "--name", "x", "--role", "y", "--yes"), path, before,
        "is a private key",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("more", "name", "words"),
    {
        "no day": (("--valid-until", "soon"), "x", "--valid-until: expected a day"),
        "upside down": (
            ("--valid-from", "2026-02-01", "--valid-until", "2026-01-01"), "x", "lies before",
        ),
        "a hidden character": ((), "rel\u202eease", "cannot stand in a trust.toml"),
        "two lines": ((), 'x"\nroles = ["sealer"]', "cannot stand in a trust.toml"),
        "no name": ((), " ", "cannot stand in a trust.toml"),
        "no identity": (("--identity", ""), "x", "cannot stand in a trust.toml"),
    }.values(),
)  # fmt: skip
def test_refuses_a_line_that_cannot_be(
    sealed: BundleBuilder, tmp_path: Path, more: tuple[str, ...], name: str, words: str
) -> None:
    run("init")
    path = tmp_path / "trust.toml"

    refused(add(sealed, "--yes", *more, name=name), path, path.read_bytes(), words)


@pytest.mark.parametrize(
    ("content", "words"),
    {
        "not TOML": ("version = ", "not a TOML file"),
        "a fault": ("version = 1\nsinger = 1\n", "unknown key 'singer'"),
        "signers in a list": ("version = 1\nsigner = []\n", "not a TOML file"),
        "text that has no end": ('version = 1\nas_of = """\n', "not a TOML file"),
    }.values(),
)
def test_refuses_a_file_that_it_would_break(
    sealed: BundleBuilder, tmp_path: Path, content: str, words: str
) -> None:
    path = tmp_path / "trust.toml"
    path.write_text(content)

    refused(add(sealed, "--yes"), path, content.encode(), words)


def test_refuses_a_key_that_the_file_revokes(sealed: BundleBuilder, tmp_path: Path) -> None:
    path = tmp_path / "trust.toml"
    path.write_text(
        f'version = 1\n[[revoked]]\nfingerprint = "{sealed.signer.fingerprint()}"\n'
        'reason = "laptop stolen"\n'
    )

    refused(add(sealed, "--yes"), path, path.read_bytes(), "laptop stolen")


def test_says_where_to_begin_where_there_is_no_file(sealed: BundleBuilder) -> None:
    done = add(sealed, "--yes")

    assert done.exit_code == 2
    assert "affidavit trust init" in done.stderr


def test_shows_who_may_sign_what_and_what_was_revoked(
    sealed: BundleBuilder, tmp_path: Path
) -> None:
    run("init")
    gone = sealed.other_signer().fingerprint()
    add(sealed, "--yes", "--valid-until", "2020-12-31", "--identity", "ada@bank.example")
    with (tmp_path / "trust.toml").open("a") as file:
        file.write(
            f'[[revoked]]\nfingerprint = "{gone}"\nreason = "left"\nrevoked_at = 2026-10-01\n'
        )

    shown = " ".join(run("show").stdout.split())
    told = json.loads(run("show", "--json").stdout)

    for words in (
        "1 signer", "release@bank.example", "may sign as sealer", "not now: until 2020-12-31",
        "ada@bank.example", sealed.signer.fingerprint(), gone, "left; at 2026-10-01",
        "revocations on 1 November 2026",
    ):  # fmt: skip
        assert words in shown
    (signer,) = told["signers"]
    assert (signer["counts_now"], signer["valid_until"][:10]) == (False, "2020-12-31")
    assert told["revoked"][0]["revoked_at"] == "2026-10-01T00:00:00+00:00"


def test_shows_signers_by_name_and_what_is_required(tmp_path: Path) -> None:
    root = Pki.make().root.pem
    (tmp_path / "trust.toml").write_text(
        "version = 1\nrequired = 2\nrequired_timestamp = true\n"
        f'[[authority]]\nname = "bank"\nroots = """{root}"""\n'
        f'[[timestamp]]\nname = "clock"\nroots = """{root}"""\n'
        '[[signer]]\nname = "pipeline"\nauthority = "bank"\n'
        'named = ["email:release@bank.example"]\nroles = ["sealer"]\nvalid_until = 2020-12-31\n'
    )

    shown = " ".join(run("show").stdout.split())
    told = json.loads(run("show", "--json").stdout)

    for words in (
        "seals by 2 different signers", "a timestamp by clock", "pipeline",
        "not now: until 2020-12-31", "email:release@bank.example", "authority bank",
    ):  # fmt: skip
        assert words in shown
    assert (told["required"], told["named"][0]["authority"]) == (2, "bank")


def test_shows_a_pinned_key_that_was_revoked_as_such(sealed: BundleBuilder, tmp_path: Path) -> None:
    run("init")
    add(sealed, "--yes")
    with (tmp_path / "trust.toml").open("a") as file:
        file.write(
            f'[[revoked]]\nfingerprint = "{sealed.signer.fingerprint()}"\nreason = "stolen"\n'
        )

    shown = " ".join(run("show").stdout.split())

    assert "counts no: revoked (stolen)" in shown
    assert "the key of release@bank.example: stolen" in shown
    assert json.loads(run("show", "--json").stdout)["signers"][0]["counts_now"] is False


def test_its_commands_take_what_every_command_takes(sealed: BundleBuilder) -> None:
    run("init", "-q")

    assert add(sealed, "--yes", "--debug").exit_code == 0
    assert run("show", "-v").exit_code == 0
