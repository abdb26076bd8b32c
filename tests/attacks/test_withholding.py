"""Files left out: without a word, or with one that does not count. Each beside its good twin."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.bundles import BundleBuilder
from tests.support.pinned import failures
from tests.support.raw_archives import read_entries

from affidavit.bundle import layout
from affidavit.bundle.statement import statement_bytes, statement_name
from affidavit.seal.keys import LocalSigner
from affidavit.verify import Trust, Verdict, read_trust, verify_bundle

DATASET = "data/dataset/evaluation/test.csv"
MODEL = "data/model/model.pkl"
Change = dict[str, Any]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> BundleBuilder:
    return BundleBuilder(tmp_path_factory.mktemp("house"))


@pytest.fixture(scope="module")
def dora(house: BundleBuilder) -> LocalSigner:
    return house.other_signer()


@pytest.fixture(scope="module")
def trusting(house: BundleBuilder, dora: LocalSigner) -> Callable[..., Trust]:
    def made(*more: str, roles: str = '"discloser"') -> Trust:
        path = house.folder / "trust.toml"
        path.write_text(
            f'version = 1\n[[signer]]\nname = "release"\nkey = "{house.public_key}"\n'
            'roles = ["sealer"]\n[[signer]]\nname = "Dora"\n'
            f'key = """{dora.public.pem().decode()}"""\nroles = [{roles}]\n' + "\n".join(more)
        )
        return read_trust(path)

    return made


@pytest.fixture
def refused(
    house: BundleBuilder, dora: LocalSigner, trusting: Callable[..., Trust]
) -> Callable[..., Verdict]:
    """The verdict on a forgery, after its twin (withheld as it should be) has passed."""

    def judged(bundle: Path, trust: Trust | None = None) -> Verdict:
        twin = verify_bundle(house.withhold(DATASET, signer=dora), trust=trusting())
        assert (twin.word, twin.exit_code) == ("VERIFIED IN PART", 0)
        verdict = verify_bundle(bundle, trust=trust or trusting())
        assert (verdict.word, verdict.exit_code) == ("NOT VERIFIED", 1)
        return verdict

    return judged


def test_refuses_a_file_that_was_dropped_without_a_word(
    house: BundleBuilder, refused: Callable[..., Verdict]
) -> None:
    assert failures(refused(house.drop(DATASET))) == [("incomplete", DATASET)]


def test_refuses_one_file_more_than_was_withheld(
    house: BundleBuilder, dora: LocalSigner, refused: Callable[..., Verdict]
) -> None:
    bundle = house.withhold(DATASET, MODEL, named=(DATASET,), signer=dora)

    assert failures(refused(bundle)) == [("incomplete", MODEL)]


def test_refuses_withholding_by_a_key_that_nobody_pinned(
    house: BundleBuilder, refused: Callable[..., Verdict]
) -> None:
    verdict = refused(house.withhold(DATASET, signer=house.other_signer()))

    assert failures(verdict) == [("incomplete", DATASET)]
    assert "its key is not pinned" in verdict["incomplete"].what


def test_refuses_withholding_by_the_sealer_who_is_no_discloser(
    house: BundleBuilder, refused: Callable[..., Verdict]
) -> None:
    verdict = refused(house.withhold(DATASET))

    assert failures(verdict) == [("incomplete", DATASET)]
    assert "release is not pinned as discloser" in verdict["incomplete"].what


def test_refuses_withholding_by_a_discloser_who_lost_the_role(
    house: BundleBuilder, dora: LocalSigner, trusting: Callable[..., Trust],
    refused: Callable[..., Verdict],
) -> None:  # fmt: skip
    verdict = refused(house.withhold(DATASET, signer=dora), trusting(roles='"approver"'))

    assert failures(verdict) == [("incomplete", DATASET)]


@pytest.mark.parametrize("of", ["key", "window"])
def test_refuses_withholding_by_a_key_that_no_longer_counts(
    house: BundleBuilder, dora: LocalSigner, trusting: Callable[..., Trust],
    refused: Callable[..., Verdict], of: str,
) -> None:  # fmt: skip
    gone = f'[[revoked]]\nfingerprint = "{dora.fingerprint()}"\nreason = "left the bank"\n'
    more = gone if of == "key" else "valid_until = 2026-01-01\n"

    verdict = refused(house.withhold(DATASET, signer=dora), trusting(more))

    assert failures(verdict) == [("incomplete", DATASET)]


def test_refuses_a_withheld_file_that_is_given_back_with_other_bytes(
    house: BundleBuilder, dora: LocalSigner, refused: Callable[..., Verdict]
) -> None:
    bundle = house.withhold(DATASET, signer=dora, given_back={DATASET: b"id,group,deny\n"})

    assert ("payload-digest", DATASET) in failures(refused(bundle))


def test_refuses_a_file_that_was_put_in_the_place_of_a_withheld_one(
    house: BundleBuilder, dora: LocalSigner, refused: Callable[..., Verdict]
) -> None:
    other = "data/dataset/evaluation/redacted.csv"

    bundle = house.withhold(DATASET, signer=dora, given_back={other: b"id,group\n"})

    assert failures(refused(bundle)) == [("unlisted", other)]


@pytest.mark.parametrize("path", [layout.EVIDENCE, layout.ITEMS])
def test_refuses_to_do_without_the_records_that_all_else_rests_on(
    house: BundleBuilder, dora: LocalSigner, refused: Callable[..., Verdict], path: str
) -> None:
    verdict = refused(house.withhold(path, signer=dora))

    assert {("incomplete", path)} <= set(failures(verdict))
    assert "is never withheld" in verdict["withheld"].what


def test_refuses_a_statement_that_withholds_a_control(
    house: BundleBuilder, dora: LocalSigner, refused: Callable[..., Verdict]
) -> None:
    named = (DATASET, "data/controls/sr-26-2.json")

    verdict = refused(house.withhold(DATASET, named=named, signer=dora))

    assert "data/controls/sr-26-2.json is never withheld" in verdict["withheld"].what


@pytest.mark.parametrize("tag", [layout.MANIFEST, layout.TAG_MANIFEST, layout.BAG_INFO,
                                 layout.VERIFY_TXT, layout.BAGIT])  # fmt: skip
def test_refuses_to_do_without_a_tag_file(
    house: BundleBuilder, dora: LocalSigner, refused: Callable[..., Verdict], tag: str
) -> None:
    assert failures(refused(house.withhold(tag, signer=dora))) == [("archive", None)]


def test_refuses_a_statement_of_a_file_that_never_was(
    house: BundleBuilder, dora: LocalSigner, refused: Callable[..., Verdict]
) -> None:
    ghost = "data/reports/embarrassing.json"

    verdict = refused(house.withhold(DATASET, named=(DATASET, ghost), signer=dora))

    assert ("withheld", ghost) in failures(verdict)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"root": "0" * 64}, "names another root"),
        ({"evidence_id": "0" * 64}, "names other evidence"),
        ({"files": []}, "files"),
        ({"files": [{"path": DATASET, "reason": ""}]}, "reason"),
        ({"files": [{"path": DATASET}]}, "reason"),
        ({"files": [{"path": DATASET, "reason": "a"}, {"path": DATASET, "reason": "b"}]}, "twice"),
        ({"files": [{"path": "../x", "reason": "a"}]}, "path"),
        ({"version": 2}, "version"),
        ({"more": True}, "more"),
    ],
)
def test_refuses_a_statement_that_says_something_else(
    house: BundleBuilder, dora: LocalSigner, refused: Callable[..., Verdict], changed: Change,
    said: str,
) -> None:  # fmt: skip
    verdict = refused(house.withhold(DATASET, signer=dora, **changed))

    assert said in verdict["withheld"].what
    assert ("incomplete", DATASET) in failures(verdict)


def test_refuses_a_statement_from_another_bundle(
    house: BundleBuilder, dora: LocalSigner, refused: Callable[..., Verdict], tmp_path: Path
) -> None:
    other = BundleBuilder(tmp_path / "other", version="4")
    _, entries = read_entries(other.withhold(DATASET, signer=dora))
    statement = next((n, c) for n, c in entries if n.startswith("signatures/withheld-"))
    kept = [(n, c) for n, c in house.entries if n != DATASET]

    verdict = refused(house.pack([*kept, statement]))

    assert {("incomplete", DATASET), ("statement-subject", statement[0])} <= set(failures(verdict))


def test_refuses_a_statement_over_the_evidence_in_place_of_the_root(
    house: BundleBuilder, dora: LocalSigner, refused: Callable[..., Verdict]
) -> None:
    said = house.withheld_predicate(DATASET)
    subject = (layout.EVIDENCE, house.sealed.evidence_id)
    content = dora.sign(statement_bytes("withheld", *subject, said))
    name = statement_name("withheld", content)
    kept = [(n, c) for n, c in house.entries if n != DATASET]

    verdict = refused(house.pack([*kept, (name, content)]))

    assert {("incomplete", DATASET), ("statement-subject", name)} <= set(failures(verdict))


def test_refuses_a_manifest_that_follows_what_was_withheld(
    house: BundleBuilder, dora: LocalSigner, refused: Callable[..., Verdict]
) -> None:
    """Withholding is never an edit: the tag files stay as they were sealed."""
    entries = house.repaired([(n, c) for n, c in house.entries if n != DATASET], "checksums")
    content = dora.sign(statement_bytes(
        "withheld", layout.TAG_MANIFEST, house.sealed.root, house.withheld_predicate(DATASET)
    ))  # fmt: skip

    verdict = refused(house.pack([*entries, (statement_name("withheld", content), content)]))

    assert ("tag-manifest", layout.TAG_MANIFEST) in failures(verdict)
