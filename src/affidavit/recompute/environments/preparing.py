"""Which Python and packages the model is run with: decided, made ready, and put on record.

In this order: what the user names; our own environment, where every pinned version is installed and
the Python is of the same minor version; else one that is built from the pins. An environment that
cannot be built is an error and never our own instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from affidavit.bundle.layout import CHUNK
from affidavit.config import Config
from affidavit.errors import SourceError, WorkerError
from affidavit.evidence import Basis, Evidence, Fact, Finding, Item
from affidavit.progress import Progress
from affidavit.recompute.environments import findings
from affidavit.recompute.environments.building import Builder
from affidavit.recompute.environments.indexes import read_index_settings
from affidavit.recompute.environments.installed import NEEDED, Installed, Python
from affidavit.recompute.environments.lock import LOCK, Entry, Lock, read_lock
from affidavit.recompute.environments.pythons import (
    FoundPython,
    find_python,
    read_named,
    running_python,
)
from affidavit.recompute.environments.resolving import (
    Question,
    Resolved,
    pinned,
    platform,
    resolve_lock,
)
from affidavit.recompute.worker.interpreter import Interpreter, own_interpreter
from affidavit.recompute.worker.options import WorkerOptions
from affidavit.requirements import Pin, read_requirements
from affidavit.wording import count_text
from affidavit.workspace import Workspace

WHEELS = "data/environment/wheels"
_REQUIREMENTS = "data/environment/requirements.txt"
_OWN = "Affidavit's own environment"
_NO_HASHES = "none, since an installed package does not say which wheel it came from"
_ALL_HASHES = "of every wheel of the version"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What the model is run with.

    Attributes:
        interpreter: for the worker.
        items: worker.lock, and the wheels where they travel.
        facts, findings: for the record.
        about: in words, for the seal.
    """

    interpreter: Interpreter
    items: tuple[Item, ...] = ()
    facts: tuple[Fact, ...] = ()
    findings: tuple[Finding, ...] = ()
    about: str


