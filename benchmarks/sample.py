"""The sample's champion bundle and the key to trust; `make demo` makes both."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "build" / "demo"


def sample_bundle() -> tuple[Path, Path]:
    """The bundle and the public key, built first where they are not there."""
    bundle = DEMO / "bundles" / "credit-risk-3.evidence.zip"
    if not bundle.is_file():
        subprocess.run(
            [sys.executable, "samples/demo/run.py"], check=True, cwd=ROOT,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
    return bundle, next((DEMO / "keys").glob("*.pub"))
