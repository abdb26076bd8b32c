"""A parsed TOML text with the place of every key, and the faults found in it."""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

from affidavit.errors import ConfigError
from affidavit.printable import printable
from affidavit.toml_reader.positions import KeyPath, Position, Positions, find_positions
from affidavit.wording import count_text

MAX_BYTES = 1_000_000
_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_SHOWN = 40
_HUGE = 10**15


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong, where it stands, and what to write instead."""

    at: Position
    what: str

    def __str__(self) -> str:
        column = f", column {self.at.column}" if self.at.column > 1 else ""
        return f"line {self.at.line}{column}: {self.what}"


@dataclass(frozen=True, slots=True)
class Document:
    """A TOML text: its values (lists as tuples, dates as ISO text) and where they stand.

    The getters answer None for a value that is absent or of another type: the types are checked
    elsewhere, and a rule then has nothing to add.
    """

    name: str
    values: dict[str, object]
    positions: Positions

    def get(self, *path: str | int) -> object:
        """The value at a path, or None."""
        value: object = self.values
        for step in path:
            if isinstance(step, str) and isinstance(value, dict):
                value = value.get(step)
            elif isinstance(step, int) and isinstance(value, tuple) and step < len(value):
                value = value[step]
            else:
                return None
        return value

    def text(self, *path: str | int) -> str | None:
        """The text at a path, or None."""
        value = self.get(*path)
        return value if isinstance(value, str) else None

    def number(self, *path: str | int) -> float | None:
        """The finite number at a path, or None; true and false are none."""
        value = self.get(*path)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return value if isinstance(value, int) or math.isfinite(value) else None

    def texts(self, *path: str | int) -> tuple[str, ...]:
        """The texts of the list at a path."""
        value = self.get(*path)
        return tuple(v for v in value if isinstance(v, str)) if isinstance(value, tuple) else ()

    def names(self, *path: str | int) -> tuple[str, ...]:
        """The keys of the table at a path, in the order of the file."""
        value = self.get(*path)
        return tuple(value) if isinstance(value, dict) else ()

    def length(self, *path: str | int) -> int:
        """How many elements the list at a path has."""
        value = self.get(*path)
        return len(value) if isinstance(value, tuple) else 0

    def leaves(self) -> Iterator[tuple[KeyPath, object]]:
        """Every value that is no table and no list, with its path."""
        return _leaves(self.values, ())

    def fault(self, path: KeyPath, what: str) -> Fault:
        """A fault of a key, at its place or that of the table where it is missing."""
        colon = ":" if what.startswith("expected") else ""
        return Fault(self.positions.find(path), f"{dotted(path)}{colon} {what}")


def parse(content: bytes, name: str) -> Document:
    """Parse a TOML file.

    Raises:
        ConfigError: too large, not UTF-8, no TOML, a key given twice, nested too deep.
    """
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{name} is larger than 1 MB", f"{len(content):,} bytes")
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise refused(name, [Fault(Position(line, 1), "not UTF-8; save the file so")]) from error
    positions = find_positions(text)
    if positions.too_deep is not None:
        raise refused(name, [Fault(positions.too_deep, "nested too deep")])
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise refused(name, _syntax_faults(text, positions, error)) from error
    return Document(name, {k: _plain(v) for k, v in values.items()}, positions)


def refused(name: str, faults: list[Fault]) -> ConfigError:
    """The error that tells every fault of a file, in the order of its lines."""
    lines = [str(fault) for fault in sorted(set(faults))]
    return ConfigError(
        "\n".join([f"{printable(name)} has {count_text(len(lines), 'fault')}", *lines]),
        fix="docs/configuration.md has every key, with an example",
    )


def dotted(path: KeyPath) -> str:
    """A path as people write it: `datasets.test.include`, `hold[2].min` (counted from 1)."""
    result = ""
    for step in path:
        if isinstance(step, int):
            result += f"[{step + 1}]"
        else:
            plain = re.fullmatch(r"[A-Za-z0-9_-]+", step) is not None
            result += ("." if result else "") + (step if plain else quoted(step))
    return result


def quoted(text: str) -> str:
    """A text in quotes, safe to show, and cut where it is long."""
    return json.dumps(printable(text if len(text) <= _SHOWN else text[:_SHOWN] + "…"),
                      ensure_ascii=False)  # fmt: skip


def described(value: object) -> str:
    """A value as a fault names what was found."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) < _HUGE else "a huge number"
    if isinstance(value, float):
        return str(value)
    if isinstance(value, tuple):
        return "a list"
    return "a table" if isinstance(value, dict) else "a time"


def _leaves(value: object, path: KeyPath) -> Iterator[tuple[KeyPath, object]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, tuple):
        for index, inner in enumerate(value):
            yield from _leaves(inner, (*path, index))
    else:
        yield path, value


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return tuple(_plain(v) for v in value)
    if isinstance(value, date) and not isinstance(value, datetime | time):
        return value.isoformat()
    return value


def _syntax_faults(text: str, positions: Positions, error: Exception) -> list[Fault]:
    repeated = [
        Fault(at, f"{dotted(path)} is given twice; first in line {positions.find(path).line}")
        for path, at in positions.again
    ]
    message = str(error)
    if repeated and ("overwrite" in message or "declare" in message or "mutate" in message):
        return repeated
    place = _PLACE.search(message)
    at = Position(text.count("\n") + 1, 1)
    if place and place[1]:
        at = Position(int(place[1]), int(place[2]))
    return [Fault(at, f"not TOML: {printable(_PLACE.sub('', message))}"), *repeated]
