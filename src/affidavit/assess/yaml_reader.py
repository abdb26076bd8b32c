"""YAML files of policies: read with bounds, then parsed into a record with every fault told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml
from pydantic import ValidationError

from affidavit.errors import ConfigError, UsageError
from affidavit.evidence import Record

MAX_BYTES: Final = 4 * 1024 * 1024
# Aliases make a small file large: what they stand for is counted, not what is written.
MAX_VALUES: Final = 200_000
MAX_DEPTH: Final = 32
_SHOWN: Final = 12
R = TypeVar("R", bound=Record)


class _PlainLoader(yaml.SafeLoader):
    """The safe loader, with days left as text: whether a calendar has them is said by field.

    A key that stands twice is refused: the last would win without a word, and a control could lose
    its tests to an empty list further down.
    """

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        # As written, and not when values are made: a key may well override one that `<<` brings.
        node = super().compose_mapping_node(anchor)
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in seen:
                raise yaml.composer.ComposerError(
                    None, None, f"{key.value[:60]!r} stands twice in one mapping", key.start_mark
                )
            seen.add(key.value)
        return node


_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, rule) for tag, rule in rules if tag != "tag:yaml.org,2002:timestamp"]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(path: Path) -> bytes:
    """The bytes of a policy file.

    Raises:
        UsageError: it cannot be read.
        ConfigError: it is larger than any catalog.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read", error.strerror or str(error), "check its path"
        ) from error
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{path.name}: larger than {MAX_BYTES // 1024**2} MB, no catalog")
    return content


def parse_record(form: type[R], content: bytes, name: str) -> R:
    """YAML as a record of a form.

    Raises:
        ConfigError: no YAML, a key that stands twice, an anchor that holds itself, more values
            than a catalog has, or not of the form; every fault of the form at once.
    """
    try:
        raw = yaml.load(content, Loader=_PlainLoader)  # noqa: S506 - a safe loader
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        said = " ".join(str(error).split())
        raise ConfigError(f"{name} is not YAML", said or "nested too deeply") from error
    _require_bounded(raw, name)
    try:
        return form.model_validate_json(json.dumps(raw, default=str))
    except (ValidationError, ValueError, TypeError) as error:
        raise ConfigError("\n".join(_faults(error, name))) from error


def _faults(error: Exception, name: str) -> list[str]:
    if not isinstance(error, ValidationError):
        return [f"{name}: {error}"]
    found = [f"{name}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
    more = len(found) - _SHOWN
    return [*found[:_SHOWN], *([f"{name}: and {more} more faults"] if more > 0 else [])]


def _require_bounded(value: object, name: str) -> None:
    """Refuse what never ends (an anchor within itself) or grows without being written."""
    count, waiting = 0, [(value, 0)]
    while waiting:
        one, depth = waiting.pop()
        count += 1
        if depth > MAX_DEPTH:
            raise ConfigError(f"{name}: nested deeper than {MAX_DEPTH}, or an anchor within itself")
        if count > MAX_VALUES:
            raise ConfigError(f"{name}: more than {MAX_VALUES:,} values, no catalog has so many")
        if isinstance(one, dict):
            waiting.extend((v, depth + 1) for pair in one.items() for v in pair)
        elif isinstance(one, list | set | tuple):
            waiting.extend((v, depth + 1) for v in one)
