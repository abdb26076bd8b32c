"""From the logged pins to a lock: resolved once, kept, and not asked for again."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import sysconfig
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from affidavit.errors import SourceError
from affidavit.recompute.environments.cache import making
from affidavit.recompute.environments.indexes import places_digest
from affidavit.recompute.environments.installed import NEEDED
from affidavit.recompute.environments.lock import Lock, read_lock
from affidavit.recompute.environments.pythons import FoundPython
from affidavit.recompute.environments.uv_command import WHEELS_ONLY, run_uv
from affidavit.requirements import Pin

_YANKED = re.compile(r'warning: `([^`\n]{1,200})` is yanked(?: \(reason: "([^"\n]{0,300})"\))?')
_FORM = "2"  # of a kept answer; another form is not read
_MAX_KEPT = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A lock, and what the index said of it.

    Attributes:
        lock: every package with the digests of its files.
        yanked: pins that the index has withdrawn, each with the reason given.
    """

    lock: Lock
    yanked: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be resolved, for whom, and where to look.

    Attributes:
        pins: of the logged requirements.
        python: the interpreter that the packages are for.
        preferred: versions to take where the pins leave one open: those that Affidavit has.
        is_whole: the pins are a whole environment already; only digests are asked for.
        settings: the environment for uv, `read_index_settings`.
        wheelhouse: a folder of wheels that is asked instead of any index.
    """

    pins: tuple[Pin, ...]
    python: FoundPython
    preferred: Mapping[str, str]
    is_whole: bool = False
    settings: Mapping[str, str]
    wheelhouse: Path | None = None

    @property
    def added(self) -> tuple[str, ...]:
        """What the worker needs and no pin names."""
        named = {p.name for p in self.pins}
        return () if self.is_whole else tuple(n for n in NEEDED if n not in named)

    @property
    def lines(self) -> tuple[str, ...]:
        """The requirements, written by us from what was read; nothing hostile goes through."""
        holding = (p for p in self.pins if self.python.python.holds(p.marker))
        pinned = {f"{p.name}{_extras(p)}=={p.version}" for p in holding}
        return (*sorted(pinned), *self.added)

    def digest(self) -> str:
        """Of everything that the answer depends on, but the index itself."""
        preferred = [f"{name}=={version}" for name, version in sorted(self.preferred.items())]
        parts = [
            _FORM, platform(), self.python.python.minor, str(self.is_whole),
            places_digest(self.settings), *self.lines, "", *preferred,
        ]  # fmt: skip
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _extras(pin: Pin) -> str:
    return f"[{','.join(pin.extras)}]" if pin.extras else ""


def platform() -> str:
    """This platform, as packages are made for it: linux-x86_64."""
    return sysconfig.get_platform()


def resolve_lock(question: Question, cache: Path) -> Resolved:
    """The lock for the pins, with the digest of every file that each version has.

    What was resolved before is taken from the cache, so that a second build asks no index. A
    wheelhouse is asked each time: it is at hand, and may have changed.

    Args:
        question: what to resolve.
        cache: the folder of kept answers, made here.

    Raises:
        SourceError: no such version, no wheel for here, a contradiction (`run_uv`).
        Unreachable: the index does not answer.
    """
    kept = cache / "locks" / f"{question.digest()}.json"
    if question.wheelhouse is None and (known := _read_kept(kept)) is not None:
        return known
    with making(cache) as folder:
        asked, answer = folder / "asked.in", folder / "answer.txt"
        asked.write_text("".join(f"{line}\n" for line in question.lines))
        # uv prefers the versions of an earlier answer where they fit.
        answer.write_text("".join(f"{n}=={v}\n" for n, v in sorted(question.preferred.items())))
        said = run_uv(
            _arguments(question, asked, answer), question.settings, cache / "uv",
            "the model's environment cannot be resolved",
        )  # fmt: skip
        found = read_lock(answer.read_bytes(), "what uv resolved")
    resolved = Resolved(lock=found, yanked=_yanked(said))
    if question.wheelhouse is None:
        _keep(kept, resolved)
    return resolved


def _arguments(question: Question, asked: Path, answer: Path) -> list[str]:
    words = [
        "pip", "compile", str(asked), "--output-file", str(answer), "--generate-hashes",
        "--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links",
        "--python", question.python.executable, *WHEELS_ONLY,
    ]  # fmt: skip
    # What was installed together counts, whatever a package says of another. (`--no-deps` would
    # leave out the digests.)
    words += ["--override", str(asked)] if question.is_whole else []
    return words + from_folder(question.wheelhouse)


def from_folder(wheelhouse: Path | None) -> list[str]:
    """The options that make uv take wheels from a folder alone.

    Raises:
        SourceError: there is no such folder.
    """
    if wheelhouse is None:
        return []
    if not wheelhouse.is_dir():
        raise SourceError(
            f"--wheelhouse {wheelhouse}: there is no such folder", "",
            "name a folder of wheels (pip download -d DIR -r requirements.txt)",
        )  # fmt: skip
    return ["--no-index", "--find-links", str(wheelhouse.absolute())]


def _yanked(said: str) -> tuple[str, ...]:
    found = {f"{pin}: {reason}" if reason else pin for pin, reason in _YANKED.findall(said)}
    return tuple(sorted(found))


def _read_kept(path: Path) -> Resolved | None:
    """A kept answer; None where there is none that can be read, and it is asked for again."""
    try:
        if path.stat().st_size > _MAX_KEPT:
            return None
        said = json.loads(path.read_bytes())
        lock = read_lock(said["lock"].encode(), path.name)
        yanked = tuple(str(y) for y in said["yanked"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SourceError):
        return None
    return Resolved(lock=lock, yanked=yanked) if lock.is_hashed else None


def _keep(path: Path, resolved: Resolved) -> None:
    """Write the answer beside its place and rename; a cache that cannot be written is none."""
    said = {"lock": resolved.lock.bare().decode(), "yanked": list(resolved.yanked)}
    partial = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            partial.write_text(json.dumps(said))
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def pinned(lock: Lock) -> tuple[Pin, ...]:
    """The packages of a lock as pins."""
    return tuple(Pin(e.name, e.version) for e in lock.entries)


def digest_of(parts: Iterable[bytes]) -> str:
    """sha256 over several parts, each with its length before it."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()
