"""YAML files of policies: read with bounds, then parsed into a record with every fault told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final, TypeVar

import yaml
from pydantic import ValidationError

from affidavit.errors import ConfigError, UsageError
from affidavit.evidence import Record

MAX_BYTES: Final = 4 * 1024 * 1024
# Aliases make a small file large: what they stand for is counted, not what is written.
MAX_VALUES: Final = 200_000
MAX_CHARACTERS: Final = 8 * MAX_BYTES
MAX_DEPTH: Final = 32
_SHOWN: Final = 12
_MERGE: Final = "tag:yaml.org,2002:merge"
R = TypeVar("R", bound=Record)


class _PlainLoader(yaml.SafeLoader):
    """The safe loader, with days left as text: whether a calendar has them is said by field.

    A key that stands twice is refused, since a reader may see the other one; so are merges (`<<`)
    that double what they merge, again and again.
    """

    def __init__(self, stream: bytes) -> None:
        super().__init__(stream)
        self._flat: set[int] = set()
        self._merged = 0

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Take over the pairs of a merged mapping; once for each mapping."""
        if id(node) in self._flat:
            return
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in seen:
                raise yaml.MarkedYAMLError(None, None, f"{key.value!r} twice", key.start_mark)
            seen.add(key.value)
            if key.tag == _MERGE:
                self._require_small(key, value)
        super().flatten_mapping(node)
        self._flat.add(id(node))

    def _require_small(self, key: yaml.Node, merged: yaml.Node) -> None:
        if not isinstance(merged, yaml.MappingNode):
            raise yaml.MarkedYAMLError(None, None, "<< takes one mapping", key.start_mark)
        self.flatten_mapping(merged)
        self._merged += len(merged.value)
        if self._merged > MAX_VALUES:
            raise yaml.MarkedYAMLError(None, None, "<< gives too many values", key.start_mark)


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
        ConfigError: no YAML, a key that stands twice, an anchor that holds itself, more values or
            characters than a catalog has, or not of the form; every fault of the form at once.
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
    count, characters, waiting = 0, 0, [(value, 0)]
    while waiting:
        one, depth = waiting.pop()
        count += 1
        if depth > MAX_DEPTH:
            raise ConfigError(f"{name}: nested deeper than {MAX_DEPTH}, or an anchor within itself")
        characters += len(one) if isinstance(one, str | bytes) else 0
        if characters > MAX_CHARACTERS:
            raise ConfigError(f"{name}: more than {MAX_CHARACTERS:,} characters, counting aliases")
        if count > MAX_VALUES:
            raise ConfigError(f"{name}: more than {MAX_VALUES:,} values, no catalog has so many")
        if isinstance(one, dict):
            waiting.extend((v, depth + 1) for pair in one.items() for v in pair)
        elif isinstance(one, list | set | tuple):
            waiting.extend((v, depth + 1) for v in one)
