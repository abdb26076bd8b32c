"""Which decisions on a release count, and how each of the others is refused or left aside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support.bundles import BundleBuilder
from tests.support.raw_archives import read_entries

from affidavit.bundle import layout
from affidavit.bundle.statement import statement_bytes, statement_name
from affidavit.cli.verdict_lines import verdict_lines
from affidavit.seal.keys import LocalSigner
from affidavit.verify import Trust, Verdict, read_trust, verify_bundle
from affidavit.verify.approvals import Decisions

DAY = "2026-11-20"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> BundleBuilder:
    return BundleBuilder(tmp_path_factory.mktemp("house"))


@pytest.fixture(scope="module")
def ada(house: BundleBuilder) -> LocalSigner:
    return house.other_signer()


def trusting(house: BundleBuilder, ada: LocalSigner, *more: str, role: str = "approver") -> Trust:
    path = house.folder / "trust.toml"
    pem = ada.public.pem().decode()
    path.write_text(
        f'version = 1\n[[signer]]\nname = "release"\nkey = "{house.public_key}"\n'
        'roles = ["sealer", "approver"]\n'
        f'[[signer]]\nname = "Ada"\nkey = """{pem}"""\nroles = ["{role}"]\n' + "\n".join(more)
    )
    return read_trust(path)


def predicate(house: BundleBuilder, **changed: Any) -> dict[str, Any]:
    return {
        "schema": "affidavit/approval", "version": 1,
        "subject": {"name": "credit-risk", "version": "3"}, "root": house.sealed.root,
        "evidence_id": house.sealed.evidence_id, "role": "approver", "decision": "approve",
        "statement": None, "made_on": "2026-11-02", **changed,
    }  # fmt: skip


def decided(bundle: Path, trust: Trust | None) -> tuple[Verdict, Decisions]:
    verdict = verify_bundle(bundle, trust=trust, as_of=DAY)
    assert verdict.decisions is not None
    return verdict, verdict.decisions


def test_an_approval_by_a_pinned_approver_counts(house: BundleBuilder, ada: LocalSigner) -> None:
    bundle = house.add_statement("approval", predicate(house), signer=ada)

    verdict, found = decided(bundle, trusting(house, ada))

    (one,) = found.counted
    assert (one.by, one.role, one.decision, one.made_on, one.by_sealer) == (
        "Ada", "approver", "approve", "2026-11-02", False,
    )  # fmt: skip
    assert (verdict.word, found.not_weighed, found.rejected) == ("VERIFIED", (), ())
    told = " ".join(" ".join(verdict_lines(verdict)).split())
    assert "approved by Ada as approver, 2 November 2026" in told


def test_a_rejection_is_said_aloud_and_refutes_nothing(
    house: BundleBuilder, ada: LocalSigner
) -> None:
    no = predicate(house, decision="reject", statement="see MV-114")
    bundle = house.add_statement("approval", no, signer=ada)

    verdict, found = decided(bundle, trusting(house, ada))

    assert verdict.exit_code == 0
    assert [d.said for d in found.rejected] == ["see MV-114"]
    told = " ".join(" ".join(verdict_lines(verdict)).split())
    assert "REJECTED by Ada as approver, 2 November 2026: see MV-114" in told


def test_who_sealed_and_approved_with_one_key_is_said(
    house: BundleBuilder, ada: LocalSigner
) -> None:
    verdict, found = decided(
        house.add_statement("approval", predicate(house)), trusting(house, ada)
    )

    assert [d.by_sealer for d in found.counted] == [True]
    assert "who sealed the bundle too" in " ".join(" ".join(verdict_lines(verdict)).split())


# What the predicate says otherwise, what the trust says, and a word of the reason.
LEFT_OUT: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "no such role": ({"role": "board"}, {}, "does not give Ada the role board"),
    "a revoked role": ({}, {"role": "validator"}, "does not give Ada the role approver"),
    "a seal's role": ({"role": "sealer"}, {"role": "sealer"}, "to seal is no decision"),
    "not of its form": ({"decision": "maybe"}, {}, "not of its form"),
    "a rejection without reason": ({"decision": "reject"}, {}, "a rejection without its reason"),
    "a field more": ({"weight": 2}, {}, "not of its form"),
    "other evidence": ({"evidence_id": "c" * 64}, {}, "names another bundle or other evidence"),
    "another root inside": ({"root": "c" * 64}, {}, "names another bundle or other evidence"),
    "another version": (
        {"subject": {"name": "credit-risk", "version": "2"}}, {}, "about credit-risk, version 2",
    ),
    "a day to come": ({"made_on": "2026-11-21"}, {}, "signed on 2026-11-21, after 2026-11-20"),
}  # fmt: skip


@pytest.mark.parametrize("name", LEFT_OUT)
def test_lists_with_its_reason_what_does_not_count(
    house: BundleBuilder, ada: LocalSigner, name: str
) -> None:
    changed, trusted, words = LEFT_OUT[name]
    bundle = house.add_statement("approval", predicate(house, **changed), signer=ada)

    verdict, found = decided(bundle, trusting(house, ada, **trusted))

    assert verdict.exit_code == 0
    assert found.counted == ()
    (left,) = found.not_weighed
    assert left.by == "Ada"
    assert words in left.why


def test_no_word_of_an_unpinned_key_is_repeated(house: BundleBuilder, ada: LocalSigner) -> None:
    no = predicate(house, decision="reject", statement="do not trust this bank")
    bundle = house.add_statement("approval", no, signer=house.other_signer())

    verdict, found = decided(bundle, trusting(house, ada))

    (left,) = found.not_weighed
    assert (left.by, left.role) == (None, None)
    assert "not pinned" in left.why
    assert "do not trust" not in "".join(verdict_lines(verdict)) + verdict.model_dump_json()


def test_without_trust_nothing_is_weighed(house: BundleBuilder, ada: LocalSigner) -> None:
    bundle = house.add_statement("approval", predicate(house), signer=ada)

    verdict, found = decided(bundle, None)

    assert verdict.exit_code == 3
    assert [n.why for n in found.not_weighed] == ["no trust was given"]
    assert found.counted == ()


def test_a_revoked_or_lapsed_approver_decides_nothing(
    house: BundleBuilder, ada: LocalSigner
) -> None:
    bundle = house.add_statement("approval", predicate(house), signer=ada)
    gone = (
        "[[revoked]]", f'fingerprint = "{ada.fingerprint()}"', 'reason = "left"',
    )  # fmt: skip

    revoked = decided(bundle, trusting(house, ada, *gone))[1]
    lapsed = decided(bundle, trusting(house, ada, "valid_until = 2026-11-10"))[1]

    assert [n.why for n in revoked.not_weighed] == ["revoked: left"]
    assert "the key of Ada does not count now" in lapsed.not_weighed[0].why
    assert revoked.counted == lapsed.counted == ()


def with_both(house: BundleBuilder, signer: LocalSigner, *said: dict[str, Any]) -> Path:
    entries = [(n, c) for n, c in house.entries if not n.startswith("signatures/")]
    signed = [c for n, c in house.entries if n.startswith("signatures/")]
    for one in said:
        payload = statement_bytes("approval", layout.TAG_MANIFEST, house.sealed.root, one)
        entries.append((statement_name("approval", c := signer.sign(payload)), c))
    entries += [(statement_name("seal", c), c) for c in signed]
    return house.pack([*entries[: -len(said) - 1], *sorted(entries[-len(said) - 1 :])])


@pytest.mark.parametrize("last", ["2026-11-02", "2026-11-03"])
def test_the_last_word_of_a_key_counts_and_on_one_day_a_rejection(
    house: BundleBuilder, ada: LocalSigner, last: str
) -> None:
    no = predicate(house, decision="reject", statement="wrong after all", made_on=last)

    found = decided(with_both(house, ada, predicate(house), no), trusting(house, ada))[1]

    assert [d.decision for d in found.counted] == ["reject"]
    assert [n.why for n in found.not_weighed] == [f"the same signer rejected it on {last}"]


def test_a_later_approval_lifts_a_rejection(house: BundleBuilder, ada: LocalSigner) -> None:
    no = predicate(house, decision="reject", statement="not yet")
    yes = predicate(house, made_on="2026-11-10")

    found = decided(with_both(house, ada, no, yes), trusting(house, ada))[1]

    assert [(d.decision, d.made_on) for d in found.counted] == [("approve", "2026-11-10")]


@pytest.mark.parametrize(
    "subject",
    {
        "another bundle": (layout.TAG_MANIFEST, "c" * 64),
        "the evidence in place of the root": (layout.EVIDENCE, None),
        "another file": ("manifest-sha256.txt", "root"),
    }.values(),
)
def test_an_approval_about_something_else_refutes(
    house: BundleBuilder, ada: LocalSigner, subject: tuple[str, str | None]
) -> None:
    """Also what was approved before an update: another rendering has another root."""
    name, digest = subject
    about = (name, {None: house.sealed.evidence_id, "root": house.sealed.root}.get(digest, digest))
    bundle = house.add_statement("approval", predicate(house), signer=ada, subject=about)

    verdict = verify_bundle(bundle, trust=trusting(house, ada))

    assert verdict.exit_code == 1
    assert [c.id for c in verdict.failed] == ["statement-subject"]


def test_an_approval_replayed_into_another_rendering_refutes(
    house: BundleBuilder, ada: LocalSigner
) -> None:
    """Same evidence, another card: the very file that was good for the first bundle."""
    good = house.add_statement("approval", predicate(house), signer=ada)
    name, content = next(
        (n, c) for n, c in read_entries(good)[1] if n.startswith("signatures/approval-")
    )
    card = house.read("data/card/model-card.md") + b"\n"
    other = house.replace("data/card/model-card.md", card, "resign")
    entries = read_entries(other)[1]
    head = [(n, c) for n, c in entries if not n.startswith("signatures/")]
    tail = sorted([(n, c) for n, c in entries if n.startswith("signatures/")] + [(name, content)])

    trust = trusting(house, ada)
    assert verify_bundle(other, trust=trust).exit_code == 0
    verdict = verify_bundle(house.pack([*head, *tail]), trust=trust)

    assert [c.id for c in verdict.failed] == ["statement-subject"]
    assert verdict.decisions is not None
    assert verdict.decisions.counted == ()
    assert "another bundle" in verdict.decisions.not_weighed[0].why
