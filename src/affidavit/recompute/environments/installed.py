"""What is installed in folders of packages, from its metadata: nothing in them is imported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import distributions

from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import Specifier
from packaging.utils import canonicalize_name

from affidavit.recompute.environments.lock import Entry
from affidavit.requirements import Pin

# What our own side of the worker imports, whatever the model wants.
NEEDED = ("numpy", "pandas", "pyarrow")


@dataclass(frozen=True, slots=True)
class Python:
    """A version of Python, as far as it decides which packages fit."""

    version: str

    @property
    def minor(self) -> str:
        """`3.11` of 3.11.7."""
        return ".".join(self.version.split(".")[:2])

    def holds(self, marker: str, extra: str = "") -> bool:
        """Whether a marker holds for this Python on this platform; one that has no answer holds."""
        if not marker:
            return True
        about = {"python_version": self.minor, "python_full_version": self.version, "extra": extra}
        try:
            return Marker(marker).evaluate(about)
        except (ValueError, RecursionError):  # compares what cannot be compared, or no marker
            return True


@dataclass(frozen=True, slots=True)
class _Package:
    version: str
    requires: tuple[str, ...]


class Installed:
    """The packages of one environment, by canonical name; of two of a name the first counts."""

    def __init__(self, folders: Iterable[str], python: Python) -> None:
        self._folders, self._python = list(folders), python
        self._known: dict[str, _Package | None] = {}

    def versions(self) -> dict[str, str]:
        """Every package with its version. Reads all of them."""
        found: dict[str, str] = {}
        for one in distributions(path=self._folders):
            said = one.metadata
            if said["Name"] and said["Version"]:
                found.setdefault(canonicalize_name(said["Name"]), said["Version"])
        return dict(sorted(found.items()))

    def lacking(self, names: Iterable[str]) -> tuple[str, ...]:
        """The packages that are not there."""
        return tuple(name for name in names if self._get(name) is None)

    def differing(self, pins: Iterable[Pin]) -> tuple[str, ...]:
        """The pins that do not hold here, each as `numpy 2.4.6 (found 2.4.5)`."""
        return tuple(
            f"{pin.name} {pin.version} (found {found.version if found else 'none'})"
            for pin in pins
            if self._python.holds(pin.marker)
            for found in [self._get(pin.name)]
            if found is None or not _is(found.version, pin.version)
        )

    def closure(self, pins: Iterable[Pin]) -> tuple[Entry, ...]:
        """The pinned packages, what the worker needs, and all that these require, as installed."""
        waiting = [(p.name, p.extras) for p in pins if self._python.holds(p.marker)]
        waiting += [(name, ()) for name in NEEDED]
        seen: set[tuple[str, tuple[str, ...]]] = set()
        found: dict[str, str] = {}
        while waiting:
            name, extras = waiting.pop()
            package = self._get(name)
            if package is not None and (name, extras) not in seen:
                seen.add((name, extras))
                found[name] = package.version
                waiting += self._required(package, extras)
        return tuple(Entry(name, version) for name, version in sorted(found.items()))

    def _get(self, name: str) -> _Package | None:
        if name not in self._known:
            one = next(iter(distributions(name=name, path=self._folders)), None)
            package = _Package(one.version, tuple(one.requires or ())) if one else None
            self._known[name] = package
        return self._known[name]

    def _required(
        self, package: _Package, extras: tuple[str, ...]
    ) -> Iterator[tuple[str, tuple[str, ...]]]:
        for line in package.requires:
            try:
                requirement = Requirement(line)
            except InvalidRequirement:  # of an old package; its neighbours still count
                continue
            marker = str(requirement.marker or "")
            if any(self._python.holds(marker, extra) for extra in ("", *extras)):
                named = sorted(str(canonicalize_name(e)) for e in requirement.extras)
                yield canonicalize_name(requirement.name), tuple(named)


def _is(found: str, pinned: str) -> bool:
    """PEP 440's `==`: a pin without a local part takes every one, 2.5.0 takes 2.5.0+cpu."""
    return Specifier(f"=={pinned}").contains(found, prereleases=True)
