"""One measured figure, and how whole processes are timed."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

_NULL = subprocess.DEVNULL


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A measurement beside its peer, and whether the goal holds.

    `ratio` is ours ÷ peer. `goal` bounds the ratio where there is a peer, else `ours`.
    """

    name: str
    unit: str
    ours: float
    peer: float | None = None
    ratio: float | None = None
    goal: float | None
    holds: bool
    note: str = ""

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def at_most(
    name: str,
    unit: str,
    ours: float,
    goal: float | None,
    *,
    peer: float | None = None,
    note: str = "",
) -> Figure:
    """A figure that should not exceed its goal; without one it is only reported."""
    ratio = ours / peer if peer else None
    judged = ours if ratio is None else ratio
    return Figure(
        name=name, unit=unit, ours=ours, peer=peer, ratio=ratio, goal=goal,
        holds=goal is None or judged <= goal, note=note,
    )  # fmt: skip


def median_seconds(command: Sequence[str], runs: int = 11) -> float:
    """The median time of a command as a whole process, in seconds; one run to warm up.

    With bytecode, which an installer writes: the first run writes what is not there, aside.
    """
    times = []
    with tempfile.TemporaryDirectory() as bytecode:
        env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        env["PYTHONPYCACHEPREFIX"] = bytecode
        for _ in range(runs + 1):
            began = time.perf_counter()
            subprocess.run(command, check=True, stdout=_NULL, stderr=_NULL, env=env)
            times.append(time.perf_counter() - began)
    return statistics.median(times[1:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a whole process took, those that it started included, and what it printed."""

    clock_s: float
    processor_s: float
    said: str


def run_timed(command: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None) -> Spent:
    """Run a command to its end, once.

    Raises:
        RuntimeError: it failed; with the last of what it printed.
    """
    began, before = time.perf_counter(), children_processor_s()
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    clock, processor = time.perf_counter() - began, children_processor_s() - before
    if done.returncode:
        said = (done.stdout + done.stderr)[-2000:]
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{said}")
    return Spent(clock_s=clock, processor_s=processor, said=done.stdout)


def children_processor_s() -> float:
    """The processor's time, user and system, of every process that ended below this one."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
