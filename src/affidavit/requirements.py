"""requirements.txt, read strictly: `name==version` is a pin, everything else is named as not."""

from __future__ import annotations

import re
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from affidavit.sources import without_credentials

# In this order: the first that fits says what the line is.
_KINDS = (
    ("an editable install", re.compile(r"(-e|--editable)\b")),
    ("another file of requirements", re.compile(r"(-r|--requirement|-c|--constraint)\b")),
    ("an option", re.compile(r"-|.*\s--(?!hash=)")),
    ("version control", re.compile(r"(.*@\s*)?(git|hg|svn|bzr)\+")),
    ("an address", re.compile(r"(.*@\s*)?[A-Za-z][A-Za-z0-9+.]*:")),
    ("a path", re.compile(r"[./~\\]|.*[/\\]|.*\.(whl|zip|tar\.gz)$")),
    ("no single version", re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\s*(\[[^]]*\]\s*)?([=<>!~;(]|$)")),
)


@dataclass(frozen=True, slots=True, order=True)
class Pin:
    """One package at one version, its name in PyPI's canonical form.

    Attributes:
        extras: the optional parts asked for, sorted.
        marker: where the pin holds, as in `python_version < "3.11"`; empty for everywhere.
    """

    name: str
    version: str
    extras: tuple[str, ...] = ()
    marker: str = ""


@dataclass(frozen=True, slots=True)
class Unpinned:
    """A line that fixes no version: its number from 1, its text, and what it is instead."""

    line: int
    text: str
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """A requirements file: what it pins, and the lines that pin nothing."""

    pins: tuple[Pin, ...]
    unpinned: tuple[Unpinned, ...]


def read_requirements(content: bytes) -> Requirements:
    """Read a requirements file as pip would, without following it anywhere.

    Hashes (`--hash=…`) and markers (`; python_version < "3.12"`) may follow a pin. Ranges, URLs,
    editable and local packages, `-r` and options that lead to another index are no pins.
    """
    pins, unpinned = set(), []
    for number, line in _logical_lines(content.decode("utf-8", "replace")):
        found = _pin(line)
        if found is None:
            unpinned.append(Unpinned(number, without_credentials(line), _kind(line)))
        else:
            pins.add(found)
    return Requirements(pins=tuple(sorted(pins)), unpinned=tuple(unpinned))


def _logical_lines(text: str) -> list[tuple[int, str]]:
    """Lines with their first number: continued ones joined, comments and empty ones left out."""
    result, pending, began = [], "", 0
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.removeprefix("\ufeff") if number == 1 else raw
        began = began or number
        if line.endswith("\\"):
            pending += line[:-1]
            continue
        joined = (pending + line).strip()
        if joined.startswith("#"):
            joined = ""
        joined = joined.partition(" #")[0].strip()
        if joined:
            result.append((began, joined))
        pending, began = "", 0
    if pending.strip():
        result.append((began, pending.strip()))
    return result


def _pin(line: str) -> Pin | None:
    text = line.partition(" --hash=")[0]
    try:
        requirement = Requirement(text)
    except (InvalidRequirement, RecursionError, ValueError):  # a number of thousands of digits
        return None
    specifiers = list(requirement.specifier)
    if requirement.url is not None or len(specifiers) != 1:
        return None
    only = specifiers[0]
    if only.operator not in ("==", "==="):
        return None
    try:
        version = str(Version(only.version))
    except (InvalidVersion, ValueError):  # a wildcard too
        return None
    return Pin(
        name=canonicalize_name(requirement.name),
        version=version,
        extras=tuple(sorted(canonicalize_name(e) for e in requirement.extras)),
        marker=str(requirement.marker or ""),
    )


def _kind(line: str) -> str:
    return next((kind for kind, form in _KINDS if form.match(line[:500])), "no requirement")
