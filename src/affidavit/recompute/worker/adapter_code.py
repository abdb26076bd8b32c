"""The adapter of `[model]`: its commit laid out for the worker, and its file as it is on record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from affidavit.commit_record import PACK
from affidavit.config import Config
from affidavit.errors import SourceError
from affidavit.evidence import Evidence
from affidavit.model_declared import ADAPTER, module_files
from affidavit.recompute.worker.commit_code import lay_out_commit
from affidavit.workspace import Workspace

COMMIT: Final = "code.commit"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdapterCode:
    """What the worker needs of it.

    Attributes:
        name: `module:function`.
        folder: the commit's files.
        file: the module's, below it.
    """

    name: str
    folder: Path
    file: str


def lacks_adapter(evidence: Evidence, config: Config, work: Workspace) -> bool:
    """Whether an adapter is asked for and its commit is not at hand."""
    is_there = evidence.fact(COMMIT) is not None and (work.root / PACK).is_file()
    return config.model.adapter is not None and not is_there


def adapter_code(evidence: Evidence, config: Config, work: Workspace) -> AdapterCode | None:
    """The commit's files, laid out once for all that a workspace runs; None without an adapter.

    Raises:
        SourceError: the pack cannot be read, or has not the file that is on record.
    """
    name, commit = config.model.adapter, evidence.fact(COMMIT)
    if name is None or commit is None:
        return None
    folder = work.root / "worker" / "commit"
    if not folder.exists():  # a challenger is asked through the same one
        written = lay_out_commit(work.root / PACK, str(commit.value), folder)
        _require_recorded(name, written, evidence)
    file = next(path for path in module_files(name) if (folder / path).is_file())
    return AdapterCode(name=name, folder=folder, file=file)


def _require_recorded(name: str, written: Mapping[str, str], evidence: Evidence) -> None:
    """Refuse a module that is not the one in the provenance.

    Raises:
        SourceError: it is another, or there is none.
    """
    stated = evidence.fact(ADAPTER)
    expected = stated.digest.value if stated is not None and stated.digest is not None else "none"
    found = next((written[path] for path in module_files(name) if path in written), "none")
    if found == "none" or found != expected:
        raise SourceError(
            f"the adapter {name} is not the file of the commit that is on record",
            f"expected the Git object {expected}, found {found}",
            "build the bundle again from the repository",
        )
