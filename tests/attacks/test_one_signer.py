"""One signer who would pass for two, and two who would pass for one: each beside the honest case.

A keyless signer has another key for each signature, and a table of trust.toml can take many names.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from tests.support.bundles import BundleBuilder
from tests.support.forgeries import with_seal
from tests.support.pki import NOW
from tests.support.private_sigstore import ISSUER, Ask, KeylessHand, Sigstore
from tests.support.raw_archives import ordered

from affidavit.bundle import layout
from affidavit.bundle.statement import statement_bytes, statement_name
from affidavit.seal.interface import Signer
from affidavit.verify import Trust, read_trust, verify_bundle
from affidavit.verify.approvals import Decisions

SIGSTORE = Sigstore()
REJECTED = {"decision": "reject", "statement": "its data leaks", "made_on": "2026-11-03"}


def named(who: str) -> KeylessHand:
    return SIGSTORE.signer(Ask(names=(x509.RFC822Name(f"{who}@bank.example"),)))


ADA, BOB = named("ada"), named("bob")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> BundleBuilder:
    return BundleBuilder(tmp_path_factory.mktemp("house"))


def trusting(folder: Path, house: BundleBuilder, *names: str, also: str = "") -> Trust:
    """A table `risk` with this line (`named = ...`), and the house's key; `also` names another."""
    (folder / "trusted_root.json").write_bytes(SIGSTORE.trusted_root())
    path = folder / "trust.toml"
    table = ['root = "bank"', f'issuer = "{ISSUER}"', 'roles = ["sealer", "approver"]']
    more = ["[[signer]]", 'name = "audit"', *table, also] if also else []
    path.write_text("\n".join([
        "version = 1", "required = 2" if also else "", "[[root]]", 'name = "bank"', 'trusted_root = "trusted_root.json"',
        f"fetched_on = {NOW:%Y-%m-%d}", "[[signer]]", 'name = "release"',
        f'key = "{house.public_key}"', 'roles = ["sealer", "approver"]', "[[signer]]",
        'name = "risk"', *table, *names, *more,
    ]))  # fmt: skip
    return read_trust(path)


def only(who: str) -> str:
    return f'named = ["email:{who}@bank.example"]'


ANYBODY = "named_pattern = '^email:[a-z]+@bank\\.example$'"
BOTH = 'named = ["email:ada@bank.example", "email:bob@bank.example"]'


def decided(
    house: BundleBuilder, trust: Trust, *said: tuple[Signer | KeylessHand, dict[str, Any]],
    seals: tuple[Signer | KeylessHand, ...] = (), word: str = "VERIFIED",
) -> Decisions:  # fmt: skip
    """What counts of these decisions, in a bundle that these signers sealed."""
    entries = house.entries
    if seals:
        entries = with_seal(entries, seals[0], house.predicate())  # type: ignore[arg-type]
    payloads = [("seal", s, house.predicate()) for s in seals[1:]]
    payloads += [("approval", signer, _approval(house, changed)) for signer, changed in said]
    for kind, signer, predicate in payloads:
        payload = statement_bytes(kind, layout.TAG_MANIFEST, house.sealed.root, predicate)
        content = signer.sign(payload)
        entries = [*entries, (statement_name(kind, content), content)]
    verdict = verify_bundle(house.pack(ordered(entries)), trust=trust, now=NOW)
    assert verdict.decisions is not None
    assert verdict.word == word
    return verdict.decisions


def _approval(house: BundleBuilder, changed: dict[str, Any]) -> dict[str, Any]:
    return {
        "schema": "affidavit/approval", "version": 1,
        "subject": {"name": "credit-risk", "version": "3"}, "root": house.sealed.root,
        "evidence_id": house.sealed.evidence_id, "role": "approver", "decision": "approve",
        "statement": None, "made_on": "2026-11-02", **changed,
    }  # fmt: skip


