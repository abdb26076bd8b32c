"""What the stages tell while they work. Silent by default; the command line draws it."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """A listener. Stages call it; nothing depends on what it does."""

    def step(self, text: str) -> None:
        """A short line on what is being done now: `fetching data/test.csv, 12 MB`."""

    def done(self, stage: str, text: str) -> None:
        """A stage has ended, with one line of what it found."""


class Silent:
    """Says nothing."""

    def step(self, text: str) -> None:
        """Ignore."""

    def done(self, stage: str, text: str) -> None:
        """Ignore."""
