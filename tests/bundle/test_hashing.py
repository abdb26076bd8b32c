from __future__ import annotations

import hashlib
import io
import os
import zlib

import pytest

from affidavit.bundle.hashing import digest_stream


class Trickle(io.BytesIO):
    """A stream that gives fewer bytes than it is asked for, as pipes and network disks do."""

    def readinto(self, view: memoryview) -> int:  # type: ignore[override]  # typeshed asks for any buffer, we are given one kind
        return super().readinto(view[: max(1, len(view) // 3)])


@pytest.mark.parametrize("size", [0, 1, 1_048_576, 2_097_151, 2_097_152, 9_000_000])
def test_short_reads_and_two_threads_give_the_digests_of_the_bytes(size: int) -> None:
    content = os.urandom(size)
    passed_on = bytearray()

    found = digest_stream(Trickle(content).readinto, size, passed_on.extend)

    assert found.sha256 == hashlib.sha256(content).hexdigest()
    assert found.crc == zlib.crc32(content)
    assert found.size == size
    assert passed_on == content


@pytest.mark.parametrize("size", [100, 1_500_000, 5_000_000])
def test_stops_at_the_size_and_says_when_a_stream_was_shorter(size: int) -> None:
    content = os.urandom(size)

    assert digest_stream(io.BytesIO(content).readinto, size - 1).size == size - 1
    assert digest_stream(io.BytesIO(content * 2).readinto, size).size == size
    assert digest_stream(io.BytesIO(content).readinto, size + 1).size == size


def test_an_error_while_writing_ends_the_second_thread() -> None:
    import threading

    def full(_: memoryview) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        digest_stream(io.BytesIO(bytes(5_000_000)).readinto, 5_000_000, full)

    assert "sha256" not in {t.name for t in threading.enumerate()}
