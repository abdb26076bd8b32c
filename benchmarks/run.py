"""Every benchmark, into build/bench/results.json: `make bench`.

Some of them: `make bench BENCH="card index"`.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.figures import Figure  # noqa: E402 - the path has to be set first

BENCHMARKS = (
    "startup",
    "install",
    "pack_verify",
    "resolve_calls",
    "fairness",
    "worker",
    "importance",
    "explain",
    "explain_report",
    "index",
    "card",
    "glassalpha",
)


def main(chosen: list[str]) -> int:
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print(f"{'':38} {'ours':>10} {'peer':>10} {'ratio':>7} {'goal':>7}")
    figures: list[Figure] = []
    target = ROOT / "build" / "bench" / "results.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    for name in chosen or BENCHMARKS:
        # The minute before: who reads a time wants to know whether the machine was quiet.
        print(f"{name}, load {os.getloadavg()[0]:.1f}", flush=True)
        for figure in import_module(f"benchmarks.{name}").measure():
            figures.append(figure)
            print(_line(figure), flush=True)
            if figure.note:
                print(f"    {figure.note}", flush=True)
            # After each, so that a failure keeps what was measured before it.
            target.write_text(json.dumps([f.as_json() for f in figures], indent=1) + "\n")
    print(f"\n{target.relative_to(ROOT)}")
    return 0 if all(f.holds for f in figures) else 1


def _line(figure: Figure) -> str:
    peer = f"{figure.peer:10.3f}" if figure.peer is not None else f"{'-':>10}"
    ratio = f"{figure.ratio:7.3g}" if figure.ratio is not None else f"{'-':>7}"
    verdict = "" if figure.holds else "  MISSED"
    goal = f"{figure.goal:7.3g}" if figure.goal is not None else f"{'-':>7}"
    ours = f"{figure.name:<34} {figure.unit:<3} {figure.ours:10.3f}"
    return f"{ours} {peer} {ratio} {goal}{verdict}"


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
