"""Data checks: results that they left with the run, and suites of the repository.

Both are copied as they are; recompute reads the one and runs the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from affidavit.bundle.layout import EXPECTATIONS, SUITES
from affidavit.config import Config
from affidavit.errors import SourceError, Unreachable
from affidavit.evidence import Finding, Item
from affidavit.printable import printable
from affidavit.resolve.artifacts import require_inside
from affidavit.resolve.interface import ArtifactStore, Part, Registry, Run
from affidavit.resolve.repository import Commit, Repository
from affidavit.workspace import Workspace

MAX_BYTES: Final = 16 * 1024 * 1024


def collect_expectations(
    config: Config, run: Run | None, registry: Registry, work: Workspace
) -> Part:
    """The file that each role's `expectations` names among the run's artifacts.

    Returns:
        An item a role whose file is there; a gap for each other.

    Raises:
        Unreachable: the artifact store does not answer.
    """
    wanted = {r: d.expectations for r, d in config.datasets.items() if d.expectations is not None}
    if not wanted:
        return Part()
    if run is None:
        return Part(findings=tuple(_gap(r, p, "the run is not there") for r, p in wanted.items()))
    store = registry.open_artifacts(run.artifact_location)
    part = Part()
    for role, path in sorted(wanted.items()):
        try:
            part += Part(items=(_fetch(store, path, role, work),))
        except Unreachable:
            raise
        except SourceError as error:
            part += Part(findings=(_gap(role, path, error.what),))
    return part


def collect_suites(
    config: Config, repository: Repository | None, commit: Commit | None, work: Workspace
) -> Part:
    """The expectation suite that each role's `suite` names, as the training commit has it.

    Returns:
        An item a role whose suite is there; a gap for each other.

    Raises:
        Contradicted: bytes of the repository that are not those of their id.
    """
    part = Part()
    for role, dataset in sorted(config.datasets.items()):
        if dataset.suite is None:
            continue
        try:
            content = _of_commit(dataset.suite, repository, commit)
        except SourceError as error:
            part += Part(findings=(_no_suite(role, dataset.suite, error.what),))
            continue
        item = work.write(
            f"{SUITES}/{role}.json", content, kind="source", origin="collected",
            media_type="application/json", role=role,
        )  # fmt: skip
        part += Part(items=(item,))
    return part


def _of_commit(path: str, repository: Repository | None, commit: Commit | None) -> bytes:
    if repository is None or commit is None:
        raise SourceError("there is no commit to read it at")
    content = repository.read(commit.sha, path, limit=MAX_BYTES)
    if content is None:
        raise SourceError("the training commit has no regular file of this path")
    return content


def _no_suite(role: str, path: str, why: str) -> Finding:
    return Finding(
        id=f"code.suite.{role}", kind="gap", stage="resolve",
        what=f"the expectation suite of {role} is not there: {printable(why)}",
        expected=printable(path), found="no file",
        fix=f"commit it before training, or take suite out of [datasets.{role}]",
    )  # fmt: skip


def _fetch(store: ArtifactStore, path: str, role: str, work: Workspace) -> Item:
    if all(f.path != path for f in store.list_files()):
        raise SourceError("the run has no artifact of this path")
    return work.write(
        f"{EXPECTATIONS}{role}.json",
        _whole(store.read(require_inside(path))),
        # It may list the very values that broke an expectation.
        kind="run", origin="collected", media_type="application/json", role=role,
        sensitivity="personal-data",
    )  # fmt: skip


def _whole(chunks: Iterator[bytes]) -> bytes:
    content = b""
    for chunk in chunks:
        content += chunk
        if len(content) > MAX_BYTES:
            raise SourceError(f"it is larger than {MAX_BYTES:,} bytes")
    return content


def _gap(role: str, path: str, why: str) -> Finding:
    return Finding(
        id=f"run.expectations.{role}", kind="gap", stage="resolve",
        what=f"the data checks of {role} are not there: {why}",
        expected=printable(path), found="no file",
        fix=f"log it with the run, or take expectations out of [datasets.{role}]",
    )  # fmt: skip
