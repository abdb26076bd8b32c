"""`affidavit trust add` of a keyless signer: who it is, who vouches for that, by which root."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.support.bundles import BundleBuilder
from tests.support.forgeries import with_seal
from tests.support.pki import NOW
from tests.support.private_sigstore import ISSUER, WORKFLOW, Ask, Sigstore

from affidavit.cli import options
from affidavit.cli.main import cli
from affidavit.verify import Trust, read_trust, verify_bundle

SIGSTORE = Sigstore()
ROOT = SIGSTORE.trusted_root()
TODAY = f"{NOW:%Y-%m-%d}"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(options, "today", lambda: TODAY)
    (tmp_path / "root.json").write_bytes(ROOT)
    run("init")


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, ["trust", *(str(w) for w in words)])


def add(
    *more: object, identity: str = WORKFLOW, issuer: str = ISSUER, root: str = "root.json",
    role: str = "sealer", name: str = "release",
) -> Result:  # fmt: skip
    who = ("--identity", identity, "--issuer", issuer, "--trusted-root", root)
    return run("add", *who, "--name", name, "--role", role, "--yes", *more)


def trust() -> Trust:
    return read_trust(Path("trust.toml"))


def test_a_pinned_identity_verifies_what_it_sealed(sealed: BundleBuilder) -> None:
    def seal(ask: Ask) -> Path:
        signer = SIGSTORE.signer(ask)
        return sealed.pack(with_seal(sealed.entries, signer, sealed.predicate()))

    done = add("--valid-until", "2999-12-31")

    assert done.exit_code == 0, done.stderr
    assert f"root          root, got on {TODAY}".split() == done.stdout.splitlines()[0].split()
    assert f"uri:{WORKFLOW}, known by {ISSUER}" in " ".join(done.stderr.split())
    verdict = verify_bundle(seal(Ask()), trust=trust())
    assert (verdict.exit_code, verdict.seal.by if verdict.seal else None) == (0, "release")
    other = Ask(issuer="https://accounts.evil.example")
    assert verify_bundle(seal(other), trust=trust()).exit_code == 1


def test_what_was_there_stays_and_one_root_serves_several() -> None:
    """Also one that was written by hand, and that no signer is known by yet."""
    path = Path("trust.toml")
    before = (
        "version = 1  # ours\n[[root]]\nname = 'bank'\ntrusted_root = 'root.json'\n"
        "fetched_on = 2026-10-01\nmax_age_days = 400 # ask Ada"
    )
    path.write_text(before)

    first, second = add(), add(identity="vera@bank.example", role="validator", name="Vera")

    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "bank, got on 2026-10-01" in second.stdout
    assert path.read_text().startswith(before + "\n")
    assert [(s.name, s.root.name, s.root.max_age_days) for s in trust().identified] == [
        ("release", "bank", 400), ("Vera", "bank", 400),
    ]  # fmt: skip
    assert len(trust().roots) == 1
    assert trust().identified[1].names.exact == {"email:vera@bank.example"}


def test_an_address_tells_its_owner_from_the_authors() -> None:
    add()
    add(identity="vera@bank.example", role="validator", name="Vera")

    assert [s.identities for s in trust().identified] == [(), ("vera@bank.example",)]


def test_another_root_of_the_same_file_name_gets_a_name_of_its_own() -> None:
    Path("other").mkdir()
    Path("other/root.json").write_bytes(Sigstore().trusted_root())

    add()
    done = add("--fetched-on", "2026-09-01", root="other/root.json")

    assert done.exit_code == 0, done.stderr
    assert [(r.name, str(r.fetched_on)) for r in trust().roots] == [
        ("root", TODAY), ("root-2", "2026-09-01"),
    ]  # fmt: skip
    assert 'trusted_root = "other/root.json"' in Path("trust.toml").read_text()


def refused(done: Result, before: bytes, words: str) -> None:
    assert done.exit_code == 2
    assert words in " ".join(done.stderr.split())
    assert Path("trust.toml").read_bytes() == before
    assert "Traceback" not in done.output


REFUSED: dict[str, tuple[dict[str, str], tuple[str, ...], str]] = {
    "pinned already": ({}, (), f"uri:{WORKFLOW} is pinned already, as release"),
    "another day of a root": (
        {"identity": "a@b.example"}, ("--fetched-on", "2026-10-31"), f"was got on {TODAY}, not on",
    ),
    "no name": ({"identity": "release"}, (), "an address or a URI is needed"),
    "a letter that looks alike": ({"identity": "rel\u0435ase@bank.example"}, (), "is not ASCII"),
    "no issuer": ({"identity": "a@b.example", "issuer": "bank"}, (), "expected https://"),
    "no root": ({"root": "trust.toml"}, (), "no trusted root of a Sigstore"),
    "no file": ({"root": "nowhere.json"}, (), "nowhere.json"),
    "no day": ({"identity": "a@b.example"}, ("--fetched-on", "soon"), "expected a day"),
    "a fingerprint": ({"identity": "a@b.example"}, ("--fingerprint", "ab" * 32), "is of a key"),
    "a hidden character": ({"identity": "a@b.example", "name": "a\u202eb"}, (), "cannot stand in"),
    "a window upside down": (
        {"identity": "a@b.example"}, ("--valid-from", "2026-02-01", "--valid-until", "2026-01-01"),
        "lies before",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_whom_it_cannot_pin(case: str) -> None:
    assert add().exit_code == 0
    given, more, words = REFUSED[case]

    refused(add(*more, **given), Path("trust.toml").read_bytes(), words)  # type: ignore[arg-type]


def test_nobody_is_pinned_unasked_or_half_named(sealed: BundleBuilder) -> None:
    before = Path("trust.toml").read_bytes()
    who = ("--identity", WORKFLOW, "--issuer", ISSUER)
    more = ("--name", "x", "--role", "sealer")

    refused(run("add", *who, "--trusted-root", "root.json", *more), before, "nobody can be asked")
    refused(run("add", *who, *more, "--yes"), before, "--issuer and --trusted-root together")
    refused(run("add", *more, "--yes"), before, "give KEY, a file; or --identity")
    both = run("add", sealed.public_key, *who, *more, "--yes")
    refused(both, before, "pin them one after the other")
