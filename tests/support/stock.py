"""Another implementation, in an environment of its own that its lock file makes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UV = Path(sys.executable).parent / "uv"


def stock_environment(lock: str, factory: pytest.TempPathFactory) -> Path:
    """The folder of its commands; skipped, and named, where no package index is within reach."""
    home = factory.mktemp(lock) / "env"
    python = home / "bin" / "python"
    pinned = ROOT / "requirements" / f"{lock}.txt"
    subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, home], check=True)
    done = subprocess.run(
        [UV, "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", pinned],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        pytest.skip(f"{lock} cannot be installed: {done.stderr.strip()[-200:]}")
    return home / "bin"
