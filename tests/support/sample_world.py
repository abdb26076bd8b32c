"""The card-default sample as `make demo-outcomes` leaves it: registry, repository, remote, key."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from filelock import FileLock

from affidavit.cli.main import cli

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / "samples" / "demo" / "run.py"
# The demo's key is thrown away with it.
PASSPHRASE = "correct horse battery staple"


@dataclass(frozen=True)
class SampleWorld:
    """A laid-out sample, and how the command is run on it."""

    out: Path
    printed: str

    @property
    def remote(self) -> Path:
        return self.out / "remote"

    @property
    def repository(self) -> Path:
        return self.out / "repository"

    @property
    def public_key(self) -> Path:
        return self.out / "keys" / "release.pub"

    @property
    def bundle(self) -> Path:
        return self.out / "bundles" / "card-default-1.evidence.zip"

    def arguments(self, out: Path, **changed: object) -> list[str]:
        """The words of `affidavit build`, with options replaced or (None) left out."""
        options: dict[str, object] = {
            "tracking_uri": f"sqlite:///{self.out / 'mlflow.db'}",
            "repo": self.repository,
            "remote": self.remote,
            "signer": self.out / "keys" / "release.pem",
            "out": out,
            "as_of": "2026-11-23",
            "no_pdf": True,
            **changed,
        }
        subject = str(options.pop("subject", "models:/card-default/1"))
        words = [sys.executable, "-m", "affidavit", "build", subject]
        for name, value in options.items():
            flag = f"--{name.replace('_', '-')}"
            words += [flag] if value is True else [] if value is None else [flag, str(value)]
        return words

    def build(
        self, out: Path, *, environ: Mapping[str, str] | None = None, **changed: object
    ) -> subprocess.CompletedProcess[str]:
        """Run `affidavit build` to its end, in this process."""
        _, _, _, *words = self.arguments(out, **changed)
        return self.run(*words, cwd=out.parent, environ=environ)

    def build_apart(
        self, out: Path, *, environ: Mapping[str, str] | None = None, **changed: object
    ) -> subprocess.CompletedProcess[str]:
        """Run `affidavit build` to its end, in a process of its own."""
        return subprocess.run(
            self.arguments(out, **changed),
            cwd=out.parent,
            env=self.environ(environ),
            capture_output=True,
            text=True,
            check=False,
        )

    def run(
        self, *words: object, cwd: Path | None = None, environ: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run any command in this process: to load MLflow anew takes longer than a build does."""
        arguments, wanted = list(map(str, words)), self.environ(environ)
        with contextlib.chdir(cwd or Path.cwd()):
            done = CliRunner().invoke(
                cli, arguments, env={**dict.fromkeys(os.environ), **wanted}, catch_exceptions=False
            )
        return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)

    def start(self, out: Path) -> subprocess.Popen[str]:
        """Start `affidavit build` in a process group of its own, to be stopped on its way."""
        return subprocess.Popen(
            self.arguments(out),
            cwd=out.parent,
            env=self.environ(None),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def environ(self, more: Mapping[str, str] | None) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AFFIDAVIT_", "MLFLOW_"))}
        return {**kept, "AFFIDAVIT_KEY_PASSPHRASE": PASSPHRASE, **(more or {})}


def stop(process: subprocess.Popen[str], how: signal.Signals) -> tuple[int, str]:
    """Send the signal to the process alone, and give its exit code and standard error."""
    process.send_signal(how)
    _, said = process.communicate(timeout=60)
    return process.returncode, said


def wait_until(is_so: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    """Wait for what a command does on its way; no longer than it lives, and than five minutes."""
    deadline = time.monotonic() + 300
    while not is_so() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)


@pytest.fixture(scope="session")
def card_default(tmp_path_factory: pytest.TempPathFactory) -> SampleWorld:
    """The sample, laid out, trained, built and verified once for all tests of all processes."""
    own = tmp_path_factory.getbasetemp()
    shared = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "card-default"
    shared.mkdir(exist_ok=True)
    said = shared / "said.txt"
    with FileLock(shared / "lock"):
        if not said.exists():
            said.write_text(_train_and_build(shared / "demo", elsewhere=own))
    return SampleWorld(shared / "demo", said.read_text())


def _train_and_build(out: Path, *, elsewhere: Path) -> str:
    ended = subprocess.run(
        [sys.executable, RUN, "--sample", "card-default", "--no-pdf", "--out", out],
        cwd=elsewhere,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout
