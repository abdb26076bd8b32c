"""What the reader expects: this version, this evidence, this very model."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from affidavit.bundle.layout import CHUNK
from affidavit.errors import UsageError
from affidavit.subject import ModelRef
from affidavit.verify.checks import Fault, Ledger
from affidavit.verify.files import SignedFiles
from affidavit.verify.records import Records

MODEL: Final = "data/model/"
_WRONG_BUNDLE: Final = "this bundle is about something else: ask for the right one"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectations:
    """What was asked to hold beside the bundle's own integrity; None where nothing was."""

    subject: ModelRef | None = None
    evidence_id: str | None = None
    model_dir: Path | None = None
    complete: bool = False


def check_expectations(
    wanted: Expectations, files: SignedFiles, records: Records, ledger: Ledger
) -> None:
    """Compare the bundle with what its reader expects of it."""
    if wanted.subject is not None:
        found = ModelRef(
            name=records.evidence.subject.name, version=records.evidence.subject.version
        )
        ledger.run("expected-subject", f"it is about {found}", _unequal(
            "the bundle is about another model version", str(wanted.subject), str(found)
        ))  # fmt: skip
    if wanted.evidence_id is not None:
        ledger.run("expected-evidence", "it is the evidence that was expected", _unequal(
            "the bundle holds other evidence", wanted.evidence_id, records.evidence_id
        ))  # fmt: skip
    if wanted.model_dir is not None:
        ledger.run(
            "expected-model", f"{wanted.model_dir} holds the model that was attested",
            _model_faults(wanted.model_dir, files),
        )  # fmt: skip
    if wanted.complete:
        ledger.run("complete", "nothing is held by reference or withheld", (
            Fault(f"{item.path} is held by reference", item.path, "in the bundle", "by reference",
                  "ask for a bundle that embeds it")
            for item in records.evidence.items if not item.embedded
        ))  # fmt: skip


def _unequal(what: str, expected: str, found: str) -> Iterator[Fault]:
    if expected != found:
        yield Fault(what, None, expected, found, _WRONG_BUNDLE)


def _model_faults(folder: Path, files: SignedFiles) -> Iterator[Fault]:
    listed = {p.removeprefix(MODEL): d for p, d in files.listed.items() if p.startswith(MODEL)}
    found = dict(_digests(folder))
    fix = "deploy the model that the bundle attests, or ask for the evidence of this one"
    for path in sorted(listed.keys() | found.keys()):
        if listed.get(path) != found.get(path):
            yield Fault(
                f"{path} in {folder} is not the file that was attested", MODEL + path,
                f"sha256 {listed[path]}" if path in listed else "no such file",
                f"sha256 {found[path]}" if path in found else "no such file", fix,
            )  # fmt: skip


def _digests(folder: Path) -> Iterator[tuple[str, str]]:
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder", fix="name the folder of the deployed model")
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent) / name
            yield path.relative_to(folder).as_posix(), _digest(path)


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        if not path.is_file():
            raise UsageError(f"{path} is not a plain file", fix="name a folder of plain files")
        with path.open("rb") as file:
            while piece := file.read(CHUNK):
                digest.update(piece)
    except OSError as error:
        raise UsageError(f"{path} cannot be read", error.strerror or str(error)) from error
    return digest.hexdigest()
