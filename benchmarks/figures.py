"""One measured figure, and how whole processes are timed."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass


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
    """The median time of a command as a whole process, in seconds; one run to warm up."""
    times = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        times.append(time.perf_counter() - began)
    return statistics.median(times[1:])
