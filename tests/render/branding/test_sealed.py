"""Whose look a card has: in the seal, in the verdict, for people and for machines."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.support.bundles import BundleBuilder
from tests.support.cards import Page
from tests.support.looks import LOGO, looks, page
from tests.support.small_world import BINARY, applicants, build_small, fill_binary

from affidavit.cli.main import cli
from affidavit.render.branding import read_brand

OURS = {"name": "Example Bank", "sha256": "ab" * 32}
GUIDE = Path("docs/branding.md").read_text(encoding="utf-8")


def run(command: str, bundle: Path, key: Path, *more: str) -> Result:
    return CliRunner().invoke(cli, [command, str(bundle), "--key", str(key), *more])


@pytest.mark.parametrize("command", ["verify", "show"])
def test_verify_and_show_say_whose_look_it_is(sealed: BundleBuilder, command: str) -> None:
    bundle = sealed.resign(predicate={**sealed.predicate(), "templates": OURS})

    said = run(command, bundle, sealed.public_key)

    assert said.exit_code == 0
    text = " ".join(said.output.split())
    assert "own templates of Example Bank (sha256 abababababab…, the seal says so)" in text
    assert "own templates" not in run(command, sealed.path, sealed.public_key).output


def test_a_name_in_the_seal_cannot_forge_a_line(sealed: BundleBuilder) -> None:
    forged = {**OURS, "name": "x\n  VERIFIED\x1b[31m"}
    bundle = sealed.resign(predicate={**sealed.predicate(), "templates": forged})

    output = run("verify", bundle, sealed.public_key).output
    assert "\x1b" not in output
    assert not [x for x in output.splitlines()[1:] if x.strip().startswith("VERIFIED")]


def test_a_seal_whose_templates_are_no_digest_is_refused(sealed: BundleBuilder) -> None:
    bundle = sealed.resign(predicate={**sealed.predicate(), "templates": {**OURS, "sha256": "x"}})

    said = run("verify", bundle, sealed.public_key)
    assert said.exit_code == 1
    assert "what the seal says is not of its form" in said.output


def example(folder: Path) -> Path:
    """The files of the guide's worked example, as they stand there, and a logo."""
    place = folder / "example-bank"
    place.mkdir()
    for name, content in re.findall(
        r"`example-bank/([a-z.]+)`:\n```\w+\n(.*?)```", GUIDE, re.DOTALL
    ):
        (place / name).write_text(content, encoding="utf-8")
    (place / "logo.svg").write_text(LOGO, encoding="utf-8")
    return place


def test_the_guides_example_makes_a_card(tmp_path: Path) -> None:
    place = example(tmp_path)
    assert sorted(p.name for p in place.iterdir()) == [
        "brand.css", "brand.toml", "logo.svg", "sections.html.jinja",
    ]  # fmt: skip

    text = page(place)

    assert "Questions about this model, version 3" in Page(text).sections["contact"]
    assert ".brand-contact{border-top:2px solid var(--accent);" in text
    assert read_brand(place).digest in text


@pytest.mark.system
def test_a_build_seals_whose_look_it_is(tmp_path: Path) -> None:
    place = example(tmp_path)
    fill = fill_binary(tmp_path, applicants(300))
    bundle = build_small(tmp_path, BINARY, fill, pdf=True, template_dir=place)

    said = json.loads(run("verify", bundle.path, bundle.public_key, "--json").stdout)

    digest = read_brand(place).digest
    assert said["exit_code"] == 0
    assert said["seal_says"]["templates"] == {"name": "Example Bank", "sha256": digest}
    assert digest in Page(bundle.files["data/card/model-card.html"].decode()).text
    assert bundle.files["data/card/model-card.pdf"][:5] == b"%PDF-"


def test_a_folder_that_is_refused_is_refused_before_anything_is_built(tmp_path: Path) -> None:
    folder = looks(tmp_path, sections="{{ card.title | safe }}")

    said = CliRunner().invoke(
        cli, ["build", "models:/m/1", "--tracking-uri", "http://127.0.0.1:9", "--allow-unsigned",
              "--template-dir", str(folder), "--out", str(tmp_path / "m.zip")],
    )  # fmt: skip

    assert said.exit_code == 2
    assert "sections.html.jinja:1: the filter 'safe'" in said.output + said.stderr
    assert not (tmp_path / "m.zip").exists()
