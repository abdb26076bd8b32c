"""The entries of a DVC file, read by lines: no YAML is needed to hold a digest against its path.

An entry is a list's, and its lines stand at one depth, so that a parameter of this name is none.

References:
    dvc.lock, schema 2.0, and .dvc files: dvc.org/doc/user-guide/project-structure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

_TOKEN: Final = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?:\.dir)?(?![0-9a-f])")
_MD5: Final = re.compile(r"md5: ('?)([0-9a-f]{32}(?:\.dir)?)\1\s*")
_QUOTED: Final = re.compile(r"'((?:[^'\n]|'')*)'")
_PATH: Final = "path:"
_HASH: Final = "hash:"
# What makes of a value's text another value: escapes, blocks, anchors, aliases, tags.
_MARKS: Final = tuple("\"'|>&*!%@`[]{}#")
_BREAK: Final = "\n"


class Named(NamedTuple):
    """An entry that has a digest.

    Attributes:
        path: as it stands there; None where it is written so that only YAML could tell it.
        has_hash: it says by which hash, as DVC 3 does: over the bytes as they are.
    """

    path: str | None
    has_hash: bool


@dataclass(slots=True)
class _Entry:
    """One list entry, as its lines come by."""

    depth: int
    path: list[str] | None = None
    digest: str | None = None
    has_hash: bool = False
    is_in_path: bool = False

    def take(self, line: str) -> None:
        """A line that begins at the entry's own depth."""
        text = line[self.depth :]
        self.is_in_path = text.startswith(_PATH)
        if self.is_in_path:
            self.path = [text.removeprefix(_PATH).strip()]
        elif found := _MD5.fullmatch(text):
            self.digest = found[2]
        elif text.startswith(_HASH):
            self.has_hash = True

    def go_on(self, words: str) -> bool:
        """Words of the path, where the last line was one: a long one goes on in the next."""
        if self.is_in_path and self.path is not None:
            self.path.append(words)
        return self.is_in_path


def entries_named(text: str, digests: Container[str]) -> Iterator[tuple[str, Named]]:
    """Each digest of these, with the entry that has it, in a DVC file as DVC writes it.

    A digest that stands elsewhere, as in an entry that somebody wrote in another form of YAML,
    comes with an entry whose path is None.
    """
    left = Counter(token for token in _TOKEN.findall(text) if token in digests)
    for entry in _entries(text) if left else ():
        if entry.digest is not None and entry.digest in digests:
            left[entry.digest] -= 1
            path = _unquoted(" ".join(entry.path or ()).strip())
            yield entry.digest, Named(path, entry.has_hash)
    for digest in left:
        if left[digest] > 0:
            yield digest, Named(None, has_hash=False)


def _entries(text: str) -> Iterator[_Entry]:
    """The list entries, each when it is over; one may lie in another."""
    around: list[_Entry] = []  # the innermost last
    for line in text.splitlines():
        words = line.lstrip(" ")
        spaces = len(line) - len(words)
        if not words or words.startswith("#"):  # nothing, unless it is amid a path
            if around:
                around[-1].go_on(_BREAK)
            continue
        begins = words.startswith("- ")
        depth = len(line) - len(words.removeprefix("-").lstrip(" ")) if begins else spaces
        if around and spaces > around[-1].depth and around[-1].go_on(words.strip()):
            continue
        while around and (depth < around[-1].depth or (begins and depth == around[-1].depth)):
            yield around.pop()
        if begins:
            around.append(_Entry(depth))
        if around and depth == around[-1].depth:
            around[-1].take(line)
    yield from reversed(around)


def _unquoted(value: str) -> str | None:
    """The text that a value is; None where it takes YAML to tell."""
    if quoted := _QUOTED.fullmatch(value):
        return quoted[1].replace("''", "'")
    is_odd = not value or value.startswith(_MARKS) or " #" in value or _BREAK in value
    return None if is_odd else value
