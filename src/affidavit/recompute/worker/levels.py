"""How far a model's process is shut in: three levels, and what each is worth in words.

The name of the level leads the text that stands in the seal, and so in every verdict.
"""

from __future__ import annotations

import sys
from typing import Literal

Level = Literal["bubblewrap", "landlock+seccomp", "rlimits"]
LEVELS: tuple[Level, ...] = ("bubblewrap", "landlock+seccomp", "rlimits")  # strongest first

_HOLDS: dict[Level, str] = {
    "bubblewrap": (
        "own namespaces, no network, read-only files, a scratch folder of fixed size; seccomp"
    ),
    "landlock+seccomp": (
        "no network, only its own files, read-only, and a watched scratch folder; no namespaces "
        "of its own"
    ),
    "rlimits": (
        "limits on memory, processor time and files of one process only; it can read and write "
        "what the builder can, use the network, start processes and end others"
    ),
}
_LACKS: dict[Level, str] = {
    "bubblewrap": "",
    "landlock+seccomp": (
        "namespaces of its own: it can tell which files and processes there are, and its scratch "
        "folder is measured ten times a second, not limited by the kernel"
    ),
    "rlimits": (
        "all but limits on memory, processor time and files of one process: it can read and write "
        "what you can, use the network, start processes that outlive it, end yours, and take "
        "shared memory beyond its limit"
    ),
}
_ELSEWHERE = {
    "darwin": "; macOS limits no memory, and the model can outlive the builder",
    "win32": "; on Windows not even these limits hold",
}


def is_at_least(level: Level, other: Level) -> bool:
    """Whether `level` shuts in as far as `other`, or further."""
    return LEVELS.index(level) <= LEVELS.index(other)


def isolation_text(level: Level, processes: int, system: str = sys.platform) -> str:
    """What is in force, for the seal: the level's name first.

    Args:
        level: what was found to hold.
        processes: how many the configuration lets the model start.
        system: as `sys.platform` has it.
    """
    text = f"{level}: {_HOLDS[level]}"
    if level == "rlimits":
        return text + _ELSEWHERE.get(system, "")
    if processes:
        return f"{text}; may start processes, {processes} at once by the builder's watch"
    return f"{text}; no new processes"


def lacking_text(level: Level, system: str = sys.platform) -> str:
    """What the level does not hold, in words; empty for the strongest."""
    return _LACKS[level] + (_ELSEWHERE.get(system, "") if level == "rlimits" else "")