@pytest.mark.parametrize("names", [only("ada"), ANYBODY, BOTH])
def test_who_rejects_later_has_not_approved_any_more(
    house: BundleBuilder, tmp_path: Path, names: str
) -> None:
    trust = trusting(tmp_path, house, names)

    assert [d.decision for d in decided(house, trust, (ADA, {})).counted] == ["approve"]
    found = decided(house, trust, (ADA, {}), (ADA, REJECTED))

    assert [d.decision for d in found.counted] == ["reject"]
    assert [n.why for n in found.not_weighed] == ["the same signer rejected it on 2026-11-03"]


@pytest.mark.parametrize("names", [ANYBODY, BOTH])
def test_another_of_the_same_table_lifts_nobodys_rejection(
    house: BundleBuilder, tmp_path: Path, names: str
) -> None:
    later = {"made_on": "2026-11-05"}

    found = decided(house, trusting(tmp_path, house, names), (ADA, REJECTED), (BOB, later))

    assert [d.decision for d in found.counted] == ["reject", "approve"]


@pytest.mark.parametrize("day", ["2026-11-02", "2026-11-05"])
@pytest.mark.parametrize("keyless", [True, False])
def test_who_approves_twice_counts_once(
    house: BundleBuilder, tmp_path: Path, *, keyless: bool, day: str
) -> None:
    assert house.signer is not None
    signer = ADA if keyless else house.signer
    again = {"made_on": day, "statement": "and again"}

    found = decided(house, trusting(tmp_path, house, only("ada")), (signer, {}), (signer, again))

    assert len(found.counted) == 1
    assert [n.why for n in found.not_weighed] == [f"the same signer approved it on {day}"]


@pytest.mark.parametrize("names", [only("ada"), ANYBODY])
def test_a_keyless_sealer_who_approves_is_told_as_such(
    house: BundleBuilder, tmp_path: Path, names: str
) -> None:
    trust = trusting(tmp_path, house, names)

    assert [d.by_sealer for d in decided(house, trust, (ADA, {})).counted] == [False]
    assert [d.by_sealer for d in decided(house, trust, (ADA, {}), seals=(ADA,)).counted] == [True]


def test_each_of_several_sealers_is_told_as_such(house: BundleBuilder, tmp_path: Path) -> None:
    assert house.signer is not None
    trust, both = trusting(tmp_path, house, only("ada")), (house.signer, ADA)

    found = decided(house, trust, (house.signer, {}), (ADA, {}), seals=both)

    assert [d.by_sealer for d in found.counted] == [True, True]


@pytest.mark.parametrize("who", [(BOB, ADA), (ADA, BOB)])
def test_one_person_in_two_tables_is_not_the_two_signers_that_are_required(
    house: BundleBuilder, tmp_path: Path, who: tuple[KeylessHand, KeylessHand]
) -> None:
    """A certificate of both names for the one table, her own for the other: it may be Ada twice."""
    trust = trusting(tmp_path, house, only("bob"), also=only("ada"))
    double = SIGSTORE.signer(Ask(names=(*_names(ADA), *_names(BOB))))

    decided(house, trust, seals=who)
    decided(house, trust, seals=(double, ADA), word="NOT VERIFIED")
    decided(house, trust, seals=(ADA, ADA), word="NOT VERIFIED")


def _names(hand: KeylessHand) -> tuple[x509.GeneralName, ...]:
    return hand.ask.names or ()


@pytest.mark.parametrize(
    "changed", [{"subject": {"name": "credit-risk", "version": "4"}}, {"evidence_id": "0" * 64}]
)
def test_two_seals_that_say_different_things_are_none(
    house: BundleBuilder, tmp_path: Path, changed: dict[str, Any]
) -> None:
    trust = trusting(tmp_path, house, BOTH)

    for said, code in (({}, 0), (changed, 1)):
        payload = statement_bytes(
            "seal", layout.TAG_MANIFEST, house.sealed.root, house.predicate() | said
        )
        content = ADA.sign(payload)
        entries = ordered([*house.entries, (statement_name("seal", content), content)])
        verdict = verify_bundle(house.pack(entries), trust=trust, now=NOW)
        assert verdict.exit_code == code
