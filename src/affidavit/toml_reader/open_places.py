"""Places that are left open: a text in angle brackets, as `affidavit init` writes it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from affidavit.toml_reader.document import Document, Fault, dotted, parse, quoted

_PLACEHOLDER = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPlace:
    """A key that a person has still to fill in, and its line in the file."""

    key: str
    line: int


def open_places(content: bytes, name: str) -> tuple[OpenPlace, ...]:
    """The open places of affidavit.toml, in the order of their lines.

    Raises:
        ConfigError: not TOML.
    """
    document = parse(content, name)
    found = [
        OpenPlace(key=dotted(path), line=document.positions.find(path).line)
        for path, value in document.leaves()
        if is_placeholder(value)
    ]
    return tuple(sorted(found, key=lambda place: place.line))


def is_placeholder(value: object) -> bool:
    """Whether a value says only that it is to be filled in."""
    return isinstance(value, str) and _PLACEHOLDER.fullmatch(value) is not None


def left_open(document: Document) -> list[Fault]:
    """A fault for each open place."""
    return [
        document.fault(path, f"is still the placeholder {quoted(str(value))}")
        for path, value in document.leaves()
        if is_placeholder(value)
    ]
