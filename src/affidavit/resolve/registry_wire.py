"""MLflow's answers, parsed: the same JSON from its REST interface and from its own client.

Unknown fields are passed over, for servers grow; a field of another shape than MLflow's is an
error, not a guess.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from affidavit.errors import SourceError
from affidavit.resolve.interface import DatasetInput, LoggedModel, Metric, ModelVersion, Run


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)


class _Pair(_Wire):
    key: str
    value: str = ""


class _Metric(_Wire):
    key: str
    value: float
    step: int = 0
    timestamp: int = 0
    dataset_name: str | None = None
    dataset_digest: str | None = None
    model_id: str | None = None


class _Version(_Wire):
    name: str
    version: str
    source: str = ""
    run_id: str = ""
    model_id: str = ""
    user_id: str = ""
    description: str = ""
    creation_timestamp: int | None = None
    tags: tuple[_Pair, ...] = ()


class _RunInfo(_Wire):
    run_id: str
    run_name: str = ""
    experiment_id: str = ""
    user_id: str = ""
    status: str = ""
    start_time: int | None = None
    end_time: int | None = None
    artifact_uri: str = ""
    lifecycle_stage: str = "active"


class _RunData(_Wire):
    metrics: tuple[_Metric, ...] = ()
    params: tuple[_Pair, ...] = ()
    tags: tuple[_Pair, ...] = ()


class _Dataset(_Wire):
    name: str
    digest: str = ""
    source_type: str | None = None
    source: str | None = None


class _Input(_Wire):
    dataset: _Dataset
    tags: tuple[_Pair, ...] = ()


class _Inputs(_Wire):
    dataset_inputs: tuple[_Input, ...] = ()


class _Run(_Wire):
    info: _RunInfo
    data: _RunData = _RunData()
    inputs: _Inputs = _Inputs()


class _ModelInfo(_Wire):
    model_id: str
    name: str = ""
    status: str = ""
    source_run_id: str = ""
    artifact_uri: str = ""
    creation_timestamp_ms: int | None = None


class _ModelData(_Wire):
    metrics: tuple[_Metric, ...] = ()


class _Model(_Wire):
    info: _ModelInfo
    data: _ModelData = _ModelData()


class VersionAnswer(_Wire):
    """model-versions/get and registered-models/alias."""

    model_version: _Version


class RunAnswer(_Wire):
    """runs/get."""

    run: _Run


class ModelAnswer(_Wire):
    """logged-models/<id>."""

    model: _Model


class LocationAnswer(_Wire):
    """model-versions/get-download-uri."""

    artifact_uri: str


class _Alias(_Wire):
    alias: str
    version: str


class _Registered(_Wire):
    name: str
    aliases: tuple[_Alias, ...] = ()


class RegisteredAnswer(_Wire):
    """registered-models/get."""

    registered_model: _Registered


class RegisteredListAnswer(_Wire):
    """registered-models/search."""

    registered_models: tuple[_Registered, ...] = ()


class VersionListAnswer(_Wire):
    """model-versions/search."""

    model_versions: tuple[_Version, ...] = ()


class _File(_Wire):
    path: str
    is_dir: bool = False
    file_size: int | None = None


class FilesAnswer(_Wire):
    """mlflow-artifacts/artifacts?path=…."""

    files: tuple[_File, ...] = Field(default=())


Answer = TypeVar("Answer", bound=_Wire)


def read_answer(kind: type[Answer], content: str | bytes, what: str) -> Answer:
    """Parse one answer.

    Raises:
        SourceError: it is not what MLflow answers; names the first field that is wrong.
    """
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise SourceError(
            f"{what}: the answer is not MLflow's",
            f"{field}: {first['msg']}",
            "check that the tracking URI names an MLflow server, and its version (2.9 or newer)",
        ) from error


def to_version(answer: VersionAnswer) -> ModelVersion:
    """A model version from the wire; empty texts are absent ones."""
    found = answer.model_version
    return ModelVersion(
        name=found.name,
        version=found.version,
        source=found.source,
        run_id=found.run_id or None,
        model_id=found.model_id or None,
        created_at=_time(found.creation_timestamp),
        user=found.user_id or None,
        description=found.description or None,
        tags=_mapping(found.tags),
    )


def to_run(answer: RunAnswer) -> Run:
    """A run from the wire."""
    info, data = answer.run.info, answer.run.data
    return Run(
        run_id=info.run_id,
        name=info.run_name or None,
        experiment_id=info.experiment_id,
        status=info.status,
        is_deleted=info.lifecycle_stage == "deleted",
        user=info.user_id or None,
        started_at=_time(info.start_time),
        ended_at=_time(info.end_time),
        artifact_location=info.artifact_uri,
        params=_mapping(data.params),
        tags=_mapping(data.tags),
        metrics=tuple(_metric(m) for m in data.metrics),
        inputs=tuple(
            DatasetInput(
                name=i.dataset.name,
                digest=i.dataset.digest,
                source_type=i.dataset.source_type,
                source=i.dataset.source,
                tags=_mapping(i.tags),
            )
            for i in answer.run.inputs.dataset_inputs
        ),
    )


def to_logged_model(answer: ModelAnswer) -> LoggedModel:
    """A logged model from the wire."""
    info = answer.model.info
    return LoggedModel(
        model_id=info.model_id,
        name=info.name or None,
        status=info.status,
        source_run_id=info.source_run_id or None,
        artifact_location=info.artifact_uri,
        created_at=_time(info.creation_timestamp_ms),
        metrics=tuple(_metric(m) for m in answer.model.data.metrics),
    )


def _mapping(pairs: tuple[_Pair, ...]) -> dict[str, str]:
    return {p.key: p.value for p in sorted(pairs, key=lambda p: p.key)}


def _metric(found: _Metric) -> Metric:
    value = found.value
    # MLflow's SQL store has no infinity: it keeps the largest double in its place.
    if abs(value) == sys.float_info.max:
        value = float("inf") if value > 0 else float("-inf")
    return Metric(
        key=found.key,
        value=value,
        step=found.step,
        logged_at_ms=found.timestamp,
        dataset_name=found.dataset_name or None,
        dataset_digest=found.dataset_digest or None,
        model_id=found.model_id or None,
    )


def _time(milliseconds: int | None) -> datetime | None:
    if not milliseconds:
        return None
    try:
        return datetime.fromtimestamp(milliseconds / 1000, tz=UTC)
    except (OverflowError, OSError, ValueError):
        return None  # year 50,000: a claim that no calendar holds is as good as none
