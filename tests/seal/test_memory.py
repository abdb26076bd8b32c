"""Memory does not grow with the payload: neither when it is packed nor when it is read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# VmHWM is the process's own peak; ru_maxrss starts at that of the process that started it.
# Sparse files: the bytes are zeros that no disk holds; packing and hashing read them all the same.
MEASURE = r"""
import hashlib, re, sys
from pathlib import Path
from affidavit.bundle.archive_reader import open_archive
from affidavit.bundle.archive_writer import ArchiveWriter
from tests.support.heads import HEAD

folder, size = Path(sys.argv[1]), int(sys.argv[2])
source, out = folder / f"source-{size}", folder / f"{size}.zip"
with source.open("wb") as file:
    file.truncate(size)
digest = hashlib.sha256()
for _ in range(size // 2**20):
    digest.update(bytes(2**20))
with out.open("xb", buffering=0) as file, ArchiveWriter(file, "m-1") as archive:
    for name, content in HEAD:
        archive.add_bytes(name.removeprefix("m-1/"), content)
    archive.add_file("data/large", source, size, digest.hexdigest())
with open_archive(out) as archive:
    assert archive.digest("data/large") == digest.hexdigest()
    for _ in archive.chunks("data/large"):
        pass
out.unlink()
print(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1])
"""
ROOT = Path(__file__).parents[2]


def peak_kib(folder: Path, size: int) -> int:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, folder, str(size)],
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": f"{ROOT}/src:{ROOT}"},
    )
    return int(done.stdout)


pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="the peak is read from Linux's /proc"
)


def test_packing_and_reading_64_mb_and_256_mb_take_the_same_memory(tmp_path: Path) -> None:
    small, large = peak_kib(tmp_path, 64 * 2**20), peak_kib(tmp_path, 256 * 2**20)

    assert abs(large - small) < 8 * 1024


@pytest.mark.slow
def test_packing_and_reading_200_mb_and_2_gb_take_the_same_memory(tmp_path: Path) -> None:
    small, large = peak_kib(tmp_path, 200 * 2**20), peak_kib(tmp_path, 2048 * 2**20)

    assert abs(large - small) < 8 * 1024
