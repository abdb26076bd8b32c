"""Which signed rechecks count, and how the others are refused or left aside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support.bundles import BundleBuilder
from tests.verify.test_approvals import trusting

from affidavit.bundle import layout
from affidavit.cli.verdict_lines import verdict_lines
from affidavit.seal.keys import LocalSigner
from affidavit.verify import Trust, Verdict, verify_bundle
from affidavit.verify.rechecks import Rechecks

DAY = "2026-11-20"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> BundleBuilder:
    return BundleBuilder(tmp_path_factory.mktemp("house"))


@pytest.fixture(scope="module")
def vera(house: BundleBuilder) -> LocalSigner:
    return house.other_signer()


def predicate(house: BundleBuilder, **changed: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(("within", "different", "missing", "extra", "not_run"), 0)
    return {
        "schema": "affidavit/rechecked", "version": 1,
        "subject": {"name": "credit-risk", "version": "3"},
        "evidence_id": house.sealed.evidence_id, "outcome": "EQUAL",
        "numbers": {"equal": 412, **nothing}, "others": {"equal": 9, **nothing},
        "machine": "Linux on x86_64, Python 3.11.9", "isolation": "bubblewrap", "environment": "lock",
        "affidavit": "0.1.0", "made_on": "2026-11-02", **changed,
    }  # fmt: skip


def signed(house: BundleBuilder, vera: LocalSigner, said: dict[str, Any], **how: Any) -> Path:
    about = how.get("subject", (layout.EVIDENCE, house.sealed.evidence_id))
    return house.add_statement("recheck", said, signer=how.get("signer", vera), subject=about)


def judged(bundle: Path, trust: Trust | None) -> tuple[Verdict, Rechecks]:
    verdict = verify_bundle(bundle, trust=trust, as_of=DAY)
    assert verdict.rechecks is not None
    return verdict, verdict.rechecks


def test_a_recheck_by_a_pinned_key_counts_and_is_shown(
    house: BundleBuilder, vera: LocalSigner
) -> None:
    verdict, found = judged(signed(house, vera, predicate(house)), trusting(house, vera))

    (one,) = found.counted
    assert (one.by, one.outcome, one.numbers, one.by_sealer) == ("Ada", "EQUAL", 412, False)
    told = " ".join(" ".join(verdict_lines(verdict)).split())
    assert (
        "EQUAL, 412 numbers, says Ada, 2 November 2026, of their own run (Linux on x86_64" in told
    )
    assert verdict.exit_code == 0


def test_a_recheck_that_differs_is_said_and_changes_no_word(
    house: BundleBuilder, vera: LocalSigner
) -> None:
    bad = predicate(house, outcome="DIFFERENT")
    bad["numbers"] = {**bad["numbers"], "different": 3, "not_run": 2}

    verdict, _ = judged(signed(house, vera, bad), trusting(house, vera))

    told = " ".join(" ".join(verdict_lines(verdict)).split())
    assert "DIFFERENT, 415 numbers, says Ada" in told
    assert "2 numbers not run" in told
    assert verdict.word == "VERIFIED"


def test_one_by_the_key_that_sealed_is_said_to_be(house: BundleBuilder, vera: LocalSigner) -> None:
    bundle = signed(house, vera, predicate(house), signer=house.signer)

    assert [r.by_sealer for r in judged(bundle, trusting(house, vera))[1].counted] == [True]


LEFT_OUT: dict[str, tuple[dict[str, Any], str]] = {
    "other evidence inside": ({"evidence_id": "c" * 64}, "names other evidence"),
    "another version": ({"subject": {"name": "credit-risk", "version": "2"}}, "version 2"),
    "a sample": ({"outcome": "SAMPLE EQUAL"}, "not of its form"),
    "no machine": ({"machine": None}, "not of its form"),
    "a negative count": ({"others": {"equal": -1}}, "not of its form"),
    "equal with differences": ({"others": {"different": 1}}, "counts values that are not"),
    "a day to come": ({"made_on": "2026-11-21"}, "after 2026-11-20"),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_lists_with_its_reason_what_does_not_count(
    house: BundleBuilder, vera: LocalSigner, name: str
) -> None:
    changed, words = LEFT_OUT[name]

    verdict, found = judged(signed(house, vera, predicate(house, **changed)), trusting(house, vera))

    assert verdict.exit_code == 0
    assert found.counted == ()
    assert words in found.not_weighed[0].why


def test_no_word_of_an_unpinned_key_is_repeated(house: BundleBuilder, vera: LocalSigner) -> None:
    said = predicate(house, machine="the regulator's own machine")
    bundle = signed(house, vera, said, signer=house.other_signer())

    verdict, found = judged(bundle, trusting(house, vera))

    assert "not pinned" in found.not_weighed[0].why
    assert "regulator" not in "".join(verdict_lines(verdict)) + verdict.model_dump_json()
    assert judged(bundle, None)[1].not_weighed[0].why == "no trust was given"


def test_a_recheck_of_other_evidence_refutes(house: BundleBuilder, vera: LocalSigner) -> None:
    trust = trusting(house, vera)
    for subject in ((layout.EVIDENCE, "c" * 64), (layout.TAG_MANIFEST, house.sealed.root)):
        verdict = verify_bundle(signed(house, vera, predicate(house), subject=subject), trust=trust)
        assert [c.id for c in verdict.failed] == ["statement-subject"]


def test_a_revoked_key_rechecks_nothing(house: BundleBuilder, vera: LocalSigner) -> None:
    gone = ("[[revoked]]", f'fingerprint = "{vera.fingerprint()}"', 'reason = "left"')

    found = judged(signed(house, vera, predicate(house)), trusting(house, vera, *gone))[1]

    assert ([n.why for n in found.not_weighed], found.counted) == (["revoked: left"], ())
