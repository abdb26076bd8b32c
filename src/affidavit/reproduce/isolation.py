"""How far a model could be shut in on this machine, asked before anything of it is loaded."""

from __future__ import annotations

from dataclasses import dataclass

from affidavit.recompute.worker.interpreter import own_interpreter
from affidavit.recompute.worker.levels import Level, is_at_least
from affidavit.recompute.worker.sandbox import probe_level

# Less would let a stranger's model read the reader's files and use the network.
WEAKEST: Level = "landlock+seccomp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolation:
    """What would hold here.

    Attributes:
        lacking: what would not, in words; empty where nothing lacks.
    """

    level: Level
    lacking: str

    @property
    def is_enough(self) -> bool:
        """Whether a stranger's model may be run in it unasked."""
        return is_at_least(self.level, WEAKEST)


def isolation_here() -> Isolation:
    """Try what a worker would be started with."""
    level, lacking = probe_level(own_interpreter())
    return Isolation(level=level, lacking=lacking)
