"""A build where the bundle cannot be written: on a full disk, and on one that is only read."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from tests.support.sample_world import SampleWorld

# Mounts a disk of its own, builds onto it, and says what is left on it.
ON_A_DISK = """\
mount -t tmpfs -o "$1" tmpfs "$2" || exit 99
folder=$2; shift 2
"$@"; code=$?
echo "left: $(ls -A "$folder")"
exit $code
"""
UNSHARE = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c")


def can_mount(folder: Path) -> bool:
    if shutil.which("unshare") is None:
        return False
    tried = [*UNSHARE, 'mount -t tmpfs tmpfs "$1"', "sh", str(folder)]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


@pytest.mark.system
@pytest.mark.parametrize(
    ("options", "code", "words", "fix"),
    [
        ("size=512k", 4, "no room in", "free space there"),
        ("size=6m", 4, "no room in", "free space there"),
        ("ro", 2, "cannot write in", "choose another folder with --out"),
    ],
    ids=["full when the model comes", "full when the data come", "read-only"],
)
def test_says_that_it_cannot_be_written_and_leaves_nothing(
    card_default: SampleWorld, tmp_path: Path, options: str, code: int, words: str, fix: str
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if not can_mount(disk):
        pytest.skip("no user namespace here in which a disk can be mounted")

    done = subprocess.run(
        [*UNSHARE, ON_A_DISK, "sh", options, disk, *card_default.arguments(disk / "b.zip")],
        env=card_default.environ(None), cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip

    said = " ".join(done.stderr.split())
    assert done.returncode == code, done.stderr
    assert f"error: {words} {disk}" in said
    assert fix in said
    assert "Traceback" not in said
    assert done.stdout.splitlines() == ["left: "]
