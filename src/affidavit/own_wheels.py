"""Wheels that lie among the model's own files: private packages, which no index has.

MLflow logs them under code/ and names them in requirements.txt by their path. Their bytes are
measured with the model's. One that is plain Python is put on the worker's path as it is, where
installing it would have put its files; any other has to be installed, which is the builder's to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from affidavit.evidence import Digest, Evidence, Fact, Item

if TYPE_CHECKING:
    from affidavit.requirements import Requirements

MODEL: Final = "data/model/"
USED: Final = "environment.package/"  # requirements.txt names it, and it is on the worker's path
LYING: Final = "environment.wheel/"  # it lies there, and nothing installs it


def own_wheels(items: Iterable[Item], requirements: Requirements) -> tuple[Fact, ...]:
    """A fact for each wheel among the model's files, with its digest."""
    lines = named_wheels(requirements)
    return tuple(
        _fact(path, item, lines.get(path))
        for item in items
        if (path := item.name_below(MODEL)).endswith(".whl") and _identity(path) is not None
    )


def named_wheels(requirements: Requirements) -> dict[str, int]:
    """The lines of requirements.txt that are the path of a plain Python wheel, by that path."""
    paths = ((_relative(u.text), u.line) for u in requirements.unpinned if u.kind == "a path")
    return {path: line for path, line in paths if path and is_plain(path)}


def wheels_on_path(evidence: Evidence) -> tuple[str, ...]:
    """Paths, below the model's folder, of the wheels that the worker is given."""
    return tuple(f.id.removeprefix(USED) for f in evidence.provenance if f.id.startswith(USED))


def is_plain(path: str) -> bool:
    """Whether a wheel is plain Python, so that it can be imported as it is."""
    found = _identity(path)
    return found is not None and found[2]


def wheel_facts(evidence: Evidence) -> Mapping[str, Fact]:
    """Every such fact by the path of its item."""
    found = {}
    for fact in evidence.provenance:
        for prefix in (USED, LYING):
            if fact.id.startswith(prefix):
                found[fact.id.removeprefix(prefix)] = fact
    return found


def _fact(path: str, item: Item, line: int | None) -> Fact:
    found = _identity(path)
    named = f"; requirements.txt, line {line}" if line is not None else ""
    return Fact(
        id=f"{USED if line is not None else LYING}{path}", kind="environment",
        value=f"{found[0]} {found[1]}" if found else None,
        digest=Digest(algorithm="sha256", value=item.sha256), basis="measured",
        source=f"model artifact: {path}{named}",
    )  # fmt: skip


def _identity(path: str) -> tuple[str, str, bool] | None:
    """Name, version, and whether it is plain Python; None for what is no wheel's name."""
    # The verifier starts in a blink, and reads no wheel's name.
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename

    try:
        name, version, _, tags = parse_wheel_filename(PurePosixPath(path).name)
    except InvalidWheelFilename:
        return None
    return str(name), str(version), any(t.abi == "none" and t.platform == "any" for t in tags)


def _relative(line: str) -> str:
    """A path below the model's folder; empty for one that is not."""
    path = PurePosixPath(line.partition(";")[0].strip())
    return "" if path.is_absolute() or ".." in path.parts or "\\" in line else str(path)
