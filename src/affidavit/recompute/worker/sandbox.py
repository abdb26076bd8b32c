"""How the worker's process is started, and how far it is shut in.

Three levels (`levels`), the strongest first; each is tried by starting a worker that has to lock
itself in, with the very walls of the real one. What does not hold here is not claimed, and why is
kept. The worker locks itself in at every level: limits and privileges always, landlock and seccomp
as the level has them.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from affidavit.bundle.canonical import Json
from affidavit.config import Worker
from affidavit.errors import WorkerError
from affidavit.recompute.worker.interpreter import Interpreter
from affidavit.recompute.worker.launch import Launch
from affidavit.recompute.worker.levels import (
    LEVELS,
    Level,
    is_at_least,
    isolation_text,
    lacking_text,
)
from affidavit.recompute.worker.scratch import largest_file_bytes, scratch_folder
from affidavit.recompute.worker.seccomp import filter_rules
from affidavit.recompute.worker.session import Bounds, open_session
from affidavit.recompute.worker.walls import (
    INSIDE_CODE,
    INSIDE_MODEL,
    INSIDE_WORKER,
    WORKER,
    bubblewrap_walls,
    inner_landlock_demand,
    landlock_demand,
)

_PROBE_S = 20.0
_MEBIBYTE = 1 << 20
_STACK_MB = 16
_RESERVED_MB, _RESERVED_BY_THREAD_MB = 4096, 128
# Not `-I`: it would also ignore PYTHONHASHSEED, and the environment is ours, from the first name
# to the last. `-s -P` are the rest of what `-I` means.
_FLAGS = ("-S", "-s", "-P", "-B")


class _Absent(Exception):
    """A level that this machine cannot have; the message says why."""


@dataclass(frozen=True, slots=True)
class _Parts:
    """What every level is made from."""

    model: Path
    worker: Worker
    interpreter: Interpreter
    beside: Path
    code: Path | None


def plan_launch(
    model: Path,
    worker: Worker,
    interpreter: Interpreter,
    beside: Path,
    *,
    strongest: Level = LEVELS[0],
    code: Path | None = None,
) -> Launch:
    """The strongest way of starting a worker that works on this machine.

    Args:
        model: the folder of the model's files.
        worker: limits, from the configuration.
        interpreter: what the worker runs on.
        beside: a private folder of ours, for what a level needs: scratch, a copy of the model.
        strongest: leaves out what is stronger, although it may hold here; for tests.
        code: the folder of the commit's files, where an adapter is asked for; to read.
    """
    parts, reasons = _Parts(model, worker, interpreter, beside, code), []
    for level, make in _MAKERS:
        if not is_at_least(strongest, level):
            continue
        try:
            launch = make(parts)
            _require_working(launch, worker)
        except _Absent as absent:
            reasons.append(f"{level}: {absent}")
            continue
        return replace(launch, weaker_because=tuple(dict.fromkeys(reasons)))
    return replace(_limits_alone(parts), weaker_because=tuple(dict.fromkeys(reasons)))


def probe_level(interpreter: Interpreter) -> tuple[Level, str]:
    """The level that would hold here, and what it lacks in words (with why none is stronger).

    Args:
        interpreter: what the worker would run on.
    """
    with scratch_folder(None) as beside:
        launch = plan_launch(_empty(beside), Worker(), interpreter, beside)
    lacking = (lacking_text(launch.level), *launch.weaker_because)
    return launch.level, "; ".join(part for part in lacking if part)


def _empty(beside: Path) -> Path:
    folder = beside / "no-model"
    folder.mkdir()
    return folder


def limits(worker: Worker) -> dict[str, int]:
    """Resource limits by the names that `setrlimit` has for them.

    `data` is what the process may write to, but for the main thread's stack. `as`, address space,
    is wider by what is mapped without being written: libraries (1 GiB was measured), and for each
    thread, of which some libraries start one a processor, an arena of malloc.
    """
    threads = max(worker.threads, os.cpu_count() or 1)
    reserved = _RESERVED_MB + _RESERVED_BY_THREAD_MB * threads
    return {
        "data": worker.memory_mb * _MEBIBYTE,
        "stack": _STACK_MB * _MEBIBYTE,
        "as": (worker.memory_mb + reserved) * _MEBIBYTE,
        "core": 0,
        "cpu": cpu_seconds(worker),
        "fsize": largest_file_bytes(worker.scratch_mb),
        "nofile": 512,
    }


def cpu_seconds(worker: Worker) -> int:
    """Processor time: as configured, else what all threads can use until the deadline."""
    return worker.cpu_s or worker.timeout_s * worker.threads + 5


def bounds(worker: Worker) -> Bounds:
    """What a session may take, by the configuration."""
    seconds = float(worker.timeout_s)
    return Bounds(
        session_s=seconds, call_s=seconds, start_s=min(30.0, seconds), memory_mb=worker.memory_mb,
        printed_mb=worker.printed_mb, scratch_mb=worker.scratch_mb, processes=worker.processes,
    )  # fmt: skip


def _require_working(launch: Launch, worker: Worker) -> None:
    """Start it, have it lock itself in, and end it.

    Raises:
        _Absent: one of these failed.
    """
    trial = replace(bounds(worker), session_s=_PROBE_S, call_s=_PROBE_S, start_s=_PROBE_S)
    try:
        with open_session(launch, trial):
            pass
    except WorkerError as error:
        raise _Absent(error.cause or error.what) from error


def _bubblewrap(parts: _Parts) -> Launch:
    tool = shutil.which("bwrap") if sys.platform == "linux" else None
    if tool is None:
        raise _Absent("not installed" if sys.platform == "linux" else "Linux has it alone")
    inside = "/tmp"  # noqa: S108  # inside the sandbox, a scratch folder of its own
    walls = bubblewrap_walls(
        tool, parts.model, parts.interpreter, _environment(parts.worker, inside),
        parts.worker.scratch_mb, code=parts.code,
    )  # fmt: skip
    plain = _plain(parts, "bubblewrap", inside)
    return replace(
        plain, command=(*walls, *_start(parts, INSIDE_WORKER)), folder=INSIDE_MODEL,
        code=INSIDE_CODE if parts.code else "", is_own_child=False,
        demands={**plain.demands, **_seccomp(parts)},
    )  # fmt: skip


def _bubblewrap_and_landlock(parts: _Parts) -> Launch:
    """Two walls around the files: what one kernel part lets through, the other still refuses."""
    plain = _bubblewrap(parts)
    files = inner_landlock_demand(parts.interpreter, execute=parts.worker.processes > 0)
    return replace(
        plain, isolation=f"{plain.isolation}; landlock within",
        demands={**plain.demands, "landlock": files},
    )  # fmt: skip


def _landlock(parts: _Parts) -> Launch:
    if sys.platform != "linux":
        raise _Absent("Linux has it alone")
    scratch = _scratch(parts)
    files = landlock_demand(
        parts.model, parts.interpreter, scratch, execute=parts.worker.processes > 0,
        code=parts.code,
    )  # fmt: skip
    plain = _plain(parts, "landlock+seccomp", str(scratch))
    demands = {**plain.demands, "landlock": files, **_seccomp(parts)}
    return replace(plain, scratch=scratch, demands=demands)


def _limits_alone(parts: _Parts) -> Launch:
    """A plain process; it is given a copy, so that the model's bytes are not at its path."""
    scratch, copy = _scratch(parts), parts.beside.resolve() / "model"
    shutil.copytree(parts.model, copy)
    return replace(_plain(parts, "rlimits", str(scratch)), scratch=scratch, folder=str(copy))


