"""One file alone: what is said of it, and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.bundles import BundleBuilder
from tests.support.proofs import CARD, Proved

from affidavit.cli.file_lines import file_lines
from affidavit.errors import UsageError
from affidavit.verify import FileVerdict, expecting, verify_file


@pytest.fixture
def proved(sealed: BundleBuilder, tmp_path: Path) -> Proved:
    return Proved.of(sealed, tmp_path)


def told(verdict: FileVerdict) -> str:
    return " ".join(" ".join(file_lines(verdict)).split())


def test_a_file_of_the_bundle_is_verified_alone(proved: Proved) -> None:
    verdict = proved.judged()

    assert (verdict.word, verdict.exit_code, verdict.paths) == ("FILE VERIFIED", 0, (CARD,))
    assert verdict.subject is not None
    assert (verdict.subject.name, verdict.subject.version) == ("credit-risk", "3")
    assert verdict.root == proved.builder.sealed.root
    assert verdict.evidence_id == proved.builder.sealed.evidence_id
    said = told(verdict)
    assert "byte for byte the file that was sealed" in said
    assert "Only this file was checked: no other file of the bundle" in said
    for word in ("DSSE", "predicate", "envelope"):
        assert word not in said


def test_under_another_name_it_is_said_which_file_it_is(proved: Proved) -> None:
    copy = proved.file.with_name("for-the-board.json")
    copy.write_bytes(proved.file.read_bytes())

    verdict = verify_file(
        copy, proved.folder, trust=None, wanted=expecting(), as_of="2026-11-29"
    )  # fmt: skip

    assert (verdict.word, verdict.exit_code) == ("INTACT, SIGNER NOT TRUSTED", 3)
    assert f"in bundle {CARD}" in told(verdict)
    assert verdict.seal is not None
    assert f"{verdict.seal.fingerprint}" in told(verdict)


def test_what_was_expected_of_it(proved: Proved) -> None:
    good = proved.judged(expect="models:/credit-risk/3", max_age="36500",
                         evidence_id=proved.builder.sealed.evidence_id)  # fmt: skip

    assert good.exit_code == 0
    for wanted, check in (
        ({"expect": "models:/credit-risk/4"}, "expected-subject"),
        ({"evidence_id": "0" * 64}, "expected-evidence"),
        ({"max_age": "1h"}, "max-age"),
    ):
        assert [c.id for c in proved.judged(**wanted).failed] == [check]


def test_what_needs_the_whole_bundle_is_refused(proved: Proved) -> None:
    with pytest.raises(UsageError, match="need the whole bundle"):
        verify_file(proved.file, proved.folder, trust=None, wanted=expecting(complete=True))


def test_a_proof_or_a_file_that_is_not_there(proved: Proved, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not a folder"):
        verify_file(proved.file, tmp_path / "none", trust=None, wanted=expecting())
    with pytest.raises(UsageError, match="cannot be read"):
        verify_file(tmp_path / "none", proved.folder, trust=None, wanted=expecting())
