"""The progress of long work, drawn on stderr: a live line on a terminal, else one line a stage."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Self

import click

from affidavit.cli import output
from affidavit.printable import printable

_STAGE_COLUMN = 10
_TICK_S = 0.5
_SHOW_SECONDS_FROM_S = 0.05
_LONG_S = 30.0  # a step after which somebody who sees no live line is told that it still runs


class Drawn:
    """A `Progress` that people see. Use it as a context: leaving it clears the live line.

        with Drawn() as progress:
            build(..., progress=progress)

    A stage's line ends with its time, if that is worth a look. Where no line can be redrawn, a
    step that takes long is told, and again each time that it has taken twice as long. With -v every
    step is a line; with -q nothing is shown.

    Args:
        verbosity: -1, 0 or 1; the running command's by default.
        is_live: whether stderr can redraw a line; found out by default.
        clock: seconds; replaced in tests.

    Attributes:
        ended: the stages that are done, in order.
    """

    def __init__(
        self,
        *,
        verbosity: int | None = None,
        is_live: bool | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._verbosity = output.settings().verbosity if verbosity is None else verbosity
        can_redraw = sys.stderr.isatty() if is_live is None else is_live
        self._is_live = can_redraw and self._verbosity == 0
        self._clock = clock
        self._stage_began = self._step_began = clock()
        self._step, self._told_at_s = "", _LONG_S
        self.ended: tuple[str, ...] = ()
        self._lock, self._ended = Lock(), Event()
        self._ticker: Thread | None = None

    def __enter__(self) -> Self:
        self._stage_began = self._clock()
        if self._verbosity >= 0:
            self._ticker = Thread(target=self._tick, daemon=True)
            self._ticker.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        if self._ticker is not None:
            self._ticker.join()
        with self._lock:
            self._step = ""
            self._draw()

    def step(self, text: str) -> None:
        """What is being done now."""
        with self._lock:
            self._step, self._step_began = printable(text), self._clock()
            self._told_at_s = _LONG_S
            if self._verbosity > 0:
                output.note(output.paint(f"  {'':<{_STAGE_COLUMN}} {self._step}", "soft"))
            self._draw()

    def done(self, stage: str, text: str) -> None:
        """A stage has ended: its line stays."""
        with self._lock:
            self.ended += (stage,)
            self._step = ""
            self._draw()
            now = self._clock()
            took_s, self._stage_began = now - self._stage_began, now
            if self._verbosity >= 0:
                for line in stage_lines(printable(stage), printable(text), took_s):
                    output.note(line)

    def _tick(self) -> None:
        while not self._ended.wait(_TICK_S):
            with self._lock:
                if self._is_live:
                    self._draw()
                else:
                    self._tell_if_long()

    def _tell_if_long(self) -> None:
        """A line for a step that still runs; the caller holds the lock."""
        seconds = self._clock() - self._step_began
        if self._step and seconds >= self._told_at_s:
            self._told_at_s = 2 * seconds
            for line in stage_lines("…", f"{self._step}: {seconds:.0f} s so far", 0):
                output.note(line)

    def _draw(self) -> None:
        """Redraw the live line; the caller holds the lock."""
        if not self._is_live:
            return
        line = ""
        if self._step:
            seconds = self._clock() - self._step_began
            since = f"  {seconds:.0f} s" if seconds >= 1 else ""
            room = output.WIDTH - _STAGE_COLUMN - 4 - len(since)
            text = self._step if len(self._step) <= room else self._step[: room - 1] + "…"
            line = f"  {'…':<{_STAGE_COLUMN}} {text}{since}"
        click.echo(f"\r\x1b[2K{line}", nl=False, err=True, color=True)


def stage_lines(stage: str, text: str, took_s: float) -> list[str]:
    """A stage's lines, its time at the right edge: `  recompute  2,380 rows scored    1.9 s`."""
    lines = output.field_lines(stage, text, width=_STAGE_COLUMN)
    if took_s < _SHOW_SECONDS_FROM_S:
        return lines
    took = f"{took_s:.1f} s"
    if len(lines[-1]) + 2 + len(took) > output.WIDTH:
        lines.append("")
    lines[-1] += took.rjust(output.WIDTH - len(lines[-1]))
    return lines