_MAKERS: tuple[tuple[Level, Callable[[_Parts], Launch]], ...] = (
    ("bubblewrap", _bubblewrap_and_landlock),
    ("bubblewrap", _bubblewrap),  # on a kernel without landlock
    ("landlock+seccomp", _landlock),
)


def _plain(parts: _Parts, level: Level, scratch: str) -> Launch:
    """What all levels have in common: a process with limits, and without privileges."""
    return Launch(
        command=_start(parts, str(WORKER)), environment=_environment(parts.worker, scratch),
        level=level, isolation=isolation_text(level, parts.worker.processes),
        folder=str(parts.model.resolve()), code=str(parts.code.resolve()) if parts.code else "",
        packages=parts.interpreter.packages, is_own_child=True,
        demands={"privileges": True} if sys.platform == "linux" else {},
        limits=limits(parts.worker),
    )  # fmt: skip


def _start(parts: _Parts, folder: str) -> tuple[str, ...]:
    return (parts.interpreter.executable, *_FLAGS, f"{folder}/start.py")


def _scratch(parts: _Parts) -> Path:
    folder = parts.beside.resolve() / "scratch"
    folder.mkdir(exist_ok=True)
    return folder


def _seccomp(parts: _Parts) -> dict[str, Json]:
    rules = filter_rules(platform.machine(), parts.worker.processes)
    if rules is None:
        raise _Absent(f"the system calls of {platform.machine()} are not known to Affidavit")
    return {"seccomp": rules}


def _environment(worker: Worker, scratch: str) -> dict[str, str]:
    threads = str(worker.threads)
    pools = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM", "ARROW_IO", "RAYON")
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": scratch,
        "TMPDIR": scratch,
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_DYNAMIC": "FALSE",
        "LOKY_MAX_CPU_COUNT": threads,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "true",
        "MLFLOW_ENABLE_ASYNC_LOGGING": "false",
        **{f"{pool}_NUM_THREADS": threads for pool in pools if pool != "ARROW_IO"},
        "ARROW_IO_THREADS": threads,
    }
