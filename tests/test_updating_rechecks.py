"""build -> recheck --sign -> update -> the card says who computed the numbers again, and verify."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner
from tests.support.attested import AttestedWorld, lie, signed
from tests.support.bundles import PASSPHRASE
from tests.support.cards import Page
from tests.test_updating import DAY, checked, payload, updated

from affidavit.bundle.adding import add_statement
from affidavit.bundle.layout import CARD_JSON
from affidavit.bundle.statement import statement_name
from affidavit.card_record import CardRecheck
from affidavit.cli.main import cli
from affidavit.render.rechecked import recheck_holds
from affidavit.seal.keys import LocalSigner, generate_key, load_signer
from affidavit.verify import verify_bundle


class Shown(NamedTuple):
    """An updated bundle, the sha256 of Vera's recheck in it, and what the command said."""

    path: Path
    statement: str
    said: str


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
def shown(
    world: AttestedWorld, stranger: LocalSigner, tmp_path_factory: pytest.TempPathFactory
) -> Shown:
    """Rechecked by Vera, by Olga with another result and by a stranger, and updated."""
    folder = tmp_path_factory.mktemp("shown")
    bundle = world.copy(folder)
    statement = rechecked(world, bundle, world.signers["vera"])
    bad = dict.fromkeys(("equal", "within", "missing", "extra"), 0) | {"different": 3, "not_run": 2}
    olga = world.signers["olga"]
    rechecked(world, bundle, olga, outcome="DIFFERENT", numbers=bad, made_on="2026-11-02")
    rechecked(world, bundle, stranger, machine="the regulator's own machine")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AFFIDAVIT_KEY_PASSPHRASE", PASSPHRASE)
        done = CliRunner().invoke(cli, [
            "update", str(bundle), "--trust", str(world.trust), "--signer",
            str(world.folder / "release.pem"), "--as-of", DAY, "--no-pdf", "--out",
            str(folder / "u.zip"),
        ])  # fmt: skip
    assert done.exit_code == 0, done.output
    return Shown(folder / "u.zip", statement, " ".join(done.stdout.split()))


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


def test_the_card_says_who_rechecked_when_and_where(world: AttestedWorld, shown: Shown) -> None:
    vera, olga = claims(shown.path)

    assert vera == {
        "statement": shown.statement, "by": "vera", "outcome": "EQUAL", "numbers": 412,
        "not_run": 0, "machine": MACHINE, "made_on": "2026-11-01",
    }  # fmt: skip
    assert (olga["by"], olga["outcome"], olga["numbers"], olga["not_run"]) == (
        "olga", "DIFFERENT", 3, 2,
    )  # fmt: skip
    rows = [r for r in card(shown.path, "md").splitlines() if "riscv64" in r]
    assert "| vera | 1 November 2026 |" in rows[0]
    assert rows[0].endswith("| 412 numbers | ● Equal |")
    assert "| olga | 2 November 2026 |" in rows[1]
    assert rows[1].endswith("| 3 numbers, 2 not run | ▲ Different |")
    section = Page(card(shown.path, "html")).sections["reproducibility"]
    for words in ("vera", "1 November 2026", "riscv64", "412 numbers", "Equal", "olga"):
        assert words in section
    verdict = checked(world, shown.path)
    assert verdict.word == "VERIFIED", verdict.failed


def test_a_recheck_that_differs_stands_on_page_one(shown: Shown) -> None:
    page_one = json.loads(card(shown.path, "json"))["page_one"]
    (line,) = (one for one in page_one["lines"] if "signed that they came out" in one["text"])

    assert line["status"] == "Exception"
    assert line["text"].startswith("olga computed 3 numbers again on 2 November 2026")
    assert not any("Rechecked" in said for said in page_one["holds"])


def test_a_recheck_by_an_unknown_signer_is_left_out_and_named(
    world: AttestedWorld, shown: Shown
) -> None:
    assert "rechecked EQUAL, 412 numbers, by vera, 2026-11-01 (Linux on riscv64" in shown.said
    assert "rechecked DIFFERENT, 3 numbers, by olga" in shown.said
    assert shown.said.count("not weighed signatures/recheck-") == 1
    assert "its key is not pinned" in shown.said
    assert "regulator" not in shown.said
    assert "regulator" not in "".join(card(shown.path, suffix) for suffix in ("html", "md", "json"))
    found = checked(world, shown.path).rechecks
    assert found is not None
    assert ([r.by for r in found.counted], len(found.not_weighed)) == (["vera", "olga"], 1)


def test_what_holds_is_said_where_nobody_found_otherwise() -> None:
    one = CardRecheck(
        statement="0" * 64, by="Vera", outcome="EQUAL", numbers=412, not_run=0, machine=MACHINE,
        made_on="2026-11-01",
    )  # fmt: skip
    part = one.model_copy(update={"outcome": "EQUAL AS FAR AS RUN", "not_run": 2, "by": "Olga"})

    (said,) = recheck_holds([one, part])

    assert said.startswith("Rechecked, as they signed: 412 numbers equal, by Vera on 1 November")
    assert said.endswith(
        "; 412 numbers equal as far as run, 2 not run, by Olga on 1 November 2026."
    )
    assert recheck_holds([one, one.model_copy(update={"outcome": "DIFFERENT"})]) == ()
    assert recheck_holds([]) == ()


def test_without_trust_toml_no_recheck_is_shown(world: AttestedWorld, tmp_path: Path) -> None:
    bundle = world.copy(tmp_path)
    rechecked(world, bundle, world.signers["vera"])

    updated(world, bundle, tmp_path / "u.zip", trust_sha256=None)

    assert claims(tmp_path / "u.zip") == []
    assert "Computed again, and signed" not in card(tmp_path / "u.zip", "md")


LIES: dict[str, tuple[dict[str, Any], str]] = {
    "nobody signed": ({"statement": "0" * 64}, "no statement in the bundle"),
    "more numbers": ({"numbers": 9000}, "another number of numbers than was signed"),
    "another outcome": ({"outcome": "DIFFERENT"}, "another outcome"),
    "another machine": ({"machine": "the regulator's"}, "another machine"),
}


@pytest.mark.parametrize("what", LIES)
def test_refutes_a_sealer_with_the_right_key_who_lies_about_a_recheck(
    world: AttestedWorld, shown: Shown, what: str
) -> None:
    path, (changed, words) = shown.path, LIES[what]
    assert checked(world, path).exit_code == 0

    verdict = checked(
        world, lie(world, path, CARD_JSON, lambda c: c["rechecks"][0].update(changed))
    )

    assert [(c.id, c.path) for c in verdict.failed] == [("card", CARD_JSON)]
    assert words in verdict.failed[0].what


def test_refutes_a_recheck_that_is_shown_twice(world: AttestedWorld, shown: Shown) -> None:
    def twice(card: Any) -> None:
        card["rechecks"] *= 2

    verdict = checked(world, lie(world, shown.path, CARD_JSON, twice))

    assert [(c.id, c.what) for c in verdict.failed] == [
        ("card", "the card shows one recheck twice")
    ]
