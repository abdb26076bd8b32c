"""What a recheck needs of a bundle, unpacked through the digests that were signed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from affidavit.bundle.layout import SUITES
from affidavit.bundle.names import portability_fault
from affidavit.challenger_record import ENVIRONMENT_FACT
from affidavit.errors import BundleError
from affidavit.evidence import Evidence, Item, ItemKind
from affidavit.model_declared import ADAPTER
from affidavit.progress import Progress
from affidavit.recompute.environments import WHEELS, WORKER_FACT
from affidavit.verify.files import SignedFiles
from affidavit.workspace import Workspace

_NEEDED: Final[frozenset[ItemKind]] = frozenset({"model", "dataset", "run", "configuration"})
_GIVEN: Final = frozenset({"collected", "declared"})


def before_recompute(evidence: Evidence) -> Evidence:
    """The record as it was when the numbers were computed: facts, and nothing derived of them."""
    return evidence.model_copy(
        update={
            "provenance": tuple(
                f for f in evidence.provenance if f.id not in (WORKER_FACT, ENVIRONMENT_FACT)
            ),
            "items": tuple(i for i in evidence.items if i.origin != "recomputed"),
            "findings": tuple(f for f in evidence.findings if f.stage != "recompute"),
        }
    )


def unpack(files: SignedFiles, evidence: Evidence, work: Workspace, progress: Progress) -> None:
    """Write model, snapshots, run and configuration into the workspace.

    Args:
        files: the payload; each byte is hashed on its way out.
        evidence: the record as it was before recompute.
        work: where the stage looks for the items.
        progress: told of each kind.

    Raises:
        DigestDiffers: the archive was changed after it was verified.
        BundleError: the record names a file that is not there, or a path that no system should
            be given.
    """
    for item in evidence.items:
        if fault := portability_fault(item.path):
            raise BundleError(f"the record names {item.path!r}", fault)
        is_needed = item.kind in _NEEDED or item.path.startswith(f"{SUITES}/")
        # The whole commit can be large, and an adapter alone is taken from it.
        is_needed |= item.kind == "source" and evidence.fact(ADAPTER) is not None
        if item.embedded and is_needed and item.origin in _GIVEN:
            progress.step(f"unpacking {item.path}")
            extract(files, item.path, work.place(item.path))


def unpack_wheels(files: SignedFiles, folder: Path) -> bool:
    """Write the wheels that travel in the bundle into a folder; False where there are none.

    Raises:
        DigestDiffers: the archive was changed after it was verified.
    """
    wheels = [p for p in files.listed if p.startswith(f"{WHEELS}/") and p.endswith(".whl")]
    for path in wheels:
        folder.mkdir(parents=True, exist_ok=True)
        extract(files, path, folder / PurePosixPath(path).name)
    return bool(wheels)


def extract(files: SignedFiles, path: str, target: Path) -> None:
    """Write one file; it is complete only if its digest is the one that was signed.

    Raises:
        DigestDiffers: other bytes.
        BundleError: not there, or damaged.
    """
    if path not in files:
        raise BundleError(f"the record names {path}, which is not in the bundle")
    with target.open("wb") as out:
        for piece in files.chunks(path):
            out.write(piece)


def by_reference(evidence: Evidence, *, with_tables: bool) -> Iterator[Item]:
    """The items that the stage reads and whose bytes are not in the bundle.

    Args:
        evidence: the record as it was before recompute.
        with_tables: whether protected tables and the challenger are needed; scores alone need
            neither.
    """
    more = ("protected-table", "challenger-model") if with_tables else ()
    kinds = {"model", "dataset", *more}
    return (i for i in evidence.items if not i.embedded and i.kind in kinds)
