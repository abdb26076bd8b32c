"""What options take: a place of the other kind is refused in our words, with a fix."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.support.bundles import BundleBuilder

from affidavit.cli.main import cli


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["keygen", "--out", "."], "error: --out .: a folder, not a file fix name a file"),
        (["verify", "x.zip", "--key", "."], "error: --key .: a folder, not a file fix name a file"),
        (
            ["verify", "x.zip", "--trust", "."],
            "error: --trust .: a folder, not a file fix name a file",
        ),
        (["verify", "x.zip", "--model-dir", __file__], "a file, not a folder fix name a folder"),
    ],
)
def test_a_place_of_the_other_kind_is_refused_with_the_fix(
    arguments: list[str], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parent)
    result = CliRunner().invoke(cli, arguments)

    assert result.exit_code == 2
    assert words in " ".join(result.stderr.split())
    assert "Invalid value" not in result.stderr


def test_a_place_that_is_not_there_yet_is_taken(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["keygen", "--no-passphrase", "--out", str(tmp_path / "k")])

    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("content", "fix"),
    [(None, "check the path of --trust"), ("# Read\n# me: no TOML", "shows a trust.toml")],
)
def test_a_trust_file_that_cannot_be_read_is_refused_with_the_fix(
    content: str | None, fix: str, tmp_path: Path
) -> None:
    trust = tmp_path / "README.md"
    if content is not None:
        trust.write_text(f"{content}\nand text", encoding="utf-8")

    result = CliRunner().invoke(cli, ["verify", "x.zip", "--trust", str(trust)])

    assert result.exit_code == 2
    assert fix in result.stderr.rpartition("  fix ")[2]


def test_a_key_to_give_is_called_by_its_ending(sealed: BundleBuilder) -> None:
    """`SIGNER.pub`, as keygen writes it; a .pem is the half that nobody gives away."""
    told = CliRunner().invoke(cli, ["verify", str(sealed.path)]).stdout

    assert told.rstrip().endswith(" --key SIGNER.pub")
    assert "nobody vouches for this (--key SIGNER.pub)" in " ".join(
        CliRunner().invoke(cli, ["show", str(sealed.path)]).output.split()
    )
