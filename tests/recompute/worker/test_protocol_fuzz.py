"""A worker that answers with anything: every answer is believed for a reason, or refused.

Seeded mutations of true frames go through the real pipes, session and scorer. What is accepted is
held against a parser of this file's own, written from docs/worker-protocol.md.
"""

from __future__ import annotations

import json
import math
import os
import random
import struct
from collections import Counter
from contextlib import suppress
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.recompute.case import binary_config

from affidavit.config import Label
from affidavit.errors import WorkerError
from affidavit.recompute.worker.launch import Launch
from affidavit.recompute.worker.model_files import Column, ModelPlan
from affidavit.recompute.worker.pipes import Pipes
from affidavit.recompute.worker.scoring import Scorer, Scores
from affidavit.recompute.worker.session import Bounds, Session
from affidavit.recompute.worker.watching import Watch, Watched

ROWS = pa.table({"x": [0.1, 0.2, 0.9]})
LAUNCH = Launch(
    command=(), environment={}, level="bubblewrap", isolation="", folder="", packages=(),
    is_own_child=False, demands={"privileges": True, "seccomp": {"rules": []}},
    limits={"data": 1000, "core": 0},
)  # fmt: skip
PLAN = ModelPlan(
    flavor="sklearn", file="", format="", kind="", code=(),
    columns=(Column(name="x", kind="double"),), is_frame=True, columns_from="",
)  # fmt: skip
BINARY = binary_config()
MULTICLASS = binary_config(
    task="multiclass", label=Label(column="y", kind="outcome"), decision=type(BINARY.decision)()
)
_SCORES: dict[str, Any] = {
    "type": "scores", "batch": 0, "rows": 3, "width": 1, "classes": ["no", "yes"],
    "coded": False, "notes": ["n"],
}  # fmt: skip
# What is asked, and a true answer to it: header and doubles.
ASKED: dict[str, tuple[dict[str, Any], list[float]]] = {
    "hello": (
        {"type": "ready", "protocol": 3, "python": "3.11.7", "held": ["privileges", "seccomp"],
         "limits": {"data": 1000, "core": 0}}, [],
    ),
    "load": ({"type": "loaded", "call": "predict", "model": "m.M", "versions": {"a": "1"}}, []),
    "binary": (_SCORES, [0.25, 0.5, 0.75]),
    "multiclass": ({**_SCORES, "width": 2}, [0.25, 0.75, 0.5, 0.5, 1.0, 0.0]),
    "coded": ({**_SCORES, "coded": True}, [0.0, 1.0, 1.0]),
    "exact": ({"type": "exact", "method": "trees", "scale": "log-odds", "reason": ""}, []),
    "not-exact": ({"type": "exact", "method": None, "scale": None, "reason": "no sum"}, []),
    "attributions": (
        {"type": "attributions", "rows": 2, "width": 2, "reason": ""}, [0.5, -0.25, 0.0, 1.0],
    ),
    "unread": ({"type": "attributions", "rows": 0, "width": 0, "reason": "mixed"}, []),
}  # fmt: skip
_ODD: list[Any] = [
    None, True, False, 0, 1, 2, 3, -1, 0.0, 1.0, 2.0, 3.0, 1e300, 2**53, 2**70, "", "0", "scores",
    "error", "ready", "\ud800", "\x1b[2J", [], ["a", "a"], ["no"], [None], {}, {"a": [1]},
    [[]] * 50, "x" * 5000, math.nan, math.inf,
]  # fmt: skip
_NUMBERS = [math.nan, math.inf, -math.inf, -0.0, 5e-324, 1e308, 2.0, -1.0, 0.5, 1.0]


class Scripted(Session):
    """A session whose process is a pipe that already holds the answer."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        super().__init__(LAUNCH, Bounds(session_s=20, call_s=20, start_s=20))

    def _start(self) -> None:
        theirs, out = os.pipe()
        answers, given = os.pipe()
        prints, printing = os.pipe()
        os.write(given, self._answer)
        for descriptor in (given, printing):
            os.close(descriptor)
        self._ours = [theirs, out, answers, prints]
        self._pipes = Pipes(out, answers, prints, printed_bytes=1, is_alive=lambda: False)
        self._watch = Watch(0, Watched(scratch=None, scratch_mb=1, processes=0), self.kill)

    def _wait_for_code(self) -> int | None:
        return 0

    def kill(self) -> None:
        """Close what is open; done twice, it does nothing."""
        while self._ours:
            os.close(self._ours.pop())


def _frame(header: bytes, body: bytes) -> bytes:
    return struct.pack(">IQ", len(header), len(body)) + header + body


def _mutated(kind: str, chance: random.Random) -> bytes:
    """An answer to `kind`, changed in its fields, its numbers, its lengths or its bytes."""
    header, numbers = ASKED[kind if chance.random() < 0.95 else chance.choice([*ASKED])]
    header, numbers = dict(header), list(numbers)
    for _ in range(chance.choice([0, 0, 1, 1, 2])):
        field = chance.choice([*header, "extra"])
        if chance.random() < 0.2:
            header.pop(field, None)
        else:
            header[field] = chance.choice(_ODD)
    if chance.random() < 0.3 and numbers:
        numbers[chance.randrange(len(numbers))] = chance.choice(_NUMBERS)
    if chance.random() < 0.1:
        numbers = numbers[:-1] if chance.random() < 0.5 else [*numbers, 0.5]
    text = json.dumps(header, sort_keys=chance.random() < 0.9).encode(errors="replace")
    if chance.random() < 0.03:
        text = b"[" * 40_000
    content = bytearray(_frame(text, struct.pack(f"<{len(numbers)}d", *numbers)))
    for _ in range(chance.choice([0, 0, 0, 1, 2, 4])):
        place = chance.randrange(len(content))
        match chance.randrange(4):
            case 0:
                content[place] = chance.randrange(256)
            case 1:
                content[place] ^= 1 << chance.randrange(8)
            case 2:
                del content[place : place + chance.randint(1, 9)]
            case 3:
                content[place:place] = content[: chance.randint(1, 9)]
        if not content:
            break
    return bytes(content[:60_000])


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _refuse(_: str) -> None:
    raise ValueError


def _read(content: bytes) -> tuple[dict[str, Any], bytes] | None:
    """The frame, by this file's own reading; None where it is none."""
    if len(content) < 12:
        return None
    size, body = struct.unpack(">IQ", content[:12])
    if not 2 <= size <= 1 << 20 or len(content) < 12 + size + body:
        return None
    with suppress(ValueError, RecursionError):
        header = json.loads(
            content[12 : 12 + size], object_pairs_hook=_no_duplicates, parse_constant=_refuse
        )
        if isinstance(header, dict):
            return header, content[12 + size : 12 + size + body]
    return None


def _whole(value: Any, low: int, high: int) -> bool:
    return type(value) is int and low <= value <= high


def _may_be_believed(kind: str, content: bytes) -> bool:
    read = _read(content)
    if read is None:
        return False
    header, body = read
    expected = ASKED[kind][0]["type"]
    if header.get("type") != expected:
        return False
    if expected == "loaded":
        return body == b""
    if expected == "ready":
        held, limits = header.get("held"), header.get("limits")
        return (
            body == b"" and _whole(header.get("protocol"), 3, 3)
            and isinstance(held, list) and "privileges" in held and "seccomp" in held
            and isinstance(limits, dict) and _whole(limits.get("data"), 0, 1000)
            and _whole(limits.get("core"), 0, 0)
        )  # fmt: skip
    if expected in ("exact", "attributions"):
        return _is_sum_or_reason(expected, header, body)
    if not (_whole(header.get("batch"), 0, 0) and _whole(header.get("rows"), 3, 3)):
        return False
    width, classes, coded = header.get("width"), header.get("classes"), header.get("coded") is True
    if not _whole(width, 1, 1000) or len(body) != 24 * width:
        return False
    values = struct.unpack(f"<{3 * width}d", body)
    if not all(map(math.isfinite, values)):
        return False
    if kind == "binary":
        return width == 1 and not coded
    if not isinstance(classes, list) or len({str(c) for c in classes}) != len(classes):
        return coded is False and width == 0
    if coded:
        return width == 1 and all(v in range(len(classes)) for v in values)
    return len(classes) == width


