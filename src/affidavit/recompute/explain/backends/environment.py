"""The environment of an explainer: its lock, as it holds for one Python, built once.

The same builder and cache as for models' environments; only wheels, each checked against its
digest. What the lock says of other Pythons and platforms is left out by its markers.
"""

from __future__ import annotations

from pathlib import Path

from affidavit.errors import AffidavitError, MissingExtra
from affidavit.progress import Progress
from affidavit.recompute.environments.building import Builder
from affidavit.recompute.environments.indexes import read_index_settings
from affidavit.recompute.environments.lock import Lock, read_lock
from affidavit.recompute.environments.pythons import FoundPython, find_python, running_python
from affidavit.recompute.explain.backends.interface import Backend, Unusable
from affidavit.recompute.worker.interpreter import Interpreter
from affidavit.recompute.worker.options import WorkerOptions


def build_environment(backend: Backend, options: WorkerOptions, progress: Progress) -> Interpreter:
    """The interpreter and packages of a backend, built once and kept.

    Args:
        backend: whose.
        options: where environments are kept, and a folder of wheels if there is one.
        progress: told what is done.

    Raises:
        Unusable: no such Python, no index, no wheel for here, a broken lock.
    """
    python = running_python() if backend.python is None else find_python(backend.python)
    leave = f"or leave {backend.name} out of [explain] second"
    if python is None:
        raise Unusable(
            f"{backend.name} needs Python {backend.python}, which is not on this machine",
            f"install Python {backend.python} beside yours and build again, {leave}",
        )
    builder = Builder(
        cache=options.cache_dir, progress=progress,
        settings=read_index_settings(asks_index=options.wheelhouse is None),
        what=f"the environment of {backend.name} cannot be built", otherwise=leave,
    )  # fmt: skip
    try:
        lock = read_shipped(backend.lock, python)
        kept = builder.packages(lock, python, options.wheelhouse)
    except MissingExtra as error:
        raise Unusable(
            f"the environment of {backend.name} cannot be built: uv is not installed",
            f"pip install 'affidavit[build]', {leave}",
        ) from error
    except AffidavitError as error:
        raise Unusable(str(error), error.fix or leave) from error
    return Interpreter(
        executable=python.executable, readable=python.readable, packages=(str(kept.folder),),
        about=f"the locked environment of {backend.name}",
    )  # fmt: skip


def read_shipped(path: Path, python: FoundPython) -> Lock:
    """The part of a lock of many platforms that holds for this Python, here.

    A line is `name==version ; marker` with its digests; each name then stands once.

    Raises:
        SourceError: not such a file.
        AffidavitError: it cannot be read.
    """
    try:
        text = path.read_text("ascii")
    except (OSError, ValueError) as error:
        raise AffidavitError(
            f"{path.name} cannot be read", str(error), "install Affidavit again"
        ) from error
    kept = []
    for line in text.replace("\\\n", " ").split("\n"):
        pin, _, hashes = line.partition("--hash=")
        name, _, marker = pin.partition(";")
        if python.python.holds(marker.strip()):
            kept.append(f"{name.strip()} --hash={hashes}" if hashes else name)
    return read_lock("\n".join(kept).encode(), path.name)
