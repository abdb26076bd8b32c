"""What MLmodel says: which flavor to load, and which columns the model takes.

MLmodel is a claim by whoever logged the model. It chooses among our loaders and names columns;
nothing in it is run.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Literal

import yaml

from affidavit.bundle import canonical
from affidavit.bundle.canonical import Json
from affidavit.challenger_record import FILES
from affidavit.config import Config
from affidavit.errors import BundleError, ConfigError, SourceError
from affidavit.evidence import Evidence
from affidavit.own_wheels import wheels_on_path
from affidavit.printable import printable
from affidavit.recompute.worker.parameters import checked_params
from affidavit.workspace import Workspace

MLMODEL = "data/model/MLmodel"
_MAX_BYTES = 4 << 20
_LOG_AGAIN = "log the model again with MLflow, and register that version"
_FLAVORS = (
    "sklearn", "lightgbm", "xgboost", "catboost", "statsmodels", "onnx", "python_function",
)  # fmt: skip
_FORMAT_KEYS = ("serialization_format", "save_format")
_CLASS_KEYS = ("model_class", "model_type")
_MAX_SHOWN = 60
_FIT_CONSTANT = "const"  # statsmodels.add_constant's column, which no snapshot holds
_BOOSTERS = {"lightgbm": "lightgbm.basic.Booster", "xgboost": "xgboost.core.Booster"}
ModelKind = Literal["model", "challenger-model"]
_FOLDERS: dict[ModelKind, str] = {"model": "data/model/", "challenger-model": FILES}
COLUMN_TYPES = ("integer", "long", "float", "double", "string", "boolean", "datetime")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """An input column of the model; `kind` is MLflow's type, None where nobody says it."""

    name: str
    kind: str | None
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPlan:
    """How the worker is to load the model, and what it is to be given.

    Attributes:
        flavor: of `_FLAVORS`, the first that MLmodel has.
        file, format, kind: the flavor's file, serialization and class, where it has them.
        code: folders of the model's own code, and wheels of it, relative to it.
        columns: the inputs, in order.
        is_frame: False where the model was trained on a plain array.
        columns_from: where the columns are named, for the report.
        example: the logged input example: its file, and how that is written; None without one.
        params: given to each predict.
    """

    flavor: str
    file: str
    format: str
    kind: str
    code: tuple[str, ...]
    columns: tuple[Column, ...]
    is_frame: bool
    columns_from: str
    example: tuple[str, str] | None = None
    params: dict[str, Json] = field(default_factory=dict)


def subject_plan(evidence: Evidence, config: Config, work: Workspace) -> ModelPlan:
    """Read the MLmodel of the model itself, with its own wheels to be importable.

    Raises:
        SourceError, ConfigError: as `read_plan` says.
    """
    return read_plan((work.root / MLMODEL).read_bytes(), config, wheels_on_path(evidence))


def read_plan(content: bytes, config: Config, wheels: tuple[str, ...] = ()) -> ModelPlan:
    """Read MLmodel.

    Args:
        content: of the file.
        config: names columns, an adapter and parameters.
        wheels: of plain Python, among the model's files, that are to be importable.

    Raises:
        SourceError: it is not what MLflow writes, or names no flavor that we load.
        ConfigError: the model has no signature and the configuration no `[features]`; or it does
            not take `[model] params`.
    """
    document = _mapping(_parse(content), "MLmodel")
    has_adapter = config.model.adapter is not None
    flavors = _mapping(document.get("flavors"), "flavors")
    flavor = next((f for f in _FLAVORS if f in flavors), None)
    if flavor is None:
        raise SourceError(
            f"MLmodel: expected one of the flavors {', '.join(_FLAVORS)}, found "
            f"{printable(', '.join(map(str, flavors)))[:200] or 'none'}",
            fix="log the model with a flavor that has a python_function",
        )
    entry = _mapping(flavors[flavor], f"flavors.{flavor}")
    generic = flavors.get("python_function")
    code = [entry.get("code")] + ([generic.get("code")] if isinstance(generic, dict) else [])
    columns, is_frame, source = _columns(document, config)
    return ModelPlan(
        flavor=flavor,
        file=_inside(entry.get("pickled_model") or entry.get("data") or ""),
        format=_first(entry, _FORMAT_KEYS) or "cloudpickle",
        kind=_first(entry, _CLASS_KEYS) or _BOOSTERS.get(flavor, ""),
        code=tuple(dict.fromkeys(_inside(c) for c in (*wheels, *code) if c)),
        columns=tuple(_without_need(c) if flavor == "statsmodels" else c for c in columns),
        is_frame=is_frame, columns_from=source,
        example=None if has_adapter else _example(document),  # it is what an adapter gives
        params=checked_params(document.get("signature"), flavor, config),
    )  # fmt: skip


def _first(entry: dict[str, object], keys: tuple[str, ...]) -> str:
    return next((str(entry[k]) for k in keys if entry.get(k)), "")


def _without_need(column: Column) -> Column:
    """The constant of a fit is added by the worker where the snapshot has none."""
    return replace(column, required=False) if column.name == _FIT_CONSTANT else column