def _is_sum_or_reason(kind: str, header: dict[str, Any], body: bytes) -> bool:
    reason = header.get("reason")
    if not isinstance(reason, str):
        return False
    if kind == "exact":
        known = (
            (None,) if reason else ("linear", "trees"),
            (None,) if reason else ("score", "log-odds"),
        )
        return body == b"" and header.get("method") in known[0] and header.get("scale") in known[1]
    n = 0 if reason else 2
    if not (_whole(header.get("rows"), n, n) and _whole(header.get("width"), n, n)):
        return False
    return len(body) == n * n * 8 and all(map(math.isfinite, struct.unpack(f"<{n * n}d", body)))


def _ask(kind: str, content: bytes) -> Any:
    """What the parent makes of the answer: scores, or True; WorkerError goes through."""
    session = Scripted(content)
    try:
        if kind == "hello":
            session.hello()
            return True
        config = BINARY if kind == "binary" else MULTICLASS
        scorer = Scorer(session, PLAN, config)
        if kind == "load":
            scorer.load(LAUNCH)
            return True
        if kind in ("exact", "not-exact"):
            return scorer.exact(None)
        if kind in ("attributions", "unread"):
            return scorer.attribute(ROWS[:1], ROWS[1:], [[0], []], None)
        return scorer.score(ROWS, "evaluation")
    finally:
        session.kill()


def _fuzz(cases: int, seed: int) -> Counter[str]:
    chance, outcomes = random.Random(seed), Counter[str]()
    for _ in range(cases):
        kind = chance.choice([*ASKED])
        content = _mutated(kind, chance)
        try:
            found = _ask(kind, content)
        except WorkerError as error:
            in_one_line = f"{error.what}{error.cause}{error.fix}".isprintable()
            outcomes["refused" if in_one_line and error.fix else "badly said"] += 1
            continue
        except Exception as error:  # the point of the test
            raise AssertionError((kind, content)) from error
        assert _may_be_believed(kind, content), (kind, content)
        if isinstance(found, Scores):
            body = _read(content)[1]
            told = np.frombuffer(body, "<f8").reshape(3, -1)
            assert np.allclose(found.matrix, told, rtol=1e-11, atol=0), (kind, content)
        outcomes[f"believed {kind}"] += 1
    return outcomes


@pytest.mark.parametrize("kind", ASKED)
def test_a_true_answer_is_believed(kind: str) -> None:
    header, numbers = ASKED[kind]
    content = _frame(json.dumps(header).encode(), struct.pack(f"<{len(numbers)}d", *numbers))

    assert _may_be_believed(kind, content)
    assert _ask(kind, content) is not None


def test_a_mutated_answer_is_believed_for_a_reason_or_refused() -> None:
    """700 seeded cases; `make slow` has 50,000."""
    outcomes = _fuzz(700, seed=7)

    assert outcomes["refused"] > 100
    assert outcomes["badly said"] == 0
    assert all(outcomes[f"believed {kind}"] > 5 for kind in ASKED), outcomes


@pytest.mark.slow
def test_fifty_thousand_mutated_answers() -> None:
    outcomes = _fuzz(50_000, seed=6)

    assert sum(outcomes.values()) == 50_000
    assert outcomes["badly said"] == 0
    assert all(outcomes[f"believed {kind}"] > 500 for kind in ASKED), outcomes
