"""What the parts of this stage hand each other, and what a registry has to answer.

One module a system: each returns a `Part`, and only `resolving` knows the order. Nothing here is
evidence yet: the records are what a registry said, in MLflow's words.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from affidavit.errors import Contradicted
from affidavit.evidence import Fact, Finding, Item, Record
from affidavit.subject import ModelRef


class Contradiction(Record):
    """Two facts that cannot both be true. One is enough for nothing to be built."""

    id: str
    what: str
    expected: str
    found: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one system gave: facts, gaps and exceptions, files, contradictions."""

    facts: tuple[Fact, ...] = ()
    findings: tuple[Finding, ...] = ()
    items: tuple[Item, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()

    def __add__(self, other: Part) -> Part:
        return Part(
            facts=self.facts + other.facts,
            findings=self.findings + other.findings,
            items=self.items + other.items,
            contradictions=self.contradictions + other.contradictions,
        )


def contradictions_of(error: Contradicted) -> tuple[Contradiction, ...]:
    """What a reader raised as values, so that they are listed with all others."""
    return tuple(
        Contradiction(id="code.commit", what=what, expected=expected, found=found, fix=fix)
        for what, expected, found, fix in error.contradictions
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One logged metric. `value` may be NaN or infinite; `logged_at_ms` only tells twins apart."""

    key: str
    value: float
    step: int = 0
    logged_at_ms: int = 0
    dataset_name: str | None = None
    dataset_digest: str | None = None
    model_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetInput:
    """A dataset that the run says it read, with the tags of that input (dvc.md5, dvc.path)."""

    name: str
    digest: str
    source_type: str | None = None
    source: str | None = None
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelVersion:
    """A registered model version. All of it claims: whoever may write the registry wrote it."""

    name: str
    version: str
    source: str
    run_id: str | None
    model_id: str | None
    created_at: datetime | None
    user: str | None
    description: str | None
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A training run as the tracking server holds it."""

    run_id: str
    name: str | None
    experiment_id: str
    status: str
    is_deleted: bool
    user: str | None
    started_at: datetime | None
    ended_at: datetime | None
    artifact_location: str
    params: dict[str, str]
    tags: dict[str, str]
    metrics: tuple[Metric, ...]
    inputs: tuple[DatasetInput, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedModel:
    """MLflow 3's logged model: where the files are, and the metrics with their dataset."""

    model_id: str
    name: str | None
    status: str
    source_run_id: str | None
    artifact_location: str
    created_at: datetime | None
    metrics: tuple[Metric, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactFile:
    """One file at an artifact location, its path relative to it, with forward slashes."""

    path: str
    size_bytes: int | None


class ArtifactStore(Protocol):
    """The files of one artifact location."""

    def list_files(self) -> tuple[ArtifactFile, ...]:
        """Every file below the location, sorted by path; empty where there is nothing."""

    def read(self, path: str) -> Iterator[bytes]:
        """One file's bytes, streamed."""


class Registry(Protocol):
    """A tracking server or store. It raises `SourceError` and nothing else.

    Attributes:
        where: the address for messages, without credentials.
        calls: requests made so far, downloads and listings of artifacts not counted.
    """

    @property
    def where(self) -> str: ...

    @property
    def calls(self) -> int: ...

    def fetch_version(self, ref: ModelRef) -> ModelVersion:
        """The version; an alias is read here, once.

        Raises:
            NoSuchVersion: no such model, version or alias; the fix lists those that exist.
        """

    def fetch_run(self, run_id: str) -> Run | None:
        """The run, also a soft-deleted one; None if the store has none (purged, or never was)."""

    def fetch_logged_model(self, model_id: str) -> LoggedModel | None:
        """The logged model; None if the store has none (deleted, or a server before MLflow 3)."""

    def fetch_location(self, name: str, version: str) -> str | None:
        """Where the registry itself says that the version's files are."""

    def open_artifacts(self, location: str) -> ArtifactStore:
        """The files at a location, through the server where it keeps them."""
