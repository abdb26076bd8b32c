"""A single byte changed anywhere in the archive: never accepted, never a traceback."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from tests.support.bundles import BundleBuilder
from tests.support.pinned import trust_in

from affidavit.verify import Trust, verify_bundle

SEED = 20261123
REFUSED = {1, 2, 4}  # 4: the byte that changed is the format's number


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> BundleBuilder:
    """A bundle of few rows: every part of the format, and most bytes outside its tables."""
    return BundleBuilder(tmp_path_factory.mktemp("few"), rows_made=48)


@pytest.fixture(scope="module")
def pinned(sealed: BundleBuilder) -> Trust:
    return trust_in(sealed)


def exit_codes(sealed: BundleBuilder, trust: Trust | None, changes: int, seed: int) -> Counter[int]:
    draw = random.Random(seed)
    size = sealed.path.stat().st_size
    original = sealed.path.read_bytes()
    target = sealed.folder / "byte.evidence.zip"
    found: Counter[int] = Counter()
    for _ in range(changes):
        offset, mask = draw.randrange(size), draw.randrange(1, 256)
        changed = bytearray(original)
        changed[offset] ^= mask
        target.write_bytes(changed)
        code = verify_bundle(target, trust=trust).exit_code
        assert code in REFUSED, f"byte {offset} xor {mask:#04x} gives exit code {code}"
        found[code] += 1
    return found


def test_refuses_500_random_single_byte_changes(sealed: BundleBuilder, pinned: Trust) -> None:
    """The archive has no byte that may be another one."""
    assert verify_bundle(sealed.path, trust=pinned).exit_code == 0

    found = exit_codes(sealed, pinned, 500, SEED)

    assert found[1] > 490


def test_refuses_them_without_a_key_too(sealed: BundleBuilder) -> None:
    """Intact is said of intact bundles only."""
    assert verify_bundle(sealed.path, trust=None).exit_code == 3

    exit_codes(sealed, None, 100, SEED + 1)


@pytest.mark.slow
def test_refuses_10_000_random_single_byte_changes(sealed: BundleBuilder, pinned: Trust) -> None:
    exit_codes(sealed, pinned, 10_000, SEED + 2)


@pytest.mark.slow
def test_refuses_changes_all_over_what_is_not_payload(sealed: BundleBuilder, pinned: Trust) -> None:
    """Headers, directory, tag files and statements: one bit of every third byte."""
    original = sealed.path.read_bytes()
    target = sealed.folder / "byte.evidence.zip"
    end_of_head = original.index(b"data/")
    start_of_tail = original.index(b"signatures/")
    for offset in (*range(0, end_of_head, 3), *range(start_of_tail, len(original), 3)):
        changed = bytearray(original)
        changed[offset] ^= 1
        target.write_bytes(changed)
        assert verify_bundle(target, trust=pinned).exit_code in REFUSED, offset


def test_refuses_every_truncation_at_a_boundary(sealed: BundleBuilder, pinned: Trust) -> None:
    """A download that ended early, at any of 60 places."""
    original = sealed.path.read_bytes()
    target = sealed.folder / "cut.evidence.zip"
    for part in range(60):
        target.write_bytes(original[: len(original) * part // 60])

        verdict = verify_bundle(target, trust=pinned)

        assert (verdict.exit_code, [c.id for c in verdict.failed]) == (1, ["archive"])
