"""affidavit.toml and declarations.toml: from the commit, or by option in their place."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from affidavit.bundle.layout import CONFIG, DECLARATIONS
from affidavit.config import Config, Declarations
from affidavit.errors import ConfigError, UsageError
from affidavit.evidence import ConfigurationRecord, Digest, Fact, Finding, Item
from affidavit.printable import printable
from affidavit.resolve.interface import Part
from affidavit.resolve.lfs import is_pointer
from affidavit.resolve.repository import Commit, Repository
from affidavit.sources import Sources
from affidavit.subject import ModelRef
from affidavit.toml_reader import read_config, read_declarations
from affidavit.workspace import Workspace

MAX_BYTES = 1024 * 1024
Origin = Literal["commit", "option"]
_NAMES = {CONFIG: "affidavit.toml", DECLARATIONS: "declarations.toml"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The two files as options gave them, read before anything else is asked."""

    config: bytes | None
    declarations: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """What people stated, and where it came from."""

    config: Config | None
    declarations: Declarations | None
    record: ConfigurationRecord
    part: Part

    @classmethod
    def nothing(cls) -> Configured:
        """Where the files could not be looked at."""
        record = ConfigurationRecord(items=(), given=None)
        return cls(config=None, declarations=None, record=record, part=Part())


def read_given(sources: Sources) -> Given:
    """The files that --config and --declarations name.

    Raises:
        UsageError: one that is not there, cannot be read, or is larger than 1 MB.
    """
    return Given(
        config=_read(sources.config, "--config"),
        declarations=_read(sources.declarations, "--declarations"),
    )


def _read(path: Path | None, option: str) -> bytes | None:
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"{option} {path}: cannot be read", error.strerror or "", "correct the path"
        ) from error
    if len(content) > MAX_BYTES:
        raise UsageError(f"{option} {path}: larger than 1 MB", "", "give a TOML file")
    return content


def configure(
    ref: ModelRef,
    given: Given,
    *,
    sources: Sources,
    repository: Repository | None,
    commit: Commit | None,
    work: Workspace | None,
) -> Configured:
    """Take each file from its option, else from the commit; state which, and what is absent.

    A file given by option that equals the commit's is the commit's: nothing was set later.

    Raises:
        ConfigError: a file with faults, all of them with their lines.
    """
    kept = {
        path: repository.read(commit.sha, name, limit=MAX_BYTES) if repository and commit else None
        for path, name in _NAMES.items()
    }
    part, items = Part(), list[Item]()
    config, origin = None, None
    content = given.config if given.config is not None else kept[CONFIG]
    if content is None:
        part += _no_config(ref, has_commit=commit is not None)
    else:
        origin = _origin(content, kept[CONFIG])
        label = _label(CONFIG, origin, sources.config, commit)
        _require_itself(content, label, "--config")
        config = read_config(content, label)
        items += _write(work, CONFIG, content, is_kept=origin == "commit")
        if origin == "option":
            part += _set_later(config, content, kept[CONFIG])
    declarations = None
    stated = given.declarations if given.declarations is not None else kept[DECLARATIONS]
    if stated is None:
        part += _no_declarations()
    else:
        where = _origin(stated, kept[DECLARATIONS])
        name = _label(DECLARATIONS, where, sources.declarations, commit)
        _require_itself(stated, name, "--declarations")
        declarations = read_declarations(stated, name)
        part += _declared(declarations, stated, where)
        items += _write(work, DECLARATIONS, stated, is_kept=where == "commit")
    record = ConfigurationRecord(items=tuple(i.path for i in items), given=origin)
    return Configured(
        config=config,
        declarations=declarations,
        record=record,
        part=part + Part(items=tuple(items)),
    )


def _require_itself(content: bytes, label: str, option: str) -> None:
    """Refuse what Git LFS leaves in a commit in the file's place: as TOML its first line is odd."""
    if is_pointer(content):
        raise ConfigError(
            f"{label} is kept by Git LFS, and only what points there was found",
            fix=f"give the file itself by {option}; commit it without LFS for the next",
        )


def _origin(content: bytes, kept: bytes | None) -> Origin:
    return "commit" if content == kept else "option"


def _label(path: str, origin: Origin, option: Path | None, commit: Commit | None) -> str:
    if origin == "commit" and commit is not None:
        return f"{_NAMES[path]} at commit {commit.sha[:12]}"
    return str(option)


def _write(work: Workspace | None, path: str, content: bytes, *, is_kept: bool) -> list[Item]:
    if work is None:
        return []
    return [
        work.write(
            path, content, kind="configuration" if path == CONFIG else "declarations",
            origin="collected" if is_kept else "declared", media_type="application/toml",
        )
    ]  # fmt: skip


def _set_later(config: Config, content: bytes, kept: bytes | None) -> Part:
    at_commit = f"sha256 {_sha256(kept)}" if kept is not None else "none"
    said = _by_and_on(config.set_by, config.set_on, ("set_by", "set_on"))
    return Part(
        findings=(
            Finding(
                id="configuration",
                kind="exception",
                stage="resolve",
                what="the configuration is not part of the training commit, it was given by option "
                f"when the bundle was built: set after training{said}",
                expected=f"affidavit.toml at the commit: {at_commit}",
                found=f"sha256 {_sha256(content)}",
                fix="commit affidavit.toml before training; the next version then carries it",
                items=(CONFIG,),
            ),
        )
    )


def _declared(declarations: Declarations, content: bytes, where: Origin) -> Part:
    """That there are declarations, which bytes, and who says that they stated them, and when."""
    by, on = declarations.declared_by, declarations.declared_on
    place = "declarations.toml at the commit" if where == "commit" else "option --declarations"
    place += ", stated" if by or on else ""
    said = _by_and_on(by, on, ("declared_by", "declared_on"))
    return Part(
        facts=(
            Fact(
                id="declarations.given", kind="declarations", value=where, basis="declared",
                digest=Digest(algorithm="sha256", value=_sha256(content)),
                source=f"{place}{said}",
            ),
        )
    )  # fmt: skip


def _by_and_on(by: str | None, on: str | None, keys: tuple[str, str]) -> str:
    """` by X on Y`; what of it the file does not state is said, with the key that states it."""
    said = (f" by {printable(by)}" if by else "") + (f" on {on}" if on else "")
    absent = [
        pair for value, pair in ((by, ("by whom", keys[0])), (on, ("when", keys[1]))) if not value
    ]
    if not absent:
        return said
    words, missing = (" and ".join(column) for column in zip(*absent, strict=True))
    return f"{said}; {words} is not stated: add {missing}"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _no_config(ref: ModelRef, *, has_commit: bool) -> Part:
    lacking = "no affidavit.toml at the commit" if has_commit else "no commit to read it at"
    return Part(
        findings=(
            Finding(
                id="configuration",
                kind="gap",
                stage="resolve",
                what=f"no configuration: {lacking}, and none was given; nobody says what is "
                "predicted, for whom it is good, and on which data",
                fix=f"affidavit init {ref}, then --config affidavit.toml; commit it for the next",
            ),
        )
    )


def _no_declarations() -> Part:
    return Part(
        findings=(
            Finding(
                id="declarations",
                kind="gap",
                stage="resolve",
                what="no declarations.toml: its owner has stated no purpose, limits or monitoring",
                fix="write declarations.toml (affidavit init makes one), give it by --declarations",
            ),
        )
    )
