"""build -> recheck --sign -> update -> the card says who computed the numbers again, and verify."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.attested import AttestedWorld, lie, signed
from tests.support.bundles import PASSPHRASE
from tests.support.cards import Page
from tests.test_updating import checked, payload, updated

from affidavit.bundle.adding import add_statement
from affidavit.bundle.layout import CARD_JSON
from affidavit.bundle.statement import statement_name
from affidavit.seal.keys import LocalSigner, generate_key, load_signer
from affidavit.updating import Updated
from affidavit.verify import verify_bundle

MACHINE = "Linux on riscv64 | Python 3.11"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> AttestedWorld:
    return AttestedWorld(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> LocalSigner:
    folder = tmp_path_factory.mktemp("stranger")
    generate_key("ed25519", folder / "s.pem", folder / "s.pub", PASSPHRASE)
    return load_signer(folder / "s.pem", PASSPHRASE)


@pytest.fixture(scope="module")
def both(
    world: AttestedWorld, stranger: LocalSigner, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str, Updated]:
    """Rechecked by Vera and by a stranger, and updated; with the sha256 of Vera's statement."""
    folder = tmp_path_factory.mktemp("both")
    bundle = world.copy(folder)
    statement = rechecked(world, bundle, world.signers["vera"])
    rechecked(world, bundle, stranger, machine="the regulator's own machine")
    return folder / "u.zip", statement, updated(world, bundle, folder / "u.zip")


def rechecked(
    world: AttestedWorld, bundle: Path, signer: LocalSigner | None, **changed: Any
) -> str:
    """Add a signed recheck to the bundle; the sha256 of its file."""
    assert signer is not None
    subject = verify_bundle(bundle, trust=None).subject
    assert subject is not None
    nothing = dict.fromkeys(("within", "different", "missing", "extra", "not_run"), 0)
    content = signed(signer, {
        "schema": "affidavit/rechecked", "version": 1,
        "subject": {"name": subject.name, "version": subject.version},
        "evidence_id": world.evidence_id, "outcome": "EQUAL",
        "numbers": {"equal": 412, **nothing}, "others": {"equal": 9, **nothing},
        "machine": MACHINE, "isolation": "bubblewrap", "environment": "lock",
        "affidavit": "0.1.0", "made_on": "2026-11-01", **changed,
    }, kind="recheck")  # fmt: skip
    add_statement(bundle, statement_name("recheck", content), content)
    return hashlib.sha256(content).hexdigest()


def card(path: Path, suffix: str) -> str:
    return payload(path)[f"data/card/model-card.{suffix}"].decode()


def claims(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(card(path, "json"))["rechecks"]
    return found


def test_the_card_says_who_rechecked_when_and_where(
    world: AttestedWorld, both: tuple[Path, str, Updated]
) -> None:
    path, statement, _ = both

    assert claims(path) == [{
        "statement": statement, "by": "vera", "outcome": "EQUAL", "numbers": 412, "not_run": 0,
        "machine": MACHINE, "made_on": "2026-11-01",
    }]  # fmt: skip
    (row,) = (r for r in card(path, "md").splitlines() if "riscv64" in r)
    for words in ("| vera | 1 November 2026 |", "412 numbers", "● Equal"):
        assert words in row
    sections = Page(card(path, "html")).sections
    for words in ("vera", "1 November 2026", "riscv64", "412 numbers", "Equal"):
        assert words in sections["reproducibility"]
    assert "Rechecked, as they signed: 412 numbers equal, by vera on 1" in sections["first"]
    assert checked(world, path).word == "VERIFIED"


def test_a_recheck_by_an_unknown_signer_is_left_out_and_named(
    world: AttestedWorld, both: tuple[Path, str, Updated]
) -> None:
    path, _, done = both

    (left,) = done.not_weighed
    assert left.path.startswith("signatures/recheck-")
    assert "not pinned" in left.why
    assert "regulator" not in "".join(card(path, suffix) for suffix in ("html", "md", "json"))
    found = checked(world, path).rechecks
    assert found is not None
    assert ([r.by for r in found.counted], len(found.not_weighed)) == (["vera"], 1)


def test_a_recheck_that_differs_stands_on_page_one(world: AttestedWorld, tmp_path: Path) -> None:
    bundle = world.copy(tmp_path)
    rechecked(world, bundle, world.signers["vera"])
    counts = dict.fromkeys(("equal", "within", "missing", "extra"), 0)
    bad = {**counts, "different": 3, "not_run": 2}
    rechecked(world, bundle, world.signers["olga"], outcome="DIFFERENT", numbers=bad)

    updated(world, bundle, tmp_path / "u.zip")

    page_one = json.loads(card(tmp_path / "u.zip", "json"))["page_one"]
    (line,) = (one for one in page_one["lines"] if "signed that they came out" in one["text"])
    assert line["status"] == "Exception"
    assert line["text"].startswith("olga computed 3 numbers again on 1 November 2026")
    assert not any("Rechecked" in said for said in page_one["holds"])
    (row,) = (r for r in card(tmp_path / "u.zip", "md").splitlines() if r.startswith("| olga"))
    assert "3 numbers, 2 not run" in row
    assert "▲ Different" in row
    verdict = checked(world, tmp_path / "u.zip")
    assert verdict.word == "VERIFIED", verdict.failed


def test_without_trust_toml_no_recheck_is_shown(world: AttestedWorld, tmp_path: Path) -> None:
    bundle = world.copy(tmp_path)
    rechecked(world, bundle, world.signers["vera"])

    updated(world, bundle, tmp_path / "u.zip", trust_sha256=None)

    assert claims(tmp_path / "u.zip") == []
    assert "Computed again, and signed" not in card(tmp_path / "u.zip", "md")


LIES: dict[str, tuple[dict[str, Any], str]] = {
    "nobody signed": ({"statement": "0" * 64}, "no statement in the bundle"),
    "more numbers": ({"numbers": 9000}, "another number of numbers than was signed"),
    "nothing left out": ({"not_run": 7}, "another number of numbers not run"),
    "another outcome": ({"outcome": "DIFFERENT"}, "another outcome"),
    "another machine": ({"machine": "the regulator's"}, "another machine"),
    "another day": ({"made_on": "2026-10-01"}, "another day"),
}


@pytest.mark.parametrize("what", LIES)
def test_refutes_a_sealer_with_the_right_key_who_lies_about_a_recheck(
    world: AttestedWorld, both: tuple[Path, str, Updated], what: str
) -> None:
    path, (changed, words) = both[0], LIES[what]
    assert checked(world, path).exit_code == 0

    verdict = checked(
        world, lie(world, path, CARD_JSON, lambda c: c["rechecks"][0].update(changed))
    )

    assert [(c.id, c.path) for c in verdict.failed] == [("card", CARD_JSON)]
    assert words in verdict.failed[0].what


def test_refutes_a_recheck_that_is_shown_twice(
    world: AttestedWorld, both: tuple[Path, str, Updated]
) -> None:
    def twice(card: Any) -> None:
        card["rechecks"] *= 2

    verdict = checked(world, lie(world, both[0], CARD_JSON, twice))

    assert [(c.id, c.what) for c in verdict.failed] == [
        ("card", "the card shows one recheck twice")
    ]
