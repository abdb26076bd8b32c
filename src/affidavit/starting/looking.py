"""What there is behind a model version: registry, run, commit, data files.

Downloaded are the model's own description and, where no working tree has them, the beginnings of
data files; nothing is written.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from affidavit.errors import SourceError
from affidavit.printable import printable
from affidavit.resolve.code import Named, name_commit, said_of_tree
from affidavit.resolve.data_links import CONTEXT_TAG, PATH_TAG
from affidavit.resolve.declared_files import local_path
from affidavit.resolve.dvc_files import read_dvc_outs
from affidavit.resolve.interface import ArtifactStore, Run
from affidavit.resolve.mlmodel import MAX_BYTES, NAME, read_mlmodel
from affidavit.resolve.model import Found, find_model
from affidavit.resolve.registry import open_registry
from affidavit.resolve.repository import open_repository
from affidavit.sources import Sources, without_credentials
from affidavit.starting.given import given_tables
from affidavit.starting.known import Chain, Input, Known
from affidavit.starting.tracked import Looked, look_at_tracked
from affidavit.subject import parse_ref

_THRESHOLD = re.compile(r"thresh|cut_?-?off", re.IGNORECASE)
_PROBABILITY = re.compile(r"0|1|0\.[0-9]+|1\.0+")
_EXAMPLE = "input_example.json"


def look(subject: str, sources: Sources) -> Known:
    """Everything that a person needs to see before they answer.

    Raises:
        UsageError: the subject names no version; a given file is no table.
        SourceError: registry or repository do not give what is asked for.
    """
    given = given_tables(sources.datasets)  # what is wrong with an option is said first
    registry = open_registry(sources.tracking_uri)
    found = find_model(parse_ref(subject), registry)
    named, _ = name_commit(found.run, sources)
    project = _look_at_commit(sources, named.sha)
    store = registry.open_artifacts(found.location)
    features = _signature(_read(store, NAME, MAX_BYTES))
    return Known(
        subject=subject,
        chain=_chain(found, named),
        features=features,
        example=() if features else _example_columns(store),
        tables=(*given, *project.looked.tables),
        tracked=project.tracked,
        remote_hint=project.remote_hint,
        repository=project.lacking,
        has_config=project.has_config,
        thresholds=_thresholds(found.run, found.version.tags),
        unread=project.looked.unread,
    )


def _chain(found: Found, named: Named) -> Chain:
    run, version = found.run, found.version
    metrics = found.model.metrics if found.model and found.model.metrics else ()
    if not metrics and run is not None:
        metrics = run.metrics
    return Chain(
        version=version.version,
        registered=version.created_at.date().isoformat() if version.created_at else None,
        registered_by=version.user,
        run=found.run_id,
        run_lost=found.run_id is not None and run is None,
        run_name=run.name if run else None,
        run_status=_status(run),
        commit=named.sha,
        commit_by="--commit" if named.basis == "declared" else "the run",
        dirty=said_of_tree(run)[0],
        inputs=tuple(
            Input(
                name=i.name, digest=i.digest, context=i.tags.get(CONTEXT_TAG),
                path=i.tags.get(PATH_TAG) or _source(i.source),
            )
            for i in (run.inputs if run else ())
        ),
        metrics=tuple((m.key, m.value) for m in metrics),
    )  # fmt: skip


def _status(run: Run | None) -> str | None:
    if run is None:
        return None
    return f"{run.status.lower()}, deleted" if run.is_deleted else run.status.lower()


def _source(source: str | None) -> str | None:
    """The address in what MLflow logged of an input, `{"uri": …}`."""
    try:
        said = json.loads(source or "{}")
    except (ValueError, RecursionError):
        return None
    uri = said.get("uri") if isinstance(said, dict) else None
    return without_credentials(uri) if isinstance(uri, str) else None


def _thresholds(run: Run | None, tags: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Parameters and tags that may be a threshold, with the words for where they stand."""
    places = (
        ("the run's parameter", run.params if run else {}),
        ("the run's tag", run.tags if run else {}),
        ("the version's tag", tags),
    )
    return tuple(
        (f"{where} {printable(name)}", value)
        for where, named in places
        for name, value in sorted(named.items())
        if _THRESHOLD.search(name) and _PROBABILITY.fullmatch(value)
    )


# ---- the model's own files


def _read(store: ArtifactStore, path: str, most: int) -> bytes:
    """A small file of the model.

    Raises:
        SourceError: the model has no such file, or it is too large to be one.
    """
    content = b""
    for chunk in store.read(path):
        content += chunk
        if len(content) > most:
            raise SourceError(f"the model's {path} file has more than {most:,} bytes")
    return content


def _signature(content: bytes) -> tuple[str, ...]:
    """The names of the model's input columns; empty where MLmodel has no named signature."""
    try:
        inputs = json.loads(read_mlmodel(content).signature_inputs or "[]")
        return tuple(str(column["name"]) for column in inputs if "name" in column)
    except (ValueError, TypeError, RecursionError) as error:
        raise SourceError(
            "the signature in the model's MLmodel file cannot be read",
            printable(" ".join(str(error).split()))[:200],
            "register the model again with MLflow",
        ) from error


def _example_columns(store: ArtifactStore) -> tuple[str, ...]:
    """The columns of the logged input example; empty where there is none that can be read."""
    try:
        said = json.loads(_read(store, _EXAMPLE, MAX_BYTES))
    except (SourceError, ValueError, RecursionError):
        return ()
    columns = said.get("columns") if isinstance(said, dict) else None
    if not isinstance(columns, list) or not all(isinstance(c, str) for c in columns):
        return ()
    return tuple(dict.fromkeys(columns))


# ---- the commit and its data


@dataclass(frozen=True, slots=True, kw_only=True)
class _Project:
    """What DVC tracks at the commit; `lacking` says why it could not be looked at."""

    tracked: tuple[str, ...] = ()
    remote_hint: str = ""
    looked: Looked = field(default_factory=Looked)
    has_config: bool = False
    lacking: str = ""


def _look_at_commit(sources: Sources, commit_id: str | None) -> _Project:
    if commit_id is None:
        return _Project()
    if sources.repo is None:
        return _Project(lacking="not looked up: give --repo with a clone")
    given = (local_path(where) for where in sources.datasets.values())
    seen = {file.resolve() for file in given if file is not None}
    with open_repository(sources.repo, sources.mirror_dir) as repository:
        commit = repository.find(commit_id)
        if commit is None:
            return _Project(lacking="not in the repository")
        outs = read_dvc_outs(repository, commit)
        has_config = repository.read(commit.sha, "affidavit.toml") is not None
    return _Project(
        tracked=tuple(sorted(outs.outs)),
        remote_hint=outs.hint(),
        looked=look_at_tracked(sources, outs, seen),
        has_config=has_config,
    )
