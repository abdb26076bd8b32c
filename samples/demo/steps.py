"""The demo's steps: one line each, long output to a log, and nothing left running."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from guard import end_group

WIDTH = 80
_TAIL_LINES = 25


class StepFailed(Exception):
    """A step of the demo ended otherwise than it must; the text says which, and why."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that has run: its exit code, and what it said on each stream."""

    code: int
    stdout: str
    stderr: str


def interrupt_on_terminate() -> None:
    """Let SIGTERM and SIGHUP end the demo as Ctrl-C does, through every `finally`."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGHUP, interrupt)


class Steps:
    """Runs commands and tells of them.

    Args:
        logs: folder for what the commands print, a file each.
        environ: the environment of every command.
    """

    def __init__(self, logs: Path, environ: Mapping[str, str]) -> None:
        self.logs = logs
        self.environ = dict(environ)
        self._count = 0
        logs.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def step(self, name: str, text: str) -> Iterator[list[str]]:
        """One line when the work inside is done: name, text, seconds.

        Yields:
            A list; strings put into it are appended to the text.
        """
        started = time.monotonic()
        more: list[str] = []
        yield more
        words = " · ".join((text, *more))
        room = WIDTH - 13 - 8
        told = words if len(words) <= room else f"{words[: room - 1]}…"
        print(f"  {name:<10} {told:<{room}} {time.monotonic() - started:5.1f} s", flush=True)

    def run(
        self,
        *command: str | Path,
        cwd: Path,
        codes: tuple[int, ...] = (0,),
        extra: Mapping[str, str] | None = None,
    ) -> Ended:
        """Run a command to its end.

        Args:
            command: program and arguments; no shell.
            cwd: folder to run in.
            codes: exit codes that are as they should be.
            extra: environment of this command alone.

        Raises:
            StepFailed: another exit code, with the last lines of what was printed.
        """
        words = [str(word) for word in command]
        self._count += 1
        stem = self.logs / f"{self._count:02d}-{Path(words[0]).name}-{_second(words)}"
        out, err = stem.with_suffix(".out.log"), stem.with_suffix(".err.log")
        with out.open("wb") as out_file, err.open("wb") as err_file:
            child = subprocess.Popen(
                words,
                cwd=cwd,
                env={**self.environ, **(extra or {})},
                stdin=subprocess.DEVNULL,
                stdout=out_file,
                stderr=err_file,
                start_new_session=True,
            )
            try:
                code = child.wait()
            except BaseException:
                end_group(child)
                raise
        ended = Ended(code, _read(out), _read(err))
        if code not in codes:
            tail = (ended.stdout + ended.stderr).splitlines()[-_TAIL_LINES:]
            raise StepFailed(
                f"{' '.join(words)}\n  ended with {code}, in {cwd}; its last lines:\n\n"
                + "\n".join(f"    {line}" for line in tail)
                + f"\n\n  whole: {out} and {err.name}"
            )
        return ended


def quiet_environ(python: Path, home: Path) -> dict[str, str]:
    """The machine's environment, made the same for everyone and silent to the outside.

    Git and DVC see no configuration of the user, MLflow and DVC send no statistics, and the run
    is logged under the sample's own author, not under whoever runs the demo.
    """
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("GIT_", "DVC_", "MLFLOW_", "AFFIDAVIT_"))
    }
    return {
        **kept,
        "PATH": os.pathsep.join((str(python.parent), kept.get("PATH", os.defpath))),
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "DVC_NO_ANALYTICS": "1",
        "DVC_SITE_CACHE_DIR": str(home / "dvc"),
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # four processes that nothing here needs
        "LOGNAME": "ada",
        "OMP_NUM_THREADS": "1",
        "PYTHONWARNINGS": "ignore",
    }


def _second(words: list[str]) -> str:
    for word in words[1:]:
        name = Path(word).name
        if name and not word.startswith("-"):
            return "".join(c if c.isalnum() else "-" for c in name)[:24]
    return "run"


def _read(path: Path) -> str:
    with contextlib.suppress(OSError):
        return path.read_text(errors="replace")
    return ""
