"""What a reviewer installs: the packages of the base wheel in a fresh environment; their size."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.figures import Figure, at_most

ROOT = Path(__file__).resolve().parents[1]
UV = Path(sys.executable).parent / "uv"
PINNED = ROOT / "requirements" / "reviewer.txt"


def measure() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="affidavit-bench-") as folder:
        home = Path(folder) / "env"
        install(home, Path(folder) / "dist")
        packages = installed(home)
        note = ", ".join(packages)
        return [
            at_most("base install, packages", "", len(packages), 40, note=note),
            at_most("base install, without bytecode", "MB", size_mb(home), 60),
        ]


def install(home: Path, dist: Path) -> None:
    """The wheel of this checkout and what it pins, in an environment of its own."""
    build = ("-m", "build", "--wheel", "--no-isolation", "--outdir", dist, ROOT)
    _run(sys.executable, *build)
    _run(UV, "venv", "--quiet", "--python", sys.executable, home)
    into = (UV, "pip", "install", "--quiet", "--link-mode", "copy", "--python", home)
    _run(*into, "--require-hashes", "-r", PINNED)
    _run(*into, "--no-deps", next(dist.glob("*.whl")))


def installed(home: Path) -> list[str]:
    """Name and version of each package."""
    told = _run(UV, "pip", "list", "--python", home, "--format", "json")
    return [f"{p['name']} {p['version']}" for p in json.loads(told)]


def size_mb(home: Path) -> float:
    """Bytes of the files that were installed, bytecode left out, in 10^6."""
    site = next(home.glob("lib/python*/site-packages"))
    files = (p for p in site.rglob("*") if p.is_file() and p.suffix != ".pyc")
    return sum(p.stat().st_size for p in files) / 1e6


def _run(*words: str | Path) -> str:
    done = subprocess.run(
        [str(w) for w in words], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return done.stdout
