"""Where each key of a TOML text stands; `tomllib` reads the values and keeps no lines.

The scanner follows tables, arrays of tables, dotted and quoted keys, inline tables and arrays. It
never judges: where it cannot follow, it stops with what it has, and `tomllib` says what is wrong.
It runs first, and its bounds keep deep nesting away from the parser.

References:
    TOML 1.0.0, sections Keys, Table, Inline Table, Array of Tables.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from contextlib import suppress
from dataclasses import dataclass, field

KeyPath = tuple[str | int, ...]
MAX_DEPTH = 32

_BLANK = re.compile(r"[ \t]*")
_GAP = re.compile(r"(?:[ \t\n]+|#[^\n]*)*")
_LINE_REST = re.compile(r"[^\n]*\n?")
_KEY_PART = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
_STRING = re.compile(
    r'''"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*\'''', re.DOTALL
)
_OTHER = re.compile(r"[^,\]}#\n]+")


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a text, both counted from 1."""

    line: int
    column: int


@dataclass(slots=True)
class Positions:
    """Where keys, tables and list elements stand, and which were given twice.

    Attributes:
        first: the first place of every path.
        again: later places of a path that may stand only once.
        too_deep: where the nesting, or a dotted key, passed `MAX_DEPTH`.
    """

    first: dict[KeyPath, Position] = field(default_factory=dict)
    again: list[tuple[KeyPath, Position]] = field(default_factory=list)
    too_deep: Position | None = None

    def find(self, path: KeyPath) -> Position:
        """The place of a path, else of the nearest table around it, else the first line."""
        for end in range(len(path), 0, -1):
            if found := self.first.get(path[:end]):
                return found
        return Position(1, 1)


def find_positions(text: str) -> Positions:
    """Scan a TOML text, valid or not, whose lines end in LF."""
    scanner = _Scanner(text)
    with suppress(_LostError):  # tomllib reports the fault
        scanner.document()
    return scanner.positions


class _LostError(Exception):
    """The text is no TOML from here on."""


class _Scanner:
    """One pass over the text; `at` is the place reached."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.positions = Positions()
        self._starts = [0, *(m.end() for m in re.finditer("\n", text))]
        self._elements: dict[KeyPath, int] = {}  # array of tables -> index of its last table
        self._given: set[KeyPath] = set()  # tables with a header, and keys with a value

    def document(self) -> None:
        """Scan every line: a header, or a key and its value."""
        table: KeyPath = ()
        while True:
            self._skip(_GAP)
            if self.at >= len(self.text):
                return
            if self.text.startswith("[", self.at):
                table = self._header()
            else:
                self._pair(table, 0)
            self._skip(_LINE_REST)

    def _header(self) -> KeyPath:
        start = self.at
        is_element = self.text.startswith("[[", start)
        self.at += 2 if is_element else 1
        names = self._dotted()
        self._expect("]")
        path: KeyPath = ()
        for depth, name in enumerate(names, start=1):
            path = (*path, name)
            self._note(path, start)
            if is_element and depth == len(names):
                self._elements[path] = self._elements.get(path, -1) + 1
            if path in self._elements:
                path = (*path, self._elements[path])
                self._note(path, start)
        if not is_element:
            self._give(path, start)
        return path

    def _pair(self, table: KeyPath, depth: int) -> None:
        start = self.at
        path = table
        for name in self._dotted():
            path = (*path, name)
            self._note(path, start)
        self._expect("=")
        self._skip(_BLANK)
        self._give(path, start)
        self._value(path, depth)

    def _dotted(self) -> list[str]:
        names: list[str] = []
        while True:
            self._skip(_BLANK)
            found = _KEY_PART.match(self.text, self.at)
            if found is None:
                raise _LostError
            if len(names) >= MAX_DEPTH:
                self._too_deep()
            names.append(_unquoted(found[0]))
            self.at = found.end()
            self._skip(_BLANK)
            if not self.text.startswith(".", self.at):
                return names
            self.at += 1

    def _value(self, path: KeyPath, depth: int) -> None:
        if depth > MAX_DEPTH:
            self._too_deep()
        if self.text.startswith("[", self.at):
            self._list(path, depth)
        elif self.text.startswith("{", self.at):
            self._inline_table(path, depth)
        else:
            found = _STRING.match(self.text, self.at) or _OTHER.match(self.text, self.at)
            if found is None:
                raise _LostError
            self.at = found.end()

    def _list(self, path: KeyPath, depth: int) -> None:
        self.at += 1
        index = 0
        while not self._ends("]"):
            self._note((*path, index), self.at)
            self._value((*path, index), depth + 1)
            index += 1
            self._separator("]")

    def _inline_table(self, path: KeyPath, depth: int) -> None:
        self.at += 1
        while not self._ends("}"):
            self._pair(path, depth + 1)
            self._separator("}")

    def _ends(self, bracket: str) -> bool:
        self._skip(_GAP)
        if self.text.startswith(bracket, self.at):
            self.at += 1
            return True
        return False

    def _separator(self, bracket: str) -> None:
        self._skip(_GAP)
        if self.text.startswith(",", self.at):
            self.at += 1
        elif not self.text.startswith(bracket, self.at):
            raise _LostError

    def _expect(self, char: str) -> None:
        if not self.text.startswith(char, self.at):
            raise _LostError
        self.at += 1

    def _skip(self, pattern: re.Pattern[str]) -> None:
        if found := pattern.match(self.text, self.at):
            self.at = found.end()

    def _note(self, path: KeyPath, at: int) -> None:
        self.positions.first.setdefault(path, self._position(at))

    def _give(self, path: KeyPath, at: int) -> None:
        if path in self._given:
            self.positions.again.append((path, self._position(at)))
        self._given.add(path)

    def _too_deep(self) -> None:
        self.positions.too_deep = self._position(self.at)
        raise _LostError

    def _position(self, at: int) -> Position:
        line = bisect_right(self._starts, at)
        return Position(line, at - self._starts[line - 1] + 1)


def _unquoted(part: str) -> str:
    if part[0] not in "\"'":
        return part
    try:
        return str(tomllib.loads(f"key = {part}")["key"])
    except ValueError:
        return part
