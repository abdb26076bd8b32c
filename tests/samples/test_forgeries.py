"""The demo's forgeries are what they claim to be: each is refused for its own reason alone."""

import json
from pathlib import Path

import pytest
from forgeries import change_byte, read_contents, rewrite_number, sign_anew, write_contents
from tests.support.bundles import BundleBuilder

from affidavit.verify import read_keys, verify_bundle


def failed_checks(bundle: Path, sealed: BundleBuilder) -> set[str]:
    verdict = verify_bundle(bundle, trust=read_keys((sealed.public_key,)))
    return {check.id for check in verdict.failed}


def a_rate(sealed: BundleBuilder) -> str:
    """The id of a rate that follows from counts."""
    report = json.loads(read_contents(sealed.path).files["data/reports/fairness.json"])
    rates = (n for n in report["numbers"] if n["from"] == "counts")
    return next(n["id"] for n in rates if n["value"] is not None and 0 < n["value"] < 1)


def test_written_back_unchanged_it_is_the_same_file(sealed, tmp_path) -> None:
    write_contents(read_contents(sealed.path), tmp_path / "copy.zip")

    assert (tmp_path / "copy.zip").read_bytes() == sealed.path.read_bytes()
    assert failed_checks(sealed.path, sealed) == set()


def test_a_changed_byte_is_found_by_the_digest(sealed, tmp_path) -> None:
    change_byte(sealed.path, tmp_path / "byte.zip", "data/evidence.json")

    before, after = sealed.path.read_bytes(), (tmp_path / "byte.zip").read_bytes()
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 1
    assert "payload-digest" in failed_checks(tmp_path / "byte.zip", sealed)


def test_a_rewritten_number_with_all_checksums_repaired_fails_by_its_seal(sealed, tmp_path):
    forged, _ = rewrite_number(read_contents(sealed.path), a_rate(sealed), 0.123)
    write_contents(forged, tmp_path / "number.zip")

    failed = failed_checks(tmp_path / "number.zip", sealed)

    assert "tag-manifest" in failed
    assert not failed & {"payload-digest", "manifest", "archive"}


def test_a_wrong_rate_signed_with_the_right_key_fails_by_arithmetic_alone(sealed, tmp_path):
    assert sealed.signer is not None
    contents = read_contents(sealed.path)
    write_contents(sign_anew(contents, sealed.signer), tmp_path / "twin.zip")
    forged, before = rewrite_number(contents, a_rate(sealed), 0.123)
    write_contents(sign_anew(forged, sealed.signer), tmp_path / "rate.zip")

    assert failed_checks(tmp_path / "twin.zip", sealed) == set()
    assert before != 0.123
    assert failed_checks(tmp_path / "rate.zip", sealed) == {"arithmetic"}


def test_a_number_that_no_report_has_is_not_rewritten(sealed) -> None:
    with pytest.raises(KeyError, match="no/such/number"):
        rewrite_number(read_contents(sealed.path), "no/such/number", 0.5)
