"""Name or alias to version, run, logged model and files; and where these disagree."""

from __future__ import annotations

import re
from dataclasses import dataclass

from affidavit.errors import SourceError, UsageError
from affidavit.evidence import Fact, Finding, Item
from affidavit.progress import Progress
from affidavit.resolve.artifacts import fetch_artifacts, find_model_file, listing_digest
from affidavit.resolve.interface import (
    Contradiction,
    LoggedModel,
    ModelVersion,
    Part,
    Registry,
    Run,
)
from affidavit.resolve.mlmodel import MAX_BYTES, ModelFile, read_mlmodel
from affidavit.sources import public_uri
from affidavit.subject import ModelRef, parse_ref
from affidavit.workspace import Workspace

_MODEL_ID = re.compile(r"models:/(?P<id>m-[0-9a-f]{32})")
_RUN_PATH = re.compile(r"runs:/(?P<run>[^/]+)/(?P<path>.+)")
_MAX_COPIES = 2  # a copy of a copy; each costs a call
_FIX = "find out who registered it, and register the model again from the run that made it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the registry has for a version.

    Attributes:
        run_id: the version's, else its logged model's.
        location: the address of the files; may hold credentials.
        part: contradictions and gaps seen on the way.
    """

    version: ModelVersion
    model: LoggedModel | None
    run_id: str | None
    run: Run | None
    location: str
    part: Part


def find_model(ref: ModelRef, registry: Registry) -> Found:
    """Follow a reference to run, logged model and files: three calls, six at the most.

    Raises:
        NoSuchVersion: no such model, version or alias.
        SourceError: nothing says where the files are.
    """
    version = registry.fetch_version(ref)
    origin, part = _original(version, registry)
    named = _MODEL_ID.fullmatch(origin.source)
    model_id = named["id"] if named else origin.model_id
    if named and origin.model_id not in (None, named["id"]):
        part += _contradiction(
            "model.logged_model", f"{ref}: the version names two logged models",
            named["id"], str(origin.model_id),
        )  # fmt: skip
    model = registry.fetch_logged_model(model_id) if model_id else None
    if model_id and model is None:
        part += _lost_model(model_id)
    run_id = version.run_id or (model.source_run_id if model else None)
    run = registry.fetch_run(run_id) if run_id else None
    if model and model.source_run_id and run_id and model.source_run_id != run_id:
        part += _contradiction(
            "model.logged_model", f"{ref}: the version names one run, its logged model another",
            f"{run_id} (version)", f"{model.source_run_id} (logged model {model.model_id})",
        )  # fmt: skip
    location = _location(origin, model, run, registry)
    return Found(version=version, model=model, run_id=run_id, run=run, location=location, part=part)


def _original(version: ModelVersion, registry: Registry) -> tuple[ModelVersion, Part]:
    """The version that a copied one (`source = models:/name/3`) was copied from."""
    origin, part = version, Part()
    for _ in range(_MAX_COPIES):
        if not origin.source.startswith("models:/") or _MODEL_ID.fullmatch(origin.source):
            break
        try:
            ref = parse_ref(origin.source)
        except UsageError as error:
            raise SourceError(
                f"the version's source is {origin.source!r}", error.what, _FIX
            ) from error
        if ref.alias is not None:
            raise SourceError(
                f"the version's source is {origin.source!r}", "an alias moves: it names nothing",
                _FIX,
            )  # fmt: skip
        origin = registry.fetch_version(ref)
        if version.run_id and origin.run_id not in (None, version.run_id):
            part += _contradiction(
                "model.source",
                "the version names one run, the version that it was copied from another",
                f"{version.run_id} (version)", f"{origin.run_id} ({ref})",
            )  # fmt: skip
    return origin, part


def _location(
    origin: ModelVersion, model: LoggedModel | None, run: Run | None, registry: Registry
) -> str:
    if model is not None and model.artifact_location:
        return model.artifact_location
    in_run = _RUN_PATH.fullmatch(origin.source)
    if in_run and run is not None and in_run["run"] == run.run_id:
        return f"{run.artifact_location.rstrip('/')}/{in_run['path']}"
    if origin.source and not origin.source.startswith(("models:/", "runs:/")):
        return origin.source
    found = registry.fetch_location(origin.name, origin.version)
    if found is None or found.startswith(("models:/", "runs:/")):
        raise SourceError(
            f"nothing says where the files of models:/{origin.name}/{origin.version} are",
            f"its source is {public_uri(origin.source) or 'empty'}; the registry cannot place it",
            "restore the logged model from the tracking server's backup, or register it again",
        )
    return found


def fetch_model(
    found: Found, registry: Registry, work: Workspace, *, progress: Progress
) -> tuple[Part, ModelFile]:
    """The artifact's files, hashed here, and what MLmodel says against what the registry says."""
    store = registry.open_artifacts(found.location)
    items = fetch_artifacts(store, found.location, work, progress=progress)
    facts = [
        Fact(
            id="model.artifact", kind="model", value=len(items), digest=listing_digest(items),
            basis="measured", source="artifact store: every file, hashed as it was read",
        )
    ]  # fmt: skip
    part = Part(items=items)
    model_file = _read_model_file(items, work)
    facts.append(
        Fact(
            id="model.flavor", kind="model", value=", ".join(model_file.flavors) or None,
            basis="claimed", source="model artifact: MLmodel",
        )
    )  # fmt: skip
    part += _compare(found, model_file)
    return part + Part(facts=tuple(facts)), model_file


def _read_model_file(items: tuple[Item, ...], work: Workspace) -> ModelFile:
    item = find_model_file(items)
    if item.size_bytes > MAX_BYTES:
        raise SourceError(f"the model's MLmodel file is larger than {MAX_BYTES:,} bytes", "", _FIX)
    return read_mlmodel(work.locate(item).read_bytes())


def _compare(found: Found, model_file: ModelFile) -> Part:
    """MLmodel lies among the hashed files, so it says what these files were made as."""
    part, named = Part(), found.run_id
    if model_file.run_id and named and model_file.run_id != named:
        part += _contradiction(
            "model.artifact.run", "the version names one run, its own MLmodel file another",
            f"{named} (version)", f"{model_file.run_id} (MLmodel)",
        )  # fmt: skip
    model_id = found.model.model_id if found.model else None
    if model_file.model_id and model_id and model_file.model_id != model_id:
        part += _contradiction(
            "model.artifact.logged_model",
            "the version names one logged model, its own MLmodel file another",
            f"{model_id} (version)", f"{model_file.model_id} (MLmodel)",
        )  # fmt: skip
    return part


def _contradiction(name: str, what: str, expected: str, found: str) -> Part:
    return Part(
        contradictions=(
            Contradiction(id=name, what=what, expected=expected, found=found, fix=_FIX),
        )
    )


def _gap(name: str, what: str, fix: str) -> Part:
    return Part(findings=(Finding(id=name, kind="gap", stage="resolve", what=what, fix=fix),))


def _lost_model(model_id: str) -> Part:
    return _gap(
        "model.logged_model",
        f"the logged model {model_id} is not in the registry: deleted, or never there; "
        "its metrics and their datasets went with it",
        "restore it from the tracking server's backup; keep logged models as long as versions",
    )
