"""How the worker's process is started, and how far it is shut in.

Bubblewrap where it is there and works, tried by running it once: own namespaces, no network, only
the interpreter, its packages and the model to read, and nothing to write but a small scratch
folder. Else a plain process with resource limits. The result is named, never assumed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from affidavit.config import Worker
from affidavit.recompute.worker.interpreter import Interpreter

BUBBLEWRAP = "bubblewrap: own namespaces, no network, read-only files"
PLAIN = "process with resource limits only"

_WORKER = Path(__file__).resolve().parent.parent / "affidavit_worker"
_SYSTEM = ("/usr", "/bin", "/lib", "/lib32", "/lib64", "/libx32", "/sbin")
_PROBE_S = 20
_MEBIBYTE = 1 << 20
# Not `-I`: it would also ignore PYTHONHASHSEED, and the environment is ours, from the first name
# to the last. `-s -P` are the rest of what `-I` means.
_FLAGS = ("-S", "-s", "-P", "-B")


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """A command that starts a worker; two descriptor numbers are added to it.

    Attributes:
        command: the argument list.
        environment: all variables the worker sees.
        isolation: what shuts the worker in, in words.
        folder: where the worker finds the model.
        packages: where it finds packages.
        is_own_child: False where a sandbox stands between us and the worker.
    """

    command: tuple[str, ...]
    environment: dict[str, str]
    isolation: str
    folder: str
    packages: tuple[str, ...]
    is_own_child: bool


def plan_launch(
    model: Path, worker: Worker, interpreter: Interpreter, *, bubblewrap: bool = True
) -> Launch:
    """The strongest way of starting a worker that works on this machine.

    Args:
        model: the folder of the model's files.
        worker: limits, from the configuration.
        interpreter: what the worker runs on.
        bubblewrap: False leaves it out although it may be there; for tests.
    """
    environment, packages = _environment(worker), interpreter.packages
    python = (interpreter.executable, *_FLAGS)
    tool = shutil.which("bwrap") if bubblewrap and sys.platform == "linux" else None
    if tool is not None:
        walls = _walls(tool, model, worker, interpreter)
        if _works((*walls, *python, "-c", "import json, resource"), environment):
            return Launch(
                command=(*walls, *python, "/affidavit/affidavit_worker/start.py"),
                environment=environment, isolation=BUBBLEWRAP, folder="/affidavit/model",
                packages=packages, is_own_child=False,
            )  # fmt: skip
    return Launch(
        command=(*python, str(_WORKER / "start.py")), environment=environment, isolation=PLAIN,
        folder=str(model.resolve()), packages=packages, is_own_child=True,
    )  # fmt: skip


def limits(worker: Worker) -> dict[str, int]:
    """Resource limits by the names that `setrlimit` has for them.

    `data` is what the process may write to; `as`, address space, is wider by what numpy and Arrow
    reserve without using it.
    """
    memory = worker.memory_mb * _MEBIBYTE
    return {
        "data": memory,
        "as": 2 * memory + 8192 * _MEBIBYTE,
        "core": 0,
        "cpu": worker.timeout_s * worker.threads + 5,
        "fsize": 256 * _MEBIBYTE,
        "nofile": 512,
    }


def _environment(worker: Worker) -> dict[str, str]:
    threads = str(worker.threads)
    pools = ("OMP", "OPENBLAS", "MKL", "NUMEXPR", "VECLIB_MAXIMUM", "ARROW_IO", "RAYON")
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": "/tmp",  # noqa: S108  # inside the sandbox, a scratch folder of its own
        "TMPDIR": "/tmp",  # noqa: S108  # the same folder
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_DYNAMIC": "FALSE",
        "LOKY_MAX_CPU_COUNT": threads,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "true",
        "MLFLOW_ENABLE_ASYNC_LOGGING": "false",
        **{f"{pool}_NUM_THREADS": threads for pool in pools if pool != "ARROW_IO"},
        "ARROW_IO_THREADS": threads,
    }


def _walls(tool: str, model: Path, worker: Worker, interpreter: Interpreter) -> tuple[str, ...]:
    scratch = str(min(worker.memory_mb, 1024) * _MEBIBYTE)
    parts = [
        tool, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL",
        "--clearenv", "--hostname", "worker",
    ]  # fmt: skip
    for name, value in sorted(_environment(worker).items()):
        parts += ["--setenv", name, value]
    parts += _system_mounts()
    parts += ["--proc", "/proc", "--dev", "/dev", "--size", str(64 * _MEBIBYTE)]
    parts += ["--tmpfs", "/dev/shm", "--remount-ro", "/dev"]  # noqa: S108  # the sandbox's own
    parts += ["--size", scratch, "--tmpfs", "/tmp"]  # noqa: S108  # the sandbox's own
    for folder in _outermost((*interpreter.readable, *interpreter.packages)):
        parts += ["--ro-bind", folder, folder]
    parts += ["--ro-bind", str(_WORKER), "/affidavit/affidavit_worker"]
    parts += ["--ro-bind", str(model.resolve()), "/affidavit/model"]
    parts += ["--remount-ro", "/", "--chdir", "/tmp", "--"]  # noqa: S108  # the sandbox's own
    return tuple(parts)


def _system_mounts() -> Iterator[str]:
    for name in _SYSTEM:
        path = Path(name)
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), name)
        elif path.is_dir():
            yield from ("--ro-bind", name, name)
    for name in ("/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives"):
        yield from ("--ro-bind-try", name, name)


def _outermost(folders: tuple[str, ...]) -> list[str]:
    """The folders, without what lies inside another of them."""
    kept: list[str] = []
    for folder in sorted(set(folders)):
        inside = any(Path(folder).is_relative_to(k) for k in (*kept, "/usr"))
        if not inside and folder != "/":
            kept.append(folder)
    return kept


def _works(command: tuple[str, ...], environment: dict[str, str]) -> bool:
    try:
        tried = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
            timeout=_PROBE_S, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return False
    return tried.returncode == 0
