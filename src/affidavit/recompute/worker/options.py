"""What the person at the keyboard says of the model's process; never from the commit's own file."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from affidavit.recompute.worker.levels import LEVELS, Level


def _environments() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "affidavit" / "environments"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerOptions:
    """How the model's process is to be made.

    Attributes:
        model_env: an interpreter, or the folder of its environment, that the user answers for.
        wheelhouse: a folder of wheels; no index is asked then.
        lock: the content of an environment/worker.lock to build again, instead of resolving.
        cache_dir: where environments are kept between builds.
        weakest: the isolation below which the model is not started.
        challenger: how the challenger's environment is to be made, where that is another way.
    """

    model_env: Path | None = None
    wheelhouse: Path | None = None
    lock: bytes | None = None
    cache_dir: Path = field(default_factory=_environments)
    weakest: Level = LEVELS[-1]
    challenger: WorkerOptions | None = None
