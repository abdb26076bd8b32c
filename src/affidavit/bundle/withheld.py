"""What a statement of withholding says: which files were taken out of a bundle, for whom, and why.

It is about the root: tag files and manifests stay as they were sealed, so what is left is a strict
subset, and a file that is given back is held against its listed digest like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints, model_validator

from affidavit.bundle.canonical import Json
from affidavit.bundle.layout import CONTROLS, EVIDENCE, ITEMS
from affidavit.bundle.predicate import Day, SubjectVersion, read_predicate
from affidavit.evidence import Record, Sha256

MAX_WITHHELD: Final = 2000
_Reason = Annotated[str, StringConstraints(min_length=1, max_length=400)]
_Path = Annotated[str, StringConstraints(min_length=6, max_length=360, pattern="^data/")]


class WithheldFile(Record):
    """One file that was taken out, and why."""

    path: _Path
    reason: _Reason


class WithheldPredicate(Record):
    """The predicate of `urn:affidavit:withheld:1`.

    Attributes:
        root: sha256 of the tag manifest; that of the statement's subject.
        evidence_id: of the bundle with this root.
        profile: which recipients it was made for, by the name that the discloser gives them.
        files: what was taken out, sorted by the bytes of the path, none twice. Never
            evidence.json, items.json or anything of controls/.
        made_on: day, UTC; the signer's word.
    """

    schema_: Literal["affidavit/withheld"] = Field(default="affidavit/withheld", alias="schema")
    version: Literal[1] = 1
    subject: SubjectVersion
    root: Sha256
    evidence_id: Sha256
    profile: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    files: Annotated[tuple[WithheldFile, ...], Field(min_length=1, max_length=MAX_WITHHELD)]
    made_on: Day

    @model_validator(mode="after")
    def _possible(self) -> WithheldPredicate:
        paths = [file.path for file in self.files]
        if paths != sorted(set(paths), key=str.encode):
            raise ValueError("its files are not in order, or one stands twice")
        if never := [path for path in paths if is_never_withheld(path)]:
            raise ValueError(f"{never[0]} is never withheld")
        return self


def is_never_withheld(path: str) -> bool:
    """Whether a payload file is one without which the rest cannot be judged."""
    return path in (EVIDENCE, ITEMS) or path.startswith(f"{CONTROLS}/")


def read_withheld(predicate: Mapping[str, Json], name: str) -> WithheldPredicate:
    """The predicate of a statement of withholding.

    Args:
        predicate: as the signed statement has it.
        name: what to call the statement in an error.

    Raises:
        BundleError: not of the form of version 1; names the first fault.
    """
    return read_predicate(WithheldPredicate, predicate, name)
