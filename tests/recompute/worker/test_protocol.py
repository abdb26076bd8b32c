"""The reply protocol: whatever comes back, the answer is a verdict, in time."""

from __future__ import annotations

import json
import random
import struct
import sys
import time

import pytest

from affidavit.errors import WorkerError
from affidavit.recompute.worker.frames import MAX_HEADER, FrameReader, ProtocolFault, pack
from affidavit.recompute.worker.launch import Launch
from affidavit.recompute.worker.session import Bounds, open_session

READY = {"type": "ready", "protocol": 3, "python": "3.11.7", "limits": {}}


def test_a_frame_comes_back_as_it_went_in_pieces_of_any_size() -> None:
    sent = pack({"type": "scores", "batch": 3}, 5) + b"12345"

    for size in (1, 7, 1000):
        reader, rest = FrameReader(max_body=5), sent
        while reader.wanted:
            n = min(size, reader.wanted)
            reader.feed(rest[:n])
            rest = rest[n:]
        frame = reader.frame()
        assert frame.header == {"type": "scores", "batch": 3}
        assert frame.body == b"12345"
        assert rest == b""


@pytest.mark.parametrize(
    ("prefix", "rule"),
    [
        ((MAX_HEADER + 1, 0), "a header of 1048577 bytes"),
        ((0, 0), "a header of 0 bytes"),
        ((10, 2**63), "where at most 8 can follow"),
        ((10, 9), "9 bytes where at most 8 can follow"),
    ],
)
def test_refuses_lengths_before_it_reads_them(prefix: tuple[int, int], rule: str) -> None:
    with pytest.raises(ProtocolFault, match=rule):
        FrameReader(max_body=8).feed(struct.pack(">IQ", *prefix))


def test_garbage_is_a_fault_and_never_another_exception() -> None:
    """2,000 seeded cases: true frames with bytes changed."""
    chance = random.Random(5)
    good = pack({"type": "scores", "batch": 0, "rows": 3, "width": 1}, 24) + bytes(24)
    outcomes = {"fault": 0, "frame": 0, "short": 0}

    for _ in range(2000):
        content = bytearray(good)
        for _ in range(chance.randint(1, 4)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        outcomes[_parse(bytes(content))] += 1

    assert outcomes["fault"] > 300
    assert outcomes["frame"] > 300


def _parse(content: bytes) -> str:
    reader = FrameReader(max_body=24)
    try:
        while reader.wanted:
            piece = content[: reader.wanted]
            if not piece:
                return "short"
            reader.feed(piece)
            content = content[len(piece) :]
        reader.frame()
    except ProtocolFault:
        return "fault"
    return "frame"


def _answering(content: bytes, then: str = "") -> Launch:
    """A process that answers the first message with these bytes."""
    script = f"import os, sys, time; os.write(int(sys.argv[2]), {content!r}); {then}"
    return Launch(
        command=(sys.executable, "-S", "-E", "-c", script), environment={}, level="rlimits",
        isolation="", folder="", packages=(), is_own_child=True,
    )  # fmt: skip


def _open(launch: Launch, start_s: float = 60.0) -> str:
    with open_session(launch, Bounds(session_s=60, call_s=30, start_s=start_s)) as session:
        return session.python


def test_a_proper_first_answer_opens_the_session() -> None:
    assert _open(_answering(pack(READY))) == "3.11.7"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "ended by itself"),
        (pack(READY)[:-3], "ended by itself"),
        (b"\xff" * 4096, "answered wrongly"),
        (struct.pack(">IQ", 2, 0) + b"[]", "answered wrongly"),
        (struct.pack(">IQ", 9, 0) + b'{"a":NaN}', "answered wrongly"),
        (pack({"type": "scores"}), "answered wrongly"),
        (pack({"type": "error", "error": "E", "message": "m\x1b[2J\nn"}), "failed while starting"),
        (pack({"no": "type"}), "answered wrongly"),
    ],
)
def test_another_first_answer_does_not(content: bytes, expected: str) -> None:
    with pytest.raises(WorkerError, match=expected) as caught:
        _open(_answering(content))

    assert "\x1b" not in caught.value.cause
    assert "\n" not in caught.value.cause


def test_half_an_answer_is_waited_for_until_the_deadline_and_no_longer() -> None:
    started = time.monotonic()

    with pytest.raises(WorkerError, match="no answer within 1 s while starting"):
        _open(_answering(pack(READY)[:-3], "time.sleep(60)"), start_s=1.0)

    assert time.monotonic() - started < 30


def test_headers_are_sorted_and_compact() -> None:
    assert (
        pack({"b": 1, "a": [2]})[12:]
        == json.dumps({"a": [2], "b": 1}, separators=(",", ":")).encode()
    )
