"""What one DVC file says: its entries, from bytes. No IO here, and no dvc.

References:
    dvc.lock, schema 2.0, and .dvc files: dvc.org/doc/user-guide/project-structure. Paths in
    dvc.lock are relative to the stage's `wdir`, which stands in dvc.yaml only.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from configparser import ConfigParser
from configparser import Error as ConfigSyntaxError
from dataclasses import dataclass

from affidavit.printable import printable
from affidavit.resolve.dvc_yaml import Yaml, mapping, sequence, text
from affidavit.tracked.dvc_digest import DvcHash

_MD5 = re.compile(r"([0-9a-f]{32})(\.dir)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class DvcOut:
    """One entry: a file or folder, and the digest that one DVC file states for it.

    Attributes:
        path: relative to the repository's top, with forward slashes.
        algorithm: `md5-dos2unix` (DVC before 3.0) hashes text with its line ends as LF.
        md5: 32 digits, for a folder those of its listing.
        is_output: DVC stores it; a dependency is only stated.
        file: the DVC file that says so. `stage` is its stage, None in a .dvc file.
    """

    path: str
    algorithm: DvcHash
    md5: str
    is_folder: bool
    is_output: bool
    size_bytes: int | None
    n_files: int | None
    is_executable: bool
    file: str
    stage: str | None

    @property
    def stated(self) -> str:
        """The digest as DVC writes it, a folder's with `.dir`."""
        return self.md5 + (".dir" if self.is_folder else "")

    @property
    def source(self) -> str:
        """Who says so: `dvc.lock, stage train`."""
        said = self.file if self.stage is None else f"{self.file}, stage {self.stage}"
        return printable(said)

    @property
    def key(self) -> str:
        """Where the object lies in a remote or cache."""
        return object_key(self.algorithm, self.stated)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """An entry that is there and that we do not read, and why."""

    path: str
    reason: str


def object_key(algorithm: DvcHash, stated: str) -> str:
    """The object's place in a remote: DVC 3 keeps its objects apart from those before it."""
    prefix = "files/md5/" if algorithm == "md5" else ""
    return f"{prefix}{stated[:2]}/{stated[2:]}"


def lock_entries(
    file: str, content: Yaml, stage_folders: dict[str, str | None]
) -> Iterator[DvcOut | Unread]:
    """The entries of a dvc.lock.

    Args:
        file: its path at the commit.
        content: its YAML; schema 2.0, or the stages alone as DVC 1 wrote them.
        stage_folders: each stage's `wdir` in the dvc.yaml beside it (`stage_folders` below).
    """
    top = mapping(content)
    stages = mapping(top.get("stages")) if "schema" in top else top
    for name, stage in stages.items():
        folder = stage_folders.get(name, stage_folders.get(name.partition("@")[0], "."))
        if folder is None:
            for path in _paths(mapping(stage)):
                reason = f"stage {name} has a templated wdir, so that its place is not known"
                yield Unread(path=path, reason=reason)
            continue
        base = posixpath.join(posixpath.dirname(file), folder)
        yield from _entries(mapping(stage), base, file, name)


def dvc_entries(file: str, content: Yaml) -> Iterator[DvcOut | Unread]:
    """The entries of a .dvc file (made by dvc add, dvc import, dvc import-url)."""
    top = mapping(content)
    base = posixpath.join(posixpath.dirname(file), text(top.get("wdir")) or ".")
    yield from _entries(top, base, file, None)


def stage_folders(content: Yaml) -> dict[str, str | None]:
    """The `wdir` of each stage of a dvc.yaml; None where a template makes it.

    A stage of `foreach` has its own under `do`; one of `matrix` where any other has it.
    """
    folders: dict[str, str | None] = {}
    for name, stage in mapping(mapping(content).get("stages")).items():
        body = mapping(mapping(stage).get("do") or stage)
        folder = text(body.get("wdir")) or "."
        folders[name] = None if "${" in folder else folder
    return folders


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedRemote:
    """A remote that the commit names: a hint for messages, never where we read."""

    name: str
    url: str
    is_default: bool


def named_remotes(content: bytes) -> tuple[NamedRemote, ...]:
    """The remotes of a .dvc/config; none where it cannot be read."""
    parser = ConfigParser(strict=False, interpolation=None)
    try:
        parser.read_string(content.decode("utf-8", "replace"))
    except ConfigSyntaxError:
        return ()
    default = parser.get("core", "remote", fallback="")
    found = []
    for section in parser.sections():
        name = re.fullmatch(r"'?remote \"(.+)\"'?", section)
        if name and (url := parser.get(section, "url", fallback="")):
            found.append(NamedRemote(name=name[1], url=url, is_default=name[1] == default))
    return tuple(found)


def _paths(stage: dict[str, Yaml]) -> Iterator[str]:
    for entry in (*sequence(stage.get("outs")), *sequence(stage.get("deps"))):
        if path := text(mapping(entry).get("path")):
            yield path


def _entries(
    stage: dict[str, Yaml], base: str, file: str, name: str | None
) -> Iterator[DvcOut | Unread]:
    for is_output, key in ((True, "outs"), (False, "deps")):
        for each in sequence(stage.get(key)):
            if read := _entry(mapping(each), base, file, name, is_output=is_output):
                yield read


def _entry(
    entry: dict[str, Yaml], base: str, file: str, stage: str | None, *, is_output: bool
) -> DvcOut | Unread | None:
    stated_path = text(entry.get("path"))
    # A dependency with `repo` is another repository's file; a URL or absolute path is nobody's.
    if not stated_path or "repo" in entry or "://" in stated_path or stated_path[0] in "/~":
        return None
    path = posixpath.normpath(posixpath.join(base, stated_path))
    if path.startswith("../") or path in {".", ".."}:
        return None
    stated = text(entry.get("md5"))
    digest = _MD5.fullmatch(stated or "")
    named = text(entry.get("hash"))
    if digest is None or named not in {None, "md5"}:
        return Unread(path=path, reason=_reason(entry, stated, file)) if is_output else None
    return DvcOut(
        path=path,
        algorithm="md5" if named else "md5-dos2unix",
        md5=digest[1],
        is_folder=digest[2] is not None,
        is_output=is_output,
        size_bytes=_count(entry.get("size")),
        n_files=_count(entry.get("nfiles")),
        is_executable=text(entry.get("isexec")) == "true",
        file=file,
        stage=stage,
    )


def _reason(entry: dict[str, Yaml], stated: str | None, file: str) -> str:
    if "files" in entry or "cloud" in entry:
        return f"{file} tracks it by a cloud's own versions, which are not read yet"
    if stated:
        return f"{file} states an md5 that is none: {stated[:40]!r}"
    named = text(entry.get("hash"))
    return f"{file} states no md5 for it" + (f" but {named[:40]!r}" if named else "")


def _count(value: Yaml | None) -> int | None:
    """A size; None where there is none, or none that a file can have."""
    digits = text(value) or ""
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else None
