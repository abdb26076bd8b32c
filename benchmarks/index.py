"""An inventory of 5,000 bundles: its time, its memory, and how soon its page is there."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.figures import Figure, Spent, at_most, run_timed
from tests.support.bundles import BundleBuilder
from tests.support.portfolios import portfolio_bundle, trust_file

MODELS, VERSIONS = 1000, 5
_MB = 1_000_000
_RUN = """\
import resource, runpy, sys
sys.argv = sys.argv[1:]
try:
    runpy.run_module("affidavit", run_name="__main__")
finally:
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    part = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(own, part)
"""


def measure() -> list[Figure]:
    folder = Path(tempfile.mkdtemp(prefix="affidavit-bench-index-"))
    try:
        return _figures(folder)
    finally:
        shutil.rmtree(folder)


def _figures(folder: Path) -> list[Figure]:
    trust = make_portfolio(folder, MODELS, VERSIONS)
    few = folder / "few"
    for path in sorted((folder / "many").iterdir())[: MODELS // 10]:
        shutil.copytree(path, few / path.name)
    page = folder / "index.html"
    both, own, part = timed(folder / "many", trust, page)
    alone, alone_own, _ = timed(folder / "many", trust, page, "--jobs", "1")
    _, few_own, few_part = timed(few, trust, folder / "few.html", "--jobs", "2")
    total = MODELS * VERSIONS
    figures = [
        at_most(f"index of {total:,} bundles", "s", both.clock_s, 60,
                note=f"on every processor, {both.processor_s:.1f} s of them"),
        at_most(f"index of {total:,}, one process", "s", alone.clock_s, 60,
                note=f"processor {alone.processor_s:.1f} s"),
        at_most("its peak memory", "MB", own, None, note=f"of 500 bundles {few_own:.0f}"),
        at_most("peak memory of a reader", "MB", part, None, note=f"of 500 bundles {few_part:.0f}"),
        at_most("peak memory, one process", "MB", alone_own, None),
        at_most("the page", "MB", page.stat().st_size / _MB, None),
    ]  # fmt: skip
    loaded = seconds_to_load(page, folder)
    if loaded is not None:
        figures.append(at_most("the page, loaded and drawn in Chromium", "s", loaded, 10))
    return figures


def make_portfolio(folder: Path, models: int, versions: int) -> Path:
    """Bundles below `many/`, a folder a model; returns a trust.toml that pins their signers."""
    builder = BundleBuilder(folder / "one")
    sealer, validator = builder.other_signer(), builder.other_signer()
    for model in range(models):
        attestation = {"role": "validator", "expires_on": f"2027-{1 + model % 12:02d}-01"}
        for version in range(1, versions + 1):
            portfolio_bundle(
                builder,
                folder / "many" / f"m{model:04d}" / f"{version}.evidence.zip",
                name=f"model-{model:04d}", version=str(version), owner=f"Desk {model % 40}",
                tier=str(1 + model % 3), gaps=(model + version) % 4, params=str(version % 3),
                signer=sealer,
                attested=[(validator, attestation)] if version == 2 else (),
            )  # fmt: skip
    return trust_file(folder, release=(sealer, ["sealer"]), validation=(validator, ["validator"]))


def timed(folder: Path, trust: Path, page: Path, *more: str) -> tuple[Spent, float, float]:
    """What it took; peak memory of the command and of the largest process it started, in MB."""
    command = [sys.executable, "-c", _RUN, "affidavit", "index", str(folder), "--trust", str(trust),
               "--out", str(page), "-q", *more]  # fmt: skip
    took = run_timed(command, cwd=folder.parent)
    own, part = took.said.split()[-2:]
    scale = 1 if sys.platform == "darwin" else 1024
    return took, int(own) * scale / _MB, int(part) * scale / _MB


def seconds_to_load(page: Path, folder: Path) -> float | None:
    """Until Chromium has loaded, run and drawn the page, as a whole process; None without it."""
    chromium = shutil.which("chromium")
    if chromium is None:
        return None
    command = [
        chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        f"--user-data-dir={folder / 'profile'}", "--window-size=1400,1000",
        f"--screenshot={folder / 'page.png'}", page.as_uri(),
    ]  # fmt: skip
    subprocess.run([*command[:-1], "about:blank"], check=True, capture_output=True)
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - began
