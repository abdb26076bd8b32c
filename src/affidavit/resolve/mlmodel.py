"""The `MLmodel` file: what the artifact says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from affidavit.errors import SourceError
from affidavit.printable import printable

NAME = "MLmodel"
MAX_BYTES = 1024 * 1024
_SAID = 200
_TAGS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map"))


class _PlainLoader(yaml.BaseLoader):
    """Text, lists and mappings only; no aliases, no tags.

    Ten lines of aliases stand for a billion entries, and YAML's number `1:1:1:…` costs the square
    of its length.
    """

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        node: yaml.Node | None = super().compose_node(parent, index)
        if node is not None and (self.anchors or node.tag not in _TAGS):
            raise yaml.MarkedYAMLError(
                problem="an anchor (&name) or a tag (!name), which is not read here",
                problem_mark=node.start_mark,
            )
        return node


_NOTHING = ("", "~", "null", "Null", "NULL")  # YAML's words for None
_Said = Annotated[str | None, BeforeValidator(lambda said: None if said in _NOTHING else said)]


class _Flavour(BaseModel):
    model_config = ConfigDict(extra="ignore")
    python_version: _Said = None


class _Signature(BaseModel):
    model_config = ConfigDict(extra="ignore")
    inputs: _Said = None


class _File(BaseModel):
    model_config = ConfigDict(extra="ignore")
    signature: _Signature | None = None
    run_id: _Said = None
    model_id: _Said = None
    mlflow_version: _Said = None
    flavors: dict[str, _Flavour] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """What is read of MLmodel; None where it does not say.

    Attributes:
        signature_inputs: the model's input columns, as the JSON that MLflow writes.
    """

    run_id: str | None
    model_id: str | None
    flavors: tuple[str, ...]
    python_version: str | None
    mlflow_version: str | None
    signature_inputs: str | None = None


def read_mlmodel(content: bytes) -> ModelFile:
    """Parse MLmodel.

    Raises:
        SourceError: larger than 1 MB, or not the YAML that MLflow writes.
    """
    if len(content) > MAX_BYTES:
        raise _unreadable(f"it is larger than {MAX_BYTES:,} bytes")
    try:
        parsed = _File.model_validate(yaml.load(content, _PlainLoader))  # noqa: S506 - a BaseLoader
    except ValidationError as error:
        # Not its text: that repeats what was found, whole.
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(part)[:_SAID] for part in first["loc"][:4])
        raise _unreadable(f"{place or 'it'}: {first['msg']}") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        at = f"line {mark.line + 1}: " if mark else ""
        raise _unreadable(f"{at}{(error.problem or 'not YAML')[:_SAID]}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _unreadable(str(error)[:_SAID]) from error
    python = parsed.flavors.get("python_function")
    return ModelFile(
        run_id=parsed.run_id,
        model_id=parsed.model_id,
        flavors=tuple(sorted(f for f in parsed.flavors if f != "python_function"))
        or tuple(sorted(parsed.flavors)),
        python_version=python.python_version if python else None,
        mlflow_version=parsed.mlflow_version,
        signature_inputs=parsed.signature.inputs if parsed.signature else None,
    )


def _unreadable(why: str) -> SourceError:
    return SourceError(
        "the model's MLmodel file cannot be read", printable(" ".join(why.split()))[:_SAID],
        "register the model again with MLflow",
    )  # fmt: skip
