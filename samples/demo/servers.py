"""An MLflow server on this machine alone, for as long as the demo runs."""

from __future__ import annotations

import atexit
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from steps import StepFailed

_GUARD = Path(__file__).with_name("guard.py")
_START_S = 300.0


class TrackingServer:
    """MLflow on 127.0.0.1 over a SQLite file, which keeps the artifacts too.

    Use as a context manager: it is stopped whatever happens, also when the demo is killed.
    """

    def __init__(self, python: Path, folder: Path, logs: Path, environ: Mapping[str, str]) -> None:
        self._python = python
        self._folder = folder
        self._log = logs / "mlflow-server.log"
        self._environ = {**environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        self._guard: subprocess.Popen[bytes] | None = None
        self.uri = ""

    def __enter__(self) -> Self:
        self._start()
        atexit.register(self.stop)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End the server and wait until it is gone."""
        guard, self._guard = self._guard, None
        if guard is None:
            return
        if guard.stdin is not None:
            guard.stdin.close()
        try:
            guard.wait(60)
        except subprocess.TimeoutExpired:
            guard.kill()
            guard.wait()

    def wait(self) -> str:
        """Return the server's address once it answers.

        Raises:
            StepFailed: it ended, or did not answer in time.
        """
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline:
            if self._guard is None or self._guard.poll() is not None:
                # Another process may have taken the port between our asking and its binding.
                self.stop()
                self._start()
            if self._answers():
                return self.uri
            time.sleep(0.1)
        lines = self._log.read_text(errors="replace").splitlines()[-20:]
        raise StepFailed(
            f"the MLflow server does not answer at {self.uri} after {_START_S:.0f} s:\n"
            + "\n".join(f"    {line}" for line in lines)
        )

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.uri}/health", timeout=30) as answer:
                return bool(answer.status == 200)
        except OSError:  # URLError is one
            return False

    def _start(self) -> None:
        port = _free_port()
        self.uri = f"http://127.0.0.1:{port}"
        with self._log.open("ab") as log:
            self._guard = subprocess.Popen(
                [
                    sys.executable,
                    _GUARD,
                    self._python,
                    "-m",
                    "mlflow",
                    "server",
                    *("--host", "127.0.0.1", "--port", str(port), "--workers", "1"),
                    *("--backend-store-uri", f"sqlite:///{self._folder / 'mlflow.db'}"),
                    *("--artifacts-destination", str(self._folder / "artifacts")),
                ],
                cwd=self._folder,
                env=self._environ,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C is for the demo, which then stops the server in its own time.
                start_new_session=True,
            )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
