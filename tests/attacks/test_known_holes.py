"""Holes that docs/threat-model.md names are open: each lie here passes, and so it has to be named.

A test that fails is good news: the hole is closed, and its line in the document has to go.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.attested import AttestedWorld, lie
from tests.support.bundles import BundleBuilder
from tests.support.pinned import trust_in

from affidavit.verify import read_trust, verify_bundle

NAMED = (Path(__file__).resolve().parents[2] / "docs" / "threat-model.md").read_text()


def require_named(hole: str) -> None:
    assert f"| **{hole}** |" in NAMED


def test_silence_a_rejection_can_be_left_out(sealed: BundleBuilder) -> None:
    require_named("silence")
    subject = sealed.evidence.subject
    rejected = sealed.add_statement("approval", {
        "schema": "affidavit/approval", "version": 1, "made_on": "2026-11-01",
        "subject": {"name": subject.name, "version": subject.version},
        "root": sealed.sealed.root, "evidence_id": sealed.sealed.evidence_id,
        "role": "approver", "decision": "reject", "statement": "the data are of another bank",
    })  # fmt: skip
    trust = trust_in(sealed)

    told, silent = (verify_bundle(p, trust=trust) for p in (rejected, sealed.path))

    assert (told.word, silent.word) == ("VERIFIED", "VERIFIED")
    assert {s.kind for s in told.statements} == {"seal", "approval"}
    assert {s.kind for s in silent.statements} == {"seal"}


def test_painted_card_a_markdown_card_can_say_anything(sealed: BundleBuilder) -> None:
    require_named("painted card")

    painted = sealed.replace("data/card/model-card.md", b"Nothing was found.\n", "resign")

    assert verify_bundle(painted, trust=trust_in(sealed)).word == "VERIFIED"


def test_false_control_a_machines_status_is_the_signers_word(tmp_path: Path) -> None:
    """No threshold was ever set; the control that asks for one is said to be evidenced."""
    require_named("false control")
    world = AttestedWorld(tmp_path / "world", catalogs=("bank-policy",))

    def claim(record: Any) -> None:
        one = next(a for a in record["assessments"] if a["control"] == world.machine)
        assert one["status"] == "missing"
        one.update(status="evidenced", because="every threshold is kept")

    lied = lie(world, world.copy(tmp_path), "data/controls/bank-policy.json", claim)

    assert verify_bundle(lied, trust=read_trust(world.trust)).word == "VERIFIED"
