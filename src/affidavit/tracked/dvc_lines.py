"""The entries of a DVC file, read by lines: no YAML is needed to hold a digest against its path.

References:
    dvc.lock, schema 2.0, and .dvc files: dvc.org/doc/user-guide/project-structure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

_PATH: Final = "path: "
_LEAD: Final = re.compile(r" *(- +)?")


def paths_named(text: str, digest: str) -> Iterator[str]:
    """The paths of the entries with this digest, in a DVC file as DVC writes it.

    No YAML is read: an entry is a list's, and its lines stand at one depth, so that a parameter of
    this name is none.
    """
    lines = text.splitlines()
    for at, line in enumerate(lines):
        if line.strip().removeprefix("- ").strip() in (f"md5: {digest}", f"md5: '{digest}'"):
            yield from _path_of(lines, at)


def _path_of(lines: Sequence[str], at: int) -> Iterator[str]:
    """The path of the entry that this line is part of; a long one goes on in the next line."""
    depth, first = _depth(lines[at]), at
    while first and not _begins(lines[first], depth) and _depth(lines[first - 1]) >= depth:
        first -= 1
    if not _begins(lines[first], depth):
        return
    parts: list[str] = []
    is_path = False
    for number, line in enumerate(lines[first:]):
        if number and (_depth(line) < depth or _begins(line, depth)):
            break
        if _depth(line) == depth:
            is_path = line[depth:].startswith(_PATH)
        if is_path:
            parts.append(line[depth:].removeprefix(_PATH).strip())
    if parts:
        yield _unquoted(" ".join(parts))


def _depth(line: str) -> int:
    """Where a line's first word stands, behind the dash that begins an entry."""
    found = _LEAD.match(line)
    return found.end() if found is not None else 0


def _begins(line: str, depth: int) -> bool:
    return line.lstrip().startswith("- ") and _depth(line) == depth


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] == "'":
        return value[1:-1].replace("''", "'")
    return value
