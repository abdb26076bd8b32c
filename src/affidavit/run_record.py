"""data/run/*.json: what the registry and the run say. Claims, all of it, in a form that is checked.

Resolve writes them; verify reads them strictly. Schemas affidavit/run-…, version 1.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import FailFast, Field

from affidavit.evidence import Record

FOLDER = "data/run"
RUN, PARAMS, METRICS, TAGS, INPUTS = (
    f"{FOLDER}/{name}.json" for name in ("run", "params", "metrics", "tags", "inputs")
)

# Where a run says that its code is, on Databricks: the fact, and the tag that it repeats.
CODE_TAGS = {
    "code.notebook": "mlflow.databricks.notebookPath",
    "code.notebook_revision": "mlflow.databricks.notebookRevisionID",
    "code.repository": "mlflow.databricks.gitRepoUrl",
    "code.reference": "mlflow.databricks.gitRepoReference",
    "code.path": "mlflow.databricks.gitRepoRelativePath",
}


class VersionSaid(Record):
    """The model version, as the registry has it."""

    name: str
    version: str
    source: str
    run_id: str | None
    created: str | None
    user: str | None
    description: str | None


class LoggedModelSaid(Record):
    """The logged model that the version was made from."""

    model_id: str
    name: str | None
    status: str | None
    source_run_id: str | None
    artifact_location: str | None
    created: str | None


class RunSaid(Record):
    """The training run."""

    run_id: str
    name: str | None
    experiment_id: str | None
    status: str | None
    lifecycle: Literal["active", "deleted"]
    user: str | None
    started: str | None
    ended: str | None
    artifact_location: str | None


class RunFile(Record):
    """run.json: version, logged model and run; None where there is none."""

    schema_: Literal["affidavit/run-run"] = Field(default="affidavit/run-run", alias="schema")
    version: Literal[1] = 1
    model_version: VersionSaid
    logged_model: LoggedModelSaid | None
    run: RunSaid | None


class ParamsFile(Record):
    """params.json: the run's parameters, all of them text."""

    schema_: Literal["affidavit/run-params"] = Field(default="affidavit/run-params", alias="schema")
    version: Literal[1] = 1
    params: dict[str, str]


class MetricRow(Record):
    """One row of metrics.json; `value` is "NaN", "Infinity" or "-Infinity" where it is no number.

    `dataset_name` and `dataset_digest` are what training named when it logged the metric.
    """

    key: str
    value: float | Literal["NaN", "Infinity", "-Infinity"]
    step: int
    dataset_name: str | None
    dataset_digest: str | None
    model_id: str | None


class MetricsFile(Record):
    """metrics.json: every logged metric."""

    schema_: Literal["affidavit/run-metrics"] = Field(
        default="affidavit/run-metrics", alias="schema"
    )
    version: Literal[1] = 1
    metrics: Annotated[tuple[MetricRow, ...], FailFast()]


class TagsFile(Record):
    """tags.json: the tags of the run, None without one, and of the model version."""

    schema_: Literal["affidavit/run-tags"] = Field(default="affidavit/run-tags", alias="schema")
    version: Literal[1] = 1
    run: dict[str, str] | None
    model_version: dict[str, str]


class InputRow(Record):
    """One dataset that training named as its input."""

    name: str
    digest: str
    source_type: str | None
    source: str | None
    tags: dict[str, str]


class InputsFile(Record):
    """inputs.json: the run's dataset inputs."""

    schema_: Literal["affidavit/run-inputs"] = Field(default="affidavit/run-inputs", alias="schema")
    version: Literal[1] = 1
    inputs: Annotated[tuple[InputRow, ...], FailFast()]


FILES: dict[str, type[Record]] = {
    RUN: RunFile, PARAMS: ParamsFile, METRICS: MetricsFile, TAGS: TagsFile, INPUTS: InputsFile,
}  # fmt: skip
