"""A timestamp proves a time only by a root of the reader's, and only over the bytes it is over."""

from __future__ import annotations

from contextlib import suppress

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID
from tests.support.clock import CLOCK_WISH, Clock
from tests.support.pki import DAY, NOW, Wish

from affidavit.bundle.timestamp import SLACK, read_timestamp, why_no_time
from affidavit.errors import BundleError

CLOCK = Clock.make()
GOOD = CLOCK.stamp(b"signature", NOW - DAY, nonce=2**63)


def why(clock: Clock, der: bytes) -> str | None:
    return why_no_time(read_timestamp(der, "t"), [clock.root.der], [], now=NOW)


def test_says_when_and_over_what() -> None:
    stamp = read_timestamp(GOOD, "t")

    assert (stamp.time, stamp.nonce, stamp.digest) == (NOW - DAY, 2**63, "sha256")
    assert stamp.is_over(b"signature")
    assert not stamp.is_over(b"signaturf")
    assert stamp.has_certificate
    assert why(CLOCK, GOOD) is None


def test_another_root_proves_nothing() -> None:
    assert "no path leads to a root" in str(why(Clock.make(), GOOD))
    assert "no root to lead to" in str(why_no_time(read_timestamp(GOOD, "t"), [], [], now=NOW))


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"end": NOW - 2 * DAY}, "it ended on"),
        ({"begin": NOW}, "it begins on"),
        ({"purposes": [ExtendedKeyUsageOID.CODE_SIGNING]}, "its extended key usage is another"),
        ({"usage": False}, "its key usage is not to sign"),
    ],
)
def test_the_authoritys_certificate_must_be_for_it_then(
    changed: dict[str, object], expected: str
) -> None:
    clock = Clock.make(Wish(**{**vars(CLOCK_WISH), **changed}))

    assert expected in str(why(clock, clock.stamp(b"signature", NOW - DAY)))


def test_a_time_to_come_is_none() -> None:
    assert why(CLOCK, CLOCK.stamp(b"signature", NOW + SLACK)) is None
    assert "which is to come" in str(why(CLOCK, CLOCK.stamp(b"signature", NOW + 2 * SLACK)))


def test_a_token_signed_by_another_key_than_its_certificates() -> None:
    other = Clock(root=CLOCK.root, holder=type(CLOCK.holder)(
        key=Clock.make().holder.key, certificate=CLOCK.holder.certificate
    ))  # fmt: skip

    assert "its signature does not hold" in str(why(CLOCK, other.stamp(b"signature", NOW - DAY)))


def test_no_changed_byte_moves_the_time() -> None:
    """Bytes outside of what is signed may change; what the timestamp says may not."""
    for at in range(len(GOOD)):
        changed = bytearray(GOOD)
        changed[at] ^= 0x01
        with suppress(BundleError):
            stamp = read_timestamp(bytes(changed), "t")
            if why_no_time(stamp, [CLOCK.root.der], [], now=NOW) is None:
                assert (stamp.time, stamp.is_over(b"signature")) == (NOW - DAY, True)


@pytest.mark.parametrize(
    "bad", [b"", b"0\x00", GOOD[:-1], GOOD + b"\0", b"\x30\x05\x30\x03\x02\x01\x02"]
)
def test_what_is_none_is_refused_in_our_words(bad: bytes) -> None:
    with pytest.raises(BundleError, match=r"t: (a|the) timestamp"):
        read_timestamp(bad, "t")
