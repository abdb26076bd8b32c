"""worker.lock: which packages the model was run with, in the form that uv and pip install from.

    # Affidavit worker.lock 1
    # python: 3.11
    # platform: linux-x86_64
    # environment: built from the logged requirements
    # added: pyarrow
    numpy==2.4.6 \
        --hash=sha256:…

Comments, pins and hashes and nothing else: no address, no option, no marker. A lock out of a bundle
is a stranger's, so it is read strictly, and what is installed is written from what was read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from affidavit.errors import SourceError
from affidavit.printable import printable

LOCK = "data/environment/worker.lock"
_TITLE = "# Affidavit worker.lock 1"
_MAX_BYTES = 16 * 1024 * 1024
_MAX_ENTRIES = 5000
_ABOUT = re.compile(r"# (python|platform|environment|added|hashes): ([ -~]{1,200})")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9])?")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One package at one version, and the digests that its files may have; none is unknown."""

    name: str
    version: str
    hashes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """A whole environment.

    Attributes:
        entries: sorted by name, each name once.
        about: the words of the head, by name: python, platform, environment, added, hashes.
    """

    entries: tuple[Entry, ...]
    about: dict[str, str]

    @property
    def is_hashed(self) -> bool:
        """Whether every package is fixed by the digests of its files."""
        return bool(self.entries) and all(e.hashes for e in self.entries)

    def render(self) -> bytes:
        """The lock as it stands in the bundle, the same bytes each time."""
        head = [_TITLE, *(f"# {name}: {text}" for name, text in self.about.items())]
        return "\n".join([*head, *map(_lines, self.entries)]).encode() + b"\n"

    def bare(self) -> bytes:
        """The pins and hashes alone, to install from."""
        return "".join(_lines(e) + "\n" for e in self.entries).encode()


def _lines(entry: Entry) -> str:
    hashes = (f"    --hash=sha256:{h}" for h in entry.hashes)
    return " \\\n".join([f"{entry.name}=={entry.version}", *hashes])


def read_lock(content: bytes, where: str = LOCK) -> Lock:
    """Read a lock that may be anybody's.

    Args:
        content: the file.
        where: its name, for the error.

    Raises:
        SourceError: a line that is neither comment, pin nor sha256; a package twice; too long.
    """
    if len(content) > _MAX_BYTES:
        raise _refused(where, "longer than 16 MiB")
    about: dict[str, str] = {}
    entries: dict[str, Entry] = {}
    try:
        text = content.decode("ascii")
    except UnicodeDecodeError as error:
        raise _refused(where, "a character that is not ASCII") from error
    for line in text.replace("\\\n", " ").split("\n"):
        if line.startswith("#"):
            if found := _ABOUT.fullmatch(line):
                about[found[1]] = found[2]
        elif line.strip():
            entry = _entry(line, where)
            if entry.name in entries:
                raise _refused(where, f"{entry.name} twice")
            entries[entry.name] = entry
            if len(entries) > _MAX_ENTRIES:
                raise _refused(where, f"more than {_MAX_ENTRIES:,} packages")
    return Lock(entries=tuple(sorted(entries.values())), about=about)


def _entry(line: str, where: str) -> Entry:
    pin, *hashes = line.split()
    name, _, version = pin.partition("==")
    found = [_HASH.fullmatch(h) for h in hashes]
    try:
        known = str(Version(version))
    except (InvalidVersion, ValueError):
        known = ""
    if not known or not _NAME.fullmatch(name) or not all(found):
        said = printable(line.strip())[:100]
        raise _refused(where, f"neither name==version nor a sha256: {said}")
    digests = sorted({f[1] for f in found if f})
    return Entry(canonicalize_name(name), known, tuple(digests))


def _refused(where: str, rule: str) -> SourceError:
    return SourceError(
        f"{where} is no lock of an environment", rule,
        "name an environment yourself: --model-env PATH",
    )  # fmt: skip
