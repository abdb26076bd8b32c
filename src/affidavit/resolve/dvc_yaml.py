"""The YAML of DVC's files, from a commit that somebody else wrote.

Every scalar stays text. PyYAML's usual reading makes a number of a digest that happens to have no
letter, a date of a file name and a boolean of `no`; and two equal keys, which a bad merge leaves
behind, would silently become the last of them.
"""

from __future__ import annotations

from typing import Any

import yaml

MAX_BYTES = 4 * 1024 * 1024
_MAX_NODES = 200_000
_MAX_DEPTH = 32

Yaml = str | list["Yaml"] | dict[str, "Yaml"]


class UnreadableYamlError(Exception):
    """Text for a finding: what is wrong, with line and column where the parser knows them."""


class _StrictLoader(yaml.BaseLoader):
    """Text, lists and mappings only; bounded, and no key twice."""

    _nodes = 0
    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self._nodes += 1
        self._depth += 1
        if self._nodes > _MAX_NODES or self._depth > _MAX_DEPTH:
            raise UnreadableYamlError("it is nested too deeply, or has too many entries")
        node: yaml.Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise UnreadableYamlError(f"line {key.start_mark.line + 1}: a key that is no text")
            if key.value in seen:
                raise UnreadableYamlError(
                    f"line {key.start_mark.line + 1}: the key {key.value!r} stands twice"
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def parse_yaml(content: bytes) -> Yaml:
    """The document as text, lists and mappings; an empty one is the empty text.

    Raises:
        UnreadableYamlError: not UTF-8, not YAML, a key twice, too large, deep or tangled.
    """
    if len(content) > MAX_BYTES:
        raise UnreadableYamlError(f"it is larger than {MAX_BYTES:,} bytes")
    loader = None
    try:
        loader = _StrictLoader(content.decode("utf-8"))
        document: Yaml | None = loader.get_single_data()
    except UnicodeDecodeError as error:
        raise UnreadableYamlError(f"it is not UTF-8 (byte {error.start})") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        at = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise UnreadableYamlError(f"{at}{error.problem or 'not YAML'}") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise UnreadableYamlError("it is not YAML") from error
    finally:
        if loader is not None:
            loader.dispose()
    return "" if document is None else document


def mapping(value: Yaml | None) -> dict[str, Yaml]:
    """The mapping, or an empty one where the value is something else."""
    return value if isinstance(value, dict) else {}


def sequence(value: Yaml | None) -> list[Yaml]:
    """The list, or an empty one where the value is something else."""
    return value if isinstance(value, list) else []


def text(value: Yaml | None) -> str | None:
    """The text, or None where the value is something else."""
    return value if isinstance(value, str) else None
