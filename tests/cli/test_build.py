"""What `affidavit build` says at its end; the builds themselves are in tests/test_building.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.support.bundles import PASSPHRASE, BundleBuilder
from tests.support.pinned import trust_in

from affidavit.bundle.findings import read_findings
from affidavit.cli.build import _telling_if_sealed
from affidavit.cli.main import cli
from affidavit.cli.next_step import verify_lines
from affidavit.cli.options import worker_options
from affidavit.cli.progress import Drawn
from affidavit.errors import AffidavitError, Contradicted, UsageError
from affidavit.seal.keys import generate_key
from affidavit.verify import expecting, verify_findings


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_next_step_names_the_public_half_that_lies_beside_the_key(here: Path) -> None:
    bundle, signer = "m-3.evidence.zip", ("keys/release.pem",)
    assert verify_lines(bundle, signer) == [
        "next: affidavit verify m-3.evidence.zip --key SIGNER.pub"
    ]
    (here / "keys").mkdir()
    (here / "keys" / "release.pub").touch()

    assert verify_lines(bundle, signer) == [
        "next: affidavit verify m-3.evidence.zip --key keys/release.pub"
    ]
    assert verify_lines(bundle, ()) == ["next: affidavit verify m-3.evidence.zip"]


def test_the_next_step_of_other_signers_needs_a_trust_file(here: Path) -> None:
    for signers in (("cert:k.pem?chain=c.pem",), ("a.pem", "b.pem")):
        assert verify_lines("m-3.evidence.zip", signers) == [
            "next: affidavit verify m-3.evidence.zip --trust trust.toml"
        ]


def test_a_long_next_step_goes_on_in_a_second_line(here: Path) -> None:
    first, second = verify_lines("m" * 50 + ".zip", ("release.pem",))

    assert first.endswith(" \\")
    assert second == "      --key SIGNER.pub"


def test_an_environment_of_ones_own_and_a_wheelhouse_exclude_each_other(here: Path) -> None:
    with pytest.raises(UsageError, match="--wheelhouse and --model-env exclude each other"):
        worker_options(here, here)

    assert worker_options(here, None).wheelhouse == here
    assert worker_options(None, here).model_env == here


@pytest.mark.parametrize(
    ("stages", "out", "notes"),
    [
        (["resolve", "recompute"], Path("x.zip"), []),
        (["resolve", "seal"], Path("x.zip"), ["x.zip was already complete"]),
        (["resolve", "seal"], None, ["the bundle was already complete"]),
    ],
)
def test_an_interrupt_tells_whether_the_bundle_is_complete(
    stages: list[str], out: Path | None, notes: list[str]
) -> None:
    progress = Drawn(verbosity=-1)
    with pytest.raises(KeyboardInterrupt) as interrupt, _telling_if_sealed(progress, out):
        for stage in stages:
            progress.done(stage, "done")
        raise KeyboardInterrupt

    assert getattr(interrupt.value, "__notes__", []) == notes


def test_contradictions_are_written_down_and_signed_if_asked(
    sealed: BundleBuilder, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise Contradicted("1 contradiction", contradictions=(("a", "b", "c", "d"),))

    monkeypatch.setattr("affidavit.pipeline.build", refuse)
    monkeypatch.setenv("AFFIDAVIT_KEY_PASSPHRASE", PASSPHRASE)
    asked = ["build", "models:/m/3", "--tracking-uri", "http://none", "--signer",
             str(sealed.private_key)]  # fmt: skip

    plain = CliRunner().invoke(cli, asked)
    there = list(here.iterdir())
    told = CliRunner().invoke(cli, [*asked, "--findings", "findings.json"])
    again = CliRunner().invoke(cli, [*asked, "--findings", "findings.json"])

    assert (plain.exit_code, told.exit_code, again.exit_code, there) == (1, 1, 2, [])
    assert "signed both: findings.json.sigstore.json" in told.output
    verdict = verify_findings(
        here / "findings.json", here / "findings.json.sigstore.json", trust=trust_in(sealed),
        wanted=expecting(expect="models:/m/3"),
    )  # fmt: skip
    assert verdict.word == "FILE VERIFIED"


def test_findings_that_nobody_could_sign_are_written_all_the_same(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise Contradicted("1 contradiction", "because", "do this")

    class Nobody:
        def sign(self, _: bytes) -> bytes:
            raise AffidavitError("the vault is sealed")

    monkeypatch.setattr("affidavit.pipeline.build", refuse)
    monkeypatch.setattr("affidavit.cli.build._signers", lambda *_, **__: (Nobody(),))

    told = CliRunner().invoke(
        cli, ["build", "models:/m/3", "--tracking-uri", "http://none", "--findings", "f.json"]
    )

    assert told.exit_code == 1
    assert "not written or not signed" in told.output
    found = read_findings((here / "f.json").read_bytes(), "f.json")
    assert [c.what for c in found.contradictions] == ["1 contradiction"]


def test_a_signature_over_the_model_needs_a_key_of_the_right_kind(here: Path) -> None:
    generate_key("ed25519", here / "k.pem", here / "k.pub", None)
    asked = ["build", "models:/m/3", "--tracking-uri", "http://none", "--signer", "k.pem"]

    done = CliRunner().invoke(cli, [*asked, "--oms"])

    assert done.exit_code == 2
    assert "--oms needs a signer with a P-256 key" in done.output
    assert "keygen --type p256" in " ".join(done.output.split())
