"""Interpreters: the one we run on, those at hand, and one that the user names."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from affidavit.errors import WorkerError
from affidavit.recompute.environments.installed import Python

_PROBE_S = 30
_VERSION = re.compile(r"\d{1,3}(\.\d{1,3}){2}")
# `-I -S` and only the standard library: asking an interpreter what it is follows no `.pth` file.
_PROBE = """
import json, site, sys
folder = sys.argv[1]
print(json.dumps({
    "version": ".".join(map(str, sys.version_info[:3])), "name": sys.implementation.name,
    "executable": sys.executable, "prefixes": [sys.base_prefix, sys.base_exec_prefix],
    "packages": site.getsitepackages([folder] if folder else None),
    "system": site.getsitepackages([sys.base_prefix, sys.base_exec_prefix]),
}))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPython:
    """An interpreter that was started once, and what it says of itself.

    Attributes:
        executable: the program.
        python: its version.
        readable: its folders.
        packages: folders of its installed packages.
    """

    executable: str
    python: Python
    readable: tuple[str, ...]
    packages: tuple[str, ...] = ()


def running_python() -> FoundPython:
    """The interpreter that Affidavit runs on, without its packages."""
    executable = Path(sys.executable).resolve()
    prefixes = (sys.base_prefix, sys.base_exec_prefix, str(executable.parent.parent))
    return FoundPython(
        executable=str(executable), python=Python(".".join(map(str, sys.version_info[:3]))),
        readable=tuple(dict.fromkeys(prefixes)),
    )  # fmt: skip


def find_python(minor: str, environ: Mapping[str, str] | None = None) -> FoundPython | None:
    """An interpreter of this minor version on this machine, or None. Nothing is downloaded.

    Looked for on PATH, and where pyenv and uv keep theirs.

    Args:
        minor: as `3.12`.
        environ: the process environment, unless told.
    """
    running = running_python()
    if running.python.minor == minor:
        return running
    for candidate in _candidates(minor, os.environ if environ is None else environ):
        found = _ask(candidate, "")
        if found is not None and found.python.minor == minor:
            return found
    return None


def _candidates(minor: str, environ: Mapping[str, str]) -> Iterator[Path]:
    home, name = Path(environ.get("HOME") or Path.home()), f"python{minor}"
    for folder in environ.get("PATH", "").split(os.pathsep):
        if folder:
            yield Path(folder) / name
    pyenv = Path(environ.get("PYENV_ROOT") or home / ".pyenv") / "versions"
    shared = Path(environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    managed = Path(environ.get("UV_PYTHON_INSTALL_DIR") or shared / "uv" / "python")
    yield from sorted(pyenv.glob(f"{minor}.*/bin/{name}"))
    yield from sorted(managed.glob(f"cpython-{minor}.*/bin/{name}"))


def read_named(path: Path) -> FoundPython:
    """The interpreter or environment that the user names, with its packages.

    Args:
        path: a program, or the folder of a virtual environment or installation.

    Raises:
        WorkerError: there is none, or it does not start.
    """
    program = _program(path)
    if program is None:
        raise WorkerError(
            f"--model-env {path}: there is no Python here", "",
            "name an interpreter, or the folder of a virtual environment",
        )  # fmt: skip
    folder = program.absolute().parent.parent
    is_venv = (folder / "pyvenv.cfg").is_file()
    found = _ask(program, str(folder) if is_venv else "", shares=_shares(folder))
    if found is None:
        raise WorkerError(
            f"--model-env {path}: this Python does not start",
            f"{program} did not say its version",
            f"try it: {program} -I -S -c 'import json, sysconfig'; or make the environment again",
        )
    return found


def _program(path: Path) -> Path | None:
    if path.is_file():
        return path
    inside = (path / "bin" / "python3", path / "bin" / "python", path / "Scripts" / "python.exe")
    return next((p for p in inside if p.is_file()), None)


def _shares(folder: Path) -> bool:
    """Whether a virtual environment also sees the packages of the Python below it."""
    try:
        said = (folder / "pyvenv.cfg").read_text("utf-8", "replace").lower()
    except OSError:
        return False
    lines = ("".join(line.split()) for line in said.splitlines())
    return "include-system-site-packages=true" in lines


def _ask(program: Path, folder: str, *, shares: bool = False) -> FoundPython | None:
    if not program.is_file():
        return None
    try:
        ran = subprocess.run(
            [program, "-I", "-S", "-c", _PROBE, folder], stdin=subprocess.DEVNULL,
            capture_output=True, timeout=_PROBE_S, check=False, cwd="/",
        )  # fmt: skip
        said = json.loads(ran.stdout) if ran.returncode == 0 else None
        if said is None or said["name"] != "cpython" or not _VERSION.fullmatch(said["version"]):
            return None
        real = Path(said["executable"]).resolve()  # a shim on PATH is none inside a sandbox
        packages = [*said["packages"], *(said["system"] if shares else [])]
        return FoundPython(
            executable=str(real),
            python=Python(str(said["version"])),
            readable=tuple(dict.fromkeys([*map(str, said["prefixes"]), str(real.parent.parent)])),
            packages=tuple(dict.fromkeys(str(p) for p in packages if Path(str(p)).is_dir())),
        )
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError, TypeError):
        return None
