"""Validation results that data checks left with the run: copied as they are, read in recompute."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from affidavit.bundle.layout import EXPECTATIONS
from affidavit.config import Config
from affidavit.errors import SourceError, Unreachable
from affidavit.evidence import Finding, Item
from affidavit.printable import printable
from affidavit.resolve.artifacts import require_inside
from affidavit.resolve.interface import ArtifactStore, Part, Registry, Run
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