def prepare_environment(
    evidence: Evidence,
    config: Config,
    work: Workspace,
    options: WorkerOptions,
    progress: Progress,
) -> Prepared:
    """Make ready what the model is run with; no code of the model runs meanwhile.

    Args:
        evidence: its requirements and its Python are read.
        config: whether wheels travel.
        work: where requirements.txt is, and worker.lock goes.
        options: what the user says: an environment, a wheelhouse, a lock.
        progress: told what is done.

    Raises:
        SourceError: the pins cannot be resolved or installed; the fix names what would do.
        Unreachable: the package index does not answer.
        WorkerError: the named environment does not start, or lacks what the worker needs.
        MissingExtra: uv is not installed.
    """
    job = _Job(
        wanted=_wanted(evidence, work, options), config=config, work=work, options=options,
        progress=progress,
    )  # fmt: skip
    if options.model_env is not None:
        return job.named(options.model_env)
    if not job.wanted.pins:
        return job.unpinned()
    return job.own() or job.built()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What the model asks for; `lock` where the whole environment is already known."""

    pins: tuple[Pin, ...]
    python: str
    lock: Lock | None = None

    @property
    def minor(self) -> str:
        return Python(self.python).minor


def _wanted(evidence: Evidence, work: Workspace, options: WorkerOptions) -> _Wanted:
    fact = evidence.fact("environment.python")
    said = str(fact.value) if fact is not None and fact.value is not None else ""
    running = running_python().python.version
    if options.lock is not None:
        lock = read_lock(options.lock)
        python = _version(lock.about.get("python", "")) or _version(said) or running
        return _Wanted(pins=pinned(lock), python=python, lock=lock)
    path = work.root / _REQUIREMENTS
    pins = read_requirements(path.read_bytes()).pins if path.is_file() else ()
    return _Wanted(pins=pins, python=_version(said) or running)


def _version(said: str) -> str:
    """A version of Python as the model's files have it, if it is one: 3.11.7."""
    parts = said.strip().split(".")
    return ".".join(parts) if len(parts) > 1 and all(p.isdecimal() for p in parts[:2]) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    wanted: _Wanted
    config: Config
    work: Workspace
    options: WorkerOptions
    progress: Progress
    running: FoundPython = field(default_factory=running_python)

    @property
    def _wheels_travel(self) -> bool:
        return self.config.environment.include == "wheels" and self.options.lock is None

    # -- an environment that the user names --------------------------------------------------------

    def named(self, path: Path) -> Prepared:
        found = read_named(path)
        installed = Installed(found.packages, found.python)
        if lacking := installed.lacking(NEEDED):
            raise WorkerError(
                f"--model-env {path}: the environment lacks {', '.join(lacking)}",
                "the model's process gets its rows through them",
                f"install them there: {found.executable} -m pip install {' '.join(lacking)}",
            )
        differing = installed.differing(self.wanted.pins)
        about = "an environment that the builder named"
        lock = self._installed_lock(installed, found, about)
        notes = [findings.named_environment(differing), *self._other_python(found)]
        notes += [findings.no_wheels()] if self._wheels_travel else []
        interpreter = _interpreter(found, found.packages, about)
        return self._prepared(interpreter, lock, notes=notes, basis="declared")

    # -- our own -----------------------------------------------------------------------------------

    def unpinned(self) -> Prepared:
        """Nothing is pinned, so nothing can be built: a gap that `resolve` has stated."""
        about = f"{_OWN}: the model's requirements pin nothing"
        notes = [*self._other_python(self.running)]
        notes += [findings.no_wheels()] if self._wheels_travel else []
        return self._prepared(replace(own_interpreter(), about=about), None, notes=notes)

    def own(self) -> Prepared | None:
        """Our own environment, if the model was logged with just what is installed here."""
        if self._wheels_travel or self.wanted.minor != self.running.python.minor:
            return None
        if self.wanted.lock is not None and self.wanted.lock.is_hashed:
            return None  # equal versions are not yet the locked bytes
        own = own_interpreter()
        installed = Installed(own.packages, self.running.python)
        if installed.differing(self.wanted.pins):
            return None
        about = f"{_OWN}, where every pinned version is installed"
        lock = self._installed_lock(installed, self.running, about)
        return self._prepared(replace(own, about=about), lock)

    # -- one that is built -------------------------------------------------------------------------

    def built(self) -> Prepared:
        python = find_python(self.wanted.minor) or self.running
        builder = Builder(
            cache=self.options.cache_dir, progress=self.progress,
            settings=read_index_settings(asks_index=self.options.wheelhouse is None),
        )  # fmt: skip
        resolved, added = self._resolve(python, builder)
        wheelhouse = self.options.wheelhouse
        items: tuple[Item, ...] = ()
        if self._wheels_travel:
            wheelhouse = builder.wheels(resolved.lock, python, wheelhouse).folder
            items = tuple(self._carry(wheelhouse))
        kept = builder.packages(resolved.lock, python, wheelhouse)
        about = "an environment built from the logged requirements"
        lock = self._lock(resolved.lock.entries, python, about, _ALL_HASHES, added)
        interpreter = _interpreter(python, (str(kept.folder),), about)
        notes = [*findings.yanked(resolved.yanked), *self._other_python(python)]
        return self._prepared(interpreter, lock, items=items, notes=notes)

    def _resolve(self, python: FoundPython, builder: Builder) -> tuple[Resolved, tuple[str, ...]]:
        known = self.wanted.lock
        if known is not None and known.is_hashed:
            return Resolved(lock=known, yanked=()), ()
        self.progress.step("resolving the model's environment")
        preferred = {} if known is not None else self._installed_here()
        question = Question(
            pins=self.wanted.pins, python=python, preferred=preferred, is_whole=known is not None,
            settings=builder.settings, wheelhouse=self.options.wheelhouse,
        )  # fmt: skip
        try:
            return resolve_lock(question, builder.cache), question.added
        except SourceError as error:
            raise self._without_its_python(error, python) from error

    def _installed_here(self) -> dict[str, str]:
        """What an open version is set to: two builders with the same Affidavit get one lock."""
        return Installed(own_interpreter().packages, self.running.python).versions()

    def _without_its_python(self, error: SourceError, python: FoundPython) -> SourceError:
        """The error, with the Python that is lacking where that may be why."""
        if python.python.minor == self.wanted.minor:
            return error
        cause = (
            f"the model was made with Python {self.wanted.minor}, which is not at hand, and for "
            f"Python {python.python.minor}: {error.cause}"
        )
        return type(error)(error.what, cause, f"install Python {self.wanted.minor}; {error.fix}")

    def _carry(self, wheels: Path) -> Iterator[Item]:
        for path in sorted(wheels.iterdir()):
            with path.open("rb") as file:
                yield self.work.copy_in(
                    f"{WHEELS}/{path.name}", iter(lambda: file.read(CHUNK), b""),
                    kind="environment", origin="recomputed", media_type="application/zip",
                )  # fmt: skip

    # -- the record --------------------------------------------------------------------------------

    def _other_python(self, found: FoundPython) -> Iterator[Finding]:
        if self.wanted.minor != found.python.minor:
            yield findings.other_python(self.wanted.python, found.python.minor)

    def _installed_lock(self, installed: Installed, python: FoundPython, about: str) -> Lock:
        return self._lock(installed.closure(self.wanted.pins), python, about, _NO_HASHES, ())

    def _lock(
        self,
        entries: tuple[Entry, ...],
        python: FoundPython,
        about: str,
        hashes: str,
        added: Iterable[str],
    ) -> Lock:
        said = {"python": python.python.minor, "platform": platform(), "environment": about}
        said |= {"added": f"{', '.join(added)}, which the worker needs"} if added else {}
        return Lock(entries=entries, about={**said, "hashes": hashes})

    def _prepared(
        self,
        interpreter: Interpreter,
        lock: Lock | None,
        *,
        items: tuple[Item, ...] = (),
        notes: Iterable[Finding] = (),
        basis: Basis = "measured",
    ) -> Prepared:
        words, content = interpreter.about, b""
        if lock is not None:
            words += f" ({count_text(len(lock.entries), 'package')})"
            content = self.options.lock or lock.render()
            locked = self.work.write(
                LOCK, content, kind="environment", origin="recomputed", media_type="text/plain"
            )
            items = (locked, *items)
        fact = findings.environment_fact(content, words, basis)
        return Prepared(
            interpreter=interpreter, items=items, facts=(fact,), findings=tuple(notes),
            about=words,
        )  # fmt: skip


def _interpreter(python: FoundPython, packages: tuple[str, ...], about: str) -> Interpreter:
    return Interpreter(
        executable=python.executable, readable=python.readable, packages=packages, about=about
    )
