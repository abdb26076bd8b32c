"""A bundle that is written to while it is verified: what is said is true of bytes that were signed.

Whoever can write to the file can do so after the last check too; no verifier helps against that.
But no verdict may tell of bytes that no signature covers.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.bundles import BundleBuilder
from tests.support.pinned import trust_in

from affidavit.bundle import layout
from affidavit.verify import verify_bundle
from affidavit.verify import verifying as steps


@pytest.fixture(scope="module")
def forged(sealed: BundleBuilder) -> bytes:
    """Another record with every checksum repaired, of the same length: only the seal is missing."""

    def flatter(evidence: Any) -> None:
        name = evidence["subject"]["name"]
        evidence["subject"]["name"] = name[:-1] + "x"

    content = sealed.replace_json(layout.EVIDENCE, flatter, "checksums").read_bytes()
    assert len(content) == sealed.path.stat().st_size
    assert content != sealed.path.read_bytes()
    return content


@pytest.mark.parametrize(
    "step",
    ["check_seal", "check_tag_files", "read_manifest", "check_digests", "read_records",
     "check_consistency", "check_arithmetic", "check_other_statements"],
)  # fmt: skip
def test_nothing_unsigned_is_told_whenever_the_file_is_exchanged(
    step: str, sealed: BundleBuilder, forged: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "shared.evidence.zip"
    path.write_bytes(sealed.path.read_bytes())
    genuine = verify_bundle(path, trust=trust_in(sealed))
    assert genuine.exit_code == 0
    real: Callable[..., Any] = getattr(steps, step)

    def exchanged(*args: Any, **more: Any) -> Any:
        with path.open("r+b") as file:
            file.write(forged)
        return real(*args, **more)

    monkeypatch.setattr(steps, step, exchanged)
    verdict = verify_bundle(path, trust=trust_in(sealed))

    told = (verdict.root, verdict.evidence_id, verdict.subject)
    assert verdict.exit_code == 1 or told == (genuine.root, genuine.evidence_id, genuine.subject)


def test_a_manifest_exchanged_between_its_digest_and_its_reading_is_not_believed(
    sealed: BundleBuilder, forged: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The digest was compared with the seal's; the list is then read from the same bytes."""
    path = tmp_path / "shared.evidence.zip"
    path.write_bytes(sealed.path.read_bytes())
    real = steps.read_manifest

    def exchanged(*args: Any, **more: Any) -> Any:
        with path.open("r+b") as file:
            file.write(forged)
        return real(*args, **more)

    monkeypatch.setattr(steps, "read_manifest", exchanged)
    verdict = verify_bundle(path, trust=trust_in(sealed))

    assert verdict.exit_code == 1
    assert "payload-digest" in {c.id for c in verdict.failed}
    assert layout.EVIDENCE in {c.path for c in verdict.failed}
