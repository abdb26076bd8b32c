"""A library at work in its own process: what is asked of it, and what it asks in between.

The process is shut in like a model's (`worker.sandbox`), with its code where a model's files would
be. It is given matrices of doubles and gives matrices back; what comes out of it is checked like
what comes out of a model. When the model fails on rows that the library made up, the library is
told to stop, and lives on for the next question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

import numpy as np

from affidavit.bundle.canonical import Json
from affidavit.config import Worker
from affidavit.errors import WorkerError
from affidavit.printable import printable
from affidavit.recompute.explain.asking import AskFailed
from affidavit.recompute.explain.backends.coding import WrongCodes
from affidavit.recompute.explain.backends.interface import Backend, Unusable
from affidavit.recompute.floats import MOST, Floats, are_held
from affidavit.recompute.worker.frames import Frame
from affidavit.recompute.worker.interpreter import Interpreter
from affidavit.recompute.worker.launch import Launch
from affidavit.recompute.worker.sandbox import bounds, plan_launch
from affidavit.recompute.worker.scratch import scratch_folder
from affidavit.recompute.worker.session import Session, open_session

# The longest answer or question: what a kernel method makes up for one row (`second.most_samples`).
MOST_BYTES = 512 << 20
_A_DAY_S = 86_400
MOST_ASKS = 100_000  # of the model, for one explanation; anchors take a few thousand
_TEXT = 80

Answering = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a library found.

    Attributes:
        values: an array, of a shape that its method has.
        facts: what else it said; unchecked.
    """

    values: Floats
    facts: Mapping[str, Json]


class Library:
    """A loaded library. Made by `open_library`."""

    def __init__(self, session: Session, backend: Backend) -> None:
        self._session, self._backend = session, backend
        self.versions: dict[str, str] = {}
        self.isolation = session.isolation

    def load(self, launch: Launch, threads: int) -> None:
        """Have it imported.

        Raises:
            Unusable: it cannot be.
        """
        order: dict[str, Json] = {
            "type": "explain", "folder": launch.folder, "module": self._backend.module,
            "packages": list(launch.packages), "threads": threads,
        }  # fmt: skip
        try:
            said = self._session.call(order, expect="loaded", doing="loading").header
        except WorkerError as error:
            raise failed(self._backend, error) from error
        versions = said.get("versions")
        if isinstance(versions, dict):
            self.versions = {_text(k): _text(v) for k, v in list(versions.items())[:16]}

    def explain(
        self,
        method: str,
        arrays: Mapping[str, Floats],
        settings: dict[str, Json],
        seed: int,
        answering: Answering,
    ) -> Answer:
        """One explanation.

        Args:
            method: of the backend.
            arrays: matrices by name, of two axes.
            settings: of the method, recorded by whoever asks.
            seed: of all its draws.
            answering: gives the model's answer, (n,), for a matrix that the library makes.

        Raises:
            AskFailed: the model failed on such rows.
            Unusable: the library failed.
        """
        named: list[Json] = [
            {"name": k, "rows": a.shape[0], "width": a.shape[1]} for k, a in arrays.items()
        ]
        header: dict[str, Json] = {
            "type": "method", "method": method, "arrays": named, "settings": settings, "seed": seed,
        }  # fmt: skip
        body = b"".join(_bytes(a) for a in arrays.values())
        doing = f"explaining ({method})"
        try:
            frame = self._call(header, body, doing)
            for _ in range(MOST_ASKS):
                if frame.header["type"] != "ask":
                    return self._found(frame, doing)
                frame = self._answer(frame, doing, answering)
            raise self._session.wrong(doing, f"it asked {MOST_ASKS:,} times, and comes to no end")
        except WorkerError as error:
            raise failed(self._backend, error) from error

    def _call(self, header: dict[str, Json], body: bytes, doing: str) -> Frame:
        expect = ("ask", "explained")
        return self._session.call(header, body, expect=expect, doing=doing, max_body=MOST_BYTES)

    def _answer(self, frame: Frame, doing: str, answering: Answering) -> Frame:
        shape = (frame.header.get("rows"), frame.header.get("width"))
        try:
            answers = answering(self._array(frame, shape, doing))
        except WrongCodes as wrong:
            raise self._session.wrong(doing, f"it asked about {wrong}") from wrong
        except AskFailed:
            self._session.call({"type": "stop"}, expect="stopped", doing=doing)
            raise
        return self._call({"type": "answers", "rows": len(answers)}, _bytes(answers), doing)

    def _found(self, frame: Frame, doing: str) -> Answer:
        shape, facts = frame.header.get("shape"), frame.header.get("facts")
        sides = tuple(shape) if isinstance(shape, list) and len(shape) <= 3 else (-1,)
        values = self._array(frame, sides, doing)
        if not are_held(values):
            raise self._session.wrong(doing, f"it found a number that is NaN or beyond {MOST:g}")
        return Answer(values=values, facts=facts if isinstance(facts, dict) else {})

    def _array(self, frame: Frame, shape: tuple[Json, ...], doing: str) -> Floats:
        sides = [s for s in shape if type(s) is int and s >= 0]
        if len(sides) != len(shape) or prod(sides) * 8 != len(frame.body):
            raise self._session.wrong(doing, "an array that is not as long as it says")
        return np.frombuffer(frame.body, dtype="<f8").astype(np.float64).reshape(sides)


@contextmanager
def open_library(
    backend: Backend, interpreter: Interpreter, worker: Worker, *, beside: Path | None = None
) -> Iterator[Library]:
    """The library, loaded in a process that is gone when the block ends.

    Args:
        backend: which.
        interpreter: its environment.
        worker: the limits of the model's process, which hold for this one too; its processor time
            is what a day has.
        beside: where its scratch folder is made; None for the system's own place.

    Raises:
        Unusable: it does not start, or cannot be imported.
    """
    limits = worker.model_copy(update={"cpu_s": _A_DAY_S, "processes": 0})
    held = replace(bounds(limits), session_s=float(_A_DAY_S))
    with ExitStack() as stack:
        ours = stack.enter_context(scratch_folder(beside))
        launch = plan_launch(backend.code, limits, interpreter, ours)
        try:
            session = stack.enter_context(open_session(launch, held))
        except WorkerError as error:
            raise failed(backend, error) from error
        library = Library(session, backend)
        library.load(launch, worker.threads)
        yield library


def failed(backend: Backend, error: WorkerError) -> Unusable:
    """The error of a process, whose words are made for a model's, as one of the library's."""
    said = " ".join(str(error).split()).replace("the model", backend.name)
    return Unusable(
        printable(said)[:400],
        f"leave {backend.name} out of [explain] second; or remove its environment from the cache "
        "of environments, to have it built again, if it is damaged",
    )


def _bytes(values: Floats) -> bytes:
    return np.ascontiguousarray(values, dtype="<f8").tobytes()


def _text(value: Json) -> str:
    return printable(str(value))[:_TEXT]