def _parse(content: bytes) -> object:
    if len(content) > _MAX_BYTES:
        raise SourceError(
            f"MLmodel has {len(content)} bytes, at most {_MAX_BYTES} are read", fix=_LOG_AGAIN
        )
    try:
        return yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise SourceError("MLmodel is not YAML", printable(str(error))[:200], _LOG_AGAIN) from error


def _mapping(value: object, name: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise SourceError(
            f"MLmodel: {name} expected a mapping, found {type(value).__name__}", fix=_LOG_AGAIN
        )
    return {str(k): v for k, v in value.items()}


def _example(document: dict[str, object]) -> tuple[str, str] | None:
    """The file of the input example, and how it is written: `dataframe split`, and so on."""
    info = document.get("saved_input_example_info")
    if not isinstance(info, dict) or not info.get("artifact_path"):
        return None
    words = [str(info[k]) for k in ("type", "pandas_orient") if info.get(k)]
    words += ["with parameters"] if info.get("params") else []
    return _inside(info["artifact_path"]), printable(" ".join(words))[:_MAX_SHOWN]


def _inside(value: object) -> str:
    path = PurePosixPath(str(value))
    if path.is_absolute() or ".." in path.parts:
        raise SourceError(
            f"MLmodel names {printable(str(value))[:100]!r}, outside of the model", fix=_LOG_AGAIN
        )
    return str(path) if str(value) else ""


def _columns(document: dict[str, object], config: Config) -> tuple[tuple[Column, ...], bool, str]:
    named = () if config.features is None else config.features.columns
    plain = tuple(Column(name=n, kind=None) for n in named)
    if config.model.adapter is not None:  # the signature is of what the adapter gives
        return plain, True, "[features] in affidavit.toml, for the adapter"
    signature = document.get("signature")
    inputs = signature.get("inputs") if isinstance(signature, dict) else None
    if isinstance(inputs, str) and inputs:
        specs = _specs(inputs)
        if all("name" in s for s in specs) and all(s.get("type") != "tensor" for s in specs):
            return tuple(_column(s) for s in specs), True, "the model's signature"
        if plain:
            return plain, False, "[features] in affidavit.toml"
        raise ConfigError(
            "the model's signature has no column names (it was trained on an array)",
            "which columns it takes, and in which order, is not on record",
            'add to affidavit.toml: [features] columns = ["...", ...], in the order of training',
        )
    if plain:
        return plain, True, "[features] in affidavit.toml"
    raise ConfigError(
        "which columns the model takes is not on record",
        "the model was logged without a signature, and affidavit.toml has no [features]",
        'add to affidavit.toml: [features] columns = ["...", ...], or log the model again with a '
        "signature",
    )


def _specs(inputs: str) -> list[dict[str, object]]:
    try:
        specs = canonical.loads(inputs.encode(), "MLmodel: signature.inputs")
    except BundleError as error:
        raise SourceError(
            "MLmodel: signature.inputs is not JSON", str(error), _LOG_AGAIN
        ) from error
    if not isinstance(specs, list) or not specs or not all(isinstance(s, dict) for s in specs):
        raise SourceError("MLmodel: signature.inputs expected a list of columns", fix=_LOG_AGAIN)
    return [dict(s) for s in specs if isinstance(s, dict)]


def _column(spec: dict[str, object]) -> Column:
    kind = str(spec.get("type"))
    if kind not in COLUMN_TYPES:
        raise SourceError(
            f"the model's input {printable(str(spec['name']))!r} has the type "
            f"{printable(kind)[:40]!r}; expected one of {', '.join(COLUMN_TYPES)}",
            fix="log the model with plain columns",
        )
    return Column(name=str(spec["name"]), kind=kind, required=spec.get("required") is not False)


def lay_out(evidence: Evidence, work: Workspace, kind: ModelKind = "model") -> Path:
    """The model's folder, or the challenger's, with its own file names, for the worker.

    That is data/model itself, unless a name had to be stored in portable form or a file is held by
    reference: then a folder of links to the same bytes, beside the payload.
    """
    items = evidence.of_kind(kind)
    if kind == "model" and all(i.embedded and i.original_name is None for i in items):
        return work.payload / "model"
    folder = work.root / "worker" / kind
    if folder.exists():
        return folder
    for item in items:
        name = item.name_below(_FOLDERS[kind])
        try:
            _lay(work.locate(item), folder, name)
        except (OSError, ValueError) as error:
            raise SourceError(
                f"the model's file {printable(name)[:200]!r} cannot be laid out under its name",
                printable(str(error))[:200], _LOG_AGAIN,
            ) from error  # fmt: skip
    return folder


def _lay(source: Path, folder: Path, name: str) -> None:
    """Put one file under its own name; never over another one, which would be run in its place.

    Raises:
        SourceError: the name leads out of the folder.
        OSError: it is taken, or no name of a file here.
        ValueError: no name of a file anywhere.
    """
    target = folder / name
    if not target.resolve().is_relative_to(folder.resolve()):
        raise SourceError(
            f"the model has a file named {printable(name)!r}, outside of it", fix=_LOG_AGAIN
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:  # another file system, or one without links
        with source.open("rb") as file, target.open("xb") as out:
            shutil.copyfileobj(file, out)
