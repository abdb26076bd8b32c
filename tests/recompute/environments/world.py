"""An environment to be prepared, in a world without any index but a test's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.recompute.case import binary_config

from affidavit.config import Environment
from affidavit.evidence import Evidence, Fact, Subject
from affidavit.recompute.environments import Prepared, prepare_environment
from affidavit.recompute.environments.pythons import running_python
from affidavit.recompute.worker.options import WorkerOptions
from affidavit.workspace import Workspace

CLOSED = "http://127.0.0.1:9/simple/"
PYTHON = running_python().python


@dataclass
class Heard:
    """A `Progress` that keeps what it was told."""

    steps: list[str] = field(default_factory=list)

    def step(self, text: str) -> None:
        self.steps.append(text)

    def done(self, stage: str, text: str) -> None:
        self.steps.append(f"{stage}: {text}")


@dataclass
class World:
    """A model's requirements, a cache, and a wheelhouse of tiny wheels."""

    root: Path
    wheelhouse: Path
    heard: Heard = field(default_factory=Heard)
    count: int = 0

    @property
    def cache(self) -> Path:
        return self.root / "cache"

    def prepare(
        self, requirements: str | None, *, python: str = PYTHON.version, include: str = "lock",
        **options: Any,
    ) -> Prepared:  # fmt: skip
        """Prepare in a workspace of its own; `self.work` is the last one."""
        self.count += 1
        self.work = Workspace(self.root / f"work-{self.count}")
        if requirements is not None:
            self.work.write(
                "data/environment/requirements.txt", requirements.encode(), kind="environment",
                origin="collected", media_type="text/plain",
            )  # fmt: skip
        fact = Fact(
            id="environment.python", kind="environment", value=python, basis="claimed", source="t"
        )
        evidence = Evidence(subject=Subject(name="m", version="1"), provenance=(fact,))
        config = binary_config(environment=Environment(include=include))
        chosen = WorkerOptions(**{"cache_dir": self.cache, **options})
        return prepare_environment(evidence, config, self.work, chosen, self.heard)

    @property
    def lock(self) -> str:
        return (self.work.root / "data/environment/worker.lock").read_text()

    def in_cache(self) -> list[str]:
        """Names in the cache, less what uv keeps."""
        if not self.cache.is_dir():
            return []
        return sorted(p.name for p in self.cache.iterdir() if p.name not in ("uv", "locks"))
