"""What the registry and the run say, as facts and as files: data/run/*.json. Claims, all of it.

Nothing that moves on its own is recorded (aliases, stages, last-updated times, the tags that MLflow
keeps of later registrations), so that the same version gives the same bytes next year.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from affidavit.bundle.canonical import dumps
from affidavit.bundle.predicate import public_place
from affidavit.evidence import Fact, Finding, Item, Record
from affidavit.resolve.interface import LoggedModel, Metric, ModelVersion, Part, Run
from affidavit.run_record import (
    INPUTS,
    METRICS,
    PARAMS,
    RUN,
    TAGS,
    InputRow,
    InputsFile,
    LoggedModelSaid,
    MetricRow,
    MetricsFile,
    ParamsFile,
    RunFile,
    RunSaid,
    TagsFile,
    VersionSaid,
)
from affidavit.sources import public_uri, without_credentials
from affidavit.workspace import Workspace

_VERSION, _RUN, _MODEL = "registry: model version", "registry: run", "registry: logged model"


def registry_facts(
    version: ModelVersion, model: LoggedModel | None, run_id: str | None, run: Run | None
) -> Part:
    """The facts on the model and its run, and the gaps and exceptions among them.

    Args:
        version: the registered version.
        model: its logged model, None where there is none.
        run_id: the run that made it, by the version, else by the logged model.
        run: that run, None where the store has none.
    """
    facts = [
        _fact("model.source", "model", _place(version.source) or None, _VERSION),
        _fact("model.created", "model", iso(version.created_at), _VERSION),
        _fact("model.registered_by", "model", version.user, _VERSION),
        _fact("model.description", "model", version.description, _VERSION),
    ]
    if model is not None:
        facts.append(_fact("model.logged_model", "model", model.model_id, _MODEL))
    facts.append(_fact("run.id", "run", run_id, _VERSION if version.run_id else _MODEL))
    if run is not None:
        facts += _run_facts(run, model)
    return Part(facts=tuple(facts), findings=_run_findings(run_id, run))


def _run_facts(run: Run, model: LoggedModel | None) -> list[Fact]:
    return [
        _fact("run.name", "run", run.name, _RUN),
        _fact("run.status", "run", run.status, _RUN),
        _fact("run.lifecycle", "run", "deleted" if run.is_deleted else "active", _RUN),
        _fact("run.user", "run", run.user, _RUN),
        _fact("run.started", "run", iso(run.started_at), _RUN),
        _fact("run.ended", "run", iso(run.ended_at), _RUN),
        _fact("run.params", "run", len(run.params), _RUN),
        _fact("run.metrics", "run", len(merged_metrics(model, run)), _MODEL if model else _RUN),
    ]


def _run_findings(run_id: str | None, run: Run | None) -> tuple[Finding, ...]:
    if run_id is None:
        return (
            _gap(
                "run.id",
                "the version names no training run: nothing says how the model was made",
                "register models from a run (mlflow.<flavour>.log_model), so that it is named",
            ),
        )
    if run is None:
        return (
            _gap(
                "run.id",
                f"the training run {run_id} is not in the registry: purged, or never there",
                "restore it from the tracking server's backup; keep runs as long as their models",
                expected=run_id,
            ),
        )
    findings = []
    if run.is_deleted:
        findings.append(
            Finding(
                id="run.lifecycle",
                kind="exception",
                stage="resolve",
                what=f"the training run {run.run_id} is marked as deleted",
                expected="active",
                found="deleted",
                fix="ask who deleted it and why; mlflow runs restore, before it is purged",
            )
        )
    if run.status != "FINISHED":
        findings.append(
            Finding(
                id="run.status",
                kind="exception",
                stage="resolve",
                what="the training run did not end well, yet its model is registered",
                expected="FINISHED",
                found=run.status or "no status",
                fix="ask why; train again to an end, or write down why this model is fit",
            )
        )
    return tuple(findings)


def merged_metrics(model: LoggedModel | None, run: Run | None) -> tuple[Metric, ...]:
    """Every logged metric once, with its dataset where training named one.

    A logged model holds the metrics with their dataset; the run holds the newest of each key. What
    both hold (same key, step and time) is taken from the logged model, but its value from the run
    where that is NaN: MLflow's store (seen in 3.17) gives 0.0 for it on the logged model.
    """
    found: dict[tuple[str, int, int], list[Metric]] = {}
    for metric in model.metrics if model else ():
        found.setdefault((metric.key, metric.step, metric.logged_at_ms), []).append(metric)
    for metric in run.metrics if run else ():
        twins = found.setdefault((metric.key, metric.step, metric.logged_at_ms), [])
        if not twins:
            twins.append(metric)
        elif not math.isfinite(metric.value) and len(twins) == 1:
            twin = twins.pop()
            twins.append(
                Metric(
                    key=twin.key,
                    value=metric.value,
                    step=twin.step,
                    logged_at_ms=twin.logged_at_ms,
                    dataset_name=twin.dataset_name,
                    dataset_digest=twin.dataset_digest,
                    model_id=twin.model_id,
                )
            )
    return tuple(sorted((m for twins in found.values() for m in twins), key=_order))


def _order(metric: Metric) -> tuple[str, str, str, int, int, str, str]:
    return (
        metric.key,
        metric.dataset_name or "",
        metric.dataset_digest or "",
        metric.step,
        metric.logged_at_ms,
        metric.model_id or "",
        repr(metric.value),
    )


def write_run_record(
    version: ModelVersion, model: LoggedModel | None, run: Run | None, work: Workspace
) -> tuple[Item, ...]:
    """data/run/{run,params,metrics,tags,inputs}.json; params, tags, inputs only with a run."""
    items = [
        _write(work, RUN, _run_file(version, model, run)),
        _write(work, METRICS, MetricsFile(metrics=tuple(_metric_rows(model, run)))),
        _write(
            work,
            TAGS,
            TagsFile(run=_clean(run.tags) if run else None, model_version=_clean(version.tags)),
        ),
    ]
    if run is not None:
        inputs = sorted(run.inputs, key=lambda i: (i.name, i.digest, sorted(i.tags.items())))
        rows = tuple(
            InputRow(
                name=i.name,
                digest=i.digest,
                source_type=i.source_type,
                source=without_credentials(i.source) if i.source else None,
                tags=_clean(i.tags),
            )
            for i in inputs
        )
        items += [_write(work, PARAMS, ParamsFile(params=_clean(run.params)))]
        items += [_write(work, INPUTS, InputsFile(inputs=rows))]
    return tuple(items)


def _metric_rows(model: LoggedModel | None, run: Run | None) -> Iterator[MetricRow]:
    for m in merged_metrics(model, run):
        yield MetricRow(
            key=m.key,
            value=m.value if math.isfinite(m.value) else _word(m.value),
            step=m.step,
            dataset_name=m.dataset_name,
            dataset_digest=m.dataset_digest,
            model_id=m.model_id,
        )


def _clean(texts: dict[str, str]) -> dict[str, str]:
    return {key: without_credentials(text) for key, text in texts.items()}


def _word(value: float) -> Literal["NaN", "Infinity", "-Infinity"]:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _run_file(version: ModelVersion, model: LoggedModel | None, run: Run | None) -> RunFile:
    return RunFile(
        model_version=VersionSaid(
            name=version.name,
            version=version.version,
            source=_place(version.source),
            run_id=version.run_id,
            created=iso(version.created_at),
            user=version.user,
            description=version.description,
        ),
        logged_model=None
        if model is None
        else LoggedModelSaid(
            model_id=model.model_id,
            name=model.name,
            status=model.status,
            source_run_id=model.source_run_id,
            artifact_location=_place(model.artifact_location),
            created=iso(model.created_at),
        ),
        run=None
        if run is None
        else RunSaid(
            run_id=run.run_id,
            name=run.name,
            experiment_id=run.experiment_id,
            status=run.status,
            lifecycle="deleted" if run.is_deleted else "active",
            user=run.user,
            started=iso(run.started_at),
            ended=iso(run.ended_at),
            artifact_location=_place(run.artifact_location),
        ),
    )


def _write(work: Workspace, path: str, record: Record) -> Item:
    return work.write(
        path,
        dumps(record.model_dump(mode="json")),
        kind="run",
        origin="collected",
        media_type="application/json",
    )


def _place(uri: str) -> str:
    """An address of the registry: no credentials, no folder of whoever trained."""
    return public_place(public_uri(uri)) if uri else ""


def iso(moment: datetime | None) -> str | None:
    """A time as the record has it: UTC, to the millisecond."""
    return None if moment is None else moment.isoformat(timespec="milliseconds")[:-6] + "Z"


def _fact(
    fact_id: str, kind: Literal["model", "run"], value: str | int | None, source: str
) -> Fact:
    return Fact(id=fact_id, kind=kind, value=value, basis="claimed", source=source)


def _gap(fact_id: str, what: str, fix: str, expected: str | None = None) -> Finding:
    return Finding(id=fact_id, kind="gap", stage="resolve", what=what, expected=expected, fix=fix)
