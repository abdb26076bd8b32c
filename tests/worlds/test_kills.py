"""Builds that are stopped anywhere: nothing half-written, nothing left running, the next one clean.

Each shard is a seed: so many builds, each stopped at a point of its course that the seed draws, by
SIGKILL or Ctrl-C. Half of the points are parts of the usual time, half lie shortly after the end of
a stage, since rendering and sealing take the least of it. `AFFIDAVIT_KILLS` names a file to which
every kill is written, for the record.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from tests.support.orphans import adopting, children, left_running
from tests.support.wheels import write_wheelhouse
from tests.worlds.bank import DAY, PASSPHRASE, Bank
from tests.worlds.stories import ROLES, STATED, rows

from affidavit.verify import read_keys, verify_bundle

SHARDS, EACH = 10, 20
LEFT_BY_BUILDS = (".affidavit-work-", ".partial-", ".making-")
GONE_WITHIN_S = 5
STAGES = ("resolve", "recompute", "assess", "render", "seal")
TRACEBACK = "Traceback (most recent call last)"


@dataclass(frozen=True, kw_only=True)
class Point:
    """Where a build is stopped: a part of its usual time, or so many seconds after a stage."""

    part: float = 0.0
    after: str = ""
    delay_s: float = 0.0
    how: str


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """One build, stopped: where and how, its exit code, and what it had said."""

    shard: int
    build: str
    point: Point
    code: int
    said: str

    @property
    def was_in_time(self) -> bool:
        """Whether it had not ended by itself."""
        return self.code in (-signal.SIGKILL, 130)

    @property
    def done(self) -> list[str]:
        return [w for line in self.said.splitlines() for w in line.split()[:1] if w in STAGES]


@dataclass(kw_only=True)
class Site:
    """A folder to build in, with temporary files and a cache of its own."""

    bank: Bank
    folder: Path
    ref: str
    options: tuple[object, ...] = ()
    ends_with: int = 0
    lasts_s: float = 0.0

    @property
    def out(self) -> Path:
        return self.folder / "out" / "b.zip"

    def start(self) -> subprocess.Popen[str]:
        for name in ("out", "tmp", "cache"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        words = [
            sys.executable, "-m", "affidavit", "build", self.ref, *self.bank.where(self.bank.remote),
            "--signer", self.bank.key, "--no-pdf", "--as-of", DAY, "--out", self.out, *self.options,
        ]  # fmt: skip
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AFFIDAVIT_", "MLFLOW_"))}
        environ = kept | {
            "AFFIDAVIT_KEY_PASSPHRASE": PASSPHRASE, "TMPDIR": str(self.folder / "tmp"),
            "XDG_CACHE_HOME": str(self.folder / "cache"),
        }  # fmt: skip
        return subprocess.Popen(
            [str(w) for w in words], env=environ, cwd=self.folder, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip

    def whole(self) -> None:
        """Build to the end: it ends as it should, and what killed ones left is gone."""
        self.out.unlink(missing_ok=True)
        began = time.monotonic()
        process = self.start()
        printed, said = process.communicate(timeout=300)
        self.lasts_s = time.monotonic() - began
        assert process.returncode == self.ends_with, printed + said
        assert self.left() == []
        if self.ends_with == 0:
            self.verified()

    def verified(self) -> None:
        verdict = verify_bundle(self.out, trust=read_keys((self.bank.public_key,)))
        assert verdict.word == "VERIFIED"

    def left(self) -> list[str]:
        """What builds made beside the bundle, in the folder for temporary files and in the cache."""
        found = [p for p in self.folder.rglob("*") if any(m in p.name for m in LEFT_BY_BUILDS)]
        found += (self.folder / "tmp").iterdir()
        return sorted(str(p.relative_to(self.folder)) for p in found)


@pytest.fixture(scope="module")
def ordinary(bank: Bank, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A build that ends well."""
    commit = bank.commit(rows(), STATED, "Train what is built and stopped")
    ref = bank.register("stopped", commit, roles=ROLES).ref
    return Site(bank=bank, folder=tmp_path_factory.mktemp("stopped"), ref=ref)


@pytest.fixture(scope="module")
def with_environment(bank: Bank, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A build that makes an environment each time; its wheels are empty, so no model starts there."""
    folder = tmp_path_factory.mktemp("environment")
    wheelhouse = write_wheelhouse(folder / "wheels")
    commit = bank.commit(rows(), STATED, "Train with packages of the bank's own")
    files = bank.models["logistic"] | {"requirements.txt": b"scorecard==1.0\n"}
    made = bank.register("own-packages", commit, roles=ROLES, files=files)
    return Site(
        bank=bank, folder=folder / "site", ref=made.ref, options=("--wheelhouse", wheelhouse),
        ends_with=4,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def adopted() -> Iterator[None]:
    """Orphans come to us; and Ctrl-C works below us, though we may run in a shell's background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with adopting():
            yield
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.slow
@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_build_stopped_anywhere_leaves_nothing(
    ordinary: Site, with_environment: Site, shard: int
) -> None:
    drawn = random.Random(f"kills, shard {shard}")
    stopped = 0
    while stopped < EACH:
        site = with_environment if stopped % 4 == 3 else ordinary
        if not site.lasts_s:
            site.whole()
        done = stop(site, shard, point(drawn, site))
        stopped += done.was_in_time
        if done.was_in_time and stopped % 10 == 0:
            ordinary.whole()
            with_environment.whole()


def point(drawn: random.Random, site: Site) -> Point:
    """Where and how to stop a build of the site."""
    how = drawn.choice(["SIGKILL", "SIGINT", "SIGINT to all"])
    if drawn.random() < 0.5:
        return Point(part=drawn.uniform(0, 0.9), how=how)
    stage = "resolve" if site.ends_with else drawn.choice(STAGES[:-1])
    lasts_s = 0.3 * site.lasts_s if stage == "resolve" else 0.4
    return Point(after=stage, delay_s=drawn.uniform(0, lasts_s), how=how)


def stop(site: Site, shard: int, at: Point) -> Stopped:
    """Start a build, stop it at the point, and look at what is left of it."""
    site.out.unlink(missing_ok=True)
    if site.ends_with:
        forget_environments(site)
    before, there, began = children(), site.left(), time.monotonic()
    process = site.start()
    heard = await_point(process, at, site.lasts_s)
    with suppress(ProcessLookupError):
        number = signal.SIGKILL if at.how == "SIGKILL" else signal.SIGINT
        # To all: as a terminal does.
        (os.killpg if at.how == "SIGINT to all" else os.kill)(process.pid, number)
    _, said = process.communicate(timeout=60)
    stopped = Stopped(
        shard=shard, build=site.ref, point=at, code=process.returncode, said=heard + said
    )
    record(stopped)
    if not stopped.was_in_time:  # it takes less than it did
        site.lasts_s = min(site.lasts_s, time.monotonic() - began)

    assert left_running(before, GONE_WITHIN_S) == [], stopped
    if site.out.exists():
        site.verified()
    if stopped.code != -signal.SIGKILL:
        # What one before it left goes when a build makes its folder; it may not have come to that.
        assert set(site.left()) <= set(there), stopped
        assert TRACEBACK not in stopped.said, stopped
        assert stopped.code in (130, site.ends_with), stopped
    return stopped


def await_point(process: subprocess.Popen[str], at: Point, lasts_s: float) -> str:
    """Wait until the build is there; what it said meanwhile."""
    assert process.stderr is not None
    heard = ""
    if at.after:
        for line in process.stderr:
            heard += line
            if line.split()[:1] == [at.after]:
                break
    time.sleep(at.delay_s or at.part * lasts_s)
    return heard


def forget_environments(site: Site) -> None:
    """The environments that were made whole: the next build makes one again."""
    for kept in (site.folder / "cache").rglob("packages-*"):
        shutil.rmtree(kept)


def record(stopped: Stopped) -> None:
    if place := os.environ.get("AFFIDAVIT_KILLS"):
        told = asdict(stopped) | {"said": "", "done": stopped.done}
        with Path(place).open("a") as out:
            out.write(json.dumps(told) + "\n")
