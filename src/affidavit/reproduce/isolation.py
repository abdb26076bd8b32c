"""How far a model could be shut in on this machine, asked before anything of it is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from affidavit.config import Worker
from affidavit.recompute.worker.interpreter import own_interpreter
from affidavit.recompute.worker.sandbox import BUBBLEWRAP, plan_launch

Level = Literal["bubblewrap", "landlock+seccomp", "rlimits"]


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
        return self.level != "rlimits"


def isolation_here(folder: Path) -> Isolation:
    """Try what the worker would be started with.

    Args:
        folder: that would be shown to the model; nothing in it is read.
    """
    launch = plan_launch(folder, Worker(), own_interpreter())
    if launch.isolation == BUBBLEWRAP:
        return Isolation(level="bubblewrap", lacking="")
    lacking = "the model could read what you can read, use the network, and start processes"
    return Isolation(level="rlimits", lacking=lacking)
