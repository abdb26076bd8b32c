"""Pack and verify against one SHA-256 pass over the same bytes, and the memory that they take.

On a memory file system where there is one, since disk noise drowns ratios; then on disk.
`AFFIDAVIT_BENCH_MB` sets the size of the large payload (2048). Best of three rounds, each round
all three in turn.
"""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.figures import Figure, at_most
from tests.support.payloads import seal_predicate, sha256_of, write_payload, write_records

from affidavit.bundle import layout
from affidavit.evidence import Evidence, Item, ItemTable
from affidavit.progress import Silent
from affidavit.seal.keys import generate_key, load_signer
from affidavit.seal.sealing import seal
from affidavit.verify import read_keys, verify_bundle
from affidavit.workspace import Workspace

ROUNDS = 3
MB = 2**20
SMALL_FILES = 10_000


def measure() -> Iterator[Figure]:
    """Time ratios for the large payload, then peak memory for three payloads."""
    large_mb = int(os.environ.get("AFFIDAVIT_BENCH_MB", "2048"))
    shm = Path("/dev/shm")
    place = shm if shm.is_dir() else None
    note = "on tmpfs" if place else "no /dev/shm here: on disk, where noise drowns ratios"
    with tempfile.TemporaryDirectory(dir=place, prefix="affidavit-bench-") as folder:
        base = Path(folder)
        generate_key("ed25519", base / "k.pem", base / "k.pub", None)
        large = prepare(base / "large", large_mb, 1)
        yield from _times(base, large, f"{large_mb} MB", note)
        idle = _peak_mb(base, large, "idle")
        peaks = {}
        for name, work in (
            (f"{large_mb} MB", large),
            ("200 MB", prepare(base / "small", 200, 1)),
            (f"{SMALL_FILES:,} files", prepare(base / "many", 10, SMALL_FILES)),
        ):
            for action in ("pack", "verify"):
                peaks[action, name] = above = _peak_mb(base, work, action) - idle
                yield at_most(f"{action} memory, {name}", "MB", above, 150, note="above idle")
            shutil.rmtree(work.root)
        for action in ("pack", "verify"):
            growth = peaks[action, f"{large_mb} MB"] - peaks[action, "200 MB"]
            yield at_most(f"{action} memory growth", "MB", growth, 8, note="200 MB to large")
    if place:
        yield from _on_disk(large_mb)


def _on_disk(size_mb: int) -> Iterator[Figure]:
    """The same times where the system keeps its temporary files: reported, held to nothing."""
    with tempfile.TemporaryDirectory(prefix="affidavit-bench-") as folder:
        base = Path(folder)
        generate_key("ed25519", base / "k.pem", base / "k.pub", None)
        work = prepare(base / "large", size_mb, 1)
        for figure in _times(base, work, f"{size_mb} MB on disk", "disk, page cache warm"):
            yield replace(figure, goal=None, holds=True)


def prepare(root: Path, size_mb: int, files: int) -> Workspace:
    """A work folder with a payload of random bytes in so many files, and its records."""
    work = Workspace(root=root)
    evidence, _ = write_payload(work, "bench", "1", {})
    each = size_mb * MB // files
    items = [
        work.copy_in(
            f"data/dataset/training/part-{number:05d}.bin", _random(each), kind="dataset",
            origin="collected", media_type="application/octet-stream", role="training",
        )
        for number in range(files)
    ]  # fmt: skip
    write_records(work, evidence.adding(items=tuple(items)))
    return work


def _random(size: int) -> Iterator[bytes]:
    for start in range(0, size, MB):
        yield os.urandom(min(MB, size - start))


def _times(base: Path, work: Workspace, size: str, note: str) -> Iterator[Figure]:
    passes, packs, verifies = [], [], []
    for _ in range(ROUNDS):
        passes.append(_seconds(lambda: hash_all(work)))
        packs.append(_seconds(lambda: pack(base, work)))
        verifies.append(_seconds(lambda: verify(base)))
    floor = min(passes)
    yield at_most(f"pack, {size}", "s", min(packs), 1.6, peer=floor, note=note)
    yield at_most(f"verify, {size}", "s", min(verifies), 1.3, peer=floor, note=note)


def _seconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def hash_all(work: Workspace) -> None:
    """The peer: every payload file through hashlib once, in pieces of 1 MiB."""
    for path in work.payload.rglob("*"):
        if path.is_file():
            digest = hashlib.sha256()
            with path.open("rb", buffering=0) as file:
                while piece := file.read(MB):
                    digest.update(piece)
            digest.hexdigest()


def pack(base: Path, work: Workspace) -> None:
    """Seal the work folder into base/out.zip."""
    out = base / "out.zip"
    out.unlink(missing_ok=True)
    content = (work.root / layout.EVIDENCE).read_bytes()
    evidence = Evidence.model_validate_json(content)
    derived: tuple[Item, ...] = ItemTable.model_validate_json(
        (work.root / layout.ITEMS).read_bytes()
    ).items
    seal(
        evidence, derived, work, out, signers=(load_signer(base / "k.pem"),),
        predicate=seal_predicate(evidence, sha256_of(content)), progress=Silent(),
    )  # fmt: skip


def verify(base: Path) -> None:
    """Every check on base/out.zip, with the pinned key."""
    verdict = verify_bundle(base / "out.zip", trust=read_keys((base / "k.pub",)))
    if verdict.exit_code != 0:
        raise RuntimeError(f"the benchmark's bundle does not verify: {verdict.failed}")


def _peak_mb(base: Path, work: Workspace, action: str) -> float:
    """Peak memory of a fresh process that does this one thing, in MB."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.pack_verify", action, base, work.root],
        check=True,
        capture_output=True,
        cwd=Path(__file__).resolve().parents[1],
    )
    return int(done.stdout) / 1024


def _high_water_kib() -> int:
    """This process's own peak. `ru_maxrss` would do, but on Linux it starts at the parent's."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM:"))
        return int(line.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _child(action: str, base: Path, root: Path) -> None:
    if action == "pack":
        pack(base, Workspace(root=root))
    elif action == "verify":
        verify(base)
    print(_high_water_kib())


if __name__ == "__main__":
    _child(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
