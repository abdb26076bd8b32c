"""The `MLmodel` file: what the artifact says of itself."""

from __future__ import annotations

from dataclasses import dataclass

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from affidavit.errors import SourceError

NAME = "MLmodel"
MAX_BYTES = 16 * 1024 * 1024


class _Flavour(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)
    python_version: str | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)
    run_id: str | None = None
    model_id: str | None = None
    mlflow_version: str | None = None
    flavors: dict[str, _Flavour] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """What is read of MLmodel; None where it does not say."""

    run_id: str | None
    model_id: str | None
    flavors: tuple[str, ...]
    python_version: str | None
    mlflow_version: str | None


def read_mlmodel(content: bytes) -> ModelFile:
    """Parse MLmodel.

    Raises:
        SourceError: it is not the YAML that MLflow writes.
    """
    try:
        parsed = _File.model_validate(yaml.safe_load(content))
    except (yaml.YAMLError, ValidationError, UnicodeDecodeError, ValueError, RecursionError) as e:
        raise SourceError(
            "the model's MLmodel file cannot be read",
            " ".join(str(e).split())[:200],
            "register the model again with MLflow",
        ) from e
    python = parsed.flavors.get("python_function")
    return ModelFile(
        run_id=parsed.run_id,
        model_id=parsed.model_id,
        flavors=tuple(sorted(f for f in parsed.flavors if f != "python_function"))
        or tuple(sorted(parsed.flavors)),
        python_version=python.python_version if python else None,
        mlflow_version=parsed.mlflow_version,
    )
