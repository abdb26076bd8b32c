"""From a name to a bundle by nothing but what the command prints, and how many commands it takes.

What she types herself is the first command; then it is a command from the output, or her last build
again with one more option that the output names. A slow test, since she builds up to three times.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from tests.worlds.bank import Bank
from tests.worlds.new_user import Lost, NewUser, commands_in
from tests.worlds.stories import BUILT, Story, altered_object

# The commands of each, the first and the last, `verify`, among them.
COMMANDS = {
    "orderly": 8,
    "declared-folder": 9,
    "purged-run": 9,
    "by-reference": 8,
    "protected-table": 8,
    "overrides": 8,
    "german-credit": 8,
    "altered-object": 8,
}


def newcomer(bank: Bank, here: Path, story: Story) -> NewUser:
    """She knows where her systems are, and whatever the story says that its people know."""
    given = (*bank.where(story.remote), *story.given, "--out", "second.zip")
    knows = dict(zip(map(str, given[::2]), given[1::2], strict=True))
    if story.files:  # she has none yet: a command says how they are begun, and she fills them in
        del knows["--config"], knows["--declarations"]
    return NewUser(bank=bank, here=here, ref=story.ref, knows=knows, files=story.files)


@pytest.mark.slow
@pytest.mark.parametrize("name", BUILT)
def test_from_a_name_to_a_verified_bundle(
    bank: Bank, tmp_path: Path, name: str, record_property: Callable[[str, object], None]
) -> None:
    user = newcomer(bank, tmp_path, BUILT[name](bank))

    user.walk()

    told(user, name, record_property)
    assert said(user).startswith("VERIFIED")
    assert len(user.typed) == COMMANDS[name]


def test_from_a_name_to_signed_findings_where_a_bundle_must_not_be(
    bank: Bank, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    user = newcomer(bank, tmp_path, altered_object(bank))
    user.knows = {**user.knows, "--findings": "findings.json"}

    user.walk()

    told(user, "altered-object", record_property)
    assert said(user).startswith("FILE VERIFIED")
    assert len(json.loads((tmp_path / "findings.json").read_bytes())["contradictions"]) == 1
    assert len(user.typed) == COMMANDS["altered-object"]


def test_an_output_that_says_nothing_to_do_leaves_her_lost(bank: Bank, tmp_path: Path) -> None:
    user = NewUser(bank=bank, here=tmp_path, ref="models:/nobody/1", knows={})

    with pytest.raises(Lost, match="no tracking server is named"):
        user.walk()


def test_commands_are_read_as_a_shell_and_a_person_would() -> None:
    text = (
        "  fix       add --signer KEY.pem (make one with: affidavit\n"
        "            keygen), or --allow-unsigned\n"
        "next: affidavit verify b.zip \\\n      --key k.pub\n"
        "  affidavit resolve models:/m/1 --config 'a b.toml'\n"
        "about affidavit verify in the middle of a sentence\n"
    )

    assert list(commands_in(text)) == [
        ("verify", "b.zip", "--key", "k.pub"),
        ("resolve", "models:/m/1", "--config", "a b.toml"),
        ("keygen",),
    ]


def told(user: NewUser, name: str, record_property: Callable[[str, object], None]) -> None:
    record_property("commands", len(user.typed))
    print(f"{name}: {len(user.typed)} commands")
    print(*(f"  affidavit {' '.join(words)}" for words in user.typed), sep="\n")


def said(user: NewUser) -> str:
    assert isinstance(user.last, Result)
    return user.last.stdout
