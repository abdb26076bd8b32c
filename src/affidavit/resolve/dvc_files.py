"""What DVC tracks at a commit, from dvc.lock and every .dvc file. No checkout, no dvc.

DVC's own commands and API hand back altered bytes without a word, and some of them delete objects
(seen with dvc 3.67); so its files are read here, and its objects in `objects`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from affidavit.evidence import Finding
from affidavit.printable import printable
from affidavit.resolve.dvc_entries import (
    DvcOut,
    NamedRemote,
    Unread,
    dvc_entries,
    lock_entries,
    named_remotes,
    stage_folders,
)
from affidavit.resolve.dvc_yaml import UnreadableYamlError, Yaml, parse_yaml
from affidavit.resolve.interface import Contradiction
from affidavit.resolve.repository import Commit, Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """A path of the project and the DVC entry that stores it.

    Attributes:
        path: what was asked for, normalised.
        out: the output that is this path, or the tracked folder that the path is in.
        inside: the path within that folder; None where `out` is the path itself.
        also: what other files say is stored at this very path. The bytes must agree with all.
        read_by: what stages say that they read when they last ran, of this path or its folder.
            It can be older than the snapshot, so a difference is an exception, no contradiction.
    """

    path: str
    out: DvcOut
    inside: str | None = None
    also: tuple[DvcOut, ...] = ()
    read_by: tuple[DvcOut, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DvcOuts:
    """All entries of a commit.

    Attributes:
        statements: every entry, by path; more than one where more than one file speaks of it.
        unread: outputs tracked in a way that is not read, with the reason.
        remotes: what the commit's .dvc/config names; for messages only.
        findings: a gap for every DVC file that cannot be read.
    """

    statements: dict[str, tuple[DvcOut, ...]]
    unread: dict[str, str]
    remotes: tuple[NamedRemote, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def outs(self) -> dict[str, DvcOut]:
        """The stored files and folders by path."""
        return {p: s[0] for p, s in self.statements.items() if s[0].is_output}

    def find(self, path: str) -> Tracked | None:
        """What stores a path: an entry of its own, else the nearest tracked folder above it.

        A path that is only some stage's dependency is not stored by DVC: None.
        """
        wanted = posixpath.normpath(path)
        own = tuple(s for s in self.statements.get(wanted, ()) if s.is_output)
        read_by = tuple(s for s in self.statements.get(wanted, ()) if not s.is_output)
        if own:
            return Tracked(path=wanted, out=own[0], also=own[1:], read_by=read_by)
        for folder in _ancestors(wanted):
            above = self.statements.get(folder, ())
            if above and above[0].is_output and above[0].is_folder:
                inside = wanted[len(folder) + 1 :]
                read_by += tuple(s for s in above if not s.is_output)
                return Tracked(path=wanted, out=above[0], inside=inside, also=own, read_by=read_by)
        return None

    def contradictions(self, paths: Iterable[str]) -> tuple[Contradiction, ...]:
        """Where two files of the commit state two digests for what is stored at these paths.

        Statements by two algorithms are not compared here: they can differ over the same bytes,
        and `fetch_snapshot` holds the bytes against both.
        """
        relevant: set[str] = set()
        for path in paths:
            wanted = posixpath.normpath(path)
            relevant |= {wanted, *_ancestors(wanted)}
        return tuple(c for p in sorted(relevant) for c in _conflicts(self.statements.get(p, ())))

    def hint(self) -> str:
        """Which remote the commit itself names, for the fix of a missing --remote; may be empty."""
        chosen = sorted(self.remotes, key=lambda r: (not r.is_default, r.name))
        return f"the commit's .dvc/config names {printable(chosen[0].url)}" if chosen else ""


def read_dvc_outs(repository: Repository, commit: Commit) -> DvcOuts:
    """Read dvc.lock (in any folder) and every .dvc file at a commit.

    Raises:
        SourceError: the repository cannot be read. A DVC file that cannot is a finding.
        Contradicted: an object's bytes are not those of its id.
    """
    entries: list[DvcOut | Unread] = []
    findings: list[Finding] = []
    listing = repository.listing(commit.sha)
    for path, file in listing.files.items():
        name = posixpath.basename(path)
        if not file.is_regular or not (name == "dvc.lock" or name.endswith(".dvc")):
            continue
        try:
            content = _read_yaml(repository, commit.sha, path)
            if name == "dvc.lock":
                beside = posixpath.join(posixpath.dirname(path), "dvc.yaml")
                folders = stage_folders(_read_yaml(repository, commit.sha, beside))
                entries += lock_entries(path, content, folders)
            else:
                entries += dvc_entries(path, content)
        except UnreadableYamlError as error:
            findings.append(_unreadable(path, str(error)))
    return DvcOuts(
        statements=_by_path(e for e in entries if isinstance(e, DvcOut)),
        unread={e.path: e.reason for e in entries if isinstance(e, Unread)},
        remotes=named_remotes(repository.read(commit.sha, ".dvc/config") or b""),
        findings=tuple(findings),
    )


def _read_yaml(repository: Repository, sha: str, path: str) -> Yaml:
    return parse_yaml(repository.read(sha, path) or b"")


def _by_path(entries: Iterable[DvcOut]) -> dict[str, tuple[DvcOut, ...]]:
    """Outputs first, then by file and stage: the first of a path does not hang on chance."""
    ordered = sorted(entries, key=lambda e: (not e.is_output, e.file, e.stage or ""))
    statements: dict[str, tuple[DvcOut, ...]] = {}
    for entry in ordered:
        statements[entry.path] = (*statements.get(entry.path, ()), entry)
    return dict(sorted(statements.items()))


def _ancestors(path: str) -> Iterator[str]:
    folder = posixpath.dirname(path)
    while folder not in {"", "/"}:
        yield folder
        folder = posixpath.dirname(folder)


def _conflicts(statements: tuple[DvcOut, ...]) -> Iterator[Contradiction]:
    for algorithm in ("md5", "md5-dos2unix"):
        same = [s for s in statements if s.is_output and s.algorithm == algorithm]
        other = next((s for s in same if s.stated != same[0].stated), None)
        if other is not None:
            first = same[0]
            yield Contradiction(
                id=f"data.dvc/{printable(first.path)}",
                what=f"{printable(first.path)}: two digests for one path at the commit",
                expected=f"{algorithm} {first.stated} ({first.source})",
                found=f"{algorithm} {other.stated} ({other.source})",
                fix="run dvc repro (or dvc commit), commit both files, then train and register "
                "again",
            )


def _unreadable(path: str, why: str) -> Finding:
    return Finding(
        id=f"data.dvc/{printable(path)}",
        kind="gap",
        stage="resolve",
        what=f"{printable(path)} at the commit cannot be read",
        found=printable(why)[:300],
        fix="mend the file and commit it; what it tracks is not known",
    )
