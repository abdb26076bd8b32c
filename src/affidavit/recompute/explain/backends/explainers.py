"""The explainers of one build: environments made ready and processes opened when first needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

from affidavit.config import Worker
from affidavit.progress import Progress
from affidavit.recompute.explain.backends.choosing import find_backend
from affidavit.recompute.explain.backends.environment import build_environment
from affidavit.recompute.explain.backends.interface import Backend, Unusable
from affidavit.recompute.explain.backends.process import Library, open_library
from affidavit.recompute.worker.interpreter import Interpreter
from affidavit.recompute.worker.options import WorkerOptions

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A backend with its environment."""

    backend: Backend
    interpreter: Interpreter


class Explainers:
    """The other libraries of one build, each in at most one process at a time.

    A library that fails ends its process, and the next question opens another; an environment that
    cannot be built is not tried again.
    """

    def __init__(
        self,
        names: Iterable[str],
        worker: Worker,
        options: WorkerOptions,
        progress: Progress,
        *,
        beside: Path | None = None,
    ) -> None:
        """Explainers by name, as `[explain] second` has them; nothing is built or started yet."""
        self.names = tuple(dict.fromkeys(names))
        self._worker, self._options, self._progress = worker, options, progress
        self._beside = beside
        self._ready: dict[str, Ready | Unusable] = {}
        self._open: dict[str, tuple[ExitStack, Library]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for name in tuple(self._open):
            self._close(name)

    def backend(self, name: str) -> Backend:
        """What a name means.

        Raises:
            Unusable: nothing.
        """
        return self._made_ready(name).backend

    def through(self, name: str, call: Callable[[Library], _T]) -> _T:
        """What a call of the library gives.

        Raises:
            Unusable: there is no such library here, or it failed.
            AskFailed: the model did; the library lives on.
        """
        try:
            return call(self._opened(name))
        except Unusable:
            self._close(name)
            raise

    def _opened(self, name: str) -> Library:
        if name not in self._open:
            ready, stack = self._made_ready(name), ExitStack()
            self._progress.step(f"starting {name}")
            opening = open_library(
                ready.backend, ready.interpreter, self._worker, beside=self._beside
            )
            self._open[name] = (stack, stack.enter_context(opening))
        return self._open[name][1]

    def _made_ready(self, name: str) -> Ready:
        if name not in self._ready:
            self._ready[name] = self._make_ready(name)
        ready = self._ready[name]
        if isinstance(ready, Unusable):
            raise ready
        return ready

    def _make_ready(self, name: str) -> Ready | Unusable:
        try:
            backend = find_backend(name)
            interpreter = build_environment(backend, self._options, self._progress)
        except Unusable as unusable:
            return unusable
        return Ready(backend=backend, interpreter=interpreter)

    def _close(self, name: str) -> None:
        if name in self._open:
            self._open.pop(name)[0].close()
