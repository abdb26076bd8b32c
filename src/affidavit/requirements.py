"""requirements.txt, read strictly: `name==version` is a pin, everything else is named as not."""

from __future__ import annotations

from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from affidavit.sources import without_credentials


@dataclass(frozen=True, slots=True, order=True)
class Pin:
    """One package at one version, its name in PyPI's canonical form."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Unpinned:
    """A line that fixes no version, with its number from 1."""

    line: int
    text: str


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
            unpinned.append(Unpinned(number, without_credentials(line)))
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
    except InvalidRequirement:
        return None
    specifiers = list(requirement.specifier)
    if requirement.url is not None or len(specifiers) != 1:
        return None
    only = specifiers[0]
    if only.operator not in ("==", "==="):
        return None
    try:
        version = str(Version(only.version))
    except InvalidVersion:  # a wildcard too
        return None
    return Pin(name=canonicalize_name(requirement.name), version=version)
