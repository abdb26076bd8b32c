"""What the tests of verify, inspect and the attacks share: one sealed bundle, and its twin's check."""

from __future__ import annotations

from pathlib import Path

from tests.support.bundles import BundleBuilder

from affidavit.verify import Trust, Verdict, read_keys, verify_bundle


def trust_in(builder: BundleBuilder) -> Trust:
    """Trust in the builder's key, as sealer."""
    return read_keys((builder.public_key,))


def failures(verdict: Verdict) -> list[tuple[str, str | None]]:
    """What was refuted: check and file."""
    return [(c.id, c.path) for c in verdict.failed]


def refused(builder: BundleBuilder, bundle: Path) -> Verdict:
    """The verdict on a changed bundle, after its untouched twin has passed with exit code 0."""
    trust = trust_in(builder)
    assert verify_bundle(builder.path, trust=trust).exit_code == 0
    verdict = verify_bundle(bundle, trust=trust)
    assert verdict.exit_code == 1, verdict.word
    assert verdict.word == "NOT VERIFIED"
    return verdict
