"""kill -9 while sealing: the target is never half there, and the next run cleans up."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.bundles import BundleBuilder

from affidavit.bundle.archive_reader import open_archive

CHILD = """
import sys, time
from pathlib import Path
from tests.support.bundles import BundleBuilder

built = BundleBuilder(Path(sys.argv[1]) / "child")

class Stuck:
    def sign(self, payload):
        print("signing", flush=True)
        time.sleep(60)
    def describe(self):
        return "stuck"
    def fingerprint(self):
        return ""
    def made(self, content, name):
        return False

built.signer = Stuck()
built.seal_to(Path(sys.argv[1]) / "out.zip")
"""
ROOT = Path(__file__).parents[2]


def test_kill_9_leaves_no_target_and_the_next_run_removes_the_rest(tmp_path: Path) -> None:
    """Killed at the latest moment: every payload byte is written, the end records are not."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, tmp_path],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}/src:{ROOT}"},
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"signing\n"
    child.kill()
    child.wait()
    child.stdout.close()
    (partial,) = tmp_path.glob(".out.zip.partial-*")
    assert partial.name.startswith(f".out.zip.partial-{child.pid}-")
    assert not (tmp_path / "out.zip").exists()

    BundleBuilder(tmp_path / "next").seal_to(tmp_path / "out.zip")

    open_archive(tmp_path / "out.zip").close()
    assert not partial.exists()
