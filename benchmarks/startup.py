"""How long a reviewer waits: `affidavit --help`, and `verify` of the small sample."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.figures import Figure, at_most, median_seconds
from benchmarks.sample import sample_bundle


def measure() -> list[Figure]:
    affidavit = str(Path(sys.executable).parent / "affidavit")
    bundle, key = sample_bundle()
    python = median_seconds([sys.executable, "-c", "pass"])
    verify = [affidavit, "verify", str(bundle), "--key", str(key)]
    note = f"an empty Python took {python:.3f} s"
    return [
        at_most("affidavit --help", "s", median_seconds([affidavit, "--help"]), 0.15, note=note),
        at_most("affidavit verify, sample", "s", median_seconds(verify), 0.5, note=note),
    ]
