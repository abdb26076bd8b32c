"""The signers that the options give."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from affidavit.cli import options
from affidavit.cli.signing import load_all
from affidavit.errors import UsageError
from affidavit.seal.keys import generate_key


def given(*arguments: str, environment: str | None = None) -> tuple[str, ...]:
    found: list[tuple[str, ...]] = []

    @click.command()
    @options.signers
    def command(signers: tuple[str, ...]) -> None:
        found.append(signers)

    env = {"AFFIDAVIT_SIGNER": environment}
    result = CliRunner().invoke(command, list(arguments), env=env)
    assert result.exit_code == 0, result.output
    return found[0]


def test_several_are_given_by_several_options() -> None:
    assert given("--signer", "a b.pem", "--signer", "cert:k.pem?chain=c.pem") == (
        "a b.pem", "cert:k.pem?chain=c.pem",
    )  # fmt: skip
    assert given() == ()


def test_in_the_environment_they_stand_one_a_line() -> None:
    assert given(environment="my keys/release.pem") == ("my keys/release.pem",)
    assert given(environment="a.pem\nb.pem\n") == ("a.pem", "b.pem")
    assert given("--signer", "c.pem", environment="a.pem\nb.pem") == ("c.pem",)


def test_one_key_signs_once(tmp_path: Path) -> None:
    for name in ("a", "b"):
        generate_key("ed25519", tmp_path / f"{name}.pem", tmp_path / f"{name}.pub", None)
    first, second = str(tmp_path / "a.pem"), str(tmp_path / "b.pem")

    assert len(load_all((first, second), None, None)) == 2
    with pytest.raises(UsageError, match="the same key as") as refused:
        load_all((first, f"file:{first}"), None, None)
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("uri", ["sigstore:", "sigstore:?token-file=token"])
def test_a_keyless_signature_is_not_stamped_by_another_authority(uri: str) -> None:
    """Its time is its log's; a foreign stamp would only make the seal harder to prove."""
    with pytest.raises(UsageError, match="keyless") as refused:
        load_all((uri,), None, "http://tsa.example")

    assert "leave --timestamp out" in str(refused.value.fix)
