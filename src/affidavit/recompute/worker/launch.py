"""One way of starting a worker: the command, and what the worker must give up."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from affidavit.bundle.canonical import Json
from affidavit.recompute.worker.levels import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """A command that starts a worker; two descriptor numbers are added to it.

    Attributes:
        command: the argument list.
        environment: all variables the worker sees.
        level: how far it is shut in.
        isolation: the same in words, for the seal.
        folder: where the worker finds the model.
        packages: where it finds packages.
        code: where it finds the commit's files; empty without an adapter.
        is_own_child: False where a sandbox stands between us and the worker.
        demands: what `hello` asks it to give up: `privileges`, `landlock`, `seccomp`.
        limits: resource limits by the names that `setrlimit` has for them.
        scratch: its folder to write to, where we have to watch it; None where the kernel does.
        weaker_because: why no stronger level holds, a line each.
    """

    command: tuple[str, ...]
    environment: dict[str, str]
    level: Level
    isolation: str
    folder: str
    packages: tuple[str, ...]
    is_own_child: bool
    code: str = ""
    demands: dict[str, Json] = field(default_factory=dict)
    limits: dict[str, int] = field(default_factory=dict)
    scratch: Path | None = None
    weaker_because: tuple[str, ...] = ()
